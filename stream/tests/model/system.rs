//! Everything there is at a moment: Redis and its file, what each worker holds, what others have read and not acted on.

use crate::file::{File, Move};
use crate::redis::{Claim, Db, Id, Job, Owner, Pending, State, Write};
use crate::rules::Budget;

pub(crate) const WORKERS: u8 = 2;
const DELIVERY_CAP: u8 = 2;

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct System {
    pub(crate) db: Db,
    pub(crate) file: File,
    /// Ids grow with time, also over a restart.
    next_id: Id,
    pub(crate) workers: [Worker; WORKERS as usize],
    pub(crate) submitted: Vec<bool>,
    /// A canceller has read the status of this job: the entry that it named.
    pub(crate) cancelling: Option<(Job, Option<Id>)>,
    /// Replayers that have read a letter and not acted yet.
    pub(crate) replaying: Vec<Id>,
    pub(crate) budget: Budget,
    /// Somebody wrote who was not the owner.
    pub(crate) stale_write: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Worker {
    boot: u8,
    pub(crate) holds: Option<(Claim, Phase)>,
}

/// Where a worker stands with its claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    Working,
    /// Its beat has told it that it shall stop.
    Cancelled,
    /// Delivered too often: to be buried.
    OverCap,
    /// Delivered again, and its status says that it has ended: to be dropped.
    Ended,
    /// The end was sent and the reply did not come.
    Unsure(State),
    /// Only when finishing takes two trips: status and event are written.
    HalfDone,
}

impl System {
    pub(crate) fn new(jobs: u8, budget: Budget) -> Self {
        Self {
            db: Db::default(),
            file: File::default(),
            next_id: 1,
            workers: [Worker { boot: 0, holds: None }; WORKERS as usize],
            submitted: vec![false; jobs as usize],
            cancelling: None,
            replaying: Vec::new(),
            budget,
            stale_write: false,
        }
    }

    /// The worker dies, and is started again as another.
    pub(crate) fn start_again(&mut self, w: u8) {
        let boot = self.workers[w as usize].boot + 1;
        self.workers[w as usize] = Worker { boot, holds: None };
    }

    fn owner(&self, w: u8) -> Owner {
        (w, self.workers[w as usize].boot)
    }

    pub(crate) fn new_id(&mut self) -> Id {
        self.next_id += 1;
        self.next_id
    }

    /// A live worker renews this entry.
    pub(crate) fn is_held(&self, id: Id, pending: &Pending) -> bool {
        let holds = |worker: &Worker| {
            worker.holds.is_some_and(|(claim, _)| (claim.id, claim.owner) == (id, pending.owner))
        };
        self.workers.iter().any(holds)
    }

    /// One whole script.
    pub(crate) fn write(&mut self, of: Move, writes: Vec<Write>) {
        let tears = self.budget.restarts > 0 && self.budget.later_restarts > 0;
        self.file.write(&mut self.db, of, writes, tears);
    }

    /// The worker takes what `find` gives it, if anything.
    pub(crate) fn hold(&mut self, w: u8, find: impl Fn(&Db, Owner) -> Option<Vec<Write>>) -> bool {
        let owner = self.owner(w);
        let Some(writes) = find(&self.db, owner) else { return false };
        self.write(Move::Fetch, writes.clone());
        let (Write::Take(id, pending) | Write::Deliver(id, pending)) = writes[0] else { return false };
        let Some(claim) = self.db.claim(id, &pending) else { return false };
        let ended = self.db.status.get(&claim.job).is_some_and(|status| status.state.is_end());
        let phase = match claim.deliveries {
            deliveries if deliveries > DELIVERY_CAP => Phase::OverCap,
            2.. if ended => Phase::Ended,
            _ => Phase::Working,
        };
        self.workers[w as usize].holds = Some((claim, phase));
        true
    }

    /// The worker lets go of its claim, whatever becomes of it.
    pub(crate) fn give_up(&mut self, w: u8) -> (Claim, Phase) {
        self.workers[w as usize].holds.take().expect("only workers with a claim act on one")
    }
}
