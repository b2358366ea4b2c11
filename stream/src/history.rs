//! What went wrong with a job so far: it goes with its entry from try to try, and ends in its dead letter.
//!
//! A list as JSON. One that cannot be read begins anew, and workers of other versions pass over names that they do not
//! know.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One try that failed, or the waits for something that was away; part of a dead letter's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryError {
    /// Which try, from 1.
    pub attempt: u32,
    /// When it failed (UTC).
    pub at: DateTime<Utc>,
    /// What went wrong, for operators.
    pub error: String,
    /// It was no fault of the job, and is not counted as a try: so it has waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<Waited>,
}

/// How a job has waited in one of its tries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waited {
    /// How often.
    pub times: u32,
    /// For how long in all, in milliseconds: the waits that were asked for, so that no clock matters.
    pub milliseconds: u64,
}

impl Waited {
    pub(crate) fn whole(self) -> Duration {
        Duration::from_millis(self.milliseconds)
    }

    fn and(self, more: Duration) -> Self {
        let more = u64::try_from(more.as_millis()).unwrap_or(u64::MAX);
        Self { times: self.times.saturating_add(1), milliseconds: self.milliseconds.saturating_add(more) }
    }
}

/// The history and a try that has failed.
pub(crate) fn with_failure(history: &[u8], attempt: u32, error: &str) -> Vec<u8> {
    let mut errors = read(history);
    errors.push(TryError { attempt, at: Utc::now(), error: error.to_owned(), waited: None });
    written(&errors)
}

/// How this try has waited so far.
pub(crate) fn waited(history: &[u8], attempt: u32) -> Waited {
    let last = read(history).pop().filter(|last| last.attempt == attempt);
    last.and_then(|last| last.waited).unwrap_or_default()
}

/// The history and one more wait of this try: one line, however often it waits.
pub(crate) fn with_wait(history: &[u8], attempt: u32, error: &str, wait: Duration) -> Vec<u8> {
    let mut errors = read(history);
    let before = errors.pop_if(|last| last.attempt == attempt && last.waited.is_some());
    let waited = before.and_then(|before| before.waited).unwrap_or_default().and(wait);
    errors.push(TryError { attempt, at: Utc::now(), error: error.to_owned(), waited: Some(waited) });
    written(&errors)
}

fn read(history: &[u8]) -> Vec<TryError> {
    serde_json::from_slice(history).unwrap_or_default()
}

fn written(errors: &[TryError]) -> Vec<u8> {
    serde_json::to_vec(errors).expect("numbers, times and texts can be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_of_a_try_are_one_line_and_their_sum() {
        let second = Duration::from_secs(1);
        let first = with_wait(b"no list", 1, "away", second);
        let failed = with_failure(&with_wait(&first, 1, "still away", second), 1, "broken");
        assert_eq!(waited(&first, 1), Waited { times: 1, milliseconds: 1000 });
        assert_eq!(waited(&first, 2), Waited::default(), "the next try may wait as long again");
        assert_eq!(waited(&failed, 1), Waited::default());
        let lines: Vec<_> = read(&with_wait(&failed, 2, "away", second));
        let told: Vec<_> =
            lines.iter().map(|line| (line.attempt, line.error.as_str(), line.waited)).collect();
        let waits = |times, milliseconds| Some(Waited { times, milliseconds });
        assert_eq!(
            told,
            [(1, "still away", waits(2, 2000)), (1, "broken", None), (2, "away", waits(1, 1000))]
        );
    }

    #[test]
    fn a_history_of_an_earlier_version_is_read() {
        let old = br#"[{"attempt":1,"at":"2026-01-01T00:00:00Z","error":"x"}]"#;
        assert_eq!(read(old)[0].waited, None);
        assert_eq!(written(&read(old)), old);
    }
}
