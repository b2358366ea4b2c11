//! Which web pages may ask: those of the gateway itself.
//!
//! A page that a person visits can send requests to whatever that person's browser reaches, this gateway on
//! `127.0.0.1` among it. Three things give it away: the `Host` that it asks (a name of its own that it had resolve to
//! us: rebinding), its `Origin`, and `Sec-Fetch-Site`. Programs send neither of the latter and are left alone.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use deertrack_schemas::clip;

use super::links;
use super::refusal::Refusal;

/// By which names the gateway is asked.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// `None`: by any. Where only this machine can ask, no other name is right.
    hosts: Option<Arc<[String]>>,
    /// Other names of its pages, such as that of a proxy in front.
    pages: Arc<[String]>,
    /// Signed links are checked, and so may stand on any page.
    links: bool,
}

impl Names {
    /// The names of a gateway that listens on `address`, and those that its operator gave.
    pub(super) fn new(address: Option<SocketAddr>, given: &[String]) -> Self {
        let given: Vec<String> = given.iter().map(|name| plain(name)).collect();
        let here = address.map(|address| address.ip()).filter(IpAddr::is_loopback);
        let hosts = (here.is_some() || !given.is_empty()).then(|| {
            let own = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).into_iter();
            own.chain(here.map(written)).chain(given.iter().cloned()).collect()
        });
        Self { hosts, pages: given.into(), links: false }
    }

    /// The same where signed links are checked.
    pub(super) fn with_links(self, links: bool) -> Self {
        Self { links, ..self }
    }

    fn is_host(&self, authority: &str) -> bool {
        let asked = plain(authority);
        self.hosts
            .as_ref()
            .is_none_or(|hosts| hosts.iter().any(|host| *host == asked || host == name_of(&asked)))
    }

    /// A page of this origin is one of ours.
    fn is_own_page(&self, origin: &str, host: &str) -> bool {
        let Some((scheme, authority)) = origin.split_once("://") else { return false };
        let default_port = if scheme == "https" { ":443" } else { ":80" };
        let bare = |authority: &str| {
            let authority = plain(authority);
            authority.strip_suffix(default_port).map_or(authority.clone(), str::to_owned)
        };
        let page = bare(authority);
        page == bare(host) || self.pages.iter().any(|own| bare(own) == page)
    }
}

/// As it stands in an address: numbers of version 6 in brackets.
fn written(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

fn plain(name: &str) -> String {
    name.trim().trim_end_matches('.').to_ascii_lowercase()
}

/// Without the port.
fn name_of(authority: &str) -> &str {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    };
    name.trim_end_matches('.')
}

/// Refuses what a foreign page asks.
pub(super) async fn check(State(names): State<Names>, request: Request, next: Next) -> Response {
    match refused(&names, request.method(), request.uri(), request.headers()) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    }
}

