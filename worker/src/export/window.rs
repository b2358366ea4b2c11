//! Rows come in the order of their photographs and are written in the order in which their animals were seen: an event may
//! have begun [`LONGEST_EVENT`](deertrack_catalog::LONGEST_EVENT) before its photograph. Until then rows wait here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// Rows that wait.
#[derive(Debug)]
pub(super) struct Window<T> {
    /// By time; those of one time in the order in which they came.
    waiting: BTreeMap<(DateTime<Utc>, u64), T>,
    came: u64,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), came: 0 }
    }
}

impl<T> Window<T> {
    pub(super) fn add(&mut self, seen_at: DateTime<Utc>, row: T) {
        self.waiting.insert((seen_at, self.came), row);
        self.came += 1;
    }

    /// The next row that was seen by `then`; nothing that was seen earlier may still come.
    pub(super) fn next_until(&mut self, then: DateTime<Utc>) -> Option<T> {
        let first = self.waiting.first_entry().filter(|first| first.key().0 <= then)?;
        Some(first.remove())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn until(window: &mut Window<&'static str>, minute: i64) -> Vec<&'static str> {
        std::iter::from_fn(|| window.next_until(at(minute))).collect()
    }

    #[test]
    fn rows_leave_by_time_and_those_of_one_time_as_they_came() {
        let mut window = Window::default();
        window.add(at(5), "b");
        window.add(at(5), "a");
        window.add(at(9), "late");
        window.add(at(2), "event");
        assert_eq!(until(&mut window, 1), [""; 0]);
        assert_eq!(until(&mut window, 5), ["event", "b", "a"]);
        window.add(at(9), "later");
        window.add(at(6), "event");
        assert_eq!(until(&mut window, 60), ["event", "late", "later"]);
    }
}
