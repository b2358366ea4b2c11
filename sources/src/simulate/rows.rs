//! The season as rows: what the cameras took, what the model made of it, and the truth beside it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Days, TimeDelta, Utc};
use deertrack_catalog::store::{NewDataset, NewDeer, NewDeployment, NewDetection, NewImage, NewPlace};
use deertrack_schemas::Class;
use deertrack_survey::BoundingBox;
use rand::Rng;
use rand_chacha::ChaCha12Rng;

use super::embedding::{Burst, VERSION, Vector, best_match};
use super::frame;
use super::options::Options;
use super::season::{Place, Season, Shot, Stand};
use super::streams::{Stream, random};
use super::summary::Summary;

/// At which cosine the platform assigns a detection.
const THRESHOLD: f32 = 0.70;
/// How often a known animal is assigned where there are no vectors.
const ASSIGNED: f64 = 0.2;
/// How often the model cannot tell a class, and how often it tells a wrong one.
const UNTOLD: f64 = 0.05;
const WRONG: f64 = 0.03;
/// How many of its errors a person has corrected.
const REVIEWED: f64 = 0.4;
/// How often a branch looks like a deer, until a person rejects it; and how often a row comes twice.
const PHANTOMS: f64 = 0.01;
const DUPLICATES: f64 = 0.01;

/// Rows of all tables.
pub(super) struct Rows {
    pub(super) dataset: NewDataset,
    pub(super) places: Vec<NewPlace>,
    pub(super) deployments: Vec<NewDeployment>,
    pub(super) images: Vec<NewImage>,
    pub(super) deer: Vec<NewDeer>,
    pub(super) detections: Vec<NewDetection>,
    animals: usize,
    frames: usize,
}

impl Rows {
    /// `paths` are the files of drawn shots, by the number of the shot.
    pub(super) fn of(season: &Season, paths: &BTreeMap<usize, PathBuf>, vectors: bool) -> Self {
        let ids = Ids(season.seed);
        let mut detections = detections(season, &ids, vectors);
        let deer = found_profiles(season, &ids, &mut detections);
        if vectors {
            assign(&ids, &deer, &mut detections);
        } else {
            assign_by_chance(season, &ids, &mut detections);
        }
        Self {
            dataset: NewDataset {
                id: ids.dataset(),
                name: "Simulated herd".to_owned(),
                source: Some(format!("deertrack simulate --seed {}", season.seed)),
                ..NewDataset::default()
            },
            places: places(season, &ids),
            deployments: deployments(season, &ids),
            images: images(season, &ids, paths),
            deer: deer_rows(season, &ids, &deer, &detections),
            detections: detections.into_iter().map(|detection| detection.row).collect(),
            animals: season.herd.len(),
            frames: paths.len(),
        }
    }

    pub(super) fn summary(&self, seed: u64, options: &Options) -> Summary {
        let back = Days::new(u64::from(options.days - 1));
        Summary {
            seed,
            first_day: options.end.checked_sub_days(back).unwrap_or(options.end),
            last_day: options.end,
            places: self.places.len(),
            deployments: self.deployments.len(),
            images: self.images.len(),
            frames: self.frames,
            detections: self.detections.len(),
            assigned: self.detections.iter().filter(|row| row.deer_id.is_some()).count(),
            animals: self.animals,
            known_deer: self.deer.len(),
        }
    }
}

/// Ids hold the seed, so that seasons of several seeds can lie beside each other.
struct Ids(u64);

impl Ids {
    fn dataset(&self) -> String {
        format!("sim-{}", self.0)
    }

    fn of(&self, what: &str, number: usize) -> String {
        format!("sim-{}-{what}-{number:05}", self.0)
    }

    fn place(&self, number: usize) -> String {
        self.of("place", number + 1)
    }

    fn stand(&self, number: usize) -> String {
        self.of("deployment", number + 1)
    }

    fn image(&self, number: usize) -> String {
        self.of("image", number + 1)
    }

    fn deer(&self, number: usize) -> String {
        self.of("deer", number + 1)
    }
}

/// A detection with the animal it truly shows, and when.
struct Detected {
    row: NewDetection,
    animal: Option<usize>,
    at: DateTime<Utc>,
}

