//! The second reading of the rows: each is written as it comes. What is held are the events of some days, the history and
//! counts; the tables lie in temporary files until all of them are whole and right.

use std::fs::File;
use std::io::{self, Write};

use deertrack_catalog::{Image, Level, Record};
use deertrack_schemas::Counts;
use deertrack_survey::sift;

use super::bursts::Bursts;
use super::check::Check;
use super::fold::{Batch, Fold};
use super::history::{self, History};
use super::links::Links;
use super::seen::Seen;
use super::standard::{DEPLOYMENTS, MEDIA, OBSERVATIONS, Table};
use super::survey::Survey;
use super::totals::Totals;
use super::wanted::Request;
use super::writer::Writer;
use super::{deployments, media, metadata};
use crate::JobError;
use crate::artifact::Content;
use crate::export::archive::{Archive, Aside, Entry};
use crate::export::picture_size::size_boxes;
use crate::export::pieces::Pieces;
use crate::export::{ImagesFolder, Job, Rendered};

/// The package so far.
pub(super) struct Tables {
    request: Request,
    folder: ImagesFolder,
    survey: Survey,
    deployments: Vec<u8>,
    media: Sheet,
    observations: Sheet,
    links: Links,
    /// Rows that stand behind all other observations.
    linking: Pieces,
    history: History,
    totals: Totals,
    check: Check,
}

impl Tables {
    pub(super) fn new(
        job: &Job,
        survey: Survey,
        far: Bursts,
        folder: ImagesFolder,
        request: &Request,
    ) -> Result<Self, JobError> {
        let scratch = job.scratch();
        let deployments = deployments::table(&survey, request.params.exact_coordinates);
        let mut check = Check::new(&scratch);
        check.read(&DEPLOYMENTS, &deployments)?;
        Ok(Self {
            folder,
            deployments,
            media: Sheet::new(&MEDIA, scratch.file()?)?,
            observations: Sheet::new(&OBSERVATIONS, scratch.file()?)?,
            links: Links::new(&survey, far),
            linking: Pieces::new(scratch.file()?),
            history: History::new(&survey, request.params.occasion_days),
            totals: Totals::default(),
            check,
            request: request.clone(),
            survey,
        })
    }

    /// Adds everything of one instant.
    fn instant(&mut self, images: &[Image], records: &[Record]) {
        let Self { survey, media, observations, links, history, totals, .. } = self;
        let placed = records.iter().filter_map(|record| {
            let stand = survey.stand_of_record(record)?;
            Seen::of(survey, record, stand)
        });
        let mut rows: Vec<Seen<'_>> = placed.collect();
        for image in images {
            let Some(stand) = survey.stand_of_image(image) else { continue };
            totals.image(image);
            let rows = of_image(&mut rows, image);
            if !is_medium(image, rows) {
                continue;
            }
            totals.medium(image);
            media::write(survey, image, stand, &mut media.writer);
            rows.iter_mut().for_each(|row| row.has_file = true);
            links.medium(survey, image, stand, rows);
        }
        for row in &rows {
            totals.record(row.record, row.species);
            history.add(row.record, row.stand);
            links.add(row);
            row.write(observations.writer.row());
        }
        for image in rows.chunk_by(|a, b| a.record.image.id == b.record.image.id) {
            let tells_more = image.iter().filter(|row| row.record.repeats_id.is_none());
            let at_once = sift(tells_more.filter_map(|row| row.record.counted())).kept;
            history.count(&at_once, image[0].stand);
        }
    }

    fn flush(&mut self) -> Result<(), JobError> {
        self.media.flush(&mut self.check)?;
        self.observations.flush(&mut self.check)
    }

