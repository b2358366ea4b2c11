//! Who acts when: two workers, a canceller, two replayers, and everything that can go wrong. Things that go wrong
//! have a budget, so that the states are finite; every order of them is tried.

use crate::redis::{Claim, Db, Id, Job, Owner, Pending, State};

const DELIVERY_CAP: u8 = 2;
const MAX_ATTEMPTS: u8 = 2;
const WORKERS: u8 = 2;

/// The rules of the protocol that can be broken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) fence_beat: bool,
    pub(crate) fence_finish: bool,
    pub(crate) finish_in_one_step: bool,
    pub(crate) delete_with_ack: bool,
    pub(crate) gate_replay: bool,
    pub(crate) cancel_asks_the_owner: bool,
    pub(crate) new_group_at_the_start: bool,
}

impl Rules {
    pub(crate) const SOUND: Self = Self {
        fence_beat: true,
        fence_finish: true,
        finish_in_one_step: true,
        delete_with_ack: true,
        gate_replay: true,
        cancel_asks_the_owner: true,
        new_group_at_the_start: true,
    };
}

/// How often each thing may still go wrong or be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    /// Leases that end while their owner lives.
    pub(crate) late_beats: u8,
    pub(crate) crashes: u8,
    pub(crate) lost_replies: u8,
    pub(crate) restarts: u8,
    pub(crate) lost_groups: u8,
    pub(crate) releases: u8,
    pub(crate) retries: u8,
    pub(crate) cancels: u8,
    pub(crate) replays: u8,
}

/// A model: which rules, how many jobs, how much goes wrong.
#[derive(Clone, Debug)]
pub(crate) struct Protocol {
    pub(crate) rules: Rules,
    pub(crate) jobs: u8,
    pub(crate) budget: Budget,
}

impl Protocol {
    /// One job, and nothing goes wrong.
    pub(crate) fn one_job() -> Self {
        Self { rules: Rules::SOUND, jobs: 1, budget: Budget::default() }
    }
}

/// Where a worker stands with its claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    Working,
    /// Its beat has told it that it shall stop.
    Cancelled,
    /// Delivered too often: to be buried.
    OverCap,
    /// The end was sent and the reply did not come.
    Unsure(State),
    /// Only when finishing takes two trips: status and event are written.
    HalfDone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Worker {
    boot: u8,
    holds: Option<(Claim, Phase)>,
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct System {
    pub(crate) db: Db,
    /// What a restart finds.
    disk: Db,
    /// Ids grow with time, also over a restart.
    next_id: Id,
    workers: [Worker; WORKERS as usize],
    pub(crate) submitted: Vec<bool>,
    /// A canceller has read the status of this job: the entry that it named.
    cancelling: Option<(Job, Option<Id>)>,
    /// Replayers that have read a letter and not acted yet.
    replaying: Vec<Id>,
    budget: Budget,
    /// Somebody wrote who was not the owner.
    pub(crate) stale_write: bool,
}

/// One step of somebody. `u8` is the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Submit(Job),
    Read(u8),
    ReadReplyLost(u8),
    Stray(u8),
    LeaseEnds(Id),
    Sweep(u8),
    Beat(u8),
    Finish(u8),
    FinishReplyLost(u8),
    FinishAgain(u8),
    FinishSecondTrip(u8),
    Retry(u8),
    Bury(u8),
    Release(u8),
    Crash(u8),
    Promote(Job),
    LookBeforeCancel(Job),
    Cancel,
    LookBeforeReplay(Id),
    Replay(Id),
    Sync,
    RestartFromDisk,
    GroupIsLost,
}

use Action::*;

impl Protocol {
    pub(crate) fn start(&self) -> System {
        System {
            db: Db::default(),
            disk: Db::default(),
            next_id: 1,
            workers: [Worker { boot: 0, holds: None }; WORKERS as usize],
            submitted: vec![false; self.jobs as usize],
            cancelling: None,
            replaying: Vec::new(),
            budget: self.budget,
            stale_write: false,
        }
    }

    pub(crate) fn possible(&self, system: &System, actions: &mut Vec<Action>) {
        actions.extend((0..self.jobs).filter(|job| !system.submitted[*job as usize]).map(Submit));
        for w in 0..WORKERS {
            match system.workers[w as usize].holds {
                None => actions.extend([Read(w), Stray(w), Sweep(w)]),
                Some((_, phase)) => worker_actions(w, phase, system.budget, actions),
            }
            if system.budget.lost_replies > 0 && system.workers[w as usize].holds.is_none() {
                actions.push(ReadReplyLost(w));
            }
        }
        let may_end = |(id, pending): &(&Id, &Pending)| {
            !pending.expired && (system.budget.late_beats > 0 || !system.is_held(**id, pending))
        };
        actions.extend(system.db.pending.iter().filter(may_end).map(|(id, _)| LeaseEnds(*id)));
        actions.extend(system.db.delayed.keys().map(|job| Promote(*job)));
        match system.cancelling {
            Some(_) => actions.push(Cancel),
            None if system.budget.cancels > 0 => {
                actions.extend(system.db.status.keys().map(|job| LookBeforeCancel(*job)));
            }
            None => {}
        }
        if system.budget.replays > 0 {
            actions.extend(system.db.letters.keys().map(|id| LookBeforeReplay(*id)));
        }
        actions.extend(system.replaying.iter().map(|id| Replay(*id)));
        if system.budget.restarts > 0 {
            actions.extend([Sync, RestartFromDisk]);
        }
        if system.budget.lost_groups > 0 {
            actions.push(GroupIsLost);
        }
    }

