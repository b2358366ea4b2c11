//! What surrounds every request: its id and span, metrics, security headers, panics, the time limit.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Instrument, field};
use uuid::Uuid;

use super::app::App;
use super::audit::RequestId;
use super::metrics::{REQUEST_SECONDS, REQUESTS};
use super::refusal::Refusal;
use super::trace;

/// Scripts, styles and data come from the gateway alone, and nothing stands inline. `data:` images: the icons in
/// Swagger UI's style sheet. `blob:` images: pictures that the page took out of an archive.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data: blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// No window of another site keeps a hold on ours, and no page of another one loads what we answer.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A longer id is not an id.
const MAX_REQUEST_ID_BYTES: usize = 128;

/// Browsers that have come by TLS once come by nothing else for a year.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The layers, from the innermost to the outermost.
pub(super) fn around(routes: Router<App>) -> Router<App> {
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(measure))
        .layer(from_fn(harden))
        .layer(from_fn(identify))
}

/// Takes the request's `x-request-id` or makes one; it stands in the span of every log line and in the answer.
/// The trace context that the client sent stands in the span too.
async fn identify(mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!(
        "request",
        request.id = %id,
        http.method = %request.method(),
        http.path = request.uri().path(),
        http.route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str),
        http.status = field::Empty,
        traceparent = trace::of_client(request.headers()),
    );
    let mut response = next.run(request).instrument(span.clone()).await;
    span.record("http.status", response.status().as_u16());
    let id = HeaderValue::try_from(id).expect("an id holds letters, digits and . _ - only");
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

fn request_id(headers: &HeaderMap) -> String {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=MAX_REQUEST_ID_BYTES).contains(&id.len()) && id.bytes().all(allowed))
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// Told by TLS alone: over plain HTTP browsers must not believe it. Not to who asks for `localhost`: browsers keep it for all
/// ports of a name, and other programs of this machine speak plain HTTP.
pub(super) async fn keep_to_tls(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let name = request.uri().host().or(host).unwrap_or_default();
    let is_local = name.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case("localhost"));
    let mut response = next.run(request).await;
    if is_local {
        return response;
    }
    response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    response
}

async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A file that opens in the browser brings its own.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CONTENT_POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

async fn measure(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = method_label(request.method());
    // The route's pattern, never the path: ids would make a time series each.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status();
    let elapsed = start.elapsed();
    tracing::debug!(http.status = status.as_u16(), elapsed_ms = elapsed.as_millis(), "request answered");
    metrics::histogram!(REQUEST_SECONDS, "route" => route.clone(), "method" => method).record(elapsed);
    metrics::counter!(REQUESTS, "route" => route, "method" => method, "status" => status.as_str().to_owned())
        .increment(1);
    response
}

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// Ends a request after `limit`. Redis calls have shorter limits of their own, so what ends here is mostly a client
/// that sends its body too slowly.
pub(super) async fn time_limit(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("The request took longer than {} s", limit.as_secs());
            Refusal::new(StatusCode::REQUEST_TIMEOUT, detail).into_response()
        }
    }
}

/// The panic hook has printed where; the client learns only that it was not its fault.
#[expect(clippy::needless_pass_by_value, reason = "the layer gives the payload away")]
fn panicked(payload: Box<dyn Any + Send>) -> Response {
    let reason = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = reason, "a handler panicked");
    Refusal::internal().into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_panic_is_answered_as_json() {
        async fn bug() {
            panic!("a bug");
        }
        let app = Router::new().route("/", get(bug)).layer(CatchPanicLayer::custom(panicked));
        let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
        assert_eq!(body, r#"{"detail":"Internal server error"}"#);
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_ended() {
        let limit = from_fn_with_state(Duration::from_millis(1), time_limit);
        let app = Router::new().route("/", get(std::future::pending::<()>)).layer(limit);
        let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
    }

    #[test]
    fn an_id_that_could_forge_a_log_line_is_replaced() {
        let id = |text: &'static str| {
            request_id(&HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static(text))]))
        };
        assert_eq!(id("trace.7_a-B"), "trace.7_a-B");
        for bad in ["", "a b", "a\"b", "level=error"] {
            assert!(Uuid::parse_str(&id(bad)).is_ok(), "{bad:?} was taken");
        }
    }
}
