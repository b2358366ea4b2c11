//! One analysis with all it is about. The files it becomes: [`files`](super::files).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use deertrack_reid::estimate::{Answer, Label};
use deertrack_reid::{Analysis, Options, VerdictKind, analyze};
use deertrack_schemas::ReidParams;

use super::herd::Herd;
use super::labels::LabelSheet;
use crate::JobError;
use crate::export::Job;

/// What an analysis found, and the rows it is about.
pub struct Study {
    pub(super) herd: Herd,
    pub(super) params: ReidParams,
    pub(super) analysis: Analysis,
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
        let labels = labels.map(|sheet| rows_of(sheet, &herd));
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
        let analysis = analyze(&herd.input, &options).map_err(|error| JobError::Reject(error.to_string()))?;
        Ok(Self { herd, params: params.clone(), analysis, created_at, zone, labels_without_row })
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
        self.herd.counts.assigned_today as f64 / self.herd.detections.len() as f64 * 100.0
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

/// The labels by rows, and how many have none.
fn rows_of(sheet: &LabelSheet, herd: &Herd) -> (Vec<Label>, usize) {
    fn places<'a>(ids: impl Iterator<Item = &'a String>) -> HashMap<&'a str, u32> {
        ids.map(String::as_str).zip(0..).collect()
    }
    let detections = places(herd.detections.iter().map(|seen| &seen.id));
    let profiles = places(herd.profiles.iter().map(|known| &known.id));
    let label = |(detection, deer, answer): &(String, String, Answer)| {
        Some(Label {
            detection: *detections.get(detection.as_str())?,
            profile: *profiles.get(deer.as_str())?,
            answer: *answer,
        })
    };
    let labels: Vec<Label> = sheet.answers.iter().filter_map(label).collect();
    let without_row = sheet.answers.len() - labels.len();
    (labels, without_row)
}
