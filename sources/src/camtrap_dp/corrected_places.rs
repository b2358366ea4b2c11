//! `--places`: a CSV file that corrects places. Each row names a place, by its location's id or name, or one deployment of
//! it, and tells what is otherwise.

use std::path::Path;

use chrono_tz::Tz;
use deertrack_catalog::corrections::PlaceCorrection;

use super::near::nearest;
use super::places::{Places, Told};
use crate::error::{BadRow, ImportError};
use crate::table::{Row, Table};

/// Each with its other spellings.
const COLUMNS: [&[&str]; 8] = [
    &["location_id", "place_id"],
    &["location_name", "place"],
    &["deployment_id", "deployment"],
    &["latitude"],
    &["longitude"],
    &["coordinate_uncertainty"],
    &["name"],
    &["timezone", "time_zone"],
];

/// A row.
struct Correction {
    location_id: Option<String>,
    location_name: Option<String>,
    deployment_id: Option<String>,
    change: Change,
    /// The row with the value that names the place, to blame.
    at: BadRow,
    /// The row with the name of the place, where that is told beside.
    name_at: BadRow,
}

/// What is otherwise.
#[derive(Clone)]
pub(super) struct Change {
    coordinates: Option<[f64; 2]>,
    uncertainty: Option<f64>,
    name: Option<String>,
    zone: Option<Tz>,
}

/// A deployment as far as its place is concerned.
pub(super) struct Placed<'a> {
    pub(super) id: &'a str,
    pub(super) told: &'a mut Told,
    /// What was corrected.
    pub(super) change: &'a mut Option<Change>,
}

