//! Reads the roe deer of Leuven: event rows of a Camtrap DP package, without the catalog.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use chrono::{DateTime, Utc};
use deertrack_schemas::Class;
use deertrack_survey::Deployment;
use deertrack_survey::clock::CameraTimes;
use deertrack_survey::effort::Effort;
use deertrack_survey::sun::Coordinates;
use deertrack_survey::visits::{VisitRule, visits};
use deertrack_survey::{Record, Standing};
use libtest_mimic::Failed;

pub(crate) struct Leuven {
    pub(crate) records: Vec<Record>,
    pub(crate) deployments: Vec<Deployment>,
    coordinates: BTreeMap<String, Coordinates>,
}

type Row = HashMap<String, String>;

impl Leuven {
    pub(crate) fn read(folder: &Path) -> Result<Self, Failed> {
        let package = folder.join("roedeer_leuven_camtrapdp");
        let rows = rows(&package.join("deployments.csv"))?;
        let deployments = rows.iter().map(deployment).collect::<Result<Vec<_>, _>>()?;
        let places: HashMap<&str, &str> =
            deployments.iter().map(|d| (d.id.as_str(), d.place_id.as_str())).collect();
        let observations = self::rows(&package.join("observations.csv"))?;
        let is_deer =
            |row: &&Row| row["scientificName"] == "Capreolus capreolus" && row["observationLevel"] == "event";
        let records =
            observations.iter().filter(is_deer).map(|row| record(row, &places)).collect::<Result<_, _>>()?;
        let coordinates = rows.iter().map(|row| {
            let (latitude, longitude) = (row["latitude"].parse()?, row["longitude"].parse()?);
            Ok((row["locationID"].clone(), Coordinates::new(latitude, longitude).ok_or("no place on Earth")?))
        });
        let coordinates = coordinates.collect::<Result<_, Failed>>()?;
        Ok(Self { records, deployments, coordinates })
    }

    pub(crate) fn effort(&self) -> Effort {
        Effort::of_deployments(&self.deployments, &(DateTime::UNIX_EPOCH..DateTime::<Utc>::MAX_UTC))
    }

    pub(crate) fn camera_times(&self) -> Vec<CameraTimes> {
        let visits = visits(&self.records, VisitRule::default());
        let of = |(place, coordinates): (&String, &Coordinates)| CameraTimes {
            place_id: place.clone(),
            coordinates: *coordinates,
            visits: visits.iter().filter(|v| v.place_id.as_deref() == Some(place)).map(|v| v.start).collect(),
        };
        self.coordinates.iter().map(of).collect()
    }
}

fn rows(path: &Path) -> Result<Vec<Row>, Failed> {
    let mut reader = csv::Reader::from_path(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

fn deployment(row: &Row) -> Result<Deployment, Failed> {
    Ok(Deployment {
        id: row["deploymentID"].clone(),
        place_id: row["locationID"].clone(),
        camera: Some(row["cameraID"].clone()).filter(|camera| !camera.is_empty()),
        start: row["deploymentStart"].parse()?,
        end: Some(row["deploymentEnd"].parse()?),
        failures: Vec::new(),
    })
}

fn record(row: &Row, places: &HashMap<&str, &str>) -> Result<Record, Failed> {
    let place = places.get(row["deploymentID"].as_str()).ok_or("an observation without its deployment")?;
    Ok(Record {
        id: row["observationID"].clone(),
        image_id: row["eventID"].clone(),
        taken_at: row["eventStart"].parse()?,
        until: row["eventStart"].parse()?, // the twin counts instants
        place_id: Some((*place).to_owned()),
        class: match row["sex"].as_str() {
            "male" => Class::Buck,
            "female" => Class::Doe,
            _ => Class::Unknown,
        },
        individual: Some(row["individualID"].clone()).filter(|id| !id.is_empty()),
        count: row["count"].parse::<f64>()? as u32,
        bbox: None,
        standing: Standing::Valid,
    })
}
