//! Pages for people: the dashboard and the interactive documentation. Everything is embedded; no CDN is asked.

use std::sync::{Arc, LazyLock};

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use deertrack_schemas::clip;
use utoipa_swagger_ui::Config;

use super::refusal::Refusal;

const DASHBOARD: &str = include_str!("../../assets/dashboard.html");
const SCRIPT: &str = include_str!("../../assets/dashboard.js");
const STYLE: &str = include_str!("../../assets/dashboard.css");
const ICON: &str = include_str!("../../assets/icon.svg");

static OPENAPI: LazyLock<String> = LazyLock::new(|| deertrack_schemas::openapi().to_string());
static DOCS: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json").use_base_layout()));

/// `GET /`: submit exports and follow them.
pub(super) async fn dashboard() -> Response {
    page("text/html; charset=utf-8", DASHBOARD)
}

/// `GET /assets/{file}`: what the dashboard loads.
pub(super) async fn asset(file: Result<Path<String>, PathRejection>) -> Result<Response, Refusal> {
    match file?.as_str() {
        "dashboard.js" => Ok(page("text/javascript; charset=utf-8", SCRIPT)),
        "dashboard.css" => Ok(page("text/css; charset=utf-8", STYLE)),
        "icon.svg" => Ok(page("image/svg+xml", ICON)),
        other => Err(Refusal::not_found(format!("No such file: {}", clip(other)))),
    }
}

/// `GET /openapi.json`.
pub(super) async fn openapi() -> Response {
    page("application/json", OPENAPI.as_str())
}

/// `GET /docs`: the page's relative links need the slash.
pub(super) async fn docs_folder() -> Redirect {
    Redirect::permanent("/docs/")
}

/// `GET /docs/`: Swagger UI over `/openapi.json`.
pub(super) async fn docs_index() -> Result<Response, Refusal> {
    swagger("")
}

/// `GET /docs/{file}`: what Swagger UI loads.
pub(super) async fn docs_file(file: Result<Path<String>, PathRejection>) -> Result<Response, Refusal> {
    swagger(&file?)
}

fn swagger(file: &str) -> Result<Response, Refusal> {
    match utoipa_swagger_ui::serve(file, Arc::clone(&DOCS)) {
        Ok(Some(found)) => Ok(page(&found.content_type, found.bytes.into_owned())),
        Ok(None) => Err(Refusal::not_found(format!("No such file: {}", clip(file)))),
        Err(error) => {
            tracing::error!(%error, "the documentation page cannot be made");
            Err(Refusal::internal())
        }
    }
}

/// Asked for anew each time: after an upgrade no browser shows an old page over a new gateway.
fn page(media_type: &str, body: impl IntoResponse) -> Response {
    ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-cache")], body).into_response()
}
