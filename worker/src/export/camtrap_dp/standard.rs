//! The table schemas of Camtrap DP 1.0.2 as rules: <https://camtrap-dp.tdwg.org/data/>.
//!
//! Columns are in the standard's order. What the rules mean for a value is told in [`check`](super::check).

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate};

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
    /// Text that tells one thing from another without being the key of a table here.
    Id,
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
    /// `YYYY-MM-DDThh:mm:ss` with `Z` or an offset. The standard has no fractions of a second; sources that tell them
    /// get them back.
    Time,
    /// A URL, or a relative path: it begins with none of `.`, `/`, `~` and has no `..`.
    Path,
    /// `image/...`, `video/...` or `audio/...`.
    MediaType,
}

impl Form {
    /// Whether a value that is there is one of these; that keys are unique and lead somewhere is not asked here.
    pub(super) fn takes(self, value: &str) -> bool {
        match self {
            Self::Text | Self::Id | Self::Key | Self::KeyOf(_) => true,
            Self::Choice(choices) => choices.contains(&value),
            Self::Number(least, most) => is_number(value, least, most),
            Self::Whole(least, most) => is_number(value, least, most) && !value.contains(['.', 'e', 'E']),
            Self::Boolean => matches!(value, "true" | "false"),
            Self::Time => is_time(value),
            Self::Path => {
                !value.starts_with(['.', '/', '~']) && !value.contains("..") && !value.contains('\n')
            }
            Self::MediaType => ["image/", "video/", "audio/"].iter().any(|kind| value.starts_with(kind)),
        }
    }

    /// A cell of a source as the standard writes it (`TRUE`, `2.0`, `1,5`); `None` where it has no such value.
    pub(super) fn fitting(self, value: &str) -> Option<Cow<'_, str>> {
        let written = match self {
            Self::Boolean => Cow::Owned(match value.to_ascii_lowercase().as_str() {
                "1" => "true".to_owned(),
                "0" => "false".to_owned(),
                other => other.to_owned(),
            }),
            Self::Number(..) if value.matches(',').count() == 1 && !value.contains('.') => {
                Cow::Owned(value.replace(',', "."))
            }
            Self::Whole(..) if value.contains('.') => {
                let number = value.parse::<f64>().ok().filter(|number| number.fract() == 0.0)?;
                Cow::Owned(number.to_string())
            }
            _ => Cow::Borrowed(value),
        };
        self.takes(&written).then_some(written)
    }

    /// A spreadsheet may take it for a formula: text that people wrote for people. Never keys, which join.
    pub(super) fn is_free_text(self) -> bool {
        matches!(self, Self::Text)
    }
}

fn is_number(value: &str, least: f64, most: f64) -> bool {
    value.parse::<f64>().is_ok_and(|number| number.is_finite() && (least..=most).contains(&number))
}

fn is_time(value: &str) -> bool {
    is_time_in_utc(value) || is_any_time(value)
}

fn is_any_time(value: &str) -> bool {
    // The parser would take a year of five digits.
    value.as_bytes().get(4) == Some(&b'-')
        && DateTime::parse_from_str(value, "%Y-%m-%dT%H:%M:%S%.f%#z").is_ok()
}

/// Whether it is `YYYY-MM-DDThh:mm:ssZ`: a large table has millions of them, and the parser takes its time.
fn is_time_in_utc(value: &str) -> bool {
    let [year @ .., b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1, b'Z'] =
        value.as_bytes()
    else {
        return false;
    };
    let number = |digits: &[u8]| {
        let digits = digits.iter().map(|digit| digit.is_ascii_digit().then(|| u32::from(digit - b'0')));
        digits.reduce(|all, digit| Some(all? * 10 + digit?)).flatten()
    };
    let [year, month, day] = [number(year), number(&[*m0, *m1]), number(&[*d0, *d1])];
    let [hour, minute, second] = [[*h0, *h1], [*n0, *n1], [*s0, *s1]].map(|digits| number(&digits));
    let date = || NaiveDate::from_ymd_opt(year?.try_into().ok()?, month?, day?);
    let within = |number: Option<u32>, end| number.is_some_and(|number| number < end);
    value.len() == 20 && date().is_some() && within(hour, 24) && within(minute, 60) && within(second, 60)
}

use Form::{Boolean, Choice, Id, Key, KeyOf, MediaType, Number, Path, Text, Time, Whole};

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
        optional("locationID", Id),
        optional("locationName", Text),
        required("latitude", Number(-90.0, 90.0)),
        required("longitude", Number(-180.0, 180.0)),
        // The standard begins at 1; sources that tell 0 get it back.
        optional("coordinateUncertainty", Whole(0.0, MOST)),
        required("deploymentStart", Time),
        required("deploymentEnd", Time),
        optional("setupBy", Text),
        optional("cameraID", Id),
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
        optional("fileName", Id),
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
        optional("eventID", Id),
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
        optional("individualID", Id),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_time_is_read_as_the_parser_reads_it() {
        let times = [
            "2024-02-29T23:59:59Z",
            "2023-02-29T23:59:59Z",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-01-32T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:60Z",
            "2024-01-01T00:00:61Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T00:00:00Z",
            "12024-01-01T00:00:00Z",
            "024-01-01T00:00:00Z",
            "2024-01-01 00:00:00Z",
            "2024-1-001T00:00:00Z",
            "2024-01-01T00:00:00z",
            "2o24-01-01T00:00:00Z",
            "2024-01-01T0:000:00Z",
            "+024-01-01T00:00:00Z",
            "-024-01-01T00:00:00Z",
            "2024-01-01T00:00:00+02:00",
            "2024-01-01T00:00:00.5Z",
            "2024-01-01",
            "",
            "2024-01-01T00:00:00",
        ];
        for time in times {
            assert_eq!(is_time(time), is_any_time(time), "{time}");
        }
        assert!(is_time_in_utc("2024-02-29T23:59:59Z") && !is_time_in_utc("2023-02-29T23:59:59Z"));
    }
}
