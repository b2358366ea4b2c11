//! What is read of one group of deployments, and what follows for its rows.

use super::Observations as Asked;
use super::deployments::Stands;
use super::events::{EventIds, Events};
use super::groups::Groups;
use super::levels::Fates;
use super::media::{self, Media};
use super::observations::{self, Observations};
use super::pictures::{self, Pictures};
use super::reading::{Reading, Twice};
use super::species::Chosen;
use crate::error::ImportError;

/// The rows of a group, settled.
pub(super) struct Part {
    pub(super) media: Media,
    pub(super) observations: Observations,
    pub(super) events: Events,
    pub(super) fates: Fates,
    pub(super) pictures: Pictures,
}

/// Goes through the groups once, in their order.
pub(super) struct Pass<'a> {
    groups: &'a Groups<'a>,
    stands: &'a Stands,
    chosen: &'a Chosen,
    /// What tells the events of all groups apart; `None`: not known yet.
    ids: Option<&'a EventIds>,
    media: Twice,
    observations: Twice,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        groups: &'a Groups<'a>,
        stands: &'a Stands,
        chosen: &'a Chosen,
        ids: Option<&'a EventIds>,
    ) -> Self {
        Self { groups, stands, chosen, ids, media: Twice::default(), observations: Twice::default() }
    }

    /// Reads the next group.
    ///
    /// # Errors
    /// When a row cannot be read, unless it may be left out.
    pub(super) fn read(&mut self, number: usize, reading: &mut Reading<'_>) -> Result<Part, ImportError> {
        let (group, stands) = (self.groups.group(number), self.stands);
        let asked = reading.options.observations;
        let mut media = media::read(group, stands, &mut self.media, reading)?;
        let twice = &mut self.observations;
        let observations = observations::read(group, stands, &mut media, self.chosen, twice, reading)?;
        if group.is_part() {
            self.media.next_group();
            self.observations.next_group();
        }
        Ok(Part::of(media, observations, stands, asked, self.ids))
    }
}

impl Part {
    fn of(
        media: Media,
        observations: Observations,
        stands: &Stands,
        asked: Asked,
        ids: Option<&EventIds>,
    ) -> Self {
        let all_events = Events::of_anything(&observations, &media);
        let events = Events::of_chosen(&observations, &media, stands, ids);
        let fates = pictures::settle(&observations, [&all_events, &events], &media, asked);
        let pictures = Pictures::of(&observations, [&all_events, &events], &media, &fates);
        Self { media, observations, events, fates, pictures }
    }
}
