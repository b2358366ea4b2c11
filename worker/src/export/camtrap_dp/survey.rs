//! The rows as a survey: deployments, and for each image and observation the deployment it belongs to.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use deertrack_catalog::corrections::{ClockCorrection, Corrections, Failure, PlaceCorrection};
use deertrack_catalog::{Dataset, Image, Individual, LeftOut, Level, Record, ToldDeployment};
use deertrack_survey::calendar::{Calendar, Period};
use deertrack_survey::{Place, TimeRange};

use super::source::{AllIds, Extra, Ids, Sources};
use super::wanted::{Request, Wanted, days_of};
use crate::JobError;
use crate::export::left_out;
use crate::export::picture_size::lost_boxes;
use crate::export::species::scientific_name;

/// Everything that the catalog has about the range.
pub(super) struct Loaded {
    /// Those that count, then those that tell of the same animals.
    pub(super) records: Vec<Record>,
    /// What no export counts.
    pub(super) left_out: LeftOut,
    pub(super) individuals: Vec<Individual>,
    pub(super) images: Vec<Image>,
    pub(super) deployments: Vec<ToldDeployment>,
    pub(super) sources: Sources,
    pub(super) places: Vec<Place>,
    pub(super) dataset: Option<String>,
    pub(super) calendar: Calendar,
}

/// What goes into the package.
pub(super) struct Survey {
    /// By start, then id.
    pub(super) stands: Vec<Stand>,
    /// By time; the index is that of a stand.
    pub(super) images: Vec<(Image, usize)>,
    /// By time; the index is that of a stand.
    pub(super) records: Vec<(Record, usize)>,
    pub(super) dataset: Option<String>,
    pub(super) sources: Sources,
    pub(super) ids: AllIds,
    /// To which all others are cut; `None`: all days.
    pub(super) days: Option<Period>,
    pub(super) asked_at: DateTime<Utc>,
    /// Whose local days are meant, and how that is known.
    pub(super) local_time: String,
    /// Images and observations that belong to no place.
    placeless: usize,
    left_out: LeftOut,
    /// Of the known deer that tell theirs.
    species: HashMap<String, &'static str>,
}

/// A deployment at its place, as far as it stood on the days that were asked for.
#[derive(Clone, Debug)]
pub(super) struct Stand {
    pub(super) id: String,
    pub(super) place: Place,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
    pub(super) zone: Tz,
    /// As its source tells it.
    pub(super) camera: Option<String>,
    /// Tells it from others at the same place, for counting.
    pub(super) counted_camera: Option<String>,
    /// Metres.
    pub(super) uncertainty: Option<f64>,
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    /// Seconds east of UTC, as told.
    pub(super) start_offset_seconds: Option<i32>,
    pub(super) end_offset_seconds: Option<i32>,
    pub(super) dataset_id: Option<String>,
    source_id: Option<String>,
    /// Of a Camtrap DP package: what it does not tell here it did not tell there.
    pub(super) is_of_a_package: bool,
    /// When it did not work, within its span.
    pub(super) failures: Vec<Failure>,
    /// Its times can be true.
    pub(super) is_effort: bool,
    pub(super) extra: Extra,
    /// Told by images alone, from the first to the last.
    pub(super) is_inferred: bool,
}

