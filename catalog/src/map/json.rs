//! The forms in which platforms write a box, a place or a size as JSON, and which of them some values have.
//!
//! A form holds for a whole column. It is chosen by the values that are looked at, and how many of them have another
//! form is told.

use deertrack_survey::{BoxUnit, is_fraction};

/// Keys of a box: left, top, then width and height or right and bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BoxKeys {
    pub(super) keys: [&'static str; 4],
    /// The last two are the right and the bottom edge.
    pub(super) are_corners: bool,
}

/// Steps to the latitude and to the longitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PointKeys {
    pub(super) latitude: &'static [&'static str],
    pub(super) longitude: &'static [&'static str],
    pub(super) told: &'static str,
}

const fn sized(keys: [&'static str; 4]) -> BoxKeys {
    BoxKeys { keys, are_corners: false }
}

const fn corners(keys: [&'static str; 4]) -> BoxKeys {
    BoxKeys { keys, are_corners: true }
}

const BOXES: [BoxKeys; 8] = [
    sized(["x", "y", "width", "height"]),
    sized(["x", "y", "w", "h"]),
    sized(["left", "top", "width", "height"]),
    sized(["bbox_x", "bbox_y", "bbox_width", "bbox_height"]),
    corners(["x1", "y1", "x2", "y2"]),
    corners(["xmin", "ymin", "xmax", "ymax"]),
    corners(["x_min", "y_min", "x_max", "y_max"]),
    corners(["left", "top", "right", "bottom"]),
];

const POINTS: [PointKeys; 6] = [
    point(&["lat"], &["lon"], "JSON {lat, lon}"),
    point(&["lat"], &["lng"], "JSON {lat, lng}"),
    point(&["latitude"], &["longitude"], "JSON {latitude, longitude}"),
    point(&["lat"], &["long"], "JSON {lat, long}"),
    point(&["coordinates", "1"], &["coordinates", "0"], "GeoJSON Point"),
    point(&["geometry", "coordinates", "1"], &["geometry", "coordinates", "0"], "GeoJSON Feature of a Point"),
];

/// Keys of width and height in `exif_data`, as cameras and the usual readers of EXIF name them.
pub(super) const SIZES: [[&str; 2]; 6] = [
    ["ImageWidth", "ImageHeight"],
    ["ExifImageWidth", "ExifImageHeight"],
    ["PixelXDimension", "PixelYDimension"],
    ["ImageWidth", "ImageLength"],
    ["EXIF ExifImageWidth", "EXIF ExifImageLength"],
    ["width", "height"],
];

const fn point(
    latitude: &'static [&'static str],
    longitude: &'static [&'static str],
    told: &'static str,
) -> PointKeys {
    PointKeys { latitude, longitude, told }
}

impl BoxKeys {
    pub(super) fn told(&self) -> String {
        format!("JSON {{{}}}", self.keys.join(", "))
    }

    fn numbers(&self, value: &serde_json::Value) -> Option<[f64; 4]> {
        let [x, y, third, fourth] = self.keys.map(|key| number(value.get(key)?));
        let (x, y, third, fourth) = (x?, y?, third?, fourth?);
        Some(if self.are_corners { [x, y, third - x, fourth - y] } else { [x, y, third, fourth] })
    }
}

/// What the values of a column have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Common<T> {
    pub(super) form: T,
    /// Values that were looked at, without JSON's own null.
    pub(super) looked_at: usize,
    /// Of these, those of this form.
    pub(super) fit: usize,
}

/// The form that most values have; `None` when none has any.
fn common<T: Copy>(
    forms: &[T],
    values: &[serde_json::Value],
    fits: impl Fn(&T, &serde_json::Value) -> bool,
) -> Option<Common<T>> {
    let looked_at = values.iter().filter(|value| !value.is_null()).count();
    let count = |form: &T| values.iter().filter(|value| fits(form, value)).count();
    // The first of equals: the lists above are in the order of how usual a form is.
    let best = forms.iter().map(|form| (form, count(form))).rev().max_by_key(|(_, fit)| *fit)?;
    (best.1 > 0).then_some(Common { form: *best.0, looked_at, fit: best.1 })
}

pub(super) fn boxes(values: &[serde_json::Value]) -> Option<Common<BoxKeys>> {
    common(&BOXES, values, |form, value| form.numbers(value).is_some())
}

pub(super) fn points(values: &[serde_json::Value]) -> Option<Common<PointKeys>> {
    let has = |path: &[&str], value: &serde_json::Value| {
        let at = path.iter().try_fold(value, |value, step| match step.parse::<usize>() {
            Ok(index) => value.get(index),
            Err(_) => value.get(step),
        });
        number(at?)
    };
    common(&POINTS, values, |form, value| {
        has(form.latitude, value).is_some() && has(form.longitude, value).is_some()
    })
}

