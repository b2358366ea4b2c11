//! Where cameras stand and when: what every other file speaks of. How long they watched is the duty of
//! [`effort`](crate::effort).

use std::ops::Range;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A half-open range of instants (UTC).
pub type TimeRange = Range<DateTime<Utc>>;

/// A camera place.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// For people.
    pub name: String,
    /// Degrees north, WGS 84.
    pub latitude: Option<f64>,
    /// Degrees east, WGS 84.
    pub longitude: Option<f64>,
    /// How far off the coordinates may be, in metres, where that is told.
    pub coordinate_uncertainty: Option<f64>,
    /// Its time zone, where that is told.
    pub zone: Option<Tz>,
    /// The zone of the offset that times of this place are told with, for places that no other zone is known of.
    pub offset_zone: Option<Tz>,
}

/// One camera at one place for one span of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// Where.
    pub place_id: String,
    /// Which camera, if told.
    pub camera: Option<String>,
    /// Start of the span.
    pub start: DateTime<Utc>,
    /// End of the span; `None` while it stands.
    pub end: Option<DateTime<Utc>>,
    /// When the camera did not work within the span: no effort.
    pub failures: Vec<TimeRange>,
}
