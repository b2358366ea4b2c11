//! The client that goes to Redis itself, with the producer library.

use std::path::Path;

use anyhow::{Context, anyhow};
use chrono_tz::Tz;
use deertrack_producer::Exports;
use deertrack_schemas::{Kind, Rejection, Request};
use deertrack_stream::{Stream, Submitted, WatchFrom, Watched};
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::Value;

use super::answers::{Accepted, Seen, text};
use crate::exit::{Code, Exit};

pub(crate) struct Direct {
    exports: Exports,
}

impl Direct {
    pub(crate) fn new(stream: Stream, zone: Tz) -> Self {
        Self { exports: Exports::new(stream, zone) }
    }

    pub(crate) async fn submit(&self, kind: Kind, body: &Value) -> Result<Accepted, Exit> {
        let request = Request::from_json(kind, body.to_string().as_bytes()).map_err(refused)?;
        let valid = self.exports.check(request).map_err(refused)?;
        // The job id, because a submit that is not as sure as asked was accepted all the same.
        let of_job =
            |error| Exit::unavailable(anyhow::Error::new(error).context(format!("job {}", valid.job_id)));
        match self.exports.submit(&valid).await.map_err(of_job)? {
            Submitted::New(id) => Ok(Accepted { job_id: id.to_string(), existing: false }),
            Submitted::Existing(id) => Ok(Accepted { job_id: id.to_string(), existing: true }),
            Submitted::Conflict(id) => Err(Exit::text(
                Code::Refused,
                format!("job {id} has this idempotency key, for another request"),
            )),
            Submitted::Full => Err(Exit::text(Code::Unavailable, "the backlog is full; try again later")),
        }
    }

    pub(crate) async fn status(&self, job_id: &str) -> Result<Option<Value>, Exit> {
        let record = self.exports.status(job_id).await.map_err(Exit::unavailable)?;
        record.map(|record| serde_json::to_value(record).map_err(Exit::failed)).transpose()
    }

    pub(crate) async fn watch(
        &self,
        after: Option<&str>,
    ) -> Result<BoxStream<'static, Result<Seen, Exit>>, Exit> {
        let from = match after {
            None => WatchFrom::Now,
            Some(id) => WatchFrom::After(
                id.parse().map_err(|_| anyhow!("{id:?} is no event id like 1700000000000-0"))?,
            ),
        };
        let watch = self.exports.watch(from).await.map_err(Exit::unavailable)?;
        let events = futures::stream::unfold(watch, async |mut watch| {
            let next = watch.next().await;
            Some((next.map(seen).map_err(Exit::unavailable), watch))
        });
        Ok(events.boxed())
    }
}

fn seen(watched: Watched) -> Seen {
    match watched {
        Watched::Event { id, event } => Seen::Ended { id: id.to_string(), event: Box::new(event) },
        Watched::Lagged { expected, found } => {
            Seen::Lagged(format!("events {expected} to {} are gone", found - 1))
        }
        Watched::Reset { expected, found, .. } => {
            Seen::Lagged(format!("Redis lost data: event {found} came where {expected} was due"))
        }
    }
}

fn refused(rejection: Rejection) -> Exit {
    let body = rejection.body();
    Exit::new(Code::Refused, rejection).with_body(body)
}

/// Copies a finished file out of the export folder, which must be on this machine.
pub(crate) async fn copy(record: &Value, export_dir: &Path, to: &Path) -> Result<u64, Exit> {
    let name = text(record, "filename").context("the status names no file")?;
    let name = Path::new(name).file_name().context("the status names no file")?;
    let from = export_dir.join(name);
    let copied = tokio::fs::copy(&from, to).await.with_context(|| {
        format!(
            "cannot copy {} to {}; give the workers' --export-dir, or use --gateway",
            from.display(),
            to.display()
        )
    })?;
    Ok(copied)
}
