//! Detections that look like those of a real season, made without randomness from outside: the same seed, the same
//! herd. For tests and benchmarks of the report; `simulate` is the one with known truth.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use deertrack_catalog::{
    Asked, Catalog, CatalogError, Embedding, Frame, Image, Individual, LeftOut, Level, Profile, Reason,
    Record, Repeats, Seen, Sighting,
};
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::{Class, Command, Export, PdfParams};
use deertrack_survey::{Deployment, Place, TimeRange};
use deertrack_worker::export::{Cx, ImagesFolder, Job, Progress};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A catalog in memory.
#[derive(Clone, Default)]
pub(crate) struct Herd {
    /// By time, then id.
    pub(crate) detections: Vec<Sighting>,
    /// Theirs, each once.
    pub(crate) images: Vec<Image>,
    pub(crate) deer: Vec<Individual>,
    pub(crate) left_out: LeftOut,
    pub(crate) places: Vec<Place>,
    pub(crate) deployments: Vec<Deployment>,
    pub(crate) dataset: Option<String>,
}

impl Herd {
    /// `detections` spread over 2020 and `places`, more of them at dusk, at dawn and in the rut.
    pub(crate) fn season(seed: u64, detections: usize, places: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let start = utc("2020-01-01T00:00:00Z");
        let mut all: Vec<Sighting> = (0..detections)
            .map(|index| {
                let taken_at = start + TimeDelta::seconds(moment(&mut rng));
                detection(index, taken_at, places, &mut rng)
            })
            .collect();
        seen_at_once(&mut all);
        all.sort_by(|a, b| (a.taken_at, &a.id).cmp(&(b.taken_at, &b.id)));
        let deployments =
            (0..places).zip(0_i64..).filter(|(place, _)| place % 5 != 4).map(|(place, n)| Deployment {
                id: format!("d{place}"),
                place_id: place_id(place),
                camera: None,
                start: start + TimeDelta::days(n * 7 % 90),
                end: Some(start + TimeDelta::days(300 + n * 11 % 60)),
                failures: Vec::new(),
            });
        let known = Class::ALL.into_iter().flat_map(|class| (0..8).map(move |number| known(class, number)));
        Self {
            images: images_of(&all),
            detections: all,
            deer: known.collect(),
            left_out: LeftOut { rejected: 7, duplicates: 3, ..LeftOut::default() },
            deployments: deployments.collect(),
            places: (0..places)
                .map(|index| Place {
                    id: place_id(index),
                    name: name(index),
                    latitude: Some(50.8 + 0.013 * (index % 7) as f64),
                    longitude: Some(4.6 + 0.017 * (index / 7 + index % 3) as f64),
                    coordinate_uncertainty: None,
                    zone: None,
                    offset_zone: None,
                })
                .collect(),
            dataset: Some("Simulated herd".into()),
        }
    }

    /// What a worker would give an export that reads this herd in the zone of Brussels.
    pub(crate) fn cx(self, progress: Progress) -> Cx {
        Cx {
            catalog: Arc::new(self),
            zone: Tz::Europe__Brussels,
            images: ImagesFolder::default(),
            job: Job::alone(progress),
        }
    }
}

/// Seconds since new year: more in July and August and around 05:00 and 20:00 UTC.
fn moment(rng: &mut ChaCha8Rng) -> i64 {
    let day = if rng.random_bool(0.35) { rng.random_range(190..235) } else { rng.random_range(0..366) };
    let around = [5.0, 20.0, 13.0][[0, 0, 0, 1, 1, 1, 2][rng.random_range(0..7)]];
    let spread: f64 = (0..4).map(|_| rng.random_range(-1.5..1.5)).sum();
    let hour: f64 = (around + spread).clamp(0.0, 23.99);
    #[expect(clippy::cast_possible_truncation, reason = "at most 86,400")]
    let seconds = (hour * 3_600.0) as i64;
    day * 86_400 + seconds
}

