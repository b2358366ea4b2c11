//! A gateway below a path of a proxy: `/exports/api/kinds`. It answers with the path and without it, so that it makes no
//! difference whether the proxy hands the path on or takes it away.

use std::fmt;
use std::str::FromStr;

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::response::Redirect;
use axum::routing::get;
use tower::ServiceExt;

/// How its own paths begin: below one of these it would hide them from a proxy that takes the path away.
const OWN: [&str; 7] = ["api", "assets", "docs", "healthz", "metrics", "openapi.json", "readyz"];

/// A path like `/exports`, or none: begins with a slash, ends without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// `/exports`, or nothing.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The routes, also below the path.
    pub(super) fn above(self, routes: Router) -> Router {
        let Self(prefix) = self;
        if prefix.is_empty() {
            return routes;
        }
        // The page's relative links need the slash.
        let folder = Redirect::permanent(&format!("{prefix}/"));
        let page = Router::new().route(&prefix, get(async move || folder));
        page.fallback_service(routes.map_request(move |mut request: Request| {
            if let Some(uri) = within(&prefix, request.uri()) {
                *request.uri_mut() = uri;
            }
            request
        }))
    }
}

/// The address without the path before it, if that is there.
fn within(prefix: &str, uri: &Uri) -> Option<Uri> {
    let path = uri.path_and_query()?.as_str().strip_prefix(prefix).filter(|rest| rest.starts_with('/'))?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::from_str(path).ok()?);
    Uri::from_parts(parts).ok()
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PathPrefix {
    type Err = String;

    /// A slash at the end is let pass.
    fn from_str(text: &str) -> Result<Self, String> {
        let path = text.trim_end_matches('/');
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-');
        let is_segment = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(allowed);
        let own = path.split('/').nth(1).filter(|first| OWN.contains(first));
        if let Some(own) = own {
            return Err(format!("/{own} is a path of the gateway's own; write it like /exports"));
        }
        match path.strip_prefix('/') {
            None if text.is_empty() || text == "/" => Ok(Self::default()),
            Some(parts) if parts.split('/').all(is_segment) => Ok(Self(path.to_owned())),
            _ => Err(format!("{text:?} is no path; write it like /exports, without a name before it")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_with_a_slash_and_has_plain_parts() {
        for (text, wanted) in [("", ""), ("/", ""), ("/exports", "/exports"), ("/a/b-c/", "/a/b-c")] {
            assert_eq!(text.parse::<PathPrefix>().unwrap().as_str(), wanted, "{text}");
        }
        for wrong in
            ["exports", "/a//b", "/..", "/a b", "/{kind}", "http://host/exports", "//host", "/api", "/docs/x"]
        {
            assert!(wrong.parse::<PathPrefix>().unwrap_err().contains("write it like /exports"), "{wrong}");
        }
    }

    #[test]
    fn what_only_begins_alike_is_not_below_it() {
        let within = |uri: &str| within("/exports", &uri.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(within("/exports/api/kinds?x=1").as_deref(), Some("/api/kinds?x=1"));
        assert_eq!(within("http://host:80/exports/").as_deref(), Some("http://host:80/"));
        assert_eq!(
            (within("/exportsx/api"), within("/api/exports/pdf"), within("/exports")),
            (None, None, None)
        );
    }
}
