//! Rows of vectors, without these: each database has forms of its own for them.

use chrono::{DateTime, Utc};
use deertrack_survey::{BoxUnit, class_of_deer};
use sqlx::FromRow;

use crate::cells::row;
use crate::embedding::{Embedding, Profile};
use crate::left_out_row::of_deer;
use crate::row::image_box;

row! {
    /// Without its vector: each database has forms of its own for that, in the next column.
    pub(super) struct EmbeddingRow {
        id: String,
        image_id: String,
        taken_at: Option<DateTime<Utc>>,
        place_id: Option<String>,
        classification: Option<&'r str>,
        corrected_classification: Option<&'r str>,
        bbox_x: Option<f64>,
        bbox_y: Option<f64>,
        bbox_width: Option<f64>,
        bbox_height: Option<f64>,
        box_width: Option<i32>,
        box_height: Option<i32>,
        burst_id: Option<String>,
        deer_id: Option<String>,
        true_deer_id: Option<String>,
        version: Option<String>,
    }
}

/// Without its vector.
#[derive(FromRow)]
pub(super) struct ProfileRow {
    id: String,
    name: String,
    sex: Option<String>,
    founder_detection_id: Option<String>,
    version: Option<String>,
}

impl EmbeddingRow<'_> {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// `None`: it shows no deer.
    pub(super) fn of_deer(self, unit: BoxUnit, vector: Option<Vec<f32>>) -> Option<Embedding> {
        Some(Embedding {
            class: of_deer([self.corrected_classification, self.classification]).ok()?,
            bbox: image_box(
                [self.bbox_x, self.bbox_y, self.bbox_width, self.bbox_height],
                unit,
                [self.box_width, self.box_height],
            ),
            id: self.id,
            image_id: self.image_id,
            taken_at: self.taken_at,
            place_id: self.place_id,
            burst_id: self.burst_id,
            deer_id: self.deer_id,
            true_deer_id: self.true_deer_id,
            version: self.version,
            vector,
        })
    }
}

impl ProfileRow {
    pub(super) fn with(self, vector: Option<Vec<f32>>) -> Profile {
        Profile {
            id: self.id,
            name: self.name,
            class: class_of_deer(self.sex.as_deref()),
            founder_detection_id: self.founder_detection_id,
            version: self.version,
            vector,
        }
    }
}
