//! The table schemas of Camtrap DP 1.0.2 as rules: <https://camtrap-dp.tdwg.org/data/>.
//!
//! Columns are in the standard's order. What the rules mean for a value is told in [`check`](super::check).

/// Version of the standard that is written.
pub(super) const VERSION: &str = "1.0.2";
/// Where the standard keeps its schemas.
pub(super) const SCHEMAS: &str = "https://raw.githubusercontent.com/tdwg/camtrap-dp";

/// A table of the standard.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
}

/// A column.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) is_required: bool,
    pub(super) form: Form,
}

/// What a value must be.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Text,
    /// The key of its table: there is no second row with it.
    Key,
    /// A key of this table.
    KeyOf(&'static str),
    Choice(&'static [&'static str]),
    /// From, to.
    Number(f64, f64),
    /// From, to.
    Whole(f64, f64),
    Boolean,
    /// `YYYY-MM-DDThh:mm:ss` with `Z` or an offset.
    Time,
    /// A URL, or a relative path: it begins with none of `.`, `/`, `~` and has no `..`.
    Path,
    /// `image/...`, `video/...` or `audio/...`.
    MediaType,
}

use Form::{Boolean, Choice, Key, KeyOf, MediaType, Number, Path, Text, Time, Whole};

const fn required(name: &'static str, form: Form) -> Field {
    Field { name, is_required: true, form }
}

const fn optional(name: &'static str, form: Form) -> Field {
    Field { name, is_required: false, form }
}

const MOST: f64 = f64::MAX;

pub(super) const CAPTURE_METHODS: [&str; 2] = ["activityDetection", "timeLapse"];
pub(super) const LEVELS: [&str; 2] = ["media", "event"];
pub(super) const LIFE_STAGES: [&str; 3] = ["adult", "subadult", "juvenile"];
pub(super) const SEXES: [&str; 2] = ["female", "male"];
pub(super) const METHODS: [&str; 2] = ["human", "machine"];

const FEATURES: [&str; 13] = [
    "roadPaved",
    "roadDirt",
    "trailHiking",
    "trailGame",
    "roadUnderpass",
    "roadOverpass",
    "roadBridge",
    "culvert",
    "burrow",
    "nestSite",
    "carcass",
    "waterSource",
    "fruitingTree",
];

pub(super) const DEPLOYMENTS: Table = Table {
    name: "deployments",
    fields: &[
        required("deploymentID", Key),
        optional("locationID", Text),
        optional("locationName", Text),
        required("latitude", Number(-90.0, 90.0)),
        required("longitude", Number(-180.0, 180.0)),
        optional("coordinateUncertainty", Whole(1.0, MOST)),
        required("deploymentStart", Time),
        required("deploymentEnd", Time),
        optional("setupBy", Text),
        optional("cameraID", Text),
        optional("cameraModel", Text),
        optional("cameraDelay", Whole(0.0, MOST)),
        optional("cameraHeight", Number(0.0, MOST)),
        optional("cameraDepth", Number(0.0, MOST)),
        optional("cameraTilt", Whole(-90.0, 90.0)),
        optional("cameraHeading", Whole(0.0, 360.0)),
        optional("detectionDistance", Number(0.0, MOST)),
        optional("timestampIssues", Boolean),
        optional("baitUse", Boolean),
        optional("featureType", Choice(&FEATURES)),
        optional("habitat", Text),
        optional("deploymentGroups", Text),
        optional("deploymentTags", Text),
        optional("deploymentComments", Text),
    ],
};

pub(super) const MEDIA: Table = Table {
    name: "media",
    fields: &[
        required("mediaID", Key),
        required("deploymentID", KeyOf("deployments")),
        optional("captureMethod", Choice(&CAPTURE_METHODS)),
        required("timestamp", Time),
        required("filePath", Path),
        required("filePublic", Boolean),
        optional("fileName", Text),
        required("fileMediatype", MediaType),
        optional("exifData", Text),
        optional("favorite", Boolean),
        optional("mediaComments", Text),
    ],
};

pub(super) const OBSERVATIONS: Table = Table {
    name: "observations",
    fields: &[
        required("observationID", Key),
        required("deploymentID", KeyOf("deployments")),
        optional("mediaID", KeyOf("media")),
        optional("eventID", Text),
        required("eventStart", Time),
        required("eventEnd", Time),
        required("observationLevel", Choice(&LEVELS)),
        required(
            "observationType",
            Choice(&["animal", "human", "vehicle", "blank", "unknown", "unclassified"]),
        ),
        optional("cameraSetupType", Choice(&["setup", "calibration"])),
        optional("scientificName", Text),
        optional("count", Whole(1.0, MOST)),
        optional("lifeStage", Choice(&LIFE_STAGES)),
        optional("sex", Choice(&SEXES)),
        optional("behavior", Text),
        optional("individualID", Text),
        optional("individualPositionRadius", Number(0.0, MOST)),
        optional("individualPositionAngle", Number(-90.0, 90.0)),
        optional("individualSpeed", Number(0.0, MOST)),
        optional("bboxX", Number(0.0, 1.0)),
        optional("bboxY", Number(0.0, 1.0)),
        optional("bboxWidth", Number(1e-15, 1.0)),
        optional("bboxHeight", Number(1e-15, 1.0)),
        optional("classificationMethod", Choice(&METHODS)),
        optional("classifiedBy", Text),
        optional("classificationTimestamp", Time),
        optional("classificationProbability", Number(0.0, 1.0)),
        optional("observationTags", Text),
        optional("observationComments", Text),
    ],
};
