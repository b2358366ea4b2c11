//! Packages of other people's tools, in and out again: cell by cell the same, but for what `docs/kinds.md` explains.

#[path = "../differences/mod.rs"]
mod differences;

use std::collections::BTreeMap;
use std::path::Path;

use deertrack_catalog::said::SHOWS_NONE;
use deertrack_schemas::{CamtrapDpParams, Export};
use deertrack_sources::camtrap_dp::Options;
use serde_json::Value;

use self::differences::{Row, Table, differences, table};
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

/// Which of the reasons in `docs/kinds.md` explains a difference of the observations.
fn reason(observations: &Passed, difference: &str, species: &[&str]) -> Option<&'static str> {
    let (key, what) = difference.rsplit_once(": ")?;
    match what {
        "gone" => {
            let row = &observations.before[key];
            let name = row.get("scientificName").map(String::as_str).unwrap_or_default();
            let is_taken =
                row["observationType"] == "animal" && species.iter().any(|taken| name.starts_with(taken));
            (!is_taken).then_some(GONE)
        }
        "new" => {
            let row = &observations.after[key];
            let comment = row.get("observationComments").map(String::as_str);
            match (row["observationType"].as_str(), comment) {
                ("human", Some(_)) if key.ends_with(":people") => Some(PEOPLE),
                ("unclassified", Some(SHOWS_NONE)) if key.ends_with(":other") => Some(OTHER),
                ("unclassified", None) if key.contains(":media") => Some(LINK),
                _ => None,
            }
        }
        _ => None,
    }
}

const GONE: &str = "gone: it tells of no animal that was taken";
const PEOPLE: &str = "new: somebody saw a person or a vehicle on the medium";
const OTHER: &str = "new: the medium shows none of the animals of its event";
const LINK: &str = "new: links a medium to its event by name";

/// Prints every difference, and holds them to this list of reasons.
#[expect(clippy::print_stdout, reason = "the list is for people: `--nocapture` shows it")]
fn differ_only_by(observations: &Passed, species: &[&str], expected: &[(&str, usize)]) {
    let mut found = BTreeMap::<&str, usize>::new();
    for difference in differences(&observations.before, &observations.after) {
        let reason = reason(observations, &difference, species);
        println!("{difference}  ({})", reason.unwrap_or("UNEXPLAINED"));
        *found.entry(reason.unwrap_or("unexplained")).or_default() += 1;
    }
    assert_eq!(found, expected.iter().copied().collect());
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
    differ_only_by(&observations, &SPECIES, &[(GONE, 183), (PEOPLE, 53), (OTHER, 53)]);
    describes_the_same(&description);

    // None of its private media is public after a round trip.
    let is_private = |media: &Table, id: &str| media[id]["filePublic"] == "false";
    let private: Vec<&String> = media.before.keys().filter(|id| is_private(&media.before, id)).collect();
    assert_eq!(private.len(), 60);
    assert!(private.iter().all(|id| is_private(&media.after, id)));

    // 29 of 29 event ends survive, to the letter.
    let is_event = |row: &Row| row["observationLevel"] == "event" && row["observationType"] == "animal";
    let events: Vec<(&String, &Row)> = observations.before.iter().filter(|(_, row)| is_event(row)).collect();
    assert_eq!(events.len(), 29);
    for (id, row) in events {
        assert_eq!(observations.after[id]["eventEnd"], row["eventEnd"], "{id}");
    }
}

fn roe_deer(data: &Path) {
    const SPECIES: [&str; 1] = ["Capreolus capreolus"];
    let ([deployments, media, observations], description) =
        passed(data, "roedeer_leuven_camtrapdp", &SPECIES);
    assert_eq!(differences(&deployments.before, &deployments.after), Vec::<String>::new());
    assert!(media.before.is_empty() && !media.after.is_empty(), "the standard requires the table");
    differ_only_by(&observations, &SPECIES, &[(GONE, 9173), (PEOPLE, 5)]);
    describes_the_same(&description);
}
