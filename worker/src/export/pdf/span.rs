//! The rows of one span, folded: what all parts of a report are computed from.

use deertrack_survey::effort::Effort;
use deertrack_survey::tally::Tally;
use deertrack_survey::visits::Visits;

use super::best::Best;
use super::facts::Facts;
use super::file_sample::Files;

/// What happened in one span: its rows, folded.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) tally: Tally,
    pub(super) visits: Visits,
    /// Also what images prove where no deployment tells.
    pub(super) effort: Effort,
    pub(super) facts: Facts,
    /// Photographs that are for nobody's eyes.
    pub(super) kept_back: u64,
    /// Detections, chosen or not.
    pub(super) detections: u64,
    /// Where the days told about are meant.
    pub(super) best: Best,
    pub(super) files: Files,
}
