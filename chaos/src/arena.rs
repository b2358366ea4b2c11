//! Where a run takes place: one Redis, a service with Sentinels, or a cluster.

use std::path::Path;
use std::time::Instant;

use deertrack_testkit::proxy::Proxy;

use crate::facts::Window;
use crate::plan::{Disturbance, Step};
use crate::replicated::Replicated;
use crate::server::{Fate, Fsync, Server, Start};
use crate::topology::Topology;

/// The servers under test, and what stands before them.
pub(crate) enum Arena {
    /// One server, and a proxy for half of the callers and all workers.
    Alone { server: Box<Server>, proxy: Proxy },
    /// Several; everybody goes through proxies.
    Replicated(Box<Replicated>),
}

impl Arena {
    /// Starts it; what it keeps lies in `dir`.
    pub(crate) async fn start(topology: Topology, fsync: Fsync, dir: &Path) -> anyhow::Result<Self> {
        if topology == Topology::Alone {
            let server = Server::start(fsync, dir).await?;
            let proxy = Proxy::start(server.url()).await;
            return Ok(Self::Alone { server: Box::new(server), proxy });
        }
        Ok(Self::Replicated(Box::new(Replicated::start(topology, fsync).await)))
    }

    /// For callers who are near.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Alone { server, .. } => server.url().to_owned(),
            Self::Replicated(servers) => servers.url(),
        }
    }

    /// For workers, and for callers behind the proxy.
    pub(crate) fn distant_url(&self) -> String {
        match self {
            Self::Alone { proxy, .. } => proxy.url().to_owned(),
            Self::Replicated(servers) => servers.url(),
        }
    }

    /// What stands before the server that has our keys.
    pub(crate) async fn proxy(&self) -> anyhow::Result<&Proxy> {
        match self {
            Self::Alone { proxy, .. } => Ok(proxy),
            Self::Replicated(servers) => servers.proxy().await,
        }
    }

    /// Asks the server that has our keys, in words.
    pub(crate) async fn ask(&self, words: &[&str]) -> anyhow::Result<String> {
        match self {
            Self::Alone { server, .. } => server.ask(words).await,
            Self::Replicated(servers) => servers.ask(words).await,
        }
    }

    /// Tells every server; those that are away need not hear it.
    pub(crate) async fn tell_all(&self, words: &[&str]) -> anyhow::Result<()> {
        match self {
            Self::Alone { server, .. } => server.ask(words).await.map(drop),
            Self::Replicated(servers) => {
                servers.tell_all(words).await;
                Ok(())
            }
        }
    }

    /// Waits until all that was accepted before `moment` is where nothing of what comes can take it from.
    pub(crate) async fn holds(&self, moment: Instant) -> anyhow::Result<()> {
        match self {
            Self::Alone { server, .. } => server.holds(moment).await,
            Self::Replicated(servers) => servers.in_step().await.map(drop),
        }
    }

    /// Takes the server with our keys down, or our keys to another.
    pub(crate) async fn strike(&mut self, step: Step) -> anyhow::Result<Vec<Fate>> {
        let start = if step.checked { Start::Checked } else { Start::Plain };
        match self {
            Self::Alone { server, .. } => match step.what {
                Disturbance::KillRedis => Ok(vec![server.kill(start).await?]),
                Disturbance::CutPower => server.cut_power(start, step.cut).await,
                Disturbance::RestartRedis => Ok(vec![server.restart(start).await?]),
                what => anyhow::bail!("one server alone knows no {what}"),
            },
            Self::Replicated(servers) => {
                let note = servers.strike(step).await?;
                Ok(vec![Fate { window: None, note }])
            }
        }
    }

    /// When accepted jobs may have been forgotten by a change of master.
    pub(crate) fn windows(&self) -> Vec<Window> {
        match self {
            Self::Alone { .. } => Vec::new(),
            Self::Replicated(servers) => servers.windows(),
        }
    }
}
