//! The end of a job, in natural batches: sent at once when none is under way; what ends meanwhile, up to 64, goes
//! with the next. No timer, so a lone job waits for nothing.
//!
//! Under load the batches fill up, and full ones may overtake each other: up to [`FULL_BATCHES`] are under way.

use std::sync::Arc;

use deertrack_schemas::Keys;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use redis::Cmd;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::member::{Member, Settled};
use crate::{crash, entry, meters, script};

/// How many jobs one script ends: about 0.6 ms of Redis time.
const BATCH: usize = 64;
/// How many batches may be under way when all are full. One alone leaves Redis idle while its reply travels.
const FULL_BATCHES: usize = 4;

/// What a move that ends a claim came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// Written, by this claim.
    Done,
    /// Not written by this claim: somebody else owns the entry now, or Redis refused the move again and again.
    Lost,
}

/// A job that has ended and waits to be written.
pub(crate) struct Ending {
    pub(crate) id: Arc<str>,
    pub(crate) delivery: u64,
    pub(crate) status_key: String,
    pub(crate) job: String,
    pub(crate) kind: String,
    pub(crate) state: &'static str,
    pub(crate) json: String,
    pub(crate) body: Vec<u8>,
    pub(crate) reply: oneshot::Sender<Finished>,
    /// Keeps a stopping consumer waiting.
    pub(crate) token: TaskTrackerToken,
}

impl Member {
    /// Writes what ends, until nobody is left who could send more.
    pub(crate) async fn finish(&self, mut endings: mpsc::UnboundedReceiver<Ending>) {
        let mut under_way = FuturesUnordered::new();
        let mut waiting = Vec::with_capacity(BATCH);
        let mut open = true;
        while open || !under_way.is_empty() {
            let room = BATCH - waiting.len();
            tokio::select! {
                received = endings.recv_many(&mut waiting, room), if open && room > 0 => open = received > 0,
                Some(()) = under_way.next() => {}
            }
            let may_go = match waiting.len() {
                0 => false,
                BATCH => under_way.len() < FULL_BATCHES,
                _ => under_way.is_empty(),
            };
            if may_go {
                under_way.push(self.write(std::mem::replace(&mut waiting, Vec::with_capacity(BATCH))));
            }
        }
    }

    async fn write(&self, batch: Vec<Ending>) {
        crash::point("finish.before");
        let settled: Option<Settled<Vec<u8>>> = self.settle("finish", &self.finish_call(&batch)).await;
        let Some(Settled { reply, tried_before }) = settled else {
            return batch.into_iter().for_each(|ending| self.let_go(ending));
        };
        crash::point("finish.after");
        let mut done = 0;
        let all = batch.len();
        for (ending, written) in batch.into_iter().zip(reply) {
            let (key, json) = (&ending.status_key, &ending.json);
            let written = written == 1 || (tried_before && self.has_written(key, json).await);
            done += usize::from(written);
            self.in_flight.forget(&ending.id, ending.delivery);
            // Whoever called finish may be gone; the job has ended all the same.
            let _ = ending.reply.send(if written { Finished::Done } else { Finished::Lost });
            drop(ending.token);
        }
        meters::moved("finish", done);
        meters::lost("finish", all - done);
    }

    /// Its entry stays pending and is delivered again after its lease.
    fn let_go(&self, ending: Ending) {
        self.in_flight.abandon(&ending.id, ending.delivery);
        let _ = ending.reply.send(Finished::Lost);
    }

    fn finish_call(&self, batch: &[Ending]) -> Cmd {
        let keys = &self.settings.keys;
        let bytes: usize = batch.iter().map(|ending| ending.json.len() + ending.body.len() + 128).sum();
        let mut call = script::call(&script::FINISH, 3 + batch.len(), 6 + 7 * batch.len(), bytes);
        call.arg(keys.commands()).arg(keys.events()).arg(keys.event_seq());
        for ending in batch {
            call.arg(&ending.status_key);
        }
        call.arg(Keys::GROUP).arg(&self.name).arg(self.settings.status_ttl.as_secs());
        call.arg(self.settings.max_events);
        let in_order = |ending: &&Ending| entry::place(&ending.id);
        call.arg(batch.iter().min_by_key(in_order).map(|ending| &*ending.id));
        call.arg(batch.iter().max_by_key(in_order).map(|ending| &*ending.id));
        for ending in batch {
            call.arg(&*ending.id)
                .arg(ending.delivery)
                .arg(&ending.job)
                .arg(&ending.kind)
                .arg(ending.state)
                .arg(&ending.json)
                .arg(&ending.body);
        }
        call
    }
}
