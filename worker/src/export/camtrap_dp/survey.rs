//! What is known of the rows before they are written: deployments, ids, and the rest that is of all of them.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use deertrack_catalog::corrections::{ClockCorrection, Corrections, PlaceCorrection};
use deertrack_catalog::{Dataset, Image, Individual, LeftOut, Record, ToldDeployment};
use deertrack_survey::Place;
use deertrack_survey::calendar::{Calendar, Period};
use deertrack_survey::effort::Proof;

use super::ids::AllIds;
use super::source::Sources;
use super::span::Span;
use super::spread::FarBursts;
use super::stands::{Lookup, Stand};
use super::totals::Totals;
use super::wanted::Wanted;
use crate::export::left_out;
use crate::export::picture_size::lost_boxes;

/// What the catalog has beside the rows.
pub(super) struct Known {
    /// What no export counts.
    pub(super) left_out: LeftOut,
    pub(super) individuals: Vec<Individual>,
    pub(super) deployments: Vec<ToldDeployment>,
    pub(super) sources: Sources,
    pub(super) places: Vec<Place>,
    pub(super) dataset: Option<String>,
    pub(super) calendar: Calendar,
}

/// What goes into the package, but for its rows.
///
/// Deployments are cut as images are: nobody knows here what a camera saw on days that were not asked for.
pub(super) struct Survey {
    /// By start, then id.
    pub(super) stands: Vec<Stand>,
    pub(super) lookup: Lookup,
    pub(super) wanted: Wanted,
    pub(super) dataset: Option<String>,
    pub(super) sources: Sources,
    pub(super) ids: AllIds,
    /// To which all others are cut; `None`: all days.
    pub(super) days: Option<Period>,
    pub(super) asked_at: DateTime<Utc>,
    /// Whose local days are meant, and how that is known.
    pub(super) local_time: String,
    /// The species of rows that do not tell theirs.
    pub(super) otherwise: String,
    /// When images prove that cameras worked.
    pub(super) proof: Proof,
    /// First and last day on which something was seen; not known where days were asked for.
    pub(super) seen_days: Option<(NaiveDate, NaiveDate)>,
    /// Events that last longer than all others, or are far from their photograph, by stand.
    pub(super) long: Vec<(usize, Span)>,
    pub(super) far: FarBursts,
    /// Of the rows, when all are written.
    pub(super) totals: Totals,
    /// Images and observations that belong to no place.
    pub(super) placeless: u64,
    pub(super) left_out: LeftOut,
    /// Of the known deer that tell theirs.
    pub(super) species: HashMap<String, &'static str>,
}

impl Survey {
    /// The stand of an image that is wanted and has one.
    pub(super) fn stand_of_image(&self, image: &Image) -> Option<usize> {
        self.lookup.of(&self.stands, image).filter(|_| self.wanted.has_image(image))
    }

    /// The stand of a detection that is wanted and has one.
    pub(super) fn stand_of_record(&self, record: &Record) -> Option<usize> {
        self.lookup.of(&self.stands, &record.image).filter(|_| self.wanted.has_record(record))
    }

    /// The data set that every row is of; `None` where there are several, or rows of none.
    pub(super) fn only_dataset(&self) -> Option<&Dataset> {
        let stands = self.stands.iter().filter(|stand| !stand.is_inferred);
        let mut ids: BTreeSet<Option<&str>> = stands.map(|stand| stand.dataset_id.as_deref()).collect();
        ids.extend(self.totals.datasets.iter().map(Option::as_deref));
        match (ids.len(), ids.first()) {
            (1, Some(Some(id))) => self.sources.get(id),
            _ => None,
        }
    }

    /// What an import corrected of these deployments and their places, by the ids of this package.
    pub(super) fn corrections(&self) -> Corrections {
        let mut all = Corrections::default();
        for stand in &self.stands {
            let of = self.sources.corrections(stand.dataset_id.as_deref());
            let place = self.sources.without_prefix(stand.dataset_id.as_deref(), &stand.place.id);
            let told = self.ids.places.told(&stand.place.id);
            let place = of.places.into_iter().find(|known| known.place == place);
            if let Some(place) = place.filter(|_| !all.places.iter().any(|known| known.place == told)) {
                all.places.push(PlaceCorrection { place: told.to_owned(), ..place });
            }
            if let Some(clock) = self.clock(stand) {
                let deployment = self.ids.deployments.told(&stand.id).to_owned();
                all.clocks.push(ClockCorrection { deployment, ..clock });
            }
        }
        all
    }

    /// How the clock of a deployment was mended, if it was.
    pub(super) fn clock(&self, stand: &Stand) -> Option<ClockCorrection> {
        let of = self.sources.corrections(stand.dataset_id.as_deref());
        of.of_clock(stand.source_id.as_deref()?).cloned()
    }

    /// What is in the package, in one sentence.
    pub(super) fn headline(&self) -> String {
        let (stands, media, records) = (self.stands.len(), self.totals.media, self.totals.observations);
        let told = format!("{stands} deployments, {media} media, {records} observations");
        let inferred = self.stands.iter().filter(|stand| stand.is_inferred).count();
        let inferred = if inferred == 0 {
            String::new()
        } else {
            format!("; {inferred} deployments inferred from images")
        };
        let placeless = match self.placeless {
            0 => String::new(),
            count => format!("; {count} rows without a place left out"),
        };
        let timeless = match self.sources.impossible_times() {
            0 => String::new(),
            1 => "; 1 photograph or event at a time that cannot be true left out".to_owned(),
            some => format!("; {some} photographs or events at times that cannot be true left out"),
        };
        let lost = lost_boxes(self.totals.lost_boxes);
        let lost = lost.map(|lost| format!("; {lost}")).unwrap_or_default();
        let kept_back = match self.totals.kept_back {
            0 => String::new(),
            1 => "; 1 medium kept from the public for a person or a vehicle".to_owned(),
            some => format!("; {some} media kept from the public for a person or a vehicle"),
        };
        format!("{told}{inferred}{placeless}{timeless}{lost}{kept_back}{}", left_out::tail(&self.left_out))
    }

    /// The species of a record: its own word, else that of the deer it is known to be, else that of all others.
    pub(super) fn species<'a>(&'a self, record: &'a Record) -> &'a str {
        let of_deer = || record.deer_id.as_ref().and_then(|id| self.species.get(id)).copied();
        record.scientific_name.as_deref().or_else(of_deer).unwrap_or(&self.otherwise)
    }
}
