//! Who may do what: every route, by every scope, of every tenant.

use std::path::{Path, PathBuf};
use std::time::Duration;

use deertrack_producer::Kind;
use deertrack_producer::access::{KeyEntry, Keys, Name, NewKey, Scope, Scopes, add_link_secret};
use deertrack_producer::http::{RULES, Rule};
use deertrack_schemas::State;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::deadline::DEADLINE;
use crate::log;
use crate::sse::Events;
use crate::support::{Gateway, RIGHT, exchange};

/// Where the table of this test is kept.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security.md");

/// A gateway that asks for keys, and the file of them.
struct Guarded {
    gateway: Gateway,
    path: PathBuf,
    _dir: tempfile::TempDir,
}

impl Guarded {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        make(&path, "operator", Scopes::all(), None);
        add_link_secret(&path, &"first".parse().unwrap()).unwrap();
        let keys = Keys::follow(&path).unwrap();
        let gateway = Gateway::with_state(|state| state.keys = Some(keys)).await;
        Self { gateway, path, _dir: dir }
    }

    /// A new key, as soon as the gateway takes it.
    async fn key(&self, id: &str, scopes: impl IntoIterator<Item = Scope>, tenant: Option<&str>) -> String {
        let key = make(&self.path, id, scopes.into_iter().collect(), tenant);
        self.until(&key, true).await;
        key
    }

    async fn until(&self, key: &str, taken: bool) {
        let ask = async {
            while (self.ask("GET", "/api/session", key).await.status() == 200) != taken {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(DEADLINE, ask).await.unwrap();
    }

    async fn ask(&self, method: &str, path: &str, key: &str) -> Response {
        self.send(method, path, Some(key), RIGHT).await
    }

    async fn send(&self, method: &str, path: &str, key: Option<&str>, body: &'static str) -> Response {
        let method: Method = method.parse().unwrap();
        let mut request = self.gateway.client.request(method.clone(), self.gateway.url(path));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if method == Method::POST {
            request = request.body(body);
        }
        request.send().await.unwrap()
    }

    async fn submit(&self, key: &str) -> String {
        let answer: Value = self.ask("POST", "/api/exports/pdf", key).await.json().await.unwrap();
        answer["job_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    async fn follow(&self, key: &str) -> Events {
        Events::of(self.ask("GET", "/api/events", key).await).await
    }
}

pub(crate) fn make(path: &Path, id: &str, scopes: Scopes, tenant: Option<&str>) -> String {
    let id: Name = id.parse().unwrap();
    let tenant: Option<Name> = tenant.map(|tenant| tenant.parse().unwrap());
    let key = NewKey::of(&id);
    KeyEntry::new(&key, &id, scopes, tenant.as_ref(), &[], None).add_to(path).unwrap();
    key.secret
}

/// The scopes that a key of one tenant may have.
fn of_a_tenant() -> Vec<Scope> {
    use Scope::{EventsRead, ExportsCancel, ExportsRead, ExportsSubmit, FilesRead};
    vec![ExportsSubmit, ExportsRead, ExportsCancel, FilesRead, EventsRead]
}

fn filled(path: &str, method: &str, job: &str, file: &str) -> String {
    let kind = if method == "DELETE" { job } else { "pdf" };
    let part = if path.starts_with("/docs/") { "swagger-initializer.js" } else { "main.js" };
    path.replace("{kind}", kind).replace("{job_id}", job).replace("{filename}", file).replace("{file}", part)
}

#[tokio::test]
async fn each_route_asks_for_its_scope_and_for_nothing_else() {
    let guarded = Guarded::start().await;
    let mut keys = Vec::new();
    for scope in Scope::ALL {
        keys.push((
            scope,
            make(&guarded.path, &scope.name().replace(':', "-"), [scope].into_iter().collect(), None),
        ));
    }
    let mine = guarded.key("mine", of_a_tenant(), Some("north")).await;
    let others = guarded.key("others", of_a_tenant(), Some("south")).await;
    let (job, file) = (guarded.submit(&mine).await, "report_20260101_120000_a-1.north.pdf");
    std::fs::write(guarded.gateway.export_dir().join(file), "a den").unwrap();

    let mut table = "| request | asks for | no key | a key without it | with it | its tenant's key | another tenant's |\n\
                     |---|---|---|---|---|---|---|\n".to_owned();
    for (method, route, rule) in RULES {
        let path = filled(route, method, &job, file);
        let status =
            async |key: Option<&str>| guarded.send(method, &path, key, RIGHT).await.status().as_u16();
        let none = status(None).await;
        assert_eq!(
            status(Some("dtk.operator.wrong")).await,
            if rule == Rule::Open { none } else { 401 },
            "{route}"
        );
        let (asks, without) = match rule {
            Rule::Needs(scope) => (scope.name(), "403"),
            Rule::AnyKey => ("any key", "-"),
            Rule::Open => ("nothing", "-"),
        };
        let mut with = "-".to_owned();
        for (scope, key) in &keys {
            let allowed = rule == Rule::Needs(*scope) || rule == Rule::AnyKey || rule == Rule::Open;
            // What can be done once is done by the tenant below.
            if allowed && method == "DELETE" && matches!(rule, Rule::Needs(_)) {
                continue;
            }
            let status = status(Some(key)).await;
            assert_eq!(status != 401 && status != 403, allowed, "{method} {route} by {scope}: {status}");
            if allowed {
                with = status.to_string();
            }
        }
        let other = status(Some(&others)).await;
        let own = status(Some(&mine)).await;
        let with = if with == "-" { own.to_string() } else { with };
        table.push_str(&format!(
            "| `{method} {route}` | {asks} | {none} | {without} | {with} | {own} | {other} |\n"
        ));
    }
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    assert!(document.contains(&table), "docs/security.md has another table than this:\n{table}");
}

#[tokio::test]
async fn every_route_of_the_contract_has_a_rule() {
    for (path, operations) in deertrack_schemas::openapi()["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let is_route = |route: &str| {
                let parts = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
                let (asked, route) = (parts(path), parts(route));
                asked.len() == route.len()
                    && asked.iter().zip(&route).all(|(asked, part)| asked == part || part.starts_with('{'))
            };
            let found = RULES.iter().any(|(of, route, _)| method.to_uppercase() == *of && is_route(route));
            assert!(found, "{method} {path} has no rule");
        }
    }
}

