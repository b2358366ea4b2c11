//! The way of a deer manager, as docs/import.md tells it: each command of it, on photographs and the JSON of a detector.

use std::fs;
use std::path::Path;
use std::process::Output;

use deertrack_testkit::photograph::{Tag, jpeg};

use crate::support::{PROCESSOR, Running, deertrack, pdf_text};

const DOCS: &str = include_str!("../../../docs/import.md");

/// What stands between the fences of a language in the tutorial, block by block.
fn blocks(language: &str) -> Vec<String> {
    let (_, after) = DOCS.split_once("## From photographs to a report").expect("the tutorial");
    let (tutorial, _) = after.split_once("\n## ").expect("more behind it");
    let fence = format!("```{language}\n");
    let blocks = tutorial.split(fence.as_str()).skip(1).map(|block| block.split("```").next().unwrap());
    blocks.map(|block| block.lines().map(str::trim_start).collect::<Vec<_>>().join("\n")).collect()
}

/// The words of each command.
fn commands() -> Vec<Vec<String>> {
    let lines = blocks("sh").join("\n");
    let commands = lines.lines().filter_map(|line| line.strip_prefix("deertrack "));
    commands.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

/// Two cameras with photographs of deer, of nothing, and of a person.
fn photographs(folder: &Path) {
    let deer =
        r#"{"category": "1", "conf": 0.9, "bbox": [0.1, 0.2, 0.3, 0.4], "classifications": [["0", 0.9]]}"#;
    let person = r#"{"category": "2", "conf": 0.9, "bbox": [0.1, 0.2, 0.3, 0.4]}"#;
    let mut images = Vec::new();
    for (name, taken, detections) in [
        ("Oak/DCIM/100RECNX/1.JPG", "2024:09:05 06:10:00", deer),
        ("Oak/DCIM/100RECNX/2.JPG", "2024:10:20 19:00:00", ""),
        ("Creek/1.JPG", "2024:09:12 20:00:00", person),
        ("Creek/2.JPG", "2024:11:02 07:30:00", deer),
    ] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, jpeg(&[(Tag::DateTimeOriginal, taken)])).unwrap();
        images.push(format!(r#"{{"file": "{name}", "detections": [{detections}]}}"#));
    }
    let json = format!(
        r#"{{"images": [{}], "detection_categories": {{"1": "animal", "2": "person"}},
 "classification_categories": {{"0": "white-tailed deer"}}, "info": {{"format_version": "1.4"}}}}"#,
        images.join(",\n")
    );
    fs::write(folder.join("detections.json"), json).unwrap();
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_photographs_becomes_a_report_by_the_commands_of_the_tutorial() {
    let _shared = PROCESSOR.read().await;
    let dir = tempfile::tempdir().unwrap();
    photographs(&dir.path().join("photographs"));
    fs::write(dir.path().join("cameras.csv"), &blocks("csv")[0]).unwrap();
    let commands = commands();
    let words = |number: usize| -> Vec<&str> { commands[number].iter().map(String::as_str).collect() };
    let run = |number: usize| deertrack(&words(number)).current_dir(dir.path()).output().unwrap();

    let without_zone = run(0);
    assert_eq!(without_zone.status.code(), Some(3));
    let said = told(&without_zone);
    assert!(
        said.contains("is of a time without an offset, of a place without coordinates: say --zone"),
        "{said}"
    );
    assert!(!said.contains("--skip-invalid"), "it would leave out all of them: {said}");

    let said = told(&run(1));
    assert!(said.contains(r#""white-tailed deer": animal, Odocoileus virginianus (2 rows)"#), "{said}");
    assert!(said.contains("dry run: nothing was stored") && !dir.path().join("deer.db").exists(), "{said}");

    let said = told(&run(2));
    assert!(said.contains("kept back: 1 photographs with a person"), "{said}");
    for number in [3, 4] {
        let next = format!("\n  deertrack {}\n", commands[number].join(" "));
        assert!(
            said.contains(&next),
            "the tutorial and the import give the same next step, {next} in {said}"
        );
    }

    let data = dir.path().join("data").display().to_string();
    let database = format!("sqlite://{}", dir.path().join("deer.db").display());
    let up = [&words(3)[..2], &[&database, "--data-dir", &data, "--port", "0"]].concat();
    let mut up = Running::start(&up);
    let base = up.line("dashboard").split_whitespace().last().unwrap().trim_end_matches('/').to_owned();
    let mut submit = deertrack(&words(4));
    let output = submit.current_dir(dir.path()).env("DEERTRACK_GATEWAY", &base).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let report = pdf_text(&dir.path().join("report.pdf"));
    assert!(report.contains("Odocoileus virginianus") && report.contains("Creek"), "{report}");
    assert!(up.terminate().success());
}
