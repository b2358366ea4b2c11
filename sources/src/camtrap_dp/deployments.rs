//! `deployments.csv`: places and the spans of time in which a camera stood there.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use deertrack_catalog::store::{NewDeployment, NewPlace, Writing};

use super::package::Package;
use super::reading::Reading;
use super::survey::required_table;
use crate::error::{BadRow, ImportError};
use crate::table::Row;

const COLUMNS: [&str; 5] = ["deploymentID", "latitude", "longitude", "deploymentStart", "deploymentEnd"];

/// The deployments of a package, with their places.
pub(super) struct Stands {
    place_of: HashMap<String, String>,
}

impl Stands {
    /// The place of a deployment; `None` when there is no such deployment.
    pub(super) fn place_of(&self, deployment_id: &str) -> Option<&str> {
        self.place_of.get(deployment_id).map(String::as_str)
    }

    pub(super) fn ids(&self) -> HashSet<String> {
        self.place_of.keys().cloned().collect()
    }

    pub(super) fn place_count(&self) -> usize {
        self.place_of.values().collect::<HashSet<_>>().len()
    }
}

pub(super) async fn import(
    package: &Package,
    dataset_id: &str,
    reading: &mut Reading<'_>,
    writing: &mut Writing,
) -> Result<Stands, ImportError> {
    let mut table = required_table(package, "deployments", &COLUMNS)?;
    let mut places = BTreeMap::<String, NewPlace>::new();
    let mut deployments = Vec::new();
    let mut place_of = HashMap::new();
    while let Some(row) = table.next(|row| {
        let (place, deployment) = read(row, dataset_id)?;
        if place_of.contains_key(&deployment.id) {
            return Err(row.bad("deploymentID", "not unique"));
        }
        Ok((place, deployment))
    })? {
        let Some((place, deployment)) = reading.accept(row)? else { continue };
        place_of.insert(deployment.id.clone(), place.id.clone());
        places.entry(place.id.clone()).or_insert(place);
        deployments.push(deployment);
    }
    writing.places(&places.into_values().collect::<Vec<_>>()).await?;
    writing.deployments(&deployments).await?;
    Ok(Stands { place_of })
}

fn read(row: &Row<'_>, dataset_id: &str) -> Result<(NewPlace, NewDeployment), BadRow> {
    let id = row.required("deploymentID")?.to_owned();
    row.required("latitude")?;
    row.required("longitude")?;
    // Neither is required by the standard: then each deployment is a place of its own.
    let place_id = row.text("locationID").or(row.text("locationName")).unwrap_or(&id).to_owned();
    let place = NewPlace {
        name: row.text("locationName").unwrap_or(&place_id).to_owned(),
        latitude: row.number("latitude", -90.0, 90.0)?,
        longitude: row.number("longitude", -180.0, 180.0)?,
        timezone: None,
        coordinate_uncertainty: row.number("coordinateUncertainty", 0.0, 1e9)?,
        id: place_id.clone(),
        ..NewPlace::default()
    };
    let (start, end) = span(row)?;
    let deployment = NewDeployment {
        id,
        dataset_id: Some(dataset_id.to_owned()),
        location_id: place_id,
        camera: row.text("cameraID").or(row.text("cameraModel")).map(str::to_owned),
        start,
        end: Some(end),
        ..NewDeployment::default()
    };
    Ok((place, deployment))
}

fn span(row: &Row<'_>) -> Result<(DateTime<Utc>, DateTime<Utc>), BadRow> {
    let (start, end) = (row.instant("deploymentStart")?, row.instant("deploymentEnd")?);
    if end < start {
        Err(row.bad("deploymentEnd", "before the deployment's start"))
    } else {
        Ok((start, end))
    }
}
