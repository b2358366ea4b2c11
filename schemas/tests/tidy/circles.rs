//! No files of one crate import each other, directly or around: a crate is read downwards, file by file.
//!
//! What counts as an import is told in `imports.rs`. A parent and its children keep the same rule as neighbours: that a
//! file declares children and re-exports what they hold is no import, so a `mod.rs` may be the first page of its folder.
//! But a child that uses what its parent defines, while the parent calls the child, is a circle, because neither can be
//! understood before the other. The way out is the same everywhere: what both need goes into a file of its own below
//! both.
//!
//! Every crate is looked at by itself: the sources of each room, and each folder of tests that has a `main.rs`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::imports::{Import, Source, imports};
use super::{files, read};

/// Circles that may stay, by their files, each with its reason. A circle of some of these files alone may stay too.
const ALLOWED: [(&[&str], &str); 0] = [];

#[test]
fn files_of_one_crate_do_not_import_each_other_in_a_circle() {
    let members = members(&read("Cargo.toml"));
    assert!(members.len() > 5, "the workspace has only {members:?}");
    let (mut forbidden, mut met) = (Vec::new(), BTreeSet::new());
    for folder in members.iter().flat_map(|member| crates(member)) {
        let sources = sources(&folder);
        for circle in circles(&imports(&sources)) {
            let names: Vec<String> = circle.names(&folder, &sources).collect();
            let allows = |files: &[&str]| names.iter().all(|name| files.contains(&name.as_str()));
            match ALLOWED.iter().position(|(files, _)| allows(files)) {
                Some(allowed) => drop(met.insert(allowed)),
                None => forbidden.push(circle.told(&folder, &sources)),
            }
        }
    }
    assert!(forbidden.is_empty(), "\n{}", forbidden.join("\n"));
    for (index, (files, _)) in ALLOWED.iter().enumerate() {
        assert!(met.contains(&index), "{files:?} are no circle any more: strike them off the list");
    }
}

/// The rooms that the workspace's manifest lists.
fn members(manifest: &str) -> Vec<String> {
    let list = manifest.split("\nmembers = [").nth(1).and_then(|rest| rest.split(']').next());
    list.unwrap_or_default().split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The folders of a room whose files are one crate: its sources, and its larger tests.
fn crates(member: &str) -> BTreeSet<String> {
    let is_root = |path: &Path| ["lib.rs", "main.rs"].iter().any(|name| path.ends_with(name));
    let roots = files(member, ".rs").into_iter().filter(|path| is_root(path));
    roots.filter_map(|path| Some(path.parent()?.to_str()?.to_owned())).collect()
}

fn sources(folder: &str) -> Vec<Source> {
    let below = |path: &Path| path.strip_prefix(folder).ok()?.to_str().map(str::to_owned);
    let source = |path: PathBuf| Some(Source { path: below(&path)?, text: read(path) });
    files(folder, ".rs").into_iter().filter_map(source).collect()
}

/// Files that all import each other, directly or around, and one of the shortest ways round.
struct Circle {
    files: BTreeSet<usize>,
    round: Vec<Import>,
}

impl Circle {
    fn names<'a>(&'a self, folder: &'a str, sources: &'a [Source]) -> impl Iterator<Item = String> + 'a {
        self.files.iter().map(move |file| format!("{folder}/{}", sources[*file].path))
    }

    /// The files, and the lines that close the circle.
    fn told(&self, folder: &str, sources: &[Source]) -> String {
        let name = |file: usize| format!("{folder}/{}", sources[file].path);
        let mut text = String::from("a circle of files, so that none can be read first:\n");
        for Import { from, to, line } in &self.round {
            writeln!(text, "    {}:{line} imports {}", name(*from), name(*to)).unwrap();
        }
        let on_round = |file: &usize| self.round.iter().any(|import| import.from == *file);
        let others = self.files.iter().filter(|file| !on_round(file));
        let others: Vec<String> = others.map(|file| name(*file)).collect();
        if !others.is_empty() {
            writeln!(text, "    in the same knot: {}", others.join(", ")).unwrap();
        }
        text + "Give what they share a place of its own below them."
    }
}

