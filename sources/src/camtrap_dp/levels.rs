//! Several rows on one animal: a model's and a person's, one of the event and some of its photographs. What all of them
//! tell is counted once, what only one tells is not lost.
//!
//! Rows are matched animal by animal, by their counts, from the surest likeness to the least: the same individual, the
//! same class, a class beside an untold one. A person's word wins over a model's: what of a model's rows a person's rows
//! still have room for is the same animal, named otherwise.

use std::collections::{BTreeMap, BTreeSet};

use deertrack_schemas::Class;
use deertrack_survey::record::SAME_ANIMAL_IOU;

use super::observations::{By, Found, Observations, Other, What};
use super::species::may_be_same;

/// What becomes of a row of the chosen species.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It counts, for so many animals.
    Counts(u32),
    /// Another row tells of the same animals.
    Repeats(usize),
    /// A person says that it is no such animal.
    Rejected,
    /// The other level was asked for.
    NotAsked,
}

/// By medium.
type ByImage<T> = BTreeMap<Option<usize>, Vec<T>>;
/// A media-level row, the event-level row in whose stead it counts, and for how many animals.
type Better = (usize, usize, u32);

/// The fates of all rows, by their numbers.
pub(super) struct Fates(pub(super) Vec<Fate>);

impl Fates {
    pub(super) fn of(found: &[Found]) -> Self {
        Self(found.iter().map(|found| Fate::Counts(found.seen.count)).collect())
    }

    pub(super) fn counts(&self, row: usize) -> bool {
        matches!(self.0[row], Fate::Counts(_))
    }

    /// Settles rows of one individual on one photograph, as tools write them that follow an animal's steps.
    pub(super) fn same_individual(&mut self, found: &[Found], rows: &[usize]) {
        let mut first = BTreeMap::<&str, usize>::new();
        for row in rows {
            let Some(individual) = found[*row].row.deer_id.as_deref() else { continue };
            let kept = *first.entry(individual).or_insert(*row);
            if kept != *row && found[kept].seen.by == found[*row].seen.by {
                self.0[*row] = Fate::Repeats(kept);
            }
        }
    }

    /// Settles a person's and a model's rows on one photograph, or on one event as a whole.
    pub(super) fn person_and_model(&mut self, all: &Observations, rows: &[usize], others: &[usize]) {
        let by = |by: By| move |row: &&usize| all.found[**row].seen.by == Some(by);
        let persons: Vec<usize> = rows.iter().filter(by(By::Person)).copied().collect();
        let models: Vec<usize> = rows.iter().filter(by(By::Model)).copied().collect();
        let others = others.iter().map(|other| &all.others[*other]);
        let others: Vec<&Other> = others.filter(|other| other.seen.by == Some(By::Person)).collect();
        if models.is_empty() || (persons.is_empty() && others.is_empty()) {
            return;
        }
        let mut account = Account::of(&all.found, &persons);
        let rounds = [is_same_box, is_same_individual, is_same_class, has_untold_class, is_other_class];
        for (row, fate) in account.settle(&all.found, &models, &rounds) {
            self.0[row] = fate;
        }
        self.overrule(all, &models, &others, false);
    }

    /// Settles a model's rows on the photographs of an event of which a person says that there was no such animal.
    pub(super) fn person_of_event(&mut self, all: &Observations, media_rows: &[usize], others: &[usize]) {
        let models = media_rows.iter().filter(|row| all.found[**row].seen.by == Some(By::Model));
        let others = others.iter().map(|other| &all.others[*other]);
        let others: Vec<&Other> = others.filter(|other| other.seen.by == Some(By::Person)).collect();
        self.overrule(all, &models.copied().collect::<Vec<_>>(), &others, true);
    }

    /// What a person calls another animal, or nothing, is no deer, whatever a model says. Of a whole event that holds for
    /// every photograph.
    fn overrule(&mut self, all: &Observations, models: &[usize], others: &[&Other], of_event: bool) {
        let mut left: Vec<u32> = others
            .iter()
            .map(|other| match other.what {
                What::OtherAnimal if !of_event => other.seen.count,
                What::Blank | What::OtherAnimal => u32::MAX,
                What::People | What::NoneTaken | What::Untold => 0,
            })
            .collect();
        for model in models {
            let row = &all.found[*model].seen;
            let same = |other: &Other| match (row.bbox, other.seen.bbox) {
                (Some(one), Some(two)) => one.iou(&two) > SAME_ANIMAL_IOU,
                _ => true,
            };
            let by = (0..others.len()).find(|at| left[*at] >= row.count && same(others[*at]));
            if let (Some(by), Fate::Counts(count)) = (by, &self.0[*model])
                && *count == row.count
            {
                if left[by] < u32::MAX {
                    left[by] -= row.count;
                }
                self.0[*model] = Fate::Rejected;
            }
        }
    }

