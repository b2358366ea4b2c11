//! What was asked for beside what a user can see. Pure: all that it needs is in [`Facts`].

use std::collections::{BTreeMap, BTreeSet};

use deertrack_schemas::{State, StatusRecord};

use crate::facts::{Facts, Forgetting, Window};
use crate::load::Asked;
use crate::task::Task;

/// How often an entry may be delivered before it is given up unrun.
const DELIVERY_CAP: u64 = 3;

/// A promise that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Promise {
    /// An accepted job is neither there nor has it ended.
    NothingIsLost,
    /// A job has two completion events.
    OneEvent,
    /// Status and event do not go together.
    StatusAndEventAgree,
    /// A job does not end.
    NothingIsStuck,
    /// A job ended as it should not have.
    RightEnd,
    /// A status names a file that is not there or is another one.
    StatusNamesItsFile,
    /// A file belongs to no job.
    EachFileHasItsJob,
    /// Event numbers have gaps that nobody explained.
    NumbersAreDense,
}

impl Promise {
    pub(crate) const ALL: [(Self, &'static str); 8] = [
        (Self::NothingIsLost, "lost jobs"),
        (Self::OneEvent, "jobs with two completion events"),
        (Self::StatusAndEventAgree, "jobs whose status and event disagree"),
        (Self::NothingIsStuck, "jobs stuck"),
        (Self::RightEnd, "jobs with a wrong end"),
        (Self::StatusNamesItsFile, "statuses without their file"),
        (Self::EachFileHasItsJob, "files without a job"),
        (Self::NumbersAreDense, "gaps in the event numbers"),
    ];
}

/// What the facts come to.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) accepted: usize,
    /// How many ended how.
    pub(crate) ends: BTreeMap<&'static str, usize>,
    /// Accepted in the last second before Redis was killed, or before the master changed, and forgotten.
    pub(crate) forgotten: usize,
    /// Taken by FLUSHALL.
    pub(crate) flushed: usize,
    /// Given up because their workers died again and again, though they did not end them.
    pub(crate) over_cap: usize,
    /// Files that no status names: of tries that lost their claim or died, or of jobs that Redis forgot. Removed by age.
    pub(crate) orphans: usize,
    pub(crate) broken: Vec<Broken>,
}

/// A promise was broken here.
#[derive(Debug, PartialEq)]
pub(crate) struct Broken {
    pub(crate) promise: Promise,
    /// In a line.
    pub(crate) what: String,
    /// What is known of it.
    pub(crate) evidence: Vec<String>,
}

impl Verdict {
    fn breaks(&mut self, promise: Promise, what: String, evidence: Vec<String>) {
        self.broken.push(Broken { promise, what, evidence });
    }
}

impl Facts {
    pub(crate) fn judge(&self) -> Verdict {
        let mut verdict = Verdict::default();
        let mut events: BTreeMap<&str, Vec<State>> = BTreeMap::new();
        let mut forgotten_ends: BTreeSet<&str> = BTreeSet::new();
        for seen in &self.testimony.events {
            if seen.forgotten {
                forgotten_ends.insert(&seen.job);
            } else {
                events.entry(&seen.job).or_default().push(seen.state);
            }
        }
        for (job, asked) in &self.asked {
            let events = events.get(job.as_str()).map_or(&[][..], Vec::as_slice);
            if asked.accepted.is_some() {
                verdict.accepted += 1;
            }
            if events.len() > 1 {
                let what = format!("{job} ({}): {events:?}", asked.task);
                verdict.breaks(Promise::OneEvent, what, self.of_job(job));
            }
            match self.statuses.get(job) {
                Some(record) => self.judge_status(job, asked, record, events, &mut verdict),
                None if !events.is_empty() => {
                    let what = format!("{job}: {events:?}, no status");
                    verdict.breaks(Promise::StatusAndEventAgree, what, self.of_job(job));
                }
                None => {
                    let had_ended = forgotten_ends.contains(job.as_str());
                    self.judge_absence(job, asked, had_ended, &mut verdict);
                }
            }
        }
        self.judge_files(&mut verdict);
        self.judge_numbers(&mut verdict);
        if self.left > 0 {
            let what = format!("{} entries are left", self.left);
            verdict.breaks(Promise::NothingIsStuck, what, Vec::new());
        }
        verdict
    }

