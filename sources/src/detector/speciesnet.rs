//! Predictions of SpeciesNet: one taxon for a photograph as a whole, and the boxes of what was detected on it.

use serde_json::Value;

use super::each;
use super::labels::common;
use super::seen::{Detection, Seen, Writer};
use crate::draft::Draft;
use crate::error::{BadRow, ImportError};
use crate::given::Given;
use crate::json_stream::bad;

/// Reads a file.
pub(super) fn read(
    given: &Given,
    draft: &mut Draft<'_>,
    writer: &mut Writer,
    name: &str,
) -> Result<(), ImportError> {
    let path = given.file(name)?;
    writer.threshold_of_file(None);
    each(draft, writer, &path, (name, "predictions"), |line, entry| seen(name, line, entry))
}

fn seen(name: &str, line: u64, entry: &Value) -> Result<Seen, BadRow> {
    let wrong = |member: &str, value: &Value, reason: &str| bad(name, line, member, value, reason);
    let file = entry["filepath"].as_str().filter(|file| !file.trim().is_empty());
    let file = file.ok_or_else(|| wrong("filepath", &entry["filepath"], "required"))?;
    let model = entry["model_version"].as_str().unwrap_or_default();
    let model = format!("SpeciesNet {model}").trim().to_owned();
    let Some(taxon) = entry["prediction"].as_str() else {
        let failures = entry["failures"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let why = failures.collect::<Vec<_>>().join(", ");
        return Ok(Seen { failure: Some(why), ..Seen::of(file) });
    };
    let score = match &entry["prediction_score"] {
        Value::Null => None,
        told => Some(
            told.as_f64()
                .filter(|share| (0.0..=1.0).contains(share))
                .ok_or_else(|| wrong("prediction_score", told, "not a number of 0 to 1"))?,
        ),
    };
    let mut detections = Vec::new();
    for (at, told) in entry["detections"].as_array().into_iter().flatten().enumerate() {
        let member = |name: &str| format!("detections[{at}].{name}");
        let label = told["label"].as_str().unwrap_or("animal");
        let mut detection =
            Detection::read(label, told, |name, reason| wrong(&member(name), &told[name], reason))?;
        if label.eq_ignore_ascii_case("animal") {
            detection.class = Some((common(taxon).to_owned(), score));
            detection.taxon = Some(taxon.to_owned());
        }
        detection.by.clone_from(&model);
        detections.push(detection);
    }
    let of_whole = Detection {
        class: Some((common(taxon).to_owned(), score)),
        taxon: Some(taxon.to_owned()),
        by: model,
        ..Detection::of("animal", 1.0, None)
    };
    Ok(Seen { detections, of_whole: Some(of_whole), ..Seen::of(file) })
}
