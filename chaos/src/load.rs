//! The callers: they submit, try again until they are answered, and cancel a few. What they asked for is the ledger.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{NaiveDate, Utc};
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::{Command, Export, Keys, PdfParams, Valid};
use deertrack_stream::{Stream, Submitted, new_job_id};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::task::Task;

/// One job that somebody asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) task: Task,
    /// When it was asked for. Redis accepted it between this and its answer.
    pub(crate) at: Instant,
    /// When the answer came; `None` while there is none.
    pub(crate) accepted: Option<Instant>,
    /// Somebody asked to cancel it.
    pub(crate) cancelled: bool,
}

/// All that was asked for, by job id.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<BTreeMap<String, Asked>>>);

impl Ledger {
    fn with<T>(&self, change: impl FnOnce(&mut BTreeMap<String, Asked>) -> T) -> T {
        change(&mut self.0.lock().expect("nobody panics while holding the ledger"))
    }

    pub(crate) fn ask(&self, job: &str, task: Task) {
        let asked = Asked { task, at: Instant::now(), accepted: None, cancelled: false };
        self.with(|jobs| jobs.insert(job.to_owned(), asked));
    }

    pub(crate) fn accept(&self, job: &str) {
        self.with(|jobs| {
            if let Some(asked) = jobs.get_mut(job) {
                asked.accepted = Some(Instant::now());
            }
        });
    }

    fn cancel(&self, job: &str) {
        self.with(|jobs| {
            if let Some(asked) = jobs.get_mut(job) {
                asked.cancelled = true;
            }
        });
    }

    pub(crate) fn all(&self) -> BTreeMap<String, Asked> {
        self.with(|jobs| jobs.clone())
    }
}

/// How much is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) seed: u64,
    /// Jobs a second, all callers together.
    pub(crate) rate: f64,
    /// How many of 1,000 jobs end the process that runs them.
    pub(crate) poison: u32,
}

impl Load {
    /// Starts as many callers as there are `streams`; they go on until `stop`.
    pub(crate) fn start(self, streams: &[Stream], ledger: &Ledger, stop: &CancellationToken) -> JoinSet<()> {
        let mut callers = JoinSet::new();
        let pause = Duration::from_secs_f64(streams.len() as f64 / self.rate);
        for (number, stream) in (0..).zip(streams) {
            let caller = Caller {
                stream: stream.clone(),
                ledger: ledger.clone(),
                random: ChaCha8Rng::seed_from_u64(self.seed.wrapping_mul(1000) + number),
                poison: self.poison,
                stop: stop.clone(),
            };
            callers.spawn(caller.call(pause));
        }
        callers
    }
}

struct Caller {
    stream: Stream,
    ledger: Ledger,
    random: ChaCha8Rng,
    poison: u32,
    stop: CancellationToken,
}

impl Caller {
    async fn call(mut self, pause: Duration) {
        let mut ticks = tokio::time::interval(pause);
        // An outage is not made up for.
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !self.stop.is_cancelled() {
            ticks.tick().await;
            let task = Task::draw(&mut self.random, self.poison);
            let cancel_after = self.random.random_bool(0.06).then(|| self.random.random_range(0..600));
            let command = command(task);
            let job = command.job_id.to_string();
            self.ledger.ask(&job, task);
            if self.submit(&command).await {
                self.ledger.accept(&job);
                if let Some(ms) = cancel_after {
                    self.ledger.cancel(&job);
                    tokio::spawn(cancel(self.stream.clone(), job, Duration::from_millis(ms)));
                }
            }
        }
    }

    /// Until it is answered. The same job again is harmless.
    async fn submit(&self, command: &Valid<Command>) -> bool {
        loop {
            match self.stream.submit(command).await {
                Ok(Submitted::New(_) | Submitted::Existing(_)) => return true,
                Ok(Submitted::Conflict(_) | Submitted::Full) | Err(_) if self.stop.is_cancelled() => {
                    return false;
                }
                Ok(Submitted::Conflict(_) | Submitted::Full) | Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

async fn cancel(stream: Stream, job: String, after: Duration) {
    tokio::time::sleep(after).await;
    for _ in 0..5 {
        if stream.cancel(&job).await.is_ok() {
            return;
        }
    }
}

fn command(task: Task) -> Valid<Command> {
    let day = |month| NaiveDate::from_ymd_opt(2025, month, 1).expect("the first of a month is a day");
    let params = PdfParams { title: Some(task.to_string()), ..PdfParams::new(day(1), day(2), GroupBy::Week) };
    let command = Command::new(new_job_id(&Keys::default()), Export::Pdf(params), Utc::now());
    Valid::check(command, day(12)).expect("a month of the past breaks no rule")
}
