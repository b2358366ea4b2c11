//! Predictions of SpeciesNet: one taxon for a photograph as a whole, and the boxes of what was detected on it.

use serde_json::Value;

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
    writer.each(draft, &path, (name, "predictions"), |line, entry| seen(name, line, entry))
}

/// What versions from 5 on call what they made of a photograph as a whole, among its detections.
const WHOLE: &str = "whole_image_classification";

/// A taxon, and how sure it is.
#[derive(Clone, Copy)]
struct Class<'a> {
    taxon: &'a str,
    score: Option<f64>,
}

impl<'a> Class<'a> {
    /// `None`: there is no taxon.
    fn read(
        taxon: &'a Value,
        score: &Value,
        wrong: impl Fn(&Value, &str) -> BadRow,
    ) -> Result<Option<Self>, BadRow> {
        let share = score.as_f64().filter(|share| (0.0..=1.0).contains(share));
        if !score.is_null() && share.is_none() {
            return Err(wrong(score, "not a number of 0 to 1"));
        }
        Ok(taxon.as_str().map(|taxon| Self { taxon, score: share }))
    }

    fn of(self, detection: Detection) -> Detection {
        let class = Some((common(self.taxon).to_owned(), self.score));
        Detection { class, taxon: Some(self.taxon.to_owned()), ..detection }
    }
}

/// Versions before 5 tell one taxon of a photograph; later ones one of each detection, or one of the photograph as a
/// detection of its own. A failure to know the place keeps nothing from being seen.
fn seen(name: &str, line: u64, entry: &Value) -> Result<Seen, BadRow> {
    let wrong = |member: &str, value: &Value, reason: &str| bad(name, line, member, value, reason);
    let file = entry["filepath"].as_str().filter(|file| !file.trim().is_empty());
    let file = file.ok_or_else(|| wrong("filepath", &entry["filepath"], "required"))?;
    let model = entry["model_version"].as_str().unwrap_or_default();
    let model = format!("SpeciesNet {model}").trim().to_owned();
    let mut of_image = Class::read(&entry["prediction"], &entry["prediction_score"], |value, reason| {
        wrong("prediction_score", value, reason)
    })?;
    if of_image.is_none() && !entry["detections"].is_array() {
        let failures = entry["failures"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let why = failures.collect::<Vec<_>>().join(", ");
        return Ok(Seen { failure: Some(why), ..Seen::of(file) });
    }
    let mut detections = Vec::new();
    for (at, told) in entry["detections"].as_array().into_iter().flatten().enumerate() {
        let member = |name: &str| format!("detections[{at}].{name}");
        let own = &told["processed_classification"];
        let own = Class::read(&own["class"], &own["score"], |value, reason| {
            wrong(&member("processed_classification.score"), value, reason)
        })?;
        let label = told["label"].as_str().unwrap_or("animal");
        if label == WHOLE {
            of_image = of_image.or(own);
            continue;
        }
        let detection =
            Detection::read(label, told, |name, reason| wrong(&member(name), &told[name], reason))?;
        let detection = Detection { by: model.clone(), ..detection };
        let class = own.or(of_image).filter(|_| label.eq_ignore_ascii_case("animal"));
        detections.push(class.map_or_else(|| detection.clone(), |class| class.of(detection.clone())));
    }
    let whole = Detection { by: model, ..Detection::of("animal", 1.0, None) };
    let of_whole = of_image.map(|class| class.of(whole));
    Ok(Seen { detections, of_whole, ..Seen::of(file) })
}
