//! MegaDetector's format 1.x, as AddaxAI writes it too: categories and classes by number, boxes as fractions, detections
//! of videos with the number of their frame.

use serde_json::{Map, Value};

use super::seen::{Detection, Seen, Writer};
use crate::draft::Draft;
use crate::error::{BadRow, ImportError};
use crate::given::Given;
use crate::json_stream::{self, bad};

/// What numbers mean in one file.
struct Words {
    categories: Map<String, Value>,
    classes: Map<String, Value>,
    descriptions: Map<String, Value>,
    model: String,
    classifier: String,
}

impl Words {
    fn of(mut others: Map<String, Value>) -> Self {
        let mut take = |key: &str| match others.remove(key) {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        };
        let (categories, classes) = (take("detection_categories"), take("classification_categories"));
        let (descriptions, info) = (take("classification_category_descriptions"), take("info"));
        let word = |key: &str, or: &str| info.get(key).and_then(Value::as_str).unwrap_or(or).to_owned();
        let model = word("detector", "MegaDetector");
        Self { categories, classes, descriptions, classifier: word("classifier", &model), model }
    }
}

/// Reads a file: first what its numbers mean, which may stand behind the images, then the images.
pub(super) fn read(
    given: &Given,
    draft: &mut Draft<'_>,
    writer: &mut Writer,
    name: &str,
) -> Result<(), ImportError> {
    let path = given.file(name)?;
    let others = json_stream::read(&path, name, "images", &[], &mut |_, _| Ok(()))?;
    let typical =
        others.get("info").and_then(|info| info["detector_metadata"]["typical_detection_threshold"].as_f64());
    refuse_other_version(name, &others)?;
    writer.threshold_of_file(typical);
    let words = Words::of(others);
    writer.each(draft, &path, (name, "images"), |line, entry| seen(name, line, entry, &words))
}

/// Files of the batch service of 2019 to 2021 say 1.0 or nothing; there is no other version but 1.
fn refuse_other_version(name: &str, others: &Map<String, Value>) -> Result<(), ImportError> {
    let version = others.get("info").and_then(|info| info["format_version"].as_str()).unwrap_or("1.0");
    if version.starts_with('1') {
        return Ok(());
    }
    Err(ImportError::WrongForm {
        path: name.into(),
        reason: format!("its format_version is {version:?}, and this reads 1.x: export it in that version"),
    })
}

fn seen(name: &str, line: u64, entry: &Value, words: &Words) -> Result<Seen, BadRow> {
    let wrong = |member: &str, value: &Value, reason: &str| bad(name, line, member, value, reason);
    let file = entry["file"].as_str().filter(|file| !file.trim().is_empty());
    let file = file.ok_or_else(|| wrong("file", &entry["file"], "required"))?;
    if let Some(why) = entry["failure"].as_str() {
        return Ok(Seen { failure: Some(why.to_owned()), ..Seen::of(file) });
    }
    let list = match &entry["detections"] {
        Value::Array(list) => list.as_slice(),
        Value::Null => return Ok(Seen { failure: Some("no detections".to_owned()), ..Seen::of(file) }),
        other => return Err(wrong("detections", other, "not a list")),
    };
    let mut detections = Vec::with_capacity(list.len());
    for (at, told) in list.iter().enumerate() {
        let member = |name: &str| format!("detections[{at}].{name}");
        let text = |value: &Value| {
            value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|id| id.to_string()))
        };
        let category = text(&told["category"])
            .ok_or_else(|| wrong(&member("category"), &told["category"], "required"))?;
        let Some(label) = words.categories.get(&category).and_then(Value::as_str) else {
            continue; // by the format's own word these are no detections
        };
        let mut detection =
            Detection::read(label, told, |name, reason| wrong(&member(name), &told[name], reason))?;
        detection.frame =
            told["frame_number"].as_u64().or_else(|| told["frame_number"].as_str()?.parse().ok());
        if let Some([class, of_class]) = told["classifications"][0].as_array().map(Vec::as_slice) {
            let class = text(class).unwrap_or_default();
            if let Some(label) = words.classes.get(&class).and_then(Value::as_str) {
                detection.class = Some((label.to_owned(), of_class.as_f64()));
                detection.taxon = words.descriptions.get(&class).and_then(Value::as_str).map(str::to_owned);
            }
        }
        detection.by = if detection.class.is_some() { &words.classifier } else { &words.model }.clone();
        detections.push(detection);
    }
    let datetime = entry["datetime"].as_str().map(str::to_owned);
    Ok(Seen { detections, datetime, ..Seen::of(file) })
}
