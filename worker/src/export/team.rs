//! Work on all permitted cores, results in the order of the items.

use std::num::NonZero;
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::JobError;

/// How many results a thread may be ahead: it evens out items of different weight, and bounds the memory.
const AHEAD: usize = 4;

/// The cores that this process may use.
pub(crate) fn permitted_cores() -> NonZero<usize> {
    thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Calls `work` for each item on `threads` threads and `take` for each result, on this thread, in order. When `take`
/// fails, each thread ends with the item that it is at.
///
/// # Errors
/// Those of `take`.
///
/// # Panics
/// When `work` does.
pub(crate) fn in_order<T: Sync, R: Send>(
    items: &[T],
    threads: NonZero<usize>,
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> Result<(), JobError>,
) -> Result<(), JobError> {
    let work = &work;
    let threads = threads.get();
    thread::scope(|scope| {
        let mut lanes = Vec::with_capacity(threads);
        for lane in 0..threads {
            let (give, results) = sync_channel(AHEAD);
            scope.spawn(move || {
                let mine = items.iter().skip(lane).step_by(threads);
                // Nobody takes results any more: `take` has failed.
                let _ = mine.map(work).try_for_each(|result| give.send(result));
            });
            lanes.push(results);
        }
        for (index, item) in items.iter().enumerate() {
            // A lane ends early only by a panic, which the scope passes on.
            let Ok(result) = lanes[index % threads].recv() else { break };
            take(item, result)?;
        }
        Ok(())
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
            let take = |_: &u64, result| {
                taken.push(result);
                Ok(())
            };
            in_order(&items, threads(count), work, take).unwrap();
            assert_eq!(taken, items);
        }
    }

    #[test]
    fn a_failure_ends_the_work_with_the_items_at_hand() {
        let done = AtomicUsize::new(0);
        let work = |_: &u8| done.fetch_add(1, Ordering::Relaxed);
        let ended = in_order(&[0u8; 10_000], threads(2), work, |_, _| Err(JobError::Stopped));
        assert!(matches!(ended, Err(JobError::Stopped)));
        let most = 2 * (AHEAD + 2);
        assert!(done.load(Ordering::Relaxed) <= most, "{done:?}");
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_is_passed_on() {
        let work = |item: &usize| assert!(*item < 3, "a bug");
        let items: Vec<usize> = (0..10).collect();
        let _ = in_order(&items, threads(2), work, |_, ()| Ok(()));
    }
}
