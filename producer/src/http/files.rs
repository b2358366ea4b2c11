//! Artifacts: `GET /api/static/exports/{filename}`.
//!
//! Ranges, `ETag` and the conditional headers are `ServeFile`'s, but for `If-Range`, which it does not know, and ranges
//! that it would refuse though they are to be ignored.
//! A name is one path component out of a narrow alphabet, so there is no way out of the directory.

use std::convert::Infallible;
use std::path::Path as FsPath;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_RANGE, LAST_MODIFIED,
    RANGE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use deertrack_schemas::tenant::tenant_of_file;
use deertrack_schemas::{KINDS, clip};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::app::App;
use super::limits::hold;
use super::refusal::Refusal;
use crate::access::Who;

/// Artifacts never change under their name, but they expire, and a shared cache must not outlive that.
const CACHING: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A report that opens in the browser's own viewer, which needs styles and fonts that it makes itself. No script runs.
const VIEWER_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// The artifact, or the part that `Range` asks for. With `?inline=1` a report opens in the browser.
pub(super) async fn download(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    filename: Result<Path<String>, PathRejection>,
    mut request: Request,
) -> Result<Response, Refusal> {
    let Path(filename) = filename?;
    let absent = || Refusal::not_found(format!("File not found: {}", clip(&filename)));
    if !is_artifact_name(&filename) || !who.sees(tenant_of_file(&filename)) {
        return Err(absent());
    }
    let path = app.export_dir.join(&filename);
    // Not `metadata`, which follows links: a link could lead out of the directory.
    if !tokio::fs::symlink_metadata(&path).await.is_ok_and(|found| found.is_file()) {
        return Err(absent());
    }
    let place = app.places.download()?;
    let opens = filename.ends_with(".pdf") && request.uri().query() == Some("inline=1");
    if !wants_part(&path, request.headers()).await {
        request.headers_mut().remove(RANGE);
    }
    let mut response = serve(&path, request).await.map(|body| hold(body, place));
    // Removed by age between our look and the opening.
    if response.status() == StatusCode::NOT_FOUND {
        return Err(absent());
    }
    describe(&mut response, &filename, opens);
    Ok(response)
}

/// Letters, digits, `.`, `_` and `-`, not beginning with a dot (`..`, and files still being written).
pub(super) fn is_artifact_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(allowed)
}

async fn serve(path: &FsPath, request: Request) -> Response {
    let served: Result<_, Infallible> = ServeFile::new(path).oneshot(request).await;
    match served {
        Ok(response) => response.into_response(),
    }
}

/// `Range` asks for what can be given: one range of bytes, of the version that `If-Range` names. Everything else is
/// answered with the whole file: other units and ranges that are none must be ignored, several ranges may be (RFC 9110,
/// section 14.2).
async fn wants_part(path: &FsPath, headers: &HeaderMap) -> bool {
    let mut ranges = headers.get_all(RANGE).iter();
    let one = ranges.next().filter(|_| ranges.next().is_none()).and_then(|range| range.to_str().ok());
    if !one.is_some_and(is_one_range) {
        return false;
    }
    match headers.get(IF_RANGE) {
        Some(version) => is_current(path, version).await,
        None => true,
    }
}

/// `bytes=0-499`, `bytes=500-` or `bytes=-500` (RFC 9110, section 14.1.2).
fn is_one_range(text: &str) -> bool {
    let Some((unit, range)) = text.split_once('=') else { return false };
    let Some((first, last)) = range.trim().split_once('-') else { return false };
    let number = |text: &str| -> Option<u64> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    };
    let in_order = match (number(first), number(last)) {
        (Some(first), Some(last)) => first <= last,
        (Some(_), None) => last.is_empty(),
        (None, Some(_)) => first.is_empty(),
        (None, None) => false,
    };
    unit.eq_ignore_ascii_case("bytes") && in_order
}

/// `If-Range` names the version that we have; else the whole file must be sent.
/// RFC 9110, section 13.1.5: strong comparison of tags, exact comparison of dates.
async fn is_current(path: &FsPath, version: &HeaderValue) -> bool {
    let mut head = Request::new(Body::empty());
    *head.method_mut() = Method::HEAD;
    let current = serve(path, head).await;
    [ETAG, LAST_MODIFIED].iter().any(|name| current.headers().get(name) == Some(version))
}

fn describe(response: &mut Response, filename: &str, opens: bool) {
    let carries_file = matches!(response.status(), StatusCode::OK | StatusCode::PARTIAL_CONTENT);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHING);
    if !carries_file {
        return;
    }
    let how = if opens { "inline" } else { "attachment" };
    let disposition = HeaderValue::try_from(format!("{how}; filename=\"{filename}\""))
        .expect("an artifact's name holds letters, digits and . _ - only");
    headers.insert(CONTENT_DISPOSITION, disposition);
    if opens {
        headers.insert(CONTENT_SECURITY_POLICY, VIEWER_POLICY);
    }
    if let Some(media_type) = media_type(filename) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
}

/// What the kind of that extension says; for other files the guess of `ServeFile` stays.
fn media_type(filename: &str) -> Option<&'static str> {
    let (_, extension) = filename.rsplit_once('.')?;
    KINDS
        .iter()
        .flat_map(|info| info.files())
        .find(|file| file.extension == extension)
        .map(|file| file.media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_a_kind_makes_has_its_media_type() {
        assert_eq!(media_type("report_1.pdf"), Some("application/pdf"));
        assert_eq!(media_type("table_1.geojson"), Some("application/geo+json"));
        assert_eq!(media_type("table_1.csv"), Some("text/csv"));
        assert_eq!(media_type("a.exe"), None);
    }

    #[test]
    fn only_one_range_of_bytes_is_a_part() {
        for part in ["bytes=0-0", "bytes=7-", "bytes=-2", "Bytes=1-1", "bytes=99999999999-"] {
            assert!(is_one_range(part), "{part}");
        }
        for whole in
            ["bytes=0-0,2-3", "rows=1-2", "bytes=5-2", "bytes=-", "bytes=+1-2", "bytes", "=", "bytes=1", ""]
        {
            assert!(!is_one_range(whole), "{whole}");
        }
    }

    #[test]
    fn a_name_is_one_component_of_a_narrow_alphabet() {
        assert!(is_artifact_name("report_20260101_120000_0192f0c1-7d2e-7aaa-8bbb-cccccccccccc.pdf"));
        for bad in [
            "", ".", "..", ".hidden", "../x", "a/b", "a\\b", "a\0b", "a b", "é.pdf", "a%2fb", "report#1",
            "C:x",
        ] {
            assert!(!is_artifact_name(bad), "{bad:?} was taken");
        }
    }
}
