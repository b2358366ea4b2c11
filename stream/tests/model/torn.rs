//! What becomes of half a move that a power cut left in the file: with the rewrite nothing, without it what the tables
//! say. `stream/README.md` says the same of each script in words.
//!
//! What the model does not know here: what a batch adds (the halves of its jobs, one after the other), a third
//! restart, a half of a half.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use stateright::{Checker, Model};

use crate::file::Move::{self, Beat, Bury, Cancel, Finish, Promote, Release, Replay, Retry, Submit};
use crate::protocol::Protocol;
use crate::rules::{Budget, Rules};
use crate::scripts::Order;
use crate::system::System;
use crate::{
    ALL_END, DENSE, LIST_TRUE, LOOKED_AT, NOTHING_LOST, ONE_END, ONE_PLACE, PROMISES, TOLD, TRUE_STATUS,
};

/// A move, how many of its writes are left, and which promises that can break.
type Row = (Move, usize, &'static [&'static str]);

/// One power cut and one restart later on, beside what else goes on.
fn budgets() -> [Budget; 4] {
    let loss = Budget { restarts: 1, later_restarts: 1, ..Budget::default() };
    [
        Budget { retries: 1, cancels: 1, ..loss },
        Budget { retries: 2, replays: 2, ..loss },
        Budget { crashes: 1, ..loss },
        Budget { releases: 1, ..loss },
    ]
}

/// Explores everything, also what lies behind a broken promise: the checker stops at the first. Every half that can
/// be left, with what it breaks, and how many states there are.
fn consequences(order: Order) -> (BTreeMap<(Move, usize), BTreeSet<&'static str>>, usize) {
    let rules = Rules { order, rewrite_first: false, ..Rules::SOUND };
    let (mut broken, mut states) = (BTreeMap::<_, BTreeSet<_>>::new(), 0);
    for budget in budgets() {
        let protocol = Protocol { rules, budget, ..Protocol::one_job() };
        let (mut open, mut seen) = (protocol.init_states(), HashSet::new());
        while let Some(system) = open.pop() {
            if let Some(torn) = system.file.torn {
                let fails = PROMISES.iter().filter(|(_, holds)| !holds(&protocol, &system));
                broken.entry(torn).or_default().extend(fails.map(|(name, _)| *name));
            }
            let next = protocol.next_states(&system).into_iter();
            open.extend(next.filter(|system| seen.insert(fingerprint(system))));
        }
        states += seen.len();
    }
    (broken, states)
}

/// 64 bits are enough to tell a hundred thousand states apart, and take a tenth of the memory.
fn fingerprint(system: &System) -> u64 {
    let mut hasher = DefaultHasher::new();
    system.hash(&mut hasher);
    hasher.finish()
}

fn assert_consequences(order: Order, all_states: usize, expected: &[Row]) {
    let (broken, states) = consequences(order);
    let lines = |rows: &mut dyn Iterator<Item = String>| rows.collect::<Vec<_>>().join("\n");
    let found = lines(&mut broken.iter().map(|((of, left), names)| format!("{of:?} {left}: {names:?}")));
    let expected = lines(
        &mut expected
            .iter()
            .map(|(of, left, names)| format!("{of:?} {left}: {:?}", names.iter().collect::<BTreeSet<_>>())),
    );
    assert_eq!(found, expected, "found\n{found}");
    assert_eq!(states, all_states, "the README names the number");
}

#[test]
fn half_a_move_breaks_nothing_when_the_file_is_rewritten_before_anything_else() {
    for order in [Order::AddFirst, Order::RemoveFirst] {
        let mut states = 0;
        for budget in budgets() {
            let rules = Rules { order, ..Rules::SOUND };
            let protocol = Protocol { rules, budget, ..Protocol::one_job() };
            let checker = protocol.checker().threads(2).spawn_bfs().join();
            for promise in PROMISES.map(|(name, _)| name).into_iter().chain([ALL_END]) {
                checker.assert_no_discovery(promise);
            }
            states += checker.unique_state_count();
        }
        assert_eq!(states, 52_268, "the README names the number");
    }
}

#[test]
fn without_the_rewrite_half_a_move_comes_back_and_no_accepted_job_is_lost() {
    assert_consequences(
        Order::AddFirst,
        143_759,
        &[
            (Submit, 1, &[TOLD]),
            (Submit, 2, &[]),
            (Beat, 1, &[]),
            (Beat, 2, &[]),
            (Finish, 1, &[DENSE]),
            (Finish, 2, &[ONE_END, TRUE_STATUS, DENSE]),
            (Finish, 3, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE]),
            (Finish, 4, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE, LIST_TRUE]),
            (Finish, 5, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE]),
            (Bury, 1, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Bury, 2, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE]),
            (Bury, 3, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Bury, 4, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Bury, 5, &[ONE_END, TRUE_STATUS, ONE_PLACE, LIST_TRUE]),
            (Bury, 6, &[TRUE_STATUS, ONE_PLACE]),
            (Retry, 1, &[]),
            (Retry, 2, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Retry, 3, &[ONE_END, TRUE_STATUS, ONE_PLACE, LIST_TRUE]),
            (Retry, 4, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Retry, 5, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Promote, 1, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Promote, 2, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Promote, 3, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Promote, 4, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Cancel, 1, &[DENSE]),
            (Cancel, 2, &[ONE_END, TRUE_STATUS]),
            (Cancel, 3, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Cancel, 4, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Cancel, 5, &[ONE_END, TRUE_STATUS]),
            (Replay, 1, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Replay, 2, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Replay, 3, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Release, 1, &[]),
            (Release, 2, &[]),
        ],
    );
}

#[test]
fn without_the_rewrite_and_with_what_is_old_taken_away_first_accepted_jobs_are_lost() {
    assert_consequences(
        Order::RemoveFirst,
        147_042,
        &[
            (Submit, 1, &[TOLD]),
            (Submit, 2, &[]),
            (Beat, 1, &[]),
            (Beat, 2, &[]),
            (Finish, 1, &[DENSE]),
            (Finish, 2, &[ONE_END, TRUE_STATUS, DENSE]),
            (Finish, 3, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE]),
            (Finish, 4, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE, LOOKED_AT]),
            (Finish, 5, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE]),
            (Bury, 1, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Bury, 2, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE]),
            (Bury, 3, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE]),
            (Bury, 4, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE]),
            (Bury, 5, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE, LOOKED_AT]),
            (Bury, 6, &[TRUE_STATUS, ONE_PLACE, DENSE]),
            (Retry, 1, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Retry, 2, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Retry, 3, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Retry, 4, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Retry, 5, &[ONE_END, TRUE_STATUS, ONE_PLACE]),
            (Promote, 1, &[NOTHING_LOST, ONE_PLACE]),
            (Promote, 2, &[NOTHING_LOST, ONE_PLACE]),
            (Promote, 3, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Promote, 4, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Cancel, 1, &[NOTHING_LOST, ONE_PLACE, DENSE]),
            (Cancel, 2, &[NOTHING_LOST, ONE_PLACE, DENSE]),
            (Cancel, 3, &[NOTHING_LOST, ONE_END, TRUE_STATUS, ONE_PLACE, DENSE]),
            (Cancel, 4, &[ONE_END, TRUE_STATUS, ONE_PLACE, DENSE]),
            (Cancel, 5, &[ONE_END, TRUE_STATUS, DENSE]),
            (Replay, 1, &[]),
            (Replay, 2, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Replay, 3, &[ONE_END, TRUE_STATUS, ONE_PLACE, LOOKED_AT]),
            (Release, 1, &[]),
            (Release, 2, &[]),
        ],
    );
}
