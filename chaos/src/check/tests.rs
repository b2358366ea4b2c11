//! Each promise, broken by hand.

use std::time::Instant;

use chrono::{NaiveDate, Utc};
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::{Artifact, Command, Export, PdfParams};
use deertrack_stream::EventId;

use super::*;
use crate::deed::Deed;
use crate::facts::{Blows, Found, Stored};
use crate::plan::Disturbance;
use crate::witness::{Gap, Seen, Testimony};

const JOB: &str = "0199aaaa-0000-7000-8000-000000000001";

/// One job that was accepted now and ended well.
fn good() -> Facts {
    let now = Instant::now();
    let asked = Asked { task: Task::Nothing, at: now, accepted: Some(now), cancelled: false };
    let file = Found { size: 4, sha256: "abcd".to_owned() };
    Facts {
        began: now,
        asked: [(JOB.to_owned(), asked)].into(),
        testimony: Testimony { events: vec![seen(State::Completed, 1)], gaps: Vec::new(), resets: 0 },
        stored: vec![stored(1)],
        counted: 1,
        statuses: [(JOB.to_owned(), status(State::Completed))].into(),
        files: [(file_name(), file)].into(),
        windows: Vec::new(),
        blows: Blows::default(),
        deeds: Vec::new(),
        left: 0,
    }
}

fn file_name() -> String {
    format!("report_20260102_030405_{JOB}.pdf")
}

fn stored(n: u64) -> Stored {
    Stored { id: EventId { ms: n, seq: 0 }, n, job: JOB.to_owned() }
}

fn seen(state: State, n: u64) -> Seen {
    Seen {
        id: EventId { ms: n, seq: 0 },
        job: JOB.to_owned(),
        state,
        deliveries: 1,
        n,
        at: Instant::now(),
        forgotten: false,
    }
}

fn status(state: State) -> StatusRecord {
    let day = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let export = Export::Pdf(PdfParams::new(day, day, GroupBy::Day));
    let command = Command::new(JOB.parse().unwrap(), export, Utc::now());
    let artifact = Artifact {
        filename: file_name(),
        download_url: String::new(),
        file_size_bytes: 4,
        sha256: "abcd".to_owned(),
        media_type: String::new(),
        headline: None,
    };
    let artifact = (state == State::Completed).then_some(artifact);
    StatusRecord { artifact, ..StatusRecord::queued(&command).with_state(state) }
}

fn broken(facts: &Facts) -> Vec<Promise> {
    facts.judge().broken.into_iter().map(|broken| broken.promise).collect()
}

#[test]
fn a_job_that_ended_well_breaks_nothing() {
    let verdict = good().judge();
    assert_eq!(verdict.broken, []);
    assert_eq!((verdict.accepted, verdict.ends["completed"], verdict.orphans), (1, 1, 0));
}

#[test]
fn an_accepted_job_without_any_trace_is_lost() {
    let mut facts = good();
    facts.statuses.clear();
    facts.testimony.events.clear();
    facts.files.clear();
    assert_eq!(broken(&facts), [Promise::NothingIsLost]);
    facts.asked.get_mut(JOB).unwrap().accepted = None;
    assert_eq!(broken(&facts), [], "nobody was told that it is accepted");
}

#[test]
fn only_what_was_accepted_in_the_last_second_may_be_forgotten() {
    let mut facts = good();
    facts.statuses.clear();
    facts.testimony.events.clear();
    let accepted = facts.asked[JOB].accepted.unwrap();
    let second = std::time::Duration::from_secs(1);
    facts.windows = vec![Window { from: accepted, to: accepted + second, by: Forgetting::LastSecond }];
    let verdict = facts.judge();
    assert_eq!((verdict.broken.len(), verdict.forgotten, verdict.orphans), (0, 1, 1));
    facts.windows[0].by = Forgetting::Failover;
    assert_eq!(facts.judge().forgotten, 1, "by a change of master as well");
    facts.windows[0].from = accepted + second / 2;
    assert_eq!(broken(&facts), [Promise::NothingIsLost]);
    // The answer may come late: Redis was killed between the two.
    facts.asked.get_mut(JOB).unwrap().accepted = Some(accepted + 3 * second);
    assert_eq!(broken(&facts), []);
    facts.asked.get_mut(JOB).unwrap().at = accepted + 2 * second;
    assert_eq!(broken(&facts), [Promise::NothingIsLost]);
}

#[test]
fn two_events_are_one_too_many_unless_redis_forgot_the_first() {
    let mut facts = good();
    facts.testimony.events = vec![seen(State::Completed, 1), seen(State::Completed, 2)];
    assert_eq!(broken(&facts), [Promise::OneEvent]);
    facts.testimony.events[0].forgotten = true;
    assert_eq!(broken(&facts), []);
}

#[test]
fn a_status_without_its_event_and_an_event_without_its_status_disagree() {
    let mut facts = good();
    facts.testimony.events.clear();
    assert_eq!(broken(&facts), [Promise::StatusAndEventAgree]);
    let mut facts = good();
    facts.statuses.clear();
    assert_eq!(broken(&facts), [Promise::StatusAndEventAgree]);
}

