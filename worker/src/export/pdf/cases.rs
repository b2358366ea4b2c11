//! Small hand-made cases for the tests of this folder.

use chrono::{DateTime, Utc};
use chrono_tz::Europe;
use deertrack_schemas::Class;
use deertrack_schemas::pdf::{GroupBy, PdfParams};

use super::compute::{self, Asked, Rows};
use super::report::Report;
use crate::catalog::{Deployment, Detection, Place};

/// A question in the zone of Brussels, asked on the first day of 2021 at noon.
pub(super) struct Case {
    pub(super) params: PdfParams,
}

impl Case {
    pub(super) fn new(first: &str, last: &str, group_by: &str) -> Self {
        let group_by = GroupBy::CHOICES.iter().find(|(name, _)| *name == group_by).unwrap().1;
        Self { params: PdfParams::new(first.parse().unwrap(), last.parse().unwrap(), group_by) }
    }

    pub(super) fn asked(&self) -> Asked<'_> {
        Asked { params: &self.params, zone: Europe::Brussels, created_at: utc("2021-01-01T11:00:00Z") }
    }

    pub(super) fn report(&self, rows: &Rows) -> Option<Report> {
        compute::report(rows, &self.asked())
    }
}

pub(super) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn class(name: &str) -> Class {
    Class::ALL.into_iter().find(|class| class.name() == name).unwrap()
}

/// A detection in an image of its own, at the place `oak`.
pub(super) fn detection(id: &str, taken_at: &str, class_name: &str) -> Detection {
    Detection {
        id: id.into(),
        image_id: format!("image of {id}"),
        taken_at: utc(taken_at),
        place_id: Some("oak".into()),
        class: class(class_name),
        deer_id: None,
        count: 1,
    }
}

pub(super) fn place(id: &str, name: &str) -> Place {
    Place {
        id: id.into(),
        name: name.into(),
        latitude: None,
        longitude: None,
        coordinate_uncertainty: None,
        zone: None,
    }
}

pub(super) fn deployment(place: &str, start: &str, end: &str) -> Deployment {
    Deployment {
        id: format!("{place} from {start}"),
        place_id: place.into(),
        camera: None,
        start: utc(start),
        end: Some(utc(end)),
    }
}
