//! Who acts when: two workers, a canceller, two replayers, and everything that can go wrong. Things that go wrong
//! have a budget, so that the states are finite; every order of them is tried.

use crate::file::Move;
use crate::redis::{Claim, Id, Job, Pending, State, Write};
use crate::rules::{Budget, Rules};
use crate::scripts;
use crate::system::{Phase, System, WORKERS};

const MAX_ATTEMPTS: u8 = 2;

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
    Discard(u8),
    Release(u8),
    Crash(u8),
    Promote(Job),
    LookBeforeCancel(Job),
    Cancel,
    LookBeforeReplay(Id),
    Replay(Id),
    Sync,
    /// So many writes of the first move that is gone are left in the file.
    PowerCut(usize),
    RestartLater,
    Rewrite,
    /// Somebody else's move, of jobs that are not looked at here.
    NeighboursMove,
    GroupIsLost,
}

use Action::*;

impl Protocol {
    pub(crate) fn start(&self) -> System {
        System::new(self.jobs, self.budget)
    }

    pub(crate) fn possible(&self, system: &System, actions: &mut Vec<Action>) {
        if self.rules.rewrite_first && system.file.has_half() {
            return actions.extend([Rewrite, RestartLater]);
        }
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
        actions.extend(system.db.delayed.iter().map(|job| Promote(*job)));
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
            actions.push(Sync);
            actions.extend((0..=system.file.most_left()).map(PowerCut));
        }
        if system.file.has_half() {
            actions.extend([NeighboursMove, RestartLater]);
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
                system.write(Move::Submit, scripts::submit(id, job));
            }
            Read(w) => drop(system.hold(w, scripts::read)),
            ReadReplyLost(w) => {
                if system.hold(w, scripts::read) {
                    system.give_up(w);
                    system.budget.lost_replies -= 1;
                }
            }
            Stray(w) => drop(system.hold(w, scripts::stray)),
            Sweep(w) => drop(system.hold(w, scripts::sweep)),
            LeaseEnds(id) => {
                let pending = system.db.pending[&id];
                system.budget.late_beats -= u8::from(system.is_held(id, &pending));
                system.db.pending.insert(id, Pending { expired: true, ..pending });
            }
            Beat(w) => self.beat(system, w),
            Finish(w) => self.finish(system, w),
            FinishReplyLost(w) => self.finish_unanswered(system, w),
            FinishAgain(w) => self.finish_again(system, w),
            FinishSecondTrip(w) | Discard(w) => {
                let (claim, _) = system.give_up(w);
                if system.db.owns(&claim) {
                    system.write(Move::Discard, scripts::remove(self.rules.order, claim.id));
                }
            }
            Retry(w) => self.retry(system, w),
            Bury(w) => {
                let (claim, _) = system.give_up(w);
                if system.db.owns(&claim) {
                    self.bury(system, &claim);
                }
            }
            Release(w) => {
                let (claim, _) = system.give_up(w);
                if system.db.owns(&claim) {
                    system.budget.releases -= 1;
                    system.write(Move::Release, scripts::release(&claim));
                }
            }
            Crash(w) => {
                system.budget.crashes -= 1;
                system.start_again(w);
            }
            Promote(job) => {
                let id = system.new_id();
                system.write(Move::Promote, scripts::promote(&system.db, self.rules.order, id, job));
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
            Sync => system.file.sync(&system.db),
            PowerCut(left) => {
                system.budget.restarts -= 1;
                system.db = system.file.lose(left);
            }
            RestartLater => {
                system.budget.later_restarts -= 1;
                if let Some(db) = system.file.load_again() {
                    system.db = db;
                }
            }
            Rewrite => system.file.rewrite(),
            NeighboursMove => system.file.close_half(),
            GroupIsLost => {
                system.budget.lost_groups -= 1;
                system.db.pending.clear();
                let end = system.db.stream.keys().next_back().copied().unwrap_or(0);
                system.db.read_up_to = if self.rules.new_group_at_the_start { 0 } else { end };
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
        system.write(Move::Beat, scripts::beat(&system.db, &claim));
        if system.db.cancel.contains(&claim.job) {
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
        let writes = if !self.rules.delete_with_ack {
            [scripts::end(&system.db, self.rules.order, claim.job, state), vec![Write::Ack(claim.id)]]
                .concat()
        } else if self.rules.finish_in_one_step {
            scripts::finish(&system.db, self.rules.order, claim, state)
        } else {
            scripts::end(&system.db, self.rules.order, claim.job, state)
        };
        system.write(Move::Finish, writes);
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
        let asks = self.rules.cancel_asks_the_owner;
        system.write(Move::Cancel, scripts::cancel(&system.db, self.rules.order, job, entry, asks));
    }

    fn replay(&self, system: &mut System, letter: Id) {
        if let Some(at) = system.replaying.iter().position(|id| *id == letter) {
            system.replaying.remove(at);
        }
        let id = system.new_id();
        let gated = self.rules.gate_replay;
        system.write(Move::Replay, scripts::replay(&system.db, self.rules.order, id, letter, gated));
    }

    /// Parked, given up after its last attempt, or cancelled if somebody has asked.
    fn retry(&self, system: &mut System, w: u8) {
        system.budget.retries -= 1;
        let (claim, _) = system.give_up(w);
        if !system.db.owns(&claim) {
            return;
        }
        if claim.attempt >= MAX_ATTEMPTS {
            self.bury(system, &claim);
        } else if system.db.cancel.contains(&claim.job) {
            let writes = scripts::finish(&system.db, self.rules.order, &claim, State::Cancelled);
            system.write(Move::Finish, writes);
        } else {
            system.write(Move::Retry, scripts::retry(self.rules.order, &claim));
        }
    }

    fn bury(&self, system: &mut System, claim: &Claim) {
        let letter = system.new_id();
        system.write(Move::Bury, scripts::bury(&system.db, self.rules.order, letter, claim));
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
        Phase::Ended => actions.push(Discard(w)),
        Phase::Unsure(_) => actions.push(FinishAgain(w)),
        Phase::HalfDone => actions.push(FinishSecondTrip(w)),
    }
    if budget.crashes > 0 {
        actions.push(Crash(w));
    }
}