/// Corrects what deployments tell of their places, as the file says.
///
/// # Errors
/// When the file is of another form, a value is wrong, or a row is of no place, of several, or of one that another row is
/// of.
pub(super) fn correct(path: &Path, mut deployments: Vec<Placed<'_>>) -> Result<(), ImportError> {
    let rows = read(path)?;
    let mut as_told = Places::default();
    let place_of: Vec<usize> =
        deployments.iter().map(|placed| as_told.of(placed.id, placed.told.clone())).collect();
    let mut corrected: Vec<Option<u64>> = vec![None; deployments.len()];
    for row in &rows {
        let chosen = chosen(row, &as_told, &place_of, &deployments).map_err(ImportError::BadCorrection)?;
        for number in chosen {
            if let Some(line) = corrected[number].replace(row.at.line) {
                let reason = format!("corrected in line {line} already");
                return Err(ImportError::BadCorrection(BadRow { reason, ..row.at.clone() }));
            }
            row.change.apply(deployments[number].told);
            *deployments[number].change = Some(row.change.clone());
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Correction>, ImportError> {
    let mut table = Table::of_people(path, &COLUMNS)?;
    let mut rows = Vec::new();
    while let Some(row) = table.next(correction)? {
        rows.push(row.map_err(ImportError::BadCorrection)?);
    }
    if rows.is_empty() {
        return Err(ImportError::WrongForm { path: path.to_owned(), reason: "it has no row".to_owned() });
    }
    Ok(rows)
}

fn correction(row: &Row<'_>) -> Result<Correction, BadRow> {
    let names = ["location_id", "deployment_id", "location_name"];
    let named = names.into_iter().filter(|column| row.text(column).is_some());
    let column = named.into_iter().next().ok_or_else(|| {
        row.bad(
            "location_id",
            "required: a row names its place by location_id or location_name, or one deployment by deployment_id",
        )
    })?;
    if row.text("location_id").is_some() && row.text("deployment_id").is_some() {
        return Err(row.bad("deployment_id", "not to stand beside location_id: one of both names the place"));
    }
    let coordinates = (row.number("latitude", -90.0, 90.0)?, row.number("longitude", -180.0, 180.0)?);
    let coordinates = match coordinates {
        (Some(latitude), Some(longitude)) => Some([latitude, longitude]),
        (None, None) => None,
        (Some(_), None) => return Err(row.bad("longitude", "required beside latitude")),
        (None, Some(_)) => return Err(row.bad("latitude", "required beside longitude")),
    };
    let zone = row.text("timezone").map(|name| {
        name.parse::<Tz>().map_err(|_| {
            let there = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
            row.bad(
                "timezone",
                &format!("not the name of a time zone, as Europe/Brussels{}", nearest(name, there)),
            )
        })
    });
    let change = Change {
        coordinates,
        uncertainty: row.number("coordinate_uncertainty", 0.0, 1e9)?,
        name: row.owned("name"),
        zone: zone.transpose()?,
    };
    if change.words().is_empty() {
        return Err(row.bad(
            column,
            "not corrected by its row: tell latitude and longitude, coordinate_uncertainty, name or timezone",
        ));
    }
    Ok(Correction {
        location_id: row.owned("location_id"),
        location_name: row.owned("location_name"),
        deployment_id: row.owned("deployment_id"),
        change,
        at: row.bad(column, ""),
        name_at: row.bad("location_name", ""),
    })
}

/// The deployments that a row is of.
fn chosen(
    row: &Correction,
    places: &Places,
    place_of: &[usize],
    deployments: &[Placed<'_>],
) -> Result<Vec<usize>, BadRow> {
    let bad = |reason: String| BadRow { reason, ..row.at.clone() };
    let of_places = |is_wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..deployments.len()).filter(|number| is_wanted(place_of[*number])).collect()
    };
    let names = || places.all.iter().filter_map(|place| place.name.as_deref());
    let chosen = if let Some(id) = &row.location_id {
        let place = places.all.iter().position(|place| place.source_id.as_ref() == Some(id));
        let place = place.or_else(|| places.all.iter().position(|place| place.id == *id));
        let ids = places.all.iter().map(|place| place.id.as_str());
        let place = place.ok_or_else(|| bad(format!("not a place of the package{}", nearest(id, ids))))?;
        of_places(&|number| number == place)
    } else if let Some(id) = &row.deployment_id {
        let ids = deployments.iter().map(|placed| placed.id);
        let number = deployments.iter().position(|placed| placed.id == id);
        vec![number.ok_or_else(|| bad(format!("not a deployment of the package{}", nearest(id, ids))))?]
    } else {
        let name = row.location_name.as_deref().unwrap_or_default();
        let of_name: Vec<usize> =
            (0..places.all.len()).filter(|place| places.all[*place].name.as_deref() == Some(name)).collect();
        match of_name[..] {
            [] => {
                return Err(bad(format!("not the name of a place of the package{}", nearest(name, names()))));
            }
            [place] => of_places(&|number| number == place),
            _ => {
                let ids: Vec<&str> = of_name.iter().map(|place| places.all[*place].id.as_str()).collect();
                return Err(bad(format!(
                    "the name of {} places; name one by location_id: {}",
                    ids.len(),
                    ids.join(", ")
                )));
            }
        }
    };
    // A name beside the id tells which place is meant, and must not be another's.
    let told = chosen.first().and_then(|number| places.all[place_of[*number]].name.as_deref());
    match (&row.location_name, told) {
        (Some(name), Some(told)) if name != told => {
            let reason = format!(
                "not the name of this place, which is {told:?}; a new name goes into the column name"
            );
            Err(BadRow { reason, ..row.name_at.clone() })
        }
        (Some(_), None) => {
            let reason =
                "not the name of this place, which has none; a new name goes into the column name".to_owned();
            Err(BadRow { reason, ..row.name_at.clone() })
        }
        _ => Ok(chosen),
    }
}

impl Change {
    fn apply(&self, told: &mut Told) {
        if self.coordinates.is_some() {
            // How far off the old point may have been says nothing of the new one.
            (told.coordinates, told.uncertainty) = (self.coordinates, None);
        }
        told.uncertainty = self.uncertainty.or(told.uncertainty);
        told.location_name = self.name.clone().or(told.location_name.take());
        told.zone = self.zone;
    }

    /// The columns of the package that are otherwise now; `None`: not told any more.
    pub(super) fn columns(&self) -> Vec<(&'static str, Option<String>)> {
        let mut columns = Vec::new();
        if let Some([latitude, longitude]) = self.coordinates {
            columns.push(("latitude", Some(latitude.to_string())));
            columns.push(("longitude", Some(longitude.to_string())));
            columns.push(("coordinateUncertainty", None));
        }
        if let Some(metres) = self.uncertainty {
            columns.push(("coordinateUncertainty", Some(metres.to_string())));
        }
        if let Some(name) = &self.name {
            columns.push(("locationName", Some(name.clone())));
        }
        columns
    }

    fn words(&self) -> Vec<&'static str> {
        [
            (self.coordinates.is_some(), "coordinates"),
            (self.uncertainty.is_some(), "coordinate uncertainty"),
            (self.name.is_some(), "name"),
            (self.zone.is_some(), "time zone"),
        ]
        .into_iter()
        .filter_map(|(is_told, word)| is_told.then_some(word))
        .collect()
    }

    /// For the record, by the place's id.
    pub(super) fn recorded(&self, place: &str) -> PlaceCorrection {
        PlaceCorrection {
            place: place.to_owned(),
            what: self.words().into_iter().map(str::to_owned).collect(),
            timezone: self.zone.map(|zone| zone.name().to_owned()),
        }
    }
}
