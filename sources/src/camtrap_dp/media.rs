//! `media.csv`: the files. Images without animals are taken too: they tell that a camera worked.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use deertrack_catalog::store::{NewImage, Writing};

use super::deployments::Stands;
use super::package::Package;
use super::reading::Reading;
use super::survey::{Survey, optional_table};
use crate::error::{BadRow, ImportError};
use crate::table::Row;

const COLUMNS: [&str; 4] = ["mediaID", "deploymentID", "timestamp", "filePath"];
/// Rows that are held before they are written.
const BATCH: usize = 500;

/// When each medium was taken, by its id.
pub(super) type Media = HashMap<String, DateTime<Utc>>;

pub(super) async fn import(
    package: &Package,
    dataset_id: &str,
    stands: &Stands,
    survey: &Survey,
    reading: &mut Reading<'_>,
    writing: &mut Writing,
) -> Result<Media, ImportError> {
    let mut media = Media::new();
    let Some(mut table) = optional_table(package, "media", &COLUMNS)? else { return Ok(media) };
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(row) = table.next(|row| {
        let (image, taken_at) = read(row, package, stands, survey)?;
        if media.contains_key(&image.id) {
            Err(row.bad("mediaID", "not unique"))
        } else {
            Ok((image, taken_at))
        }
    })? {
        let Some((image, taken_at)) = reading.accept(row)? else { continue };
        media.insert(image.id.clone(), taken_at);
        batch.push(NewImage { dataset_id: Some(dataset_id.to_owned()), ..image });
        if batch.len() == BATCH {
            writing.images(&batch).await?;
            batch.clear();
        }
    }
    writing.images(&batch).await?;
    Ok(media)
}

fn read(
    row: &Row<'_>,
    package: &Package,
    stands: &Stands,
    survey: &Survey,
) -> Result<(NewImage, DateTime<Utc>), BadRow> {
    let deployment_id = row.required("deploymentID")?;
    let place = stands.place_of(deployment_id);
    let place = place.ok_or_else(|| row.bad("deploymentID", "not among the deployments"))?;
    let taken_at = row.instant("timestamp")?;
    let image = NewImage {
        id: row.required("mediaID")?.to_owned(),
        location_id: Some(place.to_owned()),
        deployment_id: Some(deployment_id.to_owned()),
        path: Some(path(row, package, survey)?),
        timestamp: Some(taken_at),
        media_type: row.owned("fileMediatype"),
        capture_method: row.owned("captureMethod"),
        ..NewImage::default()
    };
    Ok((image, taken_at))
}

/// A file of the package by its full path; a URL as it is, unless the package ships a copy.
fn path(row: &Row<'_>, package: &Package, survey: &Survey) -> Result<String, BadRow> {
    let told = row.required("filePath")?;
    let file = if told.contains("://") {
        row.text("fileName").and_then(|name| survey.local_copies.get(name)).cloned()
    } else {
        let inside = package.inside(told);
        Some(inside.ok_or_else(|| row.bad("filePath", "a path that leads out of the package"))?)
    };
    Ok(file.map_or_else(|| told.to_owned(), |path| path.to_string_lossy().into_owned()))
}
