//! Packages of other people's tools, in and out again: cell by cell the same, but for what `docs/kinds.md` explains.

#[path = "../differences/mod.rs"]
mod differences;

use std::path::Path;

use deertrack_schemas::{CamtrapDpParams, Export};
use deertrack_sources::camtrap_dp::Options;
use serde_json::Value;

use self::differences::{Table, differences, table};
use super::check::Check;
use super::databases::{Both, run};
use super::exports::bytes_of;
use super::package::{is_valid, unpack};

pub(crate) const CHECKS: &[Check] = &[
    ("the_standards_example_passes_through_and_nothing_private_becomes_public", example),
    ("seven_years_of_roe_deer_pass_through_cell_by_cell", roe_deer),
];

/// A table before and after.
struct Passed {
    before: Table,
    after: Table,
}

/// The tables of a package in the order of `names`, and its description.
fn passed(data: &Path, package: &str, species: &[&str]) -> ([Passed; 3], [Value; 2]) {
    let package = &data.join(package);
    let mut found = None;
    run(async {
        let species = species.iter().map(|name| (*name).to_owned()).collect();
        let both = Both::import(package, &Options { species, ..Options::default() }).await;
        let exact = CamtrapDpParams { exact_coordinates: true, ..CamtrapDpParams::default() };
        let dir = unpack(&bytes_of(&both.sqlite, Export::CamtrapDp(exact)).await);
        is_valid(data, dir.path());
        let read = |root: &Path, name: &str| std::fs::read(root.join(name)).unwrap_or_default();
        let tables = NAMES.map(|name| Passed {
            before: table(&read(package, name)),
            after: table(&read(dir.path(), name)),
        });
        let description = |root: &Path| serde_json::from_slice(&read(root, "datapackage.json")).unwrap();
        found = Some((tables, [description(package), description(dir.path())]));
    });
    found.unwrap()
}

const NAMES: [&str; 3] = ["deployments.csv", "media.csv", "observations.csv"];

/// Rows that tell of no chosen animal are not taken, and rows that link media to events or tell of people are made.
fn explained(observations: &Passed, difference: &str, species: &[&str]) -> bool {
    let Some((key, what)) = difference.rsplit_once(": ") else { return false };
    match what {
        "gone" => {
            let row = &observations.before[key];
            let name = row.get("scientificName").map(String::as_str).unwrap_or_default();
            row["observationType"] != "animal" || !species.iter().any(|taken| name.starts_with(taken))
        }
        // A part of a box is no box.
        _ if what.ends_with("-> \"\"") => key.split_once(", ").is_some_and(|(id, column)| {
            column.starts_with("bbox") && !observations.before[id].contains_key("bboxWidth")
        }),
        "new" => key.contains(":media") || key.ends_with(":people"),
        _ => false,
    }
}

fn has_only_explained_differences(observations: &Passed, species: &[&str]) {
    let all = differences(&observations.before, &observations.after);
    let unexplained: Vec<&String> =
        all.iter().filter(|difference| !explained(observations, difference, species)).collect();
    assert!(unexplained.is_empty(), "{} of {}: {unexplained:#?}", unexplained.len(), all.len());
}

/// What tells of the file itself, or is told of what is in it.
const OF_THE_FILE: [&str; 7] =
    ["created", "resources", "profile", "spatial", "temporal", "taxonomic", "deertrack"];

fn describes_the_same([before, after]: &[Value; 2]) {
    for (key, value) in before.as_object().unwrap() {
        if !OF_THE_FILE.contains(&key.as_str()) {
            assert_eq!(&after[key], value, "{key}");
        }
    }
}

fn example(data: &Path) {
    const SPECIES: [&str; 7] = ["Anas", "Ardea", "Rattus", "Aves", "Mustela", "Martes", "Vulpes"];
    let ([deployments, media, observations], description) =
        passed(data, "camtrapdp_example/example", &SPECIES);
    assert_eq!(differences(&deployments.before, &deployments.after), Vec::<String>::new());
    assert_eq!(differences(&media.before, &media.after), Vec::<String>::new());
    has_only_explained_differences(&observations, &SPECIES);
    describes_the_same(&description);
    let private = media.before.iter().filter(|(_, row)| row["filePublic"] == "false");
    assert_eq!(private.filter(|(id, _)| media.after[*id]["filePublic"] == "false").count(), 60);
    let events = observations
        .before
        .iter()
        .filter(|(_, row)| row["observationLevel"] == "event" && row["observationType"] == "animal");
    let survived = events.filter(|(id, row)| observations.after[*id]["eventEnd"] == row["eventEnd"]);
    assert_eq!(survived.count(), 29);
}

fn roe_deer(data: &Path) {
    const SPECIES: [&str; 1] = ["Capreolus capreolus"];
    let ([deployments, media, observations], description) =
        passed(data, "roedeer_leuven_camtrapdp", &SPECIES);
    assert_eq!(differences(&deployments.before, &deployments.after), Vec::<String>::new());
    assert!(media.before.is_empty() && !media.after.is_empty(), "the standard requires the table");
    has_only_explained_differences(&observations, &SPECIES);
    describes_the_same(&description);
}
