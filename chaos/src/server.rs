//! The private Redis: killed, robbed of what it wrote last, and asked in words as an operator would.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use deertrack_testkit::redis::Redis;
use tokio::process::Command;
use tokio::task::AbortHandle;

use crate::check::{Forgetting, Window};

/// When Redis forces its append-only file to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Fsync {
    /// Every second: the last one may be lost.
    Everysec,
    /// Before each reply: nothing may be lost.
    Always,
}

/// How much a power cut takes with `appendfsync everysec`.
const UNSYNCED: Duration = Duration::from_secs(1);
/// How long Redis may put off a write while the disk is busy; a killed process loses what it has not written.
const PUT_OFF: Duration = Duration::from_secs(2);

pub(crate) struct Server {
    redis: Redis,
    fsync: Fsync,
    sizes: Sizes,
}

impl Server {
    pub(crate) async fn start(fsync: Fsync) -> Self {
        let appendfsync = match fsync {
            Fsync::Everysec => "everysec",
            Fsync::Always => "always",
        };
        // One file for the whole run, so that its end is what was written last.
        let options = [("appendfsync", appendfsync), ("auto-aof-rewrite-percentage", "0")];
        let redis = Redis::with(true, &options).await;
        let sizes = Sizes::watch(redis.dir());
        Self { redis, fsync, sizes }
    }

    pub(crate) fn url(&self) -> &str {
        self.redis.url()
    }

    /// SIGKILL, then a start on its files. What it may forget, of what was accepted when.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<Option<Window>> {
        let killed = Instant::now();
        self.redis.server.kill().await?;
        self.start_again(killed.checked_sub(PUT_OFF)).await
    }

    /// The same, and what was written in the last second is gone: the machine lost its power before the disk had it.
    pub(crate) async fn cut_power(&mut self) -> anyhow::Result<Option<Window>> {
        let then = self.sizes.before(Instant::now(), UNSYNCED);
        self.redis.server.kill().await?;
        let (Fsync::Everysec, Some((at, size))) = (self.fsync, then) else {
            return self.start_again(None).await;
        };
        let file = std::fs::File::options().write(true).open(append_only_file(self.redis.dir())?)?;
        file.set_len(size.min(file.metadata()?.len()))?;
        self.start_again(Some(at)).await
    }

    async fn start_again(&mut self, forgets_since: Option<Instant>) -> anyhow::Result<Option<Window>> {
        let to = Instant::now();
        self.redis.server.restart().await?;
        let from = forgets_since.filter(|_| self.fsync == Fsync::Everysec);
        Ok(from.map(|from| Window { from, to, by: Forgetting::LastSecond }))
    }

    /// Asks Redis in words.
    pub(crate) async fn ask(&self, words: &[&str]) -> anyhow::Result<String> {
        let socket = self.url().strip_prefix("redis+unix://").context("it listens on a socket")?;
        let output = Command::new("redis-cli").args(["-s", socket]).args(words).output().await?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || said.starts_with("ERR") {
            bail!("redis-cli {words:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(said)
    }
}

/// How long the append-only file was a moment ago.
struct Sizes {
    seen: Arc<Mutex<VecDeque<(Instant, u64)>>>,
    task: AbortHandle,
}

impl Sizes {
    const EVERY: Duration = Duration::from_millis(50);
    const KEPT: usize = 200;

    fn watch(dir: &Path) -> Self {
        let (dir, seen) = (dir.to_owned(), Arc::new(Mutex::new(VecDeque::new())));
        let kept = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                let at = Instant::now(); // before the look: what is accepted later may be behind that size
                let size = append_only_file(&dir).and_then(|file| Ok(std::fs::metadata(file)?.len()));
                if let Ok(size) = size {
                    let mut kept = kept.lock().expect("nobody panics while holding the sizes");
                    kept.push_back((at, size));
                    if kept.len() > Self::KEPT {
                        kept.pop_front();
                    }
                }
                tokio::time::sleep(Self::EVERY).await;
            }
        });
        Self { seen, task: task.abort_handle() }
    }

    /// The latest look that is at least `age` older than `now`.
    fn before(&self, now: Instant, age: Duration) -> Option<(Instant, u64)> {
        let seen = self.seen.lock().expect("nobody panics while holding the sizes");
        seen.iter().rev().find(|(at, _)| now.duration_since(*at) >= age).copied()
    }
}

impl Drop for Sizes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The file that grows.
fn append_only_file(dir: &Path) -> anyhow::Result<PathBuf> {
    for entry in std::fs::read_dir(dir.join("appendonlydir"))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".incr.aof") {
            return Ok(path);
        }
    }
    bail!("Redis writes no append-only file")
}
