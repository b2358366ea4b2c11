//! Who may ask for what: one rule for each route, and no rule means no.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION, COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use deertrack_schemas::clip;

use super::audit::{self, Told};
use super::links;
use super::refusal::Refusal;
use crate::access::{Keys, Scope, Who};

/// The cookie in which a browser keeps its key. Scripts cannot read it, and other sites cannot have it sent.
pub(super) const KEY_COOKIE: &str = "deertrack_key";

/// Whom a route asks for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nobody.
    Open,
    /// Whoever has one.
    AnyKey,
    /// Whoever has one that allows this.
    Needs(Scope),
}

/// The rule of each method and route. HEAD is asked as GET.
pub const RULES: [(&str, &str, Rule); 19] = [
    ("POST", "/api/exports/{kind}", Rule::Needs(Scope::ExportsSubmit)),
    // The router has one name for that part of the path; here it is a job's id.
    ("DELETE", "/api/exports/{kind}", Rule::Needs(Scope::ExportsCancel)),
    ("GET", "/api/exports/{kind}/{job_id}", Rule::Needs(Scope::ExportsRead)),
    ("GET", "/api/events", Rule::Needs(Scope::EventsRead)),
    // Or a signed link.
    ("GET", "/api/static/exports/{filename}", Rule::Needs(Scope::FilesRead)),
    ("POST", "/api/files/{filename}/link", Rule::Needs(Scope::FilesRead)),
    ("GET", "/metrics", Rule::Needs(Scope::MetricsRead)),
    ("GET", "/api/session", Rule::AnyKey),
    ("POST", "/api/session", Rule::AnyKey),
    ("DELETE", "/api/session", Rule::Open),
    ("GET", "/api/kinds", Rule::Open),
    ("GET", "/healthz", Rule::Open),
    ("GET", "/readyz", Rule::Open),
    ("GET", "/openapi.json", Rule::Open),
    ("GET", "/docs", Rule::Open),
    ("GET", "/docs/", Rule::Open),
    ("GET", "/docs/{file}", Rule::Open),
    ("GET", "/", Rule::Open),
    ("GET", "/assets/{file}", Rule::Open),
];

/// What the guard knows.
#[derive(Clone)]
pub(super) struct Guard {
    /// `None`: nobody is asked for a key.
    pub(super) keys: Option<Arc<Keys>>,
}

/// Lets through whom the route's rule lets through, and says who it is.
pub(super) async fn check(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let Some(keys) = &guard.keys else {
        request.extensions_mut().insert(Who::anybody());
        return next.run(request).await;
    };
    // A path that leads nowhere is told so.
    let Some(route) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let secret = secret(request.headers()).map(str::to_owned);
    let link = links::sent(request.uri()).map(|link| links::bearer(keys, link));
    if link == Some(None) {
        let told = Told::of(&request, &route, None);
        let response = links::over().into_response();
        audit::write(&told, &response);
        return response;
    }
    let who = link.flatten().or_else(|| secret.as_deref().and_then(|secret| keys.who(secret)));
    let decided = decide(request.method(), route.as_str(), secret.is_some(), who.as_ref());
    let told = Told::of(&request, &route, who.as_ref());
    let is_open = matches!(decided, Ok(Rule::Open));
    let response = match decided {
        Ok(_) => {
            request.extensions_mut().insert(who.unwrap_or_else(Who::nobody));
            next.run(request).await
        }
        Err(refused) => refused.into_response(),
    };
    if !is_open {
        audit::write(&told, &response);
    }
    response
}

/// The rule that lets the request through, or the answer that refuses it.
fn decide(method: &Method, route: &str, has_sent: bool, who: Option<&Who>) -> Result<Rule, Refusal> {
    let asked = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let of_route = || RULES.iter().filter(|(_, path, _)| *path == route);
    let Some(&(_, _, rule)) = of_route().find(|(method, _, _)| *method == asked) else {
        let allowed: Vec<&str> = of_route().map(|(method, _, _)| *method).collect();
        return Err(closed(method, route, &allowed));
    };
    match (rule, who) {
        (Rule::Open, _) | (Rule::AnyKey, Some(_)) => Ok(rule),
        (_, None) => Err(unknown(has_sent)),
        (Rule::Needs(scope), Some(who)) if who.may(scope) => Ok(rule),
        (Rule::Needs(scope), Some(_)) => Err(insufficient(scope)),
    }
}

