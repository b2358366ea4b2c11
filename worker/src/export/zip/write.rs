//! The archive: crops in the order of the detections, then the tables.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use deertrack_catalog::{LeftOut, Other, Record};
use deertrack_schemas::{Counts, ZipParams};
use deertrack_survey::BoundingBox;
use deertrack_survey::calendar::Calendar;
use deertrack_survey::zone::ZoneSource;
use sha2::{Digest, Sha256};

use super::crop;
use super::decode::photograph;
use super::names::Names;
use super::problem::Problem;
use super::tables::{Manifest, Metadata, Problems};
use crate::JobError;
use crate::artifact::{Content, Draft, hex};
use crate::export::archive::Archive;
use crate::export::images::ImagesFolder;
use crate::export::told_zone::told_zones;
use crate::export::{Job, Rendered, left_out, team};

/// All that the archive is made of.
pub(super) struct Task {
    pub(super) chosen: Chosen,
    pub(super) params: ZipParams,
    pub(super) created_at: DateTime<Utc>,
    pub(super) images: ImagesFolder,
}

/// What shall be cut out.
pub(super) struct Chosen {
    /// Those of one image stand together.
    pub(super) records: Vec<Record>,
    /// Ids that were asked for and are not there.
    pub(super) missing: Vec<String>,
    /// Asked for by id, and not of the chosen classes, places or deer.
    pub(super) left_out: Vec<Record>,
    /// Asked for by id, and no deer.
    pub(super) others: Vec<Other>,
    /// What no export counts of the days that were asked for.
    pub(super) uncounted: LeftOut,
    pub(super) calendar: Calendar,
    pub(super) places: HashMap<String, String>,
    pub(super) individuals: HashMap<String, String>,
}

impl Chosen {
    fn zones(&self) -> BTreeSet<(&'static str, ZoneSource)> {
        self.calendar.zones(self.records.iter().map(|record| record.image.place_id.as_deref()))
    }
}

/// Makes it. Blocks.
pub(super) fn archive(job: &Job, task: &Task) -> Result<Rendered, JobError> {
    let shots: Vec<&[Record]> = task.chosen.records.chunk_by(|a, b| a.image.id == b.image.id).collect();
    let mut writing = Writing::new(job, task)?;
    if task.params.include_crops {
        let cut = |shot: &&[Record]| cut(job, shot, task);
        team::in_order(&shots, job.cores, cut, |shot, crops| writing.add(shot, crops))?;
    } else {
        shots.iter().try_for_each(|shot| writing.list(shot))?;
    }
    writing.finish(shots.len())
}

/// A crop and its hash.
struct Crop {
    jpeg: Vec<u8>,
    sha256: String,
    /// In fractions of its photograph.
    bbox: BoundingBox,
}

/// The crops of one image, in the order of its records.
fn cut(job: &Job, shot: &[Record], task: &Task) -> Vec<Result<Crop, Problem>> {
    if job.stop.is_cancelled() {
        return Vec::new();
    }
    if shot[0].image.sees_people {
        return shot.iter().map(|_| Err(Problem::KeptBack)).collect();
    }
    // Without a box there is no reason to decode.
    let has_boxes = shot.iter().any(|record| record.bbox.is_some());
    let open = || photograph(&task.images.find(shot[0].image.path.as_deref())?);
    let photograph = if has_boxes { open() } else { Err(Problem::NoBox) };
    let crop = |record: &Record| {
        let bbox = record.bbox.ok_or(Problem::NoBox)?;
        let photograph = photograph.as_ref().map_err(Clone::clone)?;
        let (jpeg, bbox) = crop::of_box(&photograph.pixels, bbox, task.params.crop_size)?;
        Ok(Crop { sha256: hex(&Sha256::digest(&jpeg)), jpeg, bbox })
    };
    shot.iter().map(crop).collect()
}

/// The archive with its tables.
struct Writing<'a> {
    job: &'a Job,
    chosen: &'a Chosen,
    params: &'a ZipParams,
    images: &'a ImagesFolder,
    archive: Archive<Draft>,
    names: Names<'a>,
    metadata: Metadata<'a>,
    problems: Problems,
    manifest: Manifest<'a>,
    done: u64,
    /// Crops; of an archive without them, rows.
    made: u64,
}

