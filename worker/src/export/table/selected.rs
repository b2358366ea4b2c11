//! What was asked for, when all of it is known: whether there is anything, and what is said of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use deertrack_catalog::LeftOut;
use deertrack_schemas::table::Topic;
use deertrack_survey::effort::Effort;
use deertrack_survey::zone::ZoneSource;

use super::basis::Basis;
use super::facts::Facts;
use super::individuals::Individuals;
use crate::JobError;
use crate::export::picture_size::lost_boxes;
use crate::export::{Cx, left_out, passages};

/// What was asked for.
pub(super) struct Selected {
    pub(super) basis: Arc<Basis>,
    pub(super) facts: Facts,
    pub(super) effort: Effort,
    /// What no export counts.
    left_out: LeftOut,
    /// Ids of individuals that are of passages: no row is of them, though detections have theirs.
    pub(super) passages: u64,
    are_passages: bool,
}

impl Selected {
    pub(super) async fn of(
        cx: &Cx,
        basis: Arc<Basis>,
        mut facts: Facts,
        effort: Effort,
        left_out: LeftOut,
    ) -> Result<Self, JobError> {
        // Only a list of individuals must know.
        let are_passages = basis.is_about(Topic::Individuals)
            && passages::are(&*cx.catalog, &facts.ids, basis.created_at).await?;
        let mut passages = basis.passages;
        if are_passages {
            passages += std::mem::take(&mut facts.individuals).len() as u64;
        }
        Ok(Self { basis, facts, effort, left_out, passages, are_passages })
    }

    /// Whether none of the topics has a row.
    pub(super) fn is_empty(&self) -> bool {
        match self.basis.topics() {
            [Topic::Effort] => self.effort.cameras.is_empty(),
            [Topic::Individuals] => self.known() == 0,
            _ => self.facts.detections == 0,
        }
    }

    /// What is said where none of the topics has a row.
    pub(super) fn nothing(&self) -> String {
        let noted = self.basis.passages;
        match self.basis.topics() {
            [Topic::Effort] => "No camera stood in specified date range".to_owned(),
            [Topic::Individuals] if self.are_passages => {
                "No known individuals found: the ids name passages, for none comes again".to_owned()
            }
            [Topic::Individuals] if noted > 0 => {
                format!("No known individuals found: {}", passages::words(noted))
            }
            _ => "No detections found in specified date range".to_owned(),
        }
    }

    /// What is in the file, in one sentence; `further` is said of its sheets.
    pub(super) fn headline(&self, further: &[String]) -> String {
        let topics = self.basis.topics();
        let told = topics.iter().map(|topic| match topic {
            Topic::Detections => format!("{} detections", self.facts.counted),
            Topic::Visits => format!("{} visits", self.facts.visits),
            Topic::Effort if self.effort.cameras.is_empty() => "no known effort".to_owned(),
            Topic::Effort => format!("{:.1} trap nights", self.effort.nights()),
            Topic::Individuals if self.passages > 0 => {
                format!("{} individuals ({})", self.known(), passages::words(self.passages))
            }
            Topic::Individuals => format!("{} individuals", self.known()),
        });
        let told: Vec<String> = told.collect();
        let lost = topics.contains(&Topic::Detections).then(|| lost_boxes(self.facts.lost_boxes));
        let species: Vec<&str> = self.species().collect();
        let species = if species.is_empty() { String::new() } else { format!(" of {}", species.join(", ")) };
        let more: String = lost.flatten().iter().chain(further).map(|more| format!("; {more}")).collect();
        let told = told.join(", ");
        format!("{told}{species}; {}{more}{}", self.local_time(), left_out::tail(&self.left_out))
    }

    /// Scientific names of what was detected; none where the database tells none.
    pub(super) fn species(&self) -> impl Iterator<Item = &str> {
        self.facts.species.iter().map(String::as_str)
    }

    /// The zones of what is in the file, and how each is known.
    pub(super) fn zones(&self) -> BTreeSet<(&'static str, ZoneSource)> {
        self.basis.calendar.zones(self.seen_places())
    }

    /// The same in words.
    pub(super) fn local_time(&self) -> String {
        self.basis.calendar.words(self.seen_places())
    }

    fn seen_places(&self) -> impl Iterator<Item = Option<&str>> {
        let stood = self.effort.cameras.iter().map(|camera| Some(camera.place_id.as_str()));
        self.facts.seen_places().chain(stood)
    }

    /// How many known deer were seen.
    fn known(&self) -> usize {
        self.facts.individuals.len()
    }

    pub(super) fn individuals(&self) -> &Individuals {
        &self.facts.individuals
    }
}
