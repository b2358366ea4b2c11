//! The private Redis: killed, robbed of what it wrote last, started again in an operator's way or in ours.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use deertrack_stream::embedded;
use deertrack_testkit::aof::{self, Growing, Manifest};

use crate::ask::ask;
use crate::facts::{Forgetting, Window};
use crate::reach::{Reach, Reaches};

/// When Redis forces its append-only file to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Fsync {
    /// Every second: the last one may be lost.
    Everysec,
    /// Before each reply: nothing may be lost.
    Always,
}

/// How much a power cut takes at most with `appendfsync everysec`.
pub(crate) const UNSYNCED: Duration = Duration::from_secs(1);

/// How long it may take until somebody has a server that has started begin a new file.
const HEALED_WITHIN: Duration = Duration::from_secs(10);

/// How much of the end of the file is kept as evidence, besides what was cut off.
const TAIL: u64 = 128 * 1024;

/// How it is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// `redis-check-aof --fix` cuts off the half block at the end of the file, if there is one.
    Checked,
    /// As an operator's server may be: Redis cuts off the half command only. Clients must see to the rest.
    Plain,
}

/// What became of Redis.
pub(crate) struct Fate {
    /// What it may forget.
    pub(crate) window: Option<Window>,
    /// How its file ended, and what was done, in words.
    pub(crate) note: String,
}

pub(crate) struct Server {
    redis: embedded::Server,
    dir: PathBuf,
    /// Where the ends of its files are kept.
    tails: PathBuf,
    fsync: Fsync,
    reaches: Reaches,
    /// Up to here the growing file held whole blocks when the server last started.
    floor: Reach,
    /// The file with half a block at its end that nobody has cut off. Until a later one grows, the promises hold for
    /// one death only.
    unhealed: Option<u64>,
    kept: usize,
}

impl Server {
    /// Starts one whose data is in a folder of its own in `dir`.
    pub(crate) async fn start(fsync: Fsync, dir: &Path) -> anyhow::Result<Self> {
        let (dir, tails) = (dir.join("redis"), dir.join("aof-at-each-end"));
        std::fs::create_dir(&dir)?;
        std::fs::create_dir(&tails)?;
        let appendfsync = match fsync {
            Fsync::Everysec => "everysec",
            Fsync::Always => "always",
        };
        // Rewrites come when the system under test asks for them.
        let extra = [("appendfsync", appendfsync), ("auto-aof-rewrite-percentage", "0")];
        let extra = extra.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let options = embedded::Options { dir: dir.clone(), append_only: true, check_aof: true, extra };
        let redis = embedded::Server::start(options).await?;
        let floor = Reach { file: Manifest::read(&dir)?.growing.seq, bytes: 0 };
        let reaches = Reaches::watch(redis.url(), &dir, floor);
        Ok(Self { redis, dir, tails, fsync, reaches, floor, unhealed: None, kept: 0 })
    }

    pub(crate) fn url(&self) -> &str {
        self.redis.url()
    }

    /// SIGKILL, then a start on its files. What it may forget, of what was accepted when: what it had not written.
    pub(crate) async fn kill(&mut self, start: Start) -> anyhow::Result<Fate> {
        let note = self.ready_to_die().await?;
        self.end().await?;
        self.begin(start, note).await
    }

    /// The same, and of what came in the last second only so much is there as `draw` says, to the byte: the machine
    /// lost its power before the disk had the rest. A file that is checked is killed once more at once.
    pub(crate) async fn cut_power(&mut self, start: Start, draw: u64) -> anyhow::Result<Vec<Fate>> {
        let mut note = self.ready_to_die().await?;
        let held = self.reaches.before(Instant::now(), UNSYNCED).unwrap_or(self.floor);
        self.end().await?;
        let growing = Manifest::read(&self.dir)?.growing;
        if self.fsync == Fsync::Everysec {
            note += &cut(&growing, held, draw)?;
        }
        let mut fates = vec![self.begin(start, note).await?];
        if start == Start::Checked {
            fates.push(self.kill(start).await?);
        }
        Ok(fates)
    }

    /// SIGTERM: it writes what it has and ends. Then a start on its files.
    pub(crate) async fn restart(&mut self, start: Start) -> anyhow::Result<Fate> {
        let mut note = self.healed().await?;
        self.reaches.pause();
        if start == Start::Plain {
            note += "without redis-check-aof";
        }
        self.redis.check_aof(start == Start::Checked);
        self.redis.restart().await?;
        self.reaches.go_on();
        Ok(Fate { window: None, note })
    }

