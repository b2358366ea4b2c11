//! A running job between its work, which tells how far it is, and the beat, which sends that and brings back what
//! the job must know.

use std::sync::{Arc, Mutex, MutexGuard};

use deertrack_schemas::{Counts, State, StatusRecord};
use tokio_util::sync::CancellationToken;

/// A running job as the beat sees it.
pub(crate) struct Run {
    pub(crate) id: Arc<str>,
    pub(crate) delivery: u64,
    /// Fires when the lease is lost.
    pub(crate) lost: CancellationToken,
    /// Fires when somebody asked to cancel.
    pub(crate) cancelled: CancellationToken,
    record: StatusRecord,
    told: Mutex<Told>,
}

struct Told {
    fraction: f64,
    stage: Option<String>,
    counts: Option<Counts>,
    /// Not sent yet.
    fresh: bool,
}

impl Run {
    /// The job of an entry in this delivery begins; its status goes on from `record`.
    pub(crate) fn new(id: &Arc<str>, delivery: u64, record: StatusRecord) -> Self {
        let record = StatusRecord {
            deliveries: delivery,
            entry_id: Some(id.to_string()),
            ..record.with_state(State::Running)
        };
        let told = Told {
            fraction: record.progress,
            stage: record.stage.clone(),
            counts: record.counts,
            fresh: false,
        };
        Self {
            id: Arc::clone(id),
            delivery,
            lost: CancellationToken::new(),
            cancelled: CancellationToken::new(),
            record,
            told: Mutex::new(told),
        }
    }

    pub(crate) fn job_id(&self) -> &str {
        self.record.job_id.as_str()
    }

    /// Notes how far the job is. Whether something that was told before is still to be sent.
    pub(crate) fn tell(&self, fraction: f64, stage: &str, counts: Option<Counts>) -> bool {
        let mut told = self.told();
        if fraction.is_finite() {
            told.fraction = fraction.clamp(0.0, 1.0);
        }
        if told.stage.as_deref() != Some(stage) {
            told.stage = Some(stage.to_owned());
        }
        // What was counted stays told in the stages that follow.
        told.counts = counts.or(told.counts);
        std::mem::replace(&mut told.fresh, true)
    }

    /// What was told last of how many items are done.
    pub(crate) fn counts(&self) -> Option<Counts> {
        self.told().counts
    }

    /// The status record as of now, to be sent.
    pub(crate) fn record(&self) -> StatusRecord {
        let mut told = self.told();
        told.fresh = false;
        let mut record = self.record.clone();
        record.progress = told.fraction;
        record.stage.clone_from(&told.stage);
        record.counts = told.counts;
        record
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().expect("nobody panics while holding the progress")
    }
}
