//! A master, its replica and three Sentinels on loopback ports, for a test. Clients, Sentinels and the replica reach the
//! servers through proxies.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::ports::free_ports;
use crate::proxy::Proxy;
use crate::redis::Redis;

/// What the Sentinels call their service.
pub const SERVICE: &str = "jobs";
/// How long servers and Sentinels may take to agree on something.
const PATIENCE: Duration = Duration::from_secs(30);
/// Ends its server when our end of the pipe closes, however we end.
const GUARD: &str = r#"redis-server "$@" >/dev/null 2>&1 & server=$!; cat >/dev/null; kill -9 "$server""#;

/// Servers, and Sentinels that watch them.
pub struct Watched {
    servers: Vec<Server>,
    sentinels: Vec<Sentinel>,
}

/// A server, reached by all others and by clients through a proxy.
struct Server {
    redis: Redis,
    port: u16,
    proxy: Proxy,
}

/// One Sentinel. Ends with the test.
pub struct Sentinel {
    guard: Child,
    port: u16,
    _dir: TempDir,
}

impl Watched {
    /// A master (number 0) and a replica, with more options of redis.conf; and three Sentinels, two of which must agree
    /// that a master has been gone for a second.
    ///
    /// # Panics
    /// Without `redis-server` and `redis-cli` on PATH, or when they do not agree in time.
    pub async fn start(append_only: bool, more: &[(&str, &str)]) -> Self {
        let mut servers = Vec::new();
        for _ in 0..2 {
            servers.push(Server::start(append_only, more).await);
        }
        let master = servers[0].port;
        servers[1].ask(&["REPLICAOF", "127.0.0.1", &master.to_string()]);
        until("the replica follows its master", || {
            servers[1].ask(&["INFO", "replication"]).contains("master_link_status:up")
        })
        .await;
        let sentinels: Vec<Sentinel> = (0..3).map(|_| Sentinel::start(master)).collect();
        for sentinel in &sentinels {
            until("the Sentinels know each other and the replica", || {
                let told = sentinel.ask(&["SENTINEL", "MASTER", SERVICE]);
                let number = |name: &str| {
                    told.lines().skip_while(|line| *line != name).nth(1).and_then(|text| text.parse().ok())
                };
                number("num-other-sentinels") == Some(2) && number("num-slaves") == Some(1)
            })
            .await;
        }
        Self { servers, sentinels }
    }

    /// `redis-sentinel://` of all three.
    pub fn url(&self) -> String {
        let hosts: Vec<String> =
            self.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        format!("redis-sentinel://{}/{SERVICE}", hosts.join(","))
    }

    /// A server, to be killed and started again.
    pub fn server(&mut self, number: usize) -> &mut Redis {
        &mut self.servers[number].redis
    }

    /// What stands before a server.
    pub fn proxy(&self, number: usize) -> &Proxy {
        &self.servers[number].proxy
    }

    /// The port by which Sentinels and clients know a server.
    pub fn port(&self, number: usize) -> u16 {
        self.servers[number].port
    }

    /// How many servers there are.
    pub fn size(&self) -> usize {
        self.servers.len()
    }

    /// The socket of a server, for who goes round its proxy: `redis+unix:///...`
    pub fn socket(&self, number: usize) -> &str {
        self.servers[number].redis.url()
    }

    /// A Sentinel.
    pub fn sentinel(&self, number: usize) -> &Sentinel {
        &self.sentinels[number]
    }

    /// Asks a server as an operator would. What it says; nothing when it is gone.
    pub fn ask(&self, number: usize, words: &[&str]) -> String {
        self.servers[number].ask(words)
    }

    /// The number of the master, as most Sentinels see it.
    pub fn master(&self) -> Option<usize> {
        let told = |sentinel: &Sentinel| {
            let told = sentinel.ask(&["SENTINEL", "get-master-addr-by-name", SERVICE]);
            let port: u16 = told.lines().nth(1)?.parse().ok()?;
            self.servers.iter().position(|server| server.port == port)
        };
        let all: Vec<Option<usize>> = self.sentinels.iter().map(told).collect();
        (0..self.servers.len()).find(|number| all.iter().filter(|told| **told == Some(*number)).count() >= 2)
    }

    /// Waits until the Sentinels agree that this server is the master, and it does, too.
    ///
    /// # Panics
    /// When they do not in half a minute.
    pub async fn led_by(&self, number: usize) {
        until("the Sentinels agree on the new master", || {
            self.master() == Some(number) && self.ask(number, &["ROLE"]).starts_with("master")
        })
        .await;
    }

    /// Waits until a new failover can be asked for: the other server follows this one, and the Sentinels know it.
    ///
    /// # Panics
    /// When it does not in half a minute.
    pub async fn settled(&self, master: usize) {
        self.led_by(master).await;
        until("the other server follows", || self.is_settled(master)).await;
    }

    /// Whether the other server follows this one, and a Sentinel knows it.
    pub fn is_settled(&self, master: usize) -> bool {
        let other = 1 - master;
        let told = self.sentinels[0].ask(&["SENTINEL", "REPLICAS", SERVICE]);
        self.ask(other, &["INFO", "replication"]).contains("master_link_status:up")
            && told.lines().any(|line| line == "slave")
            && told.contains(&format!("127.0.0.1:{}", self.servers[other].port))
    }

    /// Asks for a failover until one begins.
    ///
    /// # Panics
    /// When none does in half a minute.
    pub async fn fail_over(&self) {
        until("a failover begins", || self.sentinels[0].ask(&["SENTINEL", "FAILOVER", SERVICE]) == "OK")
            .await;
    }
}

impl Server {
    async fn start(append_only: bool, more: &[(&str, &str)]) -> Self {
        let [port] = free_ports();
        let at = port.to_string();
        let own = [
            ("replica-announce-ip", "127.0.0.1"),
            ("replica-announce-port", at.as_str()),
            ("repl-diskless-sync-delay", "0"),
        ];
        let redis = Redis::with(append_only, &[&own, more].concat()).await;
        let proxy = Proxy::at(port, redis.url()).await;
        Self { redis, port, proxy }
    }

    fn ask(&self, words: &[&str]) -> String {
        let socket = self.redis.url().trim_start_matches("redis+unix://");
        said(&[&["-s", socket], words].concat())
    }
}

impl Sentinel {
    fn start(master: u16) -> Self {
        let dir = TempDir::with_prefix("deertrack-sentinel-").expect("a temporary directory can be made");
        let [port] = free_ports();
        let config = dir.path().join("sentinel.conf");
        let settings = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor {SERVICE} 127.0.0.1 {master} 2\n\
             sentinel down-after-milliseconds {SERVICE} 1000\nsentinel failover-timeout {SERVICE} 3000\n",
            dir.path().display()
        );
        fs::write(&config, settings).expect("a temporary file can be written");
        let mut command = Command::new("sh");
        command.args(["-c", GUARD, "deertrack-sentinel-guard"]).arg(&config).arg("--sentinel");
        let guard = command.stdin(Stdio::piped()).spawn().expect("there is a shell");
        Self { guard, port, _dir: dir }
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Asks it as an operator would.
    pub fn ask(&self, words: &[&str]) -> String {
        said(&[&["-p", &self.port.to_string()], words].concat())
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

fn said(words: &[&str]) -> String {
    let said = Command::new("redis-cli").args(words).output();
    let said = said.expect("redis-cli comes with redis-server");
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
