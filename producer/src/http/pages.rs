//! Pages for people: where exports are started, followed and looked into, and the interactive
//! documentation. Everything is embedded; no CDN is asked.

use std::sync::{Arc, LazyLock};

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use deertrack_schemas::clip;
use utoipa_swagger_ui::Config;

use super::app::App;
use super::refusal::Refusal;

/// A file of the page, by its name.
macro_rules! files {
    ($($name:literal $media_type:expr;)*) => {
        &[$(($name, $media_type, include_str!(concat!("../../assets/page/", $name)))),*]
    };
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const INDEX: &str = include_str!("../../assets/page/index.html");
const FILES: &[(&str, &str, &str)] = files! {
    "page.css" "text/css; charset=utf-8";
    "icon.svg" "image/svg+xml";
    "api.js" SCRIPT;
    "archive_view.js" SCRIPT;
    "controls.js" SCRIPT;
    "dom.js" SCRIPT;
    "events.js" SCRIPT;
    "form.js" SCRIPT;
    "job_item.js" SCRIPT;
    "jobs.js" SCRIPT;
    "look.js" SCRIPT;
    "main.js" SCRIPT;
    "map_view.js" SCRIPT;
    "presets.js" SCRIPT;
    "schema.js" SCRIPT;
    "table_view.js" SCRIPT;
    "texts.js" SCRIPT;
    "validate.js" SCRIPT;
    "zip.js" SCRIPT;
};

static OPENAPI: LazyLock<String> = LazyLock::new(|| deertrack_schemas::openapi().to_string());
static DOCS: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("../openapi.json").use_base_layout()));

/// `GET /`: submit exports and follow them.
pub(super) async fn dashboard() -> Response {
    page("text/html; charset=utf-8", INDEX)
}

/// `GET /assets/{file}`: what the page loads.
pub(super) async fn asset(file: Result<Path<String>, PathRejection>) -> Result<Response, Refusal> {
    let file = file?;
    let found = FILES.iter().find(|(name, ..)| *name == file.as_str());
    let (_, media_type, text) =
        found.ok_or_else(|| Refusal::not_found(format!("No such file: {}", clip(&file))))?;
    Ok(page(media_type, *text))
}

/// `GET /openapi.json`.
pub(super) async fn openapi(State(app): State<App>) -> Response {
    if app.prefix.is_empty() {
        return page("application/json", OPENAPI.as_str());
    }
    let mut contract = deertrack_schemas::openapi();
    contract["servers"][0]["url"] = app.prefix.as_ref().into();
    page("application/json", contract.to_string())
}

/// `GET /docs`: the page's relative links need the slash.
pub(super) async fn docs_folder() -> Redirect {
    Redirect::permanent("docs/")
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
