//! The gateway by TLS: both versions of HTTP, certificates that change, clients that have to show one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use deertrack_producer::http::TlsFiles;
use deertrack_testkit::certificates::{Authority, Signed};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::deadline::DEADLINE;
use crate::support::{Gateway, RIGHT};

const NAMES: &str = "DNS:localhost,IP:127.0.0.1";

fn files(signed: &Signed, client_ca: Option<&Authority>) -> TlsFiles {
    let (cert, key) = (signed.cert.clone(), signed.key.clone());
    TlsFiles { cert, key, client_ca: client_ca.map(Authority::ca) }
}

/// A client that trusts this CA.
fn client(trusted: &Path) -> reqwest::ClientBuilder {
    let ca = reqwest::Certificate::from_pem(&std::fs::read(trusted).unwrap()).unwrap();
    reqwest::Client::builder().no_proxy().tls_certs_only([ca]).timeout(DEADLINE)
}

#[tokio::test]
async fn a_gateway_speaks_tls_and_takes_renewed_certificates_without_a_restart() {
    let (old, new) = (Authority::new(), Authority::new());
    let (before, after) = (old.sign("gateway", NAMES), new.sign("gateway", NAMES));
    let gateway = Gateway::with_tls(files(&before, None)).await;
    let ask = |ca: &Authority| client(&ca.ca()).build().unwrap().get(gateway.tls_url("/readyz")).send();
    let answer = ask(&old).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    let by_name = gateway.tls_url("/readyz").replace("127.0.0.1", "localhost");
    let answer = client(&old.ca()).build().unwrap().get(by_name).send().await.unwrap();
    assert!(!answer.headers().contains_key("strict-transport-security"), "other programs are there, too");
    assert!(ask(&new).await.is_err(), "a CA that did not sign it was believed");

    // One after the other, as a renewal does it: between the two they do not fit together.
    std::fs::copy(&after.cert, &before.cert).unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(ask(&old).await.unwrap().status(), 200, "the old pair stays");
    std::fs::copy(&after.key, &before.key).unwrap();
    let renewed = async {
        while ask(&new).await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(DEADLINE, renewed).await.unwrap();
    assert!(ask(&old).await.is_err());
}

#[tokio::test]
async fn clients_have_to_show_a_certificate_where_a_ca_for_them_is_named() {
    let (ca, other) = (Authority::new(), Authority::new());
    let gateway = Gateway::with_tls(files(&ca.sign("gateway", NAMES), Some(&ca))).await;
    let with = |signed: &Signed| {
        let pem = [std::fs::read(&signed.cert).unwrap(), std::fs::read(&signed.key).unwrap()].concat();
        client(&ca.ca()).identity(reqwest::Identity::from_pem(&pem).unwrap()).build().unwrap()
    };
    let right = with(&ca.sign("client", "DNS:client")).get(gateway.tls_url("/readyz")).send().await.unwrap();
    assert_eq!(right.status(), 200);
    let foreign = with(&other.sign("client", "DNS:client"));
    for refused in [client(&ca.ca()).build().unwrap(), foreign] {
        assert!(refused.get(gateway.tls_url("/readyz")).send().await.is_err());
    }
}

#[tokio::test]
async fn many_requests_share_a_connection_of_http_2() {
    let ca = Authority::new();
    let gateway = Gateway::with_tls(files(&ca.sign("gateway", NAMES), None)).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca.ca()).unwrap()).unwrap();
    let mut config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let socket = TcpStream::connect(gateway.address()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    // Seven followers and submits beside them: on HTTP/1.1 a browser would wait for ever.
    let ask = |method: &str, path: &str, body: &'static str| {
        let address = format!("https://localhost{path}");
        let request = Request::builder().method(method).uri(address).body(Body::from(body)).unwrap();
        let mut sender = sender.clone();
        async move {
            sender.ready().await.unwrap();
            tokio::time::timeout(DEADLINE, sender.send_request(request)).await.unwrap().unwrap()
        }
    };
    let mut following = Vec::new();
    for _ in 0..7 {
        let response = ask("GET", "/api/events", "").await;
        assert_eq!(response.status(), 200);
        following.push(response);
    }
    assert_eq!(ask("POST", "/api/exports/pdf", RIGHT).await.status(), 202);
    let request = Request::builder().uri("https://evil.example/api/kinds").body(Body::empty()).unwrap();
    assert_eq!(sender.clone().send_request(request).await.unwrap().status(), 421);
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_told_with_the_next_step() {
    let ca = Authority::new();
    let (one, other) = (ca.sign("one", NAMES), ca.sign("other", NAMES));
    let nowhere = Path::new("nowhere.pem").to_owned();
    for (wrong, told) in [
        (
            TlsFiles { key: other.key.clone(), ..files(&one, None) },
            "give the key that this certificate was made for",
        ),
        (TlsFiles { cert: nowhere.clone(), ..files(&one, None) }, "--tls-cert nowhere.pem: "),
        (TlsFiles { key: nowhere.clone(), ..files(&one, None) }, "--tls-key nowhere.pem: "),
        (
            TlsFiles { cert: one.key.clone(), ..files(&one, None) },
            "there is no certificate in PEM format in it",
        ),
        (TlsFiles { client_ca: Some(nowhere), ..files(&one, None) }, "--tls-client-ca nowhere.pem: "),
    ] {
        let error = Gateway::with_tls(wrong).await.end().await.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}
