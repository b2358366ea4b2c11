//! The hints that make things quick. A hint may be lost: the truth is in the keys.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deertrack_schemas::Keys;
use futures::StreamExt;
use redis::{RedisResult, Value};

use crate::backoff::Backoff;
use crate::connect::{Dialer, Link};
use crate::member::Member;
use crate::nudge::Nudge;
use crate::refusals::{PUBLISH, SUBSCRIBE};
use crate::socket::answered;

/// How long a user who may not listen waits before it tries again.
const REFUSED_FOR: Duration = Duration::from_secs(60);

/// For how many leases a silent channel is believed (30 s by default): routers and proxies forget connections that are
/// idle, and tell nobody.
const BELIEVED_FOR: u32 = 2;
/// For how many leases one connection is used (5 min by default): what was a master, or a node of ours, may be none any
/// more.
const USED_FOR: u32 = 20;

/// One hint on the control channel.
enum Hint<'a> {
    /// Somebody asked to cancel this job.
    Cancel(&'a str),
    /// Look around before the next read: entries were handed back, or the pause has begun or ended.
    LookAround,
}

impl Hint<'_> {
    /// Unknown words are of a newer version; to look around is always right.
    fn read(text: &str) -> Hint<'_> {
        text.strip_prefix("cancel ").map_or(Hint::LookAround, Hint::Cancel)
    }
}

impl Link {
    /// Sends a hint, which quickens what would happen anyway: one that is lost or refused is no failure.
    pub(crate) async fn hint(&self, keys: &Keys, text: &str) {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(keys.control()).arg(text);
        if let Err(error) = self.query_dispensable::<i64>(&PUBLISH, &publish).await {
            tracing::debug!(%error, "a hint was not sent");
        }
    }
}

/// Follows hints for ever.
pub(crate) async fn listen(dialer: Dialer, member: Arc<Member>, nudge: Arc<Nudge>) {
    let mut backoff = Backoff::for_redis();
    loop {
        match listen_once(&dialer, &member, &nudge, &mut backoff).await {
            Ok(()) => tracing::debug!("the control channel was closed; listening again"),
            Err(error) => tracing::debug!(%error, "the control channel cannot be heard; trying again"),
        }
        backoff.wait().await;
    }
}

async fn listen_once(
    dialer: &Dialer,
    member: &Member,
    nudge: &Nudge,
    backoff: &mut Backoff,
) -> RedisResult<()> {
    let mut epoch = dialer.place().epoch();
    let mut channel = dialer.pubsub().await?;
    let subscribed = channel.subscribe(member.settings.keys.control()).await;
    backoff.reset();
    if dialer.refusals().bear(&SUBSCRIBE, subscribed)?.is_none() {
        tokio::time::sleep(REFUSED_FOR).await;
        return Ok(());
    }
    let renewed_at = Instant::now() + USED_FOR * member.settings.lease;
    let (mut asking, mut hints) = channel.split();
    while Instant::now() < renewed_at {
        let heard = tokio::select! {
            heard = tokio::time::timeout(BELIEVED_FOR * member.settings.lease, hints.next()) => heard,
            _ = epoch.changed() => return Ok(()), // others have found the master elsewhere
        };
        match heard {
            Ok(Some(message)) => {
                let text: String = message.get_payload()?;
                match Hint::read(&text) {
                    Hint::Cancel(job) => member.in_flight.beat_now(job),
                    Hint::LookAround => nudge.look_around(&member.link).await,
                }
            }
            Ok(None) => return Ok(()),
            Err(_nothing_for_long) => drop(answered(asking.ping::<Value>()).await?),
        }
    }
    Ok(())
}
