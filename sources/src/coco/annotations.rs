//! The annotations. One of a sequence as a whole stands at each of its images, and is one event; on an image a box and a
//! word without a box on the same category are one animal.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::images::{Image, Images};
use crate::draft::{Column, Draft, Origin, Sheet, iso};
use crate::error::{BadRow, ImportError};
use crate::json_stream::{self, bad, id_text};
use crate::names::{Kind, Name};
use crate::told_rows::key;

pub(super) const OBSERVATIONS: &[Column] = &[
    ("observationID", "id"),
    ("deploymentID", "image_id"),
    ("mediaID", "image_id"),
    ("eventID", "image_id"),
    ("eventStart", "image_id"),
    ("eventEnd", "image_id"),
    ("observationLevel", "sequence_level_annotation"),
    ("observationType", "category_id"),
    ("scientificName", "category_id"),
    ("count", "count"),
    ("sex", "category_id"),
    ("lifeStage", "category_id"),
    ("bboxX", "bbox"),
    ("bboxY", "bbox"),
    ("bboxWidth", "bbox"),
    ("bboxHeight", "bbox"),
    ("category", "category_id"),
];
/// How far beyond the border rounding may carry a box, as a share of the image.
const ROUNDING: f64 = 0.01;

/// An annotation on an image.
struct Seen<'a> {
    id: Option<String>,
    image_id: String,
    image: &'a Image,
    label: &'a str,
    count: Option<u64>,
    bbox: Option<[f64; 4]>,
    of_sequence: bool,
}

/// One of a sequence.
struct OfSequence {
    label: String,
    station: usize,
    count: Option<u64>,
    origin: Origin,
}

/// Reads them: once for where boxes are, once to write them.
pub(super) fn read(
    draft: &mut Draft<'_>,
    path: &Path,
    name: &str,
    file: usize,
    images: &Images,
    categories: &HashMap<String, String>,
) -> Result<(), ImportError> {
    let mut boxed = HashSet::new();
    json_stream::read(path, name, "annotations", &["images"], &mut |_, entry| {
        let has_box = !entry["bbox"].is_null() || !entry["bbox_relative"].is_null();
        if let (true, Some(image), Some(category)) =
            (has_box, id_text(&entry["image_id"]), id_text(&entry["category_id"]))
        {
            boxed.insert(key(&format!("{image}\0{category}")));
        }
        Ok(())
    })?;
    let mut sequences = BTreeMap::<(Arc<str>, String), OfSequence>::new();
    let (mut told_by_boxes, mut without_size, mut of_left_out, mut number) = (0, 0, 0, 0_u64);
    json_stream::read(path, name, "annotations", &["images"], &mut |line, entry| {
        let seen = seen(name, line, &entry, images, categories);
        let Some(seen) = draft.accept(file, seen)? else { return Ok(()) };
        let Some(mut seen) = seen else {
            of_left_out += 1;
            return Ok(());
        };
        let category = id_text(&entry["category_id"]).unwrap_or_default();
        if seen.bbox.is_none() && entry["bbox"].is_array() {
            without_size += 1;
        }
        if entry["bbox"].is_null()
            && entry["bbox_relative"].is_null()
            && boxed.contains(&key(&format!("{}\0{category}", seen.image_id)))
        {
            told_by_boxes += 1;
            return Ok(());
        }
        number += 1;
        seen.id = seen.id.or_else(|| Some(format!("annotation-{number}")));
        match (&seen.image.sequence, seen.of_sequence) {
            (Some(sequence), true) => {
                let known = sequences.entry((sequence.clone(), category)).or_insert(OfSequence {
                    label: seen.label.to_owned(),
                    station: seen.image.station,
                    count: None,
                    origin: (file, line),
                });
                known.count = known.count.max(seen.count);
                Ok(())
            }
            _ => on_image(draft, images, (file, line), &seen),
        }
    })?;
    draft.leave_out("annotations of images that were left out", of_left_out);
    draft.leave_out(
        "annotations without a box beside boxes of the same category on their image",
        told_by_boxes,
    );
    if without_size > 0 {
        draft.told.notes.push(format!(
            "{without_size} boxes are in pixels of images whose size nothing tells: taken without a box"
        ));
    }
    of_sequences(draft, images, sequences)
}

