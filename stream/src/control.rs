//! Pausing all workers, and the hints that make things quick. A hint may be lost: the truth is in the keys.

use std::sync::Arc;

use futures::StreamExt;
use redis::RedisResult;

use crate::Stream;
use crate::backoff::Backoff;
use crate::connect::Dialer;
use crate::error::StreamError;
use crate::member::Member;
use crate::nudge::Nudge;

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

impl Stream {
    /// Workers fetch nothing more until [`resume`](Self::resume). Running jobs go on; submits are accepted.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn pause(&self) -> Result<(), StreamError> {
        let mut set = redis::cmd("SET");
        set.arg(self.settings().keys.paused()).arg(1);
        self.link().query::<()>(&set).await?;
        self.hint("paused").await
    }

    /// Workers fetch again.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn resume(&self) -> Result<(), StreamError> {
        let mut delete = redis::cmd("DEL");
        delete.arg(self.settings().keys.paused());
        self.link().query::<()>(&delete).await?;
        self.hint("resumed").await
    }

    /// Whether the workers are paused.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn is_paused(&self) -> Result<bool, StreamError> {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(self.settings().keys.paused());
        Ok(self.link().query(&exists).await?)
    }

    async fn hint(&self, text: &str) -> Result<(), StreamError> {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(self.settings().keys.control()).arg(text);
        Ok(self.link().query(&publish).await?)
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
    let mut channel = dialer.pubsub().await?;
    channel.subscribe(member.settings.keys.control()).await?;
    backoff.reset();
    let mut hints = channel.on_message();
    while let Some(message) = hints.next().await {
        let text: String = message.get_payload()?;
        match Hint::read(&text) {
            Hint::Cancel(job) => member.in_flight.beat_now(job),
            Hint::LookAround => nudge.look_around(&member.link).await,
        }
    }
    Ok(())
}
