//! Every answer other than success: a status and `{"detail": ...}`, as the existing dashboards parse it.

use axum::Json;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use deertrack_schemas::{Rejection, clip};
use serde_json::{Value, json};

use crate::ExportsError;

/// The largest request body, in bytes: what fits into an envelope.
pub const MAX_BODY_BYTES: usize = deertrack_schemas::wire::MAX_BYTES;

/// Seconds after which a client may try again when Redis is away or the backlog is full.
const RETRY_AFTER_SECONDS: u32 = 5;

/// An answer other than success.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: Value,
    retry: bool,
    /// One more header.
    header: Option<(HeaderName, String)>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, body: json!({ "detail": detail.into() }), retry: false, header: None }
    }

    /// The same with one more header.
    pub(super) fn with(self, name: HeaderName, value: impl Into<String>) -> Self {
        Self { header: Some((name, value.into())), ..self }
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }

    /// The same request may work later.
    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self { retry: true, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// `other` in place of a 404.
    pub(super) fn or_not_found(self, other: Self) -> Self {
        if self.status == StatusCode::NOT_FOUND { other } else { self }
    }

    /// The same may work later: nothing is wrong with the request.
    pub(super) fn is_temporary(&self) -> bool {
        self.retry
    }

    /// Redis is away or full.
    pub(super) fn redis_away() -> Self {
        Self::unavailable("Redis cannot be reached or is full; try again later")
    }

    /// Too many commands wait.
    pub(super) fn backlog_full() -> Self {
        let detail = "Too many exports are waiting; try again later";
        Self { retry: true, ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if self.retry {
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        if let Some((name, value)) = self.header
            && let Ok(value) = HeaderValue::try_from(value)
        {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let status = StatusCode::from_u16(rejection.http_status())
            .expect("a rejection's status is 400 or 422, both in the range of status codes");
        Self { status, body: rejection.body(), retry: false, header: None }
    }
}

impl From<ExportsError> for Refusal {
    fn from(error: ExportsError) -> Self {
        match error {
            ExportsError::Rejected(rejection) => rejection.into(),
            ExportsError::InvalidStatus { .. } => {
                tracing::warn!(%error, "a foreign status record cannot be served");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Invalid job status format")
            }
            error if error.is_unavailable() => {
                tracing::warn!(%error, "Redis cannot serve this request");
                Self::redis_away()
            }
            error => {
                tracing::error!(%error, "a request failed in the stream");
                Self::internal()
            }
        }
    }
}

/// A path whose percent-encoding is not UTF-8 names nothing that we have.
impl From<PathRejection> for Refusal {
    fn from(_: PathRejection) -> Self {
        Self::not_found("Not Found")
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(clip(&rejection.body_text()))
    }
}

impl From<BytesRejection> for Refusal {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let detail = format!("The request body is larger than {MAX_BODY_BYTES} bytes");
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
            }
            status => Self::new(status, clip(&rejection.body_text())),
        }
    }
}

/// Fallback of the router.
pub(super) async fn no_such_path(uri: Uri) -> Refusal {
    Refusal::not_found(format!("No such path: {}", clip(uri.path())))
}

/// Fallback of every route; the router adds the `Allow` header.
pub(super) async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{} is not possible on {}", clip(method.as_str()), clip(uri.path())),
    )
}
