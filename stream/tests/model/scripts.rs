//! The scripts: each as the writes it does, in its order, which is that of the append-only file. Nothing of a script
//! is done when its fence or its gate says no.

use crate::redis::{Claim, Db, Entry, Event, Id, Job, Owner, Pending, State, Status, Write};

/// In which order the scripts write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// What is new stands before what is old goes; entries go before their acknowledgement; the counter is set.
    AddFirst,
    /// As it was: `promote`, `replay` and `cancel` take away first, entries are acknowledged first, the counter is
    /// counted up.
    RemoveFirst,
}

use Order::{AddFirst, RemoveFirst};
use Write::*;

/// XREADGROUP: the first entry that nobody has had. One command.
pub(crate) fn read(db: &Db, owner: Owner) -> Option<Vec<Write>> {
    let (id, _) = db.stream.range(db.read_up_to + 1..).next()?;
    Some(vec![Deliver(*id, Pending { owner, deliveries: 1, expired: false })])
}

/// An own pending entry that is not in flight.
pub(crate) fn stray(db: &Db, owner: Owner) -> Option<Vec<Write>> {
    let (id, pending) = db.pending.iter().find(|(_, pending)| pending.owner == owner)?;
    Some(take(db, *id, Pending { expired: false, ..*pending }))
}

/// The first entry whose lease has passed.
pub(crate) fn sweep(db: &Db, owner: Owner) -> Option<Vec<Write>> {
    let (id, pending) = db.pending.iter().find(|(_, pending)| pending.expired)?;
    Some(take(db, *id, Pending { owner, deliveries: pending.deliveries + 1, expired: false }))
}

/// XCLAIM; of a deleted entry it takes the name off the list.
fn take(db: &Db, id: Id, pending: Pending) -> Vec<Write> {
    vec![if db.stream.contains_key(&id) { Take(id, pending) } else { Ack(id) }]
}

pub(crate) fn submit(id: Id, job: Job) -> Vec<Write> {
    vec![Add(id, Entry { job, attempt: 1 }, 0), status(job, State::Queued, Some(id))]
}

/// XCLAIM JUSTID and the status. The entry is `owner`'s, whosever it was.
pub(crate) fn beat(db: &Db, claim: &Claim) -> Vec<Write> {
    let Some(pending) = db.pending.get(&claim.id) else { return Vec::new() };
    let renewed = Pending { owner: claim.owner, expired: false, ..*pending };
    vec![Take(claim.id, renewed), status(claim.job, State::Running, Some(claim.id))]
}

/// Counter, event and terminal status.
pub(crate) fn end(db: &Db, order: Order, job: Job, state: State) -> Vec<Write> {
    let event = Event { n: db.seq + 1, job, life: db.lives.get(&job).copied().unwrap_or(0) };
    let count = if order == AddFirst { CountIs(event.n) } else { Count };
    let entry = db.status.get(&job).and_then(|status| status.entry);
    vec![count, Announce(event, db.events.len() + 1), status(job, state, entry)]
}

/// Acknowledgement and deletion; also all that `discard` does.
pub(crate) fn remove(order: Order, id: Id) -> Vec<Write> {
    match order {
        AddFirst => vec![Delete(id), Ack(id)],
        RemoveFirst => vec![Ack(id), Delete(id)],
    }
}

pub(crate) fn finish(db: &Db, order: Order, claim: &Claim, state: State) -> Vec<Write> {
    [end(db, order, claim.job, state), remove(order, claim.id)].concat()
}

pub(crate) fn bury(db: &Db, order: Order, letter: Id, claim: &Claim) -> Vec<Write> {
    [vec![Letter(letter, claim.job)], finish(db, order, claim, State::Dead)].concat()
}

pub(crate) fn retry(order: Order, claim: &Claim) -> Vec<Write> {
    let (park, due) = (Park(claim.job, claim.attempt + 1), Due(claim.job));
    let waits = status(claim.job, State::Retrying, None);
    let remove = remove(order, claim.id);
    match order {
        AddFirst => [vec![park, due], remove, vec![waits]].concat(),
        RemoveFirst => [vec![due, park, waits], remove].concat(),
    }
}

pub(crate) fn promote(db: &Db, order: Order, id: Id, job: Job) -> Vec<Write> {
    let gone = vec![NotDue(job), Unpark(job)];
    let Some(attempt) = db.parked.get(&job).copied() else { return gone };
    let add = vec![Add(id, Entry { job, attempt }, db.lives.get(&job).copied().unwrap_or(0))];
    let queued = vec![status(job, State::Queued, Some(id))];
    match order {
        AddFirst => [add, gone, queued].concat(),
        RemoveFirst => [gone, add, queued].concat(),
    }
}

/// What to do about a job whose status names `entry`. Nothing when it is not there; the real canceller looks again.
pub(crate) fn cancel(db: &Db, order: Order, job: Job, entry: Option<Id>, asks: bool) -> Vec<Write> {
    let mut ended = end(db, order, job, State::Cancelled);
    if order == RemoveFirst {
        ended.swap(1, 2); // it told the status first
    }
    if db.delayed.contains(&job) {
        let gone = vec![NotDue(job), Unpark(job)];
        return if order == AddFirst { [ended, gone].concat() } else { [gone, ended].concat() };
    }
    let there = entry.filter(|id| db.stream.get(id).is_some_and(|entry| entry.job == job));
    match there {
        Some(id) if asks && db.pending.contains_key(&id) => vec![Flag(job)],
        Some(id) => [ended, vec![Delete(id)]].concat(),
        None => Vec::new(),
    }
}

pub(crate) fn replay(db: &Db, order: Order, id: Id, letter: Id, gated: bool) -> Vec<Write> {
    let Some(job) = db.letters.get(&letter).copied() else { return Vec::new() };
    let life = db.lives.get(&job).map_or(1, |life| life + 1);
    let back = vec![Add(id, Entry { job, attempt: 1 }, life), status(job, State::Queued, Some(id))];
    let gate = if gated { vec![NoLetter(letter)] } else { Vec::new() };
    match order {
        AddFirst => [vec![NoFlag(job)], back, gate].concat(),
        RemoveFirst => [gate, back, vec![NoFlag(job)]].concat(),
    }
}

/// XCLAIM IDLE lease+1 RETRYCOUNT d-1.
pub(crate) fn release(claim: &Claim) -> Vec<Write> {
    let waits = Pending { owner: claim.owner, deliveries: claim.deliveries - 1, expired: true };
    vec![Take(claim.id, waits), status(claim.job, State::Queued, Some(claim.id))]
}

fn status(job: Job, state: State, entry: Option<Id>) -> Write {
    Tell(job, Status { state, entry })
}
