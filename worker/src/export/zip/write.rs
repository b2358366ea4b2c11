//! The archive: crops in the order of the detections, then the tables.

use std::sync::Arc;

use deertrack_schemas::Counts;
use deertrack_survey::BoundingBox;
use sha2::{Digest, Sha256};

use super::basis::Basis;
use super::chosen::{Chosen, Known};
use super::crop;
use super::decode::photograph;
use super::manifest::{Entries, Entry, Head};
use super::names::Names;
use super::problem::Problem;
use super::row::Row;
use super::tables::{Metadata, Problems};
use crate::JobError;
use crate::artifact::{Content, Draft, hex};
use crate::export::archive::Archive;
use crate::export::told_zone::told_zones;
use crate::export::{Job, Rendered, left_out, team};

/// Rows of a list between two words about how far it is.
const TELL_EVERY: u64 = 1_000;

/// Makes it. Blocks.
pub(super) fn archive(job: &Job, basis: &Arc<Basis>, chosen: Chosen) -> Result<Rendered, JobError> {
    let (shots, known) = chosen.shots()?;
    let mut writing = Writing::new(job, basis, &known)?;
    if basis.params.include_crops {
        let cut = |shot: &Vec<Row>| cut(job, shot, basis);
        team::in_order(shots, job.cores, cut, |shot, crops| writing.add(&shot, crops))?;
    } else {
        for shot in shots {
            writing.list(&shot?)?;
        }
    }
    writing.finish()
}

/// A crop and its hash.
struct Crop {
    jpeg: Vec<u8>,
    sha256: String,
    /// In fractions of its photograph.
    bbox: BoundingBox,
}

/// The crops of one image, in the order of its rows.
fn cut(job: &Job, shot: &[Row], basis: &Basis) -> Vec<Result<Crop, Problem>> {
    if job.stop.is_cancelled() {
        return Vec::new();
    }
    if shot[0].sees_people {
        return shot.iter().map(|_| Err(Problem::KeptBack)).collect();
    }
    // Without a box there is no reason to decode.
    let has_boxes = shot.iter().any(|row| row.bbox.is_some());
    let open = || photograph(&basis.images.find(shot[0].path.as_deref())?);
    let photograph = if has_boxes { open() } else { Err(Problem::NoBox) };
    let crop = |row: &Row| {
        let bbox = row.bbox.ok_or(Problem::NoBox)?;
        let photograph = photograph.as_ref().map_err(Clone::clone)?;
        let (jpeg, bbox) = crop::of_box(&photograph.pixels, bbox, basis.params.crop_size)?;
        Ok(Crop { sha256: hex(&Sha256::digest(&jpeg)), jpeg, bbox })
    };
    shot.iter().map(crop).collect()
}

/// The archive with its tables.
struct Writing<'a> {
    job: &'a Job,
    basis: &'a Basis,
    known: &'a Known,
    archive: Archive<Draft>,
    names: Names<'a>,
    metadata: Option<Metadata>,
    problems: Problems,
    entries: Entries,
    images: u64,
    /// Photographs without a crop because somebody saw a person or a vehicle.
    kept_back: u64,
    done: u64,
    /// How many of them were told.
    told: u64,
    /// Crops; of an archive without them, rows.
    made: u64,
}

impl<'a> Writing<'a> {
    fn new(job: &'a Job, basis: &'a Basis, known: &'a Known) -> Result<Self, JobError> {
        let scratch = job.scratch();
        let mut problems = Problems::new(scratch.file()?)?;
        for id in &known.unmade.missing {
            problems.add_missing(id)?;
        }
        for row in &known.unmade.left_out {
            problems.add(basis, row, &Problem::NotChosen)?;
        }
        for other in &known.unmade.others {
            problems.add_other(other)?;
        }
        let has_metadata = basis.params.include_metadata_csv;
        Ok(Self {
            job,
            basis,
            known,
            archive: Archive::large(job.draft()?, scratch.file()?),
            names: Names::new(&basis.calendar),
            metadata: has_metadata.then(|| Metadata::new(scratch.file()?)).transpose()?,
            done: problems.count,
            told: 0,
            problems,
            entries: Entries::new(scratch.file()?),
            images: 0,
            kept_back: 0,
            made: 0,
        })
    }

