//! Rows of detections, whole and in part, and what counting needs of them.

use chrono::{DateTime, Utc};
use deertrack_schemas::Class;
use deertrack_survey::{self as survey, ImageBox, Standing};

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
}

/// What a report needs of a [`Record`]. The time that a season takes to read goes with its values, and these are half
/// as many.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// Its id.
    pub id: String,
    /// The image it is in.
    pub image_id: String,
    /// When; `None`: not known.
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
#[derive(Clone, Debug, PartialEq)]
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

impl Record {
    /// As counting reads it: a row that may count. `None` without a time.
    pub fn counted(&self) -> Option<survey::Record> {
        Some(survey::Record {
            id: self.id.clone(),
            image_id: self.image.id.clone(),
            taken_at: self.image.taken_at?,
            place_id: self.image.place_id.clone(),
            class: self.class,
            individual: self.deer_id.clone(),
            count: self.count,
            bbox: self.bbox,
            standing: Standing::Valid,
        })
    }
}

impl Sighting {
    /// As [`Record::counted`].
    pub fn counted(&self) -> Option<survey::Record> {
        Some(survey::Record {
            id: self.id.clone(),
            image_id: self.image_id.clone(),
            taken_at: self.taken_at?,
            place_id: self.place_id.clone(),
            class: self.class,
            individual: self.deer_id.clone(),
            count: self.count,
            bbox: self.bbox,
            standing: Standing::Valid,
        })
    }
}
