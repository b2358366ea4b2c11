//! What the reader brings next: strays first, then what was left behind by others, then what is new; nothing while the
//! workers are paused.
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
use std::time::{Duration, Instant};

use deertrack_schemas::Keys;
use redis::aio::MultiplexedConnection;
use redis::{RedisResult, Value};
use tokio::sync::mpsc;
use tracing::Instrument;

use crate::backoff::jittered;
use crate::claim::Claim;
use crate::entry::{self, Entry};
use crate::error::Foreign;
use crate::finish::Ending;
use crate::member::Member;
use crate::nudge::Nudge;
use crate::{crash, meters};

/// How often a reader asks whether the workers are paused, when no hint tells it.
const PAUSE_LOOK: Duration = Duration::from_secs(1);

/// Fetches for one member, and remembers from one fetch to the next when it is time to look for what.
pub(crate) struct Fetcher {
    member: Arc<Member>,
    endings: mpsc::UnboundedSender<Ending>,
    nudge: Arc<Nudge>,
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

impl Fetcher {
    pub(crate) fn new(
        member: Arc<Member>,
        endings: mpsc::UnboundedSender<Ending>,
        nudge: Arc<Nudge>,
    ) -> Self {
        let now = Instant::now();
        Self {
            member,
            endings,
            nudge,
            strays_due: now,
            sweep_due: now,
            pause_look_due: now,
            last_delivery_runs: false,
        }
    }

    /// The connection is new: Redis may have answered the last read to nobody.
    pub(crate) fn look_for_strays(&mut self) {
        self.strays_due = Instant::now();
    }

    /// Up to `slots` claims to be run; none when it waited for as long as it may and nothing came.
    pub(crate) async fn fetch(
        &mut self,
        connection: &mut MultiplexedConnection,
        slots: usize,
    ) -> RedisResult<Vec<Claim>> {
        if self.nudge.take_look_around() {
            self.sweep_due = Instant::now();
            self.pause_look_due = Instant::now();
        }
        if self.is_paused(connection).await? {
            let _ = tokio::time::timeout(PAUSE_LOOK, self.nudge.woken()).await;
            return Ok(Vec::new());
        }
        if self.last_delivery_runs && !self.nothing_at_work().await {
            return Ok(Vec::new());
        }
        self.last_delivery_runs = false;
        match self.look_around(connection, slots).await? {
            Look::Claims(claims) => Ok(claims),
            Look::LastDeliveryWaits => {
                self.nothing_at_work().await;
                Ok(Vec::new()) // the next look says whether it still waits
            }
            Look::Nothing => {
                let next_look = self.strays_due.min(self.sweep_due);
                let until_then = next_look.saturating_duration_since(Instant::now());
                let block = self.member.settings.block.min(until_then);
                let new = self.read_new(connection, slots, block).await?;
                Ok(self.claims(new))
            }
        }
    }

    /// Strays and what was left behind, when it is time to look for them.
    async fn look_around(
        &mut self,
        connection: &mut MultiplexedConnection,
        slots: usize,
    ) -> RedisResult<Look> {
        let every = self.member.settings.sweep_every;
        if self.strays_due <= Instant::now() {
            let strays = self.member.strays(connection, slots).await?;
            let claims = self.claims(strays.entries);
            if !claims.is_empty() {
                return Ok(Look::Claims(claims)); // there may be more: they stay due
            }
            if strays.last_delivery_waits {
                return Ok(Look::LastDeliveryWaits);
            }
            self.strays_due = Instant::now() + jittered(every);
        }
        while self.sweep_due <= Instant::now() {
            let left = self.member.sweep(connection, slots).await?;
            let may_be_more = left.entries.len() >= slots || left.last_delivery_waits;
            let claims = self.claims(left.entries);
            if !may_be_more && !self.last_delivery_runs {
                self.sweep_due = Instant::now() + jittered(every);
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
            () = self.nudge.woken() => false, // the consumer closes, or somebody has paused the workers
            () = tokio::time::sleep(self.member.settings.block) => false,
        }
    }

    /// Asked once a second, and after every hint. While it is so, every time.
    async fn is_paused(&mut self, connection: &mut MultiplexedConnection) -> RedisResult<bool> {
        if self.pause_look_due > Instant::now() {
            return Ok(false);
        }
        let mut exists = redis::cmd("EXISTS");
        exists.arg(self.member.settings.keys.paused());
        let paused: bool = exists.query_async(connection).await?;
        if !paused {
            self.pause_look_due = Instant::now() + PAUSE_LOOK;
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

    /// Of a job that this cluster cannot run. Its entry and its body may name different ones.
    fn foreign(&self, claim: &Claim) -> Option<Foreign> {
        let keys = &self.member.settings.keys;
        let in_body = || claim.decode().ok().and_then(|command| Foreign::of(keys, command.job_id.as_str()));
        keys.is_on_cluster().then(|| Foreign::of(keys, claim.job_id()).or_else(in_body))?
    }

    /// Claims to be run. What was delivered too often is buried aside, and so is what is not ours to run.
    fn claims(&mut self, entries: Vec<Entry>) -> Vec<Claim> {
        let cap = self.member.settings.delivery_cap;
        let mut claims = Vec::with_capacity(entries.len());
        for entry in entries {
            let Some(claim) = Claim::new(&self.member, &self.endings, entry) else { continue };
            if claim.delivery() > cap {
                let span = claim.span_of_its_own();
                tokio::spawn(claim.bury_over_cap().instrument(span));
                continue;
            }
            if let Some(foreign) = self.foreign(&claim) {
                let span = claim.span_of_its_own();
                tokio::spawn(claim.bury_foreign(foreign).instrument(span));
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
                self.last_delivery_runs = true;
            }
            claims.push(claim);
        }
        claims
    }
}