#[tokio::test]
async fn keys_come_and_go_without_a_restart() {
    let guarded = Guarded::start().await;
    let before = std::fs::read_to_string(&guarded.path).unwrap();
    let key = guarded.key("new", [Scope::ExportsRead], None).await;
    std::fs::write(&guarded.path, "[[key]]\nid = 4\n").unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(guarded.ask("GET", "/api/session", &key).await.status(), 200, "a wrong file changes nothing");
    assert!(log::text().contains("the changed keys cannot be used"));
    std::fs::write(&guarded.path, before).unwrap();
    guarded.until(&key, false).await;
    let (status, body) = exchange(guarded.ask("GET", "/api/exports/pdf/x", &key).await).await;
    assert_eq!(status, 401, "{body}");

    let ended = std::fs::read_to_string(&guarded.path).unwrap() + "expires = \"2020-01-01T00:00:00Z\"\n";
    std::fs::write(&guarded.path, ended).unwrap();
    let gone = async {
        while guarded.gateway.client.get(guarded.gateway.url("/api/session")).send().await.unwrap().status()
            != 401
        {}
    };
    tokio::time::timeout(DEADLINE, gone).await.unwrap();
}

#[tokio::test]
async fn a_tenant_sees_its_own_jobs_and_events_and_no_others() {
    let guarded = Guarded::start().await;
    let north = guarded.key("north", of_a_tenant(), Some("north")).await;
    let south = guarded.key("south", of_a_tenant(), Some("south")).await;
    let operator = guarded.key("all", Scope::ALL, None).await;
    let mut events = Vec::new();
    for key in [&north, &south, &operator] {
        events.push(guarded.follow(key).await);
    }
    let [of_north, of_south, of_nobody] =
        [guarded.submit(&north).await, guarded.submit(&south).await, guarded.submit(&operator).await];
    for (key, job, status) in [
        (&north, &of_north, 200),
        (&north, &of_south, 404),
        (&north, &of_nobody, 404),
        (&south, &of_north, 404),
        (&operator, &of_north, 200),
    ] {
        let answer = guarded.ask("GET", &format!("/api/exports/pdf/{job}"), key).await;
        assert_eq!(answer.status(), status);
        if status == 404 {
            let nowhere = guarded.ask("GET", "/api/exports/pdf/no-such-job", key).await;
            assert_eq!(
                exchange(answer).await,
                exchange(nowhere).await,
                "it would tell that the job is there"
            );
            assert_eq!(guarded.ask("DELETE", &format!("/api/exports/{job}"), key).await.status(), 404);
        }
    }
    let mut worker = guarded.gateway.worker().await;
    for _ in 0..3 {
        worker.finish_next(State::Completed).await;
    }
    for (events, expected) in
        events.iter_mut().zip([vec![&of_north], vec![&of_south], vec![&of_north, &of_south, &of_nobody]])
    {
        for job in expected {
            assert_eq!(events.next().await.unwrap().data["record"]["job_id"], job.as_str());
        }
        events.stays_silent().await;
    }
}

