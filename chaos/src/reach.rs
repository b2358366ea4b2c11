//! How far the append-only file had to reach to hold all that was accepted before a moment.
//!
//! Redis is asked, not the file: while a sync is under way on a busy disk Redis puts off its writes for seconds, and
//! replies all the same (`flushAppendOnlyFile` in its `aof.c`). But its `aof_current_size` is a sum that misses the
//! first base (7.0) and still counts what a load cut off, so it is compared with the length of the file before and
//! after the question, anew for each life of the server and each manifest.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::Context;
use deertrack_testkit::aof::Manifest;
use tokio::task::AbortHandle;

use crate::ask::ask;

/// A place in the append-only file. Files follow each other: what is in an earlier one is before all of a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reach {
    /// Sequence number of the file that grows.
    pub(crate) file: u64,
    /// Bytes of it.
    pub(crate) bytes: u64,
}

/// What was seen of a server, in one of its lives.
#[derive(Default)]
struct Seen {
    /// Counts starts and ends: an answer of before one must not be noted after it.
    life: u64,
    /// Nobody is asked while the server is away.
    away: bool,
    /// When all that was accepted reached to where.
    samples: VecDeque<(Instant, Reach)>,
    surplus: Surplus,
}

/// By how much `aof_current_size` is over the length of the file that grows: a number that does not change within one
/// life and manifest, and that each answer brackets.
#[derive(Default)]
struct Surplus {
    manifest: String,
    least: i64,
    most: i64,
}

impl Surplus {
    fn learn(&mut self, look: &Look) {
        let [most, least] = [look.before, look.after].map(|length| look.written - length);
        if self.manifest == look.manifest.text {
            (self.least, self.most) = (self.least.max(least), self.most.min(most));
        } else {
            *self = Self { manifest: look.manifest.text.clone(), least, most };
        }
    }

    fn known(&self) -> Option<i64> {
        (!self.manifest.is_empty() && self.least == self.most).then_some(self.least)
    }
}

/// Asks Redis again and again how far its file must reach.
pub(crate) struct Reaches {
    seen: Arc<Mutex<Seen>>,
    task: AbortHandle,
}

impl Reaches {
    const EVERY: Duration = Duration::from_millis(100);
    const UNTIL_COMPARED: Duration = Duration::from_millis(5);
    const KEPT: usize = 600;
    /// Usually the first look or the second is enough.
    const PATIENCE: Duration = Duration::from_secs(3);

    /// Begins to ask the server that has just been started.
    pub(crate) fn watch(url: &str, dir: &Path, start: Reach) -> Self {
        let samples = VecDeque::from([(Instant::now(), start)]);
        let seen = Arc::new(Mutex::new(Seen { samples, ..Seen::default() }));
        let asker = Asker { url: url.to_owned(), dir: dir.to_owned(), seen: Arc::clone(&seen) };
        Self { seen, task: tokio::spawn(asker.run()).abort_handle() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        locked(&self.seen)
    }

    /// The place that holds all but what came in the last `age`; in a shorter life the place where it began, which was
    /// read from the disk.
    pub(crate) fn before(&self, now: Instant, age: Duration) -> Option<Reach> {
        let seen = self.seen();
        let old = seen.samples.iter().rev().find(|(at, _)| now.duration_since(*at) >= age);
        old.or(seen.samples.front()).map(|(_, reach)| *reach)
    }

    /// Until when everything is in a file that ends here.
    pub(crate) fn all_kept_before(&self, end: Reach) -> Option<Instant> {
        self.seen().samples.iter().rev().find(|(_, needed)| *needed <= end).map(|(at, _)| *at)
    }

    /// The server ends now. What was seen of it stays.
    pub(crate) fn pause(&self) {
        let mut seen = self.seen();
        seen.life += 1;
        seen.away = true;
        seen.surplus = Surplus::default();
    }

    /// It has started again on a file that reaches `so_far`, and holds nothing else than it.
    pub(crate) fn begin_again(&self, at: Instant, so_far: Reach) {
        self.seen().samples = VecDeque::from([(at, so_far)]);
        self.go_on();
    }

    /// It has started again and lost nothing.
    pub(crate) fn go_on(&self) {
        let mut seen = self.seen();
        seen.life += 1;
        seen.away = false;
    }

    /// Waits until this life of the server has been seen: to kill it before would leave it open what it had accepted.
    pub(crate) async fn compared(&self) {
        let until = Instant::now() + Self::PATIENCE;
        while self.seen().surplus.known().is_none() && Instant::now() < until {
            tokio::time::sleep(Self::UNTIL_COMPARED).await;
        }
    }

    /// Waits until the file in `dir` holds all that was accepted before `moment`.
    pub(crate) async fn written(&self, dir: &Path, moment: Instant) -> anyhow::Result<()> {
        let until = Instant::now() + 4 * Self::PATIENCE;
        loop {
            let manifest = Manifest::read(dir)?;
            let end = Reach { file: manifest.growing.seq, bytes: manifest.growing.len()? };
            if self.all_kept_before(end).is_some_and(|kept| kept >= moment) {
                return Ok(());
            }
            anyhow::ensure!(Instant::now() < until, "Redis does not write its append-only file");
            tokio::time::sleep(Self::EVERY / 2).await;
        }
    }
}

impl Drop for Reaches {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Asker {
    url: String,
    dir: PathBuf,
    seen: Arc<Mutex<Seen>>,
}

impl Asker {
    async fn run(self) {
        loop {
            let (life, away) = {
                let seen = locked(&self.seen);
                (seen.life, seen.away)
            };
            if !away && let Ok(look) = self.look().await {
                locked(&self.seen).note(life, &look);
            }
            let compared = away || locked(&self.seen).surplus.known().is_some();
            tokio::time::sleep(if compared { Reaches::EVERY } else { Reaches::UNTIL_COMPARED }).await;
        }
    }