fn refused(names: &Names, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Refusal> {
    let path = uri.path();
    if matches!(path, "/healthz" | "/readyz") {
        return None;
    }
    let header = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let host = header(HOST.as_str()).unwrap_or_default();
    // HTTP/2 and requests of proxies name it in the address; then the header has to agree.
    let asked = uri.authority().map_or(&*host, |authority| authority.as_str());
    if !names.is_host(asked) || (!host.is_empty() && !names.is_host(&host)) {
        return Some(misdirected(if names.is_host(asked) { &host } else { asked }));
    }
    let is_link = || names.links && *method == Method::GET && links::sent(uri).is_some();
    if is_public(path) || is_link() {
        return None;
    }
    let (origin, site) = (header(ORIGIN.as_str()), header("sec-fetch-site"));
    if let Some(origin) = origin.as_deref().filter(|origin| !names.is_own_page(origin, asked)) {
        return Some(foreign(&format!("a page of {}", clip(origin))));
    }
    if site.as_deref() == Some("cross-site") {
        return Some(foreign("a page of another site"));
    }
    let by_browser = origin.is_some() || site.is_some();
    (by_browser && *method == Method::POST && !is_json(headers)).then(|| {
        let detail = "A browser has to send JSON with the header Content-Type: application/json";
        Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    })
}

/// Pages and their parts: no data is in them, and links of other pages may lead here.
fn is_public(path: &str) -> bool {
    matches!(path, "/" | "/docs" | "/openapi.json")
        || path.starts_with("/docs/")
        || path.starts_with("/assets/")
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn misdirected(host: &str) -> Refusal {
    let detail = format!(
        "This gateway is not called {:?}; ask it as localhost, or start it with --allowed-host and that name",
        clip(host)
    );
    Refusal::new(StatusCode::MISDIRECTED_REQUEST, detail)
}

fn foreign(who: &str) -> Refusal {
    let detail = format!(
        "This was asked by {who}; of web pages only the gateway's own may ask. Behind a proxy, start it with \
         --allowed-host and the name in the browser's address line"
    );
    Refusal::new(StatusCode::FORBIDDEN, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(
        given: &[&str],
        address: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Option<u16> {
        let given: Vec<String> = given.iter().map(|&name| name.to_owned()).collect();
        let names = Names::new(Some(address.parse().unwrap()), &given);
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let refusal = refused(&names, &parts.method, &parts.uri, &parts.headers)?;
        Some(refusal.into_response().status().as_u16())
    }

    const HERE: &str = "127.0.0.1:8080";
    const EVERYWHERE: &str = "0.0.0.0:8080";

    #[test]
    fn on_a_loopback_address_only_its_own_names_are_answered() {
        let get = |given: &[&str], address: &str, host: &str| {
            told(given, address, "GET", "/api/kinds", &[("host", host)])
        };
        for right in
            ["localhost", "localhost:8080", "LOCALHOST.:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]"]
        {
            assert_eq!(get(&[], HERE, right), None, "{right}");
        }
        for wrong in [
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "",
            "127.0.0.1@evil.example",
        ] {
            assert_eq!(get(&[], HERE, wrong), Some(421), "{wrong}");
            assert_eq!(get(&["deer.example"], EVERYWHERE, wrong), Some(421), "{wrong}");
            assert_eq!(
                get(&[], EVERYWHERE, wrong),
                None,
                "{wrong}: its names are not known, and keys are asked for"
            );
        }
        assert_eq!(get(&["Deer.example"], HERE, "deer.example:443"), None);
        assert_eq!(
            told(&[], HERE, "GET", "http://evil.example/api/kinds", &[("host", "localhost")]),
            Some(421)
        );
        assert_eq!(
            told(&[], HERE, "GET", "/healthz", &[("host", "10.0.0.7:8080")]),
            None,
            "orchestrators ask by number"
        );
    }

    #[test]
    fn of_pages_only_our_own_may_ask() {
        let ask = |path: &str, more: &[(&str, &str)]| {
            let headers =
                [&[("host", "127.0.0.1:8080"), ("content-type", "application/json")], more].concat();
            told(&["deer.example"], HERE, "POST", path, &headers)
        };
        let job = "/api/exports/pdf";
        assert_eq!(ask(job, &[]), None);
        assert_eq!(ask(job, &[("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")]), None);
        assert_eq!(ask(job, &[("origin", "https://deer.example")]), None, "a proxy that changed the host");
        for foreign in [
            "https://evil.example",
            "null",
            "http://127.0.0.1:3000",
            "http://127.0.0.1",
            "https://deer.example:81",
            "",
        ] {
            assert_eq!(ask(job, &[("origin", foreign)]), Some(403), "{foreign}");
        }
        assert_eq!(ask(job, &[("sec-fetch-site", "cross-site")]), Some(403));
        assert_eq!(ask(job, &[("sec-fetch-site", "none")]), None);
        assert_eq!(ask("/", &[("sec-fetch-site", "cross-site")]), None, "a link may lead to the page");
    }

    #[test]
    fn a_browser_has_to_say_that_it_sends_json_and_a_program_need_not() {
        let ask = |media_type: &str, more: &[(&str, &str)]| {
            let headers = [&[("host", "localhost"), ("content-type", media_type)], more].concat();
            told(&[], HERE, "POST", "/api/exports/pdf", &headers)
        };
        for simple in ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"] {
            assert_eq!(ask(simple, &[]), None, "{simple}");
            assert_eq!(ask(simple, &[("sec-fetch-site", "same-origin")]), Some(415), "{simple}");
            assert_eq!(ask(simple, &[("origin", "http://localhost")]), Some(415), "{simple}");
        }
        assert_eq!(ask("application/json; charset=utf-8", &[("sec-fetch-site", "same-origin")]), None);
    }
}
