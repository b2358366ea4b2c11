//! The files that a study becomes, one after the other, and its verdict in words.

use super::failure::failed;
use super::file::File;
use super::sample::Photographs;
use super::study::Study;
use super::{document, pictures, report, sample, tables, wording};
use crate::JobError;
use crate::export::Job;

impl Study {
    /// Makes every file, one at a time. `ident` tells this document from all others. Blocks.
    ///
    /// # Errors
    /// Those of `sink`; `Stopped` when told to stop; `Reject` when a page cannot be drawn.
    pub fn files(
        &self,
        job: &Job,
        ident: &str,
        photographs: &Photographs,
        sink: &mut dyn FnMut(File<'_>) -> Result<(), JobError>,
    ) -> Result<(), JobError> {
        let step = |fraction: f64, stage: &str| {
            job.progress.at(fraction, stage);
            job.check_stop()
        };
        step(0.6, "drawing pictures")?;
        sink(File::binary("similarity_distribution.png", pictures::distribution(job, self)?))?;
        sink(File::binary("cumulative.png", pictures::cumulative(job, self)?))?;
        sink(File::text("dendrogram.svg", pictures::dendrogram(job, self)?))?;
        step(0.75, "drawing pages")?;
        sink(File::binary("report.pdf", report::pdf(job, self, ident)?))?;
        step(0.85, "writing tables")?;
        sink(File::long_text("scores.csv", Box::new(|out| tables::scores(job, self, out))))?;
        sink(File::text("thresholds.csv", tables::thresholds(self)))?;
        sink(File::text("clusters.csv", tables::clusters(self)))?;
        sink(File::text("analysis.json", document::json(self)))?;
        if self.params.sample_size > 0 {
            step(0.9, "drawing the sample")?;
            sample::files(job, self, photographs, sink)?;
        }
        // Nothing that was drawn from what could not be read must be published.
        self.analysis.matches.check().map_err(failed)
    }

    /// The sample alone, as `sample/...`. Blocks.
    ///
    /// # Errors
    /// As [`Study::files`].
    pub fn sample_files(
        &self,
        job: &Job,
        photographs: &Photographs,
        sink: &mut dyn FnMut(File<'_>) -> Result<(), JobError>,
    ) -> Result<(), JobError> {
        sample::files(job, self, photographs, sink)
    }

    /// `thresholds.csv`.
    pub fn thresholds_csv(&self) -> Vec<u8> {
        tables::thresholds(self)
    }

    /// `analysis.json`.
    pub fn json(&self) -> Vec<u8> {
        document::json(self)
    }

    /// The verdict in one sentence.
    pub fn headline(&self) -> String {
        wording::headline(self)
    }

    /// The same, with the species and what is left out.
    pub fn told(&self) -> String {
        wording::told(self)
    }

    /// The verdict's title, its reason and what to do, each in plain words.
    pub fn verdict(&self) -> [String; 3] {
        let verdict = &self.analysis.verdict;
        [wording::title(self), verdict.reason.clone(), wording::advice(self).to_owned()]
    }
}