/// The pairs of keys that occur.
pub(super) fn sizes(values: &[serde_json::Value]) -> Vec<[&'static str; 2]> {
    let has = |pair: &[&str; 2]| {
        values.iter().any(|value| pair.iter().all(|key| value.get(key).and_then(number).is_some()))
    };
    SIZES.into_iter().filter(has).collect()
}

/// Whether values tell how the camera was turned.
pub(super) fn tells_orientation(values: &[serde_json::Value]) -> bool {
    values.iter().any(|value| value.get("Orientation").is_some())
}

/// The numbers of the boxes that have this form.
pub(super) fn numbers(keys: &BoxKeys, values: &[serde_json::Value]) -> Vec<[f64; 4]> {
    values.iter().filter_map(|value| keys.numbers(value)).collect()
}

/// The unit of some boxes: that of at least 19 in 20 of them, else both. `None` without a box.
pub(super) fn unit(boxes: &[[f64; 4]]) -> Option<BoxUnit> {
    if boxes.is_empty() {
        return None;
    }
    let fractions =
        boxes.iter().filter(|numbers| is_fraction(**numbers) || is_near_fraction(**numbers)).count();
    let pixels = boxes.len() - fractions;
    Some(match (20 * fractions >= 19 * boxes.len(), 20 * pixels >= 19 * boxes.len()) {
        (true, _) => BoxUnit::Fractions,
        (_, true) => BoxUnit::Pixels,
        _ => BoxUnit::Mixed,
    })
}

/// Of an animal that leaves the picture, by a model that does not cut.
fn is_near_fraction(numbers: [f64; 4]) -> bool {
    numbers.iter().all(|number| (-1.0..=1.5).contains(number))
}

/// JSON from other languages may hold a number as text.
fn number(value: &serde_json::Value) -> Option<f64> {
    match value {
        serde_json::Value::Number(number) => number.as_f64(),
        serde_json::Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_form_is_that_of_most_values_and_the_others_are_counted() {
        let values = [
            json!({"x": 1, "y": 2, "width": 30, "height": 40}),
            json!({"x1": 1}),
            json!(null),
            json!([1, 2]),
        ];
        let found = boxes(&values).unwrap();
        assert_eq!((found.form, found.looked_at, found.fit), (BOXES[0], 3, 1));
        assert_eq!(boxes(&values[1..]), None);
    }

    #[test]
    fn corners_become_a_width_and_a_height() {
        let value = json!({"x1": 10, "y1": 20, "x2": 110, "y2": "70"});
        let found = boxes(std::slice::from_ref(&value)).unwrap().form;
        assert_eq!(numbers(&found, &[value]), [[10.0, 20.0, 100.0, 50.0]]);
    }

    #[test]
    fn a_place_is_known_in_each_form() {
        let told = |value: serde_json::Value| points(&[value]).map(|found| found.form.told);
        assert_eq!(told(json!({"lat": 29.8, "lon": -97.3})), Some("JSON {lat, lon}"));
        assert_eq!(told(json!({"lat": 29.8, "lng": -97.3})), Some("JSON {lat, lng}"));
        assert_eq!(told(json!({"latitude": 29.8, "longitude": -97.3})), Some("JSON {latitude, longitude}"));
        assert_eq!(told(json!({"type": "Point", "coordinates": [-97.3, 29.8]})), Some("GeoJSON Point"));
        assert_eq!(told(json!({"name": "Hayfield"})), None);
    }

    #[test]
    fn a_unit_is_that_of_nearly_all_boxes() {
        let (fraction, pixel) = ([0.1, 0.1, 0.5, 0.5], [480.0, 270.0, 960.0, 540.0]);
        assert_eq!(unit(&[]), None);
        assert_eq!(unit(&[fraction; 3]), Some(BoxUnit::Fractions));
        assert_eq!(unit(&[pixel; 3]), Some(BoxUnit::Pixels));
        assert_eq!(unit(&[pixel, fraction]), Some(BoxUnit::Mixed));
        let mut many = vec![pixel; 19];
        many.push(fraction);
        assert_eq!(unit(&many), Some(BoxUnit::Pixels), "one in twenty is a fault, not a habit");
    }

    #[test]
    fn sizes_are_those_keys_that_occur() {
        let values = [json!({"PixelXDimension": 1920, "PixelYDimension": 1080, "ImageWidth": 1920})];
        assert_eq!(sizes(&values), [["PixelXDimension", "PixelYDimension"]]);
    }
}
