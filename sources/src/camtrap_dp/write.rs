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
use super::groups::Group;
use super::individuals::Individuals;
use super::levels::{Fate, Fates};
use super::media::{Files, Medium};
use super::observations::Observations;
use super::part::Part;
use crate::error::ImportError;
use crate::told_rows::key;

/// Rows that are held before they are written.
const BATCH: usize = 500;

/// What holds for all groups.
pub(super) struct Import<'a> {
    pub(super) dataset: NewDataset,
    pub(super) stands: &'a Stands,
    /// The places once more, as counting reads them.
    pub(super) zones: &'a [Place],
    pub(super) individuals: &'a Individuals,
    /// The clock that no other one is ahead of.
    pub(super) now: DateTime<Utc>,
}

/// The rows of one group.
struct OfPart<'a> {
    import: &'a Import<'a>,
    part: &'a Part,
    /// Media-level rows with a box that repeat an event-level row, by that row.
    lenders: BTreeMap<usize, Vec<usize>>,
}

/// See [`OfPart::lenders`].
fn lenders(observations: &Observations, fates: &Fates) -> BTreeMap<usize, Vec<usize>> {
    let mut lenders = BTreeMap::<usize, Vec<usize>>::new();
    for (row, found) in observations.found.iter().enumerate() {
        if let (Fate::Repeats(by), true) = (&fates.0[row], found.seen.bbox.is_some()) {
            lenders.entry(*by).or_default().push(row);
        }
    }
    lenders
}

/// What was written.
pub(super) struct Written {
    /// The ids by table, as hashes, where an earlier import may have left others; `None`: there was none.
    ids: Option<BTreeMap<usize, HashSet<u128>>>,
    pub(super) images: usize,
    pub(super) removed: u64,
}

impl Written {
    fn note<'i>(&mut self, table: Owned, ids: impl Iterator<Item = &'i String>) {
        if let Some(all) = &mut self.ids {
            all.entry(table as usize).or_default().extend(ids.map(|id| key(id)));
        }
    }
}

impl Import<'_> {
    /// Writes what the rows of all groups refer to. `is_known`: an earlier import of the data set left rows.
    pub(super) async fn begin(&self, writing: &mut Writing, is_known: bool) -> Result<Written, ImportError> {
        let mut written = Written { ids: is_known.then(BTreeMap::new), images: 0, removed: 0 };
        writing.datasets(std::slice::from_ref(&self.dataset)).await?;
        self.places(writing, &mut written).await?;
        self.deployments(writing, &mut written).await?;
        self.deer(writing, &mut written).await?;
        Ok(written)
    }

    /// Writes the rows of a group.
    pub(super) async fn part(
        &self,
        part: &Part,
        group: Group<'_>,
        writing: &mut Writing,
        written: &mut Written,
    ) -> Result<(), ImportError> {
        let lenders = lenders(&part.observations, &part.fates);
        let rows = OfPart { import: self, part, lenders };
        rows.files(group, writing, written).await?;
        rows.made_images(writing, written).await?;
        rows.detections(writing, written).await
    }

    /// Removes what an earlier import of the data set left.
    pub(super) async fn end(&self, writing: &mut Writing, written: &mut Written) -> Result<(), ImportError> {
        let Some(ids) = written.ids.take() else { return Ok(()) };
        for table in Owned::ALL {
            let kept = ids.get(&(table as usize));
            let is_kept = |id: &str| kept.is_some_and(|kept| kept.contains(&key(id)));
            written.removed += writing.remove_others(table, &self.dataset.id, is_kept).await?;
        }
        Ok(())
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
        written.note(Owned::Places, places.iter().map(|place| &place.id));
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
        written.note(Owned::Deployments, deployments.iter().map(|stand| &stand.id));
        Ok(writing.deployments(&deployments).await?)
    }

    async fn deer(&self, writing: &mut Writing, written: &mut Written) -> Result<(), ImportError> {
        let taken = writing.names_of_others(Named::DeerNames, &self.dataset.id).await?;
        let deer = self.individuals.all.iter().map(|(id, seen)| NewDeer {
            id: self.id(id),
            dataset_id: self.dataset_id(),
            ..seen.deer(id, &self.dataset.name, &taken)
        });
        let deer: Vec<NewDeer> = deer.collect();
        written.note(Owned::Deer, deer.iter().map(|deer| &deer.id));
        Ok(writing.deer(&deer).await?)
    }
}

