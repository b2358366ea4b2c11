//! Reports onto pages: data as JSON into a template, beside its photographs.

use deertrack_schemas::Command;
use serde::Serialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::JobError;
use crate::export::words::replaced;
use crate::typesetting::{self, Bounds, Stamp, Template};

/// Draws a report. `stop` is looked at hundreds of times a page.
pub(super) fn pdf(
    template: Template,
    report: &impl Serialize,
    photos: Vec<Vec<u8>>,
    command: &Command,
    stop: &CancellationToken,
) -> Result<Vec<u8>, JobError> {
    let stamp = Stamp { ident: command.job_id.as_str(), created_at: command.created_at };
    let bounds = Bounds::usual(stop.clone());
    typesetting::illustrated_pdf(template, &page_data(report), photos, &stamp, bounds).map_err(Into::into)
}

/// The report as the template reads it: all texts printable, and a line when that changed something.
fn page_data(report: &impl Serialize) -> Value {
    let mut data = serde_json::to_value(report).expect("a report has only text, numbers and lists");
    // The title in the file's properties is shown by no font of ours: it keeps every character that has a meaning.
    let title = data["title"].as_str().unwrap_or_default().replace(char::is_control, " ");
    let replaced = replaced(typesetting::make_printable(&mut data));
    if let (Some(found), Some(status)) = (replaced, data["status"].as_array_mut()) {
        status.push(json!({ "what": "Fonts", "found": found, "doubt": true }));
    }
    data["document_title"] = json!(title);
    data
}
