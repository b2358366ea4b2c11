//! Ids of events: what a dashboard sends back as `Last-Event-ID`.

use std::fmt;
use std::str::FromStr;

/// Id of an event in the stream, `<milliseconds>-<number>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventId {
    /// Unix time in milliseconds, by Redis' clock.
    pub ms: u64,
    /// Counts the events of one millisecond.
    pub seq: u64,
}

/// The text is not `<milliseconds>-<number>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an event id (two numbers with a dash between): {0:?}")]
pub struct InvalidEventId(String);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

impl FromStr for EventId {
    type Err = InvalidEventId;

    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        let parts = text.split_once('-').and_then(|(ms, seq)| Some((ms.parse().ok()?, seq.parse().ok()?)));
        let (ms, seq) = parts.ok_or_else(|| InvalidEventId(text.chars().take(80).collect()))?;
        Ok(Self { ms, seq })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written_and_sort_by_time() {
        let id = EventId { ms: 1_795_505_231_127, seq: 7 };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("99-9".parse::<EventId>().unwrap() < "100-0".parse().unwrap());
        assert!("100".parse::<EventId>().is_err() && "a-b".parse::<EventId>().is_err());
    }
}
