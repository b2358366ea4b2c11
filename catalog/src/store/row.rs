//! Rows for our own tables, as sources hand them to `store`. An `id` is the source's, or the source's behind the prefix
//! of its data set; `source_id` is always the source's. An `extra` is a JSON object of columns that the tables have no
//! place for, by their names in the source, each value the text of its cell.

use chrono::{DateTime, Utc};
use deertrack_schemas::Class;
use deertrack_survey::BoundingBox;

use crate::record::Level;

/// Where data came from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewDataset {
    /// Its id; rows of this source carry it.
    pub id: String,
    /// Printed on reports.
    pub name: String,
    /// For people: a title, an address.
    pub source: Option<String>,
    /// What the ids of its rows begin with; empty, unless another data set has the same ids.
    pub id_prefix: String,
    /// SHA-256 of the tables it was read from, in hex.
    pub fingerprint: Option<String>,
    /// Format and version, as `camtrap-dp 1.0.2`.
    pub profile: Option<String>,
    /// Scientific names of what was taken: a JSON array; `None`: not told.
    pub species: Option<String>,
    /// Its description (contributors, licences, project, ...): a JSON object.
    pub metadata: Option<String>,
    /// What the import found that reports must say: a JSON object.
    pub notes: Option<String>,
}

/// A camera place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewPlace {
    /// Its id.
    pub id: String,
    /// For people.
    pub name: String,
    /// Degrees north, WGS 84.
    pub latitude: Option<f64>,
    /// Degrees east, WGS 84.
    pub longitude: Option<f64>,
    /// IANA name; `None`: the configured zone.
    pub timezone: Option<String>,
    /// Metres.
    pub coordinate_uncertainty: Option<f64>,
    /// The data set it is of.
    pub dataset_id: Option<String>,
    /// Its id there; `None`: the source tells none.
    pub source_id: Option<String>,
    /// How the zone is known: `told`, `coordinates` or `offset`.
    pub zone_source: Option<String>,
}

/// One camera at one place for one span of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewDeployment {
    /// Its id.
    pub id: String,
    /// The data set it is of.
    pub dataset_id: Option<String>,
    /// Where.
    pub location_id: String,
    /// Tells the cameras at one place apart; `None`: there is one at a time.
    pub camera: Option<String>,
    /// Start of the span.
    pub start: DateTime<Utc>,
    /// End of the span; `None` while it stands.
    pub end: Option<DateTime<Utc>>,
    /// Its id in the source.
    pub source_id: Option<String>,
    /// Which camera, as told.
    pub camera_id: Option<String>,
    /// Of `start` as told: seconds east of UTC.
    pub start_offset_seconds: Option<i32>,
    /// Of `end` as told: seconds east of UTC.
    pub end_offset_seconds: Option<i32>,
    /// Why its times cannot be true; then it is never effort.
    pub clock_problem: Option<String>,
    /// When it did not work: a JSON array of [`Failure`](crate::corrections::Failure).
    pub failures: Option<String>,
    /// Other columns.
    pub extra: Option<String>,
}

/// A photograph, or one event of a source without photographs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewImage {
    /// Its id.
    pub id: String,
    /// The data set it is of.
    pub dataset_id: Option<String>,
    /// Where it was taken.
    pub location_id: Option<String>,
    /// In which deployment.
    pub deployment_id: Option<String>,
    /// A local file or a URL; `None`: there is no file.
    pub path: Option<String>,
    /// When; `None`: not known, and then in no range.
    pub timestamp: Option<DateTime<Utc>>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// As `image/jpeg`.
    pub media_type: Option<String>,
    /// As Camtrap DP: `activityDetection` or `timeLapse`.
    pub capture_method: Option<String>,
    /// Its id in the source; `None` for an event without a file.
    pub source_id: Option<String>,
    /// The event that shows on it, also where no detection is of this image.
    pub burst_id: Option<String>,
    /// Whether the source lets everybody see it; `None`: not told.
    pub file_public: Option<bool>,
    /// Of `timestamp` as told: seconds east of UTC.
    pub utc_offset_seconds: Option<i32>,
    /// Somebody saw a person or a vehicle on it, or in its event.
    pub sees_people: bool,
    /// Other columns, and the path as told.
    pub extra: Option<String>,
}

