//! Does what the plan says, one step after the other, and writes down what Redis may have forgotten and who waits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use deertrack_schemas::Keys;
use deertrack_stream::{Durability, Settings, Stream, new_job_id};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::arena::Arena;
use crate::deed::{Deed, Met};
use crate::facts::{Blows, Forgetting, Window};
use crate::fleet::Fleet;
use crate::load::Ledger;
use crate::plan::{Disturbance, Step};
use crate::server::Fate;
use crate::task::Task;
use crate::work;

/// How many entries that are no commands come at a time.
const RUBBISH: usize = 20;

/// The system under test, and what was done to it.
pub(crate) struct Disturber {
    pub(crate) arena: Arena,
    pub(crate) fleet: Arc<Mutex<Fleet>>,
    /// A connection that is not disturbed by the proxy.
    pub(crate) stream: Stream,
    pub(crate) ledger: Ledger,
    pub(crate) lease: Duration,
    /// How sure a submit is when it answers.
    pub(crate) durability: Durability,
    pub(crate) began: Instant,
    pub(crate) windows: Vec<Window>,
    pub(crate) met: Vec<Met>,
    /// What was done, in its order.
    pub(crate) deeds: Vec<Deed>,
    pub(crate) blows: Blows,
    /// Stopped workers that will go on.
    pub(crate) stopped: JoinSet<()>,
}

impl Disturber {
    /// Connections for callers: half of them go to Redis directly, half through the proxy.
    pub(crate) async fn callers(&self) -> anyhow::Result<Vec<Stream>> {
        let settings = |url: &str| {
            let heal = self.stream.settings().heal;
            Settings { durability: self.durability, ..work::settings(url, self.lease, heal) }
        };
        let near = Stream::connect(settings(&self.arena.url())).await?;
        let distant = Stream::connect(settings(&self.arena.distant_url())).await?;
        Ok(vec![near.clone(), near, distant.clone(), distant])
    }

    pub(crate) async fn take(&mut self, step: Step) -> anyhow::Result<()> {
        tokio::time::sleep(step.quiet).await;
        let what = step.what;
        tracing::info!(%what, "disturbing");
        let began = Instant::now();
        let note = self.disturb(step).await.with_context(|| format!("while doing: {what}"))?;
        if !note.is_empty() {
            tracing::info!(%what, note);
        }
        self.deeds.push(Deed { what, began, ended: Instant::now(), note });
        if what.takes_leases() {
            self.blows.last_to_any = Some(Instant::now());
        }
        Ok(())
    }

    /// What is to be said of it.
    async fn disturb(&mut self, step: Step) -> anyhow::Result<String> {
        match step.what {
            Disturbance::KillWorker => self.kill_worker(step).await?,
            Disturbance::StopWorker => self.stop_worker(step).await,
            Disturbance::ReplaceWorker => {
                self.meet(step).await;
                self.fleet.lock().await.replace(step.worker).await?;
            }
            Disturbance::KillRedis
            | Disturbance::CutPower
            | Disturbance::RestartRedis
            | Disturbance::FailOver
            | Disturbance::MoveSlot => {
                let fates = self.arena.strike(step).await?;
                return Ok(self.redis_is_back(step.what, fates));
            }
            Disturbance::KillClients => {
                self.arena.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await?;
            }
            Disturbance::FlushScripts => drop(self.arena.ask(&["SCRIPT", "FLUSH"]).await?),
            Disturbance::SqueezeMemory => self.squeeze(step.lasts).await?,
            Disturbance::DelayReplies => {
                let proxy = self.arena.proxy().await?;
                proxy.delay(step.lasts / 10);
                tokio::time::sleep(step.lasts).await;
                proxy.pass();
            }
            Disturbance::LoseReplies => {
                let proxy = self.arena.proxy().await?;
                proxy.swallow();
                tokio::time::sleep(step.lasts).await;
                proxy.cut();
            }
            Disturbance::FreezeConnections => {
                let proxy = self.arena.proxy().await?;
                proxy.freeze();
                tokio::time::sleep(step.lasts * 2).await;
                proxy.cut();
            }
            Disturbance::CutConnections => self.arena.proxy().await?.cut(),
            Disturbance::AddRubbish => self.add_rubbish().await?,
            Disturbance::FlushAll => {
                self.arena.ask(&["FLUSHALL"]).await?;
                let to = Instant::now();
                self.windows.push(Window { from: self.began, to, by: Forgetting::Flush });
                self.met.push(Met { by: step.what, at: to, jobs: None });
                // A power cut right after it would bring back what it has removed.
                self.arena.holds(to).await?;
            }
        }
        Ok(String::new())
    }

