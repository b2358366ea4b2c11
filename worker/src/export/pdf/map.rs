//! Places on a plain map: equirectangular around their middle, which is true to scale for a study area.
//!
//! Coordinates are rounded unless asked otherwise; places that fall together then share one circle. No background: no
//! tile server is asked, and none learns where the cameras are.

use std::collections::{BTreeMap, HashMap};

use deertrack_schemas::pdf::{PdfParams, Units};
use deertrack_survey::Place;
use deertrack_survey::sun::Coordinates;
use serde::Serialize;

use super::counts::PlaceRow;
use super::wording::{counted, list};
use crate::export::coordinates::{METRES_A_DEGREE, PRECISION, rounded, side_by_side};

const METRES_A_MILE: f64 = 1_609.344;
const METRES_A_YARD: f64 = 0.9144;

/// What is drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Map {
    pub(super) points: Vec<Point>,
    /// Width and height of what the points span, in metres.
    pub(super) extent: [f64; 2],
    pub(super) scale: Scale,
    pub(super) words: Vec<String>,
    pub(super) alt: String,
}

/// One circle: a place, or several that fall together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Point {
    /// Metres from the west and from the north of what the points span.
    pub(super) at: [f64; 2],
    /// Numbers of its places in the table, the first ones where they are many.
    pub(super) numbers: String,
    /// The value that its area shows, as a part of the largest.
    pub(super) size: f64,
}

/// The bar that tells lengths.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Scale {
    pub(super) metres: f64,
    pub(super) label: String,
}

/// The map; `None` where fewer than two points can be told apart.
pub(super) fn map(rows: &[PlaceRow], places: &[Place], params: &PdfParams) -> Option<Map> {
    let known: HashMap<&str, [f64; 2]> = places
        .iter()
        .filter(|place| Coordinates::of(place).is_some())
        .filter_map(|place| Some((place.id.as_str(), [place.longitude?, place.latitude?])))
        .collect();
    let mut groups: BTreeMap<[i64; 2], Group> = BTreeMap::new();
    let mut without = 0;
    for row in rows.iter().filter(|row| row.number.is_some()) {
        let Some(told) = row.id.as_deref().and_then(|id| known.get(id)) else {
            without += 1;
            continue;
        };
        let at = if params.exact_coordinates { *told } else { told.map(rounded) };
        let key = at.map(|degrees| (degrees * 1e6).round() as i64);
        groups.entry(key).or_insert_with(|| Group::at(at)).add(row);
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    let mut longitudes: Vec<f64> = groups.iter().map(|group| group.degrees[0]).collect();
    side_by_side(&mut longitudes);
    groups.iter_mut().zip(longitudes).for_each(|(group, longitude)| group.degrees[0] = longitude);
    (groups.len() > 1).then(|| draw(&groups, without, params))
}

/// Places that fall together.
struct Group {
    degrees: [f64; 2],
    numbers: Vec<usize>,
    visits: u64,
}

impl Group {
    fn at(degrees: [f64; 2]) -> Self {
        Self { degrees, numbers: Vec::new(), visits: 0 }
    }

    fn add(&mut self, row: &PlaceRow) {
        self.numbers.extend(row.number);
        self.visits += row.counts.visits;
    }
}

fn draw(groups: &[Group], without: u64, params: &PdfParams) -> Map {
    let bound = |axis: usize| {
        let values = groups.iter().map(|group| group.degrees[axis]);
        values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(v), high.max(v)])
    };
    let ([west, east], [south, north]) = (bound(0), bound(1));
    let shrink = f64::midpoint(south, north).to_radians().cos();
    let metres = |east_degrees: f64, south_degrees: f64| {
        [east_degrees * shrink * METRES_A_DEGREE, south_degrees * METRES_A_DEGREE].map(f64::round)
    };
    let most = groups.iter().map(|group| group.visits).max().unwrap_or_default().max(1);
    let points = groups.iter().map(|group| Point {
        at: metres(group.degrees[0] - west, north - group.degrees[1]),
        numbers: label(&group.numbers),
        size: group.visits as f64 / most as f64,
    });
    let extent = metres(east - west, north - south);
    Map {
        points: points.collect(),
        scale: scale(extent[0].max(extent[1]), params.units),
        extent,
        words: words(most, without, params),
        alt: alt(groups),
    }
}

/// The numbers of a circle, short enough to stand beside it: `2, 8`, `2, 8 +3`.
fn label(numbers: &[usize]) -> String {
    const MOST: usize = 2;
    let told: Vec<String> = numbers.iter().take(MOST).map(usize::to_string).collect();
    match numbers.len().saturating_sub(MOST) {
        0 => told.join(", "),
        more => format!("{} +{more}", told.join(", ")),
    }
}

fn words(most: u64, without: u64, params: &PdfParams) -> Vec<String> {
    let size = format!("The area of a circle shows visits; the largest stands for {most}.");
    let grid = (!params.exact_coordinates).then(|| {
        let length = match params.units {
            Units::Metric => "about a kilometre",
            Units::Us => "about 0.7 miles",
        };
        format!("Coordinates are rounded to {PRECISION} degrees ({length}); places that fall together share a circle.")
    });
    let missing =
        (without > 0).then(|| format!("{} no coordinates.", counted(without, "place has", "places have")));
    std::iter::once(size).chain(grid).chain(missing).collect()
}

fn alt(groups: &[Group]) -> String {
    let largest = groups.iter().max_by_key(|group| group.visits);
    let numbers: Vec<String> =
        largest.into_iter().flat_map(|group| group.numbers.iter().map(usize::to_string)).collect();
    format!(
        "Map of the places as {}; the most visits at place {} of the table.",
        counted(groups.len() as u64, "circle", "circles"),
        list(&numbers)
    )
}

/// About a third of the map, in a round number of the longest unit that gives one.
fn scale(longest: f64, units: Units) -> Scale {
    let wanted = longest / 3.0;
    let (unit, name) = match units {
        Units::Metric if wanted < 1_000.0 => (1.0, "m"),
        Units::Metric => (1_000.0, "km"),
        Units::Us if wanted < METRES_A_MILE / 2.0 => (METRES_A_YARD, "yd"),
        Units::Us => (METRES_A_MILE, "mi"),
    };
    let number = round_number(wanted / unit);
    Scale { metres: number * unit, label: format!("{number} {name}") }
}

/// The largest of 1, 2, 5 times a power of ten that is not over the value.
fn round_number(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1e-3).log10().floor());
    let steps = [5.0, 2.0, 1.0].map(|step| step * power);
    steps.into_iter().find(|step| *step <= value * (1.0 + 1e-9)).unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_of_many_places_has_a_short_label() {
        assert_eq!([&[7][..], &[2, 8], &[2, 8, 13, 20, 31]].map(label), ["7", "2, 8", "2, 8 +3"]);
    }

    #[test]
    fn a_scale_bar_has_a_round_length() {
        let label = |metres, units| scale(metres, units).label;
        assert_eq!(label(3_400.0, Units::Metric), "1 km");
        assert_eq!(label(1_650.0, Units::Metric), "500 m");
        assert_eq!(label(30_000.0, Units::Us), "5 mi");
        assert_eq!(label(1_650.0, Units::Us), "500 yd");
        assert_eq!(label(5_000.0, Units::Us), "1 mi");
        let mile = scale(5_000.0, Units::Us);
        assert!((mile.metres - 1_609.344).abs() < 1e-9);
    }
}