impl Survey {
    /// Assigns every image to a deployment: the one it names; else one at its place and time; else one that is
    /// inferred for its place, from the first to the last such image.
    ///
    /// Deployments are cut as images are: nobody knows here what a camera saw on days that were not asked for.
    /// `None` where nothing was detected.
    pub(super) fn of(loaded: Loaded, request: &Request) -> Result<Option<Self>, JobError> {
        let Loaded {
            records,
            left_out,
            individuals,
            images,
            deployments,
            places,
            sources,
            dataset,
            calendar,
        } = loaded;
        let wanted = Wanted::new(&request.params, calendar);
        let mut stands = Stands::new(places, &wanted);
        for told in deployments {
            if let Some(span) = wanted.part(&told.deployment, request.created_at) {
                let is_of_a_package = sources.is_package(told.dataset_id.as_deref());
                stands.add(told, span, is_of_a_package)?;
            }
        }
        let is_wanted = |image: &Image| wanted.has(image.place_id.as_deref(), image.taken_at);
        let images: Vec<Image> = images.into_iter().filter(is_wanted).collect();
        let records: Vec<Record> = records
            .into_iter()
            .filter(|record| {
                wanted.has(record.image.place_id.as_deref(), record.seen_at())
                    && request.params.classifications.contains(&record.class)
            })
            .collect();
        if records.iter().all(|record| record.repeats_id.is_some()) {
            return Ok(None);
        }
        // All images first: they say from when to when an inferred deployment lasts.
        let of_images = stands.of_each(&images)?;
        let of_records = stands.of_each(records.iter().map(|record| &record.image))?;
        let (stands, order) = stands.in_order();
        let (images, lost_images) = placed(images, of_images, &order);
        let (records, lost_records) = placed(records, of_records, &order);
        let (days, placeless) = (days_of(&request.params), lost_images + lost_records);
        let species =
            individuals.into_iter().filter_map(|deer| Some((deer.id, scientific_name(&deer.species?)?)));
        let ids = ids(&stands, &images, &records, &sources);
        let local_time = wanted.local_time(stands.iter().map(|stand| stand.place.id.as_str()));
        Ok(Some(Self {
            stands,
            images,
            records,
            dataset,
            sources,
            ids,
            days,
            asked_at: request.created_at,
            local_time,
            placeless,
            left_out,
            species: species.collect(),
        }))
    }

    /// Images that are files: an event of a source without photographs is none.
    pub(super) fn media(&self) -> impl Iterator<Item = &(Image, usize)> {
        let of_level = |level: Level| -> HashSet<&str> {
            let records = self.records.iter().filter(|(record, _)| record.level == level);
            records.map(|(record, _)| record.image.id.as_str()).collect()
        };
        let (files, events) = (of_level(Level::Media), of_level(Level::Event));
        self.images.iter().filter(move |(image, _)| {
            let id = image.id.as_str();
            image.path.is_some() || files.contains(id) || !events.contains(id)
        })
    }

    /// The data set that every row is of; `None` where there are several, or rows of none.
    pub(super) fn only_dataset(&self) -> Option<&Dataset> {
        let stands = self.stands.iter().filter(|stand| !stand.is_inferred);
        let mut ids: BTreeSet<Option<&str>> = stands.map(|stand| stand.dataset_id.as_deref()).collect();
        ids.extend(self.images.iter().map(|(image, _)| image.dataset_id.as_deref()));
        ids.extend(self.records.iter().map(|(record, _)| record.dataset_id.as_deref()));
        match (ids.len(), ids.first()) {
            (1, Some(Some(id))) => self.sources.get(id),
            _ => None,
        }
    }

    /// What an import corrected of these deployments and their places, by the ids of this package.
    pub(super) fn corrections(&self) -> Corrections {
        let mut all = Corrections::default();
        for stand in &self.stands {
            let of = self.sources.corrections(stand.dataset_id.as_deref());
            let place = self.sources.without_prefix(stand.dataset_id.as_deref(), &stand.place.id);
            let told = self.ids.places.told(&stand.place.id);
            let place = of.places.into_iter().find(|known| known.place == place);
            if let Some(place) = place.filter(|_| !all.places.iter().any(|known| known.place == told)) {
                all.places.push(PlaceCorrection { place: told.to_owned(), ..place });
            }
            if let Some(clock) = self.clock(stand) {
                let deployment = self.ids.deployments.told(&stand.id).to_owned();
                all.clocks.push(ClockCorrection { deployment, ..clock });
            }
        }
        all
    }

    /// How the clock of a deployment was mended, if it was.
    pub(super) fn clock(&self, stand: &Stand) -> Option<ClockCorrection> {
        let of = self.sources.corrections(stand.dataset_id.as_deref());
        of.of_clock(stand.source_id.as_deref()?).cloned()
    }

    /// Media on which somebody saw a person or a vehicle.
    pub(super) fn kept_back(&self) -> usize {
        self.media().filter(|(image, _)| image.sees_people).count()
    }

