//! The rows of a request: what the catalog has about its days, narrowed to what was asked for.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use deertrack_catalog::{Image, Individual, LeftOut, Record};
use deertrack_schemas::TableParams;
use deertrack_schemas::table::Topic;
use deertrack_survey::calendar::{Calendar, days};
use deertrack_survey::effort::{Effort, passed};
use deertrack_survey::visits::{Visit, VisitRule, individual_visits, visits};
use deertrack_survey::zone::ZoneSource;
use deertrack_survey::{self as survey, sift};
use deertrack_survey::{Deployment, Place, TimeRange};

use crate::JobError;
use crate::export::picture_size::lost_boxes;
use crate::export::whole::Whole;
use crate::export::{Cx, ImagesFolder, left_out, passages, species};

/// Everything that the catalog has about the days of a request.
pub(super) struct Found {
    calendar: Calendar,
    range: TimeRange,
    pub(super) records: Vec<Record>,
    pub(super) left_out: LeftOut,
    /// Ids of individuals of an import that are of passages.
    passages: u64,
    /// Those of the rows are.
    are_passages: bool,
    images: Vec<Image>,
    deployments: Vec<Deployment>,
    places: Vec<Place>,
    individuals: Vec<Individual>,
    folder: ImagesFolder,
}

impl Found {
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
        let mut records = cx.catalog.records_in(days.clone()).await?;
        let of_deer = species::of_deer(&individuals);
        for row in &mut records {
            species::name(&mut row.scientific_name, row.deer_id.as_deref(), &of_deer);
        }
        let are_passages = are_passages(cx, &records, params, created_at).await?;
        Ok(Self {
            records,
            passages: passages::noted(&cx.catalog.datasets().await?),
            are_passages,
            left_out: cx.catalog.left_out_in(days.clone()).await?,
            images: cx.catalog.images(days).await?,
            deployments: cx.catalog.deployments(range.clone()).await?,
            individuals,
            folder: cx.images.clone(),
            calendar,
            range,
            places,
        })
    }
}

impl Found {
    /// What is said where none of these topics has a row.
    pub(super) fn nothing(&self, topics: &[Topic]) -> String {
        match topics {
            [Topic::Effort] => "No camera stood in specified date range".to_owned(),
            [Topic::Individuals] if self.are_passages => {
                "No known individuals found: the ids name passages, for none comes again".to_owned()
            }
            [Topic::Individuals] if self.passages > 0 => {
                format!("No known individuals found: {}", passages::words(self.passages))
            }
            _ => "No detections found in specified date range".to_owned(),
        }
    }
}

/// Only a list of individuals must know.
async fn are_passages(
    cx: &Cx,
    records: &[Record],
    params: &TableParams,
    now: DateTime<Utc>,
) -> Result<bool, JobError> {
    if !params.topics().contains(&Topic::Individuals) {
        return Ok(false);
    }
    let mut some = Whole::default();
    for record in records.iter().filter_map(Record::counted) {
        if let Some(id) = &record.individual {
            some.add_individual(id, record.taken_at);
        }
    }
    passages::are(&*cx.catalog, &some, now).await
}

/// What was asked for.
pub(super) struct Selected {
    pub(super) calendar: Calendar,
    /// By time.
    pub(super) records: Vec<Record>,
    /// As counting reads the same rows: second boxes of one animal are left out.
    pub(super) counted: Vec<survey::Record>,
    pub(super) effort: Effort,
    pub(super) places: BTreeMap<String, Place>,
    pub(super) individuals: BTreeMap<String, Individual>,
    pub(super) rule: VisitRule,
    /// What no export counts.
    left_out: LeftOut,
    /// Ids of individuals that are of passages: no row is of them, though detections have theirs.
    pub(super) passages: u64,
    /// From which the paths of photographs are told.
    pub(super) images: ImagesFolder,
}

