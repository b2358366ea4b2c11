//! Bounds of the dead letters: a few large ones would fill Redis, and then no command is accepted any more. The oldest go
//! first, and that is told.

use std::collections::HashMap;
use std::time::Duration;

use crate::error::StreamError;
use crate::member::Member;
use crate::refusals::MEMORY_USAGE;
use crate::{Stream, meters};

/// Of a Redis with a `maxmemory`, dead letters have this part at most.
const PART_OF_MEMORY: u64 = 8;
/// How often the bytes are measured again: letters differ in size.
const LOOKS: usize = 32;
/// After a new letter, others are waited for.
const PAUSE: Duration = Duration::from_secs(1);

impl Stream {
    /// Drops the oldest dead letters beyond number, age and bytes; the newest stays whatever its size. How many.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn bound_dead_letters(&self) -> Result<u64, StreamError> {
        let settings = self.settings();
        let oldest = self.clock().await?.saturating_sub(settings.max_dead_letter_age);
        let mut dropped = self.trim_dead("MINID", oldest.as_millis() as u64).await?;
        dropped += self.trim_dead("MAXLEN", settings.max_dead_letters).await?;
        dropped += self.bound_dead_bytes().await?;
        if dropped > 0 {
            metrics::counter!(meters::DEAD_DROPPED).increment(dropped);
            tracing::warn!(
                dropped,
                "the oldest dead letters were dropped: there are too many, too large or too old ones; see to them with \
                 `deertrack dead list`"
            );
        }
        Ok(dropped)
    }

    async fn bound_dead_bytes(&self) -> Result<u64, StreamError> {
        let mut dropped = 0;
        let Some(mut bytes) = self.dead_bytes().await? else { return Ok(0) };
        if bytes > 0 {
            let most = self.most_dead_bytes().await;
            for _ in 0..LOOKS {
                let mut count = redis::cmd("XLEN");
                count.arg(self.settings().keys.dead());
                let letters: u64 = self.link().query(&count).await?;
                if bytes <= most || letters <= 1 {
                    break;
                }
                let left = (letters as f64 * (most as f64 / bytes as f64)) as u64;
                dropped += self.trim_dead("MAXLEN", left.clamp(1, letters - 1)).await?;
                bytes = self.dead_bytes().await?.unwrap_or(0);
            }
        }
        metrics::gauge!(meters::DEAD_BYTES).set(bytes as f64);
        Ok(dropped)
    }

    async fn trim_dead(&self, by: &str, bound: u64) -> Result<u64, StreamError> {
        let mut trim = redis::cmd("XTRIM");
        // Redis reads signed numbers.
        trim.arg(self.settings().keys.dead()).arg(by).arg(bound.min(i64::MAX as u64));
        Ok(self.link().query(&trim).await?)
    }

    /// What they take of Redis' memory; `None` when it may not be asked.
    async fn dead_bytes(&self) -> Result<Option<u64>, StreamError> {
        let mut usage = redis::cmd("MEMORY");
        usage.arg("USAGE").arg(self.settings().keys.dead()).arg("SAMPLES").arg(0);
        let bytes: Option<Option<u64>> = self.link().query_dispensable(&MEMORY_USAGE, &usage).await?;
        Ok(bytes.map(Option::unwrap_or_default))
    }

    /// What they may take.
    async fn most_dead_bytes(&self) -> u64 {
        let most = self.settings().max_dead_letter_bytes;
        let mut ask = redis::cmd("INFO");
        ask.arg("memory");
        let Ok(info) = self.link().query::<String>(&ask).await else { return most };
        let fields: HashMap<&str, &str> = info.lines().filter_map(|line| line.split_once(':')).collect();
        match fields.get("maxmemory").and_then(|text| text.parse::<u64>().ok()) {
            None | Some(0) => most,
            Some(memory) => most.min(memory / PART_OF_MEMORY),
        }
    }
}

impl Member {
    /// Keeps the bounds when this member has given up a job, for ever. What nobody here brings about, housekeeping sees.
    pub(crate) async fn bound_dead_letters(&self, stream: &Stream) {
        loop {
            self.given_up.notified().await;
            if let Err(error) = stream.bound_dead_letters().await {
                tracing::debug!(%error, "the dead letters cannot be bounded now; housekeeping will");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
