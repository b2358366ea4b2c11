//! Stops a compiler that has no way to be stopped.
//!
//! Typst knows neither cancellation nor deadlines, but it asks its world for a font hundreds of times a page. There we
//! look at the clock and the stop flag, and leave by unwinding with a private payload. It does not stop a template
//! that loops without laying out text; templates are ours, only data are foreign. This needs `panic = "unwind"`.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// How long typesetting may go on.
pub(crate) struct Bounds {
    pub(crate) stop: CancellationToken,
    pub(crate) limit: Duration,
}

/// No document of ours takes nearly so long; the rest of a job's time limit is for reading rows.
const USUAL_LIMIT: Duration = Duration::from_mins(5);

impl Bounds {
    /// Until `stop`, and no longer than any document takes.
    pub(crate) fn usual(stop: CancellationToken) -> Self {
        Self { stop, limit: USUAL_LIMIT }
    }
}

/// Why the compiler was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupted {
    Stopped,
    OutOfTime,
}

pub(super) struct Interrupt {
    bounds: Bounds,
    started: Instant,
}

impl Interrupt {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, started: Instant::now() }
    }

    /// Unwinds when it is time to stop. `resume_unwind` runs no panic hook: nothing is printed.
    pub(super) fn check(&self) {
        if self.bounds.stop.is_cancelled() {
            resume_unwind(Box::new(Interrupted::Stopped));
        }
        if self.started.elapsed() > self.bounds.limit {
            resume_unwind(Box::new(Interrupted::OutOfTime));
        }
    }

    /// Runs `work` and catches what [`Interrupt::check`] throws in it; a true panic goes on.
    ///
    /// Unwind safety: whatever `work` was building is dropped, and the compiler's own caches hold only finished
    /// results behind locks that do not poison.
    pub(super) fn catch<T>(&self, work: impl FnOnce() -> T) -> Result<T, Interrupted> {
        catch_unwind(AssertUnwindSafe(|| {
            self.check();
            work()
        }))
        .map_err(|payload| match payload.downcast::<Interrupted>() {
            Ok(interrupted) => *interrupted,
            Err(panic) => resume_unwind(panic),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interrupt(limit: Duration) -> (Interrupt, CancellationToken) {
        let stop = CancellationToken::new();
        (Interrupt::new(Bounds { stop: stop.clone(), limit }), stop)
    }

    #[test]
    fn work_goes_on_until_it_is_told_to_stop() {
        let (interrupt, stop) = interrupt(Duration::MAX);
        let result = interrupt.catch(|| {
            interrupt.check();
            stop.cancel();
            interrupt.check();
            unreachable!("it was told to stop")
        });
        assert_eq!(result, Err::<(), _>(Interrupted::Stopped));
    }

    #[test]
    fn work_ends_at_its_limit() {
        let (interrupt, _stop) = interrupt(Duration::ZERO);
        assert_eq!(interrupt.catch(|| ()), Err(Interrupted::OutOfTime));
    }

    #[test]
    #[should_panic(expected = "a bug")]
    fn a_true_panic_goes_on() {
        let (interrupt, _stop) = interrupt(Duration::MAX);
        let _ = interrupt.catch(|| panic!("a bug"));
    }
}
