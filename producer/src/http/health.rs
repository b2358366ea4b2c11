//! What orchestrators and monitoring ask.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use deertrack_stream::Condition;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Value, json};

use super::app::App;
use super::refusal::Refusal;

/// `GET /healthz`: the process lives. Redis is not asked: restarting us would not mend Redis.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `GET /readyz`: a submit would be accepted just now, or 503 with the reason. `warnings` says what may go wrong later.
pub(super) async fn ready(State(app): State<App>) -> Result<Json<Value>, Refusal> {
    let start = Instant::now();
    let conditions = app.exports.stream().submit_conditions().await;
    let mut answer = told(&conditions.iter().filter_map(Condition::unmet).collect::<Vec<_>>())?;
    answer["redis_seconds"] = start.elapsed().as_secs_f64().into();
    let mut warnings: Vec<String> = app.exports.stream().healing().problem().into_iter().collect();
    if let Err(error) = tokio::fs::read_dir(&app.export_dir).await {
        warnings.push(format!(
            "the export folder {} cannot be read, so nothing can be downloaded: {error}",
            app.export_dir.display()
        ));
    }
    if !warnings.is_empty() {
        answer["warnings"] = json!(warnings);
    }
    Ok(answer)
}

/// Ready, or why not.
pub(super) fn told(unmet: &[String]) -> Result<Json<Value>, Refusal> {
    if unmet.is_empty() {
        return Ok(Json(json!({ "status": "ready" })));
    }
    Err(Refusal::unavailable(unmet.join("; ")))
}

/// `GET /metrics`: Prometheus text.
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    rendered(&app.metrics)
}

/// The process's metrics in Prometheus' text format.
pub(super) fn rendered(metrics: &PrometheusHandle) -> impl IntoResponse + use<> {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render())
}