    /// Settles the event-level and the media-level rows of one event.
    pub(super) fn event_and_media(&mut self, found: &[Found], event_rows: &[usize], media_rows: &[usize]) {
        let events: Vec<usize> = event_rows.iter().filter(|row| self.counts(**row)).copied().collect();
        let media: Vec<usize> = media_rows.iter().filter(|row| self.counts(**row)).copied().collect();
        if events.is_empty() {
            return;
        }
        let mut images = ByImage::<usize>::new();
        for row in media {
            images.entry(found[row].seen.medium).or_default().push(row);
        }
        let mut stands_in = BTreeMap::<Class, ByImage<Better>>::new();
        let mut surplus = BTreeMap::<(Class, Option<&str>), ByImage<usize>>::new();
        for (image, rows) in &images {
            let mut account = Account::of(found, &events);
            let sure = [is_same_individual, is_same_class, is_untold_in_media];
            for (row, fate) in account.settle(found, rows, &sure) {
                self.0[row] = fate;
            }
            let rest: Vec<usize> = rows.iter().filter(|row| self.is_whole(found, **row)).copied().collect();
            for (row, event, animals) in account.better_told(found, &rest) {
                let class = found[row].row.class;
                stands_in.entry(class).or_default().entry(*image).or_default().push((row, event, animals));
            }
            let rest: Vec<usize> = rest.into_iter().filter(|row| !account.better.contains(row)).collect();
            for (row, fate) in account.settle(found, &rest, &[is_other_class]) {
                self.0[row] = fate;
            }
            for row in rows.iter().filter(|row| self.counts(**row) && !account.better.contains(*row)) {
                let of = (found[*row].row.class, found[*row].row.deer_id.as_deref());
                surplus.entry(of).or_default().entry(*image).or_default().push(*row);
            }
        }
        self.let_stand_in(stands_in);
        self.keep_most(surplus);
    }

    fn is_whole(&self, found: &[Found], row: usize) -> bool {
        self.0[row] == Fate::Counts(found[row].seen.count)
    }

    /// Media-level rows tell the class that an event-level row leaves open, or a person's name for a model's: they count
    /// in its stead, those of the photograph that shows most of a class; on others they are the same animals again.
    fn let_stand_in(&mut self, classes: BTreeMap<Class, ByImage<Better>>) {
        for images in classes.into_values() {
            let animals = |rows: &[Better]| rows.iter().map(|(.., animals)| animals).sum::<u32>();
            let most = images.values().map(|rows| animals(rows)).max().unwrap_or_default();
            let best = images.iter().find(|(_, rows)| animals(rows) == most).map(|(image, _)| *image);
            for (image, rows) in &images {
                for (row, event, animals) in rows {
                    let left = match self.0[*event] {
                        Fate::Counts(left) => left,
                        _ => 0,
                    };
                    if Some(*image) == best && left >= *animals {
                        self.0[*event] =
                            if left == *animals { Fate::Repeats(*row) } else { Fate::Counts(left - animals) };
                    } else if Some(*image) != best {
                        self.0[*row] = Fate::Repeats(rest_of(&images, best).unwrap_or(*event));
                    }
                }
            }
        }
    }

    /// Of what only media-level rows tell, the photograph that shows most of it counts; others show the same animals.
    fn keep_most(&mut self, surplus: BTreeMap<(Class, Option<&str>), ByImage<usize>>) {
        for images in surplus.into_values() {
            let animals = |rows: &[usize]| -> u32 {
                rows.iter().map(|row| if let Fate::Counts(count) = self.0[*row] { count } else { 0 }).sum()
            };
            let most = images.values().map(|rows| animals(rows)).max().unwrap_or_default();
            let Some(best) = images.iter().find(|(_, rows)| animals(rows) == most) else { continue };
            let (best, kept) = (*best.0, best.1[0]);
            for (_, rows) in images.iter().filter(|(image, _)| **image != best) {
                rows.iter().for_each(|row| self.0[*row] = Fate::Repeats(kept));
            }
        }
    }
}

