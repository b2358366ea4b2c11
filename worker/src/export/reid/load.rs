//! Rows of the database as a [`Herd`], the input of the analysis: names as numbers.
//!
//! What is wrong with a vector is told with the id of its row; what is only missing is counted.

use std::collections::{BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveTime};
use deertrack_catalog::{Dataset, Embedding, Individual, LeftOut, Profile, Record};
use deertrack_reid::{Class, Input};
use deertrack_schemas::ReidParams;
use deertrack_survey::calendar::days;
use deertrack_survey::{ImageBox, Place, TimeRange};
use futures::TryStreamExt;

use super::codes::{BURST_GAP, Bursts, Codes};
use super::herd::{Counts, Herd, Known, Seen};
use super::rows::Rows;
use crate::JobError;
use crate::export::{Cx, species};

/// Reads what `params` asks for.
///
/// # Errors
/// `Reject` when there is no embedded detection or no profile, or a vector cannot be used; `Retry` when the database
/// is away.
pub async fn load(cx: &Cx, params: &ReidParams) -> Result<Herd, JobError> {
    let range = match (params.start_date, params.end_date) {
        (Some(first), Some(last)) => Some(days(first, last, cx.zone)),
        _ => None,
    };
    let deer = cx.catalog.profiles().await?;
    let founders: Vec<String> = deer.iter().filter_map(|deer| deer.founder_detection_id.clone()).collect();
    // Whatever is chosen: the mates of a rejected or unchosen founder must not meet its profile either.
    let founders = cx.catalog.records_of(&founders).await?.records;
    let mut loading = Loading::new(deer, cx.catalog.places().await?)?;
    let mut rows = cx.catalog.embeddings(range.clone());
    while let Some(row) = rows.try_next().await? {
        if params.classifications.contains(&row.class) {
            loading.add(row)?;
        }
        cx.job.check_stop()?;
    }
    drop(rows);
    loading.bar_mates_of(&founders);
    let herd = loading.finish(range.is_some(), cx.catalog.dataset_name().await?)?;
    let datasets = cx.catalog.datasets().await?;
    let individuals = cx.catalog.individuals().await?;
    let left_out = cx.catalog.left_out_in(range.unwrap_or_else(ever)).await?;
    Ok(Herd { species: species_of(&datasets, &individuals), left_out, ..herd })
}

/// What the data sets are of and, where a platform tells it, the known deer.
fn species_of(datasets: &[Dataset], individuals: &[Individual]) -> BTreeSet<String> {
    let told = datasets.iter().filter_map(|dataset| dataset.species.as_deref());
    // A list that is no JSON tells nothing.
    let told = told.filter_map(|names| serde_json::from_str::<Vec<String>>(names).ok()).flatten();
    told.chain(species::of_deer(individuals).into_values().map(str::to_owned)).collect()
}

/// All of the time that a photograph can have.
fn ever() -> TimeRange {
    let new_year = |year| NaiveDate::from_ymd_opt(year, 1, 1).expect("every year has a first of January");
    let [first, last] = [1, 9999].map(|year| new_year(year).and_time(NaiveTime::MIN).and_utc());
    first..last
}

/// The input while it grows.
struct Loading {
    gallery: Rows,
    probes: Rows,
    facts: Vec<deertrack_reid::Detection>,
    profile_facts: Vec<deertrack_reid::Profile>,
    founders: HashMap<String, usize>,
    /// Profiles without a founder, by their vector.
    founderless: HashMap<Vec<u32>, usize>,
    detections: Vec<Seen>,
    profiles: Vec<Known>,
    profile_rows: HashMap<String, u32>,
    places: Vec<Place>,
    positions: HashMap<String, [f64; 2]>,
    codes: AllCodes,
    counts: Counts,
}

#[derive(Default)]
struct AllCodes {
    bursts: Bursts,
    versions: Codes,
    images: Codes,
    animals: Codes,
}

