//! By TLS: whom we trust, who we are, and what is said when it is otherwise.

use std::path::PathBuf;
use std::time::Duration;

use deertrack_schemas::State;
use deertrack_stream::{Cancelled, Finished, Settings, Stream, StreamError, Tls, WatchFrom, Watched};
use deertrack_testkit::certificates::{Authority, Signed};
use deertrack_testkit::cluster::Cluster;
use deertrack_testkit::ports::free_ports;
use deertrack_testkit::redis::Redis;

use crate::support::*;

const HERE: &str = "DNS:localhost,IP:127.0.0.1";

/// A Redis with a port by TLS and one in plain.
struct Both {
    _redis: Redis,
    tls: u16,
    plain: u16,
}

impl Both {
    async fn start(authority: &Authority, shows: &Signed, demands: bool) -> Self {
        let [tls, plain] = free_ports();
        let mut options = shows.options(tls, &authority.ca(), demands).to_vec();
        options.push(("port", plain.to_string()));
        let options: Vec<(&str, &str)> =
            options.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self { _redis: Redis::with(false, &options).await, tls, plain }
    }
}

fn trusting(authority: &Authority) -> Tls {
    Tls { ca: Some(authority.ca()), ..Tls::default() }
}

fn showing(trusted: &Authority, signed: &Signed) -> Tls {
    Tls { cert: Some(signed.cert.clone()), key: Some(signed.key.clone()), ..trusting(trusted) }
}

/// Works through a job, a cancelled one and an event, so that each kind of connection is used.
async fn all_goes_well(url: &str, tls: Tls) {
    let stream = Stream::connect(Settings { tls, ..hasty(url) }).await.unwrap();
    let mut events = stream.watch(WatchFrom::Now).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&stream).await;
    assert_eq!(finish(next(&mut consumer).await).await, Finished::Done);
    assert_eq!(status(&stream, &job).await.state, State::Completed);
    assert!(matches!(soon(events.next()).await.unwrap(), Watched::Event { .. }));
    let job = submit(&stream).await;
    let mut claim = next(&mut consumer).await;
    let record = running(&claim);
    let run = claim.run(record);
    assert_eq!(stream.cancel(job.as_str()).await.unwrap(), Cancelled::Asked);
    soon(run.cancelled().cancelled()).await;
    drop(run);
    let record = running(&claim).with_state(State::Cancelled);
    assert_eq!(soon(claim.finish(record)).await, Finished::Done);
    consumer.stop().await;
}

/// Why there is no connection. In words, and with the next step; never as if nobody were there.
async fn refused(url: &str, tls: Tls) -> String {
    match Stream::connect(Settings { tls, ..Settings::new(url) }).await.err() {
        Some(StreamError::Unfit(why)) => why,
        Some(StreamError::Tls(why)) => why.to_string(),
        other => panic!("{url}: not refused in words: {other:?}"),
    }
}

#[tokio::test]
async fn all_runs_by_tls_whether_or_not_the_server_demands_a_certificate() {
    let authority = Authority::new();
    let (server, client) = (authority.sign("server", HERE), authority.sign("client", "DNS:client"));
    let open = Both::start(&authority, &server, false).await;
    all_goes_well(&format!("rediss://localhost:{}", open.tls), trusting(&authority)).await;
    all_goes_well(&format!("rediss://127.0.0.1:{}", open.tls), showing(&authority, &client)).await;
    let strict = Both::start(&authority, &server, true).await;
    all_goes_well(&format!("rediss://localhost:{}", strict.tls), showing(&authority, &client)).await;
}

