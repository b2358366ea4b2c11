//! Downloads of Wildlife Insights, of projects by image and by sequence.
//!
//! `deployments.csv` with `images*.csv` or, of projects by sequence, `sequences*.csv`; `cameras.csv` and `projects.csv`
//! tell more where they are there. What the columns mean and where they lay traps: `docs/sources.md`.
//!
//! 1. [`stands`]: deployments, with the clock of each. They are written last, for photographs tell when a camera that
//!    failed still worked.
//! 2. [`rows`]: images, or sequences with their images. [`taxon`]: what a row says was seen.

mod rows;
mod stands;
mod taxon;

use serde_json::json;

use crate::draft::{Draft, Sheet};
use crate::error::ImportError;
use crate::given::Given;
use crate::source::{How, Source, SourceInfo};
use rows::Rows;
use stands::Stands;

/// The source, for people.
pub(crate) const INFO: SourceInfo = SourceInfo {
    name: "wildlife-insights",
    about: "A download of Wildlife Insights: deployments.csv with images.csv, or with sequences.csv",
    recognises: "a folder or ZIP with a deployments.csv and an images.csv or sequences.csv that have the column `deployment_id`",
};

pub(crate) const SOURCE: Source = Source { info: &INFO, claims, read: How::Tell(tell) };

/// Its files.
struct Files<'a> {
    deployments: Vec<&'a str>,
    images: Vec<&'a str>,
    sequences: Vec<&'a str>,
    cameras: Option<&'a str>,
    projects: Option<&'a str>,
}

impl<'a> Files<'a> {
    fn of(given: &'a Given) -> Self {
        let all = |begin: &str| given.named(|name| name.starts_with(begin) && name.ends_with(".csv"));
        let with = |begin: &str, columns: &[&str]| -> Vec<&'a str> {
            all(begin).into_iter().filter(|name| given.has(name, columns)).collect()
        };
        Self {
            deployments: with("deployments", &["deployment_id"]),
            images: with("images", &["deployment_id"]),
            sequences: with("sequences", &["deployment_id"]),
            cameras: all("cameras").first().copied(),
            projects: all("projects").first().copied(),
        }
    }
}

fn claims(given: &Given) -> bool {
    let files = Files::of(given);
    let has_rows = !files.images.is_empty() || !files.sequences.is_empty();
    !files.deployments.is_empty() && has_rows
}

fn tell(given: &Given, draft: &mut Draft<'_>) -> Result<(), ImportError> {
    let files = Files::of(given);
    let deployments = given.only("deployments of Wildlife Insights", &files.deployments)?;
    describe(given, draft, files.projects)?;
    let mut stands = Stands::read(given, draft, deployments, files.cameras)?;
    draft.begin(Sheet::Media, rows::MEDIA)?;
    draft.begin(Sheet::Observations, rows::OBSERVATIONS)?;
    let mut rows = Rows::default();
    for name in &files.sequences {
        rows.sequences(given, draft, &mut stands, name)?;
    }
    for name in &files.images {
        rows.images(given, draft, &mut stands, name, files.sequences.is_empty())?;
    }
    rows.note(draft);
    stands.write(draft)
}

/// What the data set is called, and its licences.
fn describe(given: &Given, draft: &mut Draft<'_>, projects: Option<&str>) -> Result<(), ImportError> {
    const COLUMNS: &[&str] =
        &["project_id", "project_name", "data_citation", "metadata_license", "image_license"];
    let Some(name) = projects else { return Ok(()) };
    let (file, mut table) = draft.table(given, name, COLUMNS, &[])?;
    let mut titles = Vec::new();
    let mut ids = Vec::new();
    while let Some(row) =
        table.next(|row| Ok(COLUMNS.iter().map(|column| row.owned(column)).collect::<Vec<_>>()))?
    {
        let Some(cells) = draft.accept(file, row)? else { continue };
        let [id, title, citation, metadata, images] = &cells[..] else { continue };
        ids.extend(id.clone());
        titles.extend(title.clone());
        if let Some(citation) = citation {
            draft.metadata.insert("bibliographicCitation".to_owned(), citation.as_str().into());
        }
        let licence =
            |name: &Option<String>, scope: &str| Some(json!({ "name": name.as_ref()?, "scope": scope }));
        let licences: Vec<_> =
            [licence(metadata, "data"), licence(images, "media")].into_iter().flatten().collect();
        if !licences.is_empty() {
            draft.metadata.insert("licenses".to_owned(), licences.into());
        }
    }
    if !ids.is_empty() {
        ids.sort();
        draft.id = format!("wildlife-insights-{}", ids.join("-"));
    }
    if !titles.is_empty() {
        draft.title = titles.join(", ");
    }
    let source = json!([{ "title": "Wildlife Insights", "path": "https://www.wildlifeinsights.org" }]);
    draft.metadata.insert("sources".to_owned(), source);
    Ok(())
}