    /// The levels of the observations, as the standard spells them.
    pub(super) fn levels(&self) -> BTreeSet<&'static str> {
        self.records.iter().map(|(record, _)| record.level.name()).collect()
    }

    /// What is in the package, in one sentence.
    pub(super) fn headline(&self) -> String {
        let (stands, media, records) = (self.stands.len(), self.media().count(), self.records.len());
        let told = format!("{stands} deployments, {media} media, {records} observations");
        let inferred = self.stands.iter().filter(|stand| stand.is_inferred).count();
        let inferred = if inferred == 0 {
            String::new()
        } else {
            format!("; {inferred} deployments inferred from images")
        };
        let placeless = match self.placeless {
            0 => String::new(),
            count => format!("; {count} rows without a place left out"),
        };
        let timeless = match self.sources.impossible_times() {
            0 => String::new(),
            1 => "; 1 photograph or event at a time that cannot be true left out".to_owned(),
            some => format!("; {some} photographs or events at times that cannot be true left out"),
        };
        let lost = lost_boxes(self.records.iter().map(|(record, _)| record));
        let lost = lost.map(|lost| format!("; {lost}")).unwrap_or_default();
        let kept_back = match self.kept_back() {
            0 => String::new(),
            1 => "; 1 medium kept from the public for a person or a vehicle".to_owned(),
            some => format!("; {some} media kept from the public for a person or a vehicle"),
        };
        format!("{told}{inferred}{placeless}{timeless}{lost}{kept_back}{}", left_out::tail(&self.left_out))
    }

    /// The species of a record: its own word, else that of the deer it is known to be.
    pub(super) fn species<'a>(&'a self, record: &'a Record) -> Option<&'a str> {
        let of_deer = || record.deer_id.as_ref().and_then(|id| self.species.get(id)).copied();
        record.scientific_name.as_deref().or_else(of_deer)
    }
}

/// The ids of the package: those of its sources where they are one source's.
fn ids(
    stands: &[Stand],
    images: &[(Image, usize)],
    records: &[(Record, usize)],
    sources: &Sources,
) -> AllIds {
    AllIds {
        deployments: Ids::of(stands.iter().map(|stand| (stand.id.as_str(), stand.source_id.as_deref()))),
        places: Ids::of(stands.iter().map(|stand| (stand.place.id.as_str(), stand.extra.get("locationID")))),
        media: Ids::of(images.iter().map(|(image, _)| (image.id.as_str(), image.source_id.as_deref()))),
        observations: Ids::of(
            records.iter().map(|(record, _)| (record.id.as_str(), record.source_id.as_deref())),
        ),
        deer: Ids::of(records.iter().filter_map(|(record, _)| {
            let id = record.deer_id.as_deref()?;
            Some((id, Some(sources.without_prefix(record.dataset_id.as_deref(), id))))
        })),
    }
}

/// Stands in the course of being found.
struct Stands<'a> {
    places: HashMap<String, Place>,
    wanted: &'a Wanted<'a>,
    stands: Vec<Stand>,
    by_id: HashMap<String, usize>,
    by_place: HashMap<String, Vec<usize>>,
    inferred: BTreeMap<String, usize>,
}

impl<'a> Stands<'a> {
    fn new(places: Vec<Place>, wanted: &'a Wanted<'a>) -> Self {
        let places = places.into_iter().filter(|place| wanted.has_place(&place.id));
        Self {
            places: places.map(|place| (place.id.clone(), place)).collect(),
            wanted,
            stands: Vec::new(),
            by_id: HashMap::new(),
            by_place: HashMap::new(),
            inferred: BTreeMap::new(),
        }
    }

    fn add(&mut self, told: ToldDeployment, span: TimeRange, is_of_a_package: bool) -> Result<(), JobError> {
        let deployment = told.deployment;
        let Some(stand) = self.stand(deployment.id, &deployment.place_id, span.start, span.end)? else {
            return Ok(());
        };
        let index = self.stands.len();
        self.by_id.insert(stand.id.clone(), index);
        self.by_place.entry(deployment.place_id).or_default().push(index);
        let extra = Extra::of(told.extra.as_deref());
        let failures = Failure::list(told.failures.as_deref());
        let failures = failures.into_iter().filter_map(|failure| failure.within(&span)).collect();
        let camera = if is_of_a_package { told.camera_id } else { deployment.camera.clone() };
        self.stands.push(Stand {
            camera,
            counted_camera: deployment.camera,
            // A place may be told in several ways, and each deployment has its own.
            latitude: extra.number("latitude").unwrap_or(stand.latitude),
            longitude: extra.number("longitude").unwrap_or(stand.longitude),
            uncertainty: extra
                .number("coordinateUncertainty")
                .or(stand.uncertainty.filter(|_| !is_of_a_package)),
            start_offset_seconds: told.start_offset_seconds,
            end_offset_seconds: told.end_offset_seconds,
            dataset_id: told.dataset_id,
            source_id: told.source_id,
            is_of_a_package,
            is_effort: told.clock_problem.is_none(),
            failures,
            extra,
            ..stand
        });
        Ok(())
    }

