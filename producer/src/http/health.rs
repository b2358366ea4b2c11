//! What orchestrators and monitoring ask.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Value, json};

use super::app::App;
use super::refusal::Refusal;

/// An orchestrator's own limit is often a second or two; past it our reason would not be read.
const READY_TIMEOUT: Duration = Duration::from_secs(1);

/// `GET /healthz`: the process lives. Redis is not asked: restarting us would not mend Redis.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `GET /readyz`: Redis answered just now, or 503 with the reason. `warnings` says what may go wrong later.
pub(super) async fn ready(State(app): State<App>) -> Result<Json<Value>, Refusal> {
    match tokio::time::timeout(READY_TIMEOUT, app.exports.stream().ping()).await {
        Ok(Ok(round_trip)) => {
            let mut answer = json!({ "status": "ready", "redis_seconds": round_trip.as_secs_f64() });
            if let Some(warning) = app.exports.stream().healing().problem() {
                answer["warnings"] = json!([warning]);
            }
            Ok(Json(answer))
        }
        Ok(Err(error)) => Err(Refusal::unavailable(error.to_string())),
        Err(_) => {
            Err(Refusal::unavailable(format!("Redis gave no answer within {} s", READY_TIMEOUT.as_secs())))
        }
    }
}

/// `GET /metrics`: Prometheus text.
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    rendered(&app.metrics)
}

/// The process's metrics in Prometheus' text format.
pub(super) fn rendered(metrics: &PrometheusHandle) -> impl IntoResponse + use<> {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render())
}
