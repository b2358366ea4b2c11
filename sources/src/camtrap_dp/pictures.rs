//! Which photograph stands for an event, which photographs show one, and on which somebody saw people.

use std::collections::BTreeMap;

use deertrack_catalog::store::Level;
use deertrack_schemas::Class;

use super::events::{Event, Events};
use super::levels::{Fate, Fates};
use super::media::Media;
use super::observations::{Observations, What};

/// What rows say of each medium.
pub(super) struct Pictures {
    /// Somebody saw a person or a vehicle on it, or in its event.
    pub(super) sees_people: Vec<bool>,
    /// The event of a chosen animal that shows on it.
    pub(super) event: Vec<Option<usize>>,
    /// Rows say that something else, or nothing, is on it.
    is_other: Vec<bool>,
    /// A row of a chosen species is of it.
    is_chosen: Vec<bool>,
}

impl Pictures {
    /// From events of anything, and those of the chosen species.
    pub(super) fn of(
        all: &Observations,
        [of_anything, of_chosen]: [&Events; 2],
        media: &Media,
        fates: &Fates,
    ) -> Self {
        let none = vec![false; media.all.len()];
        let mut pictures = Self {
            sees_people: none.clone(),
            event: vec![None; media.all.len()],
            is_other: none.clone(),
            is_chosen: none,
        };
        for other in &all.others {
            let Some(medium) = other.seen.medium else { continue };
            match other.what {
                What::People => pictures.sees_people[medium] = true,
                What::Blank | What::OtherAnimal | What::NoneTaken => pictures.is_other[medium] = true,
                What::Untold => {}
            }
        }
        for (row, found) in all.found.iter().enumerate() {
            if let Some(medium) = found.seen.medium {
                pictures.is_chosen[medium] |= fates.0[row] != Fate::Rejected;
            }
        }
        for event in of_anything.all.iter().filter(|event| event.has_people(all)) {
            event.linked.iter().chain(&event.timed).for_each(|medium| pictures.sees_people[*medium] = true);
        }
        pictures.note_events(of_chosen, all, media, fates);
        pictures
    }

    /// Links come before times, and early events before late ones, in whatever order a file tells of them. What stands for
    /// an event shows it, as if a row had linked the two.
    fn note_events(&mut self, events: &Events, all: &Observations, media: &Media, fates: &Fates) {
        let is_taken = |row: &usize| !matches!(fates.0[*row], Fate::Rejected | Fate::NotAsked);
        let mut taken: Vec<usize> = (0..events.all.len())
            .filter(|number| {
                let event = &events.all[*number];
                event.rows.iter().chain(&event.media_rows).any(is_taken)
            })
            .collect();
        taken.sort_by_key(|number| {
            let event = &events.all[*number];
            (event.start, event.end, &event.key)
        });
        let linked = |number: &usize| {
            let event = &events.all[*number];
            let standing = self.of_event(event, all, media, fates).into_values();
            (*number, event.linked.iter().copied().chain(standing).collect::<Vec<usize>>())
        };
        let linked: Vec<(usize, Vec<usize>)> = taken.iter().map(linked).collect();
        for (number, media) in &linked {
            self.note_event(*number, media);
        }
        for number in &taken {
            self.note_event(*number, &events.all[*number].timed);
        }
    }

    /// That these media show an event, where nothing else is known to be on them.
    fn note_event(&mut self, number: usize, media: &[usize]) {
        for medium in media {
            if self.is_chosen[*medium] || !(self.is_other[*medium] || self.sees_people[*medium]) {
                self.event[*medium].get_or_insert(number);
            }
        }
    }

    /// The photograph of an event's rows of each class: one for all of them, for they were seen at once. None has a clock
    /// that cannot be right, for by it the event would be in no count.
    pub(super) fn of_event(
        &self,
        event: &Event,
        all: &Observations,
        media: &Media,
        fates: &Fates,
    ) -> BTreeMap<Class, usize> {
        let written = event.rows.iter().filter(|row| fates.0[**row] != Fate::NotAsked);
        let classes = written.map(|row| all.found[*row].row.class);
        classes.filter_map(|class| Some((class, self.best(event, class, all, media, fates)?))).collect()
    }