    /// `None` when the place is not wanted, or not there.
    fn stand(
        &self,
        id: String,
        place_id: &str,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<Option<Stand>, JobError> {
        let Some(place) = self.places.get(place_id) else { return Ok(None) };
        let (Some(latitude), Some(longitude)) = (place.latitude, place.longitude) else {
            let text = format!(
                "the place {:?} has no coordinates, which Camtrap DP requires; add them, or choose other place_ids",
                place.name
            );
            return Err(JobError::Reject(text));
        };
        let zone = self.wanted.zone(place_id);
        Ok(Some(Stand {
            id,
            place: place.clone(),
            latitude,
            longitude,
            zone,
            camera: None,
            counted_camera: None,
            uncertainty: place.coordinate_uncertainty,
            start,
            end,
            start_offset_seconds: None,
            end_offset_seconds: None,
            dataset_id: None,
            source_id: None,
            is_of_a_package: false,
            failures: Vec::new(),
            is_effort: true,
            extra: Extra::default(),
            is_inferred: false,
        }))
    }

    /// The stand of each image; `None` where an image has no place or no time.
    fn of_each<'b>(
        &mut self,
        images: impl IntoIterator<Item = &'b Image>,
    ) -> Result<Vec<Option<usize>>, JobError> {
        images.into_iter().map(|image| self.of(image)).collect()
    }

    fn of(&mut self, image: &Image) -> Result<Option<usize>, JobError> {
        if let Some(index) = image.deployment_id.as_ref().and_then(|id| self.by_id.get(id)) {
            return Ok(Some(*index));
        }
        let (Some(place), Some(at)) = (&image.place_id, image.taken_at) else { return Ok(None) };
        let there = self.by_place.get(place).into_iter().flatten();
        let then = there.copied().find(|index| {
            let stand = &self.stands[*index];
            (stand.start..=stand.end).contains(&at)
        });
        match then {
            Some(index) => Ok(Some(index)),
            None => self.infer(place, at),
        }
    }

    fn infer(&mut self, place: &str, at: DateTime<Utc>) -> Result<Option<usize>, JobError> {
        if let Some(index) = self.inferred.get(place) {
            let stand = &mut self.stands[*index];
            (stand.start, stand.end) = (stand.start.min(at), stand.end.max(at));
            return Ok(Some(*index));
        }
        let Some(stand) = self.stand(format!("inferred:{place}"), place, at, at)? else { return Ok(None) };
        self.inferred.insert(place.to_owned(), self.stands.len());
        self.stands.push(Stand { is_inferred: true, ..stand });
        Ok(Some(self.stands.len() - 1))
    }

    /// By start, then id; and where each stood before.
    fn in_order(self) -> (Vec<Stand>, Vec<usize>) {
        let mut sorted: Vec<(usize, Stand)> = self.stands.into_iter().enumerate().collect();
        sorted.sort_by(|(_, a), (_, b)| (a.start, &a.id).cmp(&(b.start, &b.id)));
        let mut order = vec![0; sorted.len()];
        for (now, (before, _)) in sorted.iter().enumerate() {
            order[*before] = now;
        }
        (sorted.into_iter().map(|(_, stand)| stand).collect(), order)
    }
}

/// The rows that have a stand, and how many have none.
fn placed<T>(rows: Vec<T>, stands: Vec<Option<usize>>, order: &[usize]) -> (Vec<(T, usize)>, usize) {
    let all = rows.len();
    let placed: Vec<(T, usize)> =
        rows.into_iter().zip(stands).filter_map(|(row, stand)| Some((row, order[stand?]))).collect();
    let lost = all - placed.len();
    (placed, lost)
}
