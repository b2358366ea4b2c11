//! The protocol as a model that is explored to its last state: every order in which workers, cancellers, replayers,
//! crashes and a Redis that loses its last writes can act. And models with one rule broken, which must fail.
//!
//! `redis` holds what Redis holds, `scripts` what each script writes in which order, `file` what a power cut leaves of
//! it, `system` all that there is, `protocol` who acts when. What the model does not know: time (a lease may end
//! whenever it is not renewed), batches (a script for many jobs is as good as one script for each), and the contents of
//! jobs. A worker has one job at a time; who runs beside whom is a model of its own, `neighbours`.

mod file;
mod neighbours;
mod protocol;
mod redis;
mod rules;
mod scripts;
mod system;
mod torn;

use protocol::{Action, Protocol};
use redis::{Job, State, Status};
use rules::{Budget, Rules};
use stateright::{Checker, HasDiscoveries, Model, Property};
use system::System;

const NOTHING_LOST: &str = "no accepted job is lost";
const TRUE_STATUS: &str = "a job whose end was told has a final status";
const ONE_END: &str = "a job ends at most once, and once more for each replay";
const FENCED: &str = "a stale owner writes nothing";
const ONE_PLACE: &str = "a job that has ended is nowhere else, any other is in one place";
const DENSE: &str = "event numbers have no gaps";
const TOLD: &str = "an entry's job has a status";
const LOOKED_AT: &str = "an entry waits for a reader or is on the pending list";
const LIST_TRUE: &str = "the pending list names only entries that are there";
const ALL_END: &str = "every job ends";

type Holds = fn(&Protocol, &System) -> bool;

/// What holds in every state.
const PROMISES: [(&str, Holds); 9] = [
    (NOTHING_LOST, |_, system| {
        let lost = |(job, status): (Job, Status)| {
            !status.state.is_end() && !system.db.will_run(job) && !system.db.has_told_end(job)
        };
        !system.db.jobs().any(lost)
    }),
    (TRUE_STATUS, |_, system| {
        system.db.jobs().all(|(job, status)| status.state.is_end() || !system.db.has_told_end(job))
    }),
    (ONE_END, |_, system| {
        let events = &system.db.events;
        (0..events.len()).all(|i| !events[..i].iter().any(|event| event.same_end(&events[i])))
    }),
    (FENCED, |_, system| !system.stale_write),
    (ONE_PLACE, |_, system| {
        let expected = |status: Status| usize::from(!status.state.is_end());
        system.db.jobs().all(|(job, status)| system.db.places(job) == expected(status))
    }),
    (DENSE, |_, system| system.db.events.iter().map(|event| event.n).eq(1..=system.db.seq)),
    (TOLD, |_, system| system.db.stream.values().all(|entry| system.db.status.contains_key(&entry.job))),
    (LOOKED_AT, |_, system| system.db.stream.keys().all(|id| system.db.is_looked_at(*id))),
    (LIST_TRUE, |_, system| system.db.pending.keys().all(|id| system.db.stream.contains_key(id))),
];

impl Model for Protocol {
    type State = System;
    type Action = Action;

    fn init_states(&self) -> Vec<System> {
        vec![self.start()]
    }

    fn actions(&self, system: &System, actions: &mut Vec<Action>) {
        self.possible(system, actions);
    }

    fn next_state(&self, system: &System, action: Action) -> Option<System> {
        let mut next = system.clone();
        self.act(&mut next, action);
        (next != *system).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let always = PROMISES.map(|(name, holds)| Property::always(name, holds));
        let more = [
            Property::eventually(ALL_END, |_, system: &System| {
                system.submitted.iter().all(|submitted| *submitted)
                    && system.db.jobs().all(|(_, status)| status.state.is_end())
            }),
            // These only show that the model gets somewhere.
            Property::sometimes("completes", |_, system: &System| system.db.any(State::Completed)),
            Property::sometimes("is given up", |_, system: &System| system.db.any(State::Dead)),
            Property::sometimes("is taken over", |_, system: &System| {
                system.db.pending.values().any(|pending| pending.deliveries > 1)
            }),
        ];
        always.into_iter().chain(more).collect()
    }
}

/// Explores everything; how many states there are.
fn explore(protocol: Protocol) -> usize {
    let checker = protocol.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    checker.unique_state_count()
}