/// A known animal.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDeer {
    /// Its id.
    pub id: String,
    /// The data set it is of.
    pub dataset_id: Option<String>,
    /// For people.
    pub name: String,
    /// Its class.
    pub sex: Class,
    /// Its profile vector.
    pub feature_vector: Option<Vec<f32>>,
    /// Which model made the vector.
    pub embedding_version: Option<String>,
    /// The detection that founded the profile.
    pub founder_detection_id: Option<String>,
    /// Its first detection.
    pub first_seen: Option<DateTime<Utc>>,
    /// Its last detection.
    pub last_seen: Option<DateTime<Utc>>,
    /// Its id in the source.
    pub source_id: Option<String>,
}

impl NewDeer {
    /// A known animal of a class, of which nothing else is known.
    pub fn of(id: impl Into<String>, name: impl Into<String>, sex: Class) -> Self {
        Self {
            id: id.into(),
            dataset_id: None,
            name: name.into(),
            sex,
            feature_vector: None,
            embedding_version: None,
            founder_detection_id: None,
            first_seen: None,
            last_seen: None,
            source_id: None,
        }
    }
}

/// A detection. `NewDetection::of` gives the usual rest.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDetection {
    /// Its id.
    pub id: String,
    /// The data set it is of.
    pub dataset_id: Option<String>,
    /// The image it is in.
    pub image_id: String,
    /// What the model, or the source, says.
    pub class: Class,
    /// What a person said later; it wins.
    pub corrected_class: Option<Class>,
    /// 0 to 1.
    pub confidence: Option<f64>,
    /// Where in the image.
    pub bbox: Option<BoundingBox>,
    /// The known deer it was assigned to.
    pub deer_id: Option<String>,
    /// How many animals it stands for, at least 1.
    pub count: u32,
    /// False when a person rejected it.
    pub is_valid: bool,
    /// True when another row shows the same.
    pub is_duplicate: bool,
    /// One event of this database: shared by its rows and images.
    pub burst_id: Option<String>,
    /// Of one image or of an event.
    pub level: Level,
    /// Of the species.
    pub scientific_name: Option<String>,
    /// `female` or `male`, where the source tells it beside the class.
    pub sex: Option<String>,
    /// `adult`, `subadult` or `juvenile`.
    pub life_stage: Option<String>,
    /// As the source says it.
    pub behavior: Option<String>,
    /// `human` or `machine`.
    pub classification_method: Option<String>,
    /// Who or what classified it.
    pub classified_by: Option<String>,
    /// The animal it truly shows, where that is known. For evaluation only.
    pub true_deer_id: Option<String>,
    /// Its embedding.
    pub feature_vector: Option<Vec<f32>>,
    /// Which model made the embedding.
    pub embedding_version: Option<String>,
    /// When the row was made, by the source's account.
    pub created_at: Option<DateTime<Utc>>,
    /// Its id in the source.
    pub source_id: Option<String>,
    /// Its event, as told.
    pub event_id: Option<String>,
    /// When its event began.
    pub starts_at: Option<DateTime<Utc>>,
    /// When its event ended: its last record.
    pub ends_at: Option<DateTime<Utc>>,
    /// Of `starts_at` as told: seconds east of UTC.
    pub utc_offset_seconds: Option<i32>,
    /// Whether `count` was told; `None`: not known.
    pub is_count_told: Option<bool>,
    /// The row that tells of the same animal and is counted; then this one never is.
    pub repeats_id: Option<String>,
    /// Other columns.
    pub extra: Option<String>,
}

impl NewDetection {
    /// One animal of a class in an image: valid, no duplicate, nothing else known.
    pub fn of(id: impl Into<String>, image_id: impl Into<String>, class: Class) -> Self {
        Self {
            id: id.into(),
            dataset_id: None,
            image_id: image_id.into(),
            class,
            corrected_class: None,
            confidence: None,
            bbox: None,
            deer_id: None,
            count: 1,
            is_valid: true,
            is_duplicate: false,
            burst_id: None,
            level: Level::Media,
            scientific_name: None,
            sex: None,
            life_stage: None,
            behavior: None,
            classification_method: None,
            classified_by: None,
            true_deer_id: None,
            feature_vector: None,
            embedding_version: None,
            created_at: None,
            source_id: None,
            event_id: None,
            starts_at: None,
            ends_at: None,
            utc_offset_seconds: None,
            is_count_told: None,
            repeats_id: None,
            extra: None,
        }
    }
}

/// A vector as both databases hold it: little-endian f32, one after the other.
pub(super) fn le_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|value| value.to_le_bytes()).collect()
}
