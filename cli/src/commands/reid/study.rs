//! Runs the steps of an analysis and tells how far they are: the platform's own lines, and a bar on a terminal.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use chrono::Utc;
use deertrack_schemas::ReidParams;
use deertrack_worker::JobError;
use deertrack_worker::export::reid::{File, LabelSheet, Photographs, Study, load};
use deertrack_worker::export::{Cx, ImagesFolder, Job, Progress};

use super::files::write;
use super::subject::SubjectArgs;
use super::terminal;
use crate::commands::services;
use crate::exit::{Code, Exit};
use crate::print;
use crate::waiting::WaitingLine;

/// An analysis being made.
pub(super) struct Session {
    cx: Cx,
    params: ReidParams,
    waiting: WaitingLine,
    is_quiet: bool,
}

impl Session {
    /// Checks what is asked and opens the database, read-only.
    pub(super) async fn open(
        subject: &SubjectArgs,
        params: ReidParams,
        is_quiet: bool,
    ) -> Result<Self, Exit> {
        let zone = subject.zone.timezone;
        params
            .check(Utc::now().with_timezone(&zone).date_naive())
            .map_err(|rejection| Exit::new(Code::Refused, rejection))?;
        let waiting = WaitingLine::start();
        let moving = waiting.clone();
        let progress = Progress::new(move |step| moving.at(step.fraction, step.stage));
        let cx = Cx {
            catalog: services::database(&subject.database.url, &subject.map).await?,
            zone,
            images: ImagesFolder::of(subject.images.images_dir.as_deref(), &subject.database.url),
            job: Job::alone(progress),
        };
        Ok(Self { cx, params, waiting, is_quiet })
    }

    /// One of the lines that the platform's own script prints.
    pub(super) fn info(&self, text: &str) {
        self.line(&format!("[INFO] {text}"));
    }

    fn line(&self, text: &str) {
        if !self.is_quiet {
            self.waiting.above(|| print::line(text));
        }
    }

    /// Loads and analyses.
    pub(super) async fn study(&self, labels: Option<LabelSheet>) -> Result<Arc<Study>, Exit> {
        self.info("Querying detections...");
        self.cx.job.progress.at(0.02, "reading vectors");
        let herd = load(&self.cx, &self.params).await.map_err(refused)?;
        self.info(&format!("Loaded {} detections, {} deer profiles", herd.detections(), herd.profiles()));
        self.info("Computing pairwise similarities...");
        self.cx.job.progress.at(0.4, "comparing");
        let (params, zone) = (self.params.clone(), self.cx.zone);
        let analysed =
            move |job: &Job| Study::of(job, herd, &params, labels.as_ref(), Utc::now(), zone).map(Arc::new);
        self.cx.job.blocking(analysed).await.map_err(refused)
    }

    /// What is wrong with the vectors, before any number that rests on them.
    pub(super) fn tell_space(&self, study: &Study) {
        let check = &study.analysis().space_check;
        if check.ok {
            self.info(&format!("Space check: sound, {} dimensions", check.dimensions));
        }
        for alarm in &check.alarms {
            self.line(&terminal::wrapped(&format!("[WARNING] {}", alarm.message)));
        }
    }

    /// How many labels count, and why others do not.
    pub(super) fn tell_labels(&self, study: &Study) {
        self.info(&format!("Labels that count: {}", study.labels_used()));
        let (ignored, without_row) = (study.labels_ignored(), study.labels_without_row());
        if ignored > 0 {
            self.line(&terminal::wrapped(&format!(
                "[WARNING] labels that do not count: {ignored}; another deer is the best match now, the seed, the thresholds \
                 or --same-sex are not those of the sample, or a row before them was left blank"
            )));
        }
        if without_row > 0 {
            self.line(&format!(
                "[WARNING] labels of detections or deer that are not in this analysis: {without_row}"
            ));
        }
    }

    /// The summary of the scores and today's assignment, as the platform's own script prints them.
    pub(super) fn tell_statistics(&self, study: &Study) {
        if let Some(summary) = &study.analysis().statistics {
            self.info("Similarity score statistics:");
            let lines = [
                ("Mean", Some(summary.mean)),
                ("Median", Some(summary.median)),
                ("Std Dev", summary.std),
                ("Min", Some(summary.min)),
                ("Max", Some(summary.max)),
            ];
            for (name, value) in lines {
                self.line(&format!(
                    "  {name}: {}",
                    value.map_or_else(|| "none".to_owned(), |value| format!("{value:.3}"))
                ));
            }
        }
        let (assigned, all) = (study.herd().assigned_today(), study.herd().detections());
        self.line("");
        self.info(&format!("Current assignment rate: {:.1}% ({assigned}/{all})", study.rate_today()));
    }

    /// Writes every file of the analysis and returns their paths in the folder.
    pub(super) async fn write_all(&self, study: &Arc<Study>, folder: &Path) -> Result<Vec<String>, Exit> {
        self.write(study, folder, |job, study, photographs, sink| study.files(job, "reid", photographs, sink))
            .await
    }

    /// Writes the sample alone.
    pub(super) async fn write_sample(&self, study: &Arc<Study>, folder: &Path) -> Result<Vec<String>, Exit> {
        self.write(study, folder, |job, study, photographs, sink| study.sample_files(job, photographs, sink))
            .await
    }

    async fn write(
        &self,
        study: &Arc<Study>,
        folder: &Path,
        make: impl FnOnce(&Job, &Study, &Photographs, Sink<'_>) -> Result<(), JobError> + Send + 'static,
    ) -> Result<Vec<String>, Exit> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let photographs = Photographs::of(&self.cx, study).await.map_err(refused)?;
        let (study, folder) = (Arc::clone(study), folder.to_owned());
        let written = self.cx.job.blocking(move |job| {
            let mut paths = Vec::new();
            let mut failure = None;
            let made = make(job, &study, &photographs, &mut |file| {
                paths.push(file.path.clone());
                write(&folder, file).unwrap_or_else(|exit| {
                    failure = Some(exit);
                    Err(JobError::Stopped)
                })
            });
            match (made, failure) {
                (_, Some(exit)) => Ok(Err(exit)),
                (made, None) => made.map(|()| Ok(paths)),
            }
        });
        let written = written.await.map_err(refused)?;
        self.waiting.end();
        written
    }
}

type Sink<'a> = &'a mut dyn FnMut(File<'_>) -> Result<(), JobError>;

impl Drop for Session {
    fn drop(&mut self) {
        self.waiting.end();
    }
}

fn refused(error: JobError) -> Exit {
    match error {
        JobError::Retry { .. } => Exit::unavailable(error),
        other => Exit::new(Code::JobFailed, other),
    }
}
