//! Who did what to which job or file, refused tries too: one line each, on the target `audit`.
//!
//! `--audit-log` writes them as JSON lines to a file of their own. What only looks (a status, the page's session) is told
//! at the level debug when it was allowed.

use axum::extract::{MatchedPath, Request};
use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use deertrack_schemas::clip;

use super::server::Peer;
use crate::access::Who;

/// The id of a request, as it is answered in `x-request-id`.
#[derive(Clone)]
pub(super) struct RequestId(pub(super) String);

/// What is told of a request, read before it is answered.
pub(super) struct Told {
    key: Option<String>,
    tenant: Option<String>,
    action: String,
    object: String,
    peer: Option<String>,
    request_id: Option<String>,
    looks: bool,
}

impl Told {
    pub(super) fn of(request: &Request, route: &MatchedPath, who: Option<&Who>) -> Self {
        let text = |text: &std::sync::Arc<str>| text.to_string();
        Self {
            key: who.and_then(|who| who.id.as_ref()).map(text),
            tenant: who.and_then(|who| who.tenant.as_ref()).map(text),
            action: format!("{} {}", request.method(), route.as_str()),
            object: clip_path(request.uri().path()),
            peer: request.extensions().get::<Peer>().map(|peer| peer.0.to_string()),
            request_id: request.extensions().get::<RequestId>().map(|id| id.0.clone()),
            looks: *request.method() == Method::GET && is_looked_at_often(route.as_str()),
        }
    }
}

fn is_looked_at_often(route: &str) -> bool {
    matches!(route, "/api/exports/{kind}/{job_id}" | "/api/session" | "/metrics")
}

/// A name of a file or a job has its place in it; what is longer is none.
fn clip_path(path: &str) -> String {
    const LONGEST: usize = 300;
    if path.len() <= LONGEST { path.to_owned() } else { clip(path).into_owned() }
}

/// Writes the line.
pub(super) fn write(told: &Told, response: &Response) {
    let status = response.status();
    // A submit is about the job that it made.
    let made = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let object = made.unwrap_or(&told.object);
    let Told { key, tenant, action, peer, request_id, .. } = told;
    let refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    macro_rules! line {
        ($level:ident, $text:literal) => {
            tracing::$level!(target: "audit", key, tenant, action, object, status = status.as_u16(), peer, request_id, $text)
        };
    }
    match (refused, told.looks) {
        (true, _) => line!(warn, "refused"),
        (false, true) => line!(debug, "looked"),
        (false, false) => line!(info, "done"),
    }
}
