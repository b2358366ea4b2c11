//! Bucks to a doe, fawns to a doe, and shares: by image, by visit, by animal in visits and by individual, side by side.
//!
//! The unit belongs to the number: a doe that stands before a camera all night makes many images and one visit, so the
//! ratios can point in opposite directions. How intervals over places are made is told in
//! [`bootstrap`](super::bootstrap).

use std::collections::BTreeMap;

use deertrack_schemas::Class;

use super::bootstrap::{Method, Resampling, log_interval};
use super::exposure::{HALF, settle};
use super::interval::{Interval, exact_odds, wilson};
use super::tally::Tally;
use super::visits::Visit;

/// What is counted on both sides of a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Animals in images: each image adds all it shows (the count of Jacobson et al. 1997, Wildl. Soc. Bull. 25:547).
    Image,
    /// Visits, each once: the numbers that a table of visits shows.
    Visit,
    /// Animals in visits: each visit adds the largest number seen at once.
    Animal,
    /// Known individuals, each once.
    Individual,
}

/// One class to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// What was counted.
    pub unit: Unit,
    /// How many of the first class.
    pub numerator: u64,
    /// How many of the second.
    pub denominator: u64,
    /// First by second; `None` where there is none of the second.
    pub value: Option<f64>,
    /// Its confidence interval: 0 to infinity where nothing was counted, no upper end without the second class.
    pub interval: Interval,
    /// How the interval was made.
    pub method: Method,
}

/// One class to another in all units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratios {
    /// By image.
    pub image: Ratio,
    /// By visit.
    pub visit: Ratio,
    /// By animal in visits.
    pub animal: Ratio,
    /// By individual.
    pub individual: Ratio,
}

impl Ratios {
    /// `numerator` to `denominator` in records that count and the visits made of them.
    pub fn new(
        records: &Tally,
        visits: &[Visit],
        [numerator, denominator]: [Class; 2],
        resampling: &Resampling,
    ) -> Self {
        let side = |class| [numerator, denominator].iter().position(|side| *side == class);
        let images: Vec<[u64; 2]> = records
            .sums(|place, _| Some(place.map(str::to_owned)))
            .into_values()
            .map(|sum| [numerator, denominator].map(|class| sum.animals[class as usize]))
            .collect();
        let animals = visits.iter().filter_map(|v| Some((v.place_id.as_deref(), side(v.class)?, v.animals)));
        let visits = animals.clone().map(|(place, side, _)| (place, side, 1));
        let mut individuals = [0; 2];
        for side in records.individuals().values().filter_map(|seen| side(seen.class())) {
            individuals[side] += 1;
        }
        Self {
            image: ratio_over_places(Unit::Image, &images, resampling),
            visit: ratio_over_places(Unit::Visit, &by_place(visits), resampling),
            animal: ratio_over_places(Unit::Animal, &by_place(animals), resampling),
            individual: exact_ratio(Unit::Individual, individuals, resampling.level),
        }
    }
}

fn by_place<'a>(animals: impl Iterator<Item = (Option<&'a str>, usize, u32)>) -> Vec<[u64; 2]> {
    let mut places: BTreeMap<Option<&str>, [u64; 2]> = BTreeMap::new();
    for (place, side, count) in animals {
        places.entry(place).or_default()[side] += u64::from(count);
    }
    places.into_values().collect()
}

/// The ratio of two sums over places: `[first class, second class]` of each.
///
/// Resampled over the places that saw either class; exact (conditional binomial) with one place or a class without
/// animals, and never narrower than that.
pub fn ratio_over_places(unit: Unit, places: &[[u64; 2]], resampling: &Resampling) -> Ratio {
    let seen: Vec<[f64; 2]> =
        places.iter().filter(|place| place[0] + place[1] > 0).map(|place| place.map(|n| n as f64)).collect();
    let sums = places.iter().fold([0, 0], |sums, place| [sums[0] + place[0], sums[1] + place[1]]);
    let exact = exact_ratio(unit, sums, resampling.level);
    let both_seen = sums[0] > 0 && sums[1] > 0;
    let log_ratio = |[first, second]: [f64; 2]| ((first + HALF) / (second + HALF)).ln();
    let resampled = log_interval(&seen, resampling, log_ratio).filter(|_| both_seen);
    let (interval, method) = settle(exact.interval, resampled, 1.0, seen.len());
    Ratio { interval, method, ..exact }
}

/// The ratio of two counts of independent things. Individuals are: each counts once, wherever it was seen. Resampling
/// places would lose those of the places not drawn, and bring them back by no other.
pub fn exact_ratio(unit: Unit, [numerator, denominator]: [u64; 2], level: f64) -> Ratio {
    let value = (denominator > 0).then(|| numerator as f64 / denominator as f64);
    let interval = exact_odds(numerator, denominator, level);
    Ratio { unit, numerator, denominator, value, interval, method: Method::Exact }
}

/// A part of a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// How many.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
    /// Part by whole; `None` of nothing.
    pub value: Option<f64>,
    /// Its interval of Wilson: it takes the things counted as independent.
    pub interval: Interval,
}

