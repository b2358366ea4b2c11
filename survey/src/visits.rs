//! Rows into visits: independent events, so that a deer that stands before a camera for an hour counts once.
//!
//! The two semantics are those of R camtrapR's `recordTable` (`deltaTimeComparedTo`), the field's reference. There a
//! record is a photograph, an instant; a row of an event lasts until its last photograph (`eventEnd` of Camtrap DP), so
//! that the last record of a visit is the one that ends last. Which rows count is decided before, by [`sift`](super::sift); how many visits a trap night brings, in
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
    /// The last end of its records: a later one may have ended earlier.
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

/// The rows of one group in one image: they are seen at once, though one may be of the image and one of its event.
struct Sighting<'a> {
    group: Group<'a>,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    image_id: &'a str,
    class: Class,
    animals: u32,
}

fn grouped<'a>(rows: impl Iterator<Item = (Whose<'a>, &'a Record)>, rule: VisitRule) -> Vec<Visit> {
    let mut visits: Vec<Visit> = Vec::new();
    let mut open: Option<Group<'a>> = None;
    for sighting in sightings(rows) {
        match visits
            .last_mut()
            .filter(|visit| open == Some(sighting.group) && belongs(visit, &sighting, rule))
        {
            Some(visit) => extend(visit, &sighting),
            None => visits.push(begin(&sighting)),
        }
        open = Some(sighting.group);
    }
    visits.sort_by(|a, b| order(a).cmp(&order(b)));
    visits
}

/// By group, start, image.
fn sightings<'a>(rows: impl Iterator<Item = (Whose<'a>, &'a Record)>) -> Vec<Sighting<'a>> {
    let mut of_images: BTreeMap<(Group<'a>, &str), Sighting<'a>> = BTreeMap::new();
    for (whose, row) in rows {
        let (group, image_id) = ((row.place_id.as_deref(), whose), row.image_id.as_str());
        let sighting = of_images.entry((group, image_id)).or_insert(Sighting {
            group,
            start: row.taken_at,
            end: row.until,
            image_id,
            class: row.class,
            animals: 0,
        });
        sighting.start = sighting.start.min(row.taken_at);
        sighting.end = sighting.end.max(row.until);
        sighting.animals += row.count;
    }
    let mut sightings: Vec<Sighting<'a>> = of_images.into_values().collect();
    sightings.sort_by_key(|sighting| (sighting.group, sighting.start, sighting.image_id));
    sightings
}

fn belongs(visit: &Visit, sighting: &Sighting<'_>, rule: VisitRule) -> bool {
    let since = match rule.since {
        GapSince::LastRecord => visit.end,
        GapSince::LastIndependentRecord => visit.start,
    };
    sighting.start - since < rule.gap
}

fn extend(visit: &mut Visit, sighting: &Sighting<'_>) {
    visit.end = visit.end.max(sighting.end);
    visit.images += 1;
    visit.animals = visit.animals.max(sighting.animals);
}

fn begin(sighting: &Sighting<'_>) -> Visit {
    let (place, whose) = sighting.group;
    let individual = match whose {
        Whose::Class(_) => None,
        Whose::Individual(name) => Some(name.to_owned()),
    };
    Visit {
        place_id: place.map(str::to_owned),
        class: sighting.class,
        individual,
        start: sighting.start,
        end: sighting.end,
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
        lasting(minute, minute, image)
    }

    /// A row of an event from one minute to another.
    fn lasting(minute: i64, until: i64, image: &str) -> Record {
        Record {
            id: format!("{image} {minute}"),
            image_id: image.to_owned(),
            taken_at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
            until: DateTime::UNIX_EPOCH + TimeDelta::minutes(until),
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
    fn an_event_lasts_until_its_end_and_the_gap_is_measured_from_there() {
        let last = VisitRule { since: GapSince::LastRecord, ..VisitRule::default() };
        let rows = |until: i64, next: i64| [lasting(0, until, "a"), row(next, "b")];
        let spans = |rows: &[Record], rule| -> Vec<(i64, i64)> {
            let minute = |at: DateTime<Utc>| at.timestamp() / 60;
            visits(rows, rule).iter().map(|visit| (minute(visit.start), minute(visit.end))).collect()
        };
        assert_eq!(spans(&rows(40, 65), last), [(0, 65)], "25 minutes after its end");
        assert_eq!(spans(&rows(0, 65), last), [(0, 0), (65, 65)], "an instant");
        assert_eq!(spans(&rows(40, 70), last), [(0, 40), (70, 70)], "exactly the gap");
        assert_eq!(spans(&rows(40, 65), VisitRule::default()), [(0, 40), (65, 65)], "since its first record");
        // A short record within a long event does not end the visit earlier.
        let within = [lasting(0, 60, "a"), row(10, "b"), row(80, "c")];
        assert_eq!(spans(&within, last), [(0, 80)]);
    }

    #[test]
    fn an_event_and_its_photograph_are_seen_at_once_however_their_times_differ() {
        let found = visits(&[lasting(0, 5, "a"), row(2, "a")], VisitRule::default());
        assert_eq!((found.len(), found[0].animals, found[0].images), (1, 2, 1));
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
