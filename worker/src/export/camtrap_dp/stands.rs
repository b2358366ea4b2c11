//! Which deployment each photograph belongs to: the one it names; else one at its place and time; else one that is
//! inferred for its place, from the first to the last such photograph.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use deertrack_catalog::corrections::Failure;
use deertrack_catalog::{Image, ToldDeployment};
use deertrack_survey::{Place, TimeRange};

use super::source::Extra;
use super::wanted::Wanted;
use crate::JobError;

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
    pub(super) source_id: Option<String>,
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

/// Finds the stand of a photograph, by its index.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    by_id: HashMap<String, usize>,
    by_place: HashMap<String, Vec<usize>>,
    /// By place.
    inferred: HashMap<String, usize>,
}

impl Lookup {
    /// `None` where it has no place or no time.
    pub(super) fn of(&self, stands: &[Stand], image: &Image) -> Option<usize> {
        let inferred = || {
            image.taken_at?;
            self.inferred.get(image.place_id.as_deref()?).copied()
        };
        self.told(stands, image).or_else(inferred)
    }

    fn told(&self, stands: &[Stand], image: &Image) -> Option<usize> {
        if let Some(index) = image.deployment_id.as_ref().and_then(|id| self.by_id.get(id)) {
            return Some(*index);
        }
        let at = image.taken_at?;
        let there = self.by_place.get(image.place_id.as_deref()?)?;
        there.iter().copied().find(|index| (stands[*index].start..=stands[*index].end).contains(&at))
    }

    fn move_to(&mut self, order: &[usize]) {
        let told = self.by_id.values_mut().chain(self.by_place.values_mut().flatten());
        told.chain(self.inferred.values_mut()).for_each(|index| *index = order[*index]);
    }
}

/// Stands in the course of being found.
pub(super) struct Stands {
    pub(super) wanted: Wanted,
    pub(super) all: Vec<Stand>,
    places: HashMap<String, Place>,
    lookup: Lookup,
}

impl Stands {
    pub(super) fn new(places: Vec<Place>, wanted: Wanted) -> Self {
        let places = places.into_iter().filter(|place| wanted.has_place(&place.id));
        let places = places.map(|place| (place.id.clone(), place)).collect();
        Self { wanted, all: Vec::new(), places, lookup: Lookup::default() }
    }

    /// Adds one that is told.
    ///
    /// # Errors
    /// `Reject` when its place has no coordinates.
    pub(super) fn add(
        &mut self,
        told: ToldDeployment,
        span: TimeRange,
        is_of_a_package: bool,
    ) -> Result<(), JobError> {
        let deployment = told.deployment;
        let Some(stand) = self.stand(deployment.id, &deployment.place_id, span.start, span.end)? else {
            return Ok(());
        };
        let index = self.all.len();
        self.lookup.by_id.insert(stand.id.clone(), index);
        self.lookup.by_place.entry(deployment.place_id).or_default().push(index);
        let extra = Extra::of(told.extra.as_deref());
        let failures = Failure::list(told.failures.as_deref());
        let failures = failures.into_iter().filter_map(|failure| failure.within(&span)).collect();
        let camera = if is_of_a_package { told.camera_id } else { deployment.camera.clone() };
        self.all.push(Stand {
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

    /// The stand of a photograph; `None` where it has no place or no time. One that is inferred lasts until then.
    ///
    /// # Errors
    /// `Reject` when its place has no coordinates.
    pub(super) fn of(&mut self, image: &Image) -> Result<Option<usize>, JobError> {
        if let Some(index) = self.lookup.told(&self.all, image) {
            return Ok(Some(index));
        }
        let (Some(place), Some(at)) = (&image.place_id, image.taken_at) else { return Ok(None) };
        if let Some(index) = self.lookup.inferred.get(place) {
            let stand = &mut self.all[*index];
            (stand.start, stand.end) = (stand.start.min(at), stand.end.max(at));
            return Ok(Some(*index));
        }
        let Some(stand) = self.stand(format!("inferred:{place}"), place, at, at)? else { return Ok(None) };
        self.lookup.inferred.insert(place.to_owned(), self.all.len());
        self.all.push(Stand { is_inferred: true, ..stand });
        Ok(Some(self.all.len() - 1))
    }

    /// By start, then id; what finds them; and where each is now.
    pub(super) fn in_order(self) -> (Vec<Stand>, Lookup, Vec<usize>, Wanted) {
        let mut sorted: Vec<(usize, Stand)> = self.all.into_iter().enumerate().collect();
        sorted.sort_by(|(_, a), (_, b)| (a.start, &a.id).cmp(&(b.start, &b.id)));
        let mut order = vec![0; sorted.len()];
        for (now, (before, _)) in sorted.iter().enumerate() {
            order[*before] = now;
        }
        let mut lookup = self.lookup;
        lookup.move_to(&order);
        (sorted.into_iter().map(|(_, stand)| stand).collect(), lookup, order, self.wanted)
    }
}
