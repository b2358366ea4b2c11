//! The columns of our tables and which value of a row each holds. A new column is a line here, a field of the row and a
//! migration.

use deertrack_schemas::Class;

use super::row::{NewDataset, NewDeer, NewDeployment, NewDetection, NewImage, NewPlace};
use super::table::{
    Owner, Stored, Table, apart, boolean, float, if_told, instant, integer, kept, offset, text, vector,
};

impl Stored for NewDataset {
    const TABLE: Table<Self> = Table {
        name: "dataset",
        owner: Owner::Anybody,
        columns: &[
            text("id", |row| Some(&row.id)),
            text("name", |row| Some(&row.name)),
            text("source", |row| row.source.as_deref()),
            text("id_prefix", |row| Some(&row.id_prefix)),
            text("fingerprint", |row| row.fingerprint.as_deref()),
            text("profile", |row| row.profile.as_deref()),
            text("species", |row| row.species.as_deref()),
            text("metadata", |row| row.metadata.as_deref()),
            text("notes", |row| row.notes.as_deref()),
        ],
    };
}

impl Stored for NewPlace {
    const TABLE: Table<Self> = Table {
        name: "locations",
        owner: Owner::DatasetOrNobody,
        columns: &[
            text("id", |row| Some(&row.id)),
            text("name", |row| Some(&row.name)),
            float("latitude", |row| row.latitude),
            float("longitude", |row| row.longitude),
            text("timezone", |row| row.timezone.as_deref()),
            float("coordinate_uncertainty", |row| row.coordinate_uncertainty),
            text("dataset_id", |row| row.dataset_id.as_deref()),
            text("source_id", |row| row.source_id.as_deref()),
            text("zone_source", |row| row.zone_source.as_deref()),
        ],
    };
}

impl Stored for NewDeployment {
    const TABLE: Table<Self> = Table {
        name: "deployments",
        owner: Owner::Dataset,
        columns: &[
            text("id", |row| Some(&row.id)),
            text("dataset_id", |row| row.dataset_id.as_deref()),
            text("location_id", |row| Some(&row.location_id)),
            text("camera", |row| row.camera.as_deref()),
            instant("start", |row| Some(row.start)),
            instant("end", |row| row.end),
            text("source_id", |row| row.source_id.as_deref()),
            text("camera_id", |row| row.camera_id.as_deref()),
            offset("start_offset_seconds", |row| row.start_offset_seconds),
            offset("end_offset_seconds", |row| row.end_offset_seconds),
            text("clock_problem", |row| row.clock_problem.as_deref()),
            text("failures", |row| row.failures.as_deref()),
            text("extra", |row| row.extra.as_deref()),
        ],
    };
}

impl Stored for NewImage {
    const TABLE: Table<Self> = Table {
        name: "images",
        owner: Owner::Dataset,
        columns: &[
            text("id", |row| Some(&row.id)),
            text("dataset_id", |row| row.dataset_id.as_deref()),
            text("location_id", |row| row.location_id.as_deref()),
            text("deployment_id", |row| row.deployment_id.as_deref()),
            text("path", |row| row.path.as_deref()),
            instant("timestamp", |row| row.timestamp),
            integer("width", |row| row.width),
            integer("height", |row| row.height),
            text("media_type", |row| row.media_type.as_deref()),
            text("capture_method", |row| row.capture_method.as_deref()),
            text("source_id", |row| row.source_id.as_deref()),
            text("burst_id", |row| row.burst_id.as_deref()),
            boolean("file_public", |row| row.file_public),
            offset("utc_offset_seconds", |row| row.utc_offset_seconds),
            boolean("sees_people", |row| Some(row.sees_people)),
            text("extra", |row| row.extra.as_deref()),
        ],
    };
}

impl Stored for NewDeer {
    const TABLE: Table<Self> = Table {
        name: "deer",
        owner: Owner::Dataset,
        columns: &[
            text("id", |row| Some(&row.id)),
            text("dataset_id", |row| row.dataset_id.as_deref()),
            text("name", |row| Some(&row.name)),
            text("sex", |row| Some(row.sex.name())),
            if_told(vector("feature_vector", |row| row.feature_vector.as_deref())),
            if_told(text("embedding_version", |row| row.embedding_version.as_deref())),
            text("founder_detection_id", |row| row.founder_detection_id.as_deref()),
            instant("first_seen", |row| row.first_seen),
            instant("last_seen", |row| row.last_seen),
            text("source_id", |row| row.source_id.as_deref()),
        ],
    };
}

impl Stored for NewDetection {
    const TABLE: Table<Self> = Table {
        name: "detections",
        owner: Owner::Dataset,
        columns: &[
            text("id", |row| Some(&row.id)),
            text("dataset_id", |row| row.dataset_id.as_deref()),
            text("image_id", |row| Some(&row.image_id)),
            text("classification", |row| Some(row.class.name())),
            kept(text("corrected_classification", |row| row.corrected_class.map(Class::name))),
            float("confidence", |row| row.confidence),
            float("bbox_x", |row| row.bbox.map(|bbox| bbox.x)),
            float("bbox_y", |row| row.bbox.map(|bbox| bbox.y)),
            float("bbox_width", |row| row.bbox.map(|bbox| bbox.width)),
            float("bbox_height", |row| row.bbox.map(|bbox| bbox.height)),
            text("deer_id", |row| row.deer_id.as_deref()),
            integer("count", |row| Some(row.count)),
            kept(boolean("is_valid", |row| Some(row.is_valid))),
            kept(boolean("is_duplicate", |row| Some(row.is_duplicate))),
            text("burst_id", |row| row.burst_id.as_deref()),
            text("observation_level", |row| Some(row.level.name())),
            text("scientific_name", |row| row.scientific_name.as_deref()),
            text("sex", |row| row.sex.as_deref()),
            text("life_stage", |row| row.life_stage.as_deref()),
            text("behavior", |row| row.behavior.as_deref()),
            text("classification_method", |row| row.classification_method.as_deref()),
            text("classified_by", |row| row.classified_by.as_deref()),
            text("true_deer_id", |row| row.true_deer_id.as_deref()),
            apart(
                "detection_vectors",
                if_told(vector("feature_vector", |row| row.feature_vector.as_deref())),
            ),
            if_told(text("embedding_version", |row| row.embedding_version.as_deref())),
            instant("created_at", |row| row.created_at),
            text("source_id", |row| row.source_id.as_deref()),
            text("event_id", |row| row.event_id.as_deref()),
            instant("starts_at", |row| row.starts_at),
            instant("ends_at", |row| row.ends_at),
            offset("utc_offset_seconds", |row| row.utc_offset_seconds),
            boolean("is_count_told", |row| row.is_count_told),
            text("repeats_id", |row| row.repeats_id.as_deref()),
            text("extra", |row| row.extra.as_deref()),
        ],
    };
}
