//! Packages as people have them, each with its right value.
//!
//! The data are not part of the project: `cargo test -p deertrack-sources --test real_packages -- FOLDER`, where FOLDER
//! holds `field_cases/`, `camtrapdp_example/`, `roedeer_leuven_camtrapdp/` and `wildlife_insights_sample/`. What a report or a package that is
//! exported must say of them is checked in `worker/tests/real`.

mod case;
mod wildlife_insights;

use std::path::{Path, PathBuf};

use case::{Case, Outcome, equal, near, same, says};
use deertrack_sources::camtrap_dp::Options;
use libtest_mimic::{Arguments, Trial};

type Check = fn(&Path) -> Outcome;

/// By the case's folder.
const CASES: [(&str, Check); 23] = [
    ("c01a_shared_event", shared_event),
    ("c02_same_ids_A", same_ids),
    ("c03_events_beside_media", events_beside_media),
    ("c04_single_images_have_no_event", single_images),
    ("c05_no_location_id", no_location_id),
    ("c06_pair_ids", pair),
    ("c06_pair_none", pair),
    ("c07a_year_4999", year_4999),
    ("c08_offset_dropped", offset_dropped),
    ("c10_after_pandas", after_pandas),
    ("c11b_bom_in_json", one_visit),
    ("c11d_semicolons_not_told", semicolons_not_told),
    ("c12_media_twice", media_twice),
    ("c13_orphans", orphans),
    ("c14a_sequences_rows_animals", sequences_rows_animals),
    ("c14b_rai_40_2", rai),
    ("c14c_does_and_fawns", does_and_fawns),
    ("c15_model_and_person", model_and_person),
    ("c17a_gap", gap),
    ("c17b_zero_length", zero_length),
    ("c18_first_and_last_instant", first_and_last_instant),
    ("c20a_antimeridian", antimeridian),
    ("c21_person_in_first_picture", person_in_first_picture),
];

fn main() {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    let mut rest: Vec<String> = arguments.collect();
    let folder = rest.first().filter(|first| !first.starts_with('-')).map(PathBuf::from);
    let Some(folder) = folder else {
        let missing = Trial::test("real_data_are_given", || {
            Err("name the folder with the data: cargo test -p deertrack-sources --test real_packages -- FOLDER".into())
        });
        libtest_mimic::run(&Arguments::default(), vec![missing]).exit();
    };
    rest.remove(0);
    let mut trials: Vec<Trial> = Vec::new();
    for (name, check) in CASES {
        let path = folder.join("field_cases").join(name);
        trials.push(Trial::test(name, move || check(&path)));
    }
    let sample = folder.join("wildlife_insights_sample");
    let name = "a_download_of_wildlife_insights_has_the_counts_of_an_independent_script";
    trials.push(Trial::test(name, move || wildlife_insights::sample(&sample)));
    for (name, path, check) in [
        ("the_standards_example", "camtrapdp_example/example", example as Check),
        ("leuven", "roedeer_leuven_camtrapdp", leuven),
    ] {
        let path = folder.join(path);
        trials.push(Trial::test(name, move || check(&path)));
    }
    libtest_mimic::run(&Arguments::from_iter(std::iter::once(program).chain(rest)), trials).exit();
}

fn roe() -> Options {
    Options { species: vec!["Capreolus capreolus".into()], ..Options::default() }
}

fn imported(path: &Path) -> Result<Case, libtest_mimic::Failed> {
    Case::import(path, &roe())
}

fn shared_event(path: &Path) -> Outcome {
    let case = imported(path)?;
    equal("visits by place", &case.visits_by_place(), &vec![("L1".into(), 1, 2), ("L2".into(), 1, 2)])
}

fn same_ids(path: &Path) -> Outcome {
    let mut case = imported(path)?;
    let other = path.with_file_name("c02_same_ids_B");
    case.add(&other, &roe())?;
    let before = case.dump()?;
    case.add(path, &roe())?;
    same("A once more", &case.dump()?, &before)?;
    equal(
        "visits, places, individuals",
        &(case.visits().len(), case.places(), case.individuals()),
        &(2, 2, 2),
    )
}

fn events_beside_media(path: &Path) -> Outcome {
    let case = imported(path)?;
    equal("the event's photograph", &case.records()[0].image.id, &"m1".to_owned())?;
    equal("images, without a deer", &case.images_without_deer(), &(4, 1))
}

fn single_images(path: &Path) -> Outcome {
    equal("visits", &imported(path)?.visits().len(), &4)
}

fn no_location_id(path: &Path) -> Outcome {
    let case = imported(path)?;
    equal("places", &case.places(), &1)?;
    near("trap nights", case.nights(), 30.0)
}

fn pair(path: &Path) -> Outcome {
    let case = imported(path)?;
    near("camera nights", case.nights(), 20.0)?;
    equal("visits", &case.animals_by_visit(), &vec![2])
}

