//! The read loop. It never ends before the consumer does: it says what went wrong, waits and goes on.
//!
//! It has a connection of its own, because a blocked read holds up every command behind it. When something fails,
//! the connection is dropped, and the first look on the new one is for strays: Redis may have answered the read
//! that failed.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult};
use tokio::sync::mpsc;

use crate::backoff::Backoff;
use crate::claim::Claim;
use crate::connect::{Dialer, Placed};
use crate::error::Trouble;
use crate::fetch::Fetcher;
use crate::finish::Ending;
use crate::handover::{Handover, Wish};
use crate::member::Member;
use crate::nudge::Nudge;
use crate::refusals::CLIENT_ID;
use crate::{meters, release};

/// The most entries of one read. More would only make the reply late.
const BATCH: usize = 64;

pub(crate) struct Reader {
    pub(crate) member: Arc<Member>,
    pub(crate) dialer: Dialer,
    pub(crate) handover: Arc<Handover>,
    pub(crate) endings: mpsc::UnboundedSender<Ending>,
    pub(crate) nudge: Arc<Nudge>,
}

/// What the loop remembers from one read to the next.
struct Loop {
    connection: Option<Placed>,
    backoff: Backoff,
    connected_before: bool,
    fetcher: Fetcher,
}

impl Reader {
    /// Reads until the consumer closes.
    pub(crate) async fn run(self) {
        let (endings, nudge) = (self.endings.clone(), Arc::clone(&self.nudge));
        let mut state = Loop {
            connection: None,
            backoff: Backoff::for_redis(),
            connected_before: false,
            fetcher: Fetcher::new(Arc::clone(&self.member), endings, nudge),
        };
        loop {
            match self.handover.wish(self.member.settings.lease / 3).await {
                Wish::Nothing => return,
                Wish::HandBack(claims) => drop(release::release(&self.member, claims).await),
                Wish::Claims(slots) => match self.read_watched(&mut state, slots.min(BATCH)).await {
                    Ok(claims) => {
                        state.backoff.reset();
                        self.member.note_unread(None);
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

    async fn read(&self, state: &mut Loop, slots: usize) -> RedisResult<Vec<Claim>> {
        let mut connection = self.connection(state).await?;
        state.fetcher.fetch(&mut connection, slots).await
    }

    async fn connection(&self, state: &mut Loop) -> RedisResult<MultiplexedConnection> {
        if let Some(placed) = state.connection.take_if(|placed| self.dialer.has_moved(placed)) {
            drop(placed);
            tracing::info!("the master has changed; the reader follows");
        }
        if let Some(placed) = &state.connection {
            return Ok(placed.connection.clone());
        }
        let placed = self.dialer.blocking().await?;
        let mut connection = placed.connection.clone();
        let id = redis::cmd("CLIENT").arg("ID").query_async(&mut connection).await;
        self.nudge.reads_over(self.dialer.refusals().bear(&CLIENT_ID, id)?);
        if std::mem::replace(&mut state.connected_before, true) {
            metrics::counter!(meters::RECONNECTS, "connection" => "reader").increment(1);
            tracing::info!("the reader is connected again");
        }
        state.fetcher.look_for_strays();
        state.connection = Some(placed);
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
                self.member.note_unread(Some(error.to_string()));
                state.connection = None;
                self.nudge.reads_over(None);
            }
        }
        state.backoff.wait().await;
    }
}
