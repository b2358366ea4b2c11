//! What people corrected when they imported a data set, and when its cameras failed: kept in the data set's row and in
//! its deployments, told by reports, and given back by an exported package.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, TimeDelta};
use deertrack_survey::TimeRange;
use serde::{Deserialize, Serialize};

/// Under which key a data set's notes, and the word of an exported package about itself, hold them.
pub const KEY: &str = "corrections";
/// What our remark in the comments of a deployment begins with; it goes on to the end of the comment.
pub const REMARK: &str = "[Deertrack: ";

/// A clock's mending: added to every time that it told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shift(TimeDelta);

impl Shift {
    /// Longer ones mend no clock: it has years from 1900 to 2100 and a bit.
    const MOST_DAYS: i64 = 80_000;

    /// What to add.
    pub fn delta(self) -> TimeDelta {
        self.0
    }

    /// One after the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

/// Not of the form `+01:00`, `-00:07:30`, `+365d` or `+365d01:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a shift: write a sign, then days, hours and minutes, or both, as +01:00, -00:07:30, +365d or +365d01:00 (at most 80000 days, not 0)"
)]
pub struct NoShift;

impl FromStr for Shift {
    type Err = NoShift;

    fn from_str(text: &str) -> Result<Self, NoShift> {
        let (sign, rest) = match text.split_at_checked(1) {
            Some(("+", rest)) => (1, rest),
            Some(("-", rest)) => (-1, rest),
            _ => return Err(NoShift),
        };
        let (days, clock) = match rest.split_once('d') {
            Some((days, clock)) => (number(days, Self::MOST_DAYS)?, clock),
            None if rest.is_empty() => return Err(NoShift),
            None => (0, rest),
        };
        let mut parts = clock.split(':');
        let seconds = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(""), None, ..) => 0,
            (Some(hours), Some(minutes), seconds, None) => {
                let seconds = seconds.map_or(Ok(0), |seconds| number(seconds, 59))?;
                number(hours, 23)? * 3600 + number(minutes, 59)? * 60 + seconds
            }
            _ => return Err(NoShift),
        };
        let delta = TimeDelta::seconds(sign * (days * 86_400 + seconds));
        if delta.is_zero() { Err(NoShift) } else { Ok(Self(delta)) }
    }
}

fn number(text: &str, most: i64) -> Result<i64, NoShift> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_plain.then(|| text.parse().ok()).flatten().filter(|number| *number <= most);
    number.ok_or(NoShift)
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, of) = if self.0 < TimeDelta::zero() { ('-', -self.0) } else { ('+', self.0) };
        let (days, seconds) = (of.num_days(), of.num_seconds() % 86_400);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{sign}")?;
        if days > 0 {
            write!(f, "{days}d")?;
        }
        match (days, hours, minutes, seconds) {
            (1.., 0, 0, 0) => Ok(()),
            (.., 0) => write!(f, "{hours:02}:{minutes:02}"),
            _ => write!(f, "{hours:02}:{minutes:02}:{seconds:02}"),
        }
    }
}

impl TryFrom<String> for Shift {
    type Error = NoShift;

    fn try_from(text: String) -> Result<Self, NoShift> {
        text.parse()
    }
}

impl From<Shift> for String {
    fn from(shift: Shift) -> Self {
        shift.to_string()
    }
}

/// All of a data set, by the ids of its source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Corrections {
    /// Places that are told otherwise than the source tells them.
    pub places: Vec<PlaceCorrection>,
    /// Clocks that were mended.
    pub clocks: Vec<ClockCorrection>,
}

/// A place that is told otherwise. What it is now stands in its row; where it was is nobody's business any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceCorrection {
    /// Its id.
    pub place: String,
    /// What was corrected, in words: `coordinates`, `coordinate uncertainty`, `name`, `time zone`.
    pub what: Vec<String>,
    /// Its zone, for no package has a column for that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timezone: Option<String>,
}

/// A deployment whose clock was mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockCorrection {
    /// Its id.
    pub deployment: String,
    /// What was added to the times of its photographs and events.
    pub shift: Shift,
    /// Its start and end were told by that clock too, and moved with them.
    #[serde(default)]
    pub moves_span: bool,
}

impl Corrections {
    /// Those that a data set's notes hold.
    pub fn of_notes(notes: Option<&str>) -> Self {
        let notes = notes.and_then(|notes| serde_json::from_str::<serde_json::Value>(notes).ok());
        notes.map(|notes| Self::of(&notes[KEY])).unwrap_or_default()
    }

    /// Those that a value holds; what is none tells none.
    pub fn of(value: &serde_json::Value) -> Self {
        Self::deserialize(value).unwrap_or_default()
    }