fn rest_of(images: &ByImage<Better>, best: Option<Option<usize>>) -> Option<usize> {
    images.get(&best?)?.first().map(|(row, ..)| *row)
}

/// Rows that tell of animals, and how many of them no other row was found for yet.
struct Account {
    rows: Vec<(usize, u32)>,
    /// Rows that tell more of an animal than the account does.
    better: BTreeSet<usize>,
}

impl Account {
    fn of(found: &[Found], rows: &[usize]) -> Self {
        let rows = rows.iter().map(|row| (*row, found[*row].seen.count)).collect();
        Self { rows, better: BTreeSet::new() }
    }

    /// Finds the account's animals in other rows; gives the fate of every row of which a part was found.
    fn settle(
        &mut self,
        found: &[Found],
        rows: &[usize],
        rounds: &[fn(&Found, &Found) -> bool],
    ) -> Vec<(usize, Fate)> {
        let mut open: BTreeMap<usize, (u32, Option<usize>)> =
            rows.iter().map(|row| (*row, (found[*row].seen.count, None))).collect();
        for is_same in rounds {
            for (row, (animals, told_by)) in &mut open {
                for (told, left) in &mut self.rows {
                    if *animals > 0 && *left > 0 && is_same(&found[*told], &found[*row]) {
                        let shared = (*animals).min(*left);
                        *animals -= shared;
                        *left -= shared;
                        told_by.get_or_insert(*told);
                    }
                }
            }
        }
        let settled = open.into_iter().filter_map(|(row, (animals, told_by))| {
            let told_by = told_by?;
            Some((row, if animals == 0 { Fate::Repeats(told_by) } else { Fate::Counts(animals) }))
        });
        settled.collect()
    }

    /// Whole rows that tell more of an animal than a row of the account: its class, or a person's word for a model's.
    fn better_told(&mut self, found: &[Found], rows: &[usize]) -> Vec<Better> {
        let mut better = Vec::new();
        for row in rows {
            let animals = found[*row].seen.count;
            let is_open = |(told, left): &&mut (usize, u32)| {
                *left >= animals && tells_more(&found[*told], &found[*row])
            };
            if let Some((told, left)) = self.rows.iter_mut().find(is_open) {
                *left -= animals;
                better.push((*row, *told, animals));
                self.better.insert(*row);
            }
        }
        better
    }
}

fn may_be_one(told: &Found, row: &Found) -> bool {
    let names = (&told.row.deer_id, &row.row.deer_id);
    let two_names = matches!(names, (Some(one), Some(other)) if one != other);
    let two_boxes = match (told.seen.bbox, row.seen.bbox) {
        (Some(one), Some(other)) if told.seen.medium == row.seen.medium => one.iou(&other) <= SAME_ANIMAL_IOU,
        _ => false,
    };
    !two_names
        && !two_boxes
        && may_be_same(told.row.scientific_name.as_deref(), row.row.scientific_name.as_deref())
}

fn is_same_box(told: &Found, row: &Found) -> bool {
    matches!((told.seen.bbox, row.seen.bbox), (Some(one), Some(other)) if one.iou(&other) > SAME_ANIMAL_IOU)
}

fn is_same_individual(told: &Found, row: &Found) -> bool {
    told.row.deer_id.is_some() && told.row.deer_id == row.row.deer_id
}

fn is_same_class(told: &Found, row: &Found) -> bool {
    may_be_one(told, row) && told.row.class == row.row.class
}

/// One of both does not tell the class.
fn has_untold_class(told: &Found, row: &Found) -> bool {
    may_be_one(told, row) && (told.row.class == Class::Unknown || row.row.class == Class::Unknown)
}

fn is_untold_in_media(told: &Found, row: &Found) -> bool {
    may_be_one(told, row) && row.row.class == Class::Unknown
}

/// A person calls it otherwise than a model.
fn is_other_class(told: &Found, row: &Found) -> bool {
    may_be_one(told, row) && told.seen.by == Some(By::Person) && row.seen.by == Some(By::Model)
}

fn tells_more(told: &Found, row: &Found) -> bool {
    let is_persons = told.seen.by == Some(By::Model) && row.seen.by == Some(By::Person);
    may_be_one(told, row) && (told.row.class == Class::Unknown || is_persons)
}
