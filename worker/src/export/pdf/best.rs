//! The best photographs of each known deer, found as rows come: of a large box that the model is sure of.

use std::collections::HashMap;

use deertrack_catalog::{Frame, Individual, Sighting};
use deertrack_survey::ImageBox;

/// Photographs that are kept of a deer: so many files are tried for one card.
const TRIES: usize = 3;

/// The best photographs of each known deer: first the one that people chose, if it counts and shows that deer. They
/// name a detection or an image.
#[derive(Debug, Default)]
pub(super) struct Best {
    /// What people chose, by deer.
    chosen: HashMap<String, String>,
    found: HashMap<String, Vec<Candidate>>,
}

/// A known deer in an image that has a file.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) id: String,
    pub(super) path: String,
    /// `None`: it is somewhere in the image.
    pub(super) bbox: Option<ImageBox>,
    confidence: Option<f64>,
    /// People chose this photograph of the deer.
    is_chosen: bool,
}

/// What a box in pixels is compared by while its photograph's size is not known: that of most trail cameras.
const USUAL_PIXELS: f64 = 1920.0 * 1080.0;

impl Candidate {
    /// Large and sure; without a box the least.
    fn worth(&self) -> f64 {
        let all = if matches!(self.bbox, Some(ImageBox::Pixels(_))) { USUAL_PIXELS } else { 1.0 };
        let part =
            self.bbox.and_then(|bbox| bbox.numbers()).map_or(0.0, |bbox| bbox.width * bbox.height / all);
        part * self.confidence.unwrap_or(1.0)
    }

    fn is_before(&self, other: &Self) -> bool {
        let by_worth = other.worth().total_cmp(&self.worth());
        let order = other.is_chosen.cmp(&self.is_chosen).then(by_worth);
        order.then_with(|| self.id.cmp(&other.id)).is_lt()
    }
}

impl Best {
    /// None yet, of these deer.
    pub(super) fn of_deer(individuals: &[Individual]) -> Self {
        let chosen =
            individuals.iter().filter_map(|deer| Some((deer.id.clone(), deer.best_photo_id.clone()?)));
        Self { chosen: chosen.collect(), found: HashMap::new() }
    }

    /// Looks at a detection in its image.
    pub(super) fn add(&mut self, row: &Sighting, frame: &Frame) {
        let (Some(deer), Some(path)) = (&row.deer_id, &frame.path) else { return };
        if frame.sees_people || matches!(row.bbox, Some(ImageBox::Wrong(_))) {
            return;
        }
        let is_chosen = self.chosen.get(deer).is_some_and(|id| *id == row.id || *id == row.image_id);
        let candidate = Candidate {
            id: row.id.clone(),
            path: path.clone(),
            bbox: row.bbox,
            confidence: row.confidence,
            is_chosen,
        };
        let best = self.found.entry(deer.clone()).or_default();
        let at = best.partition_point(|other| other.is_before(&candidate));
        if at < TRIES {
            best.insert(at, candidate);
            best.truncate(TRIES);
        }
    }

    /// The best first.
    pub(super) fn of(&self, deer: &str) -> &[Candidate] {
        self.found.get(deer).map_or(&[], Vec::as_slice)
    }
}
