//! Looking for entries that nobody works on: those whose owner let its lease pass, and this consumer's own whose
//! read was answered but never arrived.

use deertrack_schemas::Keys;
use redis::aio::MultiplexedConnection;
use redis::{RedisResult, Value};

use crate::entry::{self, Entry};
use crate::member::Member;
use crate::{connect, crash, meters, script};

/// The end of a sweep, and the beginning of the next.
pub(crate) const START: &str = "0-0";

impl Member {
    /// Takes over up to `most` entries whose lease has passed. Moves `cursor` on; it is [`START`] again when all
    /// pending entries have been looked at.
    pub(crate) async fn sweep(
        &self,
        connection: &mut MultiplexedConnection,
        cursor: &mut String,
        most: usize,
    ) -> RedisResult<Vec<Entry>> {
        let mut call = script::call(&script::SWEEP, 1, 5, 256);
        call.arg(self.settings.keys.commands())
            .arg(Keys::GROUP)
            .arg(&self.name)
            .arg(self.settings.lease.as_millis() as u64)
            .arg(cursor.as_str())
            .arg(most);
        let (next, entries): (String, Value) = connect::run(connection, &call).await?;
        let entries = entry::from_script(entries)?;
        *cursor = next;
        if !entries.is_empty() {
            crash::point("sweep.after");
        }
        meters::moved("sweep", entries.len());
        Ok(entries)
    }

    /// Up to `most` pending entries of this consumer that nobody in this process holds.
    pub(crate) async fn strays(
        &self,
        connection: &mut MultiplexedConnection,
        most: usize,
    ) -> RedisResult<Vec<Entry>> {
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
            return Ok(Vec::new());
        }
        let mut call = script::call(&script::STRAY, 1, 2 + strays.len(), 32 * strays.len());
        call.arg(self.settings.keys.commands()).arg(Keys::GROUP).arg(&self.name).arg(&strays);
        let entries = entry::from_script(connect::run(connection, &call).await?)?;
        crash::point("stray.after");
        meters::moved("stray", entries.len());
        Ok(entries)
    }
}