/// What is seen in one image is seen then and there.
/// A reason for each row that is left out.
fn reasons(left_out: &LeftOut) -> Vec<Reason> {
    let of = |reason: Reason, rows: u64| (0..rows).map(move |_| reason.clone());
    let no_deer = left_out.no_deer.iter().map(|(label, rows)| (Reason::NoDeer(label.clone()), *rows));
    let unfamiliar =
        left_out.unfamiliar.iter().map(|(label, rows)| (Reason::Unfamiliar(label.clone()), *rows));
    let of_people = [(Reason::Rejected, left_out.rejected), (Reason::Duplicate, left_out.duplicates)];
    of_people
        .into_iter()
        .chain(no_deer)
        .chain(unfamiliar)
        .flat_map(|(reason, rows)| of(reason, rows))
        .collect()
}

fn seen_at_once(rows: &mut [Sighting]) {
    for image in rows.chunk_by_mut(|a, b| a.image_id == b.image_id) {
        let (taken_at, place_id) = (image[0].taken_at, image[0].place_id.clone());
        for row in image {
            (row.taken_at, row.place_id) = (taken_at, place_id.clone());
        }
    }
}

fn detection(index: usize, taken_at: DateTime<Utc>, places: usize, rng: &mut ChaCha8Rng) -> Sighting {
    let class = match rng.random_range(0..100) {
        0..36 => Class::Buck,
        36..72 => Class::Doe,
        72..82 => Class::Fawn,
        _ => Class::Unknown,
    };
    let is_known = class != Class::Unknown && rng.random_bool(0.3);
    let deer_id = is_known.then(|| known(class, rng.random_range(0..8)).id);
    let place = place_id(rng.random_range(0..places).min(rng.random_range(0..places)));
    Sighting {
        count: if rng.random_bool(0.05) { 2 } else { 1 },
        deer_id,
        ..sighting(
            &format!("{index:06}"),
            &format!("i{}", index / 10 * 10 + index % 10 * 8 / 9),
            taken_at,
            &place,
            class,
        )
    }
}

/// A machine's detection of a class, in an image without a file.
pub(crate) fn sighting(
    id: &str,
    image: &str,
    taken_at: DateTime<Utc>,
    place: &str,
    class: Class,
) -> Sighting {
    Sighting {
        id: id.into(),
        image_id: image.into(),
        taken_at: Some(taken_at),
        place_id: Some(place.into()),
        class,
        is_reviewed: false,
        confidence: Some(0.9),
        bbox: None,
        deer_id: None,
        count: 1,
        scientific_name: Some("Odocoileus virginianus".into()),
        burst_id: None,
        level: Level::Media,
        starts_at: None,
        ends_at: None,
    }
}

/// Their images, each once, without files.
fn images_of(detections: &[Sighting]) -> Vec<Image> {
    let mut seen = HashSet::new();
    detections.iter().filter(|row| seen.insert(&row.image_id)).map(|row| image_of(row, None)).collect()
}

/// The image of a detection, with its file.
pub(crate) fn image_of(detection: &Sighting, path: Option<&Path>) -> Image {
    Image {
        id: detection.image_id.clone(),
        path: path.map(|path| path.to_string_lossy().into_owned()),
        file_name: None,
        is_looked_at: true,
        taken_at: detection.taken_at,
        place_id: detection.place_id.clone(),
        ..Image::default()
    }
}

fn known(class: Class, number: usize) -> Individual {
    let name = format!("{} {number}", class.name());
    Individual::of(format!("deer {name}"), name, class)
}

fn place_id(index: usize) -> String {
    format!("p{index}")
}

fn name(index: usize) -> String {
    let names =
        ["Old oak", "Ash pond", "North ride", "Beech hollow", "Mill meadow", "Fox lane", "Heath edge"];
    match index / names.len() {
        0 => names[index].into(),
        more => format!("{} {}", names[index % names.len()], more + 1),
    }
}

pub(crate) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant of ours")
}

/// The parameters of a report of all of 2020.
pub(crate) fn year(group_by: GroupBy) -> PdfParams {
    params("2020-01-01", "2020-12-31", group_by)
}

pub(crate) fn params(first: &str, last: &str, group_by: GroupBy) -> PdfParams {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a date of ours");
    PdfParams::new(day(first), day(last), group_by)
}