fn year_4999(path: &Path) -> Outcome {
    let case = imported(path)?;
    says(&case.summary, "no effort: the times of 1 deployments cannot be true: d2 (ends in the future")?;
    near("trap nights", case.nights(), 31.0)
}

fn offset_dropped(path: &Path) -> Outcome {
    let case = imported(path)?;
    equal("visits", &case.visits().len(), &2)?;
    says(&case.summary, "times are told at +02:00")?;
    says(&case.summary, "local days and hours: Africa/Johannesburg, from the coordinates (1 place)")?;
    let kept = case.records().iter().all(|row| row.utc_offset_seconds == Some(7200));
    equal("the offset is kept", &kept, &true)
}

fn after_pandas(path: &Path) -> Outcome {
    let case = imported(path)?;
    equal("animals of the visits", &case.animals_by_visit(), &vec![2])?;
    equal("individuals", &case.individuals(), &0)
}

fn one_visit(path: &Path) -> Outcome {
    equal("visits", &imported(path)?.visits().len(), &1)
}

fn semicolons_not_told(path: &Path) -> Outcome {
    let error = Case::refused(path, &roe())?;
    says(&error, r#"its columns are separated by ";", not by ",""#)
}

fn media_twice(path: &Path) -> Outcome {
    let case = imported(path)?;
    equal("detections", &case.records().len(), &2)?;
    says(&case.summary, "equal rows: 1 of media are another once more, and were taken once")
}

fn orphans(path: &Path) -> Outcome {
    says(&Case::refused(path, &roe())?, "F2: 2 media, 1 observation")?;
    let case = Case::import(path, &Options { skip_invalid: true, ..roe() })?;
    says(&case.summary, "without their deployment: F2: 2 media, 1 observation")
}

fn sequences_rows_animals(path: &Path) -> Outcome {
    let case = imported(path)?;
    equal("visits", &case.visits().len(), &3)?;
    equal("animals", &case.animals_by_visit().iter().sum::<u32>(), &14)
}

fn rai(path: &Path) -> Outcome {
    let case = imported(path)?;
    near("trap nights", (case.nights() * 100.0).round() / 100.0, 9.95)?;
    near("per 100", (case.visits().len() as f64 / case.nights() * 1000.0).round() / 10.0, 40.2)
}

fn does_and_fawns(path: &Path) -> Outcome {
    let mut animals = imported(path)?.animals_by_visit();
    animals.sort_unstable();
    equal("does and fawns", &animals, &vec![2, 2])
}

fn model_and_person(path: &Path) -> Outcome {
    let case = imported(path)?;
    let classes: Vec<(&str, u32)> =
        case.visits().iter().map(|visit| (visit.class.name(), visit.animals)).collect();
    equal("visits", &classes, &vec![("buck", 1), ("doe", 1)])
}

fn gap(path: &Path) -> Outcome {
    let case = imported(path)?;
    near("trap nights", case.nights(), 20.0)?;
    equal("visits", &case.visits().len(), &1)
}

fn zero_length(path: &Path) -> Outcome {
    let case = imported(path)?;
    near("trap nights", case.nights(), 0.0)?;
    says(&case.summary, "d1 (zero length")?;
    equal("visits", &case.visits().len(), &1)
}

fn antimeridian(path: &Path) -> Outcome {
    let case =
        Case::import(path, &Options { species: vec!["Rangifer tarandus".into()], ..Options::default() })?;
    equal("places and visits", &(case.places(), case.visits().len()), &(2, 6))
}

fn person_in_first_picture(path: &Path) -> Outcome {
    let case = imported(path)?;
    equal("the buck's photograph", &case.records()[0].image.id, &"m2".to_owned())?;
    equal("kept back", &case.kept_back(), &vec!["m1".to_owned()])
}

/// It has no deer: what it has is named, and what was chosen keeps every end of an event.
fn example(path: &Path) -> Outcome {
    says(&Case::refused(path, &Options::default())?, "the package has no deer (Cervidae); it has ")?;
    let ducks = Options { species: vec!["Anas platyrhynchos".into()], ..Options::default() };
    let case = Case::import(path, &ducks)?;
    let ended = case.records().iter().filter(|row| row.ends_at.is_some()).count();
    equal("ends of events", &ended, &case.records().len())?;
    let private = case.images().iter().filter(|image| image.file_public == Some(false)).count();
    let told = std::fs::read_to_string(path.join("media.csv"))?;
    equal("private media", &private, &told.lines().filter(|line| line.contains(",false,")).count())
}

/// Its media-level rows all tell of animals that its events tell.
fn leuven(path: &Path) -> Outcome {
    let mut case = imported(path)?;
    equal("detections", &case.records().len(), &case.told_rows(path, "Capreolus capreolus")?)?;
    let before = case.dump()?;
    case.add(path, &roe())?;
    same("once more", &case.dump()?, &before)
}

fn first_and_last_instant(path: &Path) -> Outcome {
    let case = imported(path)?;
    near("trap nights", case.nights(), 7.0)?;
    equal("visits", &case.visits().len(), &2)
}
