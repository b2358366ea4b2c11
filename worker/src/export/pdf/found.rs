//! What the catalog knows of a report's days and of the earlier days it is compared to, read once and folded as it comes:
//! what counts is decided in [`fold`](super::fold).

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use deertrack_catalog::corrections::Corrections;
use deertrack_catalog::{Dataset, Individual, ToldDeployment};
use deertrack_schemas::pdf::{PdfParams, ReportType};
use deertrack_survey::calendar::{Calendar, Period};
use deertrack_survey::effort::Effort;
use deertrack_survey::presence::Presence;
use deertrack_survey::tally::Tally;
use deertrack_survey::visits::Visits;
use deertrack_survey::{Place, TimeRange};

use super::files::Files;
use super::fold::{Basis, Fold};
use super::instants::{Instant, Instants};
use super::photos::Best;
use super::survey::Facts;
use super::told::Told;
use crate::JobError;
use crate::export::whole::Whole;
use crate::export::{Cx, passages};

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

/// What happened in one span: its rows, folded.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) tally: Tally,
    pub(super) visits: Visits,
    /// Also what images prove where no deployment tells.
    pub(super) effort: Effort,
    pub(super) facts: Facts,
    /// Photographs that are for nobody's eyes.
    pub(super) kept_back: u64,
    /// Detections, chosen or not.
    pub(super) detections: u64,
    /// Where the days told about are meant.
    pub(super) best: Best,
    pub(super) files: Files,
}

/// Everything that a report is made of.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) now: Span,
    /// In the order of [`Asked::earlier`].
    pub(super) earlier: Vec<Span>,
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
        let individuals = cx.catalog.individuals().await?;
        let calendar = Calendar::of(&places, asked.zone);
        let reading = Reading { cx, asked, calendar: &calendar, individuals: &individuals };
        let mut whole = Whole::default();
        let mut earlier = Vec::new();
        for days in asked.earlier() {
            earlier.push(reading.span(days, false, &mut whole).await?);
        }
        let now = reading.span(asked.span(), true, &mut whole).await?;
        let told = match Told::by(&whole) {
            told if told.is_settled(&whole) || now.detections == 0 => told,
            _ => Told::by(&Whole::of(&*cx.catalog, asked.created_at).await?),
        };
        let dataset = cx.catalog.dataset_name().await?;
        let datasets = cx.catalog.datasets().await?;
        let (passages, corrections) = (passages::noted(&datasets), corrections(&datasets));
        Ok(Self { told, now, earlier, individuals, dataset, places, corrections, passages }.settled())
    }

    /// Where ids name passages there are no known individuals.
    pub(super) fn settled(mut self) -> Self {
        if !self.told.individuals {
            for span in std::iter::once(&mut self.now).chain(&mut self.earlier) {
                span.tally.forget_individuals();
                span.visits.of_individuals.clear();
            }
        }
        self
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

/// Instants between two looks at the stop flag.
const AT_ONCE: u64 = 1_000;

/// What all spans are read with.
struct Reading<'a> {
    cx: &'a Cx,
    asked: &'a Asked<'a>,
    calendar: &'a Calendar,
    individuals: &'a [Individual],
}

impl Reading<'_> {
    /// Reads the rows of some days; photographs and files only where they are told about.
    async fn span(&self, days: Period, is_now: bool, whole: &mut Whole) -> Result<Span, JobError> {
        let catalog = &self.cx.catalog;
        let range = self.calendar.widest(days.first, days.last);
        let deployments = catalog.deployments(range.clone()).await?;
        let basis = Basis {
            asked: self.asked,
            days,
            calendar: self.calendar,
            individuals: self.individuals,
            deployments: &deployments,
        };
        let (best, files) = if is_now {
            (Best::of_deer(self.individuals), Files::of(catalog.files(range.clone()).await?))
        } else {
            (Best::default(), Files::default())
        };
        let stood = basis.effort();
        let presence = Presence::of(&stood, self.calendar);
        let mut fold = Fold::new(&basis, &presence, best, files);
        let mut instants =
            Instants::of(catalog.frames(range.clone()), catalog.sightings(range.clone())).await?;
        let (mut instant, mut number) = (Instant::default(), 0);
        while let Some(at) = instants.next(&mut instant).await? {
            fold.add(at, &mut instant, whole);
            number += 1;
            if number % AT_ONCE == 0 {
                self.cx.job.check_stop()?;
                tokio::task::yield_now().await;
            }
        }
        let left_out = catalog.left_out_in(range.clone()).await?;
        Ok(fold.finish(&left_out, &wrong_clocks(self.cx, range).await?))
    }
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
