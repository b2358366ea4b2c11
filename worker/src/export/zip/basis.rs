//! What the rows of a request are chosen and named with, known before the first of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use deertrack_catalog::Record;
use deertrack_schemas::ZipParams;
use deertrack_survey::calendar::Calendar;

use super::row::Row;
use crate::JobError;
use crate::export::{Cx, ImagesFolder, species};

/// What was asked for, and what the catalog has beside detections.
pub(super) struct Basis {
    pub(super) params: ZipParams,
    pub(super) created_at: DateTime<Utc>,
    pub(super) calendar: Calendar,
    pub(super) images: ImagesFolder,
    /// By their ids.
    places: HashMap<String, String>,
    individuals: HashMap<String, String>,
    /// By individual.
    species_of: HashMap<String, &'static str>,
}

impl Basis {
    pub(super) async fn load(
        cx: &Cx,
        params: &ZipParams,
        created_at: DateTime<Utc>,
    ) -> Result<Self, JobError> {
        let places = cx.catalog.places().await?;
        let individuals = cx.catalog.individuals().await?;
        let species_of = species::of_deer(&individuals).into_iter();
        Ok(Self {
            params: params.clone(),
            created_at,
            calendar: Calendar::of(&places, cx.zone),
            images: cx.images.clone(),
            places: places.into_iter().map(|place| (place.id, place.name)).collect(),
            species_of: species_of.map(|(deer, name)| (deer.to_owned(), name)).collect(),
            individuals: individuals.into_iter().map(|deer| (deer.id, deer.name)).collect(),
        })
    }

    /// Whether a record is of the chosen classes, places and deer.
    pub(super) fn is_chosen(&self, record: &Record) -> bool {
        let is_among = |wanted: &Option<Vec<String>>, id: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| id.as_ref().is_some_and(|id| wanted.contains(id)))
        };
        self.params.classifications.contains(&record.class)
            && is_among(&self.params.place_ids, &record.image.place_id)
            && is_among(&self.params.deer_ids, &record.deer_id)
    }

    /// Whether it was seen on the days that were asked for, which are those of its place.
    pub(super) fn is_then(&self, record: &Record) -> bool {
        let (Some(first), Some(last)) = (self.params.start_date, self.params.end_date) else { return false };
        let day = |at| self.calendar.day(record.image.place_id.as_deref(), at);
        record.seen_at().is_some_and(|at| (first..=last).contains(&day(at)))
    }

    /// As the archive has it.
    pub(super) fn row(&self, record: Record) -> Row {
        let mut row = Row::from(record);
        if row.scientific_name.is_none() {
            let name = row.deer_id.as_ref().and_then(|deer| self.species_of.get(deer));
            row.scientific_name = name.map(|name| (*name).to_owned());
        }
        row
    }

    pub(super) fn place(&self, row: &Row) -> Option<&str> {
        self.places.get(row.place_id.as_ref()?).map(String::as_str)
    }

    pub(super) fn individual(&self, row: &Row) -> Option<&str> {
        self.individuals.get(row.deer_id.as_ref()?).map(String::as_str)
    }
}