fn places(season: &Season, ids: &Ids) -> Vec<NewPlace> {
    let place = |(number, place): (usize, &Place)| NewPlace {
        id: ids.place(number),
        name: place.name.clone(),
        latitude: Some(place.latitude),
        longitude: Some(place.longitude),
        timezone: Some("Europe/London".to_owned()),
        coordinate_uncertainty: Some(10.0),
        dataset_id: Some(ids.dataset()),
        source_id: Some(ids.place(number)),
        zone_source: Some("told".to_owned()),
    };
    season.places.iter().enumerate().map(place).collect()
}

fn deployments(season: &Season, ids: &Ids) -> Vec<NewDeployment> {
    let stand = |(number, stand): (usize, &Stand)| NewDeployment {
        id: ids.stand(number),
        dataset_id: Some(ids.dataset()),
        location_id: ids.place(stand.place),
        camera: Some(format!("cam-{}", stand.place + 1)),
        start: stand.span.start,
        end: Some(stand.span.end),
        source_id: Some(ids.stand(number)),
        ..NewDeployment::default()
    };
    season.stands.iter().enumerate().map(stand).collect()
}

fn images(season: &Season, ids: &Ids, paths: &BTreeMap<usize, PathBuf>) -> Vec<NewImage> {
    let image = |(number, shot): (usize, &Shot)| NewImage {
        id: ids.image(number),
        dataset_id: Some(ids.dataset()),
        location_id: Some(ids.place(shot.place)),
        deployment_id: Some(ids.stand(shot.stand)),
        path: paths.get(&number).map(|path| path.to_string_lossy().into_owned()),
        timestamp: Some(shot.at),
        width: Some(frame::WIDTH),
        height: Some(frame::HEIGHT),
        media_type: Some("image/jpeg".to_owned()),
        capture_method: Some("activityDetection".to_owned()),
        ..NewImage::default()
    };
    season.shots.iter().enumerate().map(image).collect()
}

fn detections(season: &Season, ids: &Ids, vectors: bool) -> Vec<Detected> {
    let mut rng = random(season.seed, Stream::Model);
    let mut bursts: BTreeMap<(usize, usize), Burst> = BTreeMap::new();
    let mut founded = vec![false; season.herd.len()];
    let mut detections = Vec::new();
    for (number, shot) in season.shots.iter().enumerate() {
        for (animal, pose) in &shot.seen {
            let is_founder = season.herd[*animal].is_known && !std::mem::replace(&mut founded[*animal], true);
            let vector = vectors.then(|| {
                let burst = bursts.entry((shot.visit, *animal)).or_insert_with(|| {
                    if is_founder { Burst::good(&mut rng) } else { Burst::new(shot.light, &mut rng) }
                });
                burst.photograph(&season.herd[*animal].identity, &mut rng)
            });
            let bbox = frame::bounding_box(&season.herd[*animal], *pose);
            let mut row = model(ids, detections.len(), number, season.herd[*animal].class, &mut rng);
            row.bbox = Some(bbox);
            row.true_deer_id = Some(ids.deer(*animal));
            row.embedding_version = vector.is_some().then(|| VERSION.to_owned());
            row.feature_vector = vector;
            push(&mut detections, row, Some(*animal), shot);
            if rng.random_bool(DUPLICATES) {
                let again = detections[detections.len() - 1].row.clone();
                let id = ids.of("detection", detections.len() + 1);
                push(&mut detections, NewDetection { id, is_duplicate: true, ..again }, Some(*animal), shot);
            }
        }
        if rng.random_bool(PHANTOMS) {
            let mut row = model(ids, detections.len(), number, Class::Unknown, &mut rng);
            row.bbox = Some(phantom(&mut rng));
            row.is_valid = false;
            row.corrected_class = None;
            push(&mut detections, row, None, shot);
        }
    }
    detections
}

fn push(detections: &mut Vec<Detected>, mut row: NewDetection, animal: Option<usize>, shot: &Shot) {
    row.created_at = Some(shot.at + TimeDelta::seconds(90));
    row.burst_id = Some(format!("{}-{:05}", row.dataset_id.as_deref().unwrap_or_default(), shot.visit + 1));
    detections.push(Detected { row, animal, at: shot.at });
}

