//! The one gate that every command passes: library, command line, gateway and, again, worker.

use std::ops::Deref;

use chrono::{NaiveDate, TimeDelta};

use crate::request::MAX_NAME_CHARS;
use crate::{Command, Problem, Rejection};

/// No zone is further ahead of UTC (Pacific/Kiritimati).
const FARTHEST_AHEAD: TimeDelta = TimeDelta::hours(14);

/// A value that has passed its rules. There is no other way to get one.
#[derive(Clone, Debug, PartialEq)]
pub struct Valid<T>(T);

impl Valid<Command> {
    /// Checks all rules. `today` is the current date in the configured zone (`DEERTRACK_TIMEZONE`).
    ///
    /// # Errors
    /// All problems of single fields, or the first broken rule between fields.
    pub fn check(command: Command, today: NaiveDate) -> Result<Self, Rejection> {
        let names = [("requested_by", &command.requested_by), ("idempotency_key", &command.idempotency_key)];
        let too_long: Vec<Problem> = names
            .into_iter()
            .filter(|(_, text)| text.as_ref().is_some_and(|text| text.chars().count() > MAX_NAME_CHARS))
            .map(|(name, _)| Problem::too_long(name, MAX_NAME_CHARS))
            .collect();
        if !too_long.is_empty() {
            return Err(Rejection::Fields(too_long));
        }
        command.export.rules(today)?;
        Ok(Self(command))
    }

    /// Checks a command that was accepted before, for whoever works on it. Which day was today was decided there and
    /// then, in a zone that is not known here: the latest that it can have been is taken. So neither another zone nor
    /// another clock refuses what was accepted.
    ///
    /// # Errors
    /// As for [`Valid::check`].
    pub fn check_accepted(command: Command) -> Result<Self, Rejection> {
        let latest = command.created_at.checked_add_signed(FARTHEST_AHEAD).unwrap_or(command.created_at);
        Self::check(command, latest.date_naive())
    }
}

impl<T> Valid<T> {
    /// The checked value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Valid<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
