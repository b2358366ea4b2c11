//! Artifacts over HTTP: parts, versions, names.

use crate::support::{Gateway, exchange};

const NAME: &str = "report_20260101_120000_0192f0c1-7d2e-7aaa-8bbb-cccccccccccc.pdf";
const PATH: &str = "/api/static/exports/report_20260101_120000_0192f0c1-7d2e-7aaa-8bbb-cccccccccccc.pdf";

async fn gateway_with_file() -> Gateway {
    let gateway = Gateway::start().await;
    std::fs::write(gateway.export_dir().join(NAME), b"0123456789").unwrap();
    gateway
}

#[tokio::test]
async fn an_artifact_comes_whole_with_its_name_and_media_type() {
    let gateway = gateway_with_file().await;
    let response = gateway.get(PATH).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/pdf");
    assert_eq!(
        response.headers()["content-disposition"],
        format!("attachment; filename=\"{NAME}\"").as_str()
    );
    assert_eq!(response.headers()["accept-ranges"], "bytes");
    assert_eq!(response.headers()["content-length"], "10");
    assert_eq!(response.bytes().await.unwrap().as_ref(), b"0123456789");

    let head = gateway.client.head(gateway.url(PATH)).send().await.unwrap();
    assert_eq!((head.status().as_u16(), &head.headers()["content-length"]), (200, &"10".parse().unwrap()));
}

#[tokio::test]
async fn a_range_is_answered_with_that_part() {
    let gateway = gateway_with_file().await;
    for (range, status, content_range, bytes) in [
        ("bytes=2-4", 206, "bytes 2-4/10", "234"),
        ("bytes=7-", 206, "bytes 7-9/10", "789"),
        ("bytes=-2", 206, "bytes 8-9/10", "89"),
        ("bytes=10-", 416, "bytes */10", ""),
    ] {
        let response = gateway.client.get(gateway.url(PATH)).header("range", range).send().await.unwrap();
        assert_eq!(response.status(), status, "{range}");
        assert_eq!(response.headers()["content-range"], content_range, "{range}");
        assert_eq!(response.text().await.unwrap(), bytes, "{range}");
    }
}

#[tokio::test]
async fn a_range_that_is_none_and_several_of_them_are_answered_with_the_whole_file() {
    let gateway = gateway_with_file().await;
    for range in ["bytes=0-1,4-5", "rows=0-1", "bytes=5-2", "bytes=a-b", "nothing"] {
        let response = gateway.client.get(gateway.url(PATH)).header("range", range).send().await.unwrap();
        assert_eq!(response.status(), 200, "{range}");
        assert_eq!(response.text().await.unwrap(), "0123456789", "{range}");
    }
}

#[tokio::test]
async fn an_unchanged_artifact_is_not_sent_again() {
    let gateway = gateway_with_file().await;
    let etag = gateway.get(PATH).await.headers()["etag"].to_str().unwrap().to_owned();
    let ask = |tag: String| gateway.client.get(gateway.url(PATH)).header("if-none-match", tag).send();
    let unchanged = ask(etag.clone()).await.unwrap();
    assert_eq!(
        (unchanged.status().as_u16(), unchanged.headers()["etag"].to_str().unwrap()),
        (304, etag.as_str())
    );
    assert_eq!(unchanged.bytes().await.unwrap().len(), 0);
    assert_eq!(ask("\"other\"".into()).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_part_of_another_version_is_answered_with_the_whole_file() {
    let gateway = gateway_with_file().await;
    let head = gateway.get(PATH).await;
    let current = ["etag", "last-modified"].map(|name| head.headers()[name].to_str().unwrap().to_owned());
    let ask = |version: String| {
        gateway.client.get(gateway.url(PATH)).header("range", "bytes=0-0").header("if-range", version).send()
    };
    for version in current {
        assert_eq!(ask(version.clone()).await.unwrap().status(), 206, "{version}");
    }
    for version in ["\"other\"", "W/\"weak\"", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        let response = ask(version.into()).await.unwrap();
        assert_eq!(response.status(), 200, "{version}");
        assert_eq!(response.text().await.unwrap(), "0123456789");
    }
}

#[tokio::test]
async fn no_name_leads_out_of_the_directory() {
    let gateway = gateway_with_file().await;
    let secret = gateway.export_dir().parent().unwrap().join("secret.txt");
    std::fs::write(&secret, "secret").unwrap();
    std::fs::write(gateway.export_dir().join(".partial"), "secret").unwrap();
    std::fs::create_dir(gateway.export_dir().join("folder")).unwrap();
    std::os::unix::fs::symlink(&secret, gateway.export_dir().join("link.pdf")).unwrap();
    for name in [
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "%2e%2e%2fsecret.txt",
        "..%5csecret.txt",
        "%252e%252e%252fsecret.txt",
        "./secret.txt",
        "folder/../../secret.txt",
        ".partial",
        "%2epartial",
        "folder",
        "link.pdf",
        "..",
        ".",
        "",
        "%00",
        "x%00.pdf",
        "%ff",
        "/etc/passwd",
        "//etc/passwd",
        "%2fetc%2fpasswd",
    ] {
        // By hand: an HTTP client would tidy the path away.
        let answer = gateway.raw(&format!("GET /api/static/exports/{name} HTTP/1.1")).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{name}: {answer}");
        assert!(answer.contains(r#"{"detail":"#) && !answer.contains("\r\n\r\nsecret"), "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_missing_artifact_is_named() {
    let gateway = gateway_with_file().await;
    let answer = exchange(gateway.get("/api/static/exports/report_1.pdf").await).await;
    assert_eq!(answer, (404, r#"{"detail":"File not found: report_1.pdf"}"#.to_owned()));
}
