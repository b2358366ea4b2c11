//! The page's key: sent once, then kept in a cookie that no script reads.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::app::App;
use super::guard::{KEY_COOKIE, bearer};
use super::refusal::Refusal;
use crate::access::{Scope, Who};

/// `GET /api/session`: whose key this is, and what it allows.
pub(super) async fn show(Extension(who): Extension<Who>) -> impl IntoResponse {
    let scopes: Vec<&str> = who.scopes.iter().map(Scope::name).collect();
    let kinds = who.kinds.map(|kinds| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>());
    let body = json!({ "key": who.id, "scopes": scopes, "tenant": who.tenant, "kinds": kinds });
    ([(CACHE_CONTROL, "no-store")], Json(body))
}

/// `POST /api/session`: keeps the key of the header in the browser until that is closed.
pub(super) async fn begin(State(app): State<App>, headers: HeaderMap) -> Result<Response, Refusal> {
    let key = headers.get(AUTHORIZATION).and_then(bearer).ok_or_else(|| {
        Refusal::bad_request("Send the key as Authorization: Bearer <key>, and it is kept in a cookie")
    })?;
    Ok(answer(&app, &format!("{KEY_COOKIE}={key}")))
}

/// `DELETE /api/session`: forgets it.
pub(super) async fn end(State(app): State<App>) -> Response {
    answer(&app, &format!("{KEY_COOKIE}=; Max-Age=0"))
}

fn answer(app: &App, cookie: &str) -> Response {
    let secure = if app.speaks_tls { "; Secure" } else { "" };
    let cookie = format!("{cookie}; Path={}/; HttpOnly; SameSite=Strict{secure}", app.prefix);
    (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie), (CACHE_CONTROL, "no-store".to_owned())]).into_response()
}
