//! The report onto pages: `Report` as JSON into `templates/report.typ`.

use std::time::Duration;

use deertrack_schemas::Command;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::report::Report;
use super::wording::counted;
use crate::JobError;
use crate::typesetting::{self, Bounds, REPLACEMENT, Stamp, Template, TypesettingError};

/// Draws the report. `stop` is looked at hundreds of times a page.
pub(super) fn pdf(report: &Report, command: &Command, stop: &CancellationToken) -> Result<Vec<u8>, JobError> {
    let limit = Duration::from_secs(command.export.kind().info().time_limit_seconds);
    let stamp = Stamp { ident: command.job_id.as_str(), created_at: command.created_at };
    let bounds = Bounds { stop: stop.clone(), limit };
    typesetting::pdf(Template::Report, &page_data(report), &stamp, bounds).map_err(refuse)
}

/// The report as the template reads it: all texts printable, and a note when that changed something.
fn page_data(report: &Report) -> Value {
    let mut data = serde_json::to_value(report).expect("a report has only text, numbers and lists");
    let replaced = typesetting::make_printable(&mut data);
    if let (true, Some(notes)) = (replaced > 0, data["notes"].as_array_mut()) {
        let lacking = counted(replaced as u64, "character", "characters");
        notes.push(json!(format!(
            "The fonts of this report lack {lacking} of its texts; {REPLACEMENT} stands there."
        )));
    }
    // The title in the file's properties is shown by no font of ours: it keeps every character that has a meaning.
    data["document_title"] = json!(report.title.replace(char::is_control, " "));
    data
}

fn refuse(error: TypesettingError) -> JobError {
    match error {
        TypesettingError::Stopped => JobError::Stopped,
        TypesettingError::OutOfTime(limit) => JobError::Reject(format!(
            "drawing the report took longer than {} s; ask for a shorter range or longer periods",
            limit.as_secs()
        )),
        TypesettingError::Template(text) => {
            tracing::error!(error = text, "a report cannot be typeset; this is a bug");
            JobError::Reject("internal error while drawing the report; it has been logged".into())
        }
    }
}
