//! Names as small numbers, and bursts where the database names none: what the pure analysis works with.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

/// Photographs of one place that follow each other within this are taken for one burst.
pub(super) const BURST_GAP: TimeDelta = TimeDelta::seconds(60);

/// Numbers for texts, in the order in which they are met.
#[derive(Default)]
pub(super) struct Codes(HashMap<String, u32>);

impl Codes {
    pub(super) fn known(&self, text: &str) -> Option<u32> {
        self.0.get(text).copied()
    }

    pub(super) fn of(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.0.get(text) {
            return code;
        }
        let code = u32::try_from(self.0.len()).expect("fewer texts than rows, whose number is bounded");
        self.0.insert(text.to_owned(), code);
        code
    }
}

/// Numbers of bursts: those of the database, else by place and time.
#[derive(Default)]
pub(super) struct Bursts {
    told: Codes,
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
        self.running.insert(place.to_owned(), (at, burst));
        Some(burst)
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