impl Selected {
    pub(super) fn new(found: Found, params: &TableParams) -> Self {
        let Found {
            calendar,
            range,
            mut records,
            left_out,
            passages,
            are_passages,
            images,
            mut deployments,
            places,
            individuals,
            folder,
        } = found;
        let wanted_places = set(params.place_ids.as_ref());
        let wanted_deer = set(params.deer_ids.as_ref());
        let is_there = |place: Option<&str>| is_among(wanted_places.as_ref(), place);
        let is_then = |place: Option<&str>, at: DateTime<Utc>| {
            (params.start_date..=params.end_date).contains(&calendar.day(place, at))
        };
        records.retain(|record| {
            let place = record.image.place_id.as_deref();
            params.classifications.contains(&record.class)
                && is_there(place)
                && is_among(wanted_deer.as_ref(), record.deer_id.as_deref())
                && record.seen_at().is_some_and(|at| is_then(place, at))
        });
        deployments.retain(|deployment| is_there(Some(&deployment.place_id)));
        let seen = images.iter().filter_map(|image| Some((image.place_id.as_deref()?, image.taken_at?)));
        let seen = seen.filter(|(place, at)| is_there(Some(place)) && is_then(Some(place), *at));
        let mut counted = sift(records.iter().filter_map(Record::counted)).kept;
        let mut named: BTreeSet<String> = BTreeSet::new();
        if are_passages {
            named = counted.iter_mut().filter_map(|record| record.individual.take()).collect();
        }
        Self {
            counted,
            passages: passages + named.len() as u64,
            effort: Effort::of_deployments(&deployments, &range)
                .and_inferred(seen, &range)
                .within(|place| days(params.start_date, params.end_date, calendar.zone(Some(place)))),
            places: by_id(places.into_iter().filter(|place| is_there(Some(&place.id))), |place| &place.id),
            individuals: by_id(individuals, |deer| &deer.id),
            rule: VisitRule::of(params.visit_gap_minutes, params.visit_gap_since),
            images: folder,
            records,
            left_out,
            calendar,
        }
    }

    /// Whether none of these topics has a row.
    pub(super) fn is_empty(&self, topics: &[Topic]) -> bool {
        match topics {
            [Topic::Effort] => self.effort.cameras.is_empty(),
            [Topic::Individuals] => self.known().next().is_none(),
            _ => self.records.is_empty(),
        }
    }

    /// What is in the file, in one sentence.
    pub(super) fn headline(&self, topics: &[Topic]) -> String {
        let told = topics.iter().map(|topic| match topic {
            Topic::Detections => format!("{} detections", self.counted.len()),
            Topic::Visits => format!("{} visits", self.visits().len()),
            Topic::Effort if self.effort.cameras.is_empty() => "no known effort".to_owned(),
            Topic::Effort => format!("{:.1} trap nights", self.effort.nights()),
            Topic::Individuals if self.passages > 0 => {
                format!("{} individuals ({})", self.known().count(), passages::words(self.passages))
            }
            Topic::Individuals => format!("{} individuals", self.known().count()),
        });
        let lost = topics.contains(&Topic::Detections).then(|| lost_boxes(&self.records)).flatten();
        let lost = lost.map(|lost| format!("; {lost}")).unwrap_or_default();
        let told: Vec<String> = told.collect();
        let species: Vec<&str> = self.species().into_iter().collect();
        let species = if species.is_empty() { String::new() } else { format!(" of {}", species.join(", ")) };
        let told = told.join(", ");
        format!("{told}{species}; {}{lost}{}", self.local_time(), left_out::tail(&self.left_out))
    }

    /// Scientific names of what was detected; none where the database tells none.
    pub(super) fn species(&self) -> BTreeSet<&str> {
        self.records.iter().filter_map(|record| record.scientific_name.as_deref()).collect()
    }

    /// The zones of what is in the file, and how each is known.
    pub(super) fn zones(&self) -> BTreeSet<(&'static str, ZoneSource)> {
        self.calendar.zones(self.seen_places())
    }

    /// The same in words.
    pub(super) fn local_time(&self) -> String {
        self.calendar.words(self.seen_places())
    }

    fn seen_places(&self) -> impl Iterator<Item = Option<&str>> {
        let seen = self.records.iter().map(|record| record.image.place_id.as_deref());
        seen.chain(self.effort.cameras.iter().map(|camera| Some(camera.place_id.as_str())))
    }

    pub(super) fn visits(&self) -> Vec<Visit> {
        visits(&self.counted, self.rule)
    }

    pub(super) fn individual_visits(&self) -> Vec<Visit> {
        individual_visits(&self.counted, self.rule)
    }

    /// Ids of the known deer that were seen, in order.
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        let ids: BTreeSet<&str> =
            self.counted.iter().filter_map(|record| record.individual.as_deref()).collect();
        ids.into_iter()
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

fn set(ids: Option<&Vec<String>>) -> Option<HashSet<&str>> {
    ids.map(|ids| ids.iter().map(String::as_str).collect())
}

fn is_among(wanted: Option<&HashSet<&str>>, id: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| id.is_some_and(|id| wanted.contains(id)))
}

fn by_id<T>(rows: impl IntoIterator<Item = T>, id: impl Fn(&T) -> &String) -> BTreeMap<String, T> {
    rows.into_iter().map(|row| (id(&row).clone(), row)).collect()
}
