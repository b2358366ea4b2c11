//! `deployments.csv`: places and the spans of time in which a camera stood there.
//!
//! Two deployments that overlap at one place are two cameras. A camera is told by `cameraID`, never by its model's name.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset};

use super::clocks;
use super::package::Package;
use super::places::{Places, Told};
use super::reading::{ORPHAN, Reading, Twice};
use crate::error::{BadRow, ImportError};
use crate::table::Row;

const REQUIRED: [&str; 5] = ["deploymentID", "latitude", "longitude", "deploymentStart", "deploymentEnd"];
/// Columns that the catalog has a place for. Those of the place are kept as told as well: a place may be told in several
/// ways.
const KEPT: [&str; 4] = ["deploymentID", "deploymentStart", "deploymentEnd", "cameraID"];

/// A deployment.
pub(super) struct Stand {
    pub(super) id: String,
    /// Number of its place.
    pub(super) place: usize,
    pub(super) start: DateTime<FixedOffset>,
    pub(super) end: DateTime<FixedOffset>,
    /// As told.
    pub(super) camera_id: Option<String>,
    /// Tells it from others that stood there at the same time.
    pub(super) camera: Option<String>,
    pub(super) clock_problem: Option<&'static str>,
    pub(super) extra: Option<String>,
}

/// The deployments of a package, with their places.
#[derive(Default)]
pub(super) struct Stands {
    pub(super) all: Vec<Stand>,
    pub(super) places: Places,
    by_id: HashMap<String, usize>,
}

impl Stands {
    /// The number of the deployment that a row of another table is of.
    pub(super) fn of_row(&self, row: &Row<'_>) -> Result<usize, BadRow> {
        let number = self.number(row.required("deploymentID")?);
        number.ok_or_else(|| row.bad("deploymentID", ORPHAN))
    }

    /// The number of a deployment; `None` when there is no such deployment.
    pub(super) fn number(&self, deployment_id: &str) -> Option<usize> {
        self.by_id.get(deployment_id).copied()
    }
}

/// Reads the table.
pub(super) fn read(package: &Package, reading: &mut Reading<'_>) -> Result<Stands, ImportError> {
    let mut table = package.required("deployments", &REQUIRED)?;
    let mut stands = Stands::default();
    let mut twice = Twice::default();
    while let Some(row) = table.next(|row| twice.check(row, "deploymentID", row_of))? {
        let Some(Some((mut stand, told))) = reading.accept(row)? else { continue };
        stand.clock_problem = clocks::of_deployment(stand.start, stand.end, reading.options.now);
        stand.place = stands.places.of(&stand.id, told);
        stands.by_id.insert(stand.id.clone(), stands.all.len());
        stands.all.push(stand);
    }
    reading.note_table(&table, "deployments", twice.equal);
    name_cameras(&mut stands.all);
    Ok(stands)
}

fn row_of(row: &Row<'_>) -> Result<(Stand, Told), BadRow> {
    let (start, end) = (row.instant("deploymentStart")?, row.instant("deploymentEnd")?);
    if end < start {
        return Err(row.bad("deploymentEnd", "before the deployment's start"));
    }
    let coordinate = |column: &str, most: f64| {
        let number = row.number(column, -most, most)?;
        number.ok_or_else(|| row.bad(column, "required"))
    };
    let told = Told {
        location_id: row.owned("locationID"),
        location_name: row.owned("locationName"),
        latitude: coordinate("latitude", 90.0)?,
        longitude: coordinate("longitude", 180.0)?,
        uncertainty: row.number("coordinateUncertainty", 0.0, 1e9)?,
    };
    let stand = Stand {
        id: row.required("deploymentID")?.to_owned(),
        place: 0,
        start,
        end,
        camera_id: row.owned("cameraID"),
        // Some tools write the model where the camera belongs.
        camera: row.owned("cameraID").filter(|id| row.text("cameraModel") != Some(id)),
        clock_problem: None,
        extra: row.others(&KEPT),
    };
    Ok((stand, told))
}

/// Gives a name to every camera that is not told and stands beside another one that is not told.
fn name_cameras(stands: &mut [Stand]) {
    let mut places = BTreeMap::<usize, Vec<usize>>::new();
    for (number, stand) in stands.iter().enumerate() {
        if stand.camera.is_none() && stand.clock_problem.is_none() {
            places.entry(stand.place).or_default().push(number);
        }
    }
    for mut numbers in places.into_values() {
        numbers.sort_by(|a, b| (stands[*a].start, &stands[*a].id).cmp(&(stands[*b].start, &stands[*b].id)));
        let mut ends: Vec<DateTime<FixedOffset>> = Vec::new(); // of each camera's last deployment so far
        for number in numbers {
            let free = ends.iter().position(|end| *end <= stands[number].start).unwrap_or(ends.len());
            ends.truncate(ends.len().max(free));
            if free == ends.len() {
                ends.push(stands[number].end);
            } else {
                ends[free] = stands[number].end;
            }
            stands[number].camera = (free > 0).then(|| format!("camera {}", free + 1));
        }
    }
}
