//! What an import did, for people and for machines.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

use crate::error::BadRow;
use crate::told::Told;

/// How many clocks, species or places are shown by name; the rest is counted.
const SHOWN: usize = 10;

/// What was taken, what was not, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Title of the package.
    pub dataset: String,
    /// What its rows are marked with.
    pub dataset_id: String,
    /// What its ids begin with in this database; empty: they are the package's own.
    pub id_prefix: String,
    /// The levels whose rows count: `event`, `media` or `event and media`.
    pub level: &'static str,
    /// Why those.
    pub level_reason: &'static str,
    /// The species that were taken.
    pub species: Vec<String>,
    /// Rows of animals that were not taken, by species.
    pub other_species: BTreeMap<String, u64>,
    /// Camera places.
    pub places: usize,
    /// Deployments.
    pub deployments: usize,
    /// Images, and events without images.
    pub images: usize,
    /// Detections that count.
    pub detections: usize,
    /// Animals in them: the sum of their counts.
    pub animals: u64,
    /// The first and the last day on which they were seen, as told: what a report of all of it asks for.
    pub days: Option<[NaiveDate; 2]>,
    /// Detections of each class that count.
    pub classes: BTreeMap<&'static str, u64>,
    /// Animals known by name.
    pub individuals: usize,
    /// Rows that tell of animals which other rows count: kept, never counted.
    pub repeats: u64,
    /// A model's rows that a person contradicts: kept as rejected.
    pub rejected: u64,
    /// Rows with a part of a bounding box only; they were taken, without a box.
    pub incomplete_boxes: u64,
    /// Whether the package brought its `media.csv`.
    pub has_media: bool,
    /// Good rows that were not taken.
    pub skipped: Vec<Skipped>,
    /// Rows whose deployment is not there, by that deployment.
    pub orphans: Vec<Orphans>,
    /// The first of the rows that could not be used, without those that have no deployment.
    pub bad_rows: Vec<BadRow>,
    /// How many rows could not be used in all.
    pub bad_row_count: u64,
    /// Rows of an earlier import of this package that this one did not take and so removed.
    pub removed: u64,
    /// As what the files of another tool were taken; of a package nothing.
    pub told: Told,
    /// What else one should know of the package.
    pub notes: Notes,
}

/// What else one should know of a package.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Notes {
    /// Where the package is, if not where was pointed to.
    pub read_from: Option<String>,
    /// It is a ZIP, whose photographs stay in it.
    pub is_zip: bool,
    /// Rows that are equal to another, by table: one of them was taken.
    pub equal_rows: BTreeMap<String, u64>,
    /// Tables that are not in UTF-8 without saying so; they were read as Windows-1252.
    pub guessed_letters: Vec<String>,
    /// Deployments whose times cannot be true: they are no effort.
    pub clocks: Vec<ClockProblem>,
    /// Photographs and events at times that cannot be true: they are in no count.
    pub impossible_times: u64,
    /// Rows whose event ends before it begins, or over a day later: they count at its begin, as if no end was told.
    pub impossible_ends: u64,
    /// The offsets from UTC in which times are told, as `+02:00`.
    pub offsets: Vec<String>,
    /// Rows at times at which their deployment did not stand, by deployment.
    pub outside: BTreeMap<String, u64>,
    /// Photographs on which, or in whose events, somebody saw a person or a vehicle.
    pub people: u64,
    /// How many individual ids there are that occur once each, and so are no known animals.
    pub passages: Option<usize>,
    /// Places that were corrected, and what of each.
    pub corrected_places: BTreeMap<String, Vec<String>>,
    /// Clocks that were mended.
    pub mended_clocks: Vec<MendedClock>,
    /// Periods in which cameras did not work.
    pub failures: FailureCounts,
    /// Corrections of an earlier import of this package that this one does not have, in words.
    pub dropped_corrections: Vec<String>,
    /// The local time of places and how it is known, in words.
    pub zones: Vec<String>,
    /// Places whose deployments have coordinates over 100 m apart, with that distance in metres.
    pub apart: BTreeMap<String, u64>,
}

/// A deployment whose times cannot be true.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClockProblem {
    /// Its id.
    pub deployment: String,
    /// What is wrong.
    pub problem: &'static str,
    /// As told.
    pub start: String,
    /// As told.
    pub end: String,
}