#[test]
fn a_job_that_does_not_end_is_stuck() {
    let mut facts = good();
    facts.statuses.insert(JOB.to_owned(), status(State::Running));
    facts.testimony.events.clear();
    facts.left = 1;
    assert_eq!(broken(&facts), [Promise::NothingIsStuck, Promise::NothingIsStuck]);
}

#[test]
fn a_job_ends_as_its_task_does_or_as_it_was_asked_to() {
    let mut facts = good();
    facts.statuses.insert(JOB.to_owned(), status(State::Cancelled));
    facts.testimony.events = vec![seen(State::Cancelled, 1)];
    assert_eq!(broken(&facts), [Promise::RightEnd]);
    facts.asked.get_mut(JOB).unwrap().cancelled = true;
    assert_eq!(broken(&facts), []);
}

#[test]
fn a_job_that_ends_no_process_is_given_up_only_when_its_last_worker_was_hit_from_outside() {
    let mut facts = good();
    let hit = |delivery| Blows { killed_with: [(JOB.to_owned(), delivery)].into(), last_to_any: None };
    facts.testimony.events = vec![seen(State::Dead, 1)];
    facts.statuses.insert(JOB.to_owned(), StatusRecord { deliveries: 4, ..status(State::Dead) });
    assert_eq!((broken(&facts), facts.judge().over_cap), (vec![Promise::RightEnd], 1));
    facts.blows = hit(2);
    assert_eq!(broken(&facts), [Promise::RightEnd]);
    facts.blows = hit(3);
    assert_eq!(broken(&facts), []);
    facts.statuses.insert(JOB.to_owned(), StatusRecord { deliveries: 3, ..status(State::Dead) });
    assert_eq!(broken(&facts), [Promise::RightEnd], "given up before its last delivery");
    facts.statuses.insert(JOB.to_owned(), StatusRecord { deliveries: 4, ..status(State::Dead) });
    let asked = facts.asked[JOB].at;
    facts.blows = Blows { last_to_any: Some(asked), ..Blows::default() };
    assert_eq!(broken(&facts), []);
    facts.asked.get_mut(JOB).unwrap().at = asked + std::time::Duration::from_secs(1);
    assert_eq!(broken(&facts), [Promise::RightEnd], "all that happened was before it was asked for");
    facts.blows = Blows::default();
    facts.asked.get_mut(JOB).unwrap().task = Task::Abort;
    assert_eq!((broken(&facts), facts.judge().over_cap), (vec![], 0));
}

#[test]
fn a_status_names_the_file_that_is_there_and_each_file_has_a_job() {
    let mut facts = good();
    facts.files.get_mut(&file_name()).unwrap().sha256 = "other".to_owned();
    assert_eq!(broken(&facts), [Promise::StatusNamesItsFile]);
    let mut facts = good();
    let file = facts.files[&file_name()].clone();
    facts.files.insert(".deertrack-check-a1B2c3.part".to_owned(), file.clone());
    assert_eq!((broken(&facts), facts.judge().orphans), (vec![], 1), "a look whether files can be written");
    facts.files.insert("report_20260102_030405_nobody.pdf".to_owned(), file);
    assert_eq!(broken(&facts), [Promise::EachFileHasItsJob]);
}

#[test]
fn a_gap_in_the_numbers_is_told_with_what_was_around_it_and_done_before_it() {
    let second = std::time::Duration::from_secs(1);
    let mut facts = good();
    let at = facts.began + 12 * second;
    let deed = |began, note: &str| {
        let (what, note) = (Disturbance::CutPower, note.to_owned());
        Deed { what, began, ended: began + second, note }
    };
    facts.deeds =
        vec![deed(facts.began, "early"), deed(at - 9 * second, "cut here"), deed(at + second, "late")];
    facts.testimony.gaps = vec![Gap { expected: 2, found: 3, at, before: 1 }];
    let verdict = facts.judge();
    let [Broken { promise: Promise::NumbersAreDense, what, evidence }] = &verdict.broken[..] else {
        panic!("{:?}", verdict.broken)
    };
    assert_eq!(what, "behind 1 came 3");
    let told = [
        "seen at 12.000 s".to_owned(),
        format!("came:   1-0 n 1 job {JOB} completed delivery 1 at 0.000 s"),
        format!("stored: 1-0 n 1 job {JOB}"),
        "done:   Redis killed, its last second gone at 3.000 s for 1.000 s: cut here".to_owned(),
    ];
    assert_eq!(evidence, &told);
}

#[test]
fn what_is_stored_must_be_as_dense_as_what_was_seen_and_as_much_as_was_counted() {
    let mut facts = good();
    facts.counted = 2;
    assert_eq!(broken(&facts), [Promise::NumbersAreDense], "counted without an event");
    facts.stored = vec![stored(1), Stored { job: "another".to_owned(), ..stored(3) }];
    assert_eq!(broken(&facts), [Promise::NumbersAreDense]);
    facts.stored = vec![stored(1), stored(2)];
    assert_eq!(broken(&facts), [Promise::OneEvent], "a phantom that no watcher saw");
}
