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
    pub(super) fn of(all: &Observations, events: &Events, media: &Media, fates: &Fates) -> Self {
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
                What::Blank | What::OtherAnimal => pictures.is_other[medium] = true,
                What::Untold => {}
            }
        }
        for (row, found) in all.found.iter().enumerate() {
            if let Some(medium) = found.seen.medium {
                pictures.is_chosen[medium] |= fates.0[row] != Fate::Rejected;
            }
        }
        pictures.note_events(all, events, fates);
        pictures
    }

    fn note_events(&mut self, all: &Observations, events: &Events, fates: &Fates) {
        for (number, event) in events.all.iter().enumerate() {
            let media = || event.linked.iter().chain(&event.timed);
            if event.has_people(all) {
                media().for_each(|medium| self.sees_people[*medium] = true);
            }
            let is_taken = |row: &&usize| !matches!(fates.0[**row], Fate::Rejected | Fate::NotAsked);
            if event.rows.iter().chain(&event.media_rows).any(|row| is_taken(&row)) {
                for medium in media() {
                    if self.is_chosen[*medium] || !(self.is_other[*medium] || self.sees_people[*medium]) {
                        self.event[*medium].get_or_insert(number);
                    }
                }
            }
        }
    }

    /// The photograph of an event's rows of each class: one for all of them, for they were seen at once.
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
            let Some(medium) = all.found[*row].seen.medium else { continue };
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
        let candidates =
            event.linked.iter().chain(&event.timed).copied().filter(|medium| media.all[*medium].has_file);
        candidates.min_by_key(|medium| {
            let medium = *medium;
            let is_linked = event.linked.contains(&medium);
            // A person on it comes last, then what shows something else; what was linked comes before what was near.
            let rank = (self.sees_people[medium], !self.is_chosen[medium], self.is_other[medium], !is_linked);
            (rank, media.all[medium].taken_at, media.all[medium].id.clone())
        })
    }
}

/// Settles all rows: who tells of which animal.
pub(super) fn settle(
    all: &Observations,
    events: &Events,
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
    for event in &events.all {
        let asked = |rows: &[usize]| -> Vec<usize> {
            rows.iter().filter(|row| fates.counts(**row)).copied().collect()
        };
        let (rows, media_rows) = (asked(&event.rows), asked(&event.media_rows));
        fates.person_and_model(all, &rows, &event.others);
        if rows.is_empty() {
            fates.person_of_event(all, &media_rows, &event.others);
        }
        fates.event_and_media(&all.found, &rows, &media_rows);
    }
    fates
}
