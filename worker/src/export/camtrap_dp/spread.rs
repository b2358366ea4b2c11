//! Which names of events are used for longer than some days. A medium and the row of its event find each other by that
//! name, and they are hours apart, not weeks: what was seen longer ago than [`WITHIN`] need not be held. Where that is not
//! so, because a clock was wrong or a name is used twice, the names are found here, beforehand.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use super::hashes::{Hasher, Hashes};
use crate::JobError;
use crate::export::scratch::ScratchFolder;

/// From the first photograph of an event to its last. An event that lasts a day has its photographs within a day of it.
pub(super) const WITHIN: TimeDelta = TimeDelta::days(2);

/// Which names are used longer than [`WITHIN`], while rows are read in the order of time.
pub(super) struct Spread {
    hasher: Hasher,
    active: HashSet<u128>,
    /// Of those, by when each came first.
    since: VecDeque<(DateTime<Utc>, u128)>,
    /// Those that came first longer ago. One that comes again comes here twice.
    gone: Hashes,
}

impl Spread {
    pub(super) fn new(hasher: &Hasher, scratch: &ScratchFolder) -> Self {
        Self {
            hasher: hasher.clone(),
            active: HashSet::new(),
            since: VecDeque::new(),
            gone: Hashes::new(scratch),
        }
    }

    /// Adds a row of an event; call [`Spread::pass`] before those of another time.
    pub(super) fn add(&mut self, burst: Option<&str>, at: DateTime<Utc>) {
        let Some(burst) = burst else { return };
        let hash = self.hasher.of(burst);
        if self.active.insert(hash) {
            self.since.push_back((at, hash));
        }
    }

    pub(super) fn pass(&mut self, now: DateTime<Utc>) -> Result<(), JobError> {
        while let Some((_, hash)) = self.since.pop_front_if(|(since, _)| now - *since > WITHIN) {
            self.active.remove(&hash);
            self.gone.add((hash, 0))?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<FarBursts, JobError> {
        for (_, hash) in self.since {
            self.gone.add((hash, 0))?;
        }
        let mut far = HashSet::new();
        self.gone.each(|same| {
            if same.len() > 1 {
                far.insert(same[0].0);
            }
        })?;
        Ok(FarBursts { hasher: self.hasher, far })
    }
}

/// The names that are used longer than [`WITHIN`].
pub(super) struct FarBursts {
    hasher: Hasher,
    far: HashSet<u128>,
}

impl FarBursts {
    pub(super) fn is_empty(&self) -> bool {
        self.far.is_empty()
    }

    pub(super) fn has(&self, burst: &str) -> bool {
        self.far.contains(&self.hasher.of(burst))
    }
}
