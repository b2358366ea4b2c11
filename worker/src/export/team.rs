//! Work on all permitted cores, results in the order of the items.

use std::num::NonZero;
use std::sync::mpsc::channel;
use std::thread;

use crate::JobError;

/// How many items of a thread may be under way: it evens out items of different weight, and bounds the memory.
const AHEAD: usize = 4;

/// The cores that this process may use.
pub(crate) fn permitted_cores() -> NonZero<usize> {
    thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Calls `work` for each item on `threads` threads and `take` for each item with its result, on this thread, in order. Items
/// are asked for as they are needed, a few for each thread. When an item or `take` fails, each thread ends with what it is at.
///
/// # Errors
/// Those of the items and of `take`.
///
/// # Panics
/// When `work` does.
pub(crate) fn in_order<T: Send, R: Send>(
    items: impl IntoIterator<Item = Result<T, JobError>>,
    threads: NonZero<usize>,
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(T, R) -> Result<(), JobError>,
) -> Result<(), JobError> {
    let work = &work;
    let threads = threads.get();
    thread::scope(|scope| {
        let mut lanes = Vec::with_capacity(threads);
        for _ in 0..threads {
            // Never more in them than are under way.
            let ((give, mine), (give_back, results)) = (channel::<T>(), channel());
            scope.spawn(move || {
                let worked = mine.into_iter().map(|item| (work(&item), item));
                // Nobody takes results any more: an item or `take` has failed.
                let _ = { worked }.try_for_each(|done| give_back.send(done));
            });
            lanes.push((give, results));
        }
        let mut items = items.into_iter().fuse();
        let (mut begun, mut taken) = (0, 0);
        loop {
            while begun - taken < threads * AHEAD {
                let Some(item) = items.next() else { break };
                // A lane ends early only by a panic, which the scope passes on.
                if lanes[begun % threads].0.send(item?).is_err() {
                    return Ok(());
                }
                begun += 1;
            }
            if taken == begun {
                return Ok(());
            }
            let Ok((result, item)) = lanes[taken % threads].1.recv() else { return Ok(()) };
            take(item, result)?;
            taken += 1;
        }
    })
}

/// What both give, the first from a thread of its own.
pub(crate) fn side_by_side<A: Send, B>(
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B,
) -> (A, B) {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), second)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn threads(count: usize) -> NonZero<usize> {
        NonZero::new(count).unwrap()
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..500).collect();
        for count in [1, 2, 7] {
            let mut taken = Vec::new();
            let work = |item: &u64| (0..(item * 7919) % 2_000).fold(*item, |sum, n| sum ^ n ^ n);
            let take = |item, result| {
                assert_eq!(item, result);
                taken.push(result);
                Ok(())
            };
            in_order(items.iter().copied().map(Ok), threads(count), work, take).unwrap();
            assert_eq!(taken, items);
        }
    }

    #[test]
    fn a_failure_ends_the_work_with_the_items_at_hand() {
        let done = AtomicUsize::new(0);
        let work = |_: &u8| done.fetch_add(1, Ordering::Relaxed);
        let items = || [0u8; 10_000].into_iter().map(Ok);
        let ended = in_order(items(), threads(2), work, |_, _| Err(JobError::Stopped));
        assert!(matches!(ended, Err(JobError::Stopped)));
        let most = 2 * AHEAD;
        assert!(done.load(Ordering::Relaxed) <= most, "{done:?}");
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_is_passed_on() {
        let work = |item: &usize| assert!(*item < 3, "a bug");
        let items: Vec<usize> = (0..10).collect();
        let _ = in_order(items.into_iter().map(Ok), threads(2), work, |_, ()| Ok(()));
    }

    #[test]
    fn items_are_asked_for_as_they_are_needed_and_may_fail() {
        let (asked, mut taken) = (AtomicUsize::new(0), 0);
        let items = (0..500).map(|item: usize| {
            asked.fetch_add(1, Ordering::Relaxed);
            if item == 300 { Err(JobError::Stopped) } else { Ok(item) }
        });
        let ended = in_order(
            items,
            threads(3),
            |item| *item,
            |item, _| {
                taken += 1;
                assert!(asked.load(Ordering::Relaxed) <= item + 3 * AHEAD);
                Ok(())
            },
        );
        assert!(matches!(ended, Err(JobError::Stopped)));
        assert_eq!(asked.load(Ordering::Relaxed), 301, "none behind the one that failed");
        assert!(taken > 300 - 3 * AHEAD && taken < 300);
    }
}
