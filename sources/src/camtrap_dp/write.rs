//! What was read, into the store: in the order of references, in one transaction.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, FixedOffset, Utc};
use deertrack_catalog::corrections::Failure;
use deertrack_catalog::store::{
    Named, NewDataset, NewDeer, NewDeployment, NewDetection, NewImage, NewPlace, Owned, Writing,
};
use deertrack_schemas::Class;
use deertrack_survey::{BoundingBox, Place};

use super::clocks;
use super::deployments::Stands;
use super::events::Events;
use super::individuals::Individuals;
use super::levels::{Fate, Fates};
use super::media::{Files, Media, Medium};
use super::observations::Observations;
use super::package::Package;
use super::pictures::Pictures;
use crate::error::ImportError;

/// Rows that are held before they are written.
const BATCH: usize = 500;

/// Everything that was read.
pub(super) struct Import<'a> {
    pub(super) package: &'a Package,
    pub(super) dataset: NewDataset,
    pub(super) stands: &'a Stands,
    /// The places once more, as counting reads them.
    pub(super) zones: &'a [Place],
    pub(super) media: &'a Media,
    pub(super) observations: &'a Observations,
    pub(super) events: &'a Events,
    pub(super) fates: &'a Fates,
    pub(super) pictures: &'a Pictures,
    pub(super) individuals: &'a Individuals,
    /// The clock that no other one is ahead of.
    pub(super) now: DateTime<Utc>,
    /// Media-level rows with a box that repeat an event-level row, by that row.
    pub(super) lenders: BTreeMap<usize, Vec<usize>>,
}

/// See [`Import::lenders`].
pub(super) fn lenders(observations: &Observations, fates: &Fates) -> BTreeMap<usize, Vec<usize>> {
    let mut lenders = BTreeMap::<usize, Vec<usize>>::new();
    for (row, found) in observations.found.iter().enumerate() {
        if let (Fate::Repeats(by), true) = (&fates.0[row], found.seen.bbox.is_some()) {
            lenders.entry(*by).or_default().push(row);
        }
    }
    lenders
}

/// The ids that were written, by table.
#[derive(Default)]
pub(super) struct Written {
    ids: BTreeMap<usize, HashSet<String>>,
    pub(super) images: usize,
    pub(super) removed: u64,
}

impl Written {
    fn note(&mut self, table: Owned, id: &str) {
        self.ids.entry(table as usize).or_default().insert(id.to_owned());
    }
}