/// What the model says of an animal of a class, and what a person said of that.
fn model(ids: &Ids, number: usize, shot: usize, truth: Class, rng: &mut ChaCha12Rng) -> NewDetection {
    let chance: f64 = rng.random();
    let class = if chance < UNTOLD {
        Class::Unknown
    } else if chance < UNTOLD + WRONG {
        match truth {
            Class::Doe => Class::Fawn,
            Class::Buck | Class::Fawn | Class::Unknown => Class::Doe,
        }
    } else {
        truth
    };
    let confidence = if class == truth { rng.random_range(0.78..0.995) } else { rng.random_range(0.4..0.8) };
    let is_reviewed = class != truth && rng.random_bool(REVIEWED);
    NewDetection {
        dataset_id: Some(ids.dataset()),
        corrected_class: is_reviewed.then_some(truth),
        confidence: Some((confidence * 1000.0_f64).round() / 1000.0),
        scientific_name: Some("Dama dama".to_owned()),
        classification_method: Some(if is_reviewed { "human" } else { "machine" }.to_owned()),
        ..NewDetection::of(ids.of("detection", number + 1), ids.image(shot), class)
    }
}

/// A branch.
fn phantom(rng: &mut ChaCha12Rng) -> BoundingBox {
    let (width, height) = (rng.random_range(0.05..0.2), rng.random_range(0.05..0.2));
    BoundingBox {
        x: rng.random_range(0.0..1.0 - width),
        y: rng.random_range(0.0..1.0 - height),
        width,
        height,
    }
}

/// A profile: the animal, the detection that founded it, and that one's vector.
struct Profile {
    animal: usize,
    founder: usize,
    vector: Option<Vector>,
}

/// The first photograph of each known animal is a good one and founds its profile.
fn found_profiles(season: &Season, ids: &Ids, detections: &mut [Detected]) -> Vec<Profile> {
    let mut profiles = Vec::new();
    for (number, animal) in season.herd.iter().enumerate().filter(|(_, animal)| animal.is_known) {
        let first = detections.iter().position(|detected| detected.animal == Some(number));
        let Some(founder) = first else { continue };
        let row = &mut detections[founder].row;
        row.class = animal.class;
        row.corrected_class = None;
        row.deer_id = Some(ids.deer(number));
        let vector = row.feature_vector.clone();
        profiles.push(Profile { animal: number, founder, vector });
    }
    profiles
}

/// Assigns each detection to the most alike profile, right or wrong, where it is alike enough.
fn assign(ids: &Ids, profiles: &[Profile], detections: &mut [Detected]) {
    let vectors = profiles.iter().filter_map(|profile| Some((profile.animal, profile.vector.clone()?)));
    let gallery: Vec<(usize, Vector)> = vectors.collect();
    for detected in detections {
        let Some(vector) = &detected.row.feature_vector else { continue };
        let best = best_match(vector, &gallery).filter(|(_, cosine)| *cosine >= THRESHOLD);
        detected.row.deer_id = best.map(|(animal, _)| ids.deer(animal));
    }
}

/// Without vectors to compare: as many of the known animals' detections as the usual threshold assigns, all to the right
/// ones, and the founders.
fn assign_by_chance(season: &Season, ids: &Ids, detections: &mut [Detected]) {
    let mut rng = random(season.seed, Stream::Model);
    for detected in detections {
        let is_alike = rng.random_bool(ASSIGNED);
        let known = detected.animal.filter(|animal| season.herd[*animal].is_known && is_alike);
        if let Some(animal) = known {
            detected.row.deer_id = Some(ids.deer(animal));
        }
    }
}

fn deer_rows(season: &Season, ids: &Ids, profiles: &[Profile], detections: &[Detected]) -> Vec<NewDeer> {
    let mut seen: BTreeMap<&str, (DateTime<Utc>, DateTime<Utc>)> = BTreeMap::new();
    for detected in detections {
        let Some(id) = detected.row.deer_id.as_deref() else { continue };
        let (first, last) = seen.entry(id).or_insert((detected.at, detected.at));
        (*first, *last) = ((*first).min(detected.at), (*last).max(detected.at));
    }
    let row = |profile: &Profile| {
        let id = ids.deer(profile.animal);
        let times = seen.get(id.as_str());
        let animal = &season.herd[profile.animal];
        NewDeer {
            dataset_id: Some(ids.dataset()),
            name: animal.name.clone(),
            sex: animal.class,
            feature_vector: profile.vector.clone(),
            embedding_version: profile.vector.is_some().then(|| VERSION.to_owned()),
            founder_detection_id: Some(detections[profile.founder].row.id.clone()),
            first_seen: times.map(|(first, _)| *first),
            last_seen: times.map(|(_, last)| *last),
            source_id: Some(id.clone()),
            id,
        }
    };
    profiles.iter().map(row).collect()
}
