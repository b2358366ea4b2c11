//! Rows of the SQLite driver's thread, taken many at a time.
//!
//! That thread hands over each row by itself, and whoever waits for one is woken for each: of a million rows half of the
//! time goes into waking. Behind the first rows nobody waits here to be woken. What is there is taken at once, and where
//! nothing is there, it is asked again a millisecond later; meanwhile the driver fills its buffer.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures::Stream;
use tokio::time::{Sleep, sleep};

/// Rows that the driver holds ready; in a pause it fills half of it at most, or it would wait itself.
pub(crate) const DRIVER_ROWS: usize = 1_000;
/// Rows that are taken at a time.
const AT_ONCE: usize = 500;
/// Answers shorter than this are given as they come: a pause would be longer than the answer takes.
const FIRST: usize = 500;
const PAUSE: Duration = Duration::from_millis(1);

/// A stream of rows, taken many at a time.
pub(crate) struct Paced<S: Stream> {
    rows: S,
    taken: VecDeque<S::Item>,
    all: usize,
    pause: Option<Pin<Box<Sleep>>>,
    is_over: bool,
}

impl<S: Stream + Unpin> Paced<S> {
    pub(crate) fn new(rows: S) -> Self {
        Self { rows, taken: VecDeque::new(), all: 0, pause: None, is_over: false }
    }

    /// Takes what is there; with a waker that is told of more only among the first rows.
    fn take(&mut self, waiting: &mut Context<'_>) {
        let mut not_waiting = Context::from_waker(Waker::noop());
        while self.taken.len() < AT_ONCE {
            let context = if self.all < FIRST { &mut *waiting } else { &mut not_waiting };
            match Pin::new(&mut self.rows).poll_next(context) {
                Poll::Ready(Some(row)) => {
                    self.taken.push_back(row);
                    self.all += 1;
                }
                Poll::Ready(None) => {
                    self.is_over = true;
                    return;
                }
                Poll::Pending => return,
            }
        }
    }
}

impl<S: Stream + Unpin> Stream for Paced<S>
where
    S::Item: Unpin,
{
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        loop {
            if let Some(row) = self.taken.pop_front() {
                return Poll::Ready(Some(row));
            }
            if self.is_over {
                return Poll::Ready(None);
            }
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            let were_first = self.all < FIRST;
            self.take(cx);
            if self.taken.is_empty() && !self.is_over {
                if were_first {
                    return Poll::Pending;
                }
                self.pause = Some(Box::pin(sleep(PAUSE)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt, stream};
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn rows_come_as_they_were_sent_however_slowly() {
        let (give, rows) = mpsc::channel(8);
        let rows = stream::unfold(rows, async |mut rows| Some((rows.recv().await?, rows)));
        let sending = tokio::spawn(async move {
            for row in 0..3_000_u32 {
                if row % 700 == 0 {
                    sleep(Duration::from_millis(5)).await;
                }
                give.send(row).await.unwrap();
            }
        });
        let got: Vec<u32> = Paced::new(rows.boxed()).collect().await;
        assert_eq!(got, (0..3_000).collect::<Vec<_>>());
        sending.await.unwrap();
    }

    #[tokio::test]
    async fn nothing_is_no_row() {
        assert_eq!(Paced::new(stream::empty::<u32>()).count().await, 0);
    }
}
