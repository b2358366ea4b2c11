//! Small hand-made cases for the tests of this folder.

use chrono::{DateTime, Utc};
use chrono_tz::Europe;
use deertrack_catalog::corrections::Corrections;
use deertrack_catalog::{Frame, Individual, LeftOut, Level, Sighting, ToldDeployment};
use deertrack_schemas::Class;
use deertrack_schemas::pdf::{GroupBy, PdfParams};
use deertrack_survey::calendar::{Calendar, Period};
use deertrack_survey::presence::Presence;
use deertrack_survey::{Deployment, Place};
use futures::{StreamExt, stream};

use super::asked::Asked;
use super::best::Best;
use super::file_sample::Files;
use super::fold::{Basis, Fold};
use super::found::Found;
use super::report::Report;
use super::season;
use super::span::Span;
use super::told::Told;
use crate::export::instants::Instants;

/// The rows of one span.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) sightings: Vec<Sighting>,
    pub(super) images: Vec<Frame>,
    pub(super) deployments: Vec<Deployment>,
    pub(super) wrong_clocks: Vec<ToldDeployment>,
    pub(super) left_out: LeftOut,
}

/// Everything that is given to a report.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    pub(super) now: Rows,
    pub(super) earlier: Vec<Rows>,
    pub(super) places: Vec<Place>,
    pub(super) individuals: Vec<Individual>,
    pub(super) told: Told,
    pub(super) corrections: Corrections,
}

impl Given {
    /// As the catalog's answers are folded.
    pub(super) fn folded(&self, asked: &Asked<'_>) -> Found {
        let calendar = Calendar::of(&self.places, asked.zone);
        let spans = asked.earlier().into_iter().zip(&self.earlier);
        Found {
            now: self.span(&self.now, asked, asked.span(), &calendar),
            earlier: spans.map(|(days, rows)| self.span(rows, asked, days, &calendar)).collect(),
            places: self.places.clone(),
            individuals: self.individuals.clone(),
            dataset: None,
            told: self.told,
            passages: 0,
            corrections: self.corrections.clone(),
        }
        .settled()
    }

    fn span(&self, rows: &Rows, asked: &Asked<'_>, days: Period, calendar: &Calendar) -> Span {
        let (individuals, deployments) = (&self.individuals, &rows.deployments);
        let basis = Basis { asked, days, calendar, individuals, deployments };
        let stood = basis.effort();
        let presence = Presence::of(&stood, calendar);
        let (best, files) = (Best::of_deer(individuals), Files::default());
        let mut fold = Fold::new(&basis, &presence, best, files);
        let (mut frames, mut sightings) = (rows.images.clone(), rows.sightings.clone());
        frames.sort_by(|a, b| (a.taken_at, &a.id).cmp(&(b.taken_at, &b.id)));
        sightings.sort_by(|a, b| (a.taken_at, &a.image_id, &a.id).cmp(&(b.taken_at, &b.image_id, &b.id)));
        futures::executor::block_on(async {
            let frames = stream::iter(frames.into_iter().map(Ok)).boxed();
            let sightings = stream::iter(sightings.into_iter().map(Ok)).boxed();
            let mut instants = Instants::of(frames, sightings).await.unwrap();
            let (mut frames, mut sightings) = (Vec::new(), Vec::new());
            while let Some(at) = instants.next(&mut frames, &mut sightings).await.unwrap() {
                fold.name(&mut sightings);
                fold.add(at, &frames, &sightings);
                frames.clear();
                sightings.clear();
            }
        });
        fold.finish(&rows.left_out, &rows.wrong_clocks)
    }
}

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

    pub(super) fn report(&self, given: &Given) -> Option<Report> {
        season::report(&given.folded(&self.asked()), &self.asked())
    }
}

/// These detections and their images at the place `oak`, nothing a year before.
pub(super) fn found(sightings: Vec<Sighting>) -> Given {
    Given {
        now: rows(sightings),
        earlier: vec![Rows::default()],
        places: vec![place("oak", "Old oak")],
        ..Given::default()
    }
}

/// These detections and their images.
pub(super) fn rows(sightings: Vec<Sighting>) -> Rows {
    let mut images: Vec<Frame> = sightings.iter().map(image).collect();
    images.dedup_by(|a, b| a.id == b.id);
    Rows { sightings, images, ..Rows::default() }
}

fn image(of: &Sighting) -> Frame {
    Frame {
        id: of.image_id.clone(),
        is_looked_at: true,
        taken_at: of.taken_at,
        place_id: of.place_id.clone(),
        ..Frame::default()
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