#[tokio::test]
async fn what_is_wrong_with_tls_is_told_with_the_next_step() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.sign("server", "DNS:localhost");
    let (client, stranger) = (authority.sign("client", "DNS:client"), other.sign("stranger", "DNS:client"));
    let open = Both::start(&authority, &server, false).await;
    let strict = Both::start(&authority, &server, true).await;
    let tls = |both: &Both| format!("rediss://localhost:{}", both.tls);
    let trusted = || trusting(&authority);
    for (url, certificates, told) in [
        (tls(&open), Tls::default(), "an issuer that is not trusted here: name its CA with --redis-ca"),
        (tls(&open), trusting(&other), "an issuer that is not trusted here"),
        (format!("rediss://127.0.0.1:{}", open.tls), trusted(), "is not for this name"),
        (format!("rediss://localhost:{}", open.plain), trusted(), "does not speak TLS: ask it by redis://"),
        (format!("redis://localhost:{}", open.tls), Tls::default(), "speaks TLS: ask it by rediss://"),
        (format!("redis://localhost:{}", strict.tls), Tls::default(), "speaks TLS: ask it by rediss://"),
        (tls(&strict), trusted(), "demands a client certificate: give --redis-cert"),
        (tls(&strict), showing(&authority, &stranger), "does not take our client certificate"),
        (
            tls(&strict),
            Tls { key: Some(stranger.key.clone()), ..showing(&authority, &client) },
            "do not go together",
        ),
    ] {
        let why = refused(&url, certificates.clone()).await;
        assert!(why.contains(told), "{url} {certificates:?}: {why}");
        assert!(!why.contains("start"), "{why}");
    }
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_refused_before_anybody_is_asked() {
    let authority = Authority::new();
    let client = authority.sign("client", "DNS:client");
    let gone = PathBuf::from("/nowhere/ca.pem");
    let nobody = "rediss://localhost:1";
    let with = |change: fn(&mut Tls, PathBuf), path: &PathBuf| {
        let mut tls = showing(&authority, &client);
        change(&mut tls, path.clone());
        tls
    };
    for (url, tls, told) in [
        (nobody, with(|tls, path| tls.ca = Some(path), &gone), "--redis-ca /nowhere/ca.pem: No such file"),
        (nobody, with(|tls, path| tls.ca = Some(path), &client.key), "there is no certificate in PEM format"),
        (
            nobody,
            with(|tls, path| tls.key = Some(path), &client.cert),
            "there is no private key in PEM format",
        ),
        (
            nobody,
            Tls { key: None, ..showing(&authority, &client) },
            "takes both: --redis-cert and --redis-key",
        ),
        ("redis://localhost:1", trusting(&authority), "this address has none: write rediss://"),
        ("rediss://localhost:1/#insecure", trusting(&authority), "#insecure is not taken"),
    ] {
        let why = refused(url, tls).await;
        assert!(why.contains(told), "{url}: {why}");
    }
}

#[tokio::test]
async fn no_password_is_told_to_a_server_that_does_not_speak_tls() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let mut heard = Vec::new();
        for _ in 0..2 {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 4096];
            // Silent, as a Redis that waits for the end of a line.
            while let Ok(Ok(read)) = tokio::time::timeout(
                Duration::from_millis(500),
                tokio::io::AsyncReadExt::read(&mut client, &mut bytes),
            )
            .await
            {
                if read == 0 {
                    break;
                }
                heard.extend_from_slice(&bytes[..read]);
            }
        }
        heard
    });
    let authority = Authority::new();
    let url = format!("rediss://anna:correct-horse@localhost:{port}");
    let settings = Settings { tls: trusting(&authority), ..Settings::new(url) };
    let error = Stream::connect(settings).await.err().unwrap();
    assert!(error.is_unavailable(), "{error}");
    let heard = String::from_utf8_lossy(&soon(heard).await.unwrap()).into_owned();
    assert!(heard.contains("PING") || heard.contains("CLIENT"), "it was asked in plain text, too: {heard:?}");
    assert!(!heard.contains("correct-horse") && !heard.contains("anna"), "{heard}");
}

#[tokio::test]
async fn a_cluster_is_followed_by_tls_from_node_to_node() {
    let authority = Authority::new();
    let server = authority.sign("server", HERE);
    let by_tls = |port| {
        let mut options = server.options(port, &authority.ca(), false).to_vec();
        options.push(("tls-cluster", "yes".to_owned()));
        options
    };
    let cluster = Cluster::with(&[], by_tls).await;
    for node in 0..cluster.size() {
        let url = format!("rediss://127.0.0.1:{}", cluster.third_port(node));
        all_goes_well(&url, trusting(&authority)).await;
    }
}
