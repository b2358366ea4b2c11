//! Rows into visits: independent events, so that a deer that stands before a camera for an hour counts once.
//!
//! The two semantics are those of R camtrapR's `recordTable` (`deltaTimeComparedTo`), the field's reference. There a
//! record is a photograph, an instant; a row of an event lasts until its last photograph (`eventEnd` of Camtrap DP), so
//! that the last record of a visit is the one that ends last. Which rows count is decided before, by
//! [`sift`](super::sift); how many visits a trap night brings, in [`rates`](super::rates).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use deertrack_schemas::Class;
pub use deertrack_schemas::table::GapSince;

use super::Record;
use super::names::Names;

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
    pub place_id: Option<Arc<str>>,
    /// What. A visit of an individual has the class of its first record.
    pub class: Class,
    /// Who, for visits of individuals.
    pub individual: Option<Arc<str>>,
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
    Gatherer { individuals: false, ..Gatherer::new(rule) }.gathered(records).of_classes
}

/// Visits of each known individual at each place, by start, place, individual. Rows without a name have no part.
pub fn individual_visits(records: &[Record], rule: VisitRule) -> Vec<Visit> {
    Gatherer { classes: false, ..Gatherer::new(rule) }.gathered(records).of_individuals
}

/// All visits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visits {
    /// Of each class at each place, by start, place, class.
    pub of_classes: Vec<Visit>,
    /// Of each known individual at each place, by start, place, individual. Rows without a name have no part.
    pub of_individuals: Vec<Visit>,
}

/// Makes visits of records as they come, image by image. What it holds grows with visits, not with records.
#[derive(Clone, Debug)]
pub struct Gatherer {
    rule: VisitRule,
    classes: bool,
    individuals: bool,
    names: Names,
    /// By start and image: what may still be preceded.
    waiting: BTreeMap<(DateTime<Utc>, String), Vec<Sighting>>,
    open: HashMap<Group, Visit>,
    /// Nothing that begins before it is still to come.
    passed: DateTime<Utc>,
    done: Visits,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Whose {
    Class(Class),
    Individual(Arc<str>),
}

/// A place and who is seen there.
type Group = (Option<Arc<str>>, Whose);

/// The rows of one group in one image: they are seen at once, though one may be of the image and one of its event.
#[derive(Clone, Debug)]
struct Sighting {
    group: Group,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    class: Class,
    animals: u32,
}

impl Gatherer {
    /// By a rule, of classes and of individuals.
    pub fn new(rule: VisitRule) -> Self {
        Self {
            rule,
            classes: true,
            individuals: true,
            names: Names::default(),
            waiting: BTreeMap::new(),
            open: HashMap::new(),
            passed: DateTime::<Utc>::MIN_UTC,
            done: Visits::default(),
        }
    }

    /// The same without visits of individuals.
    #[must_use]
    pub fn of_classes(self) -> Self {
        Self { individuals: false, ..self }
    }

    fn gathered(mut self, records: &[Record]) -> Visits {
        let mut rows: Vec<&Record> = records.iter().collect();
        rows.sort_by(|a, b| a.image_id.cmp(&b.image_id));
        for image in rows.chunk_by(|a, b| a.image_id == b.image_id) {
            self.add(image);
        }
        self.finish()
    }

    /// Adds the rows of one image that count, all of them.
    pub fn add(&mut self, image: &[&Record]) {
        let mut sightings: Vec<Sighting> = Vec::with_capacity(2);
        for row in image {
            let place = row.place_id.as_deref().map(|id| self.names.of(id));
            let name = row.individual.as_deref().filter(|_| self.individuals).map(|id| self.names.of(id));
            let class = self.classes.then_some(Whose::Class(row.class));
            for whose in class.into_iter().chain(name.map(Whose::Individual)) {
                see(&mut sightings, (place.clone(), whose), row);
            }
        }
        for sighting in sightings {
            let key = (sighting.start, image[0].image_id.clone());
            self.waiting.entry(key).or_default().push(sighting);
        }
    }

    /// Nothing that begins before `then` is still to come: what waits for it need not wait any longer.
    pub fn pass(&mut self, then: DateTime<Utc>) {
        self.passed = self.passed.max(then);
        while let Some(first) = self.waiting.first_entry().filter(|first| first.key().0 < then) {
            for sighting in first.remove() {
                self.gather(sighting);
            }
        }
    }

    fn gather(&mut self, sighting: Sighting) {
        let rule = self.rule;
        match self.open.get_mut(&sighting.group) {
            Some(visit) if belongs(visit, &sighting, rule) => extend(visit, &sighting),
            Some(visit) => {
                let ended = std::mem::replace(visit, begin(&sighting));
                self.done.push(ended);
            }
            None => {
                let visit = begin(&sighting);
                self.open.insert(sighting.group, visit);
            }
        }
    }