    pub(crate) fn act(&self, system: &mut System, action: Action) {
        match action {
            Submit(job) => {
                system.submitted[job as usize] = true;
                let id = system.new_id();
                system.db.add(id, job, 1);
            }
            Read(w) => system.hold(w, Db::read),
            ReadReplyLost(w) => {
                if system.db.read(system.owner(w)).is_some() {
                    system.budget.lost_replies -= 1;
                }
            }
            Stray(w) => system.hold(w, Db::stray),
            Sweep(w) => system.hold(w, Db::sweep),
            LeaseEnds(id) => {
                let pending = system.db.pending[&id];
                system.budget.late_beats -= u8::from(system.is_held(id, &pending));
                system.db.pending.insert(id, Pending { expired: true, ..pending });
            }
            Beat(w) => self.beat(system, w),
            Finish(w) => self.finish(system, w),
            FinishReplyLost(w) => self.finish_unanswered(system, w),
            FinishAgain(w) => self.finish_again(system, w),
            FinishSecondTrip(w) => {
                let (claim, _) = system.give_up(w);
                if system.db.owns(&claim) {
                    system.db.remove(claim.id);
                }
            }
            Retry(w) => system.retry(w),
            Bury(w) => {
                let (claim, _) = system.give_up(w);
                if system.db.owns(&claim) {
                    system.bury(&claim);
                }
            }
            Release(w) => {
                let (claim, _) = system.give_up(w);
                if system.db.owns(&claim) {
                    system.budget.releases -= 1;
                    system.db.release(&claim);
                }
            }
            Crash(w) => {
                system.budget.crashes -= 1;
                let boot = system.workers[w as usize].boot + 1;
                system.workers[w as usize] = Worker { boot, holds: None };
            }
            Promote(job) => {
                if let Some(attempt) = system.db.delayed.remove(&job) {
                    let id = system.new_id();
                    system.db.add(id, job, attempt);
                }
            }
            LookBeforeCancel(job) => {
                system.budget.cancels -= 1;
                system.cancelling = Some((job, system.db.status[&job].entry));
            }
            Cancel => self.cancel(system),
            LookBeforeReplay(id) => {
                system.budget.replays -= 1;
                system.replaying.push(id);
                system.replaying.sort_unstable(); // two replayers are alike
            }
            Replay(id) => self.replay(system, id),
            Sync => system.disk = system.db.clone(),
            RestartFromDisk => {
                system.budget.restarts -= 1;
                system.db = system.disk.clone();
            }
            GroupIsLost => {
                system.budget.lost_groups -= 1;
                system.db.pending.clear();
                for entry in system.db.stream.values_mut() {
                    entry.delivered = !self.rules.new_group_at_the_start;
                }
            }
        }
    }

    fn beat(&self, system: &mut System, w: u8) {
        let Some((claim, _)) = system.workers[w as usize].holds else { return };
        let owns = system.db.owns(&claim);
        if !owns && self.rules.fence_beat {
            system.give_up(w);
            return;
        }
        system.stale_write |= !owns && system.db.pending.contains_key(&claim.id);
        system.db.renew(&claim);
        if system.db.cancel.contains_key(&claim.job) {
            system.workers[w as usize].holds = Some((claim, Phase::Cancelled));
        }
    }

    fn finish(&self, system: &mut System, w: u8) {
        let (claim, phase) = system.give_up(w);
        let state = if phase == Phase::Cancelled { State::Cancelled } else { State::Completed };
        if self.end(system, &claim, state) && !self.rules.finish_in_one_step {
            system.workers[w as usize].holds = Some((claim, Phase::HalfDone));
        }
    }

    /// Status, event and acknowledgement, if the claim is held. Whether anything was written.
    fn end(&self, system: &mut System, claim: &Claim, state: State) -> bool {
        let owns = system.db.owns(claim);
        if !owns && self.rules.fence_finish {
            return false;
        }
        system.stale_write |= !owns;
        system.db.end(claim.job, state);
        if !self.rules.delete_with_ack {
            system.db.pending.remove(&claim.id);
        } else if self.rules.finish_in_one_step {
            system.db.remove(claim.id);
        }
        true
    }