/// A clock that was mended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MendedClock {
    /// Of which deployment.
    pub deployment: String,
    /// What was added.
    pub shift: String,
    /// Photographs whose times moved.
    pub media: u64,
    /// Rows of observations whose times moved.
    pub observations: u64,
    /// Start and end of the deployment moved too.
    pub moves_span: bool,
}

impl fmt::Display for MendedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { deployment, shift, media, observations, moves_span } = self;
        let span = match (moves_span, media + observations) {
            (true, 0) => "its start and end moved, for it has no rows",
            (true, _) => "its start and end moved too, for its rows were within them by that clock",
            (false, _) => "its start and end stay as written down",
        };
        write!(f, "{deployment} by {shift} ({media} media, {observations} observations; {span})")
    }
}

/// Periods in which cameras did not work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct FailureCounts {
    /// Deployments that have any.
    pub deployments: u64,
    /// How many there are.
    pub periods: u64,
    /// Rows of the chosen species within them.
    pub rows: u64,
}

/// Rows that were not taken for one reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Skipped {
    /// Why.
    pub reason: String,
    /// How many.
    pub rows: u64,
}

/// Rows of a deployment that is not there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Orphans {
    /// The deployment that they name.
    pub deployment: String,
    /// Rows of media.
    pub media: u64,
    /// Rows of observations.
    pub observations: u64,
}

impl Orphans {
    pub(super) fn of(deployment: &str) -> Self {
        Self { deployment: deployment.to_owned(), media: 0, observations: 0 }
    }

    pub(super) fn add(&mut self, is_medium: bool) {
        *if is_medium { &mut self.media } else { &mut self.observations } += 1;
    }
}

impl fmt::Display for Orphans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = if self.observations == 1 { "observation" } else { "observations" };
        let (media, observations) =
            (format!("{} media", self.media), format!("{} {rows}", self.observations));
        match (self.media, self.observations) {
            (_, 0) => write!(f, "{}: {media}", self.deployment),
            (0, _) => write!(f, "{}: {observations}", self.deployment),
            _ => write!(f, "{}: {media}, {observations}", self.deployment),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.told)?;
        writeln!(f, "{}", self.dataset)?;
        let classes: Vec<String> =
            self.classes.iter().map(|(class, rows)| format!("{rows} {class}")).collect();
        writeln!(f, "  {} detections of {} animals ({})", self.detections, self.animals, classes.join(", "))?;
        if let Some([first, last]) = self.days {
            writeln!(f, "  seen from {first} to {last}")?;
        }
        writeln!(
            f,
            "  {} images, {} deployments at {} places, {} known individuals",
            self.images, self.deployments, self.places, self.individuals
        )?;
        writeln!(f, "  counted: {}-level rows ({})", self.level, self.level_reason)?;
        writeln!(f, "  of {}", self.species.join(", "))?;
        self.not_taken(f)?;
        self.notes.tell(f)?;
        if !self.has_media {
            writeln!(f, "  without files: the package has no media.csv")?;
        }
        if !self.id_prefix.is_empty() {
            let prefix = &self.id_prefix;
            writeln!(f, "  ids begin with {prefix:?} here: another data set has the same ones")?;
        }
        if self.removed > 0 {
            writeln!(f, "  removed: {} rows of an earlier import that are no longer chosen", self.removed)?;
        }
        for bad in &self.bad_rows {
            writeln!(f, "  bad row: {bad}")?;
        }
        let orphans: u64 = self.orphans.iter().map(|orphans| orphans.media + orphans.observations).sum();
        let unshown = self.bad_row_count - orphans - self.bad_rows.len() as u64;
        if unshown > 0 {
            writeln!(f, "  and {unshown} more bad rows")?;
        }
        Ok(())
    }
}

