//! Looking for entries that nobody works on: those whose owner let its lease pass, and this consumer's own whose
//! read was answered but never arrived.

use deertrack_schemas::Keys;
use redis::aio::MultiplexedConnection;
use redis::{RedisResult, Value};

use crate::entry::{self, Entry};
use crate::member::Member;
use crate::{connect, crash, meters, script};

/// What a look around found.
pub(crate) struct Found {
    pub(crate) entries: Vec<Entry>,
    /// An entry in its last delivery has to wait until this consumer has nothing at work.
    pub(crate) last_delivery_waits: bool,
}

impl Found {
    fn from_script((waits, entries): (bool, Value)) -> RedisResult<Self> {
        Ok(Self { entries: entry::from_script(entries)?, last_delivery_waits: waits })
    }
}

impl Member {
    /// Takes over up to `most` entries whose lease has passed.
    ///
    /// All pending entries are looked at: there are as many as jobs run, and those that nobody runs any more.
    pub(crate) async fn sweep(
        &self,
        connection: &mut MultiplexedConnection,
        most: usize,
    ) -> RedisResult<Found> {
        let mut call = script::call(&script::SWEEP, 1, 6, 256);
        call.arg(self.settings.keys.commands())
            .arg(Keys::GROUP)
            .arg(&self.name)
            .arg(self.settings.lease.as_millis() as u64)
            .arg(most)
            .arg(self.settings.delivery_cap)
            .arg(u8::from(self.at_work.is_empty()));
        let found = Found::from_script(connect::run(connection, &call).await?)?;
        if !found.entries.is_empty() {
            crash::point("sweep.after");
        }
        meters::moved("sweep", found.entries.len());
        Ok(found)
    }

    /// Up to `most` pending entries of this consumer that nobody in this process holds.
    pub(crate) async fn strays(
        &self,
        connection: &mut MultiplexedConnection,
        most: usize,
    ) -> RedisResult<Found> {
        // All that are in flight and as many strays as are wanted are certainly among so many.
        let listed = self.in_flight.len() + most;
        let mut list = redis::cmd("XPENDING");
        list.arg(self.settings.keys.commands())
            .arg(Keys::GROUP)
            .arg("-")
            .arg("+")
            .arg(listed)
            .arg(&self.name);
        let pending: Vec<(String, String, u64, u64)> = list.query_async(connection).await?;
        let mut strays = self.in_flight.strays(pending.into_iter().map(|(id, ..)| id).collect());
        strays.truncate(most);
        if strays.is_empty() {
            return Ok(Found { entries: Vec::new(), last_delivery_waits: false });
        }
        let mut call = script::call(&script::STRAY, 1, 4 + strays.len(), 32 * strays.len());
        call.arg(self.settings.keys.commands())
            .arg(Keys::GROUP)
            .arg(&self.name)
            .arg(self.settings.delivery_cap)
            .arg(u8::from(self.at_work.is_empty()))
            .arg(&strays);
        let found = Found::from_script(connect::run(connection, &call).await?)?;
        crash::point("stray.after");
        meters::moved("stray", found.entries.len());
        Ok(found)
    }
}
