//! A list into which another program lays messages for us, as Celery does with LPUSH.
//!
//! A message is never in no list: one step takes it from there into the list of those in hand, and it is removed from
//! that when its work is done. Whoever is killed leaves his there, and the next one begins with them; two at a time may
//! both do the work of one message, so that work has to be such that doing it twice does nothing more. The
//! append-only file is left alone: the server may be another than that of our keys.

use std::time::Duration;

use redis::{Cmd, FromRedisValue};

use crate::connect::{Dialer, Placed};
use crate::error::StreamError;
use crate::settings::Settings;
use crate::socket::answered;

/// How long a read waits for a message: shorter than a silence after which a connection counts as lost.
const PATIENCE: Duration = Duration::from_secs(1);
/// Messages that nobody can read, of which the newest are kept.
const KEPT_ASIDE: i64 = 1000;

/// Reads one program's messages.
pub struct Inbox {
    dialer: Dialer,
    connection: Option<Placed>,
    /// The first goes before the others.
    lists: Vec<String>,
    in_hand: String,
    aside: String,
    /// Others, or we before an error, may have left some in hand.
    look_in_hand: bool,
    /// One was handed out, and is not done yet.
    is_open: bool,
}

impl Inbox {
    /// Connects. `lists` are emptied in their order; those in hand lie in `<first>:in-hand`, unreadable ones in
    /// `<first>:unreadable`.
    ///
    /// # Errors
    /// The URL names no Redis, or Redis cannot be used now.
    pub async fn open(settings: Settings, lists: Vec<String>) -> Result<Self, StreamError> {
        let dialer = Dialer::new(&Settings { heal: false, ..settings })?;
        let first = lists.first().cloned().unwrap_or_default();
        let (in_hand, aside) = (format!("{first}:in-hand"), format!("{first}:unreadable"));
        let mut inbox =
            Self { dialer, connection: None, lists, in_hand, aside, look_in_hand: true, is_open: false };
        inbox.call::<String>(&redis::cmd("PING")).await?;
        Ok(inbox)
    }

    /// The next message; `None` when none came within a second. It stays in hand until it is [`done`](Self::done) or
    /// [`put_aside`](Self::put_aside), and comes again until then.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, StreamError> {
        self.look_in_hand |= self.is_open;
        let found = self.take().await?;
        self.is_open = found.is_some();
        Ok(found)
    }

    async fn take(&mut self) -> Result<Option<Vec<u8>>, StreamError> {
        if self.look_in_hand {
            let mut last = redis::cmd("LINDEX");
            last.arg(&self.in_hand).arg(-1);
            let found: Option<Vec<u8>> = self.call(&last).await?;
            self.look_in_hand = found.is_some();
            if found.is_some() {
                return Ok(found);
            }
        }
        for list in self.lists.clone() {
            let found: Option<Vec<u8>> = self.call(&take("LMOVE", &list, &self.in_hand)).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        let first = self.lists.first().cloned().unwrap_or_default();
        let mut wait = take("BLMOVE", &first, &self.in_hand);
        wait.arg(PATIENCE.as_secs());
        self.call(&wait).await
    }

    /// What the message asked for has been done.
    ///
    /// # Errors
    /// Redis cannot be used; the message comes again.
    pub async fn done(&mut self, message: &[u8]) -> Result<(), StreamError> {
        let mut remove = redis::cmd("LREM");
        remove.arg(&self.in_hand).arg(-1).arg(message);
        self.call::<i64>(&remove).await?;
        self.is_open = false;
        Ok(())
    }

    /// Nobody can read it: it is kept, with 1,000 of its kind, for people to look at.
    ///
    /// # Errors
    /// Redis cannot be used; the message comes again.
    pub async fn put_aside(&mut self, message: &[u8]) -> Result<(), StreamError> {
        let (mut keep, mut trim) = (redis::cmd("LPUSH"), redis::cmd("LTRIM"));
        keep.arg(&self.aside).arg(message);
        trim.arg(&self.aside).arg(0).arg(KEPT_ASIDE - 1);
        self.call::<i64>(&keep).await?;
        self.call::<()>(&trim).await?;
        self.done(message).await
    }

    async fn call<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, StreamError> {
        let placed = match &mut self.connection {
            Some(placed) => placed,
            None => self.connection.insert(self.dialer.blocking().await?),
        };
        let answer = answered(command.query_async(&mut placed.connection)).await;
        if answer.is_err() {
            // The answer may have been a message.
            (self.connection, self.look_in_hand) = (None, true);
        }
        Ok(answer?)
    }
}

/// Celery adds on the left and takes from the right.
fn take(command: &str, from: &str, to: &str) -> Cmd {
    let mut take = redis::cmd(command);
    take.arg(from).arg(to).arg("RIGHT").arg("LEFT");
    take
}