    /// Whether nothing was corrected.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.clocks.is_empty()
    }

    /// How a deployment's clock was mended, if it was.
    pub fn of_clock(&self, deployment: &str) -> Option<&ClockCorrection> {
        self.clocks.iter().find(|clock| clock.deployment == deployment)
    }
}

/// When a camera did not work, as it was told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Failure {
    /// From then on.
    pub start: DateTime<FixedOffset>,
    /// Until then.
    pub end: DateTime<FixedOffset>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

impl Failure {
    /// Those that a deployment's row holds; what is no list of them tells none.
    pub fn list(json: Option<&str>) -> Vec<Self> {
        json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }

    /// The part of it that lies within a span; `None`: it is outside.
    pub fn within(self, span: &TimeRange) -> Option<Self> {
        let cut = Self {
            start: self.start.max(span.start.with_timezone(self.start.offset())),
            end: self.end.min(span.end.with_timezone(self.end.offset())),
            ..self
        };
        (cut.start < cut.end).then_some(cut)
    }

    /// As counting reads it.
    pub fn range(&self) -> TimeRange {
        self.start.to_utc()..self.end.to_utc()
    }
}

/// What the comments of a deployment say of its correction, for people who read a package; `None`: there is nothing to
/// say.
pub fn remark(clock: Option<&ClockCorrection>, failures: &[Failure]) -> Option<String> {
    let clock = clock.map(|clock| format!("clock mended by {} at import", clock.shift));
    let failures = failures.iter().map(|failure| {
        let why = failure.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("did not work from {} to {}{why}", failure.start.to_rfc3339(), failure.end.to_rfc3339())
    });
    let told: Vec<String> = clock.into_iter().chain(failures).collect();
    (!told.is_empty()).then(|| format!("{REMARK}{}]", told.join("; ")))
}

/// A comment without our remark; `None`: nothing else is in it.
pub fn without_remark(comment: &str) -> Option<&str> {
    let told = comment.find(REMARK).map_or(comment, |at| &comment[..at]).trim_end();
    (!told.is_empty()).then_some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_is_read_as_it_is_written() {
        for text in ["+01:00", "-00:07:30", "+365d", "-1d", "+365d01:00", "-2d00:00:01"] {
            assert_eq!(text.parse::<Shift>().unwrap().to_string(), text);
        }
        assert_eq!("-1d01:30".parse::<Shift>().unwrap().delta(), TimeDelta::minutes(-(24 * 60 + 90)));
        assert_eq!("+366d00:00".parse::<Shift>().unwrap().to_string(), "+366d");
        for text in [
            "", "+", "01:00", "+1", "+1h", "+24:00", "+00:60", "+-1d", "+1d1d", "+00:00", "+0d", "+1y",
            "+99999d", "+1:2:3:4", "+ 1d", "+é",
        ] {
            assert_eq!(text.parse::<Shift>(), Err(NoShift), "{text:?}");
        }
    }

    #[test]
    fn a_remark_is_taken_out_of_a_comment_again() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap();
        let failure = Failure {
            start: at("2025-05-03T00:00:00+02:00"),
            end: at("2025-05-05T12:00:00+02:00"),
            reason: Some("battery".into()),
        };
        let clock =
            ClockCorrection { deployment: "d1".into(), shift: "+365d".parse().unwrap(), moves_span: false };
        let told = remark(Some(&clock), &[failure]).unwrap();
        assert_eq!(
            told,
            "[Deertrack: clock mended by +365d at import; did not work from 2025-05-03T00:00:00+02:00 to \
             2025-05-05T12:00:00+02:00 (battery)]"
        );
        assert_eq!(without_remark(&format!("put up late {told}")), Some("put up late"));
        assert_eq!((without_remark(&told), without_remark("put up late")), (None, Some("put up late")));
        assert_eq!(remark(None, &[]), None);
    }

    #[test]
    fn what_is_no_correction_tells_none() {
        for notes in [
            None,
            Some(""),
            Some("[]"),
            Some(r#"{"corrections": {"clocks": [{"deployment": "d", "shift": "1"}]}}"#),
        ] {
            assert!(Corrections::of_notes(notes).is_empty(), "{notes:?}");
        }
        assert_eq!(Failure::list(Some(r#"{"start": 1}"#)), []);
        let notes = r#"{"passages": 3, "corrections": {"clocks": [{"deployment": "d", "shift": "-1d"}]}}"#;
        assert_eq!(Corrections::of_notes(Some(notes)).of_clock("d").unwrap().shift.to_string(), "-1d");
    }
}