#[tokio::test]
async fn two_tenants_may_choose_the_same_idempotency_key() {
    let guarded = Guarded::start().await;
    let north = guarded.key("north", of_a_tenant(), Some("north")).await;
    let south = guarded.key("south", of_a_tenant(), Some("south")).await;
    let submit = async |key: &str| {
        let address = guarded.gateway.url("/api/exports/pdf");
        let request =
            guarded.gateway.client.post(address).bearer_auth(key).header("idempotency-key", "monthly");
        let response = request.body(RIGHT).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap()["job_id"].clone())
    };
    let (first, other) = (submit(&north).await, submit(&south).await);
    assert_eq!((first.0, other.0), (202, 202));
    assert_ne!(first.1, other.1);
    assert_eq!(submit(&north).await, (200, first.1));
}

#[tokio::test]
async fn a_key_may_be_good_for_some_kinds_and_names_who_asked() {
    let guarded = Guarded::start().await;
    let (id, scopes) = ("tables".parse::<Name>().unwrap(), Scopes::all());
    let key = NewKey::of(&id);
    KeyEntry::new(&key, &id, scopes, None, &[Kind::Table], None).add_to(&guarded.path).unwrap();
    guarded.until(&key.secret, true).await;
    let (status, body) = exchange(guarded.ask("POST", "/api/exports/pdf", &key.secret).await).await;
    assert_eq!(
        (status, body.as_str()),
        (403, r#"{"detail":"The key does not allow exports of the kind pdf"}"#)
    );
    let body = r#"{"format":"csv","start_date":"2026-01-01","end_date":"2026-02-01"}"#;
    let answer = guarded.send("POST", "/api/exports/table", Some(&key.secret), body).await;
    let job: Value = answer.json().await.unwrap();
    let path = format!("/api/exports/table/{}", job["job_id"].as_str().unwrap());
    let record: Value = guarded.ask("GET", &path, &key.secret).await.json().await.unwrap();
    assert_eq!(record["requested_by"], "tables");
}

#[tokio::test]
async fn a_page_keeps_its_key_in_a_cookie_that_no_script_reads() {
    let guarded = Guarded::start().await;
    let key = guarded.key("page", [Scope::ExportsRead], None).await;
    let begun = guarded.ask("POST", "/api/session", &key).await;
    let cookie = begun.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert_eq!(cookie, format!("deertrack_key={key}; Path=/; HttpOnly; SameSite=Strict"));
    let session = guarded.gateway.client.get(guarded.gateway.url("/api/session"));
    let session = session.header("cookie", cookie.split(';').next().unwrap()).send().await.unwrap();
    let expected = json!({ "key": "page", "scopes": ["exports:read"], "tenant": null, "kinds": null });
    assert_eq!(session.json::<Value>().await.unwrap(), expected);
    let ended = guarded.send("DELETE", "/api/session", None, "").await;
    assert!(ended.headers()["set-cookie"].to_str().unwrap().starts_with("deertrack_key=; Max-Age=0"));
}

#[tokio::test]
async fn who_did_what_is_told_and_refused_tries_too() {
    let guarded = Guarded::start().await;
    let key = guarded.key("auditor", of_a_tenant(), Some("north")).await;
    let job = guarded.submit(&key).await;
    guarded.send("DELETE", &format!("/api/exports/{job}"), None, "").await;
    let log = log::text();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["target"] == "audit" && line.to_string().contains(&job))
        .collect();
    let done = &lines[0]["fields"];
    assert_eq!((&done["key"], &done["tenant"]), (&json!("auditor"), &json!("north")));
    assert_eq!((&done["action"], &done["status"]), (&json!("POST /api/exports/{kind}"), &json!(202)));
    assert!(done["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
    let refused = &lines[1]["fields"];
    assert_eq!((&refused["message"], &refused["status"]), (&json!("refused"), &json!(401)));
    assert!(!log.contains(&key), "a key stands in the log");
}

#[tokio::test]
async fn a_signed_link_fetches_its_file_without_a_key() {
    let guarded = Guarded::start().await;
    let north = guarded.key("north", of_a_tenant(), Some("north")).await;
    let name = "report_20260101_120000_a-1.north.pdf";
    std::fs::write(guarded.gateway.export_dir().join(name), "a den").unwrap();
    let link = async || {
        let answer = guarded.ask("POST", &format!("/api/files/{name}/link?seconds=60"), &north).await;
        answer.json::<Value>().await.unwrap()["url"].as_str().unwrap().to_owned()
    };
    let fetch = async |url: &str| {
        let request =
            guarded.gateway.client.get(guarded.gateway.url(url)).header("sec-fetch-site", "cross-site");
        exchange(request.send().await.unwrap()).await
    };
    let first = link().await;
    assert_eq!(fetch(&first).await, (200, "a den".to_owned()), "a link in a mail or on another page");
    for wrong in
        [first.replace("a-1", "a-2"), first.replace("exp=1", "exp=2"), first.replace("first", "second")]
    {
        assert_eq!(fetch(&wrong).await.0, 403, "{wrong}");
    }
    assert_eq!(fetch(first.split('?').next().unwrap()).await.0, 403, "without its proof");
    // A new secret signs, and what the old one signed is still taken; without the old one it is not.
    let before = std::fs::read_to_string(&guarded.path).unwrap();
    add_link_secret(&guarded.path, &"second".parse().unwrap()).unwrap();
    let until = async |kid: &str| while !link().await.contains(kid) {};
    tokio::time::timeout(DEADLINE, until("kid=second")).await.unwrap();
    assert_eq!(fetch(&first).await.0, 200);
    let second = link().await;
    std::fs::write(&guarded.path, before).unwrap();
    tokio::time::timeout(DEADLINE, until("kid=first")).await.unwrap();
    assert_eq!((fetch(&first).await.0, fetch(&second).await.0), (200, 403));
    let too_long = guarded.ask("POST", &format!("/api/files/{name}/link?seconds=9999999"), &north).await;
    assert_eq!(too_long.status(), 400);
    assert!(!log::text().contains("sig="), "a proof stands in the log");
}