/// Whether a protocol with other rules breaks a promise.
fn breaks(rules: Rules, promise: &'static str) -> bool {
    let budget =
        Budget { late_beats: 3, crashes: 1, lost_groups: 1, cancels: 1, replays: 2, ..Budget::default() };
    let protocol = Protocol { rules, budget, ..Protocol::one_job() };
    let stop = HasDiscoveries::AllOf([promise].into());
    let checker = protocol.checker().threads(2).finish_when(stop).spawn_bfs().join();
    checker.discovery(promise).is_some()
}

#[test]
fn a_job_survives_crashes_lost_replies_retries_and_releases() {
    let budget =
        Budget { late_beats: 3, crashes: 1, lost_replies: 2, retries: 1, releases: 1, ..Budget::default() };
    assert!(explore(Protocol { budget, ..Protocol::one_job() }) > 1_000, "the model has become trivial");
}

#[test]
fn a_job_survives_cancels_in_the_midst_of_crashes_and_retries() {
    let budget =
        Budget { late_beats: 2, cancels: 2, crashes: 1, lost_replies: 1, retries: 2, ..Budget::default() };
    assert!(explore(Protocol { budget, ..Protocol::one_job() }) > 1_000, "the model has become trivial");
}

#[test]
fn a_job_survives_a_redis_that_forgets_its_last_writes() {
    let budget =
        Budget { late_beats: 2, restarts: 1, lost_replies: 1, cancels: 1, retries: 1, ..Budget::default() };
    assert!(explore(Protocol { budget, ..Protocol::one_job() }) > 1_000, "the model has become trivial");
}

#[test]
fn a_job_survives_the_loss_of_its_group() {
    let budget = Budget {
        late_beats: 2,
        lost_groups: 2,
        lost_replies: 1,
        cancels: 1,
        crashes: 1,
        ..Budget::default()
    };
    assert!(explore(Protocol { budget, ..Protocol::one_job() }) > 1_000, "the model has become trivial");
}

#[test]
fn a_dead_letter_is_replayed_once_by_two_replayers() {
    let budget =
        Budget { late_beats: 3, replays: 2, crashes: 1, retries: 1, cancels: 1, ..Budget::default() };
    assert!(explore(Protocol { budget, ..Protocol::one_job() }) > 1_000, "the model has become trivial");
}

#[test]
fn two_jobs_keep_out_of_each_others_way() {
    let budget = Budget { late_beats: 2, lost_replies: 1, crashes: 1, cancels: 1, ..Budget::default() };
    assert!(
        explore(Protocol { budget, jobs: 2, ..Protocol::one_job() }) > 1_000,
        "the model has become trivial"
    );
}

#[test]
fn a_beat_by_a_bare_xclaim_steals_the_entry_back() {
    assert!(breaks(Rules { fence_beat: false, ..Rules::SOUND }, FENCED));
}

#[test]
fn an_ack_without_the_fence_lets_a_stale_owner_end_a_job_again() {
    assert!(breaks(Rules { fence_finish: false, ..Rules::SOUND }, FENCED));
    assert!(breaks(Rules { fence_finish: false, ..Rules::SOUND }, ONE_END));
}

#[test]
fn an_event_before_the_ack_in_two_trips_ends_a_job_twice() {
    assert!(breaks(Rules { finish_in_one_step: false, ..Rules::SOUND }, ONE_END));
}

#[test]
fn an_ack_without_the_deletion_leaves_an_ended_job_in_the_stream() {
    assert!(breaks(Rules { delete_with_ack: false, ..Rules::SOUND }, ONE_PLACE));
}

#[test]
fn a_replay_that_is_not_gated_runs_a_job_twice_at_a_time() {
    assert!(breaks(Rules { gate_replay: false, ..Rules::SOUND }, ONE_PLACE));
}

#[test]
fn a_cancel_that_does_not_ask_who_holds_the_entry_takes_it_from_its_worker() {
    assert!(breaks(Rules { cancel_asks_the_owner: false, ..Rules::SOUND }, ONE_PLACE));
}

#[test]
fn a_group_that_is_made_again_at_the_end_forgets_what_waits() {
    assert!(breaks(Rules { new_group_at_the_start: false, ..Rules::SOUND }, NOTHING_LOST));
}
