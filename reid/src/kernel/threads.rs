//! Work shared among threads that end with the call.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// Hands the items to `threads` threads, each taking the next when it is done with one.
pub(super) fn in_parallel<T: Send>(
    threads: NonZeroUsize,
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(T) + Sync,
) {
    let items = Mutex::new(items);
    let drain = || {
        loop {
            // A poisoned lock means that another thread panicked; the scope passes that panic on.
            let item = items.lock().unwrap_or_else(PoisonError::into_inner).next();
            match item {
                Some(item) => work(item),
                None => return,
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.get() {
            scope.spawn(drain);
        }
        drain();
    });
}
