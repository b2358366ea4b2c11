//! What the jobs do: the title of a report says it, so that the request alone decides.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use deertrack_schemas::State;
use rand::Rng;

/// What a job does when it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Stores a small file.
    Nothing,
    /// Works for so long, then stores a small file.
    Slow(Duration),
    /// Breaks a rule.
    Fail,
    /// Fails at its first try in a way that may pass.
    FailOnce,
    /// Fails at each try in a way that may pass.
    FailForever,
    /// Panics.
    Panic,
    /// Ends the process that runs it, and with it all that runs beside.
    Abort,
    /// Bytes that are no command.
    Rubbish,
}

impl Task {
    /// Draws one. Most do nothing; of 1,000 so many as `poison` says, up to 40, take their worker with them.
    pub(crate) fn draw(random: &mut impl Rng, poison: u32) -> Self {
        match random.random_range(0..1000) {
            drawn if drawn < poison => Self::Abort,
            0..40 => Self::Panic,
            40..60 => Self::FailForever,
            60..140 => Self::FailOnce,
            140..220 => Self::Fail,
            220..400 => Self::Slow(Duration::from_millis(random.random_range(200..1500))),
            _ => Self::Nothing,
        }
    }

    /// How it ends when nothing disturbs it.
    pub(crate) fn natural_end(self) -> State {
        match self {
            Self::Nothing | Self::Slow(_) | Self::FailOnce => State::Completed,
            Self::Fail | Self::Panic => State::Failed,
            Self::FailForever | Self::Abort | Self::Rubbish => State::Dead,
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Slow(time) => write!(f, "slow {}", time.as_millis()),
            Self::Fail => f.write_str("fail"),
            Self::FailOnce => f.write_str("fail once"),
            Self::FailForever => f.write_str("fail for ever"),
            Self::Panic => f.write_str("panic"),
            Self::Abort => f.write_str("abort"),
            Self::Rubbish => f.write_str("rubbish"),
        }
    }
}

impl FromStr for Task {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "nothing" => Ok(Self::Nothing),
            "fail" => Ok(Self::Fail),
            "fail once" => Ok(Self::FailOnce),
            "fail for ever" => Ok(Self::FailForever),
            "panic" => Ok(Self::Panic),
            "abort" => Ok(Self::Abort),
            _ => text
                .strip_prefix("slow ")
                .and_then(|ms| ms.parse().ok())
                .map(|ms| Self::Slow(Duration::from_millis(ms)))
                .ok_or_else(|| format!("{text:?} is no task")),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn the_title_of_a_report_says_the_whole_task() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..1000 {
            let task = Task::draw(&mut random, 1);
            assert_eq!(task.to_string().parse(), Ok(task));
        }
    }
}