impl<'a> Writing<'a> {
    fn new(job: &'a Job, task: &'a Task) -> Result<Self, JobError> {
        let chosen = &task.chosen;
        let mut problems = Problems::new();
        for id in &chosen.missing {
            problems.add_missing(id);
        }
        for record in &chosen.left_out {
            problems.add(
                record,
                task.images.told(record.image.path.as_deref()).as_deref(),
                &Problem::NotChosen,
            );
        }
        for other in &chosen.others {
            problems.add_other(other);
        }
        Ok(Self {
            job,
            chosen,
            params: &task.params,
            images: &task.images,
            archive: Archive::new(job.draft()?),
            names: Names::new(&chosen.calendar),
            metadata: Metadata::new(&chosen.calendar),
            done: problems.count,
            problems,
            manifest: Manifest::new(task.created_at, &task.params, told_zones(&chosen.zones())),
            made: 0,
        })
    }

    /// Adds the crops of one image.
    fn add(&mut self, shot: &'a [Record], crops: Vec<Result<Crop, Problem>>) -> Result<(), JobError> {
        self.job.check_stop()?;
        let image = &shot[0].image;
        if image.sees_people {
            self.manifest.keep_back();
        }
        for (record, crop) in shot.iter().zip(crops) {
            match crop {
                Ok(crop) => self.add_crop(record, crop)?,
                Err(problem) => {
                    let path = self.images.told(image.path.as_deref());
                    self.problems.add(record, path.as_deref(), &problem);
                }
            }
            self.done += 1;
        }
        self.tell("cutting out crops");
        Ok(())
    }

    /// Adds the rows of one image, without its crops.
    fn list(&mut self, shot: &'a [Record]) -> Result<(), JobError> {
        self.job.check_stop()?;
        for record in shot {
            let (place, individual) = self.named(record);
            // A box in pixels of a photograph that nobody opens has no fractions.
            let bbox = record.bbox.and_then(|bbox| bbox.fractions());
            self.metadata.add(record, bbox, None, place, individual);
            self.made += 1;
            self.done += 1;
        }
        self.tell("listing detections");
        Ok(())
    }

    fn tell(&self, stage: &str) {
        let chosen = self.chosen;
        let unmade = chosen.missing.len() + chosen.left_out.len() + chosen.others.len();
        let total = (chosen.records.len() + unmade) as u64;
        let counts = Counts::new(self.done, total);
        let fraction = 0.05 + 0.9 * f64::from(counts.progress_percent) / 100.0;
        self.job.progress.counted(fraction, stage, counts);
    }

    fn add_crop(&mut self, record: &'a Record, crop: Crop) -> Result<(), JobError> {
        let (place, individual) = self.named(record);
        let path = self.names.path(record, place);
        self.archive.store(&path, &crop.jpeg)?;
        self.metadata.add(record, Some(crop.bbox), Some(&path), place, individual);
        self.manifest.add(path, crop.jpeg.len(), crop.sha256);
        self.made += 1;
        Ok(())
    }

    /// The names of the place and of the animal.
    fn named(&self, record: &Record) -> (Option<&'a str>, Option<&'a str>) {
        let named = |names: &'a HashMap<String, String>, id: &Option<String>| {
            id.as_ref().and_then(|id| names.get(id)).map(String::as_str)
        };
        let chosen = self.chosen;
        (named(&chosen.places, &record.image.place_id), named(&chosen.individuals, &record.deer_id))
    }

    fn finish(mut self, images: usize) -> Result<Rendered, JobError> {
        self.job.progress.at(0.96, "writing the tables");
        let item = if self.params.include_crops { "crop" } else { "row" };
        let mut headline =
            headline(self.made, item, images as u64, self.problems.count, self.manifest.kept_back());
        let species: BTreeSet<&str> =
            self.chosen.records.iter().filter_map(|record| record.scientific_name.as_deref()).collect();
        if !species.is_empty() {
            headline.push_str(&format!("; of {}", species.iter().copied().collect::<Vec<_>>().join(", ")));
        }
        self.manifest.of_species(species);
        headline.push_str(&left_out::tail(&self.chosen.uncounted));
        let metadata = self.params.include_metadata_csv.then(|| ("metadata.csv", self.metadata.finish()));
        for (path, text) in metadata.into_iter().chain([("problems.csv", self.problems.finish())]) {
            self.archive.deflate(path, &text)?;
            self.manifest.add(path.to_owned(), text.len(), hex(&Sha256::digest(&text)));
        }
        self.archive.deflate("manifest.json", &self.manifest.finish())?;
        let content = Content::OnDisk(self.archive.finish()?);
        Ok(Rendered { content, headline: Some(headline) })
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
