//! Names of the gateway's metrics.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Requests answered. Labels: `route`, `method`, `status`.
pub(super) const REQUESTS: &str = "deertrack_http_requests_total";
/// Time until the answer's head was ready. Labels: `route`, `method`.
pub(super) const REQUEST_SECONDS: &str = "deertrack_http_request_seconds";
/// Clients that follow `GET /api/events`.
pub(super) const SSE_CLIENTS: &str = "deertrack_sse_clients";

/// Tells the recorder what the names mean.
pub(super) fn describe() {
    describe_counter!(REQUESTS, "HTTP requests answered");
    describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "Time until the head of an HTTP answer was ready");
    describe_gauge!(SSE_CLIENTS, "Clients that follow the event stream");
}
