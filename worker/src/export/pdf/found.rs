//! What the catalog knows of a report's days and of the earlier days it is compared to, read once and folded as it comes:
//! what counts is decided in [`fold`](super::fold).

use deertrack_catalog::corrections::Corrections;
use deertrack_catalog::{Dataset, Individual, ToldDeployment};
use deertrack_survey::calendar::{Calendar, Period};
use deertrack_survey::presence::Presence;
use deertrack_survey::{Place, TimeRange};

use super::asked::Asked;
use super::best::Best;
use super::file_sample::Files;
use super::fold::{Basis, Fold};
use super::instants::Instant;
use super::span::Span;
use super::told::Told;
use crate::JobError;
use crate::export::instants::Instants;
use crate::export::whole::Whole;
use crate::export::{Cx, passages, turns};

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
        let turn = turns::turn().await;
        let mut instants =
            Instants::of(catalog.frames(range.clone()), catalog.sightings(range.clone())).await?;
        let (mut instant, mut number) = (Instant::default(), 0);
        while let Some(at) = instant.next(&mut instants).await? {
            fold.add(at, &mut instant, whole);
            number += 1;
            if number % AT_ONCE == 0 {
                self.cx.job.check_stop()?;
                tokio::task::yield_now().await;
            }
        }
        drop((instants, turn));
        let left_out = catalog.left_out_in(range.clone()).await?;
        Ok(fold.finish(&left_out, &wrong_clocks(self.cx, range).await?))
    }
}

async fn wrong_clocks(cx: &Cx, range: TimeRange) -> Result<Vec<ToldDeployment>, JobError> {
    let mut told = cx.catalog.told_deployments(range).await?;
    told.retain(|told| told.clock_problem.is_some());
    Ok(told)
}
