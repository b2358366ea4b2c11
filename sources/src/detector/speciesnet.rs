//! Predictions of SpeciesNet. Until 5.0.5 it told one taxon for a photograph as a whole, and the boxes of what was
//! detected on it; since 5.0.6 (`format_version` 20261015) a class for each box, or for a box of category 0 that is the
//! photograph as a whole.

use serde_json::{Map, Value};

use super::labels::common;
use super::seen::{Detection, Seen, Writer};
use crate::draft::Draft;
use crate::error::{BadRow, ImportError};
use crate::given::Given;
use crate::json_stream::{self, bad};

/// The version that tells a class for each box; older files name none.
const WITH_CLASSES: &str = "20261015";
/// What a box is called that is the photograph as a whole.
const WHOLE: &str = "whole_image_classification";
/// What is wrong with the file that only the classifier wrote, after "is".
const UNDECIDED: &str =
    "what the classifier alone says: let run_model decide on it (--ensemble_only), and import that";

/// Reads a file.
pub(super) fn read(
    given: &Given,
    draft: &mut Draft<'_>,
    writer: &mut Writer,
    name: &str,
) -> Result<(), ImportError> {
    let path = given.file(name)?;
    refuse_other_version(name, &json_stream::read(&path, name, "predictions", &[], &mut |_, _| Ok(()))?)?;
    writer.threshold_of_file(None);
    writer.each(draft, &path, (name, "predictions"), |line, entry| seen(name, line, entry))
}

fn refuse_other_version(name: &str, others: &Map<String, Value>) -> Result<(), ImportError> {
    match others.get("info").map(|info| &info["format_version"]) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(version)) if version == WITH_CLASSES => Ok(()),
        Some(other) => Err(ImportError::WrongForm {
            path: name.into(),
            reason: format!(
                "its format_version is {other}, and of SpeciesNet this reads {WITH_CLASSES} and files without one: \
                 convert it to MegaDetector's format with megadetector.detection.run_md_and_speciesnet"
            ),
        }),
    }
}

/// A taxon, and how sure it is.
type Class = (String, Option<f64>);

fn seen(name: &str, line: u64, entry: &Value) -> Result<Seen, BadRow> {
    let wrong = |member: &str, value: &Value, reason: &str| bad(name, line, member, value, reason);
    let file = entry["filepath"].as_str().filter(|file| !file.trim().is_empty());
    let file = file.ok_or_else(|| wrong("filepath", &entry["filepath"], "required"))?;
    let failures = entry["failures"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let failures = failures.collect::<Vec<_>>().join(", ");
    let model = entry["model_version"].as_str().unwrap_or_default();
    let model = format!("SpeciesNet {model}").trim().to_owned();
    let mut whole = class([&entry["prediction"], &entry["prediction_score"]], |value, reason| {
        wrong("prediction_score", value, reason)
    })?;
    let list = entry["detections"].as_array();
    if !failures.is_empty() && (whole.is_none() && !list.is_some_and(|list| list.iter().any(is_decided))) {
        return Ok(Seen { failure: Some(failures), ..Seen::of(file) });
    }
    if whole.is_none() && list.is_none() {
        return Err(wrong("detections", &entry["detections"], "required where nothing failed"));
    }
    let mut detections = Vec::new();
    for (at, told) in list.into_iter().flatten().enumerate() {
        let member = |name: &str| format!("detections[{at}].{name}");
        let decided = &told["processed_classification"];
        if decided.is_null() && !told["raw_classifications"].is_null() {
            return Err(wrong(&member("raw_classifications"), &told["raw_classifications"], UNDECIDED));
        }
        let own = class([&decided["class"], &decided["score"]], |value, reason| {
            wrong(&member("processed_classification.score"), value, reason)
        })?;
        let label = told["label"].as_str().unwrap_or("animal");
        if label == WHOLE {
            whole = own;
            continue;
        }
        let mut detection =
            Detection::read(label, told, |name, reason| wrong(&member(name), &told[name], reason))?;
        detection.by.clone_from(&model);
        detections.push((detection, own));
    }
    let detections = detections.into_iter().map(|(detection, own)| {
        let is_animal = detection.label.eq_ignore_ascii_case("animal");
        classed(detection, own.or_else(|| whole.clone().filter(|_| is_animal)))
    });
    let of_whole = whole.clone().map(|taxon| {
        let detection = Detection { by: model, ..Detection::of("animal", 1.0, None) };
        classed(detection, Some(taxon))
    });
    Ok(Seen { detections: detections.collect(), of_whole, ..Seen::of(file) })
}

fn is_decided(detection: &Value) -> bool {
    !detection["processed_classification"].is_null()
}

/// A class, where one is told.
fn class(
    [taxon, score]: [&Value; 2],
    wrong: impl Fn(&Value, &str) -> BadRow,
) -> Result<Option<Class>, BadRow> {
    let Some(taxon) = taxon.as_str() else { return Ok(None) };
    let share = score.as_f64().filter(|share| (0.0..=1.0).contains(share));
    if share.is_none() && !score.is_null() {
        return Err(wrong(score, "not a number of 0 to 1"));
    }
    Ok(Some((taxon.to_owned(), share)))
}

fn classed(detection: Detection, class: Option<Class>) -> Detection {
    let Some((taxon, share)) = class else { return detection };
    Detection { class: Some((common(&taxon).to_owned(), share)), taxon: Some(taxon), ..detection }
}
