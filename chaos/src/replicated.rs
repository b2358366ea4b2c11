//! Servers with replicas: killed, failed over, their slot moved.

use std::time::{Duration, Instant};

use anyhow::Context;
use deertrack_schemas::Keys;
use deertrack_testkit::cluster::Cluster;
use deertrack_testkit::proxy::Proxy;
use deertrack_testkit::sentinel::Watched;

use crate::ask::ask;
use crate::facts::Window;
use crate::plan::{Disturbance, Step};
use crate::reigns::{Reigns, field};
use crate::server::Fsync;
use crate::topology::Topology;

/// How long servers may take to agree on a master, or a replica to catch up. Then it is gone on with what there is.
const PATIENCE: Duration = Duration::from_secs(30);
const EVERY: Duration = Duration::from_millis(50);

/// The servers, and who watches them.
enum Servers {
    Sentinel(Watched),
    Cluster(Cluster),
}

pub(crate) struct Replicated {
    servers: Servers,
    reigns: Reigns,
    slot: u16,
}

impl Replicated {
    pub(crate) async fn start(topology: Topology, fsync: Fsync) -> Self {
        let fsync = if fsync == Fsync::Always { "always" } else { "everysec" };
        let servers = match topology {
            Topology::Cluster => {
                let more = [("appendfsync", fsync.to_owned())];
                Servers::Cluster(Cluster::behind_proxies(&[0, 1, 2], &more).await)
            }
            Topology::Sentinel | Topology::Alone => {
                Servers::Sentinel(Watched::start(true, &[("appendfsync", fsync)]).await)
            }
        };
        let slot = Keys::default().slot();
        let sockets = (0..servers.size()).map(|number| servers.socket(number).to_owned()).collect();
        let of_slot = matches!(servers, Servers::Cluster(_)).then_some(slot);
        Self { reigns: Reigns::watch(sockets, of_slot), servers, slot }
    }

    /// Of the Sentinels, or of the node that is first by number: it is found out where our keys are.
    pub(crate) fn url(&self) -> String {
        match &self.servers {
            Servers::Sentinel(service) => service.url(),
            Servers::Cluster(cluster) => cluster.proxy(0).url().to_owned(),
        }
    }

    /// Of the master. What is done with it may last until another server is made master, so a replica has all that is
    /// accepted by now.
    pub(crate) async fn proxy(&self) -> anyhow::Result<&Proxy> {
        let master = self.in_step().await?;
        Ok(match &self.servers {
            Servers::Sentinel(service) => service.proxy(master),
            Servers::Cluster(cluster) => cluster.proxy(master),
        })
    }

