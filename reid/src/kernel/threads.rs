//! Work shared among threads that end with the call.

use crate::Error;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// Hands the items to `threads` threads, each taking the next when it is done with one.
pub(crate) fn in_parallel<T: Send>(
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

/// As [`in_parallel`], with a state of each thread's own that it begins with its default. After the first failure no
/// further item is begun.
pub(crate) fn try_in_parallel<T: Send, S: Default>(
    threads: NonZeroUsize,
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(&mut S, T) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let first_failure = Mutex::new(Ok(()));
    let failed = || first_failure.lock().unwrap_or_else(PoisonError::into_inner);
    let items = Mutex::new(items);
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let drain = || {
        let mut state = S::default();
        while failed().is_ok()
            && let Some(item) = next()
        {
            if let Err(error) = work(&mut state, item) {
                let mut first = failed();
                *first = first.clone().and(Err(error));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.get() {
            scope.spawn(drain);
        }
        drain();
    });
    first_failure.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failure_no_item_is_begun() {
        let begun = Mutex::new(Vec::new());
        let work = |_: &mut (), item: usize| {
            begun.lock().unwrap().push(item);
            if item == 3 { Err(Error::Stopped) } else { Ok(()) }
        };
        let threads = NonZeroUsize::new(2).unwrap();
        assert_eq!(try_in_parallel(threads, 0..1_000_000, work), Err(Error::Stopped));
        assert!(begun.into_inner().unwrap().len() < 1_000_000);
        assert_eq!(try_in_parallel(threads, 0..3, work_without_failure), Ok(()));
    }

    fn work_without_failure(_: &mut (), _: usize) -> Result<(), Error> {
        Ok(())
    }
}
