//! One analysis with all it is about. The files it becomes: [`files`](super::files).

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use deertrack_reid::estimate::{Answer, Label};
use deertrack_reid::{Analysis, Options, VerdictKind, Workplace, analyze_in};
use deertrack_schemas::{Counts, ReidParams};

use super::failure::failed;
use super::herd::Herd;
use super::labels::LabelSheet;
use super::sampled::{Sampled, sampled};
use crate::JobError;
use crate::export::Job;

/// What an analysis found, and the rows it is about.
pub struct Study {
    pub(super) herd: Herd,
    pub(super) params: ReidParams,
    pub(super) analysis: Analysis,
    /// The assignments of the sample, in its order.
    pub(super) sampled: Vec<Sampled>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) zone: Tz,
    /// Labels whose detection or deer is not in the analysis.
    pub(super) labels_without_row: usize,
}

impl Study {
    /// Analyses the herd. With `labels`, the answers of a person who looked at a sample decide the verdict; they must
    /// have been drawn with the seed of `params`. Blocks.
    ///
    /// # Errors
    /// `Reject` when the analysis refuses its input, `Stopped` when told to stop.
    pub fn of(
        job: &Job,
        mut herd: Herd,
        params: &ReidParams,
        labels: Option<&LabelSheet>,
        created_at: DateTime<Utc>,
        zone: Tz,
    ) -> Result<Self, JobError> {
        job.check_stop()?;
        let labels = labels.map(|sheet| rows_of(sheet, &herd)).transpose()?;
        let labels_without_row = labels.as_ref().map_or(0, |(_, without_row)| *without_row);
        herd.input.labels = labels.map(|(labels, _)| labels);
        let options = Options {
            thresholds: params.thresholds.clone(),
            current_threshold: params.current_threshold,
            same_sex: params.same_sex,
            sample_size: params.sample_size as usize,
            target: params.target,
            seed: params.seed.into(),
            threads: job.cores,
            ..Options::default()
        };
        let scratch = job.scratch();
        let watch = Watch { job, all: herd.detections(), told: AtomicUsize::new(0) };
        let goes_on = |compared| watch.goes_on(compared);
        let place = Workplace { scratch: &scratch, goes_on: &goes_on };
        let analysis = analyze_in(&herd.input, &options, place).map_err(failed)?;
        let sampled = sampled(&herd, &analysis)?;
        Ok(Self { herd, params: params.clone(), analysis, sampled, created_at, zone, labels_without_row })
    }

    /// What the analysis found.
    pub fn analysis(&self) -> &Analysis {
        &self.analysis
    }

    /// Of whom it is.
    pub fn herd(&self) -> &Herd {
        &self.herd
    }

    /// The threshold in use today.
    pub fn current_threshold(&self) -> f64 {
        self.params.current_threshold
    }

    /// Percent of the detections that are assigned to a deer today.
    pub fn rate_today(&self) -> f64 {
        self.herd.counts.assigned_today as f64 / self.herd.detections() as f64 * 100.0
    }

    /// Labels that were given for detections or deer that are not in the analysis.
    pub fn labels_without_row(&self) -> usize {
        self.labels_without_row
    }

    /// Labels that no threshold could use: stale, of another sample, or behind a row left blank.
    pub fn labels_ignored(&self) -> usize {
        self.analysis.estimate.as_ref().map_or(0, |estimate| estimate.labels_ignored)
    }

    /// Labels that count.
    pub fn labels_used(&self) -> usize {
        self.analysis.estimate.as_ref().map_or(0, |estimate| estimate.labels_used)
    }

    /// Detections of bursts that deer were made of.
    pub(super) fn founding(&self) -> usize {
        self.analysis.founding.iter().filter(|founding| **founding).count()
    }

    /// Whether the verdict names a threshold.
    pub fn is_safe(&self) -> bool {
        self.analysis.verdict.kind == VerdictKind::SafeThreshold
    }
}

/// Tells how far the comparison is, and ends it when the job shall stop.
struct Watch<'a> {
    job: &'a Job,
    all: usize,
    /// Percent.
    told: AtomicUsize,
}

impl Watch<'_> {
    fn goes_on(&self, compared: usize) -> bool {
        let percent = compared * 100 / self.all.max(1);
        if self.told.fetch_max(percent, Ordering::Relaxed) < percent {
            let counts = Counts::new(compared as u64, self.all as u64);
            self.job.progress.counted(0.4 + 0.18 * percent as f64 / 100.0, "comparing", counts);
        }
        !self.job.stop.is_cancelled()
    }
}

/// The labels by rows, and how many have none.
fn rows_of(sheet: &LabelSheet, herd: &Herd) -> Result<(Vec<Label>, usize), JobError> {
    let asked: HashSet<&str> = sheet.answers.iter().map(|(detection, ..)| detection.as_str()).collect();
    let mut detections: HashMap<String, u32> = HashMap::new();
    for (row, seen) in (0..).zip(herd.names.iter()) {
        let id = seen?.id;
        if asked.contains(id.as_str()) {
            detections.insert(id, row);
        }
    }
    let profiles: HashMap<&str, u32> = herd.profiles.iter().map(|known| known.id.as_str()).zip(0..).collect();
    let label = |(detection, deer, answer): &(String, String, Answer)| {
        Some(Label {
            detection: *detections.get(detection)?,
            profile: *profiles.get(deer.as_str())?,
            answer: *answer,
        })
    };
    let labels: Vec<Label> = sheet.answers.iter().filter_map(label).collect();
    let without_row = sheet.answers.len() - labels.len();
    Ok((labels, without_row))
}
