//! What the catalog knows of a report's days and of the earlier days it is compared to. Reading only: what counts is
//! decided in [`survey`](super::survey).

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use deertrack_catalog::corrections::Corrections;
use deertrack_catalog::{Dataset, Image, Individual, LeftOut, Sighting, ToldDeployment};
use deertrack_schemas::pdf::{PdfParams, ReportType};
use deertrack_survey::calendar::{Calendar, Period};
use deertrack_survey::{Deployment, Place, TimeRange};

use super::told::Told;
use crate::JobError;
use crate::export::{Cx, passages, species};

use crate::export::whole::Whole;

/// What was asked, when and in which zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) params: &'a PdfParams,
    pub(super) zone: Tz,
    pub(super) created_at: DateTime<Utc>,
}

impl Asked<'_> {
    /// The days told about.
    pub(super) fn span(&self) -> Period {
        Period { first: self.params.start_date, last: self.params.end_date }
    }

    /// The earlier days that they are compared to: those that were named, else the year before.
    pub(super) fn earlier(&self) -> Vec<Period> {
        match &self.params.compare_with {
            Some(named) if self.params.report_type == ReportType::Comparison => named
                .iter()
                .map(|period| Period { first: period.start_date, last: period.end_date })
                .collect(),
            _ => vec![a_year_before(self.span())],
        }
    }
}

/// The same calendar days of the year before; a 29th of February becomes the last of the month.
fn a_year_before(span: Period) -> Period {
    let before = |day: NaiveDate| day.checked_sub_months(Months::new(12)).unwrap_or(day);
    let ends_with_february = (span.last.month(), span.last.day()) == (2, 28);
    let last = before(span.last);
    // A range up to the end of February ends with its last day in every year.
    let last = if ends_with_february { last.with_day(29).unwrap_or(last) } else { last };
    Period { first: before(span.first), last }
}

/// The rows of one span.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) sightings: Vec<Sighting>,
    /// Those without detections too: each proves that its camera worked.
    pub(super) images: Vec<Image>,
    pub(super) deployments: Vec<Deployment>,
    /// Those that are no effort, for their times cannot be true.
    pub(super) wrong_clocks: Vec<ToldDeployment>,
    pub(super) left_out: LeftOut,
}

/// Everything that a report is made of.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) now: Rows,
    /// In the order of [`Asked::earlier`].
    pub(super) earlier: Vec<Rows>,
    pub(super) places: Vec<Place>,
    pub(super) individuals: Vec<Individual>,
    pub(super) dataset: Option<String>,
    pub(super) corrections: Corrections,
    pub(super) told: Told,
    /// Ids of individuals that an import found to be of passages.
    pub(super) passages: u64,
}

impl Found {
    pub(super) async fn load(cx: &Cx, asked: &Asked<'_>) -> Result<Self, JobError> {
        let places = cx.catalog.places().await?;
        let calendar = Calendar::of(&places, asked.zone);
        let mut earlier = Vec::new();
        for span in asked.earlier() {
            earlier.push(load_span(cx, &calendar, span).await?);
        }
        let now = load_span(cx, &calendar, asked.span()).await?;
        let mut seen = Whole::default();
        std::iter::once(&now).chain(&earlier).for_each(|rows| seen.add(&rows.sightings));
        let told = match Told::by(&seen) {
            told if told.is_settled(&seen) || now.sightings.is_empty() => told,
            _ => Told::by(&Whole::of(&*cx.catalog, asked.created_at).await?),
        };
        let datasets = cx.catalog.datasets().await?;
        let mut found = Self {
            told,
            now,
            earlier,
            individuals: cx.catalog.individuals().await?,
            dataset: cx.catalog.dataset_name().await?,
            corrections: corrections(&datasets),
            passages: passages::noted(&datasets),
            places,
        };
        found.name_species();
        Ok(found)
    }

    /// A detection that tells no species shows that of the deer it is known to be.
    fn name_species(&mut self) {
        let of_deer = species::of_deer(&self.individuals);
        let rows = std::iter::once(&mut self.now).chain(&mut self.earlier);
        for row in rows.flat_map(|rows| &mut rows.sightings) {
            species::name(&mut row.scientific_name, row.deer_id.as_deref(), &of_deer);
        }
    }
}

/// Those of all data sets.
fn corrections(datasets: &[Dataset]) -> Corrections {
    let mut all = Corrections::default();
    for dataset in datasets {
        let of = Corrections::of_notes(dataset.notes.as_deref());
        all.places.extend(of.places);
        all.clocks.extend(of.clocks);
    }
    all
}

async fn load_span(cx: &Cx, calendar: &Calendar, span: Period) -> Result<Rows, JobError> {
    let range = calendar.widest(span.first, span.last);
    Ok(Rows {
        sightings: cx.catalog.sightings_in(range.clone()).await?,
        images: cx.catalog.images(range.clone()).await?,
        deployments: cx.catalog.deployments(range.clone()).await?,
        wrong_clocks: wrong_clocks(cx, range.clone()).await?,
        left_out: cx.catalog.left_out_in(range).await?,
    })
}

async fn wrong_clocks(cx: &Cx, range: TimeRange) -> Result<Vec<ToldDeployment>, JobError> {
    let mut told = cx.catalog.told_deployments(range).await?;
    told.retain(|told| told.clock_problem.is_some());
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_before_has_the_same_calendar_days() {
        let span =
            |first: &str, last: &str| Period { first: first.parse().unwrap(), last: last.parse().unwrap() };
        assert_eq!(a_year_before(span("2025-09-01", "2026-01-31")), span("2024-09-01", "2025-01-31"));
        assert_eq!(a_year_before(span("2024-02-29", "2024-03-05")), span("2023-02-28", "2023-03-05"));
        assert_eq!(a_year_before(span("2024-11-01", "2025-02-28")), span("2023-11-01", "2024-02-29"));
    }
}
