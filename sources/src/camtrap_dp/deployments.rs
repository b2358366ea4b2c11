//! `deployments.csv`: places and the spans of time in which a camera stood there.
//!
//! Two deployments that overlap at one place are two cameras. A camera is told by `cameraID`, never by its model's name.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use chrono::{DateTime, FixedOffset, Utc};
use chrono_tz::Tz;
use deertrack_catalog::corrections::{Corrections, Failure, Shift, without_remark};

use super::clocks;
use super::corrected_places::{self, Change, Placed};
use super::package::Package;
use super::places::{Places, Told};
use super::reading::{ORPHAN, Reading, Twice};
use crate::error::{BadRow, ImportError};
use crate::table::Row;

const REQUIRED: [&str; 5] = ["deploymentID", "latitude", "longitude", "deploymentStart", "deploymentEnd"];
/// Columns that the catalog has a place for. Those of the place are kept as told as well: a place may be told in several
/// ways.
const KEPT: [&str; 6] = ["deploymentID", "deploymentStart", "deploymentEnd", "cameraID", ZONE, FAILURES];
/// In packages that are drawn up here: the zone that people told for the place.
pub(crate) const ZONE: &str = "deertrack:zone";
/// In packages that are drawn up here: when the camera did not work, as the database keeps it.
pub(crate) const FAILURES: &str = "deertrack:failures";

/// A deployment.
pub(super) struct Stand {
    pub(super) id: String,
    /// What it tells of its place.
    told: Told,
    /// Number of its place, once the times are settled.
    pub(super) place: usize,
    pub(super) start: DateTime<FixedOffset>,
    pub(super) end: DateTime<FixedOffset>,
    /// As told.
    pub(super) camera_id: Option<String>,
    /// Tells it from others that stood there at the same time.
    pub(super) camera: Option<String>,
    pub(super) clock_problem: Option<&'static str>,
    /// To be added to what its clock told.
    pub(super) shift: Option<Shift>,
    /// Its start and end were told by that clock as well.
    pub(super) moves_span: bool,
    /// When it did not work.
    pub(super) failures: Vec<Failure>,
    /// What was corrected of its place.
    pub(super) change: Option<Change>,
    pub(super) extra: Option<String>,
}

impl Stand {
    /// A time that its clock told, as it was.
    pub(super) fn mended(&self, at: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
        self.shift.and_then(|shift| at.checked_add_signed(shift.delta())).unwrap_or(at)
    }
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

    /// What follows from the times, once they are as they were: which cannot be true, what is told of a place first, and
    /// who stood beside whom. Not the order of the file but that of time counts, for files come back in another one.
    pub(super) fn settle(&mut self, now: DateTime<Utc>) {
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        order.sort_by(|a, b| {
            (self.all[*a].start, &self.all[*a].id).cmp(&(self.all[*b].start, &self.all[*b].id))
        });
        for number in order {
            let stand = &mut self.all[number];
            stand.clock_problem = clocks::of_deployment(stand.start, stand.end, now);
            stand.place = self.places.of(&stand.id, stand.told.clone());
        }
        name_cameras(&mut self.all);
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
    let mut all = Vec::new();
    let needs_place = !package.is_drafted();
    while let Some(row) =
        table.next(|row| twice.check(row, "deploymentID", |row| row_of(row, needs_place)))?
    {
        all.extend(reading.accept(row)?.flatten());
    }
    reading.note_table(&table, "deployments", twice.equal);
    if let Some(path) = &reading.options.places {
        correct_places(path, &mut all)?;
    }
    let (zones, mut failures) = (zones(&package.corrections()), package.failures());
    for mut stand in all {
        let place = stand.told.location_id.as_ref().unwrap_or(&stand.id);
        stand.told.zone = stand.told.zone.or_else(|| zones.get(place).copied());
        if package.is_own() {
            stand.failures = failures.remove(&stand.id).unwrap_or_default();
            let comments = stand.extra.as_deref().and_then(|extra| told_in(extra, COMMENTS));
            let own = comments.map(|comments| (COMMENTS, without_remark(&comments).map(str::to_owned)));
            stand.extra = amended(stand.extra.take(), own);
        }
        stands.by_id.insert(stand.id.clone(), stands.all.len());
        stands.all.push(stand);
    }
    Ok(stands)
}

const COMMENTS: &str = "deploymentComments";

/// Corrects what deployments tell of their places, as a file says; an export gives back what is right.
fn correct_places(path: &Path, all: &mut [Stand]) -> Result<(), ImportError> {
    let placed = all
        .iter_mut()
        .map(|stand| Placed { id: &stand.id, told: &mut stand.told, change: &mut stand.change })
        .collect();
    corrected_places::correct(path, placed)?;
    for stand in all {
        if let Some(change) = &stand.change {
            stand.extra = amended(stand.extra.take(), change.columns());
        }
    }
    Ok(())
}

/// The zones that an earlier import was told, by place.
fn zones(corrections: &Corrections) -> HashMap<String, Tz> {
    let zones = corrections.places.iter();
    zones.filter_map(|place| Some((place.place.clone(), place.timezone.as_deref()?.parse().ok()?))).collect()
}

/// Columns that are kept aside, some of them told otherwise or, with `None`, not any more.
fn amended(
    extra: Option<String>,
    columns: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> Option<String> {
    let mut told: BTreeMap<String, String> =
        extra.and_then(|extra| serde_json::from_str(&extra).ok()).unwrap_or_default();
    for (column, value) in columns {
        match value {
            Some(value) => drop(told.insert(column.to_owned(), value)),
            None => drop(told.remove(column)),
        }
    }
    if told.is_empty() { None } else { serde_json::to_string(&told).ok() }
}

fn told_in(extra: &str, column: &str) -> Option<String> {
    serde_json::from_str::<BTreeMap<String, String>>(extra).ok()?.remove(column)
}

fn row_of(row: &Row<'_>, needs_place: bool) -> Result<Stand, BadRow> {
    let (start, end) = (row.instant("deploymentStart")?, row.instant("deploymentEnd")?);
    if end < start {
        return Err(row.bad("deploymentEnd", "before the deployment's start"));
    }
    let coordinates = (row.number("latitude", -90.0, 90.0)?, row.number("longitude", -180.0, 180.0)?);
    let coordinates = match coordinates {
        (Some(latitude), Some(longitude)) => Some([latitude, longitude]),
        (None, None) if !needs_place => None,
        (None, _) => return Err(row.bad("latitude", "required")),
        (_, None) => return Err(row.bad("longitude", "required")),
    };
    let zone = row.text(ZONE).and_then(|zone| zone.parse().ok());
    let told = Told {
        location_id: row.owned("locationID"),
        location_name: row.owned("locationName"),
        coordinates,
        uncertainty: row.number("coordinateUncertainty", 0.0, 1e9)?,
        zone,
    };
    Ok(Stand {
        told,
        id: row.required("deploymentID")?.to_owned(),
        place: 0,
        start,
        end,
        camera_id: row.owned("cameraID"),
        // Some tools write the model where the camera belongs.
        camera: row.owned("cameraID").filter(|id| row.text("cameraModel") != Some(id)),
        clock_problem: None,
        shift: None,
        moves_span: false,
        failures: row.text(FAILURES).and_then(|told| serde_json::from_str(told).ok()).unwrap_or_default(),
        change: None,
        extra: row.others(&KEPT),
    })
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
