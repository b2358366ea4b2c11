//! What is done to the system, and when: drawn from the seed, so that a run can be repeated.

use std::fmt;
use std::time::Duration;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::topology::Topology;

/// One thing done to the running system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Disturbance {
    /// `kill -9` of a worker.
    KillWorker,
    /// SIGSTOP of a worker for two leases, then SIGCONT.
    StopWorker,
    /// SIGTERM of a worker, and a new one in its place.
    ReplaceWorker,
    /// `kill -9` of Redis, and a restart on its files.
    KillRedis,
    /// The same, and some of what Redis wrote in the last second is gone as well. A restart follows soon.
    CutPower,
    /// SIGTERM of Redis, and a restart on its files.
    RestartRedis,
    /// Another server is made master, as an operator does before maintenance.
    FailOver,
    /// The slot with our keys is moved to another master.
    MoveSlot,
    /// CLIENT KILL of all connections.
    KillClients,
    /// SCRIPT FLUSH.
    FlushScripts,
    /// No memory for new work for a while.
    SqueezeMemory,
    /// Replies are late for a while.
    DelayReplies,
    /// Replies are lost for a while, then the connections break.
    LoseReplies,
    /// Connections hold everything back for a while, then they break.
    FreezeConnections,
    /// Connections break.
    CutConnections,
    /// Entries that are no commands.
    AddRubbish,
    /// FLUSHALL. Once in a run.
    FlushAll,
}

impl Disturbance {
    /// Of one server: all but [`FlushAll`](Self::FlushAll).
    const DECK: [Self; 14] = [
        Self::KillWorker,
        Self::StopWorker,
        Self::ReplaceWorker,
        Self::KillRedis,
        Self::CutPower,
        Self::RestartRedis,
        Self::KillClients,
        Self::FlushScripts,
        Self::SqueezeMemory,
        Self::DelayReplies,
        Self::LoseReplies,
        Self::FreezeConnections,
        Self::CutConnections,
        Self::AddRubbish,
    ];

    /// All in such an arena but [`FlushAll`](Self::FlushAll). A power cut takes what was not on a disk; servers with
    /// replicas have others' memory instead.
    fn deck(topology: Topology) -> Vec<Self> {
        let mut deck = Self::DECK.to_vec();
        if topology != Topology::Alone {
            deck.retain(|what| *what != Self::CutPower);
            deck.push(Self::FailOver);
        }
        if topology == Topology::Cluster {
            deck.push(Self::MoveSlot);
        }
        deck
    }

    /// Whether a worker may lose the lease of a job by it, so that a delivery is counted though nobody died.
    pub(crate) fn takes_leases(self) -> bool {
        !matches!(self, Self::KillWorker | Self::FlushScripts | Self::SqueezeMemory | Self::AddRubbish)
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::KillWorker => "worker killed (-9)",
            Self::StopWorker => "worker stopped for two leases",
            Self::ReplaceWorker => "worker replaced (SIGTERM)",
            Self::KillRedis => "Redis killed (-9)",
            Self::CutPower => "Redis killed, its last second gone",
            Self::RestartRedis => "Redis restarted (SIGTERM)",
            Self::FailOver => "failover asked for",
            Self::MoveSlot => "slot moved to another master",
            Self::KillClients => "CLIENT KILL of all",
            Self::FlushScripts => "SCRIPT FLUSH",
            Self::SqueezeMemory => "Redis full",
            Self::DelayReplies => "replies late",
            Self::LoseReplies => "replies lost",
            Self::FreezeConnections => "connections frozen",
            Self::CutConnections => "connections cut",
            Self::AddRubbish => "rubbish added",
            Self::FlushAll => "FLUSHALL",
        };
        f.write_str(words)
    }
}

/// A disturbance and the quiet time before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) quiet: Duration,
    pub(crate) what: Disturbance,
    /// How long it lasts, where it lasts.
    pub(crate) lasts: Duration,
    /// Which worker it meets, modulo their number.
    pub(crate) worker: usize,
    /// Where a power cut cuts.
    pub(crate) cut: u64,
    /// Where Redis starts again: whether its file is checked before. Every other start is.
    pub(crate) checked: bool,
}

/// How many steps the first round has.
pub(crate) fn round(topology: Topology) -> usize {
    let restarts = usize::from(topology == Topology::Alone); // one behind the power cut
    Disturbance::deck(topology).len() + 2 + restarts
}

/// The steps of a run, without end: each round of the shuffled deck brings every disturbance once, kills of workers
/// twice, and behind each power cut a restart: what a half block does shows at the second start. The first round brings
/// FLUSHALL too. Where `only` names some, the deck holds no others.
pub(crate) fn steps(seed: u64, topology: Topology, only: &[Disturbance]) -> impl Iterator<Item = Step> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut deck = Vec::new();
    let mut first = true;
    let mut checked: bool = random.random();
    std::iter::from_fn(move || {
        if deck.is_empty() {
            deck = Disturbance::deck(topology);
            deck.push(Disturbance::KillWorker);
            if std::mem::take(&mut first) {
                deck.push(Disturbance::FlushAll);
            }
            deck.retain(|what| only.is_empty() || only.contains(what));
            deck.shuffle(&mut random);
        }
        let what = deck.pop()?;
        if what == Disturbance::CutPower {
            deck.push(Disturbance::RestartRedis);
            checked = !checked;
        }
        Some(Step {
            quiet: Duration::from_millis(random.random_range(500..3000)),
            what,
            lasts: Duration::from_millis(random.random_range(500..2500)),
            worker: random.random_range(0..1000),
            cut: random.random(),
            checked: checked ^ (what == Disturbance::KillRedis),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_plan_and_everything_flushes_once() {
        let take = |seed| steps(seed, Topology::Alone, &[]).take(300).collect::<Vec<_>>();
        assert_eq!(take(7), take(7));
        assert_ne!(take(7), take(8));
        let all = take(7);
        assert_eq!(all.iter().filter(|step| step.what == Disturbance::FlushAll).count(), 1);
        for what in Disturbance::DECK {
            assert!(
                all[..round(Topology::Alone)].iter().any(|step| step.what == what),
                "{what} is not in the first round"
            );
        }
        let cuts: Vec<usize> = (0..299).filter(|at| all[*at].what == Disturbance::CutPower).collect();
        assert!(
            cuts.iter().all(|at| all[at + 1].what == Disturbance::RestartRedis),
            "no restart behind a cut"
        );
        assert!(cuts.windows(2).all(|two| all[two[0]].checked != all[two[1]].checked), "two alike in a row");
    }

    #[test]
    fn each_arena_has_all_that_it_can_have_in_its_first_round() {
        for (topology, kinds) in [(Topology::Alone, 15), (Topology::Sentinel, 15), (Topology::Cluster, 16)] {
            let first = steps(7, topology, &[]).take(round(topology)).map(|step| step.what);
            let kinds_met: std::collections::BTreeSet<Disturbance> = first.collect();
            assert_eq!(kinds_met.len(), kinds, "{topology:?}: {kinds_met:?}");
        }
    }
}
