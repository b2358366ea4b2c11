//! Rows into visits: independent events, so that a deer that stands before a camera for an hour counts once.
//!
//! The two semantics are those of R camtrapR's `recordTable` (`deltaTimeComparedTo`), the field's reference. Which
//! rows count is decided before, by [`sift`](super::sift); how many visits a trap night brings, in
//! [`rates`](super::rates).

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use deertrack_schemas::Class;
pub use deertrack_schemas::table::GapSince;

use super::Record;

/// What makes a record the begin of a new visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitRule {
    /// At least this long after the record it is compared to. A gap of exactly this length is long enough.
    pub gap: TimeDelta,
    /// The record it is compared to.
    pub since: GapSince,
}

impl VisitRule {
    /// As requests ask for it.
    pub fn of(gap_minutes: u32, since: GapSince) -> Self {
        Self { gap: TimeDelta::minutes(gap_minutes.into()), since }
    }
}

impl Default for VisitRule {
    /// 30 minutes since the last independent record.
    fn default() -> Self {
        Self { gap: TimeDelta::minutes(30), since: GapSince::default() }
    }
}

/// One independent event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Where; visits without a place are grouped as if there was one more place.
    pub place_id: Option<String>,
    /// What. A visit of an individual has the class of its first record.
    pub class: Class,
    /// Who, for visits of individuals.
    pub individual: Option<String>,
    /// Its first record.
    pub start: DateTime<Utc>,
    /// Its last record.
    pub end: DateTime<Utc>,
    /// How many images it has.
    pub images: usize,
    /// How many animals were seen at once: the largest sum over the rows of one image.
    pub animals: u32,
}

/// Visits of each class at each place, by start, place, class.
pub fn visits(records: &[Record], rule: VisitRule) -> Vec<Visit> {
    grouped(records.iter().map(|record| (Whose::Class(record.class), record)), rule)
}

