//! Rows of detections, whole and in part, and what counting needs of them.

use chrono::{DateTime, Utc};
use deertrack_schemas::Class;
use deertrack_survey::{self as survey, Deployment, ImageBox, Standing};
use sqlx::FromRow;

/// One detection with its image.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// The image it is in.
    pub image: Image,
    /// Final class: the corrected one, else the model's, see [`subject`](deertrack_survey::subject).
    pub class: Class,
    /// A person has changed the class.
    pub is_corrected: bool,
    /// A person has looked at it: marked it as reviewed, signed it, changed its class or given it.
    pub is_reviewed: bool,
    /// Of the model in its class, 0 to 1.
    pub confidence: Option<f64>,
    /// Where in the image; `None` unless all four numbers are there.
    pub bbox: Option<ImageBox>,
    /// The known deer it was assigned to.
    pub deer_id: Option<String>,
    /// How many animals the row stands for; 1 for a box.
    pub count: u32,
    /// Shared by the images of one event.
    pub burst_id: Option<String>,
    /// Of one image or of an event.
    pub level: Level,
    /// Of the species.
    pub scientific_name: Option<String>,
    /// As the source says it, beside the class: `female` or `male`.
    pub sex: Option<String>,
    /// As the source says it: `adult`, `subadult` or `juvenile`.
    pub life_stage: Option<String>,
    /// As the source says it.
    pub behavior: Option<String>,
    /// `human` or `machine`.
    pub classification_method: Option<String>,
    /// Who or what classified it.
    pub classified_by: Option<String>,
    /// Who looked at it.
    pub reviewed_by: Option<String>,
    /// When.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// When the row was made.
    pub created_at: Option<DateTime<Utc>>,
    /// The data set it is of.
    pub dataset_id: Option<String>,
    /// Its id in the source.
    pub source_id: Option<String>,
    /// Its event, as the source names it; `burst_id` tells events of one database apart.
    pub event_id: Option<String>,
    /// When its event began, where that is told.
    pub starts_at: Option<DateTime<Utc>>,
    /// When its event ended, where that is told: its last record.
    pub ends_at: Option<DateTime<Utc>>,
    /// Of `starts_at` as told: seconds east of UTC.
    pub utc_offset_seconds: Option<i32>,
    /// Whether `count` was told; `None`: not known.
    pub is_count_told: Option<bool>,
    /// The row that tells of the same animal and is counted in its stead.
    pub repeats_id: Option<String>,
    /// Columns of the source that have no field here: a JSON object, each value the text of its cell.
    pub extra: Option<String>,
}

/// What a report needs of a [`Record`]. The time that a season takes to read goes with its values, and these are half
/// as many.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// Its id.
    pub id: String,
    /// The image it is in.
    pub image_id: String,
    /// When its image was taken; `None`: not known.
    pub taken_at: Option<DateTime<Utc>>,
    /// Where.
    pub place_id: Option<String>,
    /// As [`Record::class`].
    pub class: Class,
    /// As [`Record::is_reviewed`].
    pub is_reviewed: bool,
    /// As [`Record::confidence`].
    pub confidence: Option<f64>,
    /// As [`Record::bbox`].
    pub bbox: Option<ImageBox>,
    /// The known deer it was assigned to.
    pub deer_id: Option<String>,
    /// How many animals the row stands for; 1 for a box.
    pub count: u32,
    /// Of the species.
    pub scientific_name: Option<String>,
    /// As [`Record::burst_id`].
    pub burst_id: Option<String>,
    /// As [`Record::level`].
    pub level: Level,
    /// As [`Record::starts_at`].
    pub starts_at: Option<DateTime<Utc>>,
    /// As [`Record::ends_at`].
    pub ends_at: Option<DateTime<Utc>>,
}

/// Whether a row tells of one image or of a whole event (Camtrap DP's `observationLevel`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Level {
    /// Of one image.
    #[default]
    Media,
    /// Of an event, however many images show it.
    Event,
}

impl Level {
    /// As in Camtrap DP and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Event => "event",
        }
    }
}

/// A photograph, or one event of a source without photographs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// Its id.
    pub id: String,
    /// A local file or a URL; `None`: there is no file.
    pub path: Option<String>,
    /// Its name, where the platform keeps it beside the path.
    pub file_name: Option<String>,
    /// Whether the platform has looked for animals in it. Failed and waiting images are none without a deer.
    pub is_looked_at: bool,
    /// When; `None`: not known.
    pub taken_at: Option<DateTime<Utc>>,
    /// Where.
    pub place_id: Option<String>,
    /// In which deployment.
    pub deployment_id: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// As `image/jpeg`.
    pub media_type: Option<String>,
    /// As Camtrap DP: `activityDetection` or `timeLapse`.
    pub capture_method: Option<String>,
    /// The data set it is of.
    pub dataset_id: Option<String>,
    /// Its id in the source; `None` for an event without a file.
    pub source_id: Option<String>,
    /// The event with a detection that shows on it, also where no row is of this very image.
    pub burst_id: Option<String>,
    /// Whether the source lets everybody see it; `None`: not told, and then nobody may.
    pub file_public: Option<bool>,
    /// Of `taken_at` as told: seconds east of UTC.
    pub utc_offset_seconds: Option<i32>,
    /// Somebody saw a person or a vehicle on it, or in its event: it is for nobody's eyes.
    pub sees_people: bool,
    /// Columns of the source that have no field here, and its path as told: a JSON object.
    pub extra: Option<String>,
}

