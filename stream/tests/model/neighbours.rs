//! Who is given up when jobs end their whole process: several jobs in each of two workers, two of them poison, in every
//! order. The other model has one job in each worker, so nobody has neighbours there.
//!
//! What it does not know: leases that pass while their owner lives, and how an idle worker comes about.

use stateright::{Checker, Model, Property};

const DELIVERY_CAP: u8 = 3;
const WORKERS: u8 = 2;
const SLOTS: usize = 3;
/// The first so many of the jobs end their process.
const POISON: usize = 2;
const JOBS: usize = 4;

const NO_NEIGHBOUR: &str = "each innocent that is given up had a kill from outside of its own";
const ALL_END: &str = "every job ends";

/// What may run beside an entry in its last delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Anything,
    /// Only what has another delivery left.
    NoOtherLast,
    Nothing,
}

#[derive(Clone, Debug)]
struct Neighbours {
    beside: Beside,
    kills: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// In the stream, or held by a worker that died.
    Waits,
    HeldBy(u8),
    Completed,
    GivenUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Job {
    place: Place,
    deliveries: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    jobs: [Job; JOBS],
    kills: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Deliver { job: usize, to: u8 },
    Bury(usize),
    Complete(usize),
    Die(u8),
    Kill(u8),
}

impl State {
    fn held_by(&self, worker: u8) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(move |job| job.place == Place::HeldBy(worker))
    }

    /// Whether `worker` may be given a job in this delivery.
    fn may_deliver(&self, worker: u8, delivery: u8, beside: Beside) -> bool {
        let held = self.held_by(worker).count();
        let runs_last = self.held_by(worker).any(|job| job.deliveries == DELIVERY_CAP);
        let last = delivery == DELIVERY_CAP;
        let lonely = match beside {
            Beside::Anything => true,
            Beside::NoOtherLast => !(last && runs_last),
            Beside::Nothing => !runs_last && (!last || held == 0),
        };
        held < SLOTS && lonely
    }

    fn end_process(&mut self, worker: u8) {
        for job in self.jobs.iter_mut().filter(|job| job.place == Place::HeldBy(worker)) {
            job.place = Place::Waits;
        }
    }

    fn innocents_given_up(&self) -> usize {
        self.jobs[POISON..].iter().filter(|job| job.place == Place::GivenUp).count()
    }
}

impl Model for Neighbours {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State { jobs: [Job { place: Place::Waits, deliveries: 0 }; JOBS], kills: 0 }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (index, job) in state.jobs.iter().enumerate() {
            match job.place {
                Place::Waits if job.deliveries == DELIVERY_CAP => actions.push(Action::Bury(index)),
                Place::Waits => {
                    let may = |to: &u8| state.may_deliver(*to, job.deliveries + 1, self.beside);
                    actions.extend((0..WORKERS).filter(may).map(|to| Action::Deliver { job: index, to }));
                }
                Place::HeldBy(worker) if index < POISON => actions.push(Action::Die(worker)),
                Place::HeldBy(_) => actions.push(Action::Complete(index)),
                Place::Completed | Place::GivenUp => {}
            }
        }
        if state.kills < self.kills {
            actions.extend((0..WORKERS).map(Action::Kill));
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Deliver { job, to } => {
                let job = &mut next.jobs[job];
                *job = Job { place: Place::HeldBy(to), deliveries: job.deliveries + 1 };
            }
            Action::Bury(job) => next.jobs[job].place = Place::GivenUp,
            Action::Complete(job) => next.jobs[job].place = Place::Completed,
            Action::Die(worker) => next.end_process(worker),
            Action::Kill(worker) => {
                next.kills += 1;
                next.end_process(worker);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_NEIGHBOUR, |_, state: &State| {
                state.innocents_given_up() <= usize::from(state.kills)
            }),
            Property::eventually(ALL_END, |_, state: &State| {
                state.jobs.iter().all(|job| matches!(job.place, Place::Completed | Place::GivenUp))
            }),
            Property::sometimes("poison is given up", |_, state: &State| {
                state.jobs[..POISON].iter().all(|job| job.place == Place::GivenUp)
            }),
        ]
    }
}

/// Whether an innocent is given up without a kill from outside of its own.
fn takes_neighbours_along(beside: Beside, kills: u8) -> bool {
    let checker = Neighbours { beside, kills }.checker().threads(2).spawn_bfs().join();
    checker.discovery(NO_NEIGHBOUR).is_some()
}

#[test]
fn poison_takes_no_neighbour_along_when_last_deliveries_run_alone() {
    for kills in 0..=2 {
        let checker = Neighbours { beside: Beside::Nothing, kills }.checker().threads(2).spawn_bfs().join();
        checker.assert_properties();
        assert!(checker.unique_state_count() > 1_000, "the model has become trivial");
    }
}

#[test]
fn poison_takes_its_neighbours_along_when_last_deliveries_run_beside_others() {
    assert!(takes_neighbours_along(Beside::Anything, 0));
    // Poison in an earlier delivery is enough.
    assert!(takes_neighbours_along(Beside::NoOtherLast, 0));
}
