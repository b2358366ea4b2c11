//! Records counted by place, local day and class, and by individual, as they come: what tables and ratios say of them.
//! What it holds grows with days, places and individuals, not with records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use deertrack_schemas::Class;

use super::Record;
use super::names::Names;

/// A number for each class, in the order of [`Class::ALL`].
pub type ByClass = [u64; Class::ALL.len()];

/// The records that count.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    names: Names,
    cells: BTreeMap<(Option<Arc<str>>, NaiveDate), Sum>,
    /// Days of images whose records are of several days: in a sum over those such an image is one.
    over_days: BTreeMap<Option<Arc<str>>, Vec<BTreeSet<NaiveDate>>>,
    individuals: BTreeMap<Arc<str>, Individual>,
    /// Records.
    pub records: u64,
    /// Records that stand for more than one animal.
    pub groups: u64,
}

/// Some of the records, summed up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sum {
    /// Records of each class.
    pub records: ByClass,
    /// Animals that they stand for.
    pub animals: ByClass,
    /// Distinct images.
    pub images: u64,
    /// Distinct individuals.
    pub individuals: BTreeSet<Arc<str>>,
}

/// What was seen of a known individual.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Individual {
    /// Records of each class.
    pub records: ByClass,
    /// Local days on which it was seen.
    pub days: BTreeSet<NaiveDate>,
}

impl Individual {
    /// The class that most of its records have; the first of [`Class::ALL`] where two are equal.
    pub fn class(&self) -> Class {
        let most = self.records.iter().max().copied().unwrap_or_default();
        let first = self.records.iter().position(|count| *count == most).unwrap_or_default();
        Class::ALL[first]
    }
}

impl Tally {
    /// Of all records; `day` gives the day that one is counted on, and that of its clock.
    pub fn of<'a>(
        records: impl IntoIterator<Item = &'a Record>,
        day: impl Fn(&Record) -> [NaiveDate; 2],
    ) -> Self {
        let mut rows: Vec<&Record> = records.into_iter().collect();
        rows.sort_by(|a, b| a.image_id.cmp(&b.image_id));
        let mut tally = Self::default();
        for image in rows.chunk_by(|a, b| a.image_id == b.image_id) {
            tally.add(image, &day);
        }
        tally
    }

    /// Adds the records of one image that count, all of them; `day` gives the day that one is counted on, and that of its
    /// clock.
    pub fn add(&mut self, image: &[&Record], day: impl Fn(&Record) -> [NaiveDate; 2]) {
        let mut days = BTreeSet::new();
        for record in image {
            let [counted, clock] = day(record);
            let class = record.class as usize;
            let place = record.place_id.as_deref().map(|id| self.names.of(id));
            let name = record.individual.as_deref().map(|id| self.names.of(id));
            let cell = self.cells.entry((place, counted)).or_default();
            cell.records[class] += 1;
            cell.animals[class] += u64::from(record.count);
            cell.images += u64::from(days.insert(counted));
            if let Some(name) = name {
                let individual = self.individuals.entry(Arc::clone(&name)).or_default();
                individual.records[class] += 1;
                individual.days.insert(clock);
                cell.individuals.insert(name);
            }
            self.records += 1;
            self.groups += u64::from(record.count > 1);
        }
        if days.len() > 1 {
            let place = image[0].place_id.as_deref().map(|id| self.names.of(id));
            self.over_days.entry(place).or_default().push(days);
        }
    }

    /// The sums of what `key` puts together; it is asked for each place and day, and may leave them out.
    pub fn sums<K: Ord>(&self, key: impl Fn(Option<&str>, NaiveDate) -> Option<K>) -> BTreeMap<K, Sum> {
        let mut sums: BTreeMap<K, Sum> = BTreeMap::new();
        for ((place, day), cell) in &self.cells {
            if let Some(key) = key(place.as_deref(), *day) {
                sums.entry(key).or_default().add(cell);
            }
        }
        for (place, images) in &self.over_days {
            for days in images {
                let mut seen = BTreeSet::new();
                for key in days.iter().filter_map(|day| key(place.as_deref(), *day)) {
                    if let Some(sum) = sums.get_mut(&key).filter(|_| seen.contains(&key)) {
                        sum.images -= 1;
                    }
                    seen.insert(key);
                }
            }
        }
        sums
    }

    /// The sum of all.
    pub fn total(&self) -> Sum {
        self.sums(|_, _| Some(())).remove(&()).unwrap_or_default()
    }

    /// The places of records.
    pub fn places(&self) -> BTreeSet<Option<&str>> {
        self.cells.keys().map(|(place, _)| place.as_deref()).collect()
    }

    /// Each known individual, by id.
    pub fn individuals(&self) -> &BTreeMap<Arc<str>, Individual> {
        &self.individuals
    }

    /// Ids name passages and no animals: there are no known individuals.
    pub fn forget_individuals(&mut self) {
        self.individuals.clear();
        self.cells.values_mut().for_each(|cell| cell.individuals.clear());
    }
}

impl Sum {
    fn add(&mut self, other: &Self) {
        for (sum, other) in self.records.iter_mut().zip(other.records) {
            *sum += other;
        }
        for (sum, other) in self.animals.iter_mut().zip(other.animals) {
            *sum += other;
        }
        self.images += other.images;
        self.individuals.extend(other.individuals.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::Standing;

    fn record(id: &str, image: &str, place: &str, day: i64, class: Class, deer: Option<&str>) -> Record {
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(day);
        Record {
            id: id.to_owned(),
            image_id: image.to_owned(),
            taken_at: at,
            until: at,
            place_id: Some(place.to_owned()),
            class,
            individual: deer.map(str::to_owned),
            count: 2,
            bbox: None,
            standing: Standing::Valid,
        }
    }

    fn tally(records: &[Record]) -> Tally {
        Tally::of(records, |record| [record.taken_at.date_naive(); 2])
    }

    #[test]
    fn images_and_individuals_are_distinct_in_every_sum() {
        let records = [
            record("1", "a", "oak", 0, Class::Buck, Some("seven")),
            record("2", "a", "oak", 0, Class::Doe, None),
            record("3", "b", "oak", 1, Class::Buck, Some("seven")),
            record("4", "c", "ash", 1, Class::Doe, Some("seven")),
        ];
        let tally = tally(&records);
        let total = tally.total();
        assert_eq!((total.images, total.individuals.len(), tally.records, tally.groups), (3, 1, 4, 4));
        assert_eq!(total.records[Class::Buck as usize], 2);
        assert_eq!(total.animals[Class::Doe as usize], 4);
        let by_place = tally.sums(|place, _| place.map(str::to_owned));
        assert_eq!((by_place["oak"].images, by_place["ash"].images), (2, 1));
        let seven = &tally.individuals()["seven"];
        assert_eq!((seven.class(), seven.days.len()), (Class::Buck, 2));
    }

    #[test]
    fn an_image_with_records_of_two_days_is_one_image_where_both_are_summed() {
        let records = [
            record("1", "a", "oak", 0, Class::Buck, None),
            record("2", "a", "oak", 1, Class::Buck, None),
            record("3", "b", "oak", 1, Class::Buck, None),
        ];
        let tally = tally(&records);
        assert_eq!(tally.total().images, 2);
        let by_day = tally.sums(|_, day| Some(day));
        assert_eq!(by_day.values().map(|sum| sum.images).collect::<Vec<_>>(), [1, 2]);
        assert!(tally.sums(|_, _| None::<()>).is_empty());
    }
}
