//! Where and when cameras stood, for tools that tell of photographs alone: a CSV beside them (`--deployments`), else the
//! folders of the photographs, each from its first photograph to its last.

use std::collections::HashMap;

use chrono::{DateTime, Days, FixedOffset};
use deertrack_catalog::corrections::Failure;

use crate::camtrap_dp::{FAILURES, ZONE};
use crate::draft::{Column, Draft, Origin, Sheet, iso};
use crate::error::{BadRow, ImportError};
use crate::local_time::{Clock, Written, read};
use crate::table::{Row, Table};

const COLUMNS: &[&[&str]] = &[
    &["deployment_id", "deployment", "folder", "station"],
    &["location_id"],
    &["location_name", "place", "name"],
    &["latitude", "lat"],
    &["longitude", "long", "lon"],
    &["start", "deployment_start"],
    &["end", "deployment_end"],
    &["camera_id", "camera"],
    &["timezone", "time_zone"],
];

const SHEET: &[Column] = &[
    ("deploymentID", "deployment_id"),
    ("locationID", "location_id"),
    ("locationName", "location_name"),
    ("latitude", "latitude"),
    ("longitude", "longitude"),
    ("deploymentStart", "start"),
    ("deploymentEnd", "end"),
    ("cameraID", "camera_id"),
    (ZONE, "timezone"),
    (FAILURES, "failures"),
];

/// A camera at a place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Station {
    pub(crate) id: String,
    pub(crate) location_id: Option<String>,
    pub(crate) location_name: Option<String>,
    pub(crate) coordinates: Option<[f64; 2]>,
    pub(crate) camera: Option<String>,
    /// As told; photographs may tell where it was, and so in which zone.
    pub(crate) start: Option<Written>,
    pub(crate) end: Option<Written>,
    pub(crate) zone: Option<Clock>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) origin: Origin,
    /// Of its first and its last photograph.
    pub(crate) seen: Option<[DateTime<FixedOffset>; 2]>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Stations {
    all: Vec<Station>,
    by_id: HashMap<String, usize>,
    /// They are told, so that none is made up.
    is_told: bool,
}

impl Stations {
    /// Those of `--deployments`; none without it.
    ///
    /// # Errors
    /// When the file is of another form, or a row of it is wrong: all are needed.
    pub(crate) fn read(draft: &mut Draft<'_>) -> Result<Self, ImportError> {
        let mut stations = Self::default();
        let Some(path) = draft.hints.deployments.clone() else { return Ok(stations) };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = draft.file(&name);
        let mut table = Table::of_people(&path, COLUMNS)?;
        while let Some(row) = table.next(|row| told(row, draft, file))? {
            let row = row.map_err(ImportError::BadCorrection)?;
            let Some(station) = draft.accept(file, Ok(row))? else { continue };
            stations.add(station).map_err(ImportError::BadCorrection)?;
        }
        stations.is_told = true;
        Ok(stations)
    }

    /// One more that is told.
    ///
    /// # Errors
    /// When its id is there already.
    pub(crate) fn add(&mut self, (station, at): (Station, BadRow)) -> Result<usize, BadRow> {
        self.is_told = true;
        if let Some(other) = self.by_id.get(&station.id) {
            let reason = format!("not unique: line {} has it", self.all[*other].origin.1);
            return Err(BadRow { reason, ..at });
        }
        Ok(self.make(station))
    }

    fn make(&mut self, station: Station) -> usize {
        self.by_id.insert(station.id.clone(), self.all.len());
        self.all.push(station);
        self.all.len() - 1
    }

