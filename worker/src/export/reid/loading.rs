//! Rows of the database as a [`Herd`], the input of the analysis: names as numbers.
//!
//! What is wrong with a vector is told with the id of its row; what is only missing is counted.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use deertrack_catalog::{Embedding, LeftOut, Profile, Record};
use deertrack_reid::column::{Column, Growing};
use deertrack_reid::{Class, Detection, Input, Scratch};
use deertrack_survey::{ImageBox, Place};

use super::codes::{BURST_GAP, Bursts, Codes, Images};
use super::failure::failed;
use super::herd::{Counts, Herd, Known};
use super::names::{Names, Naming, Seen};
use super::rows::{Gallery, Rows};
use crate::JobError;

/// The input while it grows.
pub(super) struct Loading<'a> {
    gallery: Gallery,
    probes: Rows<'a>,
    facts: Growing<'a, Detection>,
    naming: Naming<'a>,
    /// How many detections.
    count: usize,
    taken: Option<[DateTime<Utc>; 2]>,
    profile_facts: Vec<deertrack_reid::Profile>,
    founders: HashMap<String, usize>,
    /// Profiles without a founder, by their vector.
    founderless: HashMap<Vec<u32>, usize>,
    /// The first numbers of these: few vectors need a closer look.
    first_numbers: HashSet<u32>,
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
    images: Images,
    animals: Codes,
}

impl<'a> Loading<'a> {
    pub(super) fn new(
        scratch: &'a dyn Scratch,
        deer: Vec<Profile>,
        places: Vec<Place>,
    ) -> Result<Self, JobError> {
        let position = |place: &Place| Some((place.id.clone(), [place.latitude?, place.longitude?]));
        let mut loading = Self {
            gallery: Gallery::new(),
            probes: Rows::new(scratch),
            facts: Growing::new(scratch),
            naming: Naming::new(scratch),
            count: 0,
            taken: None,
            profile_facts: Vec::new(),
            founders: HashMap::new(),
            founderless: HashMap::new(),
            first_numbers: HashSet::new(),
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
            None => {
                self.first_numbers.extend(vector.first().map(|number| number.to_bits()));
                self.founderless.insert(bits(&vector), row)
            }
        };
        let founder = deer.founder_detection_id;
        self.profiles.push(Known { id: deer.id, name: deer.name, class: deer.class, founder });
        Ok(())
    }

    /// Adds the next detection; they come in order of time.
    pub(super) fn add(&mut self, row: Embedding) -> Result<(), JobError> {
        let Some(vector) = row.vector.as_deref().filter(|vector| !vector.is_empty()) else {
            self.counts.without_vector += 1;
            return Ok(());
        };
        self.probes.push(&row.id, vector)?;
        if let Some(profile) = self.made_of(&row.id, vector) {
            self.profile_facts[profile].founder = Some(as_code(self.count));
        }
        let assigned = row.deer_id.as_ref().and_then(|id| self.profile_rows.get(id)).copied();
        self.counts.assigned_today += usize::from(row.deer_id.is_some());
        self.counts.assigned_to_no_profile += usize::from(row.deer_id.is_some() && assigned.is_none());
        let sighting = self.sighting(&row);
        let facts = Detection {
            class: class(row.class),
            burst: self.codes.bursts.of(row.burst_id.as_deref(), row.place_id.as_deref(), row.taken_at),
            version: row.version.as_deref().map(|version| self.codes.versions.of(version)),
            assigned,
            identity: row.true_deer_id.as_deref().map(|id| self.codes.animals.of(id)),
            sighting,
        };
        self.facts.push(facts).map_err(failed)?;
        if let Some(at) = row.taken_at {
            let [first, last] = self.taken.unwrap_or([at, at]);
            self.taken = Some([first.min(at), last.max(at)]);
        }
        self.count += 1;
        self.naming.push(&Seen {
            id: row.id,
            image_id: row.image_id,
            taken_at: row.taken_at,
            place_id: row.place_id,
            class: row.class,
            deer_id: row.deer_id,
        })
    }

