//! The whole data set at a glance: which classes anybody tells, whether individuals are seen again, and for a request
//! that found nothing, what there is to be found.
//!
//! Read a year at a time and folded, for nothing that grows with detections is held. It takes seconds for a million of
//! them, so it is asked for only where the rows of a request leave the answer open.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use deertrack_catalog::{Catalog, Sighting};
use deertrack_schemas::Class;
use deertrack_survey::calendar::Calendar;
use deertrack_survey::passages::are_passages;
use deertrack_survey::{Place, TimeRange};

use futures::TryStreamExt;
use futures::stream::TryReadyChunksError;

use super::Cx;
use super::words::{counted, list};
use crate::JobError;

/// Names of places and species that a sentence lists.
const MOST_NAMES: usize = 6;
/// Letters of a name: whatever stands there, a status line stays a line.
const LONGEST_NAME: usize = 40;
/// Two records of one id that are this far apart are two passages: the usual gap between visits.
const ANOTHER_PASSAGE: TimeDelta = TimeDelta::minutes(30);

/// Rows that are read before they are folded.
const AT_ONCE: usize = 1_000;

/// What there is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Whole {
    detections: u64,
    span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    classes: BTreeMap<Class, u64>,
    species: BTreeMap<String, u64>,
    places: BTreeSet<String>,
    /// When each individual was seen first and last.
    individuals: BTreeMap<String, (DateTime<Utc>, DateTime<Utc>)>,
}

impl Whole {
    /// Everything that the catalog has; `now` ends the years that are read one by one.
    pub(super) async fn of(catalog: &dyn Catalog, now: DateTime<Utc>) -> Result<Self, JobError> {
        let mut whole = Self::default();
        for range in years(now) {
            let mut rows = catalog.sightings(range).try_ready_chunks(AT_ONCE);
            while let Some(rows) = rows.try_next().await.map_err(|TryReadyChunksError(_, error)| error)? {
                whole.add(&rows);
            }
        }
        Ok(whole)
    }

    /// What these rows tell.
    pub(super) fn add(&mut self, rows: &[Sighting]) {
        for row in rows {
            let (Some(at), Some(until)) = (row.seen_at(), row.seen_until()) else { continue };
            let widened = |(first, last): (DateTime<Utc>, DateTime<Utc>)| (first.min(at), last.max(until));
            self.detections += 1;
            self.span = Some(self.span.map_or((at, until), widened));
            *self.classes.entry(row.class).or_default() += 1;
            count(&mut self.species, row.scientific_name.as_deref());
            if let Some(place) = row.place_id.as_deref().filter(|place| !self.places.contains(*place)) {
                self.places.insert(place.to_owned());
            }
            if let Some(id) = &row.deer_id {
                self.add_individual(id, at);
            }
        }
    }

    /// That an individual was seen.
    pub(super) fn add_individual(&mut self, id: &str, at: DateTime<Utc>) {
        match self.individuals.get_mut(id) {
            Some((first, last)) => (*first, *last) = ((*first).min(at), (*last).max(at)),
            None => drop(self.individuals.insert(id.to_owned(), (at, at))),
        }
    }

    /// Whether any row is of this class.
    pub(super) fn has(&self, class: Class) -> bool {
        self.classes.contains_key(&class)
    }

    /// Whether more rows could tell otherwise of passages: none comes again, and none is none of them.
    pub(super) fn leaves_passages_open(&self) -> bool {
        !self.individuals.is_empty() && !self.individuals.values().any(is_seen_again)
    }

    /// Whether ids of individuals name passages: not one comes again after its first.
    pub(super) fn names_passages(&self) -> bool {
        are_passages(self.individuals.len(), self.individuals.values().any(is_seen_again))
    }

    /// `There are 1,749 detections, from 2018-01-03 to 2024-02-01 (626 bucks, ...), at ..., of ...`.
    fn words(&self, places: &[Place], calendar: &Calendar) -> String {
        let Some((first, last)) = self.span else { return "There are no detections at all.".to_owned() };
        let day = |at: DateTime<Utc>| {
            // The days of two zones differ by one at most, and most data sets have one zone.
            calendar.day(self.places.first().map(String::as_str), at)
        };
        let classes: Vec<String> = self.classes.iter().map(|(class, rows)| of_class(*class, *rows)).collect();
        let are = if self.detections == 1 { "is" } else { "are" };
        format!(
            "There {are} {} from {} to {} ({}){}{}.",
            counted(self.detections, "detection", "detections"),
            day(first),
            day(last),
            list(&classes),
            self.at_places(places),
            self.of_species()
        )
    }

    fn at_places(&self, places: &[Place]) -> String {
        let name = |id: &String| {
            let name = places.iter().find(|place| place.id == *id).map(|place| place.name.trim());
            match name.filter(|name| !name.is_empty() && name != id) {
                Some(name) => format!("{} (id {})", short(name), short(id)),
                None => short(id),
            }
        };
        if self.places.is_empty() {
            return String::new();
        }
        let places = counted(self.places.len(), "place", "places");
        format!(", at {places}: {}", some_of(self.places.iter().map(name)))
    }

    fn of_species(&self) -> String {
        let mut species: Vec<(&String, &u64)> = self.species.iter().collect();
        species.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
        if species.is_empty() {
            return "; no species is named".to_owned();
        }
        format!("; of the species {}", some_of(species.into_iter().map(|(name, _)| short(name))))
    }
}

fn is_seen_again((first, last): &(DateTime<Utc>, DateTime<Utc>)) -> bool {
    *last - *first >= ANOTHER_PASSAGE
}

