//! What holds for every request, and what orchestrators ask.

use deertrack_testkit::redis::Redis;

use crate::log;
use crate::support::{Gateway, RIGHT, exchange};

#[tokio::test]
async fn readiness_follows_redis_and_liveness_does_not() {
    let mut gateway = Gateway::start().await;
    assert_eq!(exchange(gateway.get("/healthz").await).await, (200, r#"{"status":"ok"}"#.to_owned()));
    let ready: serde_json::Value = gateway.get("/readyz").await.json().await.unwrap();
    assert_eq!(ready["status"], "ready");
    assert!(ready["redis_seconds"].as_f64().unwrap() > 0.0);

    gateway.redis.server.kill().await.unwrap();
    let refused = gateway.get("/readyz").await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"5".parse().unwrap()));
    let (_, body) = exchange(refused).await;
    assert!(body.starts_with(r#"{"detail":"submit: Redis cannot be used"#), "{body}");
    assert_eq!(gateway.get("/healthz").await.status(), 200);

    gateway.redis.server.restart().await.unwrap();
    assert_eq!(gateway.until_ready().await, 200);
}

#[tokio::test]
async fn readiness_says_why_a_submit_cannot_work_though_redis_answers() {
    let gateway = Gateway::start().await;
    for (wrong, mended, told) in [
        (
            &[&b"SET"[..], b"{exports}:commands", b"x"][..],
            &[&b"DEL"[..], b"{exports}:commands"][..],
            "{exports}:commands is a string, not a stream",
        ),
        (
            &[b"CONFIG", b"SET", b"maxmemory", b"1"],
            &[b"CONFIG", b"SET", b"maxmemory", b"0"],
            "submit: Redis is full",
        ),
        (&[b"REPLICAOF", b"127.0.0.1", b"1"], &[b"REPLICAOF", b"NO", b"ONE"], "it is a replica now"),
    ] {
        gateway.redis.run(wrong);
        let (status, body) = exchange(gateway.get("/readyz").await).await;
        assert_eq!(status, 503, "{body}");
        assert!(body.contains(told), "{body}");
        gateway.redis.run(mended);
        assert_eq!(gateway.until_ready().await, 200);
    }
}

#[tokio::test]
async fn readiness_tells_of_a_redis_that_may_bring_half_a_transaction_back() {
    let healed = Gateway::durable().await;
    let ready: serde_json::Value = healed.get("/readyz").await.json().await.unwrap();
    assert_eq!((&ready["status"], ready.get("warnings")), (&"ready".into(), None));

    let redis = Redis::durable().await;
    let socket = redis.url().strip_prefix("redis+unix://").unwrap();
    let forbid = ["ACL", "SETUSER", "default", "-bgrewriteaof"];
    assert!(
        std::process::Command::new("redis-cli").args(["-s", socket]).args(forbid).status().unwrap().success()
    );
    let gateway = Gateway::on(redis).await;
    let ready: serde_json::Value = gateway.get("/readyz").await.json().await.unwrap();
    assert_eq!(ready["status"], "ready", "it is told, and no reason to take the gateway away");
    assert!(ready["warnings"][0].as_str().unwrap().contains("BGREWRITEAOF"), "{ready}");
}

#[tokio::test]
async fn requests_that_need_redis_are_answered_503_while_it_is_away() {
    let mut gateway = Gateway::start().await;
    gateway.redis.server.kill().await.unwrap();
    for response in [
        gateway.post("pdf", RIGHT).await,
        gateway.client.delete(gateway.url("/api/exports/some-id")).send().await.unwrap(),
        gateway.get("/api/exports/pdf/some-id").await,
        gateway.client.get(gateway.url("/api/events")).header("last-event-id", "0-0").send().await.unwrap(),
    ] {
        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (503, &"5".parse().unwrap())
        );
        let body = exchange(response).await.1;
        assert_eq!(body, r#"{"detail":"Redis cannot be reached or is full; try again later"}"#);
    }
}

#[tokio::test]
async fn a_full_redis_is_answered_503_and_nothing_is_enqueued() {
    let gateway = Gateway::start().await;
    gateway.redis_command(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let response = gateway.post("pdf", RIGHT).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (503, &"5".parse().unwrap())
    );
    gateway.redis_command(&["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 0);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let gateway = Gateway::start().await;
    let body = |length: usize| format!(r#"{{"title":"{}"}}"#, "x".repeat(length - 12));
    assert_eq!(gateway.post("pdf", body(1024 * 1024)).await.status(), 422);
    let (status, detail) = exchange(gateway.post("pdf", body(1024 * 1024 + 1)).await).await;
    assert_eq!(
        (status, detail.as_str()),
        (413, r#"{"detail":"The request body is larger than 1048576 bytes"}"#)
    );
}

#[tokio::test]
async fn a_request_id_is_taken_or_made_and_returned() {
    let gateway = Gateway::start().await;
    let ask =
        |id: &'static str| gateway.client.get(gateway.url("/healthz")).header("x-request-id", id).send();
    assert_eq!(ask("trace.7_a-B").await.unwrap().headers()["x-request-id"], "trace.7_a-B");
    let made = ask("forged id").await.unwrap().headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!((made.len(), made.matches('-').count()), (36, 4), "{made}");
    assert!(gateway.get("/no-such-path").await.headers().contains_key("x-request-id"));
}

#[tokio::test]
async fn the_log_lines_of_a_request_carry_its_id() {
    let gateway = Gateway::start().await;
    let request =
        gateway.client.post(gateway.url("/api/exports/pdf")).header("x-request-id", "trace-7").body(RIGHT);
    let answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    let job_id = answer["job_id"].as_str().unwrap();
    let log = log::text();
    let accepted =
        log.lines().find(|line| line.contains("export accepted") && line.contains(job_id)).unwrap();
    let line: serde_json::Value = serde_json::from_str(accepted).unwrap();
    assert_eq!(line["fields"]["job.id"], job_id);
    assert_eq!((&line["span"]["name"], &line["span"]["request.id"]), (&"request".into(), &"trace-7".into()));
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_answered_as_json() {
    let gateway = Gateway::start().await;
    let unknown = exchange(gateway.get("/api/nothing").await).await;
    assert_eq!(unknown, (404, r#"{"detail":"No such path: /api/nothing"}"#.to_owned()));
    let wrong = gateway.client.put(gateway.url("/api/kinds")).send().await.unwrap();
    assert_eq!(wrong.headers()["allow"], "GET,HEAD");
    assert_eq!(exchange(wrong).await, (405, r#"{"detail":"PUT is not possible on /api/kinds"}"#.to_owned()));
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let gateway = Gateway::start().await;
    for path in ["/", "/docs/", "/api/kinds", "/no-such-path", "/api/static/exports/nothing"] {
        let response = gateway.get(path).await;
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{path}");
        assert!(!response.headers().contains_key("strict-transport-security"), "{path}: only TLS may say so");
    }
}

#[tokio::test]
async fn the_pages_load_nothing_from_elsewhere() {
    let gateway = Gateway::start().await;
    for (page, folder) in [("/", "/assets/"), ("/docs/", "/docs/")] {
        let html = gateway.get(page).await.text().await.unwrap();
        let links: Vec<&str> =
            html.split(['"']).filter(|part| part.ends_with(".js") || part.ends_with(".css")).collect();
        assert!(links.len() >= 2, "{page}: {links:?}");
        for link in links {
            assert!(!link.contains("//"), "{page}: {link}");
            let file = link.rsplit('/').next().unwrap();
            assert_eq!(gateway.get(&format!("{folder}{file}")).await.status(), 200, "{page}: {link}");
        }
        assert!(
            !html.contains("<script>") && !html.contains(" onclick") && !html.contains("style="),
            "{page}"
        );
    }
    let assets = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/page");
    for file in std::fs::read_dir(assets).unwrap().map(|file| file.unwrap().file_name()) {
        let name = file.to_str().unwrap();
        if name == "index.html" {
            continue;
        }
        let response = gateway.get(&format!("/assets/{name}")).await;
        assert_eq!(response.status(), 200, "{name} is served");
        let script = response.text().await.unwrap();
        for parser in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!script.contains(parser), "{name} would parse data as HTML: {parser}");
        }
    }
}

#[tokio::test]
async fn a_report_opens_in_the_browser_when_asked_to_and_nothing_else_does() {
    let gateway = Gateway::start().await;
    for name in ["report_1.pdf", "table_1.csv"] {
        std::fs::write(gateway.export_dir().join(name), "%PDF").unwrap();
    }
    let file = async |query: &str| gateway.get(&format!("/api/static/exports/{query}")).await;
    let header =
        |response: &reqwest::Response, name: &str| response.headers()[name].to_str().unwrap().to_owned();
    let opened = file("report_1.pdf?inline=1").await;
    assert_eq!(header(&opened, "content-disposition"), "inline; filename=\"report_1.pdf\"");
    assert_eq!(header(&opened, "content-type"), "application/pdf");
    assert!(header(&opened, "content-security-policy").starts_with("default-src 'none'; object-src 'self'"));
    for other in ["report_1.pdf", "table_1.csv?inline=1", "table_1.csv"] {
        let saved = file(other).await;
        assert!(header(&saved, "content-disposition").starts_with("attachment"), "{other}");
        assert!(header(&saved, "content-security-policy").contains("script-src 'self'"), "{other}");
    }
}

#[tokio::test]
async fn the_contract_is_served_and_names_the_routes_that_exist() {
    let gateway = Gateway::start().await;
    let contract: serde_json::Value = gateway.get("/openapi.json").await.json().await.unwrap();
    assert_eq!(contract, deertrack_schemas::openapi());
    for (path, operations) in contract["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let method = method.to_uppercase().parse().unwrap();
            let path = path.replace("{job_id}", "x").replace("{filename}", "x");
            let response = gateway.client.request(method, gateway.url(&path)).send().await.unwrap();
            let body = if path == "/api/events" { String::new() } else { response.text().await.unwrap() };
            assert!(!body.contains("No such path") && !body.contains("is not possible"), "{path}: {body}");
        }
    }
    assert_eq!(gateway.get("/docs").await.url().path(), "/docs/");
    assert!(
        gateway.get("/docs/swagger-initializer.js").await.text().await.unwrap().contains("/openapi.json")
    );
}

#[tokio::test]
async fn requests_in_flight_are_answered_before_the_gateway_stops() {
    let gateway = Gateway::start().await;
    let answer = gateway.half_sent_request_then_stop().await;
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
}