    /// The profile that was made of this detection: by its id, else because it is the very same vector.
    fn made_of(&mut self, id: &str, vector: &[f32]) -> Option<usize> {
        let told = self.founders.get(id).copied();
        let may_be = vector.first().is_some_and(|number| self.first_numbers.contains(&number.to_bits()));
        told.or_else(|| if may_be { self.founderless.remove(&bits(vector)) } else { None })
    }

    fn sighting(&mut self, row: &Embedding) -> Option<deertrack_reid::Sighting> {
        Some(deertrack_reid::Sighting {
            image: self.codes.images.of(&row.image_id),
            bbox: row.bbox.and_then(edges),
            position: row.place_id.as_ref().and_then(|id| self.positions.get(id)).copied(),
            seconds: row.taken_at?.timestamp(),
        })
    }

    /// All that was added. `founders` are the detections that deer were made of, in the analysis or not.
    pub(super) fn finish(
        mut self,
        founders: &[Record],
        in_range: bool,
        dataset: Option<String>,
    ) -> Result<Herd, JobError> {
        if self.count == 0 {
            return Err(JobError::Reject(no_detections(in_range, self.counts.without_vector)));
        }
        if self.profiles.is_empty() {
            return Err(JobError::Reject(no_profiles(self.counts.deer_without_vector)));
        }
        self.counts.bursts_inferred = self.codes.bursts.inferred;
        self.counts.founders_unknown =
            self.founders.len().saturating_sub(founders.len()) + self.founderless.len();
        let (names, detections) = (self.naming.finish()?, self.facts.finish().map_err(failed)?);
        let absent = Absent { founders: &self.founders, bursts: &self.codes.bursts };
        absent.bar_mates_of(founders, &names, &detections, &mut self.profile_facts)?;
        let input = Input {
            detections,
            profiles: self.profile_facts,
            ..Input::new(self.probes.finish()?, self.gallery.finish()?)
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
        let (taken, profiles, counts) = (self.taken, self.profiles, self.counts);
        Ok(Herd {
            input,
            names,
            taken,
            profiles,
            places,
            dataset,
            species: BTreeSet::new(),
            left_out: LeftOut::default(),
            counts,
        })
    }
}

/// Founders that are not in the analysis: rejected, or not chosen.
struct Absent<'a> {
    founders: &'a HashMap<String, usize>,
    bursts: &'a Bursts,
}

impl Absent<'_> {
    /// Keeps their burst mates from the profiles made of them.
    fn bar_mates_of(
        &self,
        founders: &[Record],
        names: &Names,
        detections: &Column<Detection>,
        profiles: &mut [deertrack_reid::Profile],
    ) -> Result<(), JobError> {
        // Profile, place and time of those whose burst follows from them.
        let mut by_place: HashMap<&str, Vec<(usize, DateTime<Utc>)>> = HashMap::new();
        for record in founders {
            let Some(&profile) = self.founders.get(&record.id) else { continue };
            if profiles[profile].founder.is_some() {
                continue;
            }
            match (&record.burst_id, record.image.place_id.as_deref(), record.image.taken_at) {
                (Some(id), ..) => profiles[profile].burst = self.bursts.told(id),
                (None, Some(place), Some(at)) => by_place.entry(place).or_default().push((profile, at)),
                _ => {}
            }
        }
        if by_place.is_empty() {
            return Ok(());
        }
        let mut found = HashSet::new();
        for (seen, detection) in names.iter().zip(detections.iter()) {
            let seen = seen?;
            let Some(then) = seen.taken_at else { continue };
            let at_place = seen.place_id.as_deref().and_then(|place| by_place.get(place));
            // The first mate tells the burst.
            for &(profile, at) in at_place.into_iter().flatten() {
                if (then - at).abs() <= BURST_GAP && found.insert(profile) {
                    profiles[profile].burst = detection.burst;
                }
            }
        }
        detections.check().map_err(failed)
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
