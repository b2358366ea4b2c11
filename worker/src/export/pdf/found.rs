//! What the catalog knows of a report's days and of the earlier days it is compared to, read once and folded as it comes:
//! what counts is decided in [`fold`](super::fold).

use std::sync::Arc;

use deertrack_catalog::corrections::Corrections;
use deertrack_catalog::{Dataset, Frame, Individual, Sighting, ToldDeployment};
use deertrack_survey::calendar::{Calendar, Period};
use deertrack_survey::presence::Presence;
use deertrack_survey::{Place, TimeRange};

use super::asked::Asked;
use super::best::Best;
use super::file_sample::Files;
use super::fold::{Basis, Fold};
use super::span::Span;
use super::told::Told;
use crate::JobError;
use crate::export::rows::{self, Batches, Step};
use crate::export::whole::Whole;
use crate::export::{Cx, Job, left_out, memory, passages};

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
        let (calendar, individuals) = (Arc::new(calendar), Arc::from(individuals));
        let most = rows_of(cx, asked, &calendar).await?;
        let reading = Reading { cx, asked, calendar: &calendar, individuals: &individuals, most };
        let (mut whole, mut earlier, mut before) = (Whole::default(), Vec::<Span>::new(), 0);
        for days in asked.earlier() {
            let span = reading.span(days, false, before, &mut whole).await?;
            before += span.detections;
            earlier.push(span);
        }
        let now = reading.span(asked.span(), true, before, &mut whole).await?;
        let told = match Told::by(&whole) {
            told if told.is_settled(&whole) || now.detections == 0 => told,
            _ => Told::by(&Whole::of(&*cx.catalog, asked.created_at).await?),
        };
        let dataset = cx.catalog.dataset_name().await?;
        let datasets = cx.catalog.datasets().await?;
        let (passages, corrections) = (passages::noted(&datasets), corrections(&datasets));
        let individuals = individuals.to_vec();
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

/// How many rows there are at most in all spans; the job has told them, and has room for what they make.
async fn rows_of(cx: &Cx, asked: &Asked<'_>, calendar: &Calendar) -> Result<Option<u64>, JobError> {
    let mut most = Some(0);
    for days in asked.earlier().into_iter().chain([asked.span()]) {
        let rows = cx.catalog.count_detections(calendar.widest(days.first, days.last)).await?;
        most = most.zip(rows).map(|(all, rows)| all + rows);
    }
    let step = Step { stage: "reading detections", span: READING, before: 0, most, is_done: true };
    step.tell(&cx.job.progress, 0);
    cx.job.reserve(memory::REPORT, most).await?;
    Ok(most)
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

/// What all spans are read with.
struct Reading<'a> {
    cx: &'a Cx,
    asked: &'a Asked<'a>,
    calendar: &'a Arc<Calendar>,
    individuals: &'a Arc<[Individual]>,
    /// Rows of all spans at most; `None`: nobody knows.
    most: Option<u64>,
}

/// Of the whole job, while rows are read.
const READING: [f64; 2] = [0.05, 0.3];

impl Reading<'_> {
    /// Reads the rows of some days behind those that were read `before`; photographs and files only where they are told
    /// about.
    async fn span(
        &self,
        days: Period,
        is_now: bool,
        before: u64,
        whole: &mut Whole,
    ) -> Result<Span, JobError> {
        let catalog = &self.cx.catalog;
        let range = self.calendar.widest(days.first, days.last);
        let deployments = catalog.deployments(range.clone()).await?;
        let wrong_clocks = wrong_clocks(self.cx, range.clone()).await?;
        let (best, files) = if is_now {
            (Best::of_deer(self.individuals), Files::of(catalog.files(range.clone()).await?))
        } else {
            (Best::default(), Files::default())
        };
        let (calendar, individuals) = (Arc::clone(self.calendar), Arc::clone(self.individuals));
        let (params, zone, created_at) = (self.asked.params.clone(), self.asked.zone, self.asked.created_at);
        let mut so_far = std::mem::take(whole);
        let step =
            Step { stage: "reading detections", span: READING, before, most: self.most, is_done: true };
        let (sightings, left_out) = left_out::apart(catalog.detections(range.clone()));
        let fold = move |_: &Job, batches: &mut Batches<'_, Frame, Sighting>| {
            let asked = Asked { params: &params, zone, created_at };
            let (calendar, individuals, deployments) = (&*calendar, &*individuals, deployments.as_slice());
            let basis = Basis { asked: &asked, days, calendar, individuals, deployments };
            let stood = basis.effort();
            let presence = Presence::of(&stood, calendar);
            let mut fold = Fold::new(&basis, &presence, best, files);
            while let Some(mut batch) = batches.next()? {
                so_far.add(&batch.seen);
                fold.name(&mut batch.seen);
                batch.instants(|at, frames, sightings| {
                    fold.add(at, frames, sightings);
                    Ok(())
                })?;
            }
            let left_out = left_out.blocking_recv().map_err(|_untold| JobError::Stopped)?;
            Ok((fold.finish(&left_out, &wrong_clocks), so_far))
        };
        let (span, so_far) = rows::read(self.cx, catalog.frames(range), sightings, step, fold).await?;
        *whole = so_far;
        Ok(span)
    }
}

async fn wrong_clocks(cx: &Cx, range: TimeRange) -> Result<Vec<ToldDeployment>, JobError> {
    let mut told = cx.catalog.told_deployments(range).await?;
    told.retain(|told| told.clock_problem.is_some());
    Ok(told)
}
