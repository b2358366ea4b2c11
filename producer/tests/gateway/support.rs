//! A gateway on a free port over a private Redis, and a stand-in for a worker.

use std::path::PathBuf;

use axum::Router;
use chrono::Utc;
use deertrack_producer::Exports;
use deertrack_producer::http::{GatewayState, Limits, PathPrefix, TlsFiles, router, serve};
use deertrack_schemas::{Artifact, State, StatusRecord};
use deertrack_stream::{Claim, Consumer, ConsumerOptions, Finished, Settings};
use deertrack_testkit::redis::Redis;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use reqwest::Response;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::deadline::DEADLINE;
use crate::log;
use crate::sse::Events;

/// A request that keeps every rule.
pub(crate) const RIGHT: &str = r#"{"start_date":"2026-01-01","end_date":"2026-02-01","group_by":"week"}"#;

pub(crate) struct Gateway {
    pub(crate) redis: Redis,
    pub(crate) stream: deertrack_stream::Stream,
    pub(crate) client: reqwest::Client,
    address: String,
    folder: tempfile::TempDir,
    shutdown: CancellationToken,
    served: JoinHandle<std::io::Result<()>>,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        Self::with_settings(|_| {}).await
    }

    pub(crate) async fn with_settings(change: impl FnOnce(&mut Settings)) -> Self {
        Self::with(change, no_metrics()).await
    }

    pub(crate) async fn with_metrics(metrics: PrometheusHandle) -> Self {
        Self::with(|_| {}, metrics).await
    }

    /// A gateway whose Redis keeps its data when it is killed.
    pub(crate) async fn durable() -> Self {
        Self::on(Redis::durable().await).await
    }

    /// A gateway that speaks TLS.
    pub(crate) async fn with_tls(tls: TlsFiles) -> Self {
        Self::with_state(|state| state.tls = Some(tls)).await
    }

    /// A gateway with other settings of its own.
    pub(crate) async fn with_state(change: impl FnOnce(&mut GatewayState)) -> Self {
        Self::serving(Redis::start().await, |_| {}, no_metrics(), change).await
    }

    /// A gateway on this Redis.
    pub(crate) async fn on(redis: Redis) -> Self {
        Self::over(redis, |_| {}, no_metrics()).await
    }

    async fn with(change: impl FnOnce(&mut Settings), metrics: PrometheusHandle) -> Self {
        Self::over(Redis::start().await, change, metrics).await
    }

    async fn over(redis: Redis, change: impl FnOnce(&mut Settings), metrics: PrometheusHandle) -> Self {
        Self::serving(redis, change, metrics, |_| {}).await
    }

    async fn serving(
        redis: Redis,
        change: impl FnOnce(&mut Settings),
        metrics: PrometheusHandle,
        change_state: impl FnOnce(&mut GatewayState),
    ) -> Self {
        log::listen();
        // The HTTP client is built without a TLS provider of its own.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut settings = Settings::new(redis.url());
        change(&mut settings);
        let stream = deertrack_stream::Stream::connect(settings).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let export_dir = folder.path().join("exports");
        std::fs::create_dir(&export_dir).unwrap();
        let exports = Exports::new(stream.clone(), chrono_tz::Tz::UTC);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shutdown = CancellationToken::new();
        let mut state = state(exports, export_dir, metrics);
        change_state(&mut state);
        let served = tokio::spawn(serve(listener, state, shutdown.clone()));
        let client = reqwest::Client::builder().no_proxy().timeout(DEADLINE).build().unwrap();
        Self { redis, stream, client, address, folder, shutdown, served }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn tls_url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// How it ended by itself.
    pub(crate) async fn end(self) -> std::io::Result<()> {
        tokio::time::timeout(DEADLINE, self.served).await.unwrap().unwrap()
    }

    pub(crate) fn export_dir(&self) -> PathBuf {
        self.folder.path().join("exports")
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn post(&self, kind: &str, body: impl Into<reqwest::Body>) -> Response {
        self.client.post(self.url(&format!("/api/exports/{kind}"))).body(body).send().await.unwrap()
    }

    /// Submits one export over HTTP and gives its job id.
    pub(crate) async fn submit(&self) -> String {
        let answer: Value = self.post("pdf", RIGHT).await.json().await.unwrap();
        answer["job_id"].as_str().unwrap().to_owned()
    }

    /// Sends a request as it is, without a client that tidies its path, and gives the whole answer.
    pub(crate) async fn raw(&self, request_line: &str) -> String {
        let mut connection = TcpStream::connect(&self.address).await.unwrap();
        let request = format!("{request_line}\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        connection.write_all(request.as_bytes()).await.unwrap();
        read_all(connection).await
    }

    /// A request of which the gateway has the head when it is told to stop, and the body only afterwards.
    pub(crate) async fn half_sent_request_then_stop(self) -> String {
        let mut connection = TcpStream::connect(&self.address).await.unwrap();
        let head = format!(
            "POST /api/exports/pdf HTTP/1.1\r\nHost: {}\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            self.address,
            RIGHT.len()
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        // The handler waits for the body: the gateway asks for it.
        let mut asked = [0; 25];
        connection.read_exact(&mut asked).await.unwrap();
        assert_eq!(&asked[..21], b"HTTP/1.1 100 Continue");
        self.shutdown.cancel();
        connection.write_all(RIGHT.as_bytes()).await.unwrap();
        let answer = read_all(connection).await;
        self.served.await.unwrap().unwrap();
        answer
    }

    /// Tells the gateway to stop and waits until it has.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(DEADLINE, self.served).await.unwrap().unwrap().unwrap();
    }

    /// The status of `/readyz` once it is no longer 503.
    pub(crate) async fn until_ready(&self) -> u16 {
        let ask = async {
            loop {
                match self.get("/readyz").await.status().as_u16() {
                    503 => tokio::task::yield_now().await,
                    status => return status,
                }
            }
        };
        tokio::time::timeout(DEADLINE, ask).await.unwrap()
    }

    pub(crate) async fn follow(&self, last_event_id: Option<&str>) -> Events {
        self.follow_at("/api/events", last_event_id).await
    }

    pub(crate) async fn follow_at(&self, path: &str, last_event_id: Option<&str>) -> Events {
        // A client of its own, without a time limit for the whole answer.
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.get(self.url(path));
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        Events::of(request.send().await.unwrap()).await
    }

    /// The same gateway without a server: an answer's body moves only when it is read.
    pub(crate) fn router(&self) -> Router {
        let exports = Exports::new(self.stream.clone(), chrono_tz::Tz::UTC);
        router(state(exports, self.export_dir(), no_metrics()))
    }

    pub(crate) async fn worker(&self) -> Worker {
        Worker { consumer: Consumer::start(&self.stream, ConsumerOptions::default()).await.unwrap() }
    }

    /// For what no part of the product does: another program's records, lost data.
    pub(crate) async fn redis_command(&self, command: &[&str]) {
        let socket = self.redis.url().strip_prefix("redis+unix://").unwrap();
        let (reader, mut writer) = UnixStream::connect(socket).await.unwrap().into_split();
        let words = command.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
        let request = format!("*{}\r\n{}", command.len(), words.collect::<String>());
        writer.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        BufReader::new(reader).read_line(&mut reply).await.unwrap();
        assert!(!reply.is_empty() && !reply.starts_with('-'), "{command:?}: {reply}");
    }
}

fn no_metrics() -> PrometheusHandle {
    PrometheusBuilder::new().build_recorder().handle()
}

/// The settings of a gateway that nobody set.
fn state(exports: Exports, export_dir: PathBuf, metrics: PrometheusHandle) -> GatewayState {
    GatewayState {
        exports,
        export_dir,
        metrics,
        span_context: || None,
        limits: Limits::default(),
        allowed_hosts: Vec::new(),
        tls: None,
        keys: None,
        path_prefix: PathPrefix::default(),
        metrics_elsewhere: false,
    }
}

async fn read_all(mut connection: TcpStream) -> String {
    let mut answer = Vec::new();
    tokio::time::timeout(DEADLINE, connection.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Status and body of an answer.
pub(crate) async fn exchange(response: Response) -> (u16, String) {
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Takes commands and ends them at once.
pub(crate) struct Worker {
    consumer: Consumer,
}

impl Worker {
    pub(crate) async fn next(&mut self) -> Claim {
        tokio::time::timeout(DEADLINE, self.consumer.next(1)).await.expect("no command came").remove(0)
    }

    pub(crate) async fn finish_next(&mut self, state: State) {
        let claim = self.next().await;
        finish(claim, state).await;
    }

    /// Submits `count` commands over the stream and completes them.
    pub(crate) async fn finish_many(&mut self, gateway: &Gateway, count: usize) {
        let exports = Exports::new(gateway.stream.clone(), chrono_tz::Tz::UTC);
        let request =
            || deertrack_producer::Request::from_json(deertrack_producer::Kind::Pdf, RIGHT.as_bytes());
        let commands: Vec<_> = (0..count).map(|_| exports.check(request().unwrap()).unwrap()).collect();
        exports.submit_many(&commands).await.unwrap();
        let mut left = count;
        while left > 0 {
            let claims =
                tokio::time::timeout(DEADLINE, self.consumer.next(64)).await.expect("no command came");
            left -= claims.len();
            futures::future::join_all(claims.into_iter().map(|claim| finish(claim, State::Completed))).await;
        }
    }
}

async fn finish(claim: Claim, state: State) {
    let mut record = StatusRecord::queued(&claim.decode().unwrap()).with_state(state);
    record.completed_at = Some(Utc::now());
    record.artifact = (state == State::Completed).then(|| artifact(claim.job_id()));
    assert_eq!(claim.finish(record).await, Finished::Done);
}

fn artifact(job_id: &str) -> Artifact {
    let filename = format!("report_{job_id}.pdf");
    Artifact {
        download_url: format!("/api/static/exports/{filename}"),
        filename,
        file_size_bytes: 10,
        sha256: "0".repeat(64),
        media_type: "application/pdf".into(),
        headline: Some("12 detections in 5 weeks".into()),
    }
}
