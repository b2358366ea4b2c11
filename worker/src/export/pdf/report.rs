//! What a report says, before anybody draws it. The template reads this as JSON; see `templates/report.typ`.
//!
//! Numbers stay numbers here: how they are written is the template's business. Lists over classes are all in the
//! order of `classes`.

use serde::Serialize;

use super::period::{Period, Tick};

/// All facts and sentences of one report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Report {
    pub(super) title: String,
    /// Printed above the title: which report this is.
    pub(super) report_type: &'static str,
    /// `1 January – 31 December 2020`.
    pub(super) span: String,
    pub(super) dataset: Option<String>,
    /// The main finding in one sentence.
    pub(super) headline: String,
    pub(super) findings: Vec<String>,
    /// The columns that were asked for.
    pub(super) classes: Vec<ClassName>,
    /// What one period is: `day`, `week`, `month`.
    pub(super) unit: &'static str,
    pub(super) periods: Vec<PeriodRow>,
    pub(super) ticks: Vec<Tick>,
    pub(super) places: Vec<PlaceRow>,
    pub(super) place_facts: PlaceFacts,
    /// Over the whole range: distinct images and individuals, not sums of the rows.
    pub(super) total: Counts,
    /// Detections by local hour, 0 to 23, then by class.
    pub(super) hours: Vec<Vec<u64>>,
    pub(super) notes: Vec<String>,
    /// When it was asked for, in the configured zone.
    pub(super) generated: String,
    pub(super) sections: Sections,
    pub(super) alt: AltTexts,
}

/// A class as a key for its colour and a name for people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ClassName {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
}

/// What the table counts, for a period, a place or all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Counts {
    pub(super) by_class: Vec<u64>,
    pub(super) detections: u64,
    /// Distinct.
    pub(super) images: u64,
    /// Distinct known deer.
    pub(super) individuals: u64,
    /// `None` where no deployment is known.
    pub(super) trap_nights: Option<f64>,
    /// Detections at places with known deployments, per 100 trap nights.
    pub(super) rate: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct PeriodRow {
    #[serde(flatten)]
    pub(super) period: Period,
    #[serde(flatten)]
    pub(super) counts: Counts,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct PlaceRow {
    pub(super) name: String,
    /// One place of the catalog; not detections without a place, nor the places that did not fit.
    pub(super) is_place: bool,
    #[serde(flatten)]
    pub(super) counts: Counts,
}

/// What the rows of places cannot tell, since the last of them may stand for many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct PlaceFacts {
    /// Places with detections.
    pub(super) seen: u64,
    /// Places with a camera and no detection.
    pub(super) empty: u64,
    /// Detections at places without a known deployment, or at no known place.
    pub(super) outside_effort: u64,
}

/// Which parts were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Sections {
    pub(super) charts: bool,
    pub(super) tables: bool,
    pub(super) insights: bool,
}

/// What a screen reader says instead of a picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct AltTexts {
    pub(super) periods: String,
    pub(super) hours: String,
}
