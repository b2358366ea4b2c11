//! A worker's membership of the consumer group: its reader, its beat and its finisher, started and stopped together.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::task::TaskTracker;

use crate::claim::Claim;
use crate::connect::Link;
use crate::error::StreamError;
use crate::handover::Handover;
use crate::in_flight::InFlight;
use crate::member::Member;
use crate::meters::Times;
use crate::nudge::Nudge;
use crate::reader::Reader;
use crate::{Stream, control, crash, release};

/// How a consumer names itself.
#[derive(Clone, Debug, Default)]
pub struct ConsumerOptions {
    /// Shown in lists; the consumer name is `host:pid:boot-uuid`. By default the environment's `HOSTNAME`.
    pub host: Option<String>,
}

/// A worker's membership of the consumer group.
///
/// Dropping it stops reading and renewing at once, like a crash: the entries it holds wait for their leases to end.
/// [`stop`](Self::stop) is the polite way.
pub struct Consumer {
    member: Arc<Member>,
    handover: Arc<Handover>,
    nudge: Arc<Nudge>,
    reader: JoinHandle<()>,
    /// Beat, promotion, housekeeping, hints. Aborted when it is dropped.
    _background: JoinSet<()>,
}

impl Consumer {
    /// Joins the group; makes it if it is missing.
    ///
    /// # Errors
    /// Redis cannot be used now.
    pub async fn start(stream: &Stream, options: ConsumerOptions) -> Result<Self, StreamError> {
        let member = Arc::new(Member {
            settings: Arc::clone(stream.shared_settings()),
            name: consumer_name(options.host),
            link: Link::new(stream.dialer().clone()),
            parked: Notify::new(),
            unread: Mutex::default(),
            given_up: Notify::new(),
            times: Times::new(),
            in_flight: InFlight::default(),
            at_work: TaskTracker::new(),
            moves: TaskTracker::new(),
        });
        member.at_work.close();
        member.ensure_group().await?;
        crash::point("group.after");
        let (endings, received) = mpsc::unbounded_channel();
        let handover = Arc::new(Handover::default());
        let nudge = Arc::new(Nudge::default());
        let reader = Reader {
            member: Arc::clone(&member),
            dialer: stream.dialer().clone(),
            handover: Arc::clone(&handover),
            endings,
            nudge: Arc::clone(&nudge),
        };
        // The finisher ends by itself when the reader and the last claim, who can send it endings, are gone.
        tokio::spawn({
            let member = Arc::clone(&member);
            async move { member.finish(received).await }
        });
        let background = background(stream, &member, &nudge);
        let reader = tokio::spawn(reader.run());
        Ok(Self { member, handover, nudge, reader, _background: background })
    }

    /// `host:pid:boot-uuid`, as in XINFO CONSUMERS.
    pub fn name(&self) -> &str {
        &self.member.name
    }

    /// For whoever wants to know whether it can read.
    pub fn reading(&self) -> Reading {
        Reading(Arc::clone(&self.member))
    }

    /// Waits for at least one claim and gives at most `slots`. Strays, swept and new entries alike. With 0 slots it
    /// waits for ever.
    ///
    /// An entry in its last permitted delivery may be what has ended its workers. It comes alone: when no other claim
    /// is held, and nothing comes beside it until it is ended or dropped.
    ///
    /// Never fails: what goes wrong is logged and tried again. Cancel safe: what a read in flight brings is kept
    /// for the next call, and handed back after a third of the lease.
    pub async fn next(&mut self, slots: usize) -> Vec<Claim> {
        self.handover.take(slots).await
    }

    /// Stops reading and hands back what nobody took. Claims that were taken go on: they are renewed and can be
    /// ended. The first step of a graceful stop.
    pub async fn stop_reading(&mut self) {
        self.handover.close();
        while !self.reader.is_finished() {
            self.nudge.unblock(&self.member.link).await;
            // The read may begin to block just after it was sent away.
            let _ = tokio::time::timeout(Duration::from_millis(50), &mut self.reader).await;
        }
        let left = self.handover.drain();
        if !left.is_empty() {
            release::release(&self.member, left).await;
        }
    }

    /// Stops reading, hands back what nobody took, waits for the ends that are being written, stops the beat.
    /// Claims still held can be ended until their leases pass.
    pub async fn stop(mut self) {
        self.stop_reading().await;
        self.member.moves.close();
        self.member.moves.wait().await;
    }
}

/// Whether a consumer can read.
#[derive(Clone)]
pub struct Reading(Arc<Member>);

impl Reading {
    /// Why its last read failed, until one works.
    pub fn trouble(&self) -> Option<String> {
        self.0.unread.lock().expect("nobody panics while holding the reason").clone()
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Reading").field(&self.0.name).finish()
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// What a member does besides reading and finishing.
fn background(stream: &Stream, member: &Arc<Member>, nudge: &Arc<Nudge>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let of = || Arc::clone(member);
    tasks.spawn({
        let member = of();
        async move { member.beat().await }
    });
    tasks.spawn({
        let member = of();
        async move { member.promote().await }
    });
    tasks.spawn({
        let (member, stream) = (of(), stream.clone());
        async move { member.bound_dead_letters(&stream).await }
    });
    tasks.spawn(control::listen(stream.dialer().clone(), of(), Arc::clone(nudge)));
    tasks.spawn({
        let stream = stream.clone();
        async move { stream.housekeep_for_ever().await }
    });
    tasks
}

/// Unique for each start of a process: a restarted worker must not pass for its former self.
fn consumer_name(host: Option<String>) -> String {
    let host = host.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_else(|| "worker".to_owned());
    format!("{host}:{}:{}", std::process::id(), uuid::Uuid::now_v7())
}
