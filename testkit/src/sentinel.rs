//! A master, its replica and three Sentinels on loopback ports, for a test.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::ports::free_ports;
use crate::redis::Redis;

/// What the Sentinels call their service.
pub const SERVICE: &str = "jobs";
/// How long servers and Sentinels may take to agree on something.
const PATIENCE: Duration = Duration::from_secs(30);
/// Ends its server when our end of the pipe closes, however we end.
const GUARD: &str = r#"redis-server "$@" >/dev/null 2>&1 & server=$!; cat >/dev/null; kill -9 "$server""#;

/// Servers, and Sentinels that watch them.
pub struct Watched {
    servers: Vec<(Redis, u16)>,
    sentinels: Vec<Sentinel>,
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
            let [port] = free_ports();
            let at = port.to_string();
            let own = [("port", at.as_str()), ("bind", "127.0.0.1"), ("repl-diskless-sync-delay", "0")];
            servers.push((Redis::with(append_only, &[&own, more].concat()).await, port));
        }
        let master = servers[0].1;
        ask(servers[1].1, &["REPLICAOF", "127.0.0.1", &master.to_string()]);
        until("the replica follows its master", || {
            ask(servers[1].1, &["INFO", "replication"]).contains("master_link_status:up")
        })
        .await;
        let sentinels: Vec<Sentinel> = (0..3).map(|_| Sentinel::start(master)).collect();
        for sentinel in &sentinels {
            until("the Sentinels know each other and the replica", || {
                let told = ask(sentinel.port, &["SENTINEL", "MASTER", SERVICE]);
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
        &mut self.servers[number].0
    }

    /// A Sentinel.
    pub fn sentinel(&self, number: usize) -> &Sentinel {
        &self.sentinels[number]
    }

    /// Asks a server as an operator would. What it says; nothing when it is gone.
    pub fn ask(&self, number: usize, words: &[&str]) -> String {
        ask(self.servers[number].1, words)
    }

    /// The number of the master, as most Sentinels see it.
    pub fn master(&self) -> Option<usize> {
        let told = |sentinel: &Sentinel| {
            let told = sentinel.ask(&["SENTINEL", "get-master-addr-by-name", SERVICE]);
            let port: u16 = told.lines().nth(1)?.parse().ok()?;
            self.servers.iter().position(|(_, at)| *at == port)
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
        until("the other server follows", || {
            let other = 1 - master;
            let told = self.sentinels[0].ask(&["SENTINEL", "REPLICAS", SERVICE]);
            self.ask(other, &["INFO", "replication"]).contains("master_link_status:up")
                && told.lines().any(|line| line == "slave")
                && told.contains(&format!("127.0.0.1:{}", self.servers[other].1))
        })
        .await;
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
        ask(self.port, words)
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

fn ask(port: u16, words: &[&str]) -> String {
    let mut command = Command::new("redis-cli");
    let said = command.args(["-p", &port.to_string()]).args(words).output();
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