    /// The station of this name.
    pub(crate) fn named(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The station of a name that a file tells; made up where none are told.
    pub(crate) fn of_name(&mut self, id: &str, origin: Origin) -> Option<usize> {
        self.named(id).or_else(|| {
            (!self.is_told).then(|| self.make(Station { id: id.to_owned(), origin, ..Station::default() }))
        })
    }

    /// The station that a row tells of; made of what it tells where none are told beside.
    pub(crate) fn of_row(&mut self, station: Station) -> Option<usize> {
        self.named(&station.id).or_else(|| (!self.is_told).then(|| self.make(station)))
    }

    /// The station of a photograph, by its folder without those that cameras make. Of those that are told, the one whose
    /// folder holds it, the deepest of several.
    pub(crate) fn of_path(&mut self, path: &str, title: &str, origin: Origin) -> Option<usize> {
        let mut parts: Vec<&str> = path.split('/').collect();
        parts.pop();
        if self.is_told {
            return (1..=parts.len()).rev().find_map(|depth| self.named(&parts[..depth].join("/")));
        }
        parts.retain(|part| !is_of_camera(part));
        let id = if parts.is_empty() { title.to_owned() } else { parts.join("/") };
        self.of_name(&id, origin)
    }

    pub(crate) fn get(&self, number: usize) -> &Station {
        &self.all[number]
    }

    /// A photograph tells where it was taken.
    pub(crate) fn locate(&mut self, number: usize, coordinates: Option<[f64; 2]>) {
        let known = &mut self.all[number].coordinates;
        *known = known.or(coordinates);
    }

    /// The clock of a station.
    pub(crate) fn clock(&self, number: usize, draft: &Draft<'_>) -> Option<Clock> {
        let station = &self.all[number];
        station.zone.or_else(|| draft.clock(station.coordinates))
    }

    /// Something was photographed there and then.
    pub(crate) fn see(&mut self, number: usize, at: DateTime<FixedOffset>) {
        let seen = &mut self.all[number].seen;
        *seen = Some(seen.map_or([at, at], |[first, last]| [first.min(at), last.max(at)]));
    }

    /// Writes them.
    ///
    /// # Errors
    /// When a time that is told cannot be right, or writing fails.
    pub(crate) fn write(self, draft: &mut Draft<'_>) -> Result<(), ImportError> {
        draft.begin(Sheet::Deployments, SHEET)?;
        let mut by_photographs = 0;
        for (number, station) in self.all.iter().enumerate() {
            let clock = self.clock(number, draft);
            let mut told = |written: Option<Written>, column: &str| {
                let at = written.map(|written| draft.instant(written, clock)).transpose();
                at.map_err(|why| station.bad(draft, column, why))
            };
            let (start, end) = match (told(station.start, "start"), told(station.end, "end")) {
                (Ok(start), Ok(end)) => (start, end),
                (Err(bad), _) | (_, Err(bad)) => return Err(ImportError::BadCorrection(bad)),
            };
            if start.zip(end).is_some_and(|(start, end)| end < start) {
                return Err(ImportError::BadCorrection(station.bad(draft, "end", "before the start")));
            }
            let seen = station.seen;
            let (first, last) = (seen.map(|[first, _]| first), seen.map(|[_, last]| last));
            let (Some(from), Some(to)) = (start.or(first), end.or(last)) else {
                draft.leave_out("stations without times and photographs", 1);
                continue;
            };
            by_photographs += u64::from(start.is_none() || end.is_none());
            station.write(draft, [from, to.max(from)])?;
        }
        if by_photographs > 0 {
            draft.told.notes.push(format!(
                "effort: {by_photographs} stations last from their first to their last photograph, for nothing tells \
                 when they were set up; --deployments CSV tells it (deployment_id, start, end, latitude, longitude)"
            ));
        }
        Ok(())
    }
}

impl Station {
    fn bad(&self, draft: &Draft<'_>, column: &str, reason: &str) -> BadRow {
        BadRow {
            file: draft.file_name(self.origin.0).to_owned(),
            line: self.origin.1,
            column: column.to_owned(),
            value: self.id.clone(),
            reason: format!("a station of which this is {reason}"),
        }
    }

