//! Which files are looked at: a sample of a span's photographs, evenly over time at each place, chosen as rows come.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use deertrack_catalog::Frame;

/// Files that are looked at; more would keep a slow network drive busy for two lines of text.
const MOST_FILES: u64 = 500;
/// However many places there are, so many at each: fewer prove nothing about its clock.
const FEWEST_FILES: u64 = 12;

/// A sample of the photographs of a span, evenly over time at each place.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Photographs, with and without a file.
    pub(super) photographs: u64,
    /// Those that name a file.
    pub(super) named: u64,
    pub(super) places: BTreeMap<Option<String>, AtPlace>,
}

/// The photographs of one place.
#[derive(Debug)]
pub(super) struct AtPlace {
    /// Every so many is one of the sample.
    step: u64,
    seen: u64,
    pub(super) sample: Vec<Sampled>,
}

/// One of the sample.
#[derive(Debug)]
pub(super) struct Sampled {
    pub(super) path: String,
    pub(super) taken_at: Option<DateTime<Utc>>,
}

impl Files {
    /// None yet, of so many files at each place.
    pub(super) fn of(counts: BTreeMap<Option<String>, u64>) -> Self {
        let most = (MOST_FILES / counts.len().max(1) as u64).max(FEWEST_FILES);
        let at = |files: u64| AtPlace { step: files.div_ceil(most).max(1), seen: 0, sample: Vec::new() };
        let places = counts.into_iter().map(|(place, files)| (place, at(files))).collect();
        Self { photographs: 0, named: 0, places }
    }

    /// Looks at an image; images come in the order of time.
    pub(super) fn add(&mut self, frame: &Frame) {
        if frame.is_event {
            return;
        }
        self.photographs += 1;
        let Some(path) = &frame.path else { return };
        self.named += 1;
        let Some(at) = self.places.get_mut(&frame.place_id) else { return };
        if at.seen.is_multiple_of(at.step) {
            at.sample.push(Sampled { path: path.clone(), taken_at: frame.taken_at });
        }
        at.seen += 1;
    }
}
