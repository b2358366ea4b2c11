//! The rules of the house, kept by reading the tree: who imports whom, where things live, what documents promise.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the tree has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "tidy/circles.rs"]
mod circles;
#[path = "tidy/imports.rs"]
mod imports;

const CRATES: [&str; 11] = [
    "schemas", "survey", "catalog", "sources", "stream", "reid", "producer", "worker", "cli", "testkit",
    "chaos",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below `folder` with this ending, as paths from the root.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(ending) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn rust_files() -> Vec<PathBuf> {
    CRATES.iter().flat_map(|name| files(name, ".rs")).collect()
}

/// The names under `[dependencies]` (not those of tests).
fn dependencies(of: &str) -> BTreeSet<String> {
    let manifest = read(format!("{of}/Cargo.toml"));
    let section =
        manifest.split("\n[").find_map(|part| part.strip_prefix("dependencies]")).unwrap_or_default();
    let name = |line: &str| line.split(['.', '=', ' ']).next().unwrap_or_default().to_owned();
    section.lines().filter(|line| !line.starts_with('#')).map(name).filter(|name| !name.is_empty()).collect()
}

#[test]
fn imports_run_only_downward() {
    let allowed: [(&str, &[&str]); 11] = [
        ("schemas", &[]),
        ("survey", &["schemas"]),
        ("catalog", &["schemas", "survey"]),
        ("sources", &["schemas", "survey", "catalog"]),
        ("stream", &["schemas"]),
        ("reid", &[]),
        ("producer", &["schemas", "stream"]),
        ("worker", &["schemas", "survey", "catalog", "stream", "reid"]),
        ("cli", &["schemas", "survey", "catalog", "sources", "stream", "reid", "producer", "worker"]),
        ("testkit", &["stream"]),
        ("chaos", &["schemas", "stream", "worker", "testkit"]),
    ];
    for (of, allowed) in allowed {
        for name in dependencies(of) {
            let Some(ours) = name.strip_prefix("deertrack-") else { continue };
            assert!(
                allowed.contains(&ours),
                "{of} imports {ours}: schemas <- survey <- catalog <- {{sources, worker}}, schemas <- stream <- \
                 {{producer, worker}}, reid <- worker, and cli above all. A room that looks upward cannot be understood or tested alone"
            );
        }
    }
}

#[test]
fn each_outside_world_has_one_room() {
    let owners: [(&str, &[&str]); 4] =
        [("redis", &["stream"]), ("sqlx", &["catalog"]), ("typst", &["worker"]), ("axum", &["producer"])];
    for (library, rooms) in owners {
        for name in CRATES.iter().filter(|name| !rooms.contains(name)) {
            assert!(!dependencies(name).contains(library), "{name} names {library}; only {rooms:?} may");
        }
    }
}

#[test]
fn the_statistics_are_pure() {
    // Chance is allowed: it comes from a seed.
    let impure = [
        "std::fs",
        "std::net",
        "Utc::now",
        "Local::now",
        "SystemTime",
        "Instant::now",
        "env::var",
        "async fn",
    ];
    for path in ["survey/src", "reid/src"].iter().flat_map(|room| files(room, ".rs")) {
        let text = read(&path);
        for word in impure {
            assert!(
                !text.contains(word),
                "{} uses {word}: rows in, numbers out; no I/O and no clock, so that the same rows give the same numbers",
                path.display()
            );
        }
    }
}

#[test]
fn the_wire_is_pure() {
    for path in files("schemas/src", ".rs") {
        let text = read(&path);
        for impure in ["std::fs", "std::net", "Utc::now", "Local::now", "SystemTime", "rand::", "env::var"] {
            assert!(
                !text.contains(impure),
                "{} uses {impure}: schemas has no I/O, clock or randomness",
                path.display()
            );
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    for path in rust_files() {
        let text = read(&path);
        let opens = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let documented = opens.starts_with("//!") || opens.starts_with("#![doc");
        assert!(documented, "{} does not open with what it is for", path.display());
        let lines = text.lines().count();
        assert!(lines <= 450, "{} has {lines} lines; does it still have one duty?", path.display());
    }
}

#[test]
fn nothing_is_left_undone_or_skipped() {
    // Written in halves, so that this file does not find itself.
    let forbidden = [
        concat!("#[ig", "nore"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
    ];
    for path in rust_files() {
        let text = read(&path);
        for word in forbidden {
            assert!(!text.contains(word), "{} contains {word}", path.display());
        }
    }
}

#[test]
fn every_dependency_is_declared_once_in_the_workspace() {
    for name in CRATES {
        let manifest = read(format!("{name}/Cargo.toml"));
        for line in manifest.lines().filter(|line| line.contains(" = \"") || line.contains("version =")) {
            let own =
                ["name", "description", "path", "required-features"].iter().any(|key| line.starts_with(key));
            assert!(own, "{name}/Cargo.toml declares a version itself: {line}");
        }
    }
}

#[test]
fn crash_points_are_compiled_into_tests_alone() {
    for name in CRATES.iter().chain(&["."]) {
        let manifest = read(format!("{name}/Cargo.toml"));
        for part in manifest.split("\n[").filter(|part| part.contains("\"failpoints\"")) {
            assert!(part.starts_with("dev-dependencies]"), "{name} turns crash points on for everybody");
        }
    }
}

/// Test names in backticks: `a_lost_claim_writes_nothing` with at least two underscores.
fn promised_tests(document: &str) -> BTreeSet<String> {
    let is_test = |word: &str| {
        word.matches('_').count() >= 2
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    document.split('`').skip(1).step_by(2).filter(|word| is_test(word)).map(str::to_owned).collect()
}

#[test]
fn every_test_that_a_document_names_exists() {
    let sources: String = rust_files().iter().map(read).collect();
    let mut documents = files("docs", ".md");
    documents.push("README.md".into());
    documents.extend(
        CRATES
            .iter()
            .map(|name| PathBuf::from(format!("{name}/README.md")))
            .filter(|path| root().join(path).exists()),
    );
    for path in documents {
        for name in promised_tests(&read(&path)) {
            let exists = sources.contains(&format!("fn {name}(")) || sources.contains(&format!("\"{name}\""));
            assert!(exists, "{} promises the test `{name}`, which does not exist", path.display());
        }
    }
}

#[test]
fn every_metric_of_the_dashboard_exists() {
    let sources: String = rust_files().iter().map(read).collect();
    let dashboard = read("deploy/grafana/dashboards/deertrack.json");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let names = dashboard.split(|c| !is_name(c)).filter(|word| word.starts_with("deertrack_"));
    let names: BTreeSet<&str> = names.map(|name| name.trim_end_matches("_bucket")).collect();
    assert!(names.len() > 10, "the dashboard shows only {names:?}");
    for name in names {
        assert!(sources.contains(&format!("\"{name}\"")), "the dashboard shows {name}, which nobody counts");
    }
}

#[test]
fn every_place_that_a_document_names_exists() {
    let mut documents = files("docs", ".md");
    documents.push("README.md".into());
    for path in documents {
        let folder = path.parent().unwrap().to_owned();
        for link in read(&path).split("](").skip(1).filter_map(|part| part.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            let outside = link.contains("://") || file.is_empty();
            assert!(
                outside || root().join(&folder).join(file).exists(),
                "{} links to {link}",
                path.display()
            );
        }
    }
}
