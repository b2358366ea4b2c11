//! What the rows of a request are read and chosen with, known before the first of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use deertrack_catalog::Individual;
use deertrack_schemas::TableParams;
use deertrack_schemas::table::{Format, Topic};
use deertrack_survey::calendar::{Calendar, days};
use deertrack_survey::effort::{Effort, passed};
use deertrack_survey::visits::VisitRule;
use deertrack_survey::{Deployment, Place, TimeRange};

use super::row::Row;
use crate::JobError;
use crate::export::{Cx, ImagesFolder, passages, species};

/// What was asked for, and what the catalog has beside detections and photographs.
pub(super) struct Basis {
    pub(super) params: TableParams,
    pub(super) created_at: DateTime<Utc>,
    pub(super) calendar: Calendar,
    /// Every instant of the days that were asked for, at any place.
    pub(super) days: TimeRange,
    /// The part of it that has passed.
    pub(super) range: TimeRange,
    pub(super) deployments: Vec<Deployment>,
    /// Those that were asked for.
    pub(super) places: BTreeMap<String, Place>,
    pub(super) rule: VisitRule,
    /// From which the paths of photographs are told.
    pub(super) images: ImagesFolder,
    /// Ids of individuals of an import that are of passages.
    pub(super) passages: u64,
    individuals: BTreeMap<String, Individual>,
    /// By individual.
    species_of: HashMap<String, &'static str>,
    wanted_places: Option<HashSet<String>>,
    wanted_deer: Option<HashSet<String>>,
}

impl Basis {
    pub(super) async fn load(
        cx: &Cx,
        params: &TableParams,
        created_at: DateTime<Utc>,
    ) -> Result<Self, JobError> {
        let places = cx.catalog.places().await?;
        let calendar = Calendar::of(&places, cx.zone);
        let days = calendar.widest(params.start_date, params.end_date);
        let range = passed(days.clone(), created_at);
        let individuals = cx.catalog.individuals().await?;
        let mut deployments = cx.catalog.deployments(range.clone()).await?;
        let wanted_places = set(params.place_ids.as_ref());
        let is_there = |place: &str| is_among(wanted_places.as_ref(), Some(place));
        deployments.retain(|deployment| is_there(&deployment.place_id));
        let species_of = species::of_deer(&individuals);
        let species_of = species_of.into_iter().map(|(deer, name)| (deer.to_owned(), name)).collect();
        Ok(Self {
            places: by_id(places.into_iter().filter(|place| is_there(&place.id)), |place| &place.id),
            individuals: by_id(individuals, |deer| &deer.id),
            passages: passages::noted(&cx.catalog.datasets().await?),
            rule: VisitRule::of(params.visit_gap_minutes, params.visit_gap_since),
            images: cx.images.clone(),
            wanted_deer: set(params.deer_ids.as_ref()),
            params: params.clone(),
            wanted_places,
            created_at,
            calendar,
            days,
            range,
            deployments,
            species_of,
        })
    }

    pub(super) fn topics(&self) -> &[Topic] {
        self.params.topics()
    }

    pub(super) fn is_about(&self, topic: Topic) -> bool {
        self.topics().contains(&topic)
    }

    /// Whether the file has a row for each of it.
    pub(super) fn has_rows_of(&self, topic: Topic) -> bool {
        self.is_about(topic) && self.params.format != Format::Geojson
    }

    /// Whether no number in the file is about detections.
    pub(super) fn is_effort_alone(&self) -> bool {
        self.topics() == [Topic::Effort]
    }

    /// Names the species of a row by its deer where the row does not.
    pub(super) fn name_species<R: Row>(&self, row: &mut R) {
        if row.species().is_none() {
            let name = row.deer_id().and_then(|deer| self.species_of.get(deer));
            *row.species() = name.map(|name| (*name).to_owned());
        }
    }

    /// Whether a row was asked for.
    pub(super) fn is_chosen<R: Row>(&self, row: &R) -> bool {
        let place = row.place_id();
        self.params.classifications.contains(&row.class())
            && self.is_there(place)
            && is_among(self.wanted_deer.as_ref(), row.deer_id())
            && row.seen_at().is_some_and(|at| self.is_then(place, at))
    }

    /// Whether a place was asked for.
    pub(super) fn is_there(&self, place: Option<&str>) -> bool {
        is_among(self.wanted_places.as_ref(), place)
    }

    /// Whether an instant is on a day that was asked for.
    pub(super) fn is_then(&self, place: Option<&str>, at: DateTime<Utc>) -> bool {
        (self.params.start_date..=self.params.end_date).contains(&self.calendar.day(place, at))
    }

    /// Whether all places that were asked for are among these: only ids of a request can say so.
    pub(super) fn are_all(&self, places: &HashSet<&str>) -> bool {
        let wanted = self.wanted_places.as_ref();
        wanted.is_some_and(|wanted| wanted.iter().all(|place| places.contains(place.as_str())))
    }

    /// The part of an effort that lies in the days of each place.
    pub(super) fn within(&self, effort: &Effort) -> Effort {
        let (first, last) = (self.params.start_date, self.params.end_date);
        effort.within(|place| days(first, last, self.zone(Some(place))))
    }

    pub(super) fn zone(&self, place_id: Option<&str>) -> Tz {
        self.calendar.zone(place_id)
    }

    /// How the zone of a place is known: `place`, `coordinates`, `offset`, `configured`.
    pub(super) fn zone_source(&self, place_id: Option<&str>) -> &'static str {
        self.calendar.zone_and_source(place_id).1.name()
    }

    pub(super) fn place_name(&self, place_id: Option<&str>) -> Option<&str> {
        self.places.get(place_id?).map(|place| place.name.as_str())
    }

    pub(super) fn deer_name(&self, deer_id: Option<&str>) -> Option<&str> {
        self.individuals.get(deer_id?).map(|deer| deer.name.as_str())
    }
}

fn set(ids: Option<&Vec<String>>) -> Option<HashSet<String>> {
    ids.map(|ids| ids.iter().cloned().collect())
}

fn is_among(wanted: Option<&HashSet<String>>, id: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| id.is_some_and(|id| wanted.contains(id)))
}

fn by_id<T>(rows: impl IntoIterator<Item = T>, id: impl Fn(&T) -> &String) -> BTreeMap<String, T> {
    rows.into_iter().map(|row| (id(&row).clone(), row)).collect()
}
