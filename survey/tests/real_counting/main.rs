//! Real roe deer against numbers of scipy, pandas and R `overlap`.
//!
//! The data are not part of the project: `cargo test -p deertrack-survey --test real_counting -- FOLDER`, where FOLDER
//! holds `roedeer_leuven_camtrapdp/` (a Camtrap DP package) and `oracles/deer_tables.json` (expected numbers).
//! With `-- FOLDER SAMPLES.json` it also repeats the published test of R `overlap`: `{"tiger": [..], "pig": [..]}`,
//! the package's `tigerObs` and `pigObs`.

#![expect(clippy::print_stdout, reason = "with --nocapture it shows the numbers it compares")]

mod leuven;

use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use deertrack_schemas::Class;
use deertrack_survey::activity::Activity;
use deertrack_survey::bootstrap::{Method, Resampling};
use deertrack_survey::calendar::{Calendar, clock_angle};
use deertrack_survey::clock::{CameraTimes, Cause, Verdict, audit};
use deertrack_survey::overlap::{Estimator, overlap};
use deertrack_survey::rates::Exposures;
use deertrack_survey::ratios::Ratios;
use deertrack_survey::sun::{Light, light};
use deertrack_survey::tally::Tally;
use deertrack_survey::visits::{GapSince, VisitRule, visits};
use leuven::Leuven;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

type Outcome = Result<(), Failed>;

fn main() {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    let mut rest: Vec<String> = arguments.collect();
    let given: Vec<PathBuf> =
        rest.iter().take_while(|part| !part.starts_with('-')).map(PathBuf::from).collect();
    let Some(folder) = given.first() else {
        let missing = Trial::test("real_data_are_given", || {
            Err("name the folder with the data: cargo test -p deertrack-survey --test real_counting -- FOLDER".into())
        });
        libtest_mimic::run(&Arguments::default(), vec![missing]).exit();
    };
    let mut trials = trials(folder);
    if let Some(samples) = given.get(1) {
        let samples = samples.clone();
        trials.push(Trial::test("the_published_test_of_overlap_is_repeated", move || {
            published_overlap(&samples)
        }));
    }
    rest.drain(..given.len().min(2));
    libtest_mimic::run(&Arguments::from_iter(std::iter::once(program).chain(rest)), trials).exit();
}

fn trials(folder: &Path) -> Vec<Trial> {
    let of = |name: &str, test: fn(&Path) -> Outcome| {
        let folder = folder.to_owned();
        Trial::test(name, move || test(&folder))
    };
    vec![
        of("events_by_100_camera_days_equal_the_oracle", abundance),
        of("activity_of_bucks_and_does_overlaps_as_in_the_oracle", activity),
        of("visits_and_animals_equal_pandas_in_both_semantics", visits_by_class),
        of("ratios_have_their_unit_beside_them", ratios),
        of("no_clock_is_doubted_until_one_is_shifted", clocks),
    ]
}

fn read_json(path: &Path) -> Result<Value, Failed> {
    Ok(serde_json::from_str(&std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?)?)
}

fn oracle(folder: &Path) -> Result<Value, Failed> {
    Ok(read_json(&folder.join("oracles/deer_tables.json"))?["leuven_roedeer"].clone())
}

fn twin() -> Result<Value, Failed> {
    Ok(serde_json::from_str(include_str!("../oracle/leuven.json"))?)
}

/// `found` as `expected`, which was rounded to so many decimals.
fn near(what: &str, found: f64, expected: &Value, decimals: i32) -> Outcome {
    let expected = expected.as_f64().ok_or_else(|| format!("{what} is missing"))?;
    println!("{what}: {found} ({expected})");
    if (found - expected).abs() <= 0.5001 * 10f64.powi(-decimals) {
        return Ok(());
    }
    Err(format!("{what}: {found} instead of {expected}").into())
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Outcome {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}").into()) }
}

fn abundance(folder: &Path) -> Outcome {
    let (data, expected, twin) = (Leuven::read(folder)?, oracle(folder)?, twin()?);
    let effort = data.effort();
    near("camera days", effort.nights(), &expected["effort_days"], 4)?;
    for (place, nights) in effort.by_place() {
        near(place, nights, &twin["nights_by_place"][place], 9)?;
    }
    equal("rows", Some(data.records.len() as u64), expected["event_rows"].as_u64())?;
    let animals: u64 = data.records.iter().map(|record| u64::from(record.count)).sum();
    equal("animals", Some(animals), expected["individuals_sum_count"].as_u64())?;
    let calendar = Calendar::new(chrono_tz::Europe::Brussels);
    let events = Exposures::new(
        &effort,
        &calendar,
        data.records.iter().map(|record| (record.place_id.as_deref(), record.taken_at)),
    );
    equal("events without effort", events.without_effort, 0)?;
    let rate = events.rate(&Resampling::default()).ok_or("there is effort")?;
    near("events per 100 camera days", rate.per_100_nights, &expected["RAI_observations_per_100_days"], 4)?;
    println!("{rate:?}");
    equal("method", rate.method, Method::Cameras(8))?;
    equal("the rate is in its interval", rate.interval.contains(rate.per_100_nights), true)
}

