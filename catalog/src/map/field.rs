//! What exports read, field by field, whatever a platform calls it: the words of the SQL files, of mapping files and
//! of `deertrack doctor`.

/// A table as exports know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Thing {
    Places,
    Deployments,
    Images,
    Detections,
    Deer,
    Dataset,
}

/// How a field is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Joined with another table's key: of any type, and left as it is so that indexes serve.
    Key,
    Text,
    Float,
    Integer,
    Boolean,
    Instant,
    /// Of an embedding: bytes stay bytes, all else becomes an array.
    Vector,
}

/// One field of a thing.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Names of columns that hold it, the first that is there wins. Other names need a mapping file.
    pub(crate) columns: &'static [&'static str],
    /// Without it the thing cannot be read at all.
    pub(crate) is_required: bool,
    /// What its absence costs, in words; empty where it is no loss.
    pub(crate) cost: &'static str,
}

const fn field(
    name: &'static str,
    kind: Kind,
    columns: &'static [&'static str],
    cost: &'static str,
) -> Field {
    Field { name, kind, columns, is_required: false, cost }
}

const fn required(name: &'static str, kind: Kind, columns: &'static [&'static str]) -> Field {
    Field { name, kind, columns, is_required: true, cost: "it cannot be read without" }
}

impl Thing {
    pub(crate) const ALL: [Self; 6] =
        [Self::Places, Self::Deployments, Self::Images, Self::Detections, Self::Deer, Self::Dataset];

    /// As SQL files and mapping files call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Places => "places",
            Self::Deployments => "deployments",
            Self::Images => "images",
            Self::Detections => "detections",
            Self::Deer => "deer",
            Self::Dataset => "dataset",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|thing| thing.name() == name)
    }

    /// The table that is read unless a mapping file names another.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Places => "locations",
            other => other.name(),
        }
    }

    /// What it costs when there is no such table.
    pub(crate) fn cost(self) -> &'static str {
        match self {
            Self::Places => "exports cannot be made: where did the cameras stand?",
            Self::Deployments => "effort is inferred from the images: too short, so rates are too high",
            Self::Images | Self::Detections => "exports cannot be made",
            Self::Deer => "no known animals: no cards, no re-identification",
            Self::Dataset => "reports carry no name of a data set",
        }
    }

    pub(crate) fn fields(self) -> &'static [Field] {
        match self {
            Self::Places => &PLACES,
            Self::Deployments => &DEPLOYMENTS,
            Self::Images => &IMAGES,
            Self::Detections => &DETECTIONS,
            Self::Deer => &DEER,
            Self::Dataset => &DATASET,
        }
    }
}

const NO_MAP: &str = "no map, no daylight, no Camtrap DP package";
const NO_CROP: &str = "no crops";

const PLACES: [Field; 7] = [
    required("id", Kind::Text, &["id"]),
    field("name", Kind::Text, &["name"], "places are called by their ids"),
    field("latitude", Kind::Float, &["latitude", "lat"], NO_MAP),
    field("longitude", Kind::Float, &["longitude", "lon", "lng"], NO_MAP),
    field("coordinate_uncertainty", Kind::Float, &["coordinate_uncertainty"], ""),
    field("timezone", Kind::Text, &["timezone", "time_zone"], "days are those of the configured zone"),
    field("zone_source", Kind::Text, &["zone_source"], ""),
];

const DEPLOYMENTS: [Field; 13] = [
    required("id", Kind::Text, &["id"]),
    required("location_id", Kind::Text, &["location_id"]),
    field("camera", Kind::Text, &["camera", "camera_id"], ""),
    required("start", Kind::Instant, &["start", "start_date", "started_at"]),
    field("end", Kind::Instant, &["end", "end_date", "ended_at"], "every camera stands to this day"),
    field("dataset_id", Kind::Text, &["dataset_id"], ""),
    field("source_id", Kind::Text, &["source_id"], ""),
    field("camera_id", Kind::Text, &["camera_id"], ""),
    field("start_offset_seconds", Kind::Integer, &["start_offset_seconds"], ""),
    field("end_offset_seconds", Kind::Integer, &["end_offset_seconds"], ""),
    field("clock_problem", Kind::Text, &["clock_problem"], ""),
    field("failures", Kind::Text, &["failures"], ""),
    field("extra", Kind::Text, &["extra"], ""),
];