fn closed(method: &Method, route: &str, allowed: &[&str]) -> Refusal {
    if allowed.is_empty() {
        return Refusal::new(StatusCode::FORBIDDEN, "This path has no rule, so nobody may ask for it");
    }
    let detail = format!("{} is not possible on {route}", clip(method.as_str()));
    let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, detail);
    refusal.with(ALLOW, allowed.join(","))
}

fn unknown(has_sent: bool) -> Refusal {
    let (detail, header) = if has_sent {
        (
            "The key is not known, or its time is over; ask the operator for another",
            "Bearer realm=\"deertrack\", error=\"invalid_token\"",
        )
    } else {
        (
            "This needs a key: send Authorization: Bearer <key>. The operator makes one with deertrack keys new",
            "Bearer realm=\"deertrack\"",
        )
    };
    Refusal::new(StatusCode::UNAUTHORIZED, detail).with(WWW_AUTHENTICATE, header)
}

fn insufficient(scope: Scope) -> Refusal {
    let refusal = Refusal::new(
        StatusCode::FORBIDDEN,
        format!("The key does not allow {scope}; ask the operator for one that does"),
    );
    let header = format!("Bearer realm=\"deertrack\", error=\"insufficient_scope\", scope=\"{scope}\"");
    refusal.with(WWW_AUTHENTICATE, header)
}

/// The key that was sent: in the header, or else in the page's cookie.
fn secret(headers: &HeaderMap) -> Option<&str> {
    if let Some(header) = headers.get(AUTHORIZATION) {
        return Some(bearer(header).unwrap_or_default());
    }
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split(';')).find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == KEY_COOKIE && !value.is_empty()).then_some(value)
    })
}

/// The token of `Authorization: Bearer <token>`.
pub(super) fn bearer(header: &HeaderValue) -> Option<&str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::http::HeaderName;

    use super::*;
    use crate::access::Scopes;

    fn status(method: &str, route: &str, scopes: Option<Scopes>) -> u16 {
        let who = scopes.map(|scopes| Who { id: Some("a".into()), scopes, ..Who::anybody() });
        match decide(&method.parse().unwrap(), route, who.is_some(), who.as_ref()) {
            Ok(_) => 200,
            Err(refusal) => refusal.into_response().status().as_u16(),
        }
    }

    #[test]
    fn what_has_no_rule_is_closed() {
        let all = Some(Scopes::all());
        assert_eq!(status("GET", "/api/secrets", all), 403);
        assert_eq!(status("PUT", "/api/kinds", all), 405);
        assert_eq!(status("PUT", "/api/exports/{kind}", None), 405);
        assert_eq!(status("HEAD", "/api/static/exports/{filename}", None), 401);
        assert_eq!(status("GET", "/api/session", Some(Scopes::default())), 200);
    }

    #[test]
    fn a_key_comes_in_the_header_or_in_the_cookie() {
        let of = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))])
        };
        assert_eq!(secret(&of("authorization", "bearer dtk.a.b")), Some("dtk.a.b"));
        assert_eq!(secret(&of("authorization", "Basic dTpw")), Some(""), "it is a key, and a wrong one");
        assert_eq!(secret(&of("cookie", "x=1; deertrack_key=dtk.a.b; y=2")), Some("dtk.a.b"));
        assert_eq!(secret(&of("cookie", "xdeertrack_key=dtk.a.b")), None);
        assert_eq!(secret(&HeaderMap::new()), None);
    }

    #[tokio::test]
    async fn a_check_costs_a_fraction_of_a_millisecond() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        let mut secrets = Vec::new();
        for number in 0..100 {
            let id = format!("key-{number}").parse().unwrap();
            let key = crate::access::NewKey::of(&id);
            let entry = crate::access::KeyEntry::new(&key, &id, Scopes::all(), None, &[], None);
            entry.add_to(&path).unwrap();
            secrets.push(key.secret);
        }
        let keys = Keys::follow(&path).unwrap();
        let began = Instant::now();
        const ROUNDS: u32 = 50;
        for _ in 0..ROUNDS {
            for secret in &secrets {
                assert!(keys.who(secret).is_some());
            }
        }
        let each = began.elapsed() / (ROUNDS * 100);
        // Without optimisation, on a machine that others use.
        assert!(each.as_micros() < 200, "{each:?}");
    }
}