/// Each set of files of one crate that import each other.
fn circles(imports: &[Import]) -> Vec<Circle> {
    let mut below: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let starts: BTreeSet<usize> = imports.iter().map(|import| import.from).collect();
    for start in &starts {
        below.insert(*start, ways(imports, *start).into_keys().collect());
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for start in starts {
        let mutual = |other: &usize| below.get(other).is_some_and(|below| below.contains(&start));
        let files: BTreeSet<usize> = below[&start].iter().copied().filter(mutual).collect();
        if files.is_empty() || !seen.insert(files.clone()) {
            continue;
        }
        let rounds = files.iter().map(|file| ways(imports, *file).remove(file).unwrap_or_default());
        let round = rounds.min_by_key(Vec::len).unwrap_or_default();
        found.push(Circle { files, round });
    }
    found
}

/// The shortest way from `start` to every file that it reaches, itself among them if there is a way back.
fn ways(imports: &[Import], start: usize) -> BTreeMap<usize, Vec<Import>> {
    let mut found: BTreeMap<usize, Vec<Import>> = BTreeMap::new();
    let mut next = VecDeque::from([(start, Vec::new())]);
    while let Some((file, way)) = next.pop_front() {
        for import in imports.iter().filter(|import| import.from == file) {
            if let Entry::Vacant(unseen) = found.entry(import.to) {
                let way = [way.as_slice(), &[*import]].concat();
                next.push_back((import.to, unseen.insert(way).clone()));
            }
        }
    }
    found
}

/// The circles of a made-up crate, as they would be told.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let source = |(path, text): &(&str, &str)| Source { path: (*path).to_owned(), text: (*text).to_owned() };
    let sources: Vec<Source> = files.iter().map(source).collect();
    circles(&imports(&sources)).iter().map(|circle| circle.told("room/src", &sources)).collect()
}

#[test]
fn a_circle_of_two_files_is_told_with_the_lines_that_close_it() {
    let found = told(&[
        ("lib.rs", "mod a;\nmod b;\npub use a::A;"),
        ("a.rs", "//! A.\n\nuse crate::b::{B, C as D};\npub struct A(B, D);"),
        ("b.rs", "pub struct B; pub struct C;\nimpl B { fn a(self) -> super::a::A { A(self, C) } }"),
    ]);
    let [circle] = found.as_slice() else { panic!("{found:?}") };
    assert!(circle.contains("room/src/a.rs:3 imports room/src/b.rs"), "{circle}");
    assert!(circle.contains("room/src/b.rs:2 imports room/src/a.rs"), "{circle}");
    assert!(!circle.contains("lib.rs"), "{circle}");
}

#[test]
fn a_circle_around_a_third_file_is_found_by_paths_in_code_and_macros_too() {
    let found = told(&[
        ("main.rs", "mod a; mod b; mod c; fn main() { a::run(); }"),
        ("a.rs", "pub fn run() { crate::b::run(); }"),
        ("b.rs", "use crate::c;\npub fn run() { c::run(); }"),
        ("c.rs", "pub fn run() {\n    println!(\"{}\", super::a::run());\n}"),
    ]);
    let [circle] = found.as_slice() else { panic!("{found:?}") };
    assert!(circle.contains("room/src/c.rs:2 imports room/src/a.rs"), "{circle}");
}

#[test]
fn a_chain_is_no_circle_and_neither_are_links_in_comments() {
    let found = told(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; use crate::c::C; pub struct A(B, C);"),
        ("b.rs", "use crate::c::C; pub struct B(C);"),
        ("c.rs", "//! Below [`crate::a`].\n\n/// Used by [`crate::b::B`].\npub struct C; // crate::a::A"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_parent_that_calls_its_child_is_no_circle_until_the_child_uses_what_the_parent_defines() {
    let child = ("top/child.rs", "use super::Shared;\npub fn run(_: Shared) {}");
    let below = [
        ("lib.rs", "mod top; pub use top::run;"),
        (
            "top/mod.rs",
            "mod child; mod shared;\npub use shared::Shared;\npub fn run() { child::run(Shared); }",
        ),
        ("top/shared.rs", "pub struct Shared;"),
        child,
    ];
    assert!(told(&below).is_empty(), "{:?}", told(&below));
    let above = [
        ("lib.rs", "mod top; pub use top::run;"),
        ("top.rs", "mod child;\npub struct Shared;\npub fn run() { child::run(Shared); }"),
        child,
    ];
    let found = told(&above);
    let [circle] = found.as_slice() else { panic!("{found:?}") };
    assert!(circle.contains("room/src/top.rs:3 imports room/src/top/child.rs"), "{circle}");
    assert!(circle.contains("room/src/top/child.rs:1 imports room/src/top.rs"), "{circle}");
}

#[test]
fn what_is_compiled_into_tests_alone_closes_no_circle() {
    let found = told(&[
        ("lib.rs", "mod a; mod b; #[cfg(test)] mod tests;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        (
            "b.rs",
            "pub struct B;\n#[cfg(test)]\nmod tests { use super::*; use crate::a::A; fn a() -> A { A(B) } }",
        ),
        ("tests.rs", "use crate::a::A; use super::*;"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_members_of_the_workspace_are_read_however_they_are_laid_out() {
    assert_eq!(members("[workspace]\nmembers = [\n    \"a\",\n    \"b\",\n]\n"), ["a", "b"]);
}
