//! What an export of a kind may use, and what it gives.

use std::sync::Arc;

use chrono_tz::Tz;
use deertrack_catalog::Catalog;

use super::images::ImagesFolder;
use super::job::Job;
use crate::artifact::Content;

/// What an export of a kind may use.
#[derive(Clone)]
pub struct Cx {
    /// The platform's database.
    pub catalog: Arc<dyn Catalog>,
    /// The configured zone.
    pub zone: Tz,
    /// Where the photographs are.
    pub images: ImagesFolder,
    /// The job it runs in.
    pub job: Job,
}

/// A finished export.
#[derive(Debug)]
pub struct Rendered {
    /// The file.
    pub content: Content,
    /// The main finding in one sentence.
    pub headline: Option<String>,
}