impl OfPart<'_> {
    async fn files(
        &self,
        group: Group<'_>,
        writing: &mut Writing,
        written: &mut Written,
    ) -> Result<(), ImportError> {
        let mut files = Files::of(group, &self.part.media)?;
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
        written.note(Owned::Images, batch.iter().map(|image| &image.id));
        written.images += batch.len();
        writing.images(batch).await?;
        batch.clear();
        Ok(())
    }

    /// A medium's row, with what its table tells of the file.
    fn image(&self, number: usize, file: NewImage) -> NewImage {
        let medium = &self.part.media.all[number];
        let stand = &self.import.stands.all[medium.stand];
        NewImage {
            id: self.import.id(&medium.id),
            dataset_id: self.import.dataset_id(),
            location_id: Some(self.import.id(&self.import.stands.places.all[stand.place].id)),
            deployment_id: Some(self.import.id(&stand.id)),
            timestamp: medium.is_possible.then_some(medium.taken_at),
            source_id: Some(medium.id.clone()),
            burst_id: self.part.pictures.event[number]
                .map(|event| self.import.id(&self.part.events.all[event].key)),
            sees_people: self.part.pictures.sees_people[number],
            ..file
        }
    }

    /// Images that observations make: of media without a table, and of events without a photograph.
    async fn made_images(&self, writing: &mut Writing, written: &mut Written) -> Result<(), ImportError> {
        let media = self.part.media.all.iter().enumerate().filter(|(_, medium)| !medium.has_file);
        let mut images: Vec<NewImage> =
            media.map(|(number, medium)| self.image(number, without_file(medium))).collect();
        for event in &self.part.events.all {
            let classes = self.part.pictures.of_event(
                event,
                &self.part.observations,
                &self.part.media,
                &self.part.fates,
            );
            if !event.rows.iter().any(|row| {
                !classes.contains_key(&self.part.observations.found[*row].row.class) && self.is_written(*row)
            }) {
                continue;
            }
            let stand = &self.import.stands.all[event.stand];
            let first = &self.part.observations.found[event.rows[0]].seen;
            images.push(NewImage {
                id: self.import.id(&made_id(&event.key)),
                dataset_id: self.import.dataset_id(),
                location_id: Some(self.import.id(&self.import.stands.places.all[stand.place].id)),
                deployment_id: Some(self.import.id(&stand.id)),
                timestamp: self.possible(first.start),
                burst_id: Some(self.import.id(&event.key)),
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
        clocks::is_possible(at, self.import.now).then(|| at.to_utc())
    }

    fn is_written(&self, row: usize) -> bool {
        self.part.fates.0[row] != Fate::NotAsked
    }

    async fn detections(&self, writing: &mut Writing, written: &mut Written) -> Result<(), ImportError> {
        let mut batch = Vec::with_capacity(BATCH);
        let mut done = vec![false; self.part.observations.found.len()];
        for event in &self.part.events.all {
            let classes = self.part.pictures.of_event(
                event,
                &self.part.observations,
                &self.part.media,
                &self.part.fates,
            );
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
        let found = &self.part.observations.found[number];
        let row = &found.row;
        let picture = found.seen.medium.or_else(|| classes.get(&row.class).copied());
        let image_id = match (picture, event) {
            (Some(medium), _) => self.part.media.all[medium].id.clone(),
            (None, event) => made_id(event.unwrap_or(&row.id)),
        };
        let rest = match self.part.fates.0[number] {
            Fate::Counts(rest) => rest,
            _ => found.seen.count,
        };
        let repeats = match self.part.fates.0[number] {
            Fate::Repeats(by) => Some(&self.part.observations.found[by].row.id),
            _ => None,
        };
        NewDetection {
            id: self.import.id(&row.id),
            dataset_id: self.import.dataset_id(),
            image_id: self.import.id(&image_id),
            bbox: row.bbox.or_else(|| self.lent_box(number, picture?)),
            deer_id: row
                .deer_id
                .as_ref()
                .filter(|id| self.import.individuals.all.contains_key(*id))
                .map(|id| self.import.id(id)),
            count: rest,
            is_valid: self.part.fates.0[number] != Fate::Rejected,
            burst_id: event.map(|key| self.import.id(key)),
            repeats_id: repeats.map(|id| self.import.id(id)),
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
        let lenders = self.lenders.get(&number)?.iter().map(|row| &self.part.observations.found[*row].seen);
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
    written.note(Owned::Detections, batch.iter().map(|row| &row.id));
    writing.detections(batch).await?;
    batch.clear();
    Ok(())
}
