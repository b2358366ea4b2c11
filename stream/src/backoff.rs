//! Waiting times that grow, with jitter, so that many workers do not come back in step.

use std::time::Duration;

use rand::Rng;

/// Doubles from `first` to `most`; each wait is drawn between half of that and all of it.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    most: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, next: first }
    }

    /// For what shall go on as soon as Redis is back.
    pub(crate) fn for_redis() -> Self {
        Self::new(Duration::from_millis(20), Duration::from_secs(1))
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }

    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.next;
        self.next = (self.next * 2).min(self.most);
        wait.mul_f64(rand::rng().random_range(0.5..=1.0))
    }

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next()).await;
    }
}

/// `duration`, give or take a fifth.
pub(crate) fn jittered(duration: Duration) -> Duration {
    duration.mul_f64(rand::rng().random_range(0.8..=1.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_start_again() {
        let mut backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(40));
        for longest in [10, 20, 40, 40] {
            let wait = backoff.next();
            assert!(wait <= Duration::from_millis(longest) && wait * 2 >= Duration::from_millis(longest));
        }
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(10));
    }
}
