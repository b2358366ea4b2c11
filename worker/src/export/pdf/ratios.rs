//! Bucks to a doe and fawns to a doe by image, by visit, by animal and by individual, side by side: they need not agree.

use deertrack_schemas::Class;
use deertrack_survey::ratios::{Ratio, Ratios};
use serde::Serialize;

use super::estimate::Estimate;
use super::survey::{Survey, resampling};

/// One ratio in its units.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct RatioRow {
    /// `Bucks per doe`.
    pub(super) name: &'static str,
    pub(super) cells: Vec<RatioCell>,
}

/// A ratio with what was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct RatioCell {
    /// `by visit`.
    pub(super) unit: &'static str,
    pub(super) numerator: u64,
    pub(super) denominator: u64,
    #[serde(flatten)]
    pub(super) estimate: Estimate,
}

/// The ratios whose both classes were asked for.
pub(super) fn rows(survey: &Survey<'_>) -> Vec<RatioRow> {
    [("Bucks per doe", Class::Buck), ("Fawns per doe", Class::Fawn)]
        .into_iter()
        .filter(|(_, class)| [*class, Class::Doe].iter().all(|side| survey.classes.contains(side)))
        .map(|(name, class)| row(survey, name, class))
        .collect()
}

fn row(survey: &Survey<'_>, name: &'static str, class: Class) -> RatioRow {
    let ratios = Ratios::new(survey.tally, survey.visits, [class, Class::Doe], &resampling());
    let mut cells = vec![
        cell("by visit", &ratios.visit),
        cell("by animal", &ratios.animal),
        cell("by image", &ratios.image),
    ];
    if survey.names_individuals() {
        cells.push(cell("by individual", &ratios.individual));
    }
    RatioRow { name, cells }
}

/// What the units are.
pub(super) fn remark(survey: &Survey<'_>) -> String {
    let individual = if survey.names_individuals() { "; by individual each known deer once" } else { "" };
    format!(
        "By visit: the visits of the other tables. By animal each visit adds its largest number at once, by image each \
         image all it shows{individual}. They can point in opposite directions."
    )
}

fn cell(unit: &'static str, ratio: &Ratio) -> RatioCell {
    RatioCell { unit, numerator: ratio.numerator, denominator: ratio.denominator, estimate: ratio.into() }
}