/// A photograph as counting needs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Its id.
    pub id: String,
    /// As [`Image::path`].
    pub path: Option<String>,
    /// When.
    pub taken_at: Option<DateTime<Utc>>,
    /// Where.
    pub place_id: Option<String>,
    /// As [`Image::burst_id`].
    pub burst_id: Option<String>,
    /// It stands for an event that has no photograph.
    pub is_event: bool,
    /// As [`Image::is_looked_at`].
    pub is_looked_at: bool,
    /// As [`Image::sees_people`].
    pub sees_people: bool,
}

/// A deployment with everything that its source tells, also one that is no effort.
#[derive(Clone, Debug, PartialEq)]
pub struct ToldDeployment {
    /// As counting reads it.
    pub deployment: Deployment,
    /// The data set it is of.
    pub dataset_id: Option<String>,
    /// Its id in the source.
    pub source_id: Option<String>,
    /// Which camera, as told; `deployment.camera` may be made by the import.
    pub camera_id: Option<String>,
    /// Of the start as told: seconds east of UTC.
    pub start_offset_seconds: Option<i32>,
    /// Of the end as told: seconds east of UTC.
    pub end_offset_seconds: Option<i32>,
    /// Why its times cannot be true; then it is no effort, and [`Catalog::deployments`](crate::Catalog::deployments)
    /// leaves it out.
    pub clock_problem: Option<String>,
    /// When it did not work, as told: a JSON array of [`Failure`](crate::corrections::Failure).
    pub failures: Option<String>,
    /// Other columns, and place and coordinates as told for this deployment: a JSON object.
    pub extra: Option<String>,
}

/// Where rows came from.
#[derive(Clone, Debug, Default, PartialEq, FromRow)]
pub struct Dataset {
    /// Its id.
    pub id: String,
    /// For people.
    pub name: String,
    /// A title, an address.
    pub source: Option<String>,
    /// What the ids of its rows begin with; empty, unless another data set has the same ids.
    pub id_prefix: String,
    /// Format and version, as `camtrap-dp 1.0.2`.
    pub profile: Option<String>,
    /// Scientific names of what was taken: a JSON array; `None`: not told.
    pub species: Option<String>,
    /// Its own description (contributors, licences, project, ...): a JSON object.
    pub metadata: Option<String>,
    /// What the import found that reports must say: a JSON object.
    pub notes: Option<String>,
}

/// A known deer.
#[derive(Clone, Debug, PartialEq)]
pub struct Individual {
    /// Its id.
    pub id: String,
    /// For people.
    pub name: String,
    /// Its class.
    pub sex: Class,
    /// As the platform calls it: `white_tailed_deer`.
    pub species: Option<String>,
    /// It is known to be dead.
    pub is_deceased: bool,
    /// The detection or the image that people chose for it.
    pub best_photo_id: Option<String>,
    /// Its first detection, where the platform keeps it.
    pub first_seen: Option<DateTime<Utc>>,
    /// Its last detection.
    pub last_seen: Option<DateTime<Utc>>,
}

impl Individual {
    /// One of whom only this much is known.
    pub fn of(id: impl Into<String>, name: impl Into<String>, sex: Class) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            sex,
            species: None,
            is_deceased: false,
            best_photo_id: None,
            first_seen: None,
            last_seen: None,
        }
    }
}

/// A row as counting reads it; `$image` is its photograph's id, `$place` where that was taken.
macro_rules! counted {
    ($row:ident, $image:expr, $place:expr) => {
        Some(survey::Record {
            id: $row.id.clone(),
            image_id: $image.clone(),
            taken_at: $row.seen_at()?,
            until: $row.seen_until()?,
            place_id: $place.clone(),
            class: $row.class,
            individual: $row.deer_id.clone(),
            count: $row.count,
            bbox: $row.bbox,
            standing: Standing::Valid,
        })
    };
}

impl Record {
    /// As counting reads it: a row that may count. `None` without a time.
    pub fn counted(&self) -> Option<survey::Record> {
        counted!(self, self.image.id, self.image.place_id)
    }
}

impl Sighting {
    /// As [`Record::counted`].
    pub fn counted(&self) -> Option<survey::Record> {
        counted!(self, self.image_id, self.place_id)
    }
}
