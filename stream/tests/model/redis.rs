//! What Redis holds, and what a write does to it. A write is absolute, as it stands in the append-only file and as it
//! is executed again from there.

use std::collections::{BTreeMap, BTreeSet};

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
    pub(crate) job: Job,
    /// How often the job had been replayed.
    pub(crate) life: u8,
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

/// One write of a script, by the command that does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Write {
    /// XADD commands. A replay begins another life.
    Add(Id, Entry, u8),
    /// XDEL commands.
    Delete(Id),
    /// XCLAIM FORCE: nothing when the entry is not there.
    Take(Id, Pending),
    /// XCLAIM FORCE LASTID: what XREADGROUP becomes.
    Deliver(Id, Pending),
    /// XACK.
    Ack(Id),
    /// SETEX of the status.
    Tell(Job, Status),
    /// ZADD and ZREM delayed.
    Due(Job),
    NotDue(Job),
    /// HSET (with the number of the next try) and HDEL parked.
    Park(Job, u8),
    Unpark(Job),
    /// XADD and XDEL dead.
    Letter(Id, Job),
    NoLetter(Id),
    /// SETEX and DEL of the cancel flag.
    Flag(Job),
    NoFlag(Job),
    /// INCR event_seq: the one write that counts from what is there.
    Count,
    /// SET event_seq.
    CountIs(u8),
    /// XADD events MAXLEN = how many are left.
    Announce(Event, usize),
}

/// All that Redis holds. `Clone` is a copy on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Db {
    pub(crate) stream: BTreeMap<Id, Entry>,
    /// The group has read up to here.
    pub(crate) read_up_to: Id,
    pub(crate) pending: BTreeMap<Id, Pending>,
    pub(crate) delayed: BTreeSet<Job>,
    pub(crate) parked: BTreeMap<Job, u8>,
    pub(crate) letters: BTreeMap<Id, Job>,
    pub(crate) status: BTreeMap<Job, Status>,
    pub(crate) cancel: BTreeSet<Job>,
    pub(crate) lives: BTreeMap<Job, u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) seq: u8,
}

impl Db {
    /// False when it was the removal of nothing, which Redis does not write down.
    pub(crate) fn apply(&mut self, write: Write) -> bool {
        match write {
            Write::Add(id, entry, life) => {
                self.stream.insert(id, entry);
                self.lives.insert(entry.job, life);
            }
            Write::Take(id, pending) => self.take(id, pending),
            Write::Deliver(id, pending) => {
                self.take(id, pending);
                self.read_up_to = self.read_up_to.max(id);
            }
            Write::Tell(job, status) => drop(self.status.insert(job, status)),
            Write::Due(job) => drop(self.delayed.insert(job)),
            Write::Park(job, attempt) => drop(self.parked.insert(job, attempt)),
            Write::Letter(id, job) => drop(self.letters.insert(id, job)),
            Write::Flag(job) => drop(self.cancel.insert(job)),
            Write::Count => self.seq += 1,
            Write::CountIs(n) => self.seq = n,
            Write::Announce(event, left) => {
                self.events.push(event);
                self.events.drain(..self.events.len().saturating_sub(left));
            }
            Write::Delete(id) => return self.stream.remove(&id).is_some(),
            Write::Ack(id) => return self.pending.remove(&id).is_some(),
            Write::NotDue(job) => return self.delayed.remove(&job),
            Write::Unpark(job) => return self.parked.remove(&job).is_some(),
            Write::NoLetter(id) => return self.letters.remove(&id).is_some(),
            Write::NoFlag(job) => return self.cancel.remove(&job),
        }
        true
    }

    fn take(&mut self, id: Id, pending: Pending) {
        if self.stream.contains_key(&id) {
            self.pending.insert(id, pending);
        }
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = (Job, Status)> {
        self.status.iter().map(|(job, status)| (*job, *status))
    }

    pub(crate) fn any(&self, state: State) -> bool {
        self.status.values().any(|status| status.state == state)
    }

    /// In how many places it waits or runs.
    pub(crate) fn places(&self, job: Job) -> usize {
        let entries = self.stream.values().filter(|entry| entry.job == job).count();
        entries + usize::from(self.delayed.contains(&job))
    }

    /// A reader will come to it, or somebody holds it or lets its lease pass.
    pub(crate) fn is_looked_at(&self, id: Id) -> bool {
        id > self.read_up_to || self.pending.contains_key(&id)
    }

    /// Somebody will come across it: a reader, a sweep or the promotion.
    pub(crate) fn will_run(&self, job: Job) -> bool {
        let waits = |(id, entry): (&Id, &Entry)| entry.job == job && self.is_looked_at(*id);
        (self.delayed.contains(&job) && self.parked.contains_key(&job)) || self.stream.iter().any(waits)
    }

    /// The events tell an end of its present life.
    pub(crate) fn has_told_end(&self, job: Job) -> bool {
        let life = self.lives.get(&job).copied().unwrap_or(0);
        self.events.iter().any(|event| (event.job, event.life) == (job, life))
    }

    /// The fence.
    pub(crate) fn owns(&self, claim: &Claim) -> bool {
        self.pending
            .get(&claim.id)
            .is_some_and(|pending| (pending.owner, pending.deliveries) == (claim.owner, claim.deliveries))
    }

    pub(crate) fn claim(&self, id: Id, pending: &Pending) -> Option<Claim> {
        let Entry { job, attempt } = *self.stream.get(&id)?;
        Some(Claim { id, job, attempt, owner: pending.owner, deliveries: pending.deliveries })
    }
}