    fn best(
        &self,
        event: &Event,
        class: Class,
        all: &Observations,
        media: &Media,
        fates: &Fates,
    ) -> Option<usize> {
        let mut animals = BTreeMap::<usize, (u32, u32)>::new(); // that only the medium tells, and that the event tells
        for row in &event.media_rows {
            let medium = all.found[*row].seen.medium.filter(|medium| media.all[*medium].is_possible);
            let Some(medium) = medium else { continue };
            let count = all.found[*row].seen.count;
            match &fates.0[*row] {
                Fate::Counts(rest) if all.found[*row].row.class == class => {
                    animals.entry(medium).or_default().0 += rest;
                }
                Fate::Repeats(by) if all.found[*by].row.class == class => {
                    animals.entry(medium).or_default().1 += count;
                }
                Fate::NotAsked if all.found[*row].row.class == class => {
                    animals.entry(medium).or_default().1 += count;
                }
                _ => {}
            }
        }
        let shown = animals.into_iter().max_by_key(|(medium, animals)| {
            let taken_at = media.all[*medium].taken_at;
            (
                animals.0,
                !self.sees_people[*medium],
                animals.1,
                std::cmp::Reverse((taken_at, media.all[*medium].id.clone())),
            )
        });
        if let Some((medium, _)) = shown {
            return Some(medium);
        }
        let can_stand = |medium: &usize| media.all[*medium].has_file && media.all[*medium].is_possible;
        let candidates = event.linked.iter().chain(&event.timed).copied().filter(can_stand);
        candidates.min_by_key(|medium| {
            let medium = *medium;
            let is_linked = event.linked.contains(&medium);
            // A person on it comes last, then what shows something else; what was linked comes before what was near.
            let rank = (self.sees_people[medium], !self.is_chosen[medium], self.is_other[medium], !is_linked);
            (rank, media.all[medium].taken_at, media.all[medium].id.clone())
        })
    }
}

/// Settles all rows: who tells of which animal. What a person says of an event holds for a model's rows in it, also where
/// the event is of something else; animals are counted by the events of the chosen species.
pub(super) fn settle(
    all: &Observations,
    [of_anything, of_chosen]: [&Events; 2],
    media: &Media,
    asked: super::Observations,
) -> Fates {
    let mut fates = Fates::of(&all.found);
    let unasked = match asked {
        super::Observations::Auto => None,
        super::Observations::Event => Some(Level::Media),
        super::Observations::Media => Some(Level::Event),
    };
    for (row, found) in all.found.iter().enumerate() {
        if Some(found.seen.level) == unasked {
            fates.0[row] = Fate::NotAsked;
        }
    }
    let mut of_media: Vec<(Vec<usize>, Vec<usize>)> = vec![Default::default(); media.all.len()];
    for (row, found) in all.found.iter().enumerate().filter(|(row, _)| fates.counts(*row)) {
        found.seen.medium.into_iter().for_each(|medium| of_media[medium].0.push(row));
    }
    for (other, row) in all.others.iter().enumerate() {
        row.seen.medium.into_iter().for_each(|medium| of_media[medium].1.push(other));
    }
    for (rows, others) in &of_media {
        fates.same_individual(&all.found, rows);
        let rows: Vec<usize> = rows.iter().filter(|row| fates.counts(**row)).copied().collect();
        fates.person_and_model(all, &rows, others);
    }
    for event in &of_anything.all {
        let (rows, media_rows) = (counting(&fates, &event.rows), counting(&fates, &event.media_rows));
        fates.person_and_model(all, &rows, &event.others);
        if rows.is_empty() {
            fates.person_of_event(all, &media_rows, &event.others);
        }
    }
    for event in &of_chosen.all {
        let (rows, media_rows) = (counting(&fates, &event.rows), counting(&fates, &event.media_rows));
        fates.event_and_media(&all.found, &rows, &media_rows);
    }
    fates
}

fn counting(fates: &Fates, rows: &[usize]) -> Vec<usize> {
    rows.iter().filter(|row| fates.counts(**row)).copied().collect()
}
