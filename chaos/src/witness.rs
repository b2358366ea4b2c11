//! The dashboard: it follows the events from the first to the last and writes down what it sees.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use deertrack_schemas::{State, StatusRecord};
use deertrack_stream::{EventId, Stream, StreamError, WatchFrom, Watched};
use tokio::task::AbortHandle;

/// One completion event.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Its id in the event stream.
    pub(crate) id: EventId,
    pub(crate) job: String,
    pub(crate) state: State,
    pub(crate) deliveries: u64,
    pub(crate) n: u64,
    pub(crate) at: Instant,
    /// Redis forgot it afterwards, and said so: its number came again.
    pub(crate) forgotten: bool,
}

/// Numbers were missing between two events.
#[derive(Clone, Debug)]
pub(crate) struct Gap {
    pub(crate) expected: u64,
    pub(crate) found: u64,
    pub(crate) at: Instant,
    /// How many events were seen before.
    pub(crate) before: usize,
}

/// All that was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Testimony {
    pub(crate) events: Vec<Seen>,
    pub(crate) gaps: Vec<Gap>,
    /// How often Redis had forgotten events.
    pub(crate) resets: usize,
}

impl Testimony {
    pub(crate) fn note(&mut self, watched: Watched) {
        match watched {
            Watched::Event { id, event } => {
                let StatusRecord { job_id, state, deliveries, .. } = event.record;
                let (job, at) = (job_id.to_string(), Instant::now());
                self.events.push(Seen { id, job, state, deliveries, n: event.n, at, forgotten: false });
            }
            Watched::Lagged { expected, found } => {
                self.gaps.push(Gap { expected, found, at: Instant::now(), before: self.events.len() });
            }
            Watched::Reset { found, .. } => {
                self.resets += 1;
                // Of what was seen before, Redis remembers only what is below the number that comes now.
                for seen in self.events.iter_mut().filter(|seen| seen.n >= found) {
                    seen.forgotten = true;
                }
            }
        }
    }
}

pub(crate) struct Witness {
    testimony: Arc<Mutex<Testimony>>,
    task: AbortHandle,
}

impl Witness {
    pub(crate) async fn begin(stream: &Stream) -> Result<Self, StreamError> {
        let mut watch = stream.watch(WatchFrom::Start).await?;
        let testimony = Arc::new(Mutex::new(Testimony::default()));
        let written = Arc::clone(&testimony);
        let task = tokio::spawn(async move {
            while let Ok(watched) = watch.next().await {
                written.lock().expect("nobody panics while holding the testimony").note(watched);
            }
        });
        Ok(Self { testimony, task: task.abort_handle() })
    }

    pub(crate) fn so_far(&self) -> Testimony {
        self.testimony.lock().expect("nobody panics while holding the testimony").clone()
    }

    /// The number of the newest event.
    pub(crate) fn newest(&self) -> u64 {
        let testimony = self.testimony.lock().expect("nobody panics while holding the testimony");
        testimony.events.last().map_or(0, |seen| seen.n)
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.task.abort();
    }
}
