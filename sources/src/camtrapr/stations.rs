//! The table of stations: where cameras stood, from when to when, and when they did not work. A day without a time is set
//! up and retrieved at noon, as camtrapR counts it; a problem lasts from the begin of its first day to the end of its last.

use chrono::Duration;
use deertrack_catalog::corrections::Failure;

use crate::draft::Draft;
use crate::error::{BadRow, ImportError};
use crate::given::Given;
use crate::local_time::{DateOrder, Written, read as read_time};
use crate::stations::{Station, Stations, coordinates, whole_days};
use crate::table::Row;

const SETUP: [&str; 5] = ["Setup_date", "setup", "date_setup", "date_setting", "start_date"];
const RETRIEVAL: [&str; 5] = ["Retrieval_date", "retrieval", "date_retrieval", "end_date", "pickup_date"];
const CAMERAS: [&str; 3] = ["Camera", "CameraID", "camera_id"];
const SESSIONS: [&str; 2] = ["session", "Session_ID"];
const LATITUDES: [&str; 3] = ["latitude", "lat", "gps_y"];
const LONGITUDES: [&str; 4] = ["longitude", "long", "lon", "gps_x"];

/// The first of these columns that a table has, as it is written there.
fn first(columns: &[String], names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| columns.iter().find(|column| column.eq_ignore_ascii_case(name)).cloned())
}

pub(super) fn is_one(given: &Given, name: &str) -> bool {
    let columns = given.columns(name);
    let has = |names: &[&str]| first(&columns, names).is_some();
    has(&["station"]) && has(&SETUP) && has(&RETRIEVAL)
}

/// What tells a camera beside the station, where both tables tell it: as camtrapR joins them.
pub(super) fn parts(
    given: &Given,
    name: &str,
    records: &[String],
) -> Result<Vec<(&'static str, String)>, ImportError> {
    let columns = given.header(name)?;
    let both = |before: &'static str, names: &[&str]| {
        let column = first(&columns, names)?;
        records.iter().any(|record| record.eq_ignore_ascii_case(&column)).then_some((before, column))
    };
    Ok([both("__CAM_", &CAMERAS), both("__SESS_", &SESSIONS)].into_iter().flatten().collect())
}

/// Reads it.
pub(super) fn read(
    given: &Given,
    draft: &mut Draft<'_>,
    name: &str,
    parts: &[(&'static str, String)],
    stations: &mut Stations,
) -> Result<(), ImportError> {
    let columns = given.header(name)?;
    let problems = problems(&columns);
    let column = |names: &[&str]| first(&columns, names).unwrap_or_default();
    let spans = [column(&SETUP), column(&RETRIEVAL)];
    let places = (first(&columns, &LATITUDES), first(&columns, &LONGITUDES));
    let mut times: Vec<&str> = spans.iter().map(String::as_str).collect();
    times.extend(problems.iter().flatten().map(String::as_str));
    let order = draft.order_of(given, name, &times)?;
    if places.0.is_none() && columns.iter().any(|column| column.to_ascii_lowercase().starts_with("utm")) {
        draft.told.notes.push(
            "coordinates in UTM tell no zone and are not read: --places tells latitude and longitude (location_id is the \
             station)"
                .to_owned(),
        );
    }
    let (file, mut table) = draft.table(given, name, &[], &[])?;
    while let Some(row) = table.next(|row| {
        let mut id = String::new();
        for (before, column) in parts {
            id.push_str(before);
            id.push_str(row.required(column)?);
        }
        let coordinates = match &places {
            (Some(latitude), Some(longitude)) => coordinates(row, latitude, longitude)?,
            _ => None,
        };
        let clock = draft.clock(coordinates);
        let [start, end] = [&spans[0], &spans[1]].map(|column| time(row, column, order));
        let (start, end) = (start?.ok_or_else(|| row.bad(&spans[0], "required"))?, end?);
        let mut failures = Vec::new();
        for [from, to] in &problems {
            let (Some(began), Some(ended)) = (time(row, from, order)?, time(row, to, order)?) else {
                continue;
            };
            let began = draft.instant(began, clock).map_err(|why| row.bad(from, why))?;
            let ended = draft.instant(whole_days(ended, true), clock).map_err(|why| row.bad(to, why))?;
            if ended <= began {
                return Err(row.bad(to, "before the problem began"));
            }
            failures.push(Failure { start: began, end: ended, reason: None });
        }
        let location = row.text(&parts[0].1).map(str::to_owned);
        let camera =
            parts.iter().find(|(before, _)| *before == "__CAM_").and_then(|(_, column)| row.owned(column));
        let station = Station {
            id,
            location_id: location,
            coordinates,
            camera,
            start: Some(noon(start)),
            end: end.map(noon),
            failures,
            origin: (file, row.line()),
            ..Station::default()
        };
        Ok((station, row.bad(&parts[0].1, "")))
    })? {
        let Some(station) = draft.accept(file, row)? else { continue };
        stations.add(station).map_err(ImportError::BadRow)?;
    }
    Ok(())
}

fn time(row: &Row<'_>, column: &str, order: Option<DateOrder>) -> Result<Option<Written>, BadRow> {
    let written = row.text(column).map(|text| read_time(text, order)).transpose();
    written.map_err(|why| row.bad(column, why))
}

fn noon(written: Written) -> Written {
    if written.has_time { written } else { Written { local: written.local + Duration::hours(12), ..written } }
}

/// Columns of problem periods: `Problem1_from` with `Problem1_to`, and so on.
fn problems(columns: &[String]) -> Vec<[String; 2]> {
    let of = |end: &str| {
        let end = end.to_owned();
        move |column: &&String| {
            let name = column.to_ascii_lowercase();
            name.starts_with("problem") && name.ends_with(&end)
        }
    };
    let from: Vec<&String> = columns.iter().filter(of("_from")).collect();
    from.into_iter()
        .filter_map(|from| {
            let to = format!("{}_to", &from[..from.len() - "_from".len()]);
            Some([from.clone(), columns.iter().find(|column| column.eq_ignore_ascii_case(&to))?.clone()])
        })
        .collect()
}
