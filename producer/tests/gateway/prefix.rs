//! A gateway below a path of a proxy: one that hands the path on, and one that takes it away.

use deertrack_producer::access::{Keys, Scopes, add_link_secret};
use serde_json::Value;

use crate::support::{Gateway, RIGHT, exchange};

#[tokio::test]
async fn below_a_path_all_is_as_above_it_and_what_is_told_leads_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    let key = crate::keys::make(&path, "operator", Scopes::all(), None);
    add_link_secret(&path, &"first".parse().unwrap()).unwrap();
    let keys = Keys::follow(&path).unwrap();
    let gateway = Gateway::with_state(|state| {
        state.keys = Some(keys);
        state.path_prefix = "/deer/exports".parse().unwrap();
    })
    .await;
    std::fs::write(gateway.export_dir().join("report_1.pdf"), "all of it").unwrap();
    let ask = |method: reqwest::Method, path: &str| {
        gateway.client.request(method, gateway.url(path)).bearer_auth(&key)
    };
    let get = async |path: &str| exchange(ask(reqwest::Method::GET, path).send().await.unwrap()).await;
    // Handed on, and taken away.
    for prefix in ["/deer/exports", ""] {
        for path in
            ["/", "/assets/main.js", "/docs/", "/healthz", "/api/kinds", "/api/static/exports/report_1.pdf"]
        {
            assert_eq!(get(&format!("{prefix}{path}")).await.0, 200, "{prefix}{path}");
        }
        let accepted = ask(reqwest::Method::POST, &format!("{prefix}/api/exports/pdf"))
            .body(RIGHT)
            .send()
            .await
            .unwrap();
        assert_eq!(accepted.status(), 202, "{prefix}");
        // Rules hold below it, too.
        let closed = gateway.get(&format!("{prefix}/api/static/exports/report_1.pdf")).await;
        assert_eq!(closed.status(), 401, "{prefix}");
    }
    assert_eq!(get("/deer/exportsx/api/kinds").await.0, 404);
    // The page's links are relative, so it lives in a folder.
    assert_eq!(gateway.get("/deer/exports").await.url().path(), "/deer/exports/");
    assert_eq!(gateway.get("/deer/exports/docs").await.url().path(), "/deer/exports/docs/");
    let page = gateway.get("/deer/exports/").await.text().await.unwrap();
    assert!(!page.contains("\"/"), "{page}");
    // Addresses that are told.
    let link = ask(reqwest::Method::POST, "/deer/exports/api/files/report_1.pdf/link").send().await.unwrap();
    let link: Value = link.json().await.unwrap();
    let link = link["url"].as_str().unwrap();
    assert!(link.starts_with("/deer/exports/api/static/exports/report_1.pdf?"), "{link}");
    assert_eq!(gateway.get(link).await.text().await.unwrap(), "all of it");
    let begun = ask(reqwest::Method::POST, "/deer/exports/api/session").send().await.unwrap();
    assert!(begun.headers()["set-cookie"].to_str().unwrap().contains("; Path=/deer/exports/; "));
    let contract: Value = gateway.get("/deer/exports/openapi.json").await.json().await.unwrap();
    assert_eq!(contract["servers"][0]["url"], "/deer/exports");
}