impl Import<'_> {
    /// Writes all of it and removes what an earlier import of the data set left.
    pub(super) async fn write(&self, writing: &mut Writing) -> Result<Written, ImportError> {
        let mut written = Written::default();
        writing.datasets(std::slice::from_ref(&self.dataset)).await?;
        self.places(writing, &mut written).await?;
        self.deployments(writing, &mut written).await?;
        self.files(writing, &mut written).await?;
        self.made_images(writing, &mut written).await?;
        self.deer(writing, &mut written).await?;
        self.detections(writing, &mut written).await?;
        let none = HashSet::new();
        for table in Owned::ALL {
            let kept = written.ids.get(&(table as usize)).unwrap_or(&none);
            written.removed += writing.remove_others(table, &self.dataset.id, kept).await?;
        }
        Ok(written)
    }

    /// A row's id in the database.
    fn id(&self, own: &str) -> String {
        format!("{}{own}", self.dataset.id_prefix)
    }

    fn dataset_id(&self) -> Option<String> {
        Some(self.dataset.id.clone())
    }

    async fn places(&self, writing: &mut Writing, written: &mut Written) -> Result<(), ImportError> {
        let taken = writing.names_of_others(Named::PlaceNames, &self.dataset.id).await?;
        let places = self.stands.places.all.iter().zip(self.zones).map(|(place, known)| {
            let zone = known.zone.or(known.offset_zone);
            let name = place.name.clone().unwrap_or_else(|| place.id.clone());
            let name = if taken.contains(&name) { format!("{name} ({})", self.dataset.name) } else { name };
            NewPlace {
                id: self.id(&place.id),
                name,
                latitude: place.coordinates.map(|[latitude, _]| latitude),
                longitude: place.coordinates.map(|[_, longitude]| longitude),
                coordinate_uncertainty: place.uncertainty,
                timezone: zone.map(|zone| zone.name().to_owned()),
                zone_source: zone.map(|_| if place.zone.is_some() { "told" } else { "offset" }.to_owned()),
                dataset_id: self.dataset_id(),
                source_id: place.source_id.clone(),
            }
        });
        let places: Vec<NewPlace> = places.collect();
        places.iter().for_each(|place| written.note(Owned::Places, &place.id));
        Ok(writing.places(&places).await?)
    }

    async fn deployments(&self, writing: &mut Writing, written: &mut Written) -> Result<(), ImportError> {
        let deployments = self.stands.all.iter().map(|stand| NewDeployment {
            id: self.id(&stand.id),
            dataset_id: self.dataset_id(),
            location_id: self.id(&self.stands.places.all[stand.place].id),
            camera: stand.camera.clone(),
            start: stand.start.to_utc(),
            end: Some(stand.end.to_utc()),
            source_id: Some(stand.id.clone()),
            camera_id: stand.camera_id.clone(),
            start_offset_seconds: Some(stand.start.offset().local_minus_utc()),
            end_offset_seconds: Some(stand.end.offset().local_minus_utc()),
            clock_problem: stand.clock_problem.map(str::to_owned),
            failures: failures(&stand.failures),
            extra: stand.extra.clone(),
        });
        let deployments: Vec<NewDeployment> = deployments.collect();
        deployments.iter().for_each(|stand| written.note(Owned::Deployments, &stand.id));
        Ok(writing.deployments(&deployments).await?)
    }

    async fn files(&self, writing: &mut Writing, written: &mut Written) -> Result<(), ImportError> {
        let mut files = Files::of(self.package, self.media)?;
        let mut batch = Vec::with_capacity(BATCH);
        while let Some((number, image)) = files.next()? {
            batch.push(self.image(number, image));
            if batch.len() == BATCH {
                self.images(&mut batch, writing, written).await?;
            }
        }
        self.images(&mut batch, writing, written).await
    }

    async fn images(
        &self,
        batch: &mut Vec<NewImage>,
        writing: &mut Writing,
        written: &mut Written,
    ) -> Result<(), ImportError> {
        batch.iter().for_each(|image| written.note(Owned::Images, &image.id));
        written.images += batch.len();
        writing.images(batch).await?;
        batch.clear();
        Ok(())
    }

    /// A medium's row, with what its table tells of the file.
    fn image(&self, number: usize, file: NewImage) -> NewImage {
        let medium = &self.media.all[number];
        let stand = &self.stands.all[medium.stand];
        NewImage {
            id: self.id(&medium.id),
            dataset_id: self.dataset_id(),
            location_id: Some(self.id(&self.stands.places.all[stand.place].id)),
            deployment_id: Some(self.id(&stand.id)),
            timestamp: medium.is_possible.then_some(medium.taken_at),
            source_id: Some(medium.id.clone()),
            burst_id: self.pictures.event[number].map(|event| self.id(&self.events.all[event].key)),
            sees_people: self.pictures.sees_people[number],
            ..file
        }
    }

    /// Images that observations make: of media without a table, and of events without a photograph.
    async fn made_images(&self, writing: &mut Writing, written: &mut Written) -> Result<(), ImportError> {
        let media = self.media.all.iter().enumerate().filter(|(_, medium)| !medium.has_file);
        let mut images: Vec<NewImage> =
            media.map(|(number, medium)| self.image(number, without_file(medium))).collect();
        for event in &self.events.all {
            let classes = self.pictures.of_event(event, self.observations, self.media, self.fates);
            if !event.rows.iter().any(|row| {
                !classes.contains_key(&self.observations.found[*row].row.class) && self.is_written(*row)
            }) {
                continue;
            }
            let stand = &self.stands.all[event.stand];
            let first = &self.observations.found[event.rows[0]].seen;
            images.push(NewImage {
                id: self.id(&made_id(&event.key)),
                dataset_id: self.dataset_id(),
                location_id: Some(self.id(&self.stands.places.all[stand.place].id)),
                deployment_id: Some(self.id(&stand.id)),
                timestamp: self.possible(first.start),
                burst_id: Some(self.id(&event.key)),
                utc_offset_seconds: Some(first.start.offset().local_minus_utc()),
                ..NewImage::default()
            });
        }
        for batch in images.chunks(BATCH) {
            self.images(&mut batch.to_vec(), writing, written).await?;
        }
        Ok(())
    }

    fn possible(&self, at: DateTime<FixedOffset>) -> Option<DateTime<Utc>> {
        clocks::is_possible(at, self.now).then(|| at.to_utc())
    }

    fn is_written(&self, row: usize) -> bool {
        self.fates.0[row] != Fate::NotAsked
    }

    async fn deer(&self, writing: &mut Writing, written: &mut Written) -> Result<(), ImportError> {
        let taken = writing.names_of_others(Named::DeerNames, &self.dataset.id).await?;
        let deer = self.individuals.all.iter().map(|(id, seen)| NewDeer {
            id: self.id(id),
            dataset_id: self.dataset_id(),
            ..seen.deer(id, &self.dataset.name, &taken)
        });
        let deer: Vec<NewDeer> = deer.collect();
        deer.iter().for_each(|deer| written.note(Owned::Deer, &deer.id));
        Ok(writing.deer(&deer).await?)
    }

    async fn detections(&self, writing: &mut Writing, written: &mut Written) -> Result<(), ImportError> {
        let mut batch = Vec::with_capacity(BATCH);
        let mut done = vec![false; self.observations.found.len()];
        for event in &self.events.all {
            let classes = self.pictures.of_event(event, self.observations, self.media, self.fates);
            for row in event.rows.iter().chain(&event.media_rows).copied().filter(|row| self.is_written(*row))
            {
                done[row] = true;
                batch.push(self.detection(row, Some(&event.key), &classes));
            }
            if batch.len() >= BATCH {
                flush(&mut batch, writing, written).await?;
            }
        }
        for row in (0..done.len()).filter(|row| !done[*row] && self.is_written(*row)) {
            batch.push(self.detection(row, None, &BTreeMap::new()));
        }
        flush(&mut batch, writing, written).await
    }

    fn detection(
        &self,
        number: usize,
        event: Option<&str>,
        classes: &BTreeMap<Class, usize>,
    ) -> NewDetection {
        let found = &self.observations.found[number];
        let row = &found.row;
        let picture = found.seen.medium.or_else(|| classes.get(&row.class).copied());
        let image_id = match (picture, event) {
            (Some(medium), _) => self.media.all[medium].id.clone(),
            (None, event) => made_id(event.unwrap_or(&row.id)),
        };
        let rest = match self.fates.0[number] {
            Fate::Counts(rest) => rest,
            _ => found.seen.count,
        };
        let repeats = match self.fates.0[number] {
            Fate::Repeats(by) => Some(&self.observations.found[by].row.id),
            _ => None,
        };
        NewDetection {
            id: self.id(&row.id),
            dataset_id: self.dataset_id(),
            image_id: self.id(&image_id),
            bbox: row.bbox.or_else(|| self.lent_box(number, picture?)),
            deer_id: row
                .deer_id
                .as_ref()
                .filter(|id| self.individuals.all.contains_key(*id))
                .map(|id| self.id(id)),
            count: rest,
            is_valid: self.fates.0[number] != Fate::Rejected,
            burst_id: event.map(|key| self.id(key)),
            repeats_id: repeats.map(|id| self.id(id)),
            extra: if rest == found.seen.count {
                row.extra.clone()
            } else {
                with_count(row.extra.as_deref(), found.seen.count)
            },
            ..row.clone()
        }
    }

    /// The box of the media-level row that shows on the event's photograph what an event-level row tells.
    fn lent_box(&self, number: usize, picture: usize) -> Option<BoundingBox> {
        let lenders = self.lenders.get(&number)?.iter().map(|row| &self.observations.found[*row].seen);
        lenders.filter(|seen| seen.medium == Some(picture)).find_map(|seen| seen.bbox)
    }
}

/// A medium that observations alone tell of.
fn without_file(medium: &Medium) -> NewImage {
    NewImage { utc_offset_seconds: Some(medium.utc_offset_seconds), ..NewImage::default() }
}

/// As the database keeps them.
fn failures(failures: &[Failure]) -> Option<String> {
    if failures.is_empty() { None } else { serde_json::to_string(failures).ok() }
}

/// The id of an event's own image. The prefix keeps ids of events and of media apart.
fn made_id(event: &str) -> String {
    format!("event:{event}")
}

/// Columns kept aside, with the count as it was told.
fn with_count(extra: Option<&str>, count: u32) -> Option<String> {
    let mut told: BTreeMap<String, String> =
        extra.and_then(|extra| serde_json::from_str(extra).ok()).unwrap_or_default();
    told.insert("count".to_owned(), count.to_string());
    serde_json::to_string(&told).ok()
}

async fn flush(
    batch: &mut Vec<NewDetection>,
    writing: &mut Writing,
    written: &mut Written,
) -> Result<(), ImportError> {
    batch.iter().for_each(|row| written.note(Owned::Detections, &row.id));
    writing.detections(batch).await?;
    batch.clear();
    Ok(())
}