    fn write(
        &self,
        draft: &mut Draft<'_>,
        [start, end]: [DateTime<FixedOffset>; 2],
    ) -> Result<(), ImportError> {
        let coordinates = self.coordinates.map(|both| both.map(|degrees| degrees.to_string()));
        let [latitude, longitude] = coordinates.unwrap_or_default();
        let zone = match self.zone.or(draft.hints.zone) {
            Some(Clock::Zone(zone)) => zone.name(),
            _ => "",
        };
        let inside = self
            .failures
            .iter()
            .filter_map(|failure| failure.clone().within(&(start.to_utc()..end.to_utc())));
        let failures: Vec<Failure> = inside.collect();
        let failures = if failures.is_empty() { None } else { serde_json::to_string(&failures).ok() }
            .unwrap_or_default();
        let location = self.location_id.as_ref().unwrap_or(&self.id);
        draft.put(
            Sheet::Deployments,
            self.origin,
            &[
                ("deploymentID", &self.id),
                ("locationID", location),
                ("locationName", self.location_name.as_ref().unwrap_or(location)),
                ("latitude", &latitude),
                ("longitude", &longitude),
                ("deploymentStart", &iso(start)),
                ("deploymentEnd", &iso(end)),
                ("cameraID", self.camera.as_deref().unwrap_or_default()),
                (ZONE, zone),
                (FAILURES, &failures),
            ],
        )
    }
}

/// A folder that a camera made: `DCIM`, `100RECNX` (the file system of the Camera & Imaging Products Association).
fn is_of_camera(folder: &str) -> bool {
    let (number, name) = folder.split_at_checked(3).unwrap_or_default();
    let is_numbered = number.bytes().all(|byte| byte.is_ascii_digit())
        && name.len() == 5
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    folder.eq_ignore_ascii_case("dcim") || is_numbered
}

fn told(row: &Row<'_>, draft: &Draft<'_>, file: usize) -> Result<(Station, BadRow), BadRow> {
    let coordinates = coordinates(row, "latitude", "longitude")?;
    let zone = row.text("timezone").map(str::parse).transpose();
    let zone = zone.map_err(|why: String| row.bad("timezone", &format!("no zone: {why}")))?;
    let time = |column: &str| {
        let written = row.text(column).map(|text| read(text, draft.hints.dates)).transpose();
        let written = written.map_err(|why| row.bad(column, why))?;
        Ok(written.map(|written| whole_days(written, column == "end")))
    };
    let (start, end) = (time("start")?, time("end")?);
    let id = row.required("deployment_id")?.replace('\\', "/").trim_matches('/').to_owned();
    let station = Station {
        id,
        location_id: row.owned("location_id"),
        location_name: row.owned("location_name"),
        coordinates,
        camera: row.owned("camera_id"),
        start,
        end,
        zone,
        origin: (file, row.line()),
        ..Station::default()
    };
    Ok((station, row.bad("deployment_id", "")))
}

/// An end that is a day alone includes that day.
pub(crate) fn whole_days(written: Written, is_end: bool) -> Written {
    match written.local.checked_add_days(Days::new(1)).filter(|_| is_end && !written.has_time) {
        Some(local) => Written { local, ..written },
        None => written,
    }
}

/// Both coordinates, or none.
///
/// # Errors
/// When only one is told, or one is none of the globe.
pub(crate) fn coordinates(
    row: &Row<'_>,
    latitude: &str,
    longitude: &str,
) -> Result<Option<[f64; 2]>, BadRow> {
    match (row.number(latitude, -90.0, 90.0)?, row.number(longitude, -180.0, 180.0)?) {
        (Some(latitude), Some(longitude)) => Ok(Some([latitude, longitude])),
        (None, None) => Ok(None),
        (None, _) => Err(row.bad(latitude, &format!("required beside {longitude}"))),
        (_, None) => Err(row.bad(longitude, &format!("required beside {latitude}"))),
    }
}

/// What a path is whose folder is none of those that are told, after "is".
pub(crate) const NO_STATION: &str = "in no folder of --deployments: write its folder there as deployment_id";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_cameras_make_are_no_stations() {
        let mut stations = Stations::default();
        let mut of = |path: &str| {
            let number = stations.of_path(path, "season", (0, 1)).unwrap();
            stations.get(number).id.clone()
        };
        assert_eq!(of("Oak/DCIM/100RECNX/IMG_1.JPG"), "Oak");
        assert_eq!(of("Oak/2024-09/101EK113/IMG_1.JPG"), "Oak/2024-09");
        assert_eq!(of("IMG_1.JPG"), "season");
        assert_eq!(of("100 acres/IMG_1.JPG"), "100 acres");
    }
}
