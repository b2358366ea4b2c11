//! Small hand-made cases for the tests of this folder.

use chrono::{DateTime, Utc};
use chrono_tz::Europe;
use deertrack_catalog::{Image, Level, Sighting};
use deertrack_schemas::Class;
use deertrack_schemas::pdf::{GroupBy, PdfParams};
use deertrack_survey::{Deployment, Place};

use super::found::{Asked, Found, Rows};
use super::report::Report;
use super::season;

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

    pub(super) fn report(&self, found: &Found) -> Option<Report> {
        season::report(found, &self.asked())
    }
}

/// These detections and their images at the place `oak`, nothing a year before.
pub(super) fn found(sightings: Vec<Sighting>) -> Found {
    Found {
        now: rows(sightings),
        earlier: vec![Rows::default()],
        places: vec![place("oak", "Old oak")],
        ..Found::default()
    }
}

/// These detections and their images.
pub(super) fn rows(sightings: Vec<Sighting>) -> Rows {
    let mut images: Vec<Image> = sightings.iter().map(image).collect();
    images.dedup_by(|a, b| a.id == b.id);
    Rows { sightings, images, ..Rows::default() }
}

fn image(of: &Sighting) -> Image {
    Image {
        id: of.image_id.clone(),
        is_looked_at: true,
        taken_at: of.taken_at,
        place_id: of.place_id.clone(),
        ..Image::default()
    }
}

pub(super) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn class(name: &str) -> Class {
    Class::ALL.into_iter().find(|class| class.name() == name).unwrap()
}

/// A detection in an image of its own, at the place `oak`.
pub(super) fn detection(id: &str, taken_at: &str, class_name: &str) -> Sighting {
    Sighting {
        id: id.into(),
        image_id: format!("image of {id}"),
        taken_at: Some(utc(taken_at)),
        place_id: Some("oak".into()),
        class: class(class_name),
        is_reviewed: false,
        confidence: None,
        bbox: None,
        deer_id: None,
        count: 1,
        scientific_name: None,
        burst_id: None,
        level: Level::Media,
        starts_at: None,
        ends_at: None,
    }
}

/// The same, elsewhere.
pub(super) fn at(place: &str, mut sighting: Sighting) -> Sighting {
    sighting.place_id = Some(place.into());
    sighting
}

pub(super) fn place(id: &str, name: &str) -> Place {
    Place {
        id: id.into(),
        name: name.into(),
        latitude: None,
        longitude: None,
        coordinate_uncertainty: None,
        zone: None,
        offset_zone: None,
    }
}

pub(super) fn deployment(place: &str, start: &str, end: &str) -> Deployment {
    Deployment {
        id: format!("{place} from {start}"),
        place_id: place.into(),
        camera: None,
        start: utc(start),
        end: Some(utc(end)),
        failures: Vec::new(),
    }
}
