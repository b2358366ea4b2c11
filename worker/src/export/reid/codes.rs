//! Names as small numbers, and bursts where the database names none: what the pure analysis works with.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use chrono::{DateTime, TimeDelta, Utc};

/// Photographs of one place that follow each other within this are taken for one burst.
pub(super) const BURST_GAP: TimeDelta = TimeDelta::seconds(60);

/// Numbers for texts, in the order in which they are met.
#[derive(Default)]
pub(super) struct Codes(HashMap<String, u32>);

impl Codes {
    pub(super) fn of(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.0.get(text) {
            return code;
        }
        let code = u32::try_from(self.0.len()).expect("fewer texts than rows, whose number is bounded");
        self.0.insert(text.to_owned(), code);
        code
    }
}

/// As [`Codes`], for millions of texts: 96 bits of a hash stand for each, 16 bytes with its number. That two of ten
/// million texts have the same bits has a chance of 1 in 10^15.
#[derive(Default)]
struct HashedCodes {
    numbers: HashMap<[u32; 3], u32>,
    keys: [RandomState; 2],
}

impl HashedCodes {
    fn key(&self, text: &str) -> [u32; 3] {
        let [a, b] = [0, 1].map(|which| self.keys[which].hash_one(text));
        [a as u32, (a >> 32) as u32, b as u32]
    }

    fn known(&self, text: &str) -> Option<u32> {
        self.numbers.get(&self.key(text)).copied()
    }

    fn of(&mut self, text: &str) -> u32 {
        let next = u32::try_from(self.numbers.len()).expect("fewer texts than rows, whose number is bounded");
        *self.numbers.entry(self.key(text)).or_insert(next)
    }
}

/// Numbers of bursts: those of the database, else by place and time.
#[derive(Default)]
pub(super) struct Bursts {
    told: HashedCodes,
    /// By place: when the last photograph was taken, and its burst.
    running: HashMap<String, (DateTime<Utc>, u32)>,
    next_inferred: u32,
    /// How many detections have a burst by place and time.
    pub(super) inferred: usize,
}

impl Bursts {
    /// The burst of this id, if a detection of it was met.
    pub(super) fn told(&self, burst_id: &str) -> Option<u32> {
        self.told.known(burst_id).map(|code| code * 2)
    }

    /// The burst of the next detection; rows must come in order of time. `None` when nothing is known.
    pub(super) fn of(
        &mut self,
        burst_id: Option<&str>,
        place_id: Option<&str>,
        taken_at: Option<DateTime<Utc>>,
    ) -> Option<u32> {
        if let Some(id) = burst_id {
            // Even numbers are told, odd ones inferred.
            return Some(self.told.of(id) * 2);
        }
        let (place, at) = (place_id?, taken_at?);
        self.inferred += 1;
        let burst = match self.running.get(place) {
            Some((before, burst)) if at - *before <= BURST_GAP => *burst,
            _ => {
                self.next_inferred += 1;
                self.next_inferred * 2 - 1
            }
        };
        match self.running.get_mut(place) {
            Some(running) => *running = (at, burst),
            None => drop(self.running.insert(place.to_owned(), (at, burst))),
        }
        Some(burst)
    }
}

/// Numbers of photographs; the detections of one must follow each other.
#[derive(Default)]
pub(super) struct Images {
    last: Option<(String, u32)>,
}

impl Images {
    pub(super) fn of(&mut self, image_id: &str) -> u32 {
        match &self.last {
            Some((id, number)) if id == image_id => *number,
            last => {
                let number = last.as_ref().map_or(0, |(_, number)| number + 1);
                self.last = Some((image_id.to_owned(), number));
                number
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_that_are_not_told_follow_from_place_and_time() {
        let start: DateTime<Utc> = "2025-01-01T00:00:00Z".parse().unwrap();
        let mut bursts = Bursts::default();
        let mut of = |place: &str, seconds| {
            bursts.of(None, Some(place), Some(start + TimeDelta::seconds(seconds))).unwrap()
        };
        let (first, elsewhere, later) = (of("a", 0), of("b", 30), of("a", 60));
        assert_eq!(first, later, "60 seconds are one burst");
        assert_ne!(first, elsewhere);
        assert_ne!(later, of("a", 121), "61 are not");
        assert_eq!(bursts.of(None, None, Some(start)), None);
        assert_eq!(bursts.inferred, 4);
    }

    #[test]
    fn told_and_inferred_bursts_never_meet() {
        let at = Some(DateTime::UNIX_EPOCH);
        let mut bursts = Bursts::default();
        let told: Vec<u32> =
            ["x", "y", "x"].iter().filter_map(|id| bursts.of(Some(id), Some("a"), at)).collect();
        let inferred = [bursts.of(None, Some("a"), at), bursts.of(None, Some("b"), at)];
        assert_eq!((told[0], told[0] == told[1]), (told[2], false));
        assert!(inferred.iter().flatten().all(|burst| !told.contains(burst)));
    }
}