    /// Takes the visits that are complete and that no other one will come before: all that is taken, one after another, and
    /// what [`finish`](Self::finish) gives at last, is in the order of [`visits`] and [`individual_visits`].
    pub fn take(&mut self) -> Visits {
        let (passed, rule) = (self.passed, self.rule);
        // No record to come is close enough to them.
        for (_, visit) in self.open.extract_if(|_, visit| passed - since(visit, rule) >= rule.gap) {
            self.done.push(visit);
        }
        let is_of = |individual: bool| move |visit: &&Visit| visit.individual.is_some() == individual;
        let begins = |individual| self.open.values().filter(is_of(individual)).map(|visit| visit.start).min();
        let [classes, individuals] =
            [false, true].map(|individual| begins(individual).map_or(passed, |begin| begin.min(passed)));
        Visits {
            of_classes: before(classes, &mut self.done.of_classes),
            of_individuals: before(individuals, &mut self.done.of_individuals),
        }
    }

    /// All visits that were not taken.
    pub fn finish(mut self) -> Visits {
        for sighting in std::mem::take(&mut self.waiting).into_values().flatten() {
            self.gather(sighting);
        }
        for visit in std::mem::take(&mut self.open).into_values() {
            self.done.push(visit);
        }
        sort(&mut self.done.of_classes);
        sort(&mut self.done.of_individuals);
        self.done
    }
}

impl Visits {
    fn push(&mut self, visit: Visit) {
        if visit.individual.is_some() { &mut self.of_individuals } else { &mut self.of_classes }.push(visit);
    }
}

/// Adds a row to what is seen of its group in its image.
fn see(sightings: &mut Vec<Sighting>, group: Group, row: &Record) {
    match sightings.iter_mut().find(|sighting| sighting.group == group) {
        Some(sighting) => {
            sighting.start = sighting.start.min(row.taken_at);
            sighting.end = sighting.end.max(row.until);
            sighting.animals += row.count;
        }
        None => sightings.push(Sighting {
            group,
            start: row.taken_at,
            end: row.until,
            class: row.class,
            animals: row.count,
        }),
    }
}

fn belongs(visit: &Visit, sighting: &Sighting, rule: VisitRule) -> bool {
    sighting.start - since(visit, rule) < rule.gap
}

/// From when the gap is measured.
fn since(visit: &Visit, rule: VisitRule) -> DateTime<Utc> {
    match rule.since {
        GapSince::LastRecord => visit.end,
        GapSince::LastIndependentRecord => visit.start,
    }
}

fn extend(visit: &mut Visit, sighting: &Sighting) {
    visit.end = visit.end.max(sighting.end);
    visit.images += 1;
    visit.animals = visit.animals.max(sighting.animals);
}

fn begin(sighting: &Sighting) -> Visit {
    let (place_id, whose) = sighting.group.clone();
    let individual = match whose {
        Whose::Class(_) => None,
        Whose::Individual(name) => Some(name),
    };
    Visit {
        place_id,
        class: sighting.class,
        individual,
        start: sighting.start,
        end: sighting.end,
        images: 1,
        animals: sighting.animals,
    }
}

fn sort(visits: &mut [Visit]) {
    visits.sort_by(|a, b| order(a).cmp(&order(b)));
}

/// Takes those that begin before `then`.
fn before(then: DateTime<Utc>, visits: &mut Vec<Visit>) -> Vec<Visit> {
    sort(visits);
    let end = visits.partition_point(|visit| visit.start < then);
    visits.drain(..end).collect()
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
    fn records_as_they_come_make_the_visits_of_all_of_them() {
        let named = |minute, until, image: &str, deer: Option<&str>| Record {
            individual: deer.map(str::to_owned),
            ..lasting(minute, until, image)
        };
        let rows = [
            named(0, 0, "a", Some("seven")),
            named(5, 50, "b", None),
            named(40, 40, "c", Some("seven")),
            named(70, 70, "d", Some("eight")),
            named(61, 61, "e", None), // its photograph was taken later than it began
            named(200, 200, "f", None),
        ];
        for since in [GapSince::LastRecord, GapSince::LastIndependentRecord] {
            let rule = VisitRule { since, ..VisitRule::default() };
            let mut gatherer = Gatherer::new(rule);
            for row in &rows {
                gatherer.add(&[row]);
                gatherer.pass(row.taken_at - TimeDelta::minutes(10));
            }
            assert!(gatherer.waiting.len() <= 2, "the others are gathered");
            let gathered = gatherer.finish();
            assert_eq!(gathered.of_classes, visits(&rows, rule));
            assert_eq!(gathered.of_individuals, individual_visits(&rows, rule));
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        let mut rows = every_twenty_minutes();
        let forward = visits(&rows, VisitRule::default());
        rows.reverse();
        assert_eq!(visits(&rows, VisitRule::default()), forward);
    }
}
