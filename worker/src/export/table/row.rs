//! What counting asks of a row, whether it was read whole or in part.

use chrono::{DateTime, Utc};
use deertrack_catalog::{Record, Sighting};
use deertrack_schemas::Class;
use deertrack_survey::{self as survey, ImageBox};

use crate::export::instants::OfImage;

/// A row that was read.
pub(super) trait Row: OfImage + Send + Sync + 'static {
    fn place_id(&self) -> Option<&str>;
    fn class(&self) -> Class;
    fn deer_id(&self) -> Option<&str>;
    fn bbox(&self) -> Option<ImageBox>;
    /// When its animals were seen first.
    fn seen_at(&self) -> Option<DateTime<Utc>>;
    fn species(&mut self) -> &mut Option<String>;
    fn counted(&self) -> Option<survey::Record>;
    /// These, if they were read whole.
    fn whole(rows: &mut [Self]) -> Option<&mut [Record]>
    where
        Self: Sized;
}

/// What both kinds of rows keep alike.
macro_rules! common {
    () => {
        fn class(&self) -> Class {
            self.class
        }

        fn deer_id(&self) -> Option<&str> {
            self.deer_id.as_deref()
        }

        fn bbox(&self) -> Option<ImageBox> {
            self.bbox
        }

        fn seen_at(&self) -> Option<DateTime<Utc>> {
            self.seen_at()
        }

        fn species(&mut self) -> &mut Option<String> {
            &mut self.scientific_name
        }

        fn counted(&self) -> Option<survey::Record> {
            self.counted()
        }
    };
}

impl Row for Record {
    common!();

    fn place_id(&self) -> Option<&str> {
        self.image.place_id.as_deref()
    }

    fn whole(rows: &mut [Self]) -> Option<&mut [Record]> {
        Some(rows)
    }
}

impl Row for Sighting {
    common!();

    fn place_id(&self) -> Option<&str> {
        self.place_id.as_deref()
    }

    fn whole(_: &mut [Self]) -> Option<&mut [Record]> {
        None
    }
}
