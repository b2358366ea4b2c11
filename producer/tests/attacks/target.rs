//! The gateway that is attacked: this same program, started anew, and what can be seen of it from the outside.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use deertrack_producer::Exports;
use deertrack_producer::http::{GatewayState, Limits, PathPrefix, serve};
use deertrack_stream::{Settings, Stream};
use deertrack_testkit::redis::Redis;
use metrics_exporter_prometheus::PrometheusBuilder;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

const REDIS: &str = "ATTACKED_REDIS";
const EXPORTS: &str = "ATTACKED_EXPORTS";
const DESCRIPTORS: &str = "ATTACKED_DESCRIPTORS";
const SECONDS: &str = "ATTACKED_SECONDS";

/// Nothing here takes this long unless it is broken.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// This process is the gateway.
pub(crate) fn is_wanted() -> bool {
    std::env::var_os(REDIS).is_some()
}

/// Serves until SIGTERM.
pub(crate) fn run() {
    if let Some(descriptors) = number(DESCRIPTORS) {
        let limit = getrlimit(Resource::Nofile);
        // The soft limit far below: the gateway has to raise it by itself.
        let wanted = Rlimit { current: limit.current.min(Some(64)), maximum: Some(descriptors) };
        setrlimit(Resource::Nofile, wanted).unwrap();
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let mut limits = Limits::of_process();
        if let Some(seconds) = number(SECONDS).map(Duration::from_secs) {
            limits = Limits { head: seconds, idle: seconds, stall: seconds, ..limits };
        }
        let stream = Stream::connect(Settings::new(std::env::var(REDIS).unwrap())).await.unwrap();
        let state = GatewayState {
            exports: Exports::new(stream, chrono_tz::Tz::UTC),
            export_dir: std::env::var_os(EXPORTS).unwrap().into(),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            span_context: || None,
            limits,
            allowed_hosts: Vec::new(),
            tls: None,
            keys: None,
            path_prefix: PathPrefix::default(),
            metrics_elsewhere: false,
        };
        let mut terminate = signal(SignalKind::terminate()).unwrap();
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        tokio::spawn(async move {
            terminate.recv().await;
            stop.cancel();
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        serve(listener, state, shutdown).await.unwrap();
    });
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// A gateway over a private Redis.
pub(crate) struct Target {
    pub(crate) redis: Redis,
    pub(crate) address: String,
    process: Child,
    folder: tempfile::TempDir,
}

/// What a gateway is started with.
#[derive(Clone, Copy, Default)]
pub(crate) struct Plan {
    /// The hard limit of descriptors.
    pub(crate) descriptors: Option<u64>,
    /// The limits of time, in seconds, instead of the usual ones.
    pub(crate) seconds: Option<u64>,
}

impl Target {
    pub(crate) async fn start(plan: Plan) -> Self {
        let (redis, folder) = (Redis::start().await, tempfile::tempdir().unwrap());
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(REDIS, redis.url()).env(EXPORTS, folder.path()).stdout(Stdio::piped());
        for (name, value) in [(DESCRIPTORS, plan.descriptors), (SECONDS, plan.seconds)] {
            value.map(|value| command.env(name, value.to_string()));
        }
        let mut process = command.spawn().unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { redis, address: address.trim().to_owned(), process, folder }
    }

    pub(crate) fn exports(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    /// Sends the request as it is and gives the whole answer; the server closes.
    pub(crate) async fn ask(&self, head: &str, body: &str) -> String {
        let mut connection = self.connect().await;
        let text = format!("{head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        connection.write_all(text.as_bytes()).await.unwrap();
        // A gateway that refuses does not read on.
        let _ = connection.write_all(body.as_bytes()).await;
        rest(connection).await
    }

    /// The same by the gateway's own name.
    pub(crate) async fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {}", self.address), "").await
    }

    pub(crate) async fn post(&self, kind: &str, body: &str) -> String {
        self.ask(&format!("POST /api/exports/{kind} HTTP/1.1\r\nHost: {}", self.address), body).await
    }

    /// Descriptors that the process has open.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process.id())).unwrap().count()
    }

    /// Memory now and at most since [`Target::forget_peak`], in MB.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let of = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    pub(crate) fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5").unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn terminate(&mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        self.process.wait().unwrap();
    }

    /// Jobs that wait.
    pub(crate) async fn backlog(&self) -> u64 {
        let stream = Stream::connect(Settings::new(self.redis.url())).await.unwrap();
        stream.counts().await.unwrap().backlog
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Everything until the other side closes.
pub(crate) async fn rest(mut connection: TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(DEADLINE, connection.read_to_end(&mut answer)).await.unwrap();
    // One that is closed before it read all that was sent is reset; what came before is the answer.
    drop(read);
    String::from_utf8_lossy(&answer).into_owned()
}
