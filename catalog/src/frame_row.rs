//! Rows of photographs as counting reads them, and how many files each place has.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::cells::row;
use crate::record::Frame;
use crate::row::is_looked_at;

row! {
    /// What counting needs of a photograph.
    pub(super) struct FrameRow {
        image_id: String,
        path: Option<String>,
        file_name: Option<String>,
        processing_status: Option<&'r str>,
        taken_at: Option<DateTime<Utc>>,
        place_id: Option<String>,
        burst_id: Option<String>,
        source_id: Option<String>,
        sees_people: bool,
    }
}

/// How many files a place has.
#[derive(FromRow)]
pub(super) struct FilesRow {
    pub(super) place_id: Option<String>,
    pub(super) files: i64,
}

impl From<FrameRow<'_>> for Frame {
    fn from(row: FrameRow<'_>) -> Self {
        let path = row.path.filter(|path| !path.trim().is_empty()).or(row.file_name);
        Self {
            id: row.image_id,
            is_event: path.is_none() && row.source_id.is_none() && row.burst_id.is_some(),
            path,
            taken_at: row.taken_at,
            place_id: row.place_id,
            burst_id: row.burst_id,
            is_looked_at: is_looked_at(row.processing_status),
            sees_people: row.sees_people,
        }
    }
}