    /// What the watcher saw, and what is there for a watcher who comes now: from 1 to as many as were counted.
    fn judge_numbers(&self, verdict: &mut Verdict) {
        for gap in &self.testimony.gaps {
            let what = format!("behind {} came {}", gap.expected.saturating_sub(1), gap.found);
            verdict.breaks(Promise::NumbersAreDense, what, self.of_gap(gap));
        }
        let mut jobs = BTreeSet::new();
        for (at, (stored, n)) in self.stored.iter().zip(1..).enumerate() {
            // One place is enough: behind it every number is out by as much.
            if stored.n != n {
                let what = format!("number {} is stored in place {n}", stored.n);
                verdict.breaks(Promise::NumbersAreDense, what, self.stored_around(at));
                break;
            }
        }
        for stored in self.stored.iter().filter(|stored| !jobs.insert(&stored.job)) {
            let what = format!("{} is stored twice", stored.job);
            verdict.breaks(Promise::OneEvent, what, self.of_job(&stored.job));
        }
        let stored = self.stored.len();
        if self.counted != stored as u64 {
            let what = format!("{} were counted, {stored} are stored", self.counted);
            verdict.breaks(Promise::NumbersAreDense, what, self.stored_around(stored));
        }
    }

    fn judge_status(
        &self,
        job: &str,
        asked: &Asked,
        record: &StatusRecord,
        events: &[State],
        verdict: &mut Verdict,
    ) {
        let state = record.state;
        if !state.is_terminal() {
            let what = format!("{job}: {}", record.to_json());
            return verdict.breaks(Promise::NothingIsStuck, what, self.of_job(job));
        }
        *verdict.ends.entry(state.name()).or_default() += 1;
        if events.first() != Some(&state) {
            let what = format!("{job}: {state:?}, {events:?}");
            verdict.breaks(Promise::StatusAndEventAgree, what, self.of_job(job));
        }
        let over_cap = state == State::Dead && record.deliveries > DELIVERY_CAP;
        if over_cap && asked.task != Task::Abort {
            verdict.over_cap += 1;
        }
        let right = state == asked.task.natural_end()
            || (over_cap && self.was_hit_in_its_last_delivery(job, asked))
            || (asked.cancelled && state == State::Cancelled);
        if !right {
            let what = format!("{job} ({}): {}", asked.task, record.to_json());
            verdict.breaks(Promise::RightEnd, what, self.of_job(job));
        }
        if state == State::Completed && !self.has_file_of(record) {
            let what = format!("{job}: {}", record.to_json());
            verdict.breaks(Promise::StatusNamesItsFile, what, self.of_job(job));
        }
    }

    /// Whether its last delivery, in which a job runs alone, may have come to its end from outside.
    fn was_hit_in_its_last_delivery(&self, job: &str, asked: &Asked) -> bool {
        self.blows.killed_with.contains(&(job.to_owned(), DELIVERY_CAP))
            || self.blows.last_to_any.is_some_and(|at| at >= asked.at)
    }

    fn judge_absence(&self, job: &str, asked: &Asked, had_ended: bool, verdict: &mut Verdict) {
        let Some(accepted) = asked.accepted else { return };
        // It was accepted somewhere between question and answer.
        let overlaps = |window: &&Window| window.from <= accepted && asked.at <= window.to;
        let window = self.windows.iter().find(overlaps);
        match window.map(|window| window.by) {
            Some(Forgetting::LastSecond | Forgetting::Failover) => verdict.forgotten += 1,
            Some(Forgetting::Flush) => {
                verdict.flushed += usize::from(!had_ended);
                if had_ended {
                    *verdict.ends.entry("ended before FLUSHALL").or_default() += 1;
                }
            }
            None => {
                let early =
                    self.windows.iter().filter_map(|window| window.from.checked_duration_since(accepted));
                let early = early.min().unwrap_or_default();
                let what = format!("{job} ({}), {early:?} before it might be forgotten", asked.task);
                verdict.breaks(Promise::NothingIsLost, what, self.of_job(job));
            }
        }
    }

    fn has_file_of(&self, record: &StatusRecord) -> bool {
        record.artifact.as_ref().is_some_and(|artifact| {
            self.files
                .get(&artifact.filename)
                .is_some_and(|file| file.size == artifact.file_size_bytes && file.sha256 == artifact.sha256)
        })
    }

    fn judge_files(&self, verdict: &mut Verdict) {
        for name in self.files.keys() {
            let owner = owner(name).filter(|job| self.asked.contains_key(*job));
            let named = owner.and_then(|job| self.statuses.get(job)?.artifact.as_ref());
            match owner {
                // Of a worker that was killed while it looked whether it could write.
                None if name.starts_with(".deertrack-check-") => verdict.orphans += 1,
                None => verdict.breaks(Promise::EachFileHasItsJob, name.clone(), Vec::new()),
                Some(_) if named.is_some_and(|artifact| artifact.filename == *name) => {}
                Some(_) => verdict.orphans += 1,
            }
        }
    }
}

/// The job in the name of a file: `report_20260102_030405_<job>.pdf`, or
/// `.deertrack-<job>-xxxxxx.part` while it is written.
fn owner(name: &str) -> Option<&str> {
    const UUID_CHARS: usize = 36;
    match name.strip_prefix(".deertrack-") {
        Some(draft) => draft.get(..UUID_CHARS),
        None => name.split('_').nth(3)?.split('.').next(),
    }
}

#[cfg(test)]
mod tests;
