//! What a seasonal report says, before anybody draws it. The template reads this as JSON; see `templates/report.typ`.
//!
//! Numbers stay numbers here: how they are written is the template's business. Lists over classes are all in the
//! order of `classes`.

use deertrack_schemas::pdf::{Paper, PdfParams};
use serde::Serialize;

use super::activity::ActivityPart;
use super::bucks::Bucks;
use super::counts::{Counts, PeriodRow, PlaceRow};
use super::map::Map;
use super::period::Axis;
use super::rates::RateRow;
use super::ratios::RatioRow;
use super::rut::Rut;
use super::sky::LightRow;
use super::status::StatusRow;
use super::strip::Strip;
use super::wording::ClassName;

/// What every report has around its content.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Frame {
    pub(super) title: String,
    /// Printed above the title: which report this is.
    pub(super) report_type: &'static str,
    /// `1 January – 31 December 2020`.
    pub(super) span: String,
    pub(super) dataset: Option<String>,
    /// `Capreolus capreolus (roe deer)`.
    pub(super) species: String,
    /// Typst's name of the paper.
    pub(super) paper: &'static str,
    /// When it was asked for, in the configured zone.
    pub(super) generated: String,
    pub(super) sections: Sections,
    /// Which definitions were used.
    pub(super) definitions: Vec<String>,
    pub(super) status: Vec<StatusRow>,
}

/// All facts and sentences of one season.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    pub(super) frame: Frame,
    /// The main findings in a few sentences, for a status line.
    #[serde(skip)]
    pub(super) headline: String,
    /// Two or three sentences.
    pub(super) lead: Vec<String>,
    pub(super) findings: Vec<String>,
    pub(super) figures: Vec<Figure>,
    /// The columns that were asked for.
    pub(super) classes: Vec<ClassName>,
    /// What one period is: `day`, `week`, `month`.
    pub(super) unit: &'static str,
    pub(super) axis: Axis,
    pub(super) periods: Vec<PeriodRow>,
    pub(super) places: Vec<PlaceRow>,
    /// Over the whole range: distinct images and individuals, not sums of the rows.
    pub(super) total: Counts,
    pub(super) strip: Option<Strip>,
    /// How the span that rates are compared to is called.
    pub(super) before: String,
    pub(super) rates: Vec<RateRow>,
    pub(super) rates_remark: String,
    pub(super) ratios: Vec<RatioRow>,
    pub(super) ratios_remark: String,
    /// Names of the classes that nobody tells apart, and a sentence on them.
    pub(super) untold_classes: Vec<&'static str>,
    pub(super) untold: Option<String>,
    pub(super) activity: ActivityPart,
    pub(super) light: Vec<LightRow>,
    pub(super) light_alt: String,
    pub(super) rut: Option<Rut>,
    pub(super) bucks: Option<Bucks>,
    pub(super) map: Option<Map>,
    pub(super) periods_alt: String,
}

/// One of the large numbers on top.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Figure {
    pub(super) value: String,
    pub(super) name: String,
    /// Its interval.
    pub(super) range: Option<String>,
}

/// Which parts were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Sections {
    pub(super) charts: bool,
    pub(super) tables: bool,
    pub(super) insights: bool,
}

impl From<&PdfParams> for Sections {
    fn from(params: &PdfParams) -> Self {
        Self {
            charts: params.include_charts,
            tables: params.include_tables,
            insights: params.include_insights,
        }
    }
}

/// Typst's name of a paper.
pub(super) fn paper_name(paper: Paper) -> &'static str {
    match paper {
        Paper::A4 => "a4",
        Paper::Letter => "us-letter",
    }
}