const IMAGES: [Field; 18] = [
    required("id", Kind::Key, &["id"]),
    field("location_id", Kind::Text, &["location_id"], "nothing is known by place"),
    field("deployment_id", Kind::Text, &["deployment_id"], ""),
    field("path", Kind::Text, &["path", "file_path"], "no crops, no photographs on cards"),
    field("filename", Kind::Text, &["filename", "file_name"], ""),
    required("timestamp", Kind::Instant, &["timestamp", "taken_at"]),
    field("width", Kind::Integer, &["width"], ""),
    field("height", Kind::Integer, &["height"], ""),
    field("media_type", Kind::Text, &["media_type"], ""),
    field("capture_method", Kind::Text, &["capture_method"], ""),
    field("processing_status", Kind::Text, &["processing_status"], ""),
    field("dataset_id", Kind::Text, &["dataset_id"], ""),
    field("source_id", Kind::Text, &["source_id"], ""),
    field("burst_id", Kind::Text, &["burst_id"], ""),
    field("file_public", Kind::Boolean, &["file_public"], ""),
    field("utc_offset_seconds", Kind::Integer, &["utc_offset_seconds"], ""),
    field("sees_people", Kind::Boolean, &["sees_people"], ""),
    field("extra", Kind::Text, &["extra"], ""),
];

const DETECTIONS: [Field; 37] = [
    required("id", Kind::Text, &["id"]),
    required("image_id", Kind::Key, &["image_id"]),
    required("classification", Kind::Text, &["classification"]),
    field(
        "corrected_classification",
        Kind::Text,
        &["corrected_classification"],
        "nothing that a person corrected is known",
    ),
    field("confidence", Kind::Float, &["confidence"], ""),
    field("bbox_x", Kind::Float, &["bbox_x"], NO_CROP),
    field("bbox_y", Kind::Float, &["bbox_y"], NO_CROP),
    field("bbox_width", Kind::Float, &["bbox_width"], NO_CROP),
    field("bbox_height", Kind::Float, &["bbox_height"], NO_CROP),
    field("deer_id", Kind::Text, &["deer_id"], "no animal is known again"),
    field("count", Kind::Integer, &["count"], ""),
    field("is_valid", Kind::Boolean, &["is_valid"], "nothing is known to be rejected"),
    field("is_duplicate", Kind::Boolean, &["is_duplicate"], "nothing is known to be a copy"),
    field("burst_id", Kind::Text, &["burst_id", "burst_group_id"], "bursts follow from place and time"),
    field("observation_level", Kind::Text, &["observation_level"], ""),
    field("scientific_name", Kind::Text, &["scientific_name"], ""),
    field("sex", Kind::Text, &["sex"], ""),
    field("life_stage", Kind::Text, &["life_stage"], ""),
    field("behavior", Kind::Text, &["behavior"], ""),
    field("classification_method", Kind::Text, &["classification_method"], ""),
    field("classified_by", Kind::Text, &["classified_by"], ""),
    field("is_reviewed", Kind::Boolean, &["is_reviewed"], ""),
    field("reviewed_by", Kind::Text, &["reviewed_by"], ""),
    field("reviewed_at", Kind::Instant, &["reviewed_at"], ""),
    field("created_at", Kind::Instant, &["created_at"], ""),
    field("dataset_id", Kind::Text, &["dataset_id"], ""),
    field("source_id", Kind::Text, &["source_id"], ""),
    field("event_id", Kind::Text, &["event_id"], ""),
    field("starts_at", Kind::Instant, &["starts_at"], ""),
    field("ends_at", Kind::Instant, &["ends_at"], ""),
    field("utc_offset_seconds", Kind::Integer, &["utc_offset_seconds"], ""),
    field("is_count_told", Kind::Boolean, &["is_count_told"], ""),
    field("repeats_id", Kind::Text, &["repeats_id"], ""),
    field("extra", Kind::Text, &["extra"], ""),
    field("true_deer_id", Kind::Text, &["true_deer_id"], ""),
    field("embedding_version", Kind::Text, &["embedding_version"], ""),
    field("feature_vector", Kind::Vector, &["feature_vector"], "no re-identification"),
];

const DEER: [Field; 11] = [
    required("id", Kind::Text, &["id"]),
    field("name", Kind::Text, &["name"], "known animals are called by their ids"),
    field("sex", Kind::Text, &["sex"], ""),
    field("species", Kind::Text, &["species"], ""),
    field("status", Kind::Text, &["status"], ""),
    field("first_seen", Kind::Instant, &["first_seen"], ""),
    field("last_seen", Kind::Instant, &["last_seen"], ""),
    field("best_photo_id", Kind::Text, &["best_photo_id"], ""),
    field("embedding_version", Kind::Text, &["embedding_version"], ""),
    field("feature_vector", Kind::Vector, &["feature_vector"], "no re-identification"),
    field("founder_detection_id", Kind::Text, &["founder_detection_id"], ""),
];

const DATASET: [Field; 8] = [
    field("id", Kind::Text, &["id"], ""),
    required("name", Kind::Text, &["name"]),
    field("source", Kind::Text, &["source"], ""),
    field("id_prefix", Kind::Text, &["id_prefix"], ""),
    field("profile", Kind::Text, &["profile"], ""),
    field("species", Kind::Text, &["species"], ""),
    field("metadata", Kind::Text, &["metadata"], ""),
    field("notes", Kind::Text, &["notes"], ""),
];
