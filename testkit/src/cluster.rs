//! A private Redis Cluster for a test: masters and replicas on loopback ports, asked and rearranged with `redis-cli`.

use std::time::{Duration, Instant};

use tokio::process::Command;

use crate::ports::free_ports;
use crate::proxy::Proxy;
use crate::redis::Redis;

/// How long the nodes may take to agree on something.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a node may be silent before the others replace it, in milliseconds.
const NODE_TIMEOUT: &str = "1000";

/// Some nodes that are one cluster.
pub struct Cluster {
    nodes: Vec<Node>,
}

/// One node of it.
pub struct Node {
    /// To be killed and started again.
    pub redis: Redis,
    /// By which it is called.
    port: u16,
    /// On which it listens; the same without a proxy.
    own: u16,
    bus: u16,
    /// Of whatever its own options are for.
    third: u16,
    proxy: Option<Proxy>,
}

impl Cluster {
    /// Three masters that share all slots, and for each of `replicas` one of the master of that number.
    ///
    /// # Panics
    /// Without `redis-server` and `redis-cli` on PATH, or when the nodes do not agree in time.
    pub async fn start(replicas: &[usize]) -> Self {
        Self::with(replicas, |_| Vec::new()).await
    }

    /// The same with more options of redis.conf; `more` is asked for each node with a port that nobody uses.
    ///
    /// # Panics
    /// As [`Cluster::start`].
    pub async fn with(replicas: &[usize], more: impl Fn(u16) -> Vec<(&'static str, String)>) -> Self {
        let mut nodes = Vec::new();
        for _ in 0..3 + replicas.len() {
            nodes.push(Node::start(false, &more).await);
        }
        Self::of(nodes, replicas).await
    }

    /// The same with an append-only file in each node, and a proxy before it, through which clients and its replicas
    /// reach it.
    ///
    /// # Panics
    /// As [`Cluster::start`].
    pub async fn behind_proxies(replicas: &[usize], more: &[(&'static str, String)]) -> Self {
        let mut nodes = Vec::new();
        for _ in 0..3 + replicas.len() {
            let announced = |port: u16| {
                let own = [
                    ("cluster-announce-ip", "127.0.0.1".to_owned()),
                    ("cluster-announce-port", port.to_string()),
                ];
                own.into_iter().chain(more.iter().cloned()).collect()
            };
            let mut node = Node::start(true, &announced).await;
            node.port = node.third;
            node.proxy = Some(Proxy::at(node.port, node.redis.url()).await);
            nodes.push(node);
        }
        Self::of(nodes, replicas).await
    }

    async fn of(nodes: Vec<Node>, replicas: &[usize]) -> Self {
        let cluster = Self { nodes };
        for (master, range) in [["0", "5460"], ["5461", "10922"], ["10923", "16383"]].into_iter().enumerate()
        {
            cluster.ask(master, &["CLUSTER", "ADDSLOTSRANGE", range[0], range[1]]).await;
        }
        for (number, node) in cluster.nodes.iter().enumerate() {
            cluster.ask(number, &["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]).await;
            cluster
                .ask(0, &["CLUSTER", "MEET", "127.0.0.1", &node.own.to_string(), &node.bus.to_string()])
                .await;
        }
        cluster
            .until("all nodes know each other", async |node| {
                let known = cluster.ask(node, &["CLUSTER", "NODES"]).await;
                known.lines().filter(|line| line.contains("connected")).count() == cluster.nodes.len()
            })
            .await;
        for (replica, master) in replicas.iter().enumerate() {
            let id = cluster.id(*master).await;
            cluster.ask(3 + replica, &["CLUSTER", "REPLICATE", &id]).await;
        }
        cluster.settled().await;
        cluster
            .until("all replicas follow their masters", async |node| {
                node < 3
                    || cluster.ask(node, &["INFO", "replication"]).await.contains("master_link_status:up")
            })
            .await;
        cluster
    }

    /// `redis://127.0.0.1:port` of a node.
    pub fn url(&self, node: usize) -> String {
        format!("redis://127.0.0.1:{}", self.nodes[node].port)
    }

    /// The port that was free for a node's own options.
    pub fn third_port(&self, node: usize) -> u16 {
        self.nodes[node].third
    }

    /// What stands before a node.
    ///
    /// # Panics
    /// When nothing does.
    pub fn proxy(&self, node: usize) -> &Proxy {
        self.nodes[node].proxy.as_ref().expect("it was started with one")
    }

    /// The socket of a node: `redis+unix:///...`
    pub fn socket(&self, node: usize) -> &str {
        self.nodes[node].redis.url()
    }

    /// The node that follows this one, as `asked` sees it.
    pub async fn replica_of(&self, master: usize, asked: usize) -> Option<usize> {
        let id = self.id(master).await;
        let nodes = self.ask(asked, &["CLUSTER", "NODES"]).await;
        let line =
            nodes.lines().find(|line| line.split(' ').nth(3) == Some(&id) && !line.contains("fail"))?;
        self.at_port(line)
    }

    /// A node, to be killed.
    pub fn node(&mut self, node: usize) -> &mut Redis {
        &mut self.nodes[node].redis
    }

    /// How many there are.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// Asks a node as an operator would. What it says; nothing when it is gone.
    pub async fn ask(&self, node: usize, words: &[&str]) -> String {
        let socket = self.socket(node).trim_start_matches("redis+unix://");
        let said = Command::new("redis-cli").args(["-s", socket]).args(words).output().await;
        let said = said.expect("redis-cli comes with redis-server");
        String::from_utf8_lossy(&said.stdout).trim().to_owned()
    }

    /// The master of a slot, as `asked` sees it.
    pub async fn master_of(&self, slot: u16, asked: usize) -> Option<usize> {
        let nodes = self.ask(asked, &["CLUSTER", "NODES"]).await;
        let line = nodes.lines().find(|line| {
            line.split(' ').nth(2).is_some_and(|flags| flags.contains("master") && !flags.contains("fail"))
                && line.split(' ').skip(8).any(|range| holds(range, slot))
        })?;
        self.at_port(line)
    }

    /// Which node a line of CLUSTER NODES is about.
    fn at_port(&self, line: &str) -> Option<usize> {
        let port = line.split([':', '@', ' ']).nth(2)?;
        self.nodes.iter().position(|node| node.port.to_string() == port)
    }

    /// Moves a slot to another master, key by key, as `redis-cli --cluster reshard` does; `midway` between the keys and
    /// the end of it.
    pub async fn move_slot(&self, slot: u16, from: usize, to: usize, midway: impl Future<Output = ()>) {
        let (number, source, target) = (slot.to_string(), self.id(from).await, self.id(to).await);
        self.ask(to, &["CLUSTER", "SETSLOT", &number, "IMPORTING", &source]).await;
        self.ask(from, &["CLUSTER", "SETSLOT", &number, "MIGRATING", &target]).await;
        let port = self.nodes[to].own.to_string();
        loop {
            let keys = self.ask(from, &["CLUSTER", "GETKEYSINSLOT", &number, "200"]).await;
            let keys: Vec<&str> = keys.lines().filter(|line| !line.is_empty()).collect();
            if keys.is_empty() {
                break;
            }
            let mut migrate = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "10000", "REPLACE", "KEYS"];
            migrate.extend(keys);
            self.ask(from, &migrate).await;
        }
        midway.await;
        let others = (0..self.size()).filter(|node| ![from, to].contains(node));
        for node in [to, from].into_iter().chain(others) {
            self.ask(node, &["CLUSTER", "SETSLOT", &number, "NODE", &target]).await;
        }
    }

    /// Waits until all nodes say that the cluster is well.
    ///
    /// # Panics
    /// When it does not become so in a minute.
    pub async fn settled(&self) {
        self.until("the cluster is well", async |node| {
            self.ask(node, &["CLUSTER", "INFO"]).await.contains("cluster_state:ok")
        })
        .await;
    }

    async fn id(&self, node: usize) -> String {
        self.ask(node, &["CLUSTER", "MYID"]).await
    }

    async fn until(&self, what: &str, mut is_so: impl AsyncFnMut(usize) -> bool) {
        let end = Instant::now() + PATIENCE;
        for node in 0..self.nodes.len() {
            while !is_so(node).await {
                assert!(Instant::now() < end, "in vain: {what} (node {node})");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

impl Node {
    async fn start(append_only: bool, more: impl Fn(u16) -> Vec<(&'static str, String)>) -> Self {
        let [port, bus, third] = free_ports();
        let (at, bus_at, more) = (port.to_string(), bus.to_string(), more(third));
        let mut options = vec![
            ("port", at.as_str()),
            ("bind", "127.0.0.1"),
            ("cluster-enabled", "yes"),
            ("cluster-port", &bus_at),
            ("cluster-node-timeout", NODE_TIMEOUT),
            ("cluster-replica-validity-factor", "0"),
            ("repl-diskless-sync-delay", "0"),
        ];
        options.extend(more.iter().map(|(name, value)| (*name, value.as_str())));
        let redis = Redis::with(append_only, &options).await;
        Self { redis, port, own: port, bus, third, proxy: None }
    }
}

/// `11992`, or a range of slots like `10923-16383`.
fn holds(range: &str, slot: u16) -> bool {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let number = |text: &str| text.parse::<u16>().ok();
    number(first).zip(number(last)).is_some_and(|(first, last)| (first..=last).contains(&slot))
}