impl Loading {
    fn new(deer: Vec<Profile>, places: Vec<Place>) -> Result<Self, JobError> {
        let position = |place: &Place| Some((place.id.clone(), [place.latitude?, place.longitude?]));
        let mut loading = Self {
            gallery: Rows::new("deer"),
            probes: Rows::new("detection"),
            facts: Vec::new(),
            profile_facts: Vec::new(),
            founders: HashMap::new(),
            founderless: HashMap::new(),
            detections: Vec::new(),
            profiles: Vec::new(),
            profile_rows: HashMap::new(),
            positions: places.iter().filter_map(position).collect(),
            places,
            codes: AllCodes::default(),
            counts: Counts::default(),
        };
        for deer in deer {
            loading.add_profile(deer)?;
        }
        Ok(loading)
    }

    fn add_profile(&mut self, deer: Profile) -> Result<(), JobError> {
        let Some(vector) = deer.vector.filter(|vector| !vector.is_empty()) else {
            self.counts.deer_without_vector += 1;
            return Ok(());
        };
        self.gallery.push(&deer.id, &vector)?;
        let row = self.profiles.len();
        self.profile_rows.insert(deer.id.clone(), as_code(row));
        self.profile_facts.push(deertrack_reid::Profile {
            class: class(deer.class),
            founder: None,
            burst: None,
            version: deer.version.as_deref().map(|version| self.codes.versions.of(version)),
            identity: Some(self.codes.animals.of(&deer.id)),
        });
        match &deer.founder_detection_id {
            Some(founder) => self.founders.insert(founder.clone(), row),
            None => self.founderless.insert(bits(&vector), row),
        };
        let founder = deer.founder_detection_id;
        self.profiles.push(Known { id: deer.id, name: deer.name, class: deer.class, founder });
        Ok(())
    }

    fn add(&mut self, row: Embedding) -> Result<(), JobError> {
        let Some(vector) = row.vector.as_deref().filter(|vector| !vector.is_empty()) else {
            self.counts.without_vector += 1;
            return Ok(());
        };
        self.probes.push(&row.id, vector)?;
        if let Some(profile) = self.made_of(&row.id, vector) {
            self.profile_facts[profile].founder = Some(as_code(self.detections.len()));
        }
        let assigned = row.deer_id.as_ref().and_then(|id| self.profile_rows.get(id)).copied();
        self.counts.assigned_today += usize::from(row.deer_id.is_some());
        self.counts.assigned_to_no_profile += usize::from(row.deer_id.is_some() && assigned.is_none());
        let sighting = self.sighting(&row);
        self.facts.push(deertrack_reid::Detection {
            class: class(row.class),
            burst: self.codes.bursts.of(row.burst_id.as_deref(), row.place_id.as_deref(), row.taken_at),
            version: row.version.as_deref().map(|version| self.codes.versions.of(version)),
            assigned,
            identity: row.true_deer_id.as_deref().map(|id| self.codes.animals.of(id)),
            sighting,
        });
        self.detections.push(Seen {
            id: row.id,
            image_id: row.image_id,
            taken_at: row.taken_at,
            place_id: row.place_id,
            class: row.class,
            deer_id: row.deer_id,
        });
        Ok(())
    }

    /// The profile that was made of this detection: by its id, else because it is the very same vector.
    fn made_of(&mut self, id: &str, vector: &[f32]) -> Option<usize> {
        let told = self.founders.get(id).copied();
        if self.founderless.is_empty() {
            told
        } else {
            told.or_else(|| self.founderless.remove(&bits(vector)))
        }
    }

    /// Keeps the burst mates of founders that are not in the analysis from the profiles made of these.
    fn bar_mates_of(&mut self, founders: &[Record]) {
        self.counts.founders_unknown = self.founders.len().saturating_sub(founders.len());
        for record in founders {
            let Some(&profile) = self.founders.get(&record.id) else { continue };
            if self.profile_facts[profile].founder.is_none() {
                self.profile_facts[profile].burst = self.burst_of(record);
            }
        }
    }

