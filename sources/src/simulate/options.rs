//! What shall be simulated.

use chrono::{Days, NaiveDate};

/// What to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Last day of the season, included.
    pub end: NaiveDate,
    /// Days of the season.
    pub days: u32,
    /// Camera places.
    pub places: usize,
    /// About how many detections a day, over all places.
    pub detections_per_day: f64,
    /// The day on which bucks move most.
    pub rut_peak: NaiveDate,
    /// How many photographs to draw, spread over the season; the other images have no file.
    pub frames: usize,
    /// Whether detections and known deer have embeddings; without them a season of a million detections takes a tenth of
    /// the space.
    pub vectors: bool,
}

impl Options {
    /// 120 days at 6 places with about 3,000 detections, the rut 45 days before the end, 240 photographs (15 MB).
    pub fn ending(end: NaiveDate) -> Self {
        Self {
            end,
            days: 120,
            places: 6,
            detections_per_day: 25.0,
            rut_peak: end.checked_sub_days(Days::new(45)).unwrap_or(end),
            frames: 240,
            vectors: true,
        }
    }
}
