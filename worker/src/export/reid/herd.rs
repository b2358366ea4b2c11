//! Whom an analysis is about: its rows as tables name them, beside the same rows as the analysis reads them.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use deertrack_catalog::LeftOut;
use deertrack_reid::Input;

use super::names::Names;

/// All that an analysis needs to know, in the order of its rows.
pub struct Herd {
    pub(super) input: Input,
    pub(super) names: Names,
    /// When the earliest and the latest photograph were taken, as far as that is known.
    pub(super) taken: Option<[DateTime<Utc>; 2]>,
    pub(super) profiles: Vec<Known>,
    pub(super) places: HashMap<String, String>,
    pub(super) dataset: Option<String>,
    /// What the data sets and the known deer are of, where that is known.
    pub(super) species: BTreeSet<String>,
    /// What is in no analysis: rejected detections, duplicates, what shows no deer.
    pub(super) left_out: LeftOut,
    pub(super) counts: Counts,
}

/// A known deer as tables name it.
pub(super) struct Known {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) class: deertrack_schemas::Class,
    /// The detection it was made of, in the analysis or not.
    pub(super) founder: Option<String>,
}

/// What was counted on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Detections that were never embedded.
    pub(super) without_vector: usize,
    /// Known deer without a profile vector.
    pub(super) deer_without_vector: usize,
    /// Embedded detections that are assigned to a deer today, with a profile or not.
    pub(super) assigned_today: usize,
    /// Of these, those whose deer has no profile vector.
    pub(super) assigned_to_no_profile: usize,
    /// Detections whose burst follows from place and time.
    pub(super) bursts_inferred: usize,
    /// Known deer of which nobody knows, and no vector tells, which detection they were made of.
    pub(super) founders_unknown: usize,
}

impl Herd {
    /// How many embedded detections.
    pub fn detections(&self) -> usize {
        self.names.count()
    }

    /// How many known deer with a profile.
    pub fn profiles(&self) -> usize {
        self.profiles.len()
    }

    /// How many of the detections are assigned to a deer today.
    pub fn assigned_today(&self) -> usize {
        self.counts.assigned_today
    }
}
