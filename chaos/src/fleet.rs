//! The worker processes: real ones, killed, stopped, replaced and started again.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

/// How long a worker may take to end after SIGTERM. Without Redis it waits for it: its jobs' ends are worth it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How workers are started.
pub(crate) struct Recipe {
    pub(crate) redis_url: String,
    pub(crate) exports: PathBuf,
    pub(crate) lease: Duration,
    pub(crate) heal: bool,
    pub(crate) log: PathBuf,
}

/// Some workers. Dropped, they are killed.
pub(crate) struct Fleet {
    recipe: Recipe,
    workers: Vec<Child>,
    /// How many ended by themselves: jobs that take their worker with them.
    pub(crate) fallen: usize,
}

impl Fleet {
    pub(crate) fn start(recipe: Recipe, count: usize) -> anyhow::Result<Self> {
        let mut fleet = Self { recipe, workers: Vec::new(), fallen: 0 };
        for _ in 0..count {
            let worker = fleet.spawn()?;
            fleet.workers.push(worker);
        }
        Ok(fleet)
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let log = File::options().create(true).append(true).open(&self.recipe.log)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("work").args(["--redis-url", &self.recipe.redis_url]);
        command.arg("--exports").arg(&self.recipe.exports);
        command.args(["--lease-ms", &self.recipe.lease.as_millis().to_string()]);
        if !self.recipe.heal {
            command.arg("--no-healing");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        command.spawn().context("a worker cannot be started")
    }

    /// The process id of a worker; any number names one.
    pub(crate) fn pid(&self, worker: usize) -> u32 {
        self.workers[worker % self.workers.len()].id()
    }

    /// SIGKILL, and another one in its place.
    pub(crate) fn kill(&mut self, worker: usize) -> anyhow::Result<()> {
        let slot = worker % self.workers.len();
        self.workers[slot].kill()?;
        self.workers[slot].wait()?;
        self.workers[slot] = self.spawn()?;
        Ok(())
    }

    /// SIGTERM, and another one in its place once it has ended.
    pub(crate) async fn replace(&mut self, worker: usize) -> anyhow::Result<()> {
        let slot = worker % self.workers.len();
        signal(self.workers[slot].id(), libc::SIGTERM);
        self.ended(slot).await?;
        self.workers[slot] = self.spawn()?;
        Ok(())
    }

    /// SIGSTOP. It goes on with [`go_on`](Self::go_on).
    pub(crate) fn stop(&self, worker: usize) -> u32 {
        let pid = self.pid(worker);
        signal(pid, libc::SIGSTOP);
        pid
    }

    /// SIGCONT, unless the process has been replaced meanwhile.
    pub(crate) fn go_on(&self, pid: u32) {
        if self.workers.iter().any(|worker| worker.id() == pid) {
            signal(pid, libc::SIGCONT);
        }
    }

    /// Starts again what has ended by itself.
    pub(crate) fn revive(&mut self) -> anyhow::Result<()> {
        for slot in 0..self.workers.len() {
            if self.workers[slot].try_wait()?.is_some() {
                self.fallen += 1;
                self.workers[slot] = self.spawn()?;
            }
        }
        Ok(())
    }

    /// SIGTERM to all, for good.
    pub(crate) async fn dismiss(&mut self) -> anyhow::Result<()> {
        for worker in &self.workers {
            signal(worker.id(), libc::SIGTERM);
        }
        for slot in 0..self.workers.len() {
            self.ended(slot).await?;
        }
        Ok(())
    }

    /// Waits for the end of a worker that was told to stop; kills it when it takes too long.
    async fn ended(&mut self, slot: usize) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.workers[slot].try_wait()?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.workers[slot].kill()?;
        self.workers[slot].wait()?;
        Ok(())
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }
}

#[expect(unsafe_code, reason = "the standard library can only kill")]
fn signal(pid: u32, signal: i32) {
    let Ok(pid) = i32::try_from(pid) else { return };
    // SAFETY: kill(2) takes two numbers and touches no memory. The child is not waited for yet, so its id is its own.
    unsafe { libc::kill(pid, signal) };
}
