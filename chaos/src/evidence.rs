//! What is known of a broken promise: what was seen and stored around it, and what was done to the system before.

use std::time::{Duration, Instant};

use crate::deed::Deed;
use crate::facts::{Facts, Stored};
use crate::witness::{Gap, Seen};

/// Disturbances of so long before are told.
const BEFORE: Duration = Duration::from_secs(10);
/// So many events on each side of a gap are told.
const AROUND: usize = 5;

impl Facts {
    /// A gap that the watcher saw: the events on both sides, as they came and as Redis holds them now.
    pub(crate) fn of_gap(&self, gap: &Gap) -> Vec<String> {
        let mut lines = vec![format!("seen {}", self.when(gap.at))];
        let seen = &self.testimony.events;
        let around = gap.before.saturating_sub(AROUND)..seen.len().min(gap.before + AROUND);
        lines.extend(seen[around].iter().map(|seen| format!("came:   {}", self.told(seen))));
        let at = self.stored.iter().position(|stored| stored.n >= gap.expected).unwrap_or(self.stored.len());
        lines.extend(self.stored_around(at));
        lines.extend(self.deeds_before(gap.at));
        lines
    }

    /// The stored events around a place.
    pub(crate) fn stored_around(&self, at: usize) -> Vec<String> {
        let around = at.saturating_sub(AROUND)..self.stored.len().min(at + AROUND);
        let line = |stored: &Stored| format!("stored: {} n {} job {}", stored.id, stored.n, stored.job);
        self.stored[around].iter().map(line).collect()
    }

    /// A job: when it was asked for, each event of it, the disturbances before the last that was heard of it.
    pub(crate) fn of_job(&self, job: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut last = None;
        if let Some(asked) = self.asked.get(job) {
            let accepted = asked.accepted.map_or("never".to_owned(), |at| self.when(at));
            lines.push(format!("asked for {}, accepted {accepted}", self.when(asked.at)));
            last = Some(asked.accepted.unwrap_or(asked.at));
        }
        for seen in self.testimony.events.iter().filter(|seen| seen.job == job) {
            lines.push(format!("came:   {}", self.told(seen)));
            last = last.max(Some(seen.at));
        }
        let stored = self.stored.iter().filter(|stored| stored.job == job);
        lines.extend(stored.map(|stored| format!("stored: {} n {}", stored.id, stored.n)));
        lines.extend(last.into_iter().flat_map(|last| self.deeds_before(last)));
        let killed =
            last.and_then(|last| self.deeds.iter().find(|deed| deed.began > last && !deed.note.is_empty()));
        lines.extend(killed.map(|deed| format!("the next end of Redis: {}", self.deed(deed))));
        lines
    }

    fn told(&self, seen: &Seen) -> String {
        let Seen { id, job, state, deliveries, n, at, forgotten } = seen;
        let forgotten = if *forgotten { ", forgotten since" } else { "" };
        let when = self.when(*at);
        format!("{id} n {n} job {job} {} delivery {deliveries} {when}{forgotten}", state.name())
    }

    fn deeds_before(&self, moment: Instant) -> Vec<String> {
        let near = |deed: &&Deed| deed.began <= moment && deed.ended + BEFORE >= moment;
        self.deeds.iter().filter(near).map(|deed| self.deed(deed)).collect()
    }

    pub(crate) fn deed(&self, deed: &Deed) -> String {
        let (what, note) = (deed.what, &deed.note);
        let lasted = deed.ended.duration_since(deed.began).as_secs_f64();
        format!("done:   {what} {} for {lasted:.3} s: {note}", self.when(deed.began))
    }

    fn when(&self, at: Instant) -> String {
        format!("at {:.3} s", at.saturating_duration_since(self.began).as_secs_f64())
    }
}