/// Visits of each known individual at each place, by start, place, individual. Rows without a name have no part.
pub fn individual_visits(records: &[Record], rule: VisitRule) -> Vec<Visit> {
    let known = records.iter().filter_map(|record| {
        let name = record.individual.as_deref()?;
        Some((Whose::Individual(name), record))
    });
    grouped(known, rule)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose<'a> {
    Class(Class),
    Individual(&'a str),
}

type Group<'a> = (Option<&'a str>, Whose<'a>);

/// The rows of one group in one image.
struct Sighting {
    class: Class,
    animals: u32,
}

fn grouped<'a>(rows: impl Iterator<Item = (Whose<'a>, &'a Record)>, rule: VisitRule) -> Vec<Visit> {
    let mut sightings: BTreeMap<(Group<'a>, DateTime<Utc>, &str), Sighting> = BTreeMap::new();
    for (whose, row) in rows {
        let key = ((row.place_id.as_deref(), whose), row.taken_at, row.image_id.as_str());
        sightings.entry(key).or_insert(Sighting { class: row.class, animals: 0 }).animals += row.count;
    }
    let mut visits: Vec<Visit> = Vec::new();
    let mut open: Option<Group<'a>> = None;
    for ((group, at, _), sighting) in sightings {
        match visits.last_mut().filter(|visit| open == Some(group) && belongs(visit, at, rule)) {
            Some(visit) => extend(visit, at, &sighting),
            None => visits.push(begin(group, at, &sighting)),
        }
        open = Some(group);
    }
    visits.sort_by(|a, b| order(a).cmp(&order(b)));
    visits
}

fn belongs(visit: &Visit, at: DateTime<Utc>, rule: VisitRule) -> bool {
    let since = match rule.since {
        GapSince::LastRecord => visit.end,
        GapSince::LastIndependentRecord => visit.start,
    };
    at - since < rule.gap
}

fn extend(visit: &mut Visit, at: DateTime<Utc>, sighting: &Sighting) {
    visit.end = at;
    visit.images += 1;
    visit.animals = visit.animals.max(sighting.animals);
}

fn begin((place, whose): Group<'_>, at: DateTime<Utc>, sighting: &Sighting) -> Visit {
    let individual = match whose {
        Whose::Class(_) => None,
        Whose::Individual(name) => Some(name.to_owned()),
    };
    Visit {
        place_id: place.map(str::to_owned),
        class: sighting.class,
        individual,
        start: at,
        end: at,
        images: 1,
        animals: sighting.animals,
    }
}

fn order(visit: &Visit) -> (DateTime<Utc>, Option<&str>, Option<&str>, Class) {
    (visit.start, visit.place_id.as_deref(), visit.individual.as_deref(), visit.class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Standing;

    fn row(minute: i64, image: &str) -> Record {
        Record {
            id: format!("{image} {minute}"),
            image_id: image.to_owned(),
            taken_at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
            place_id: Some("ridge".to_owned()),
            class: Class::Doe,
            individual: None,
            count: 1,
            bbox: None,
            standing: Standing::Valid,
        }
    }

    fn starts(visits: &[Visit]) -> Vec<i64> {
        visits.iter().map(|visit| visit.start.timestamp() / 60).collect()
    }

    fn every_twenty_minutes() -> Vec<Record> {
        (0..6).map(|i| row(20 * i, &i.to_string())).collect()
    }

    #[test]
    fn a_deer_that_stays_is_one_visit_since_the_last_record() {
        let rule = VisitRule { since: GapSince::LastRecord, ..VisitRule::default() };
        let found = visits(&every_twenty_minutes(), rule);
        assert_eq!(starts(&found), [0]);
        assert_eq!((found[0].images, found[0].end.timestamp()), (6, 100 * 60));
    }

    #[test]
    fn a_deer_that_stays_is_counted_again_since_the_last_independent_record() {
        assert_eq!(starts(&visits(&every_twenty_minutes(), VisitRule::default())), [0, 40, 80]);
    }

    #[test]
    fn a_gap_of_exactly_the_rule_begins_a_new_visit() {
        let at = |minute| visits(&[row(0, "a"), row(minute, "b")], VisitRule::default()).len();
        assert_eq!((at(29), at(30)), (1, 2));
    }

    #[test]
    fn without_a_gap_every_image_is_a_visit_but_two_boxes_of_one_image_are_not() {
        let rule = VisitRule { gap: TimeDelta::zero(), ..VisitRule::default() };
        let found = visits(&[row(0, "a"), row(0, "a"), row(0, "b"), row(1, "c")], rule);
        assert_eq!(starts(&found), [0, 0, 1]);
        assert_eq!(found[0].animals, 2);
    }

    #[test]
    fn a_group_keeps_its_largest_count() {
        let pair = [row(1, "b"), row(1, "b")];
        let herd = Record { count: 5, ..row(2, "c") };
        let rows = [&[row(0, "a")][..], &pair, &[herd], &[row(3, "d")]].concat();
        let found = visits(&rows, VisitRule::default());
        assert_eq!((found.len(), found[0].animals, found[0].images), (1, 5, 4));
    }

    #[test]
    fn places_and_classes_do_not_merge() {
        let elsewhere = Record { place_id: None, ..row(1, "b") };
        let buck = Record { class: Class::Buck, ..row(2, "c") };
        assert_eq!(visits(&[row(0, "a"), elsewhere, buck], VisitRule::default()).len(), 3);
    }

    #[test]
    fn individuals_have_visits_of_their_own() {
        let named =
            |minute, image, deer: &str| Record { individual: Some(deer.to_owned()), ..row(minute, image) };
        let rows = [named(0, "a", "seven"), named(5, "b", "eight"), named(10, "c", "seven"), row(12, "d")];
        let found = individual_visits(&rows, VisitRule::default());
        let who: Vec<_> = found.iter().map(|visit| (visit.individual.as_deref(), visit.images)).collect();
        assert_eq!(who, [(Some("seven"), 2), (Some("eight"), 1)]);
        assert_eq!(visits(&rows, VisitRule::default()).len(), 1, "as a class they are one visit");
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        let mut rows = every_twenty_minutes();
        let forward = visits(&rows, VisitRule::default());
        rows.reverse();
        assert_eq!(visits(&rows, VisitRule::default()), forward);
    }
}