fn activity(folder: &Path) -> Outcome {
    let (data, expected) = (Leuven::read(folder)?, oracle(folder)?);
    let of = |class| {
        let rows = data.records.iter().filter(|record| record.class == class);
        Activity::fit(rows.map(|record| clock_angle(record.taken_at, chrono_tz::UTC)).collect())
    };
    let (bucks, does) = (of(Class::Buck)?, of(Class::Doe)?);
    let expected = &expected["overlap_male_female_UTC"];
    equal("bucks", Some(bucks.angles().len() as u64), expected["nA"].as_u64())?;
    equal("does", Some(does.angles().len() as u64), expected["nB"].as_u64())?;
    near("bandwidth of bucks", bucks.bandwidth(), &expected["bwA"], 4)?;
    near("bandwidth of does", does.bandwidth(), &expected["bwB"], 4)?;
    near("Dhat1", Estimator::Dhat1.of(&bucks, &does), &expected["Dhat1"], 5)?;
    near("Dhat4", Estimator::Dhat4.of(&bucks, &does), &expected["Dhat4"], 5)?;
    let found =
        overlap(&bucks, &does, Estimator::Dhat4, &Resampling { samples: 200, ..Resampling::default() });
    println!("{found:?}");
    equal("the interval is near", found.interval.low > 0.85 && found.interval.high <= 1.0, true)
}

fn visits_by_class(folder: &Path) -> Outcome {
    let (data, twin) = (Leuven::read(folder)?, twin()?);
    for since in [GapSince::LastRecord, GapSince::LastIndependentRecord] {
        let found = visits(&data.records, VisitRule { since, ..VisitRule::default() });
        for class in [Class::Buck, Class::Doe, Class::Unknown] {
            let expected = &twin["visits"][since.name()][class.name()];
            let of_class: Vec<_> = found.iter().filter(|visit| visit.class == class).collect();
            let animals: u64 = of_class.iter().map(|visit| u64::from(visit.animals)).sum();
            let what = format!("{} of {}", since.name(), class.name());
            equal(&what, Some(of_class.len() as u64), expected["visits"].as_u64())?;
            equal(&what, Some(animals), expected["animals"].as_u64())?;
        }
    }
    Ok(())
}

fn ratios(folder: &Path) -> Outcome {
    let (data, twin) = (Leuven::read(folder)?, twin()?);
    let visits = visits(&data.records, VisitRule::default());
    let tally = Tally::of(&data.records, |record| [record.taken_at.date_naive(); 2]);
    let found = Ratios::new(&tally, &visits, [Class::Buck, Class::Doe], &Resampling::default());
    for ratio in [found.image, found.visit, found.animal, found.individual] {
        println!("{ratio:?}");
    }
    let images = &twin["animals_in_images"];
    equal("bucks in images", Some(found.image.numerator), images["buck"].as_u64())?;
    equal("does in images", Some(found.image.denominator), images["doe"].as_u64())?;
    let by_visit = &twin["visits"]["lastIndependentRecord"];
    for (what, ratio) in [("visits", found.visit), ("animals", found.animal)] {
        equal(&format!("{what} of bucks"), Some(ratio.numerator), by_visit["buck"][what].as_u64())?;
        equal(&format!("{what} of does"), Some(ratio.denominator), by_visit["doe"][what].as_u64())?;
    }
    Ok(())
}

fn clocks(folder: &Path) -> Outcome {
    let data = Leuven::read(folder)?;
    let mut cameras = data.camera_times();
    let off = |cameras: &[CameraTimes]| {
        let findings = audit(cameras, 1);
        findings
            .into_iter()
            .filter(|finding| matches!(finding.verdict, Verdict::Off { .. }))
            .collect::<Vec<_>>()
    };
    equal("cameras in doubt", off(&cameras), Vec::new())?;
    let by_day =
        cameras.iter().flat_map(|camera| camera.visits.iter().map(|at| light(camera.coordinates, *at)));
    let by_day: Vec<_> = by_day.collect();
    println!(
        "by day: {} of {}",
        by_day.iter().filter(|light| **light == Some(Light::Day)).count(),
        by_day.len()
    );
    let shift = TimeDelta::hours(-7);
    let wrong = cameras.iter_mut().find(|camera| camera.place_id == "LEUVEN_1713").ok_or("it is there")?;
    wrong.visits.iter_mut().for_each(|visit| *visit -= shift);
    let found = off(&cameras);
    println!("{found:?}");
    let [finding] = &found[..] else { return Err(format!("one camera is off, not {found:?}").into()) };
    equal("the camera", finding.place_id.as_str(), "LEUVEN_1713")?;
    let Verdict::Off { shift: said, cause, .. } = finding.verdict else { return Err("it is off".into()) };
    equal("the shift within an hour", (said - shift).abs() <= TimeDelta::hours(1), true)?;
    equal("the cause", cause, Cause::Zone)
}

/// The package looks for its concentrations with a tolerance of 1e-4, hence less decimals of the bandwidths.
fn published_overlap(samples: &Path) -> Outcome {
    let samples = read_json(samples)?;
    let of = |name: &str| -> Result<Activity, Failed> {
        Ok(Activity::fit(serde_json::from_value(samples[name].clone())?)?)
    };
    let (tiger, pig) = (of("tiger")?, of("pig")?);
    near("bandwidth of tigers", tiger.bandwidth(), &29.9065.into(), 3)?;
    near("bandwidth of pigs", pig.bandwidth(), &10.42076.into(), 3)?;
    near("Dhat1", Estimator::Dhat1.of(&tiger, &pig), &0.290_862.into(), 5)?;
    near("Dhat4", Estimator::Dhat4.of(&tiger, &pig), &0.269_201.into(), 5)
}
