//! What the scripts do to Redis. Each function is one script, so it happens as a whole.

use std::collections::BTreeMap;

pub(crate) type Job = u8;
pub(crate) type Id = u8;

/// A worker process. A restarted one has another number.
pub(crate) type Owner = (u8, u8);

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    Queued,
    Running,
    Retrying,
    Completed,
    Cancelled,
    Dead,
}

impl State {
    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Dead)
    }
}

/// The status record: what cancel needs of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Status {
    pub(crate) state: State,
    pub(crate) entry: Option<Id>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) job: Job,
    pub(crate) attempt: u8,
    /// The group has read past it.
    pub(crate) delivered: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pending {
    pub(crate) owner: Owner,
    pub(crate) deliveries: u8,
    /// Idle for longer than the lease.
    pub(crate) expired: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Event {
    pub(crate) n: u8,
    job: Job,
    /// How often the job had been replayed.
    life: u8,
}

impl Event {
    pub(crate) fn same_end(&self, other: &Self) -> bool {
        (self.job, self.life) == (other.job, other.life)
    }
}

/// A claim as its worker knows it: what the fence compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Claim {
    pub(crate) id: Id,
    pub(crate) job: Job,
    pub(crate) attempt: u8,
    pub(crate) owner: Owner,
    pub(crate) deliveries: u8,
}

/// All that Redis holds. `Clone` is a copy on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Db {
    pub(crate) stream: BTreeMap<Id, Entry>,
    pub(crate) pending: BTreeMap<Id, Pending>,
    pub(crate) delayed: BTreeMap<Job, u8>,
    pub(crate) letters: BTreeMap<Id, Job>,
    pub(crate) status: BTreeMap<Job, Status>,
    pub(crate) cancel: BTreeMap<Job, ()>,
    pub(crate) lives: BTreeMap<Job, u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) seq: u8,
}

impl Db {
    pub(crate) fn jobs(&self) -> impl Iterator<Item = (Job, Status)> {
        self.status.iter().map(|(job, status)| (*job, *status))
    }

    pub(crate) fn any(&self, state: State) -> bool {
        self.status.values().any(|status| status.state == state)
    }

    /// In how many places it waits or runs.
    pub(crate) fn places(&self, job: Job) -> usize {
        let entries = self.stream.values().filter(|entry| entry.job == job).count();
        let orphans = self.pending.keys().filter(|id| !self.stream.contains_key(id)).count();
        entries + usize::from(self.delayed.contains_key(&job)) + orphans
    }

    /// Somebody will come across it: a reader, a sweep or the promotion.
    pub(crate) fn will_run(&self, job: Job) -> bool {
        let waits = |(id, entry): (&Id, &Entry)| {
            entry.job == job && (!entry.delivered || self.pending.contains_key(id))
        };
        self.delayed.contains_key(&job) || self.stream.iter().any(waits)
    }

    /// The fence.
    pub(crate) fn owns(&self, claim: &Claim) -> bool {
        self.pending
            .get(&claim.id)
            .is_some_and(|pending| (pending.owner, pending.deliveries) == (claim.owner, claim.deliveries))
    }

    pub(crate) fn add(&mut self, id: Id, job: Job, attempt: u8) {
        self.stream.insert(id, Entry { job, attempt, delivered: false });
        self.set(job, State::Queued, Some(id));
    }

    pub(crate) fn set(&mut self, job: Job, state: State, entry: Option<Id>) {
        self.status.insert(job, Status { state, entry });
    }

    /// XREADGROUP: the first entry that nobody has had.
    pub(crate) fn read(&mut self, owner: Owner) -> Option<Claim> {
        let (id, entry) = self.stream.iter_mut().find(|(_, entry)| !entry.delivered)?;
        entry.delivered = true;
        self.pending.insert(*id, Pending { owner, deliveries: 1, expired: false });
        Some(Claim { id: *id, job: entry.job, attempt: entry.attempt, owner, deliveries: 1 })
    }

    /// An own pending entry that is not in flight.
    pub(crate) fn stray(&mut self, owner: Owner) -> Option<Claim> {
        let (id, pending) = self.pending.iter_mut().find(|(_, pending)| pending.owner == owner)?;
        pending.expired = false;
        let entry = self.stream.get(id)?;
        let deliveries = pending.deliveries;
        Some(Claim { id: *id, job: entry.job, attempt: entry.attempt, owner, deliveries })
    }

    /// XAUTOCLAIM: the first entry whose lease has passed.
    pub(crate) fn sweep(&mut self, owner: Owner) -> Option<Claim> {
        let (id, pending) = self.pending.iter_mut().find(|(_, pending)| pending.expired)?;
        let deliveries = pending.deliveries + 1;
        *pending = Pending { owner, deliveries, expired: false };
        let entry = self.stream.get(id)?;
        Some(Claim { id: *id, job: entry.job, attempt: entry.attempt, owner, deliveries })
    }

    /// XCLAIM JUSTID and the status. The entry is `owner`'s, whosever it was.
    pub(crate) fn renew(&mut self, claim: &Claim) {
        if let Some(pending) = self.pending.get_mut(&claim.id) {
            *pending = Pending { owner: claim.owner, expired: false, ..*pending };
            self.set(claim.job, State::Running, Some(claim.id));
        }
    }

    /// Terminal status and event.
    pub(crate) fn end(&mut self, job: Job, state: State) {
        self.seq += 1;
        let life = self.lives.get(&job).copied().unwrap_or(0);
        self.events.push(Event { n: self.seq, job, life });
        let entry = self.status.get(&job).and_then(|status| status.entry);
        self.set(job, state, entry);
    }

    /// XACK and XDEL.
    pub(crate) fn remove(&mut self, id: Id) {
        self.pending.remove(&id);
        self.stream.remove(&id);
    }

    pub(crate) fn park(&mut self, claim: &Claim) {
        self.remove(claim.id);
        self.delayed.insert(claim.job, claim.attempt + 1);
        self.set(claim.job, State::Retrying, None);
    }

    /// XCLAIM IDLE lease+1 RETRYCOUNT d-1.
    pub(crate) fn release(&mut self, claim: &Claim) {
        if let Some(pending) = self.pending.get_mut(&claim.id) {
            *pending = Pending { deliveries: pending.deliveries - 1, expired: true, ..*pending };
            self.set(claim.job, State::Queued, Some(claim.id));
        }
    }
}
