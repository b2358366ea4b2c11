//! The read loop. It never ends before the consumer does: it says what went wrong, waits and goes on.
//!
//! It has a connection of its own, because a blocked read holds up every command behind it. When something fails,
//! the connection is dropped, and the first look on the new one is for strays: Redis may have answered the read
//! that failed.
//!
//! An entry in its last permitted delivery runs alone: it is given out when nothing is at work in this process, and
//! nothing is begun beside it. So whatever ends the process, no neighbour is given up for it; what is given up has ended
//! its last process itself, unless that was killed from outside. A busy reader drains for it: it begins nothing new, for
//! at most the time of the longest job under way, and looks every [`Settings::block`](crate::Settings) whether another
//! worker was idle earlier. To keep only such entries apart from each other would not do: poison in an earlier delivery
//! could end the process.
//!
//! At work is who holds a claim. Blocking work that a job leaves behind when it is given up is not counted, or a thread
//! that never ends would keep its worker from beginning anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use deertrack_schemas::Keys;
use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult, Value};
use tokio::sync::{Notify, mpsc};
use tracing::Instrument;

use crate::backoff::{Backoff, jittered};
use crate::claim::Claim;
use crate::connect::{Dialer, Link};
use crate::entry::{self, Entry};
use crate::error::Trouble;
use crate::finish::Ending;
use crate::handover::{Handover, Wish};
use crate::member::Member;
use crate::{crash, meters, release};

/// The most entries of one read. More would only make the reply late.
const BATCH: usize = 64;

/// How often a reader asks whether the workers are paused, when no hint tells it.
const PAUSE_LOOK: Duration = Duration::from_secs(1);

pub(crate) struct Reader {
    pub(crate) member: Arc<Member>,
    pub(crate) dialer: Dialer,
    pub(crate) handover: Arc<Handover>,
    pub(crate) endings: mpsc::UnboundedSender<Ending>,
    pub(crate) nudge: Arc<Nudge>,
}

/// What others can do to a reader that may be blocked.
#[derive(Default)]
pub(crate) struct Nudge {
    /// CLIENT ID of the reading connection, so that a blocked read can be sent away. 0: none.
    client_id: AtomicI64,
    /// Sweep, and ask about the pause, before the next read.
    look_around: AtomicBool,
    /// Ends the wait of a paused reader.
    wake: Notify,
}

impl Nudge {
    /// Something has changed: look around before the next read, and that soon.
    pub(crate) async fn look_around(&self, link: &Link) {
        self.look_around.store(true, Ordering::Relaxed);
        self.unblock(link).await;
    }

    /// Sends a blocked read away. Not being allowed to costs at most one BLOCK.
    pub(crate) async fn unblock(&self, link: &Link) {
        self.wake.notify_one();
        let id = self.client_id.load(Ordering::Relaxed);
        if id > 0 {
            let mut unblock = redis::cmd("CLIENT");
            unblock.arg("UNBLOCK").arg(id);
            if let Err(error) = link.query::<i64>(&unblock).await {
                tracing::debug!(%error, "the blocked read could not be sent away");
            }
        }
    }
}

/// What the loop remembers from one read to the next.
struct Loop {
    connection: Option<MultiplexedConnection>,
    backoff: Backoff,
    connected_before: bool,
    strays_due: Instant,
    sweep_due: Instant,
    pause_look_due: Instant,
    /// An entry in its last delivery was given out, and has not been seen to end.
    last_delivery_runs: bool,
}

/// What a look around came to.
enum Look {
    /// To be run.
    Claims(Vec<Claim>),
    /// An entry in its last delivery has to wait until nothing is at work here.
    LastDeliveryWaits,
    Nothing,
}