/// A command asked for on the third day of 2021.
pub(crate) fn command(params: &PdfParams) -> Command {
    let job_id = "0192f0c1-7d2e-7aaa-8bbb-000000000001".parse().expect("a UUID is a job id");
    Command::new(job_id, Export::Pdf(params.clone()), utc("2021-01-03T09:30:00Z"))
}

#[async_trait]
impl Catalog for Herd {
    // A report asks neither for whole records nor for vectors.
    async fn records_of(&self, _: &[String]) -> Result<Asked, CatalogError> {
        Ok(Asked::default())
    }

    async fn records_in(&self, _: TimeRange) -> Result<Vec<Record>, CatalogError> {
        Ok(Vec::new())
    }

    fn records(&self, _: TimeRange, _: Repeats) -> BoxStream<'_, Result<Record, CatalogError>> {
        stream::empty().boxed()
    }

    fn photographs(&self, _: TimeRange) -> BoxStream<'_, Result<Image, CatalogError>> {
        stream::empty().boxed()
    }

    fn detections(&self, range: TimeRange) -> BoxStream<'_, Result<Seen, CatalogError>> {
        let asked = |row: &&Sighting| row.taken_at.is_some_and(|at| range.contains(&at));
        let mut rows: Vec<Sighting> = self.detections.iter().filter(asked).cloned().collect();
        rows.sort_by(|a, b| (a.taken_at, &a.image_id, &a.id).cmp(&(b.taken_at, &b.image_id, &b.id)));
        let left_out = reasons(&self.left_out).into_iter().map(Seen::LeftOut);
        stream::iter(left_out.chain(rows.into_iter().map(Seen::Counted)).map(Ok)).boxed()
    }

    fn frames(&self, range: TimeRange) -> BoxStream<'_, Result<Frame, CatalogError>> {
        let asked = |image: &&Image| image.taken_at.is_some_and(|at| range.contains(&at));
        let mut images: Vec<&Image> = self.images.iter().filter(asked).collect();
        images.sort_by(|a, b| (a.taken_at, &a.id).cmp(&(b.taken_at, &b.id)));
        let frame = |image: &Image| Frame {
            id: image.id.clone(),
            path: image.path.clone(),
            taken_at: image.taken_at,
            place_id: image.place_id.clone(),
            burst_id: image.burst_id.clone(),
            is_event: false,
            is_looked_at: image.is_looked_at,
            sees_people: image.sees_people,
        };
        stream::iter(images.into_iter().map(frame).map(Ok).collect::<Vec<_>>()).boxed()
    }

    async fn files(&self, range: TimeRange) -> Result<BTreeMap<Option<String>, u64>, CatalogError> {
        let mut files = BTreeMap::new();
        for image in self.images.iter().filter(|image| image.path.is_some()) {
            if image.taken_at.is_some_and(|at| range.contains(&at)) {
                *files.entry(image.place_id.clone()).or_default() += 1;
            }
        }
        Ok(files)
    }

    async fn left_out_in(&self, _: TimeRange) -> Result<LeftOut, CatalogError> {
        Ok(self.left_out.clone())
    }

    async fn images(&self, range: TimeRange) -> Result<Vec<Image>, CatalogError> {
        let asked = |image: &&Image| image.taken_at.is_some_and(|at| range.contains(&at));
        Ok(self.images.iter().filter(asked).cloned().collect())
    }

    async fn individuals(&self) -> Result<Vec<Individual>, CatalogError> {
        Ok(self.deer.clone())
    }

    async fn places(&self) -> Result<Vec<Place>, CatalogError> {
        Ok(self.places.clone())
    }

    async fn deployments(&self, range: TimeRange) -> Result<Vec<Deployment>, CatalogError> {
        let overlaps = |d: &&Deployment| d.start < range.end && d.end.is_none_or(|end| end > range.start);
        Ok(self.deployments.iter().filter(overlaps).cloned().collect())
    }

    fn embeddings(&self, _: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>> {
        stream::empty().boxed()
    }

    async fn profiles(&self) -> Result<Vec<Profile>, CatalogError> {
        Ok(Vec::new())
    }

    async fn dataset_name(&self) -> Result<Option<String>, CatalogError> {
        Ok(self.dataset.clone())
    }

    async fn ping(&self) -> Result<(), CatalogError> {
        Ok(())
    }
}
