//! One entry of the command stream that this consumer owns, and the moves that end its ownership.
//!
//! An entry is acknowledged in the scripts of these moves and nowhere else. How claims are come by is told in
//! [`crate::reader`]; the renewal of their leases in [`crate::beat`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use deertrack_schemas::{Command, JobId, State, StatusRecord, wire, wire::WireError};
use redis::Cmd;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::Span;

use crate::beat::Running;
use crate::entry::{self, Entry};
use crate::error::StreamError;
use crate::finish::{Ending, Finished};
use crate::member::{Member, Settled};
use crate::{crash, meters};

/// One entry of the command stream that this consumer owns.
///
/// Consumed by [`finish`](Self::finish), [`dead`](Self::dead), [`discard`](Self::discard) and
/// [`release`](Self::release). One that is only dropped stays pending until its lease ends; then another delivery
/// of it is counted.
#[must_use = "an entry that is not finished stays pending until its lease ends"]
pub struct Claim {
    pub(crate) member: Arc<Member>,
    pub(crate) entry: Entry,
    endings: mpsc::UnboundedSender<Ending>,
    claimed_at: Instant,
    ended: bool,
    _at_work: TaskTrackerToken,
}

impl Claim {
    /// `None` when this process holds the entry already.
    pub(crate) fn new(
        member: &Arc<Member>,
        endings: &mpsc::UnboundedSender<Ending>,
        entry: Entry,
    ) -> Option<Self> {
        member.in_flight.take(&entry.id, entry.delivery).then(|| Self {
            member: Arc::clone(member),
            entry,
            endings: endings.clone(),
            claimed_at: Instant::now(),
            ended: false,
            _at_work: member.at_work.token(),
        })
    }

    /// Id of the entry in the command stream.
    pub fn entry_id(&self) -> &str {
        &self.entry.id
    }

    /// The job; the entry's id when its writer named none.
    pub fn job_id(&self) -> &str {
        self.entry.job.as_str()
    }

    /// How often Redis has handed out this entry, this time included.
    pub fn delivery(&self) -> u64 {
        self.entry.delivery
    }

    /// The raw bytes of the command.
    pub fn body(&self) -> &[u8] {
        &self.entry.body
    }

    /// The command that the bytes hold.
    ///
    /// # Errors
    /// As for [`wire::decode`].
    pub fn decode(&self) -> Result<Command, WireError> {
        wire::decode(&self.entry.body)
    }

    /// The span of the job that is `command`: every line about it is to be written within, so that it carries the trace
    /// context of its request.
    pub fn span(&self, command: &Command) -> Span {
        tracing::info_span!(
            "job",
            job.id = %command.job_id,
            export.kind = command.export.kind().name(),
            attempt = command.attempt,
            delivery = self.delivery(),
            traceparent = command.traceparent.as_deref(),
        )
    }

    /// The same for who has no command at hand; none when it cannot be read.
    pub(crate) fn span_of_its_own(&self) -> Span {
        self.decode().map_or_else(|_| Span::none(), |command| self.span(&command))
    }

    /// All that can be told of a job whose command cannot be read.
    pub fn unreadable(&self) -> StatusRecord {
        StatusRecord {
            completed_at: Some(Utc::now()),
            deliveries: self.entry.delivery,
            entry_id: Some(self.entry.id.to_string()),
            ..unreadable(self.entry.job.clone(), State::Dead)
        }
    }

    /// The status of the job when it has ended before, for instance cancelled between two tries. Such a claim is
    /// for [`discard`](Self::discard).
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn already_ended(&self) -> Result<Option<StatusRecord>, StreamError> {
        let mut get = redis::cmd("GET");
        get.arg(self.member.settings.keys.status(self.entry.job.as_str()));
        let text: Option<Vec<u8>> = self.member.link.query(&get).await?;
        // A record of another program's making does not say that this entry is done.
        let record = text.and_then(|text| serde_json::from_slice::<StatusRecord>(&text).ok());
        Ok(record.filter(|record| record.state.is_terminal()))
    }

    /// Begins the beat. The first one writes `record` as `running`, after 100 ms, so that a short job costs no
    /// second script.
    pub fn run(&mut self, record: StatusRecord) -> Running {
        self.member.start_beat(&self.entry.id, self.entry.delivery, record)
    }