impl Reader {
    /// Reads until the consumer closes.
    pub(crate) async fn run(self) {
        let now = Instant::now();
        let mut state = Loop {
            connection: None,
            backoff: Backoff::for_redis(),
            connected_before: false,
            strays_due: now,
            sweep_due: now,
            pause_look_due: now,
            last_delivery_runs: false,
        };
        loop {
            match self.handover.wish(self.member.settings.lease / 3).await {
                Wish::Nothing => return,
                Wish::HandBack(claims) => drop(release::release(&self.member, claims).await),
                Wish::Claims(slots) => match self.read_watched(&mut state, slots.min(BATCH)).await {
                    Ok(claims) => {
                        state.backoff.reset();
                        self.handover.put(claims);
                    }
                    Err(error) => self.recover(&mut state, &error).await,
                },
            }
        }
    }

    /// The watchdog: a read that is silent for much longer than it may block hangs on a dead connection.
    async fn read_watched(&self, state: &mut Loop, slots: usize) -> RedisResult<Vec<Claim>> {
        let patience = (3 * self.member.settings.block).max(Duration::from_secs(1));
        match tokio::time::timeout(patience, self.read(state, slots)).await {
            Ok(result) => result,
            Err(_) => Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "the reader was silent").into()),
        }
    }

    /// Strays first, then what was left behind by others, then what is new.
    async fn read(&self, state: &mut Loop, slots: usize) -> RedisResult<Vec<Claim>> {
        let settings = &self.member.settings;
        let mut connection = self.connection(state).await?;
        if self.nudge.look_around.swap(false, Ordering::Relaxed) {
            state.sweep_due = Instant::now();
            state.pause_look_due = Instant::now();
        }
        if self.is_paused(state, &mut connection).await? {
            let _ = tokio::time::timeout(PAUSE_LOOK, self.nudge.wake.notified()).await;
            return Ok(Vec::new());
        }
        if state.last_delivery_runs && !self.nothing_at_work().await {
            return Ok(Vec::new());
        }
        state.last_delivery_runs = false;
        match self.look_around(state, &mut connection, slots).await? {
            Look::Claims(claims) => Ok(claims),
            Look::LastDeliveryWaits => {
                self.nothing_at_work().await;
                Ok(Vec::new()) // the next look says whether it still waits
            }
            Look::Nothing => {
                let block = settings.block.min(state.next_look().saturating_duration_since(Instant::now()));
                let new = self.read_new(&mut connection, slots, block).await?;
                Ok(self.claims(state, new))
            }
        }
    }

    /// Strays and what was left behind, when it is time to look for them.
    async fn look_around(
        &self,
        state: &mut Loop,
        connection: &mut MultiplexedConnection,
        slots: usize,
    ) -> RedisResult<Look> {
        let every = self.member.settings.sweep_every;
        if state.strays_due <= Instant::now() {
            let strays = self.member.strays(connection, slots).await?;
            let claims = self.claims(state, strays.entries);
            if !claims.is_empty() {
                return Ok(Look::Claims(claims)); // there may be more: they stay due
            }
            if strays.last_delivery_waits {
                return Ok(Look::LastDeliveryWaits);
            }
            state.strays_due = Instant::now() + jittered(every);
        }
        while state.sweep_due <= Instant::now() {
            let left = self.member.sweep(connection, slots).await?;
            let may_be_more = left.entries.len() >= slots || left.last_delivery_waits;
            let claims = self.claims(state, left.entries);
            if !may_be_more && !state.last_delivery_runs {
                state.sweep_due = Instant::now() + jittered(every);
            }
            if !claims.is_empty() {
                return Ok(Look::Claims(claims));
            }
            if left.last_delivery_waits {
                return Ok(Look::LastDeliveryWaits);
            }
        }
        Ok(Look::Nothing)
    }

    /// Waits for a moment until all claims of this process are ended or dropped; whether they are.
    async fn nothing_at_work(&self) -> bool {
        tokio::select! {
            biased;
            () = self.member.at_work.wait() => true,
            () = self.nudge.wake.notified() => false, // the consumer closes, or somebody has paused the workers
            () = tokio::time::sleep(self.member.settings.block) => false,
        }
    }

    /// Asked once a second, and after every hint. While it is so, every time.
    async fn is_paused(&self, state: &mut Loop, connection: &mut MultiplexedConnection) -> RedisResult<bool> {
        if state.pause_look_due > Instant::now() {
            return Ok(false);
        }
        let mut exists = redis::cmd("EXISTS");
        exists.arg(self.member.settings.keys.paused());
        let paused: bool = exists.query_async(connection).await?;
        if !paused {
            state.pause_look_due = Instant::now() + PAUSE_LOOK;
        }
        Ok(paused)
    }

    async fn read_new(
        &self,
        connection: &mut MultiplexedConnection,
        count: usize,
        block: Duration,
    ) -> RedisResult<Vec<Entry>> {
        let mut read = redis::cmd("XREADGROUP");
        read.arg("GROUP").arg(Keys::GROUP).arg(&self.member.name).arg("COUNT").arg(count);
        read.arg("BLOCK").arg(block.as_millis().max(1) as u64); // 0 would mean for ever
        read.arg("STREAMS").arg(self.member.settings.keys.commands()).arg(">");
        let reply: Value = read.query_async(connection).await?;
        let entries = entry::from_read(reply)?;
        if !entries.is_empty() {
            crash::point("fetch.after");
        }
        meters::moved("fetch", entries.len());
        Ok(entries)
    }

    /// Claims to be run. What was delivered too often is buried aside.
    fn claims(&self, state: &mut Loop, entries: Vec<Entry>) -> Vec<Claim> {
        let cap = self.member.settings.delivery_cap;
        let mut claims = Vec::with_capacity(entries.len());
        for entry in entries {
            let Some(claim) = Claim::new(&self.member, &self.endings, entry) else { continue };
            if claim.delivery() > cap {
                let span = claim.span_of_its_own();
                tokio::spawn(claim.bury_over_cap().instrument(span));
                continue;
            }
            // The first is no suspect, even where it is the last as well.
            if claim.delivery() == cap && cap > 1 {
                claim.span_of_its_own().in_scope(|| {
                    tracing::warn!(
                        job.id = claim.job_id(),
                        entry.id = claim.entry_id(),
                        "the last delivery of an entry; nothing else is started beside it"
                    );
                });
                state.last_delivery_runs = true;
            }
            claims.push(claim);
        }
        claims
    }

    async fn connection(&self, state: &mut Loop) -> RedisResult<MultiplexedConnection> {
        if let Some(connection) = &state.connection {
            return Ok(connection.clone());
        }
        let mut connection = self.dialer.blocking().await?;
        let id: i64 = redis::cmd("CLIENT").arg("ID").query_async(&mut connection).await?;
        self.nudge.client_id.store(id, Ordering::Relaxed);
        if std::mem::replace(&mut state.connected_before, true) {
            metrics::counter!(meters::RECONNECTS, "connection" => "reader").increment(1);
            tracing::info!("the reader is connected again");
        }
        state.strays_due = Instant::now();
        state.connection = Some(connection.clone());
        Ok(connection)
    }

    async fn recover(&self, state: &mut Loop, error: &RedisError) {
        match Trouble::of(error) {
            Trouble::Unblocked if self.handover.is_closing() => return,
            Trouble::Unblocked => {}
            Trouble::NoGroup => {
                metrics::counter!(meters::NO_GROUP).increment(1);
                tracing::warn!(%error, "the consumer group is gone (flushed?); making it again");
                if let Err(error) = self.member.ensure_group().await {
                    tracing::warn!(%error, "the consumer group could not be made");
                }
            }
            Trouble::Connection | Trouble::NotNow | Trouble::Full | Trouble::Other => {
                tracing::warn!(%error, "the reader cannot read; trying again");
                state.connection = None;
                self.nudge.client_id.store(0, Ordering::Relaxed);
            }
        }
        state.backoff.wait().await;
    }
}

impl Loop {
    fn next_look(&self) -> Instant {
        self.strays_due.min(self.sweep_due)
    }
}