impl Summary {
    fn not_taken(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Skipped { reason, rows } in &self.skipped {
            writeln!(f, "  not taken: {rows} rows, {reason}")?;
        }
        if !self.other_species.is_empty() {
            let all = self.other_species.iter().map(|(name, rows)| format!("{name} ({rows})"));
            writeln!(f, "  other animals: {}; --species takes what it names instead", shown(all))?;
        }
        if self.repeats > 0 {
            let rows = self.repeats;
            writeln!(
                f,
                "  counted once: {rows} rows tell of animals that other rows count; they are kept beside"
            )?;
        }
        if self.rejected > 0 {
            writeln!(f, "  rejected: {} rows of a model that a person contradicts", self.rejected)?;
        }
        if self.incomplete_boxes > 0 {
            writeln!(
                f,
                "  without a box: {} rows that have a part of one only; an export gives it back",
                self.incomplete_boxes
            )?;
        }
        if !self.orphans.is_empty() {
            let all = self.orphans.iter().map(ToString::to_string);
            writeln!(f, "  without their deployment: {}", all.collect::<Vec<_>>().join("; "))?;
        }
        Ok(())
    }
}

impl Notes {
    fn tell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.read_from {
            writeln!(f, "  read from {path}")?;
        }
        if self.is_zip {
            writeln!(
                f,
                "  photographs in the ZIP were not unpacked: unpack it and import the folder to have them"
            )?;
        }
        for (table, rows) in &self.equal_rows {
            writeln!(f, "  equal rows: {rows} of {table} are another once more, and were taken once")?;
        }
        for table in &self.guessed_letters {
            writeln!(f, "  letters: {table} is not UTF-8 and does not say what; read as Windows-1252")?;
        }
        if !self.clocks.is_empty() {
            let all = self.clocks.iter().map(|clock| {
                format!("{} ({}: {} to {})", clock.deployment, clock.problem, clock.start, clock.end)
            });
            writeln!(
                f,
                "  no effort: the times of {} deployments cannot be true: {}",
                self.clocks.len(),
                shown(all)
            )?;
        }
        if self.impossible_times > 0 {
            let count = self.impossible_times;
            writeln!(f, "  in no count: {count} photographs or events at times that cannot be true")?;
        }
        if self.impossible_ends > 0 {
            let count = self.impossible_ends;
            writeln!(
                f,
                "  counted at their begin: {count} rows of events that end before it, or over a day after it"
            )?;
        }
        if !self.outside.is_empty() {
            let all = self.outside.iter().map(|(deployment, rows)| format!("{deployment} ({rows} rows)"));
            writeln!(
                f,
                "  outside of their deployment's time: {}; if a clock was wrong, --shift mends it",
                shown(all)
            )?;
        }
        if self.offsets.iter().any(|offset| offset != "+00:00") {
            let offsets = self.offsets.join(", ");
            writeln!(f, "  times are told at {offsets}")?;
        }
        writeln!(f, "  local days and hours: {}", shown(self.zones.iter().cloned()))?;
        self.tell_corrections(f)?;
        if self.people > 0 {
            writeln!(
                f,
                "  kept back: {} photographs with a person or a vehicle, or of such an event",
                self.people
            )?;
        }
        if let Some(ids) = self.passages {
            writeln!(
                f,
                "  no known animals: the {ids} individual ids occur once each, so they are of passages"
            )?;
        }
        let apart = self.apart.iter().map(|(place, metres)| format!("{place} ({metres} m)"));
        if !self.apart.is_empty() {
            writeln!(f, "  coordinates of one place far apart, the first taken: {}", shown(apart))?;
        }
        Ok(())
    }
}

impl Notes {
    fn tell_corrections(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.corrected_places.is_empty() {
            let all =
                self.corrected_places.iter().map(|(place, what)| format!("{place} ({})", what.join(", ")));
            writeln!(f, "  corrected places: {}", shown(all))?;
        }
        if !self.mended_clocks.is_empty() {
            writeln!(f, "  mended clocks: {}", shown(self.mended_clocks.iter().map(ToString::to_string)))?;
        }
        let FailureCounts { deployments, periods, rows } = self.failures;
        if periods > 0 {
            writeln!(
                f,
                "  no effort: {periods} periods in which cameras of {deployments} deployments did not work"
            )?;
        }
        if rows > 0 {
            writeln!(
                f,
                "  within such a period: {rows} rows; they count as visits, and no rate has them on days without effort"
            )?;
        }
        if !self.dropped_corrections.is_empty() {
            let all = self.dropped_corrections.iter().cloned();
            writeln!(f, "  no longer corrected, for this import was not told so: {}", shown(all))?;
        }
        Ok(())
    }
}

fn shown(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    let first = all[..all.len().min(SHOWN)].join(", ");
    if all.len() > SHOWN { format!("{first} and {} more", all.len() - SHOWN) } else { first }
}