    /// Waits until its file holds for good all that was accepted before `moment`.
    pub(crate) async fn holds(&self, moment: Instant) -> anyhow::Result<()> {
        self.reaches.written(&self.dir, moment).await?;
        tokio::time::sleep(2 * UNSYNCED).await;
        Ok(())
    }

    /// Waits until a death breaks no promise and can be judged.
    async fn ready_to_die(&mut self) -> anyhow::Result<String> {
        let note = self.healed().await?;
        self.reaches.compared().await;
        Ok(note)
    }

    async fn end(&mut self) -> anyhow::Result<()> {
        self.reaches.pause();
        self.redis.kill().await?;
        Ok(())
    }

    /// Starts it on what is there.
    async fn begin(&mut self, start: Start, mut note: String) -> anyhow::Result<Fate> {
        let manifest = Manifest::read(&self.dir)?;
        let growing = &manifest.growing;
        let mut from = if self.floor.file == growing.seq { self.floor.bytes } else { 0 };
        if growing.len()? < from {
            let _ = write!(note, "THE FILE WAS CUT BACK from {from} bytes when the server last started; ");
            from = 0;
        }
        let bytes = growing.bytes_from(from)?;
        let (length, whole) = (from + bytes.len() as u64, from + aof::whole(&bytes) as u64);
        self.keep_tail(growing, length)?;
        self.floor = Reach { file: growing.seq, bytes: whole };
        let _ = write!(note, "{length} bytes in file {}, {}", growing.seq, ending(&bytes));
        self.unhealed = None;
        if start == Start::Plain {
            note += ", started without redis-check-aof";
            self.unhealed = (whole < length).then_some(growing.seq);
        }
        self.redis.check_aof(start == Start::Checked);
        let to = Instant::now();
        let kept_before = self.reaches.all_kept_before(self.floor);
        self.redis.restart().await?;
        self.reaches.begin_again(to, self.floor);
        let window = kept_before.map(|from| Window { from, to, by: Forgetting::LastSecond });
        let window = window.filter(|_| self.fsync == Fsync::Everysec);
        Ok(Fate { window, note })
    }

    /// Half a block in its file is harmless once another file grows. A server that dies before that is beyond the
    /// promise, so nobody kills it until then; within reason: who never asks for it is found out.
    async fn healed(&mut self) -> anyhow::Result<String> {
        let Some(half) = self.unhealed.take() else { return Ok(String::new()) };
        let began = Instant::now();
        while began.elapsed() < HEALED_WITHIN {
            if Manifest::read(&self.dir)?.growing.seq > half {
                return Ok(String::new());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(format!("NOT HEALED within {} s; ", HEALED_WITHIN.as_secs()))
    }

    fn keep_tail(&mut self, growing: &Growing, length: u64) -> anyhow::Result<()> {
        let from = length.saturating_sub(TAIL);
        self.kept += 1;
        let name = format!("{:03}-file-{}-from-byte-{from}.aof", self.kept, growing.seq);
        std::fs::write(self.tails.join(name), growing.bytes_from(from)?)?;
        Ok(())
    }

    /// Asks Redis in words.
    pub(crate) async fn ask(&self, words: &[&str]) -> anyhow::Result<String> {
        ask(self.url(), words).await
    }
}

/// Cuts the file somewhere behind what the disk must have had. One cut in four takes all that it may.
fn cut(growing: &Growing, held: Reach, draw: u64) -> anyhow::Result<String> {
    let length = growing.len()?;
    // Redis has an older file synced when it begins a new one.
    let least = if held.file == growing.seq { held.bytes.min(length) } else { 0 };
    let end = if draw.is_multiple_of(4) { least } else { least + draw / 4 % (length - least + 1) };
    File::options().write(true).open(&growing.path)?.set_len(end)?;
    Ok(format!("{} of the last {} bytes cut off; ", length - end, length - least))
}

/// Where in a command or a block `bytes` end.
fn ending(bytes: &[u8]) -> String {
    let Some(last) = aof::commands(bytes).last() else { return "no whole command".to_owned() };
    let within = if last.end < bytes.len() { "in the middle of a command" } else { "behind a command" };
    match last.in_block.filter(|_| last.name != "EXEC") {
        Some(place) => {
            format!("ending {within}, {} commands into a block, the last whole one {}", place + 1, last.name)
        }
        None => format!("ending {within} outside of blocks"),
    }
}