    /// The whole package.
    ///
    /// # Errors
    /// `Reject` when it would break the standard; `Retry` when it or temporary files cannot be written; `Stopped` when told
    /// to stop.
    pub(super) fn finish(mut self, job: &Job) -> Result<Rendered, JobError> {
        let mut rest = Writer::more(&OBSERVATIONS);
        self.links.finish(&self.survey, &mut rest);
        self.linking.add(&rest.take())?;
        let Self { request, mut survey, linking, mut observations, mut check, .. } = self;
        for piece in linking.read()? {
            job.check_stop()?;
            observations.add(&piece?, &mut check)?;
        }
        survey.totals = self.totals;
        let detections = survey.totals.observations;
        job.progress.counted(0.9, "checking the package", Counts::new(detections, detections));
        let datapackage = metadata::file(&survey, &request);
        check.metadata(&datapackage);
        let (mut media, mut observations) = (self.media.out.finish()?, observations.out.finish()?);
        check.finish([&mut media, &mut observations])?;
        job.check_stop()?;
        job.progress.counted(0.95, "packing", Counts::new(detections, detections));
        let content = pack(job, [&datapackage, &self.deployments], [media, observations], &self.history)?;
        let occasions = history::remark(&survey, request.params.occasion_days);
        let headline = [survey.headline()].into_iter().chain(occasions).collect::<Vec<_>>().join("; ");
        Ok(Rendered { content, headline: Some(headline) })
    }
}

impl Fold for Tables {
    fn add(&mut self, job: &Job, batch: &mut Batch) -> Result<(), JobError> {
        size_boxes(job, &mut batch.seen, &self.folder)?;
        let mut linking = Writer::more(&OBSERVATIONS);
        batch.instants(|at, images, records| {
            self.links.pass(&self.survey, at, &mut linking);
            self.instant(images, records);
            Ok(())
        })?;
        self.linking.add(&linking.take())?;
        self.flush()
    }
}

fn pack(
    job: &Job,
    [datapackage, deployments]: [&[u8]; 2],
    tables: [Entry; 2],
    history: &History,
) -> Result<Content, JobError> {
    let mut archive = Archive::new(job.draft()?);
    archive.deflate("datapackage.json", datapackage)?;
    archive.deflate("deployments.csv", deployments)?;
    for table in tables {
        job.check_stop()?;
        archive.append(table)?;
    }
    job.check_stop()?;
    archive.deflate(history::FILE, &history.matrix())?;
    archive.deflate(history::COUNTS_FILE, &history.counts())?;
    archive.deflate(history::OCCASIONS_FILE, &history.occasions())?;
    Ok(Content::OnDisk(archive.finish()?))
}

/// The rows of one image, among those of an instant by their images' ids.
fn of_image<'r, 's>(rows: &'r mut [Seen<'s>], image: &Image) -> &'r mut [Seen<'s>] {
    let id = |row: &Seen<'_>| row.record.image.id.as_str().cmp(image.id.as_str());
    let from = rows.partition_point(|row| id(row).is_lt());
    let to = rows.partition_point(|row| id(row).is_le());
    &mut rows[from..to]
}

/// Whether an image is a file: an event of a source without photographs is none.
fn is_medium(image: &Image, rows: &[Seen<'_>]) -> bool {
    let has = |level: Level| rows.iter().any(|row| row.record.level == level);
    image.path.is_some() || has(Level::Media) || !has(Level::Event)
}

/// A table on its way into the package.
struct Sheet {
    writer: Writer,
    out: Aside,
}

impl Sheet {
    fn new(table: &'static Table, file: File) -> Result<Self, JobError> {
        let out = Aside::new(&format!("{}.csv", table.name), file)?;
        Ok(Self { writer: Writer::new(table), out })
    }

    /// Hands on what was written since.
    fn flush(&mut self, check: &mut Check) -> Result<(), JobError> {
        let piece = self.writer.take();
        self.add(&piece, check)
    }

    /// Adds whole rows.
    fn add(&mut self, piece: &[u8], check: &mut Check) -> Result<(), JobError> {
        check.read(self.writer.table, piece)?;
        self.out.write_all(piece).map_err(unwritable)
    }
}

fn unwritable(error: io::Error) -> JobError {
    JobError::retry("the worker's folder for temporary files cannot be used", error)
}