/// The refusal of a request that nothing matches: `what` in words, then what there is.
pub(super) async fn nothing_found(cx: &Cx, what: &str, now: DateTime<Utc>) -> JobError {
    match told(cx, now).await {
        Ok(told) => JobError::Reject(format!("{what}. {told}")),
        Err(error) => error,
    }
}

async fn told(cx: &Cx, now: DateTime<Utc>) -> Result<String, JobError> {
    let places = cx.catalog.places().await?;
    let whole = Whole::of(&*cx.catalog, now).await?;
    Ok(whole.words(&places, &Calendar::of(&places, cx.zone)))
}

/// All of time: each year of trail cameras alone, the rest at once.
fn years(now: DateTime<Utc>) -> Vec<TimeRange> {
    const FIRST: i32 = 1990;
    let behind = now.year().clamp(FIRST, 9000) + 2;
    let all =
        [(1, FIRST)].into_iter().chain((FIRST..behind).map(|year| (year, year + 1))).chain([(behind, 9999)]);
    all.map(|(from, to)| new_year(from)..new_year(to)).collect()
}

fn new_year(year: i32) -> DateTime<Utc> {
    let day = NaiveDate::from_ymd_opt(year, 1, 1).expect("every year has a first of January");
    day.and_hms_opt(0, 0, 0).expect("every day has a midnight").and_utc()
}

fn count(counts: &mut BTreeMap<String, u64>, name: Option<&str>) {
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else { return };
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

fn of_class(class: Class, rows: u64) -> String {
    match class {
        Class::Buck => counted(rows, "buck", "bucks"),
        Class::Doe => counted(rows, "doe", "does"),
        Class::Fawn => counted(rows, "fawn", "fawns"),
        Class::Unknown => counted(rows, "unclassified", "unclassified"),
    }
}

fn some_of(names: impl ExactSizeIterator<Item = String>) -> String {
    let rest = names.len().saturating_sub(MOST_NAMES);
    let mut told: Vec<String> = names.take(MOST_NAMES).collect();
    if rest > 0 {
        told.push(format!("{rest} more"));
    }
    list(&told)
}

fn short(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at: &str, class: Class, place: &str, deer: Option<&str>, species: Option<&str>) -> Sighting {
        Sighting {
            burst_id: None,
            level: deertrack_catalog::Level::Media,
            starts_at: None,
            ends_at: None,
            id: at.into(),
            image_id: at.into(),
            taken_at: Some(at.parse().unwrap()),
            place_id: Some(place.into()),
            class,
            is_reviewed: false,
            confidence: None,
            bbox: None,
            deer_id: deer.map(str::to_owned),
            count: 1,
            scientific_name: species.map(str::to_owned),
        }
    }

    fn whole(rows: &[Sighting]) -> Whole {
        let mut whole = Whole::default();
        whole.add(rows);
        whole
    }

    #[test]
    fn days_classes_places_and_species_are_told() {
        let roe = Some("Capreolus capreolus");
        let found = whole(&[
            seen("2020-05-03T04:10:00Z", Class::Buck, "L1", None, roe),
            seen("2021-02-01T23:30:00Z", Class::Doe, "L2", None, roe),
            seen("2021-01-01T04:10:00Z", Class::Doe, "L2", None, Some("Cervus elaphus")),
        ]);
        let place = Place {
            id: "L1".into(),
            name: "Old oak".into(),
            latitude: None,
            longitude: None,
            coordinate_uncertainty: None,
            zone: None,
            offset_zone: None,
        };
        assert_eq!(
            found.words(&[place], &Calendar::new(chrono_tz::Europe::Brussels)),
            "There are 3 detections from 2020-05-03 to 2021-02-02 (1 buck and 2 does), at 2 places: Old oak (id L1) and \
             L2; of the species Capreolus capreolus and Cervus elaphus."
        );
        let nothing = Whole::default().words(&[], &Calendar::new(chrono_tz::UTC));
        assert_eq!(nothing, "There are no detections at all.");
    }

    #[test]
    fn many_names_are_counted_and_long_ones_cut() {
        let rows: Vec<Sighting> = (10..20)
            .map(|place| {
                seen(
                    "2020-05-03T04:10:00Z",
                    Class::Unknown,
                    &format!("{place}{}", "x".repeat(60)),
                    None,
                    None,
                )
            })
            .collect();
        let told = whole(&rows).words(&[], &Calendar::new(chrono_tz::UTC));
        assert!(
            told.contains("at 10 places: 10xxx") && told.contains("… and 4 more; no species is named."),
            "{told}"
        );
        assert!(!told.contains(&"x".repeat(LONGEST_NAME)), "{told}");
    }

    #[test]
    fn ids_of_one_passage_each_name_passages_where_they_are_many() {
        let of = |times: &[&str], others: usize| {
            let mut rows: Vec<Sighting> =
                times.iter().map(|at| seen(at, Class::Buck, "L1", Some("A"), None)).collect();
            let another = |n| seen("2020-05-03T04:10:00Z", Class::Buck, "L1", Some(&format!("B{n}")), None);
            rows.extend((0..others).map(another));
            whole(&rows).names_passages()
        };
        let once = ["2020-05-03T04:10:00Z", "2020-05-03T04:10:09Z", "2020-05-03T04:39:59Z"];
        assert!(of(&once, 2));
        assert!(!of(&once, 1), "of two animals that were seen once nobody can tell");
        assert!(!of(&["2020-05-03T04:10:00Z", "2020-05-03T04:40:00Z"], 2));
    }

    #[test]
    fn the_years_cover_all_of_time_without_a_gap() {
        let all = years("2026-11-30T00:00:00Z".parse().unwrap());
        assert!(all.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!((all[0].start, all.last().unwrap().end), (new_year(1), new_year(9999)));
        assert!(all.iter().any(|range| *range == (new_year(2026)..new_year(2027))));
    }
}
