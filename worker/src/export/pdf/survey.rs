//! What happened on some days, as every part of a report reads it: what counts, the visits it makes, and how long cameras
//! stood. How rows become that is told in [`fold`](super::fold).
//!
//! Everything that a report says is computed from this. No words here, and no drawing.

use chrono::{DateTime, Utc};
use deertrack_schemas::Class;
use deertrack_survey::bootstrap::Resampling;
use deertrack_survey::calendar::{Calendar, Period, days};
use deertrack_survey::effort::Effort;
use deertrack_survey::rates::Exposures;
use deertrack_survey::tally::Tally;
use deertrack_survey::visits::Visit;

use super::asked::{Asked, classes};
use super::facts::Facts;
use super::span::Span;
use super::told::Told;

/// What happened on some days.
pub(super) struct Survey<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) span: Period,
    /// Those asked for that are told apart, in the order of every table and legend.
    pub(super) classes: Vec<Class>,
    /// Those asked for that nobody tells apart.
    pub(super) untold: Vec<Class>,
    /// The records that count.
    pub(super) tally: &'a Tally,
    /// Of each class at each place, by start.
    pub(super) visits: &'a [Visit],
    /// Of each known individual at each place, by start; none where ids name passages.
    pub(super) individual_visits: &'a [Visit],
    /// Whether ids name animals: then records have theirs.
    pub(super) knows_individuals: bool,
    pub(super) effort: Effort,
    pub(super) facts: &'a Facts,
}

impl<'a> Survey<'a> {
    pub(super) fn new(
        span: &'a Span,
        asked: &Asked<'_>,
        days: Period,
        calendar: &'a Calendar,
        told: Told,
    ) -> Self {
        let (classes, untold) = classes(asked).into_iter().partition(|class| told.has(*class));
        Self {
            tally: &span.tally,
            visits: &span.visits.of_classes,
            individual_visits: &span.visits.of_individuals,
            knows_individuals: told.individuals,
            effort: span.effort.clone(),
            facts: &span.facts,
            span: days,
            calendar,
            classes,
            untold,
        }
    }

    /// Records that count, of a class.
    pub(super) fn records_of(&self, class: Class) -> u64 {
        self.tally.total().records[class as usize]
    }

    /// Whether anybody named an individual on these days; a 0 of what nobody looks for would say that there were none.
    pub(super) fn names_individuals(&self) -> bool {
        self.knows_individuals && self.facts.ids > 0
    }

    /// Whether nothing was detected.
    pub(super) fn is_empty(&self) -> bool {
        self.tally.records == 0
    }

    /// Whether cameras are known to have stood.
    pub(super) fn has_effort(&self) -> bool {
        self.effort.nights() > 0.0
    }

    /// The effort of a part of the days.
    pub(super) fn effort_of(&self, part: Period) -> Effort {
        self.effort.within(|place| days(part.first, part.last, self.calendar.zone(Some(place))))
    }

    /// Visits of a class.
    pub(super) fn visits_of(&self, class: Class) -> impl Iterator<Item = &Visit> {
        self.visits.iter().filter(move |visit| visit.class == class)
    }

    /// Visits of a class, or of all of them, beside the effort of their places; those of other days are told apart.
    pub(super) fn exposures(&self, class: Option<Class>) -> Exposures {
        let chosen = self.visits.iter().filter(|visit| class.is_none_or(|class| visit.class == class));
        Exposures::new(&self.effort, self.calendar, chosen.map(when))
    }
}

/// Where and when a visit began.
pub(super) fn when(visit: &Visit) -> (Option<&str>, DateTime<Utc>) {
    (visit.place_id.as_deref(), visit.start)
}

/// How intervals over cameras are drawn: always the same.
pub(super) fn resampling() -> Resampling {
    Resampling::default()
}