    async fn look(&self) -> anyhow::Result<Look> {
        let at = Instant::now(); // before the question: all that was accepted by now is in the answer
        let manifest = Manifest::read(&self.dir)?;
        let before = i64::try_from(manifest.growing.len()?)?;
        let info = ask(&self.url, &["INFO", "persistence"]).await?;
        let after = i64::try_from(manifest.growing.len()?)?;
        anyhow::ensure!(Manifest::read(&self.dir)? == manifest, "a rewrite began or ended meanwhile");
        let field = |name: &str| -> anyhow::Result<i64> {
            let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            Ok(value.with_context(|| format!("INFO has no {name}"))?.trim().parse()?)
        };
        let (written, waiting) = (field("aof_current_size")?, field("aof_buffer_length")?);
        Ok(Look { at, manifest, before, after, written, waiting })
    }
}

/// One answer of Redis.
struct Look {
    at: Instant,
    manifest: Manifest,
    /// The length of the file that grows, before the question and after it.
    before: i64,
    after: i64,
    written: i64,
    waiting: i64,
}

impl Seen {
    fn note(&mut self, life: u64, look: &Look) {
        if self.life != life {
            return;
        }
        self.surplus.learn(look);
        let Some(surplus) = self.surplus.known() else { return };
        let bytes = u64::try_from(look.written + look.waiting - surplus).unwrap_or(0);
        self.samples.push_back((look.at, Reach { file: look.manifest.growing.seq, bytes }));
        if self.samples.len() > Reaches::KEPT {
            self.samples.pop_front();
        }
    }
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().expect("nobody panics while holding what was seen")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(at: Instant, file: u64, around: [i64; 2], written: i64, waiting: i64) -> Look {
        let growing = deertrack_testkit::aof::Growing { seq: file, path: PathBuf::new() };
        let manifest = Manifest { text: format!("{file}"), growing };
        Look { at, manifest, before: around[0], after: around[1], written, waiting }
    }

    #[test]
    fn what_redis_counts_is_compared_with_the_file_anew_for_each_life_and_manifest() {
        let (now, ms) = (Instant::now(), Duration::from_millis);
        let mut seen = Seen::default();
        seen.note(0, &look(now, 1, [300, 314], 430, 5));
        assert!(seen.samples.is_empty(), "by how much Redis is out is known to 14 bytes");
        seen.note(0, &look(now + ms(1), 1, [384, 400], 500, 7));
        seen.note(0, &look(now + ms(2), 1, [400, 900], 520, 7));
        seen.note(0, &look(now + ms(3), 2, [0, 10], 530, 0));
        assert_eq!(seen.surplus.known(), None, "another file grows");
        seen.note(0, &look(now + ms(4), 2, [10, 10], 530, 0));
        seen.note(1, &look(now + ms(5), 2, [10, 10], 600, 0)); // of another life
        let reaches: Vec<(u64, u64)> = seen.samples.iter().map(|(_, r)| (r.file, r.bytes)).collect();
        assert_eq!(reaches, [(1, 391), (1, 411), (2, 10)]);
    }

    #[tokio::test]
    async fn an_earlier_file_is_kept_whole_whatever_is_cut_off_the_later_one() {
        let (now, ms) = (Instant::now(), Duration::from_millis);
        let at = |file, bytes| Reach { file, bytes };
        let dir = std::env::temp_dir();
        let reaches = Reaches::watch("redis+unix:///nobody", &dir, at(1, 0));
        reaches.pause();
        reaches.seen().samples =
            [(now, at(1, 900)), (now + ms(1), at(2, 50)), (now + ms(2), at(2, 90))].into();
        assert_eq!(reaches.all_kept_before(at(2, 0)), Some(now));
        assert_eq!(reaches.all_kept_before(at(2, 89)), Some(now + ms(1)));
        assert_eq!(reaches.all_kept_before(at(2, 90)), Some(now + ms(2)));
        assert_eq!(reaches.all_kept_before(at(1, 899)), None);
        assert_eq!(reaches.before(now + ms(3), ms(2)), Some(at(2, 50)));
        assert_eq!(reaches.before(now + ms(3), ms(9)), Some(at(1, 900)), "it was read from the disk");
    }
}
