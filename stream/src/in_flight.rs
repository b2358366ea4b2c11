//! Which entries this process holds. The beat reads from here what to renew; the search for strays, what is none.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::run::Run;

/// All claims of one consumer, from the read to the reply that ends them.
#[derive(Default)]
pub(crate) struct InFlight {
    table: Mutex<Table>,
    /// Something is due earlier than the beat sleeps.
    sooner: Notify,
}

#[derive(Default)]
struct Table {
    held: HashMap<Arc<str>, Held>,
    /// Until when the beat sleeps; it need not be woken for what is due later.
    sleeps_until: Option<Instant>,
}

struct Held {
    delivery: u64,
    stage: Stage,
}

enum Stage {
    /// Not begun, or on its way to its end: nothing to renew.
    Quiet,
    /// Runs: to be renewed.
    Beating { run: Arc<Run>, due: Instant, beaten: Option<Instant> },
    /// Dropped without an end. It stays here until its lease has passed, so that it is not mistaken for a stray.
    Abandoned,
}

impl InFlight {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("nobody panics while holding the table")
    }

    /// Notes a new claim. False when it is in flight already: the group was made again and gave out the entry a
    /// second time, and the first holder still passes the fence.
    pub(crate) fn take(&self, id: &Arc<str>, delivery: u64) -> bool {
        let mut table = self.table();
        if let Some(held) = table.held.get(id) {
            if held.delivery == delivery && !matches!(held.stage, Stage::Abandoned) {
                return false;
            }
            if let Stage::Beating { run, .. } = &held.stage {
                run.lost.cancel(); // this process let its own lease pass and took the entry over from itself
            }
        }
        table.held.insert(Arc::clone(id), Held { delivery, stage: Stage::Quiet });
        true
    }

    /// The claim's job runs; it is to be renewed at `due`.
    pub(crate) fn start(&self, run: Arc<Run>, due: Instant) {
        let mut table = self.table();
        if let Some(held) = table.held.get_mut(&run.id)
            && held.delivery == run.delivery
        {
            held.stage = Stage::Beating { run, due, beaten: None };
            self.wake_before(&mut table, due);
        }
    }

    /// The job has something to tell: renew it soon, but not more often than `every`.
    pub(crate) fn hasten(&self, run: &Run, every: Duration) {
        let mut table = self.table();
        let Some(held) = table.held.get_mut(&run.id) else { return };
        if let Stage::Beating { due, beaten: Some(beaten), .. } = &mut held.stage
            && held.delivery == run.delivery
        {
            *due = (*due).min(*beaten + every);
            let due = *due;
            self.wake_before(&mut table, due);
        }
    }

    /// Somebody asked to cancel the job: its beat shall learn of it now.
    pub(crate) fn beat_now(&self, job_id: &str) {
        let now = Instant::now();
        let mut table = self.table();
        let mut found = false;
        for held in table.held.values_mut() {
            if let Stage::Beating { run, due, .. } = &mut held.stage
                && run.job_id() == job_id
            {
                *due = now;
                found = true;
            }
        }
        if found {
            self.wake_before(&mut table, now);
        }
    }

    /// On its way to its end: renewed no more.
    pub(crate) fn quiet(&self, id: &str, delivery: u64) {
        self.change(id, delivery, Stage::Quiet);
    }

    /// Dropped without an end.
    pub(crate) fn abandon(&self, id: &str, delivery: u64) {
        self.change(id, delivery, Stage::Abandoned);
    }

    fn change(&self, id: &str, delivery: u64, stage: Stage) {
        if let Some(held) = self.table().held.get_mut(id)
            && held.delivery == delivery
        {
            held.stage = stage;
        }
    }

    /// Ended, or owned by somebody else.
    pub(crate) fn forget(&self, id: &str, delivery: u64) {
        let mut table = self.table();
        if table.held.get(id).is_some_and(|held| held.delivery == delivery) {
            table.held.remove(id);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.table().held.len()
    }

    /// Those of `pending`, the complete list of this consumer's pending entries, that nobody here holds.
    pub(crate) fn strays(&self, pending: Vec<String>) -> Vec<String> {
        let mut table = self.table();
        let listed: HashSet<&str> = pending.iter().map(String::as_str).collect();
        // What was abandoned and then taken over by somebody else is nobody's concern here any more.
        table.held.retain(|id, held| !matches!(held.stage, Stage::Abandoned) || listed.contains(&**id));
        pending.into_iter().filter(|id| !table.held.contains_key(id.as_str())).collect()
    }

    /// What is due now; all of it is next due at `next`. Cancel safe.
    pub(crate) async fn due(&self, next: impl Fn(Instant) -> Instant) -> Vec<Arc<Run>> {
        loop {
            let until = {
                let mut table = self.table();
                let now = Instant::now();
                let due = table.take_due(now, next(now));
                if !due.is_empty() {
                    return due;
                }
                table.sleeps_until = table.earliest();
                table.sleeps_until
            };
            match until {
                Some(until) => {
                    let _ = tokio::time::timeout_at(until, self.sooner.notified()).await;
                }
                None => self.sooner.notified().await,
            }
        }
    }

    /// The renewal of `runs` failed: they are due again at `at`.
    pub(crate) fn again(&self, runs: &[Arc<Run>], at: Instant) {
        let mut table = self.table();
        for run in runs {
            if let Some(Held { delivery, stage: Stage::Beating { due, .. } }) = table.held.get_mut(&run.id)
                && *delivery == run.delivery
            {
                *due = (*due).min(at);
            }
        }
    }

    fn wake_before(&self, table: &mut Table, due: Instant) {
        if table.sleeps_until.is_none_or(|until| due < until) {
            table.sleeps_until = Some(due);
            self.sooner.notify_one();
        }
    }
}

impl Table {
    fn take_due(&mut self, now: Instant, next: Instant) -> Vec<Arc<Run>> {
        let mut found = Vec::new();
        for held in self.held.values_mut() {
            if let Stage::Beating { run, due, beaten } = &mut held.stage
                && *due <= now
            {
                *due = next;
                *beaten = Some(now);
                found.push(Arc::clone(run));
            }
        }
        found
    }

    fn earliest(&self) -> Option<Instant> {
        let due = |held: &Held| match held.stage {
            Stage::Beating { due, .. } => Some(due),
            _ => None,
        };
        self.held.values().filter_map(due).min()
    }
}