/// The share `part` of `whole`.
pub fn share(part: u64, whole: u64, level: f64) -> Share {
    let value = (whole > 0).then(|| part as f64 / whole as f64);
    Share { part, whole, value, interval: wilson(part, whole, level) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visits::{VisitRule, visits};
    use crate::{Record, Standing};
    use chrono::{DateTime, TimeDelta};

    fn row(minute: i64, place: &str, class: Class) -> Record {
        Record {
            id: minute.to_string(),
            image_id: minute.to_string(),
            taken_at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
            until: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
            place_id: Some(place.to_owned()),
            class,
            individual: None,
            count: 1,
            bbox: None,
            standing: Standing::Valid,
        }
    }

    fn tally(records: &[Record]) -> Tally {
        Tally::of(records, |record| [record.taken_at.date_naive(); 2])
    }

    fn buck_to_doe(records: &[Record]) -> Ratios {
        let visits = visits(records, VisitRule::default());
        Ratios::new(&tally(records), &visits, [Class::Buck, Class::Doe], &Resampling::default())
    }

    #[test]
    fn by_image_and_by_visit_can_point_in_opposite_directions() {
        // A doe stays for 20 images; three bucks pass.
        let mut rows: Vec<_> = (0..20).map(|minute| row(minute, "a", Class::Doe)).collect();
        rows.extend([100, 200, 300].map(|minute| row(minute, "b", Class::Buck)));
        let found = buck_to_doe(&rows);
        assert_eq!((found.image.value, found.visit.value), (Some(0.15), Some(3.0)));
        assert_eq!((found.image.unit, found.visit.unit), (Unit::Image, Unit::Visit));
        assert_eq!((found.individual.value, found.individual.numerator), (None, 0));
    }

    #[test]
    fn a_group_is_one_visit_and_as_many_animals_as_were_seen_at_once() {
        let herd = |minute, class, count| Record { count, ..row(minute, "a", class) };
        let found =
            buck_to_doe(&[herd(0, Class::Doe, 4), herd(100, Class::Buck, 1), herd(200, Class::Buck, 1)]);
        assert_eq!((found.visit.numerator, found.visit.denominator, found.visit.value), (2, 1, Some(2.0)));
        assert_eq!((found.animal.numerator, found.animal.denominator, found.animal.value), (2, 4, Some(0.5)));
        assert_eq!(found.animal.unit, Unit::Animal);
    }

    #[test]
    fn an_individual_counts_once_with_the_class_of_most_of_its_rows() {
        let named = |minute, class, deer: &str| Record {
            individual: Some(deer.to_owned()),
            ..row(minute, "a", class)
        };
        let rows = [
            named(0, Class::Doe, "seven"),
            named(1, Class::Buck, "seven"),
            named(2, Class::Buck, "seven"),
            named(3, Class::Doe, "eight"),
            named(4, Class::Doe, "nine"),
            named(5, Class::Buck, "nine"),
            named(6, Class::Fawn, "ten"),
        ];
        let classes =
            [("eight", Class::Doe), ("nine", Class::Buck), ("seven", Class::Buck), ("ten", Class::Fawn)];
        let tally = tally(&rows);
        let found = tally.individuals().iter().map(|(name, seen)| (&**name, seen.class()));
        assert_eq!(found.collect::<BTreeMap<_, _>>(), BTreeMap::from(classes));
        let found = buck_to_doe(&rows).individual;
        assert_eq!((found.numerator, found.denominator, found.value), (2, 1, Some(2.0)));
    }

    #[test]
    fn one_place_has_the_exact_interval_and_more_places_one_that_is_not_narrower() {
        // scipy: beta.ppf(.025, 30, 21), beta.ppf(.975, 31, 20) as odds.
        let one = ratio_over_places(Unit::Visit, &[[30, 20]], &Resampling::default());
        assert_eq!(one.method, Method::Exact);
        assert!((one.interval.low - 0.824_131_9).abs() < 1e-6, "{:?}", one.interval);
        assert!((one.interval.high - 2.786_754_3).abs() < 1e-6, "{:?}", one.interval);
        let many = ratio_over_places(Unit::Visit, &[[28, 2], [0, 0], [1, 9], [1, 9]], &Resampling::default());
        assert_eq!((many.value, many.method), (Some(1.5), Method::Cameras(3)));
        assert!(many.interval.low < one.interval.low && many.interval.high > one.interval.high);
    }

    #[test]
    fn a_missing_class_leaves_an_open_end() {
        let no_doe = ratio_over_places(Unit::Visit, &[[3, 0], [4, 0]], &Resampling::default());
        assert_eq!((no_doe.value, no_doe.interval.high, no_doe.method), (None, f64::INFINITY, Method::Exact));
        let no_buck = ratio_over_places(Unit::Visit, &[[0, 3], [0, 4]], &Resampling::default());
        assert_eq!((no_buck.value, no_buck.interval.low), (Some(0.0), 0.0));
        let nothing = ratio_over_places(Unit::Visit, &[], &Resampling::default());
        assert_eq!((nothing.value, nothing.interval), (None, Interval { low: 0.0, high: f64::INFINITY }));
    }

    #[test]
    fn a_share_of_nothing_has_no_value() {
        assert_eq!(share(0, 0, 0.95).value, None);
        assert_eq!(share(1, 4, 0.95).value, Some(0.25));
    }
}