    /// What it holds is asked afterwards: the dead hold it for a lease, and no longer change it.
    async fn kill_worker(&mut self, step: Step) -> anyhow::Result<()> {
        let at = Instant::now();
        let pid = {
            let mut fleet = self.fleet.lock().await;
            let pid = fleet.pid(step.worker);
            fleet.kill(step.worker)?;
            pid
        };
        let jobs = self.held_by(pid).await;
        self.blows.killed_with.extend(jobs.iter().cloned());
        self.met.push(Met { by: step.what, at, jobs: Some(jobs) });
        Ok(())
    }

    /// Writes down which jobs the worker holds that is about to be met.
    async fn meet(&mut self, step: Step) {
        let pid = self.fleet.lock().await.pid(step.worker);
        let jobs = self.held_by(pid).await;
        self.met.push(Met { by: step.what, at: Instant::now(), jobs: Some(jobs) });
    }

    /// The jobs of a worker, and their delivery.
    async fn held_by(&self, pid: u32) -> Vec<(String, u64)> {
        let pid = format!(":{pid}:");
        let running = self.stream.overview().await.map(|overview| overview.running).unwrap_or_default();
        let its_own = running.into_iter().filter(|job| job.worker.contains(&pid));
        its_own.map(|job| (job.job_id, job.deliveries)).collect()
    }

    async fn stop_worker(&mut self, step: Step) {
        self.meet(step).await;
        let (fleet, pause) = (Arc::clone(&self.fleet), self.lease * 2);
        let pid = fleet.lock().await.stop(step.worker);
        self.stopped.spawn(async move {
            tokio::time::sleep(pause).await;
            fleet.lock().await.go_on(pid);
        });
    }

    fn redis_is_back(&mut self, by: Disturbance, fates: Vec<Fate>) -> String {
        self.met.push(Met { by, at: Instant::now(), jobs: None });
        self.windows.extend(fates.iter().filter_map(|fate| fate.window));
        let notes: Vec<String> = fates.into_iter().map(|fate| fate.note).collect();
        notes.join("; then killed at once: ")
    }

    async fn squeeze(&self, lasts: Duration) -> anyhow::Result<()> {
        let memory = self.arena.ask(&["INFO", "memory"]).await?;
        let used = memory.lines().find_map(|line| line.strip_prefix("used_memory:"));
        let used = used.context("Redis says how much memory it uses")?.trim();
        self.arena.ask(&["CONFIG", "SET", "maxmemory", used]).await?;
        tokio::time::sleep(lasts).await;
        // Whoever is master by now.
        self.arena.tell_all(&["CONFIG", "SET", "maxmemory", "0"]).await
    }

    async fn add_rubbish(&self) -> anyhow::Result<()> {
        let jobs: Vec<String> = (0..RUBBISH).map(|_| new_job_id(&Keys::default()).to_string()).collect();
        for job in &jobs {
            self.ledger.ask(job, Task::Rubbish);
            self.arena.ask(&["XADD", "{exports}:commands", "*", "job", job, "body", "no command"]).await?;
            if self.durability == Durability::Fast {
                self.ledger.accept(job);
            }
        }
        if self.durability != Durability::Fast {
            // As a submit does: it counts when a replica has it.
            self.arena.holds(Instant::now()).await?;
            jobs.iter().for_each(|job| self.ledger.accept(job));
        }
        Ok(())
    }
}
