//! Waits for a job: its progress on the terminal, its end from the event stream.

use std::path::Path;
use std::time::Duration;

use deertrack_schemas::CompletionEvent;
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::Value;

use crate::client::{Client, Seen, text};
use crate::exit::{Code, Exit};
use crate::print;
use crate::waiting::WaitingLine;

/// How often progress is asked for while waiting.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Waits until `job_id` has ended and returns its last status record.
pub(crate) async fn follow(
    client: &Client,
    job_id: &str,
    mut events: BoxStream<'static, Result<Seen, Exit>>,
    timeout: Duration,
) -> Result<Value, Exit> {
    let waiting = WaitingLine::start();
    let mut look = tokio::time::interval(LOOK_EVERY);
    let deadline = tokio::time::sleep(timeout);
    tokio::pin!(deadline);
    loop {
        tokio::select! {
            () = &mut deadline => return Err(too_late(job_id, timeout)),
            seen = events.next() => match seen {
                Some(Ok(Seen::Ended { event, .. })) if event.record.job_id.as_str() == job_id => {
                    waiting.end();
                    return record_of(*event);
                }
                Some(Ok(_)) => {}
                // The status record still tells the end.
                Some(Err(_)) | None => events = futures::stream::pending().boxed(),
            },
            _ = look.tick() => {
                let Some(record) = client.status(job_id).await? else { continue };
                if record["status"] != "processing" {
                    waiting.end();
                    return Ok(record);
                }
                show(&waiting, &record);
            }
        }
    }
}

/// Prints the end of a job; an error when it has no artifact.
pub(crate) fn tell_result(record: &Value, saved: Option<&Path>, json: bool) -> Result<(), Exit> {
    if record["status"] != "completed" {
        let why = text(record, "error").unwrap_or("no reason was given");
        return Err(
            Exit::text(Code::JobFailed, format!("the export failed: {why}")).with_body(record.clone())
        );
    }
    if json {
        print::json(record);
        return Ok(());
    }
    if let Some(headline) = text(record, "headline") {
        print::line(headline);
    }
    let size = record["file_size_bytes"]
        .as_u64()
        .map_or_else(String::new, |bytes| format!(" ({})", print::size(bytes)));
    match saved {
        Some(path) => print::line(&format!("{}{size}", path.display())),
        None => print::line(&format!("{}{size}", text(record, "download_url").unwrap_or_default())),
    }
    Ok(())
}

fn record_of(event: CompletionEvent) -> Result<Value, Exit> {
    serde_json::to_value(event.record).map_err(Exit::failed)
}

fn show(waiting: &WaitingLine, record: &Value) {
    let fraction = record["progress"].as_f64().unwrap_or(0.0).clamp(0.0, 1.0);
    waiting.at(fraction, text(record, "stage").or(text(record, "state")).unwrap_or("waiting"));
}

fn too_late(job_id: &str, timeout: Duration) -> Exit {
    let text = format!(
        "job {job_id} has not ended within {} s; it goes on: deertrack status {job_id}. Is a worker running?",
        timeout.as_secs()
    );
    Exit::text(Code::TimedOut, text)
}