    /// Writes status and event and acknowledges, in one step, only while the claim is held. Tries until it works
    /// or the lease is lost. The record gets this claim's entry id and delivery, and the time if it has none.
    ///
    /// When the future is dropped, the move goes on.
    pub async fn finish(mut self, record: StatusRecord) -> Finished {
        let (called, wait, run) = (Instant::now(), self.waited(), self.claimed_at.elapsed());
        let record = self.last(record);
        let (reply, finished) = oneshot::channel();
        let ending = Ending {
            id: Arc::clone(&self.entry.id),
            delivery: self.entry.delivery,
            status_key: self.member.settings.keys.status(record.job_id.as_str()),
            job: record.job_id.to_string(),
            state: record.state.name(),
            json: record.to_json(),
            body: event_body(&record),
            kind: record.kind.clone(),
            reply,
            token: self.member.moves.token(),
        };
        self.hand_over();
        self.endings.send(ending).unwrap_or_else(|_| unreachable!("the finisher lives as long as a claim"));
        let finished = finished.await.expect("the finisher answers every ending");
        if finished == Finished::Done {
            self.member.times.record(&record, wait, run, called.elapsed());
        }
        finished
    }

    /// To the dead letters, with the entry's raw fields. `reason` is for operators; `record` is what the asker
    /// sees. Tries until it works or the lease is lost.
    pub async fn dead(mut self, reason: &str, record: StatusRecord) -> Finished {
        let _token = self.member.moves.token();
        let record = self.last(record.with_state(State::Dead));
        let call = self.dead_call(reason, &record);
        self.quiet();
        let status_key = self.member.settings.keys.status(record.job_id.as_str());
        crash::point("dead.before");
        let finished = self.end("dead", &call, Some((&status_key, &record.to_json()))).await;
        crash::point("dead.after");
        self.member.given_up.notify_one();
        finished
    }

    /// Drops an entry whose job has ended before: no status, no event.
    pub async fn discard(mut self) -> Finished {
        let _token = self.member.moves.token();
        let call = self.discard_call();
        crash::point("discard.before");
        let finished = self.end("discard", &call, None).await;
        crash::point("discard.after");
        finished
    }

    /// Runs a move that ends this claim. `trace`: the status key and text that tell that the move has worked, should
    /// its reply be lost.
    async fn end(&mut self, name: &'static str, call: &Cmd, trace: Option<(&str, &str)>) -> Finished {
        let settled: Option<Settled<u8>> = self.member.settle(name, call).await;
        let Some(Settled { reply, tried_before }) = settled else { return Finished::Lost };
        let (id, delivery) = (Arc::clone(&self.entry.id), self.entry.delivery);
        self.hand_over();
        self.member.in_flight.forget(&id, delivery);
        let written = match (reply, trace) {
            (1, _) => true,
            (_, Some((key, json))) if tried_before => self.member.has_written(key, json).await,
            _ => false,
        };
        if written {
            meters::moved(name, 1);
            Finished::Done
        } else {
            meters::lost(name, 1);
            Finished::Lost
        }
    }

    /// No more beats: the entry is on its way out.
    pub(crate) fn quiet(&self) {
        self.member.in_flight.quiet(&self.entry.id, self.entry.delivery);
    }

    /// The entry is no longer this consumer's.
    pub(crate) fn forget(&mut self) {
        self.ended = true;
        self.member.in_flight.forget(&self.entry.id, self.entry.delivery);
    }

    pub(crate) fn last(&self, record: StatusRecord) -> StatusRecord {
        let state = record.state;
        StatusRecord {
            deliveries: self.entry.delivery,
            entry_id: Some(self.entry.id.to_string()),
            completed_at: record.completed_at.or_else(|| Some(Utc::now())),
            ..record.with_state(state)
        }
        .kept_for(self.member.settings.status_ttl)
    }

    /// Somebody else sees to the end of this entry from here on.
    fn hand_over(&mut self) {
        self.ended = true;
        self.quiet();
    }

    /// Time between the entry and the claim, by Redis' clock and ours.
    fn waited(&self) -> Duration {
        let (added, _) = entry::place(&self.entry.id);
        let now = u64::try_from(Utc::now().timestamp_millis()).unwrap_or(0);
        Duration::from_millis(now.saturating_sub(added)).saturating_sub(self.claimed_at.elapsed())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.ended {
            self.member.in_flight.abandon(&self.entry.id, self.entry.delivery);
        }
    }
}

/// All that can be told of a job whose command cannot be read.
pub(crate) fn unreadable(job_id: JobId, state: State) -> StatusRecord {
    StatusRecord {
        status: state.status(),
        state,
        job_id,
        kind: "unknown".to_owned(),
        requested_by: None,
        tenant: None,
        progress: 0.0,
        stage: None,
        counts: None,
        created_at: None,
        started_at: None,
        completed_at: None,
        next_attempt_at: None,
        expires_at: None,
        attempt: 1,
        deliveries: 0,
        entry_id: None,
        error: None,
        artifact: None,
    }
}

/// A status record in an event.
pub(crate) fn event_body(record: &StatusRecord) -> Vec<u8> {
    wire::encode_record(record).expect("a record is plain data with text keys")
}