    /// It was written, or the request was lost on its way: the worker cannot tell.
    fn finish_unanswered(&self, system: &mut System, w: u8) {
        system.budget.lost_replies -= 1;
        let (claim, _) = system.give_up(w);
        self.end(system, &claim, State::Completed);
        system.workers[w as usize].holds = Some((claim, Phase::Unsure(State::Completed)));
    }

    /// It holds the claim still (the request was lost), or it does not, and the status tells the worker the rest.
    fn finish_again(&self, system: &mut System, w: u8) {
        if let (claim, Phase::Unsure(state)) = system.give_up(w) {
            self.end(system, &claim, state);
        }
    }

    fn cancel(&self, system: &mut System) {
        let Some((job, entry)) = system.cancelling.take() else { return };
        if system.db.delayed.remove(&job).is_some() {
            return system.db.end(job, State::Cancelled);
        }
        let there = entry.filter(|id| system.db.stream.get(id).is_some_and(|entry| entry.job == job));
        let Some(id) = there else {
            // It has moved on, or it has ended. Real cancellers look again; giving up is the harder case.
            return;
        };
        if system.db.pending.contains_key(&id) && self.rules.cancel_asks_the_owner {
            system.db.cancel.insert(job, ());
        } else {
            system.db.stream.remove(&id);
            system.db.end(job, State::Cancelled);
        }
    }

    fn replay(&self, system: &mut System, letter: Id) {
        if let Some(at) = system.replaying.iter().position(|id| *id == letter) {
            system.replaying.remove(at);
        }
        let Some(job) = system.db.letters.get(&letter).copied() else { return };
        if self.rules.gate_replay {
            system.db.letters.remove(&letter);
        }
        system.db.cancel.remove(&job);
        *system.db.lives.entry(job).or_default() += 1;
        let id = system.new_id();
        system.db.add(id, job, 1);
    }
}

fn worker_actions(w: u8, phase: Phase, budget: Budget, actions: &mut Vec<Action>) {
    match phase {
        Phase::Working => {
            actions.extend([Beat(w), Finish(w)]);
            let extra = [
                (budget.retries > 0, Retry(w)),
                (budget.releases > 0, Release(w)),
                (budget.lost_replies > 0, FinishReplyLost(w)),
            ];
            actions.extend(extra.into_iter().filter(|(may, _)| *may).map(|(_, action)| action));
        }
        Phase::Cancelled => actions.extend([Beat(w), Finish(w)]),
        Phase::OverCap => actions.push(Bury(w)),
        Phase::Unsure(_) => actions.push(FinishAgain(w)),
        Phase::HalfDone => actions.push(FinishSecondTrip(w)),
    }
    if budget.crashes > 0 {
        actions.push(Crash(w));
    }
}

impl System {
    fn owner(&self, w: u8) -> Owner {
        (w, self.workers[w as usize].boot)
    }

    fn new_id(&mut self) -> Id {
        self.next_id += 1;
        self.next_id
    }

    /// A live worker renews this entry.
    fn is_held(&self, id: Id, pending: &Pending) -> bool {
        let holds = |worker: &Worker| {
            worker.holds.is_some_and(|(claim, _)| (claim.id, claim.owner) == (id, pending.owner))
        };
        self.workers.iter().any(holds)
    }

    fn hold(&mut self, w: u8, find: impl Fn(&mut Db, Owner) -> Option<Claim>) {
        let owner = self.owner(w);
        if let Some(claim) = find(&mut self.db, owner) {
            let phase = if claim.deliveries > DELIVERY_CAP { Phase::OverCap } else { Phase::Working };
            self.workers[w as usize].holds = Some((claim, phase));
        }
    }

    /// The worker lets go of its claim, whatever becomes of it.
    fn give_up(&mut self, w: u8) -> (Claim, Phase) {
        self.workers[w as usize].holds.take().expect("only workers with a claim act on one")
    }

    /// Parked, given up after its last attempt, or cancelled if somebody has asked.
    fn retry(&mut self, w: u8) {
        self.budget.retries -= 1;
        let (claim, _) = self.give_up(w);
        if !self.db.owns(&claim) {
            return;
        }
        if claim.attempt >= MAX_ATTEMPTS {
            self.bury(&claim);
        } else if self.db.cancel.contains_key(&claim.job) {
            self.db.end(claim.job, State::Cancelled);
            self.db.remove(claim.id);
        } else {
            self.db.park(&claim);
        }
    }

    fn bury(&mut self, claim: &Claim) {
        let letter = self.new_id();
        self.db.letters.insert(letter, claim.job);
        self.db.end(claim.job, State::Dead);
        self.db.remove(claim.id);
    }
}
