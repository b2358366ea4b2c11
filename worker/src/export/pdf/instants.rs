//! The instants of a report's days.

use chrono::{DateTime, Utc};
use deertrack_catalog::{CatalogError, Frame, Sighting};

use crate::export::instants::Instants;

/// Everything of one instant.
#[derive(Debug, Default)]
pub(super) struct Instant {
    pub(super) frames: Vec<Frame>,
    /// Those of one image side by side.
    pub(super) sightings: Vec<Sighting>,
}

impl Instant {
    /// The next of them; `None` behind the last.
    pub(super) async fn next(
        &mut self,
        instants: &mut Instants<'_, Frame, Sighting>,
    ) -> Result<Option<DateTime<Utc>>, CatalogError> {
        self.frames.clear();
        self.sightings.clear();
        let at = instants.next(&mut self.frames, &mut self.sightings).await?;
        self.sightings.sort_by(|a, b| a.image_id.cmp(&b.image_id));
        Ok(at)
    }
}
