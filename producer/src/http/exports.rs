//! Submitting exports and asking where they are.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Extension, Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use deertrack_schemas::{Command, JobId, KINDS, Kind, MAX_NAME_CHARS, Request, Valid, clip};
use deertrack_stream::{Cancelled, StreamError, Submitted};
use serde_json::json;

use super::app::App;
use super::refusal::Refusal;
use super::trace;
use crate::access::Who;
use crate::{ExportsError, JobStatus};

/// `POST /api/exports/{kind}`: 202 and the job's address, or why not.
///
/// The body is read as JSON whatever its content type says: existing services send several. Of browsers JSON is asked
/// for in `origin.rs`.
pub(super) async fn create(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    kind: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let kind = known_kind(&kind?)?;
    if !who.may_ask_for(kind) {
        let detail = format!("The key does not allow exports of the kind {}", kind.name());
        return Err(Refusal::new(StatusCode::FORBIDDEN, detail));
    }
    let body = body?;
    let _turn = app.places.turn(body.len()).await;
    let request = with_idempotency_key(Request::from_json(kind, body)?, &headers)?;
    let mut command = app.exports.command(request);
    command.traceparent = (app.span_context)().or_else(|| trace::of_client(&headers).map(str::to_owned));
    belongs_to(&mut command, &who);
    let command = app.exports.check_command(command)?;
    match submit(&app, &command).await? {
        Submitted::New(job_id) => Ok(accepted(kind, &job_id)),
        // The reply to a first try was lost.
        Submitted::Existing(job_id) if job_id == command.job_id => Ok(accepted(kind, &job_id)),
        Submitted::Existing(job_id) => {
            let status = job_status(&app, job_id.as_str()).await?;
            Ok(([(LOCATION, address(kind, &job_id))], Json(status)).into_response())
        }
        Submitted::Conflict(job_id) => Err(conflict(&job_id)),
        Submitted::Full => Err(Refusal::backlog_full()),
    }
}

/// `GET /api/exports/{kind}/{job_id}`: the status record, whoever wrote it.
///
/// The kind must be known but is not compared with the record, which another program may have written.
pub(super) async fn status(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<JobStatus>, Refusal> {
    let Path((kind, job_id)) = path?;
    known_kind(&kind)?;
    seen_status(&app, &who, &job_id).await.map(Json)
}

/// `DELETE /api/exports/{job_id}`: 204 when the job is cancelled, was asked to stop (a running one ends within a
/// beat) or had ended before; its status says which. The router has one name for that part of the path.
pub(super) async fn cancel(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    job_id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    let Path(job_id) = job_id?;
    if who.tenant.is_some() {
        // Another's job is not there, in the same words.
        seen_status(&app, &who, &job_id).await.map_err(|refusal| refusal.or_not_found(absent(&job_id)))?;
    }
    match app.exports.cancel(&job_id).await? {
        Cancelled::NotFound => Err(absent(&job_id)),
        what @ (Cancelled::AtOnce | Cancelled::Asked | Cancelled::AlreadyEnded(_)) => {
            tracing::info!(job.id = job_id, ?what, "export cancelled on request");
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

/// `GET /api/kinds`: what can be exported.
pub(super) async fn kinds() -> impl IntoResponse {
    Json(json!({ "kinds": KINDS }))
}

async fn submit(app: &App, command: &Valid<Command>) -> Result<Submitted, Refusal> {
    // The job id, so that the client follows it instead of asking for a second one.
    let less_sure =
        |why| Err(Refusal::unavailable(format!("Export job {} was accepted, but {why}", command.job_id)));
    match app.exports.submit(command).await {
        Err(ExportsError::Stream(StreamError::NotDurable)) => {
            less_sure("too few replicas or disks have confirmed it in time")
        }
        Err(ExportsError::Stream(StreamError::NoWaitAof)) => {
            less_sure("this Redis cannot tell when it is on its disk")
        }
        result => Ok(result?),
    }
}

fn known_kind(name: &str) -> Result<Kind, Refusal> {
    let known = || KINDS.iter().map(|info| info.name).collect::<Vec<_>>().join(", ");
    Kind::named(name)
        .ok_or_else(|| Refusal::not_found(format!("Unknown export kind: {}; known: {}", clip(name), known())))
}

fn absent(job_id: &str) -> Refusal {
    Refusal::not_found(format!("Export job not found: {}", clip(job_id)))
}

/// The key's tenant, and its name where the request has none.
fn belongs_to(command: &mut Command, who: &Who) {
    let text = |text: &Arc<str>| text.to_string();
    command.requested_by = command.requested_by.take().or_else(|| who.id.as_ref().map(text));
    let Some(tenant) = &who.tenant else { return };
    // Two tenants may choose the same key and must not hear of each other by it.
    command.idempotency_key = command.idempotency_key.take().map(|key| format!("{tenant}/{key}"));
    command.tenant = Some(tenant.to_string());
}

/// The status, unless the job is another tenant's.
async fn seen_status(app: &App, who: &Who, job_id: &str) -> Result<JobStatus, Refusal> {
    let status = job_status(app, job_id).await?;
    let seen = who.sees(status.tenant().as_deref());
    if seen { Ok(status) } else { Err(expired()) }
}

fn expired() -> Refusal {
    Refusal::not_found("Job not found or expired")
}

async fn job_status(app: &App, job_id: &str) -> Result<JobStatus, Refusal> {
    app.exports.status(job_id).await?.ok_or_else(expired)
}

fn accepted(kind: Kind, job_id: &JobId) -> Response {
    tracing::info!(job.id = %job_id, export.kind = kind.name(), "export accepted");
    let body = Json(json!({ "job_id": job_id, "status": "processing", "message": message(kind) }));
    (StatusCode::ACCEPTED, [(LOCATION, address(kind, job_id))], body).into_response()
}

/// For people: the platform's dashboards show it beside the id.
fn message(kind: Kind) -> String {
    format!("{} accepted; it waits for a worker", kind.info().title)
}

fn address(kind: Kind, job_id: &JobId) -> String {
    format!("/api/exports/{}/{job_id}", kind.name())
}

fn conflict(job_id: &JobId) -> Refusal {
    let detail = format!("The idempotency key belongs to another request: job {job_id}");
    Refusal::new(StatusCode::CONFLICT, detail)
}

/// The key of the `Idempotency-Key` header, unless the body has one.
fn with_idempotency_key(mut request: Request, headers: &HeaderMap) -> Result<Request, Refusal> {
    let Some(header) = headers.get("idempotency-key") else { return Ok(request) };
    let key = header.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > MAX_NAME_CHARS {
        let detail = format!("Idempotency-Key must be 1 to {MAX_NAME_CHARS} printable ASCII characters");
        return Err(Refusal::bad_request(detail));
    }
    match &request.idempotency_key {
        Some(other) if other != key => Err(Refusal::bad_request(
            "Idempotency-Key and the field idempotency_key differ; send one of them",
        )),
        _ => {
            request.idempotency_key = Some(key.to_owned());
            Ok(request)
        }
    }
}