    /// Adds the crops of one image.
    fn add(&mut self, shot: &[Row], crops: Vec<Result<Crop, Problem>>) -> Result<(), JobError> {
        self.job.check_stop()?;
        self.images += 1;
        if shot[0].sees_people {
            self.kept_back += 1;
        }
        for (row, crop) in shot.iter().zip(crops) {
            match crop {
                Ok(crop) => self.add_crop(row, crop)?,
                Err(problem) => self.problems.add(self.basis, row, &problem)?,
            }
            self.done += 1;
        }
        self.tell("cutting out crops");
        Ok(())
    }

    /// Adds the rows of one image, without its crops.
    fn list(&mut self, shot: &[Row]) -> Result<(), JobError> {
        self.job.check_stop()?;
        self.images += 1;
        for row in shot {
            // A box in pixels of a photograph that nobody opens has no fractions.
            let bbox = row.bbox.and_then(|bbox| bbox.fractions());
            self.add_row(row, bbox, None)?;
            self.done += 1;
        }
        if self.done - self.told >= TELL_EVERY {
            self.tell("listing detections");
        }
        Ok(())
    }

    fn tell(&mut self, stage: &str) {
        self.told = self.done;
        let total = self.known.count + self.known.unmade.count();
        let counts = Counts::new(self.done, total);
        let fraction = 0.05 + 0.9 * f64::from(counts.progress_percent) / 100.0;
        self.job.progress.counted(fraction, stage, counts);
    }

    fn add_crop(&mut self, row: &Row, Crop { jpeg, sha256, bbox }: Crop) -> Result<(), JobError> {
        let path = self.names.path(row, self.basis.place(row));
        self.archive.store(&path, &jpeg)?;
        self.add_row(row, Some(bbox), Some(&path))?;
        self.entries.add(&Entry { path, size: jpeg.len() as u64, sha256 })
    }

    fn add_row(&mut self, row: &Row, bbox: Option<BoundingBox>, path: Option<&str>) -> Result<(), JobError> {
        self.made += 1;
        self.metadata.as_mut().map_or(Ok(()), |metadata| metadata.add(self.basis, row, bbox, path))
    }

    fn finish(mut self) -> Result<Rendered, JobError> {
        if self.told < self.done {
            self.tell("listing detections");
        }
        self.job.progress.at(0.96, "writing the tables");
        let headline = self.headline();
        let tables = self.metadata.map(Metadata::finish).into_iter().chain([self.problems.finish()]);
        for table in tables {
            self.job.check_stop()?;
            let (table, entry) = table?;
            self.archive.append(table)?;
            self.entries.add(&entry)?;
        }
        let head = Head {
            created_at: self.basis.created_at,
            params: &self.basis.params,
            species: &self.known.species,
            time_zones: told_zones(&self.known.zones),
            photographs_kept_back: self.kept_back,
        };
        let (job, entries, aside) = (self.job, self.entries, self.job.scratch().file()?);
        self.archive.deflate_from("manifest.json", aside, |out| entries.write(job, &head, out))?;
        let content = Content::OnDisk(self.archive.finish()?);
        Ok(Rendered { content, headline: Some(headline) })
    }

    fn headline(&self) -> String {
        let item = if self.basis.params.include_crops { "crop" } else { "row" };
        let mut told = headline(self.made, item, self.images, self.problems.count, self.kept_back);
        let species = &self.known.species;
        if !species.is_empty() {
            told.push_str(&format!(
                "; of {}",
                species.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
            ));
        }
        told + &left_out::tail(&self.known.uncounted)
    }
}

fn headline(made: u64, item: &str, images: u64, problems: u64, kept_back: u64) -> String {
    let one_or_more = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let mut said = format!("{} from {}", one_or_more(made, item), one_or_more(images - kept_back, "image"));
    if problems > 0 {
        said += &format!("; {} could not be made, see problems.csv", one_or_more(problems, item));
    }
    if kept_back > 0 {
        said += &format!("; {} kept back for a person or a vehicle", one_or_more(kept_back, "photograph"));
    }
    said
}
