//! What a simulation tells of itself in the end.

use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

/// What was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The seed that makes it again.
    pub seed: u64,
    /// First day.
    pub first_day: NaiveDate,
    /// Last day.
    pub last_day: NaiveDate,
    /// Camera places.
    pub places: usize,
    /// Deployments; one place has two, for its battery died between them.
    pub deployments: usize,
    /// Images.
    pub images: usize,
    /// Photographs drawn.
    pub frames: usize,
    /// Rows of detections, with rejected and duplicate ones.
    pub detections: usize,
    /// Detections assigned to a known deer.
    pub assigned: usize,
    /// Animals that live there.
    pub animals: usize,
    /// Those that the platform knows by name.
    pub known_deer: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "a season of {} to {} (seed {})", self.first_day, self.last_day, self.seed)?;
        writeln!(f, "  {} places, {} deployments", self.places, self.deployments)?;
        writeln!(
            f,
            "  {} animals, {} known by name; {} detections, {} assigned",
            self.animals, self.known_deer, self.detections, self.assigned
        )?;
        writeln!(f, "  {} images, {} drawn", self.images, self.frames)
    }
}
