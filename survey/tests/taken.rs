//! Visits that are taken as they close: over random herds the same, in the same order, as those of all rows at once.

use chrono::{DateTime, TimeDelta, Utc};
use deertrack_schemas::Class;
use deertrack_schemas::table::GapSince;
use deertrack_survey::visits::{Gatherer, Visit, VisitRule, Visits, individual_visits, visits};
use deertrack_survey::{Record, Standing};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SEEDS: u64 = 300;
/// The farthest, in minutes, that a record begins before or after its photograph.
const LONGEST: i64 = 90;

/// The rows of one image.
struct Shot {
    minute: i64,
    rows: Vec<Record>,
}

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
}

/// Some are of events that began before or after their photograph; many begin at the same minute.
fn herd(random: &mut ChaCha8Rng) -> Vec<Shot> {
    let mut minute = 0;
    let shots = random.random_range(1..120);
    let mut shot = |number: usize| {
        minute += [0, 0, 1, 5, 29, 30, 31, 400][random.random_range(0..8)];
        let rows = (0..random.random_range(1..4)).map(|row| {
            let is_event = random.random_bool(0.3);
            let begin = if is_event { minute + random.random_range(-LONGEST..=LONGEST) } else { minute };
            let until = if is_event { begin + random.random_range(0..LONGEST) } else { begin };
            Record {
                id: format!("{number} {row}"),
                image_id: format!("image {number}"),
                taken_at: at(begin),
                until: at(until),
                place_id: [None, Some("oak"), Some("ash")][random.random_range(0..3)].map(str::to_owned),
                class: Class::ALL[random.random_range(0..2)],
                individual: [None, Some("seven"), Some("eight")][random.random_range(0..3)]
                    .map(str::to_owned),
                count: random.random_range(1..4),
                bbox: None,
                standing: Standing::Valid,
            }
        });
        Shot { minute, rows: rows.collect() }
    };
    (0..shots).map(&mut shot).collect()
}

/// All visits, and how many were taken before the end.
fn taken(shots: &[Shot], rule: VisitRule, every: usize) -> (Visits, usize) {
    let mut gatherer = Gatherer::new(rule);
    let mut all = Visits::default();
    let mut early = 0;
    let mut more = |visits: Visits| {
        all.of_classes.extend(visits.of_classes);
        all.of_individuals.extend(visits.of_individuals);
        all.of_classes.len() + all.of_individuals.len()
    };
    for (number, shot) in shots.iter().enumerate() {
        gatherer.add(&shot.rows.iter().collect::<Vec<_>>());
        gatherer.pass(at(shot.minute - LONGEST));
        if number % every == 0 {
            early = more(gatherer.take());
        }
    }
    more(gatherer.finish());
    (all, early)
}

#[test]
fn visits_are_taken_as_they_close_in_the_order_of_all_of_them() {
    let (mut early, mut all) = (0, 0);
    for seed in 0..SEEDS {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let shots = herd(&mut random);
        let rows: Vec<Record> = shots.iter().flat_map(|shot| shot.rows.clone()).collect();
        for since in [GapSince::LastRecord, GapSince::LastIndependentRecord] {
            let rule =
                VisitRule { since, gap: TimeDelta::minutes([0, 1, 30, 200][random.random_range(0..4)]) };
            let (found, taken) = taken(&shots, rule, random.random_range(1..5));
            assert_eq!(found.of_classes, visits(&rows, rule), "{seed} {rule:?}");
            assert_eq!(found.of_individuals, individual_visits(&rows, rule), "{seed} {rule:?}");
            early += taken;
            all += found.of_classes.len() + found.of_individuals.len();
        }
    }
    assert!(early * 2 > all, "most are taken before the end: {early} of {all}");
}

#[test]
fn a_visit_that_goes_on_holds_back_those_that_began_after_it() {
    let record = |minute: i64, class| Record {
        id: minute.to_string(),
        image_id: minute.to_string(),
        taken_at: at(minute),
        until: at(minute),
        place_id: None,
        class,
        individual: None,
        count: 1,
        bbox: None,
        standing: Standing::Valid,
    };
    let mut gatherer = Gatherer::new(VisitRule { since: GapSince::LastRecord, ..VisitRule::default() });
    let starts = |visits: Vec<Visit>| -> Vec<i64> {
        visits.iter().map(|visit| visit.start.timestamp() / 60).collect()
    };
    gatherer.add(&[&record(0, Class::Doe)]);
    gatherer.add(&[&record(1, Class::Buck)]);
    gatherer.add(&[&record(25, Class::Doe)]);
    gatherer.pass(at(40));
    assert_eq!(starts(gatherer.take().of_classes), [0; 0], "the doe may still be seen, and began first");
    gatherer.add(&[&record(50, Class::Doe)]);
    gatherer.add(&[&record(90, Class::Buck)]);
    gatherer.pass(at(90));
    assert_eq!(starts(gatherer.take().of_classes), [0, 1]);
    assert_eq!(starts(gatherer.finish().of_classes), [90]);
}