fn seen<'a>(
    name: &str,
    line: u64,
    entry: &Value,
    images: &'a Images,
    categories: &'a HashMap<String, String>,
) -> Result<Option<Seen<'a>>, BadRow> {
    let wrong = |member: &str, reason: &str| bad(name, line, member, &entry[member], reason);
    let image_id = id_text(&entry["image_id"]).ok_or_else(|| wrong("image_id", "required"))?;
    let image = images.get(&image_id).ok_or_else(|| wrong("image_id", "not among the images"))?;
    let category = id_text(&entry["category_id"]).ok_or_else(|| wrong("category_id", "required"))?;
    let label = categories.get(&category).ok_or_else(|| wrong("category_id", "not among the categories"))?;
    let Some(image) = image else { return Ok(None) };
    let count = match &entry["count"] {
        Value::Null => None,
        told => match told.as_f64() {
            // Some sets write -1 or 0 where nobody counted.
            Some(count) if count <= 0.0 => None,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole, at most a million"
            )]
            Some(count) if count.fract() == 0.0 && count <= 1e6 => Some(count as u64),
            _ => return Err(wrong("count", "not a whole number")),
        },
    };
    let bbox = if entry["bbox_relative"].is_null() {
        let size = image.size;
        boxed(&entry["bbox"], size).map_err(|reason| wrong("bbox", reason))?
    } else {
        boxed(&entry["bbox_relative"], Some([1.0, 1.0])).map_err(|reason| wrong("bbox_relative", reason))?
    };
    let of_sequence = entry["sequence_level_annotation"].as_bool() == Some(true);
    Ok(Some(Seen { id: id_text(&entry["id"]), image_id, image, label, count, bbox, of_sequence }))
}

/// A box as fractions of its image; none without a box, an area, or the image's size.
fn boxed(told: &Value, size: Option<[f64; 2]>) -> Result<Option<[f64; 4]>, &'static str> {
    if told.is_null() {
        return Ok(None);
    }
    let numbers: Vec<f64> = told.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let [x, y, width, height] = numbers[..] else { return Err("not a box of four numbers") };
    let Some([across, down]) = size else { return Ok(None) };
    let (left, top, right, bottom) = (x / across, y / down, (x + width) / across, (y + height) / down);
    let is_inside = |share: f64| (-ROUNDING..=1.0 + ROUNDING).contains(&share);
    if ![left, top, right, bottom].into_iter().all(is_inside) {
        return Err(
            "not a box within its image: pixels from the upper left, x, y, width and height; was the image made \
                    smaller after it was drawn?",
        );
    }
    let (left, top) = (left.clamp(0.0, 1.0), top.clamp(0.0, 1.0));
    let (width, height) = (right.min(1.0) - left, bottom.min(1.0) - top);
    Ok((width > 0.0 && height > 0.0).then_some([left, top, width, height]))
}

fn on_image(
    draft: &mut Draft<'_>,
    images: &Images,
    origin: Origin,
    seen: &Seen<'_>,
) -> Result<(), ImportError> {
    let name = draft.names.of(seen.label);
    draft.note_name(seen.label, &name);
    let sides = seen.bbox.map(|bbox| bbox.map(|side| side.to_string())).unwrap_or_default();
    let [x, y, width, height] = &sides;
    let start = iso(seen.image.at);
    let more = [
        ("observationID", seen.id.as_deref().unwrap_or_default()),
        ("mediaID", &seen.image_id),
        ("observationLevel", "media"),
        ("eventStart", &start),
        ("bboxX", x),
        ("bboxY", y),
        ("bboxWidth", width),
        ("bboxHeight", height),
    ];
    // A box is one animal, whatever the annotation counts.
    let count = if seen.bbox.is_some() { Some(1) } else { seen.count };
    put(draft, images, origin, seen.image.station, &name, seen.label, count, &more)
}

fn of_sequences(
    draft: &mut Draft<'_>,
    images: &Images,
    sequences: BTreeMap<(Arc<str>, String), OfSequence>,
) -> Result<(), ImportError> {
    let spans = images.sequences();
    for ((sequence, category), seen) in sequences {
        let Some([first, last]) = spans.get(&*sequence) else { continue };
        let name = draft.names.of(&seen.label);
        draft.note_name(&seen.label, &name);
        let (id, start, end) = (format!("{sequence}:{category}"), iso(*first), iso(*last));
        let more = [
            ("observationID", id.as_str()),
            ("eventID", &sequence),
            ("observationLevel", "event"),
            ("eventStart", &start),
            ("eventEnd", &end),
        ];
        put(draft, images, seen.origin, seen.station, &name, &seen.label, seen.count, &more)?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the parts of one row")]
fn put(
    draft: &mut Draft<'_>,
    images: &Images,
    origin: Origin,
    station: usize,
    name: &Name,
    label: &str,
    count: Option<u64>,
    more: &[(&str, &str)],
) -> Result<(), ImportError> {
    let count =
        count.filter(|_| name.kind == Kind::Animal).map(|count| count.to_string()).unwrap_or_default();
    let cells = [
        ("deploymentID", images.stations.get(station).id.as_str()),
        ("observationType", name.kind.word()),
        ("scientificName", name.scientific.as_deref().unwrap_or_default()),
        ("count", &count),
        ("sex", name.sex.unwrap_or_default()),
        ("lifeStage", name.stage.unwrap_or_default()),
        ("category", label),
    ];
    draft.put(Sheet::Observations, origin, &[&cells, more].concat())
}
