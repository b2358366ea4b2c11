//! Signed links to files: `?exp=...&kid=...&sig=...`, good for one file and some time, without a key.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::{StatusCode, Uri};
use chrono::{TimeDelta, Utc};
use deertrack_schemas::clip;
use deertrack_schemas::tenant::tenant_of_file;
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::App;
use super::refusal::Refusal;
use crate::access::{Keys, LONGEST_LINK, Scope, Signed, Who};

/// Where files are.
pub(super) const FILES: &str = "/api/static/exports/";
/// For how long a link is good unless asked otherwise.
const USUAL: Duration = Duration::from_hours(1);

#[derive(Deserialize)]
pub(super) struct Parameters {
    /// For how long, in seconds.
    seconds: Option<u64>,
}

/// `POST /api/files/{filename}/link`: an address by which that file is fetched without a key, and its end.
pub(super) async fn create(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    filename: Result<Path<String>, PathRejection>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let (Path(filename), Query(Parameters { seconds })) = (filename?, parameters?);
    if !super::files::is_artifact_name(&filename) || !who.sees(tenant_of_file(&filename)) {
        return Err(Refusal::not_found(format!("File not found: {}", clip(&filename))));
    }
    let wanted = seconds.map_or(USUAL, Duration::from_secs);
    if wanted.is_zero() || wanted > LONGEST_LINK {
        let detail = format!("A link is good for 1 to {} seconds; ask for fewer", LONGEST_LINK.as_secs());
        return Err(Refusal::bad_request(detail));
    }
    let until = Utc::now() + TimeDelta::from_std(wanted).unwrap_or(TimeDelta::MAX);
    let signed = app.keys.as_ref().and_then(|keys| keys.sign(&filename, until));
    let Signed { kid, exp, sig } = signed.ok_or_else(|| {
        let detail = "There is no secret that signs links; the operator makes one with deertrack keys link";
        Refusal::new(StatusCode::CONFLICT, detail)
    })?;
    let expires_at = chrono::DateTime::from_timestamp(exp, 0);
    Ok(Json(
        json!({ "url": format!("{}{FILES}{filename}?exp={exp}&kid={kid}&sig={sig}", app.prefix), "expires_at": expires_at }),
    ))
}

/// The file and the proof, where the address is a link.
pub(super) fn sent(uri: &Uri) -> Option<(&str, Signed)> {
    let (filename, query) = (uri.path().strip_prefix(FILES)?, uri.query()?);
    let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let (kid, sig) = (value("kid")?.to_owned(), value("sig")?.to_owned());
    Some((filename, Signed { kid, exp: value("exp")?.parse().ok()?, sig }))
}

/// Who has such a link, if it is one of ours.
pub(super) fn bearer(keys: &Keys, (filename, signed): (&str, Signed)) -> Option<Who> {
    keys.proves(filename, &signed).then(|| Who {
        id: Some(format!("link:{}", signed.kid).into()),
        scopes: [Scope::FilesRead].into_iter().collect(),
        ..Who::anybody()
    })
}

pub(super) fn over() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "The link is over, or none of ours; ask for a new one")
}