    /// The burst of a detection that is not in the analysis, if one that is shares it.
    fn burst_of(&self, record: &Record) -> Option<u32> {
        if let Some(id) = &record.burst_id {
            return self.codes.bursts.told(id);
        }
        let (place, at) = (record.image.place_id.as_deref()?, record.image.taken_at?);
        let is_mate = |seen: &Seen| {
            seen.place_id.as_deref() == Some(place)
                && seen.taken_at.is_some_and(|then| (then - at).abs() <= BURST_GAP)
        };
        self.facts[self.detections.iter().position(is_mate)?].burst
    }

    fn sighting(&mut self, row: &Embedding) -> Option<deertrack_reid::Sighting> {
        Some(deertrack_reid::Sighting {
            image: self.codes.images.of(&row.image_id),
            bbox: row.bbox.and_then(edges),
            position: row.place_id.as_ref().and_then(|id| self.positions.get(id)).copied(),
            seconds: row.taken_at?.timestamp(),
        })
    }

    fn finish(mut self, in_range: bool, dataset: Option<String>) -> Result<Herd, JobError> {
        if self.detections.is_empty() {
            return Err(JobError::Reject(no_detections(in_range, self.counts.without_vector)));
        }
        if self.profiles.is_empty() {
            return Err(JobError::Reject(no_profiles(self.counts.deer_without_vector)));
        }
        self.counts.bursts_inferred = self.codes.bursts.inferred;
        self.counts.founders_unknown += self.founderless.len();
        let input = Input {
            detections: self.facts,
            profiles: self.profile_facts,
            ..Input::new(self.probes.finish("detections")?, self.gallery.finish("profiles")?)
        };
        if input.probes.dim() != input.gallery.dim() {
            return Err(JobError::Reject(format!(
                "The vectors of the detections have {} numbers, those of the deer {}: they cannot be compared. \
                 Embed both with one model.",
                input.probes.dim(),
                input.gallery.dim()
            )));
        }
        let places = self.places.into_iter().map(|place| (place.id, place.name)).collect();
        let (detections, profiles, counts) = (self.detections, self.profiles, self.counts);
        Ok(Herd {
            input,
            detections,
            profiles,
            places,
            dataset,
            species: BTreeSet::new(),
            left_out: LeftOut::default(),
            counts,
        })
    }
}

/// A vector as a key: equal bits are one photograph.
fn bits(vector: &[f32]) -> Vec<u32> {
    vector.iter().map(|number| number.to_bits()).collect()
}

fn as_code(row: usize) -> u32 {
    u32::try_from(row).expect("a row has at least one number, and the numbers are bounded")
}

/// Boxes are compared within one image only, so pixels do as well as fractions.
#[expect(clippy::cast_possible_truncation, reason = "half a pixel of a picture does not matter")]
fn edges(bbox: ImageBox) -> Option<[f32; 4]> {
    let bbox = bbox.numbers()?;
    Some([bbox.x, bbox.y, bbox.width, bbox.height].map(|edge| edge as f32))
}

fn class(class: deertrack_schemas::Class) -> Class {
    match class {
        deertrack_schemas::Class::Buck => Class::Buck,
        deertrack_schemas::Class::Doe => Class::Doe,
        deertrack_schemas::Class::Fawn => Class::Fawn,
        deertrack_schemas::Class::Unknown => Class::Unknown,
    }
}

fn no_detections(in_range: bool, without_vector: usize) -> String {
    let place = if in_range { " in specified date range" } else { "" };
    match without_vector {
        0 => format!("No detections found{place}"),
        _ => {
            format!("No embedded detections found{place}: {without_vector} detections have no feature vector")
        }
    }
}

fn no_profiles(deer_without_vector: usize) -> String {
    match deer_without_vector {
        0 => "No known deer found: there is nothing to compare detections with".to_owned(),
        _ => format!(
            "None of the {deer_without_vector} known deer has a feature vector: there is nothing to compare detections with"
        ),
    }
}
