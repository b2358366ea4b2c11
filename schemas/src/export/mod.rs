//! The closed set of export kinds.
//!
//! A new kind is a file beside `pdf.rs` and its lines here; the compiler then names every other place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fields::Fields;
use crate::problem::Broken;

pub mod camtrap_dp;
mod class;
mod kind;
pub mod pdf;
pub mod reid;
pub mod selection;
pub mod table;
pub mod zip;

pub use class::Class;
pub use kind::{FileType, Kind, KindInfo};

/// What to export: its kind and that kind's parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "params", rename_all = "kebab-case")]
pub enum Export {
    /// A PDF report.
    Pdf(pdf::PdfParams),
    /// An archive of crops.
    Zip(zip::ZipParams),
    /// Rows for spreadsheets, statistics and maps.
    Table(table::TableParams),
    /// A Camtrap DP package.
    CamtrapDp(camtrap_dp::CamtrapDpParams),
    /// The similarity analysis of re-identification.
    Reid(reid::ReidParams),
}

/// Every kind there is, in the order in which people are shown them.
pub const KINDS: &[&KindInfo] = &[&pdf::INFO, &zip::INFO, &table::INFO, &camtrap_dp::INFO, &reid::INFO];

impl Kind {
    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|info| info.name == name).map(|info| info.kind)
    }

    /// What callers may know of it.
    pub fn info(self) -> &'static KindInfo {
        match self {
            Self::Pdf => &pdf::INFO,
            Self::Zip => &zip::INFO,
            Self::Table => &table::INFO,
            Self::CamtrapDp => &camtrap_dp::INFO,
            Self::Reid => &reid::INFO,
        }
    }

    /// As it stands in URLs, in the envelope and in metrics.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Reads this kind's parameters out of a request body. `None` when `fields` has noted a problem.
    pub(crate) fn read(self, fields: &mut Fields<'_>) -> Option<Export> {
        match self {
            Self::Pdf => pdf::read(fields).map(Export::Pdf),
            Self::Zip => zip::read(fields).map(Export::Zip),
            Self::Table => table::read(fields).map(Export::Table),
            Self::CamtrapDp => camtrap_dp::read(fields).map(Export::CamtrapDp),
            Self::Reid => reid::read(fields).map(Export::Reid),
        }
    }

    /// JSON Schema of this kind's parameters.
    pub(crate) fn params_schema(self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        match self {
            Self::Pdf => generator.subschema_for::<pdf::PdfParams>(),
            Self::Zip => generator.subschema_for::<zip::ZipParams>(),
            Self::Table => generator.subschema_for::<table::TableParams>(),
            Self::CamtrapDp => generator.subschema_for::<camtrap_dp::CamtrapDpParams>(),
            Self::Reid => generator.subschema_for::<reid::ReidParams>(),
        }
    }
}

impl Export {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Pdf(_) => Kind::Pdf,
            Self::Zip(_) => Kind::Zip,
            Self::Table(_) => Kind::Table,
            Self::CamtrapDp(_) => Kind::CamtrapDp,
            Self::Reid(_) => Kind::Reid,
        }
    }

    /// The type of file it makes.
    pub fn file(&self) -> FileType {
        let info = self.kind().info();
        match self {
            Self::Table(params) => params.format.file(),
            _ => FileType { extension: info.extension, media_type: info.media_type },
        }
    }

    /// How many items it is about, where the request says it.
    pub(crate) fn items(&self) -> Option<u64> {
        match self {
            Self::Zip(params) => params.detection_ids.as_ref().map(|ids| ids.len() as u64),
            _ => None,
        }
    }

    /// The rules of its kind that hold however the parameters were built. `today` is the date in the configured zone.
    pub(crate) fn rules(&self, today: chrono::NaiveDate) -> Result<(), Broken> {
        match self {
            Self::Pdf(params) => params.rules(today),
            Self::Zip(params) => params.rules(today),
            Self::Table(params) => params.rules(today),
            Self::CamtrapDp(params) => params.rules(today),
            Self::Reid(params) => params.rules(today),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for info in KINDS {
            assert_eq!(Kind::named(info.name), Some(info.kind));
            assert_eq!(info.kind.info(), *info);
        }
        assert_eq!(Kind::named("docx"), None);
    }
}