    /// Until it is answered by a master that can.
    pub(crate) async fn ask(&self, words: &[&str]) -> anyhow::Result<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let master = self.master().await?;
            match ask(self.servers.socket(master), words).await {
                // By nobody, or by one that is no master any more, or whose cluster is down.
                Err(error) if format!("{error:#}").contains("refused") && Instant::now() < until => {
                    tokio::time::sleep(EVERY).await;
                }
                answer => return answer,
            }
        }
    }

    pub(crate) async fn tell_all(&self, words: &[&str]) {
        for number in 0..self.servers.size() {
            drop(ask(self.servers.socket(number), words).await);
        }
    }

    pub(crate) fn windows(&self) -> Vec<Window> {
        self.reigns.windows()
    }

    /// What became of it, in words.
    pub(crate) async fn strike(&mut self, step: Step) -> anyhow::Result<String> {
        let master = self.in_step().await?;
        let began = Instant::now();
        let next = match step.what {
            Disturbance::KillRedis => self.kill(master).await?,
            Disturbance::RestartRedis => {
                self.servers.redis(master).server.restart().await?;
                master
            }
            Disturbance::FailOver => self.fail_over(master).await,
            Disturbance::MoveSlot => self.move_slot(master, step).await?,
            what => anyhow::bail!("servers with replicas know no {what}"),
        };
        Ok(format!("server {master}, then server {next}, after {} ms", began.elapsed().as_millis()))
    }

    /// Who has our keys, once somebody has.
    async fn master(&self) -> anyhow::Result<usize> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(master) = self.servers.master(self.slot, None).await {
                return Ok(master);
            }
            anyhow::ensure!(Instant::now() < until, "nobody has our keys");
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Waits until a replica of the master has all that is accepted by now: to take the master away before would lose
    /// what no promise covers. The master.
    pub(crate) async fn in_step(&self) -> anyhow::Result<usize> {
        let until = Instant::now() + 2 * PATIENCE;
        let mut needed = None;
        loop {
            let master = self.master().await?;
            let info = ask(self.servers.socket(master), &["INFO", "replication"]).await.unwrap_or_default();
            let id = field(&info, "master_replid").unwrap_or_default().to_owned();
            let offset = field(&info, "master_repl_offset").and_then(|text| text.parse().ok());
            // Another history has offsets of its own.
            if needed.as_ref().is_none_or(|(of, _): &(String, u64)| *of != id) {
                needed = offset.map(|offset| (id, offset));
            }
            let has = |needed: u64| replicas(&info).any(|offset| offset >= needed);
            if needed.as_ref().is_some_and(|(_, needed)| has(*needed))
                && self.servers.is_settled(master).await
            {
                return Ok(master);
            }
            anyhow::ensure!(Instant::now() < until, "no replica of server {master} keeps up: {info}");
            tokio::time::sleep(EVERY).await;
        }
    }

    /// `kill -9`. It starts again when another leads, or none wants to.
    async fn kill(&mut self, master: usize) -> anyhow::Result<usize> {
        self.servers.redis(master).server.kill().await?;
        self.another_leads(master).await;
        self.servers.redis(master).server.restart().await?;
        self.master().await
    }

    async fn fail_over(&self, master: usize) -> usize {
        match &self.servers {
            Servers::Sentinel(service) => service.fail_over().await,
            Servers::Cluster(cluster) => {
                if let Some(replica) = cluster.replica_of(master, master).await {
                    cluster.ask(replica, &["CLUSTER", "FAILOVER"]).await;
                }
            }
        }
        self.another_leads(master).await
    }

    async fn another_leads(&self, than: usize) -> usize {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match self.servers.master(self.slot, Some(than)).await {
                Some(master) if master != than => return master,
                _ => tokio::time::sleep(EVERY).await,
            }
        }
        than
    }

    async fn move_slot(&self, master: usize, step: Step) -> anyhow::Result<usize> {
        let Servers::Cluster(cluster) = &self.servers else { anyhow::bail!("only a cluster has slots") };
        // Its first slot tells a shard: ours is another.
        let mut others = Vec::new();
        for slot in [0, 5461, 10923] {
            others.extend(cluster.master_of(slot, master).await.filter(|other| *other != master));
        }
        let to = *others.get(step.worker % others.len().max(1)).context("there is no other master")?;
        cluster.move_slot(self.slot, master, to, async {}).await;
        // It is not gone on before a replica of the new master has the keys.
        self.in_step().await
    }
}

impl Servers {
    fn size(&self) -> usize {
        match self {
            Self::Sentinel(service) => service.size(),
            Self::Cluster(cluster) => cluster.size(),
        }
    }

    fn socket(&self, number: usize) -> &str {
        match self {
            Self::Sentinel(service) => service.socket(number),
            Self::Cluster(cluster) => cluster.socket(number),
        }
    }

    fn redis(&mut self, number: usize) -> &mut deertrack_testkit::redis::Redis {
        match self {
            Self::Sentinel(service) => service.server(number),
            Self::Cluster(cluster) => cluster.node(number),
        }
    }

    /// Who is said to have our keys, by somebody else than `besides`.
    async fn master(&self, slot: u16, besides: Option<usize>) -> Option<usize> {
        match self {
            Self::Sentinel(service) => {
                let master = service.master()?;
                let role = ask(service.socket(master), &["INFO", "replication"]).await.ok()?;
                (field(&role, "role") == Some("master")).then_some(master)
            }
            Self::Cluster(cluster) => {
                let asked = (0..cluster.size()).filter(|node| Some(*node) != besides);
                for node in asked {
                    let Ok(info) = ask(cluster.socket(node), &["CLUSTER", "INFO"]).await else { continue };
                    if field(&info, "cluster_state") == Some("ok") {
                        return cluster.master_of(slot, node).await;
                    }
                }
                None
            }
        }
    }

    /// Whether a failover would find a replica.
    async fn is_settled(&self, master: usize) -> bool {
        match self {
            Self::Sentinel(service) => service.is_settled(master),
            Self::Cluster(cluster) => cluster.replica_of(master, master).await.is_some(),
        }
    }
}

/// How far each replica that follows has come, out of INFO.
fn replicas(info: &str) -> impl Iterator<Item = u64> {
    info.lines()
        .filter(|line| line.starts_with("slave") && line.contains("state=online"))
        .filter_map(|line| line.split(',').find_map(|pair| pair.strip_prefix("offset="))?.parse().ok())
}
