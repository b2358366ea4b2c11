//! One member of the consumer group: who it is, what it holds, and its connection for all but reading.

use std::sync::{Arc, Mutex};

use deertrack_schemas::Keys;
use redis::{Cmd, RedisResult};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use crate::Settings;
use crate::backoff::Backoff;
use crate::connect::Link;
use crate::error;
use crate::in_flight::InFlight;
use crate::meters::{self, Times};

/// What all parts of a consumer share.
pub(crate) struct Member {
    pub(crate) settings: Arc<Settings>,
    /// Consumer name, `host:pid:boot-uuid`: a restarted process is another member.
    pub(crate) name: String,
    pub(crate) link: Link,
    pub(crate) in_flight: InFlight,
    /// Has a token of each claim that is neither ended nor dropped. Closed, so that its `wait` ends when there is none.
    pub(crate) at_work: TaskTracker,
    /// A job was parked, so the time of the next promotion may have changed.
    pub(crate) parked: Notify,
    /// Why its reader cannot read, as long as it cannot.
    pub(crate) unread: Mutex<Option<String>>,
    /// A job was given up, so there may be too many dead letters.
    pub(crate) given_up: Notify,
    pub(crate) times: Times,
    /// Moves under way that a stopping consumer waits for.
    pub(crate) moves: TaskTracker,
}

/// How often a move is called that Redis refuses for good.
const MOST_REFUSALS: u32 = 5;

/// The reply to a move, and whether an earlier try of it may have worked with its reply lost.
pub(crate) struct Settled<T> {
    pub(crate) reply: T,
    pub(crate) tried_before: bool,
}

impl Member {
    /// Calls a script until Redis replies. A job's end is worth any wait: its work is done.
    ///
    /// `None` when Redis can be reached and refuses the call again and again (a script that fails, a key of another
    /// type): waiting mends nothing then, and whoever waits holds a slot. The claim is to be dropped; its entry stays
    /// pending and is delivered again after its lease.
    pub(crate) async fn settle<T: redis::FromRedisValue>(
        &self,
        name: &'static str,
        call: &Cmd,
    ) -> Option<Settled<T>> {
        let mut backoff = Backoff::for_redis();
        let (mut tried_before, mut refusals) = (false, 0);
        loop {
            match self.link.run(call).await {
                Ok(reply) => return Some(Settled { reply, tried_before }),
                Err(error) => {
                    refusals += u32::from(error::is_for_good(&error));
                    if refusals == MOST_REFUSALS {
                        tracing::error!(%error, "move" = name, "Redis refuses a move for good; its entry is let go");
                        metrics::counter!(meters::ABANDONED, "move" => name).increment(1);
                        return None;
                    }
                    tracing::warn!(%error, "move" = name, "a move was not confirmed; trying again");
                    metrics::counter!(meters::RETRIED, "move" => name).increment(1);
                    tried_before = true;
                    backoff.wait().await;
                }
            }
        }
    }

    /// Whether the status is the very text that a move would have written: then the move that seems lost has worked,
    /// and only its reply was lost. Entry and delivery alone would not tell: after Redis lost its last writes, another
    /// worker may have had the same delivery of the same entry.
    pub(crate) async fn has_written(&self, status_key: &str, json: &str) -> bool {
        let mut get = redis::cmd("GET");
        get.arg(status_key);
        let text: Option<Vec<u8>> = self.settle("read status", &get).await.and_then(|settled| settled.reply);
        text.is_some_and(|text| text == json.as_bytes())
    }

    /// Notes why the reader cannot read, or that it can.
    pub(crate) fn note_unread(&self, why: Option<String>) {
        *self.unread.lock().expect("nobody panics while holding the reason") = why;
    }

    /// Makes the stream and its group if they are missing. At 0: ended entries are deleted, so whatever is there
    /// still has to be done.
    pub(crate) async fn ensure_group(&self) -> RedisResult<()> {
        let mut create = redis::cmd("XGROUP");
        create.arg("CREATE").arg(self.settings.keys.commands()).arg(Keys::GROUP).arg(0).arg("MKSTREAM");
        match self.link.query(&create).await {
            Err(error) if error.code() == Some("BUSYGROUP") => Ok(()),
            result => result,
        }
    }
}
