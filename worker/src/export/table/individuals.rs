//! One row for each known deer that was seen: how often, where, from when to when.
//!
//! Of the rows that count, as in a report: second boxes of one animal are left out, and the class is that of most rows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use deertrack_survey::Record;
use deertrack_survey::tally::Individual;
use deertrack_survey::visits::Visit;

use super::basis::Basis;
use super::sheet::Cell;

pub(super) const COLUMNS: [&str; 13] = [
    "deer_id",
    "individual",
    "classification",
    "detections",
    "images",
    "visits",
    "places",
    "first_seen",
    "last_seen",
    "time_zone",
    "time_zone_source",
    "last_time_zone",
    "last_time_zone_source",
];

/// The known deer that were seen, by id.
#[derive(Debug, Default)]
pub(super) struct Individuals(BTreeMap<String, Seen>);

/// What was seen of one.
#[derive(Debug, Default)]
struct Seen {
    /// Records of each class.
    of: Individual,
    detections: usize,
    images: usize,
    /// The last of them.
    image: String,
    visits: usize,
    places: BTreeSet<String>,
    first: Option<Moment>,
    last: Option<Moment>,
}

/// A record's part in the order of records: by the time that counts, then when it was taken, then its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    at: DateTime<Utc>,
    taken_at: DateTime<Utc>,
    id: String,
    place: Option<String>,
}

impl Moment {
    fn of(record: &Record, at: DateTime<Utc>) -> Self {
        Self { at, taken_at: record.taken_at, id: record.id.clone(), place: record.place_id.clone() }
    }
}

impl Individuals {
    /// Adds records of one image that count.
    pub(super) fn add(&mut self, image: &[Record]) {
        for record in image {
            let Some(deer) = record.individual.as_deref() else { continue };
            match self.0.get_mut(deer) {
                Some(seen) => seen.add(record),
                None => self.0.entry(deer.to_owned()).or_default().add(record),
            }
        }
    }

    pub(super) fn add_visits(&mut self, visits: &[Visit]) {
        for name in visits.iter().filter_map(|visit| visit.individual.as_deref()) {
            if let Some(seen) = self.0.get_mut(name) {
                seen.visits += 1;
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many were seen at each place.
    pub(super) fn by_place(&self) -> BTreeMap<&str, usize> {
        let mut places = BTreeMap::new();
        for place in self.0.values().flat_map(|seen| &seen.places) {
            *places.entry(place.as_str()).or_default() += 1;
        }
        places
    }

    /// The cells of each row.
    pub(super) fn rows<'a>(
        &'a self,
        basis: &'a Basis,
    ) -> impl Iterator<Item = [Cell<'a>; COLUMNS.len()]> + 'a {
        self.0.iter().map(|(deer, seen)| seen.cells(basis, deer))
    }
}

impl Seen {
    fn add(&mut self, record: &Record) {
        self.of.records[record.class as usize] += 1;
        self.detections += 1;
        // Records of one image stand together.
        if self.images == 0 || self.image != record.image_id {
            self.images += 1;
            self.image.clone_from(&record.image_id);
        }
        if let Some(place) = record.place_id.as_ref().filter(|place| !self.places.contains(*place)) {
            self.places.insert(place.clone());
        }
        if self.first.as_ref().is_none_or(|first| is_before(record, record.taken_at, first)) {
            self.first = Some(Moment::of(record, record.taken_at));
        }
        if self.last.as_ref().is_none_or(|last| !is_before(record, record.until, last)) {
            self.last = Some(Moment::of(record, record.until));
        }
    }

    fn cells<'a>(&'a self, basis: &'a Basis, deer: &'a str) -> [Cell<'a>; COLUMNS.len()] {
        let zone = |seen: &Moment| basis.zone(seen.place.as_deref());
        let source = |seen: &Moment| basis.zone_source(seen.place.as_deref());
        let time = |seen: &Moment| Cell::local(seen.at, zone(seen));
        let (first, last) = (self.first.as_ref(), self.last.as_ref());
        [
            deer.into(),
            basis.deer_name(Some(deer)).into(),
            self.of.class().name().into(),
            self.detections.into(),
            self.images.into(),
            self.visits.into(),
            self.places.len().into(),
            first.map(time).into(),
            last.map(time).into(),
            first.map(|seen| zone(seen).name()).into(),
            first.map(source).into(),
            last.map(|seen| zone(seen).name()).into(),
            last.map(source).into(),
        ]
    }
}

/// Whether a record, `at` the time that counts, stands before that moment.
fn is_before(record: &Record, at: DateTime<Utc>, moment: &Moment) -> bool {
    (at, record.taken_at, record.id.as_str()) < (moment.at, moment.taken_at, moment.id.as_str())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use deertrack_schemas::Class;
    use deertrack_survey::Standing;

    use super::*;

    fn record(id: &str, image: &str, minute: i64, until: i64, place: &str) -> Record {
        let at = |minute| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        Record {
            id: id.to_owned(),
            image_id: image.to_owned(),
            taken_at: at(minute),
            until: at(until),
            place_id: Some(place.to_owned()),
            class: Class::Buck,
            individual: Some("seven".to_owned()),
            count: 1,
            bbox: None,
            standing: Standing::Valid,
        }
    }

    #[test]
    fn the_first_and_the_last_record_are_those_of_all_in_the_order_of_time() {
        // An event that began before what came before it, and one that ended behind what came later.
        let rows = [
            record("b", "1", 10, 90, "oak"),
            record("a", "2", 10, 10, "ash"),
            record("c", "3", 2, 3, "elm"),
            record("d", "4", 60, 60, "fir"),
            record("e", "4", 60, 90, "yew"),
        ];
        let mut individuals = Individuals::default();
        for image in rows.chunk_by(|a, b| a.image_id == b.image_id) {
            individuals.add(image);
        }
        let seen = &individuals.0["seven"];
        let place = |moment: &Option<Moment>| moment.as_ref().and_then(|moment| moment.place.clone());
        assert_eq!(place(&seen.first).as_deref(), Some("elm"));
        assert_eq!(place(&seen.last).as_deref(), Some("yew"), "of two ends the later record's");
        assert_eq!((seen.detections, seen.images, seen.places.len()), (5, 4, 5));
        assert_eq!(individuals.by_place()["oak"], 1);
    }
}
