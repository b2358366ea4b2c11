//! The private Redis: killed, robbed of what it wrote last, and asked in words as an operator would.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
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
pub(crate) const UNSYNCED: Duration = Duration::from_secs(1);

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
        let sizes = Sizes::watch(redis.url(), redis.dir());
        Self { redis, fsync, sizes }
    }

    pub(crate) fn url(&self) -> &str {
        self.redis.url()
    }

    /// SIGKILL, then a start on its files. What it may forget, of what was accepted when: what it had not written.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<Option<Window>> {
        self.redis.server.kill().await?;
        self.start_again().await
    }

    /// The same, and what came in the last second is gone: the machine lost its power before the disk had it.
    pub(crate) async fn cut_power(&mut self) -> anyhow::Result<Option<Window>> {
        let then = self.sizes.before(Instant::now(), UNSYNCED);
        self.redis.server.kill().await?;
        if let (Fsync::Everysec, Some(size)) = (self.fsync, then) {
            let file = File::options().write(true).open(append_only_file(self.redis.dir())?)?;
            file.set_len(size.min(file.metadata()?.len()))?;
        }
        self.start_again().await
    }

    async fn start_again(&mut self) -> anyhow::Result<Option<Window>> {
        let kept = append_only_file(self.redis.dir())?.metadata()?.len();
        let to = Instant::now();
        let from = self.sizes.all_kept_before(kept);
        self.sizes.begin_again(to, kept);
        self.redis.server.restart().await?;
        let window = from.map(|from| Window { from, to, by: Forgetting::LastSecond });
        Ok(window.filter(|_| self.fsync == Fsync::Everysec))
    }

    /// Asks Redis in words.
    pub(crate) async fn ask(&self, words: &[&str]) -> anyhow::Result<String> {
        ask(self.url(), words).await
    }
}

async fn ask(url: &str, words: &[&str]) -> anyhow::Result<String> {
    let socket = url.strip_prefix("redis+unix://").context("it listens on a socket")?;
    let output = Command::new("redis-cli").args(["-s", socket]).args(words).output().await?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || said.starts_with("ERR") {
        bail!("redis-cli {words:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(said)
}

/// How long the append-only file had to be to hold all that was accepted before a moment.
///
/// Redis is asked, not the file: while a sync is under way on a busy disk Redis puts off its writes for seconds, and
/// replies all the same (`flushAppendOnlyFile` in its `aof.c`).
struct Sizes {
    seen: Arc<Mutex<VecDeque<(Instant, u64)>>>,
    task: AbortHandle,
}

impl Sizes {
    const EVERY: Duration = Duration::from_millis(100);
    const KEPT: usize = 600;

    fn watch(url: &str, dir: &Path) -> Self {
        let (url, dir) = (url.to_owned(), dir.to_owned());
        let seen = Arc::new(Mutex::new(VecDeque::from([(Instant::now(), 0)])));
        let kept = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                let at = Instant::now(); // before the question: all that was accepted by now is in the answer
                if let Ok(size) = needed(&url, &dir).await {
                    let mut kept = kept.lock().expect("nobody panics while holding the sizes");
                    // Not an answer of before a restart that comes after it.
                    if kept.back().is_none_or(|(last, _)| *last < at) {
                        kept.push_back((at, size));
                    }
                    if kept.len() > Self::KEPT {
                        kept.pop_front();
                    }
                }
                tokio::time::sleep(Self::EVERY).await;
            }
        });
        Self { seen, task: task.abort_handle() }
    }

    fn seen(&self) -> MutexGuard<'_, VecDeque<(Instant, u64)>> {
        self.seen.lock().expect("nobody panics while holding the sizes")
    }

    /// The size that holds all but what came in the last `age`.
    fn before(&self, now: Instant, age: Duration) -> Option<u64> {
        self.seen().iter().rev().find(|(at, _)| now.duration_since(*at) >= age).map(|(_, size)| *size)
    }

    /// Until when everything is in a file of this size.
    fn all_kept_before(&self, size: u64) -> Option<Instant> {
        self.seen().iter().rev().find(|(_, needed)| *needed <= size).map(|(at, _)| *at)
    }

    /// Redis starts on a file of this size.
    fn begin_again(&self, at: Instant, size: u64) {
        *self.seen() = VecDeque::from([(at, size)]);
    }
}

impl Drop for Sizes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The size of the file that grows when all that Redis has accepted will be in it.
async fn needed(url: &str, dir: &Path) -> anyhow::Result<u64> {
    let info = ask(url, &["INFO", "persistence"]).await?;
    let field = |name: &str| -> anyhow::Result<u64> {
        let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        Ok(value.with_context(|| format!("INFO has no {name}"))?.trim().parse()?)
    };
    let written = field("aof_current_size")? + field("aof_buffer_length")?;
    Ok(written.saturating_sub(base_size(dir)?)) // what Redis counts begins with the file that stays as it is
}

fn base_size(dir: &Path) -> anyhow::Result<u64> {
    let base = append_only_files(dir, ".base.rdb")?;
    base.iter().map(|file| Ok(file.metadata()?.len())).sum()
}

/// The file that grows.
fn append_only_file(dir: &Path) -> anyhow::Result<PathBuf> {
    append_only_files(dir, ".incr.aof")?.pop().context("Redis writes no append-only file")
}

fn append_only_files(dir: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(dir.join("appendonlydir"))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.to_string_lossy().ends_with(ending)).collect())
}
