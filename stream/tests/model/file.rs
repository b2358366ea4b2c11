//! Redis' append-only file: what a restart finds. A power cut takes everything behind some move; of the first move
//! that it takes, the beginning may stay, within an open MULTI.
//!
//! Redis loads such a file as if the half were not there, and appends to it. At the next restart the half and the
//! first whole block behind it are one transaction (an inner MULTI is an error without consequences), so the half
//! takes effect at its place in history; what was written since is executed on top of it. `half` is that other
//! history, kept up to date beside the real one. Without a whole block behind it the half is cut off, and what
//! single commands wrote behind it as well.

use crate::redis::{Db, Write};

/// The moves that write more than one command, so that half of one is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Move {
    Submit,
    Fetch,
    Beat,
    Finish,
    Bury,
    Discard,
    Retry,
    Promote,
    Cancel,
    Replay,
    Release,
}

/// A move as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Block {
    of: Move,
    writes: Vec<Write>,
}

/// What the next restart would make of a file with half a move in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Half {
    db: Db,
    /// A whole block stands behind it.
    closed: bool,
}

/// See the head of this file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct File {
    disk: Db,
    /// The first move behind `disk`.
    next: Option<Block>,
    half: Option<Half>,
    /// Of which move a half was left, and how many of its writes.
    pub(crate) torn: Option<(Move, usize)>,
}

impl File {
    /// Does a whole move. `tears` when a power cut may still come.
    pub(crate) fn write(&mut self, db: &mut Db, of: Move, writes: Vec<Write>, tears: bool) {
        let writes: Vec<Write> = writes.into_iter().filter(|write| db.apply(*write)).collect();
        if writes.is_empty() {
            return;
        }
        if let Some(half) = &mut self.half {
            half.closed |= writes.len() > 1;
            for write in &writes {
                half.db.apply(*write);
            }
        }
        if tears && self.next.is_none() {
            self.next = Some(Block { of, writes });
        }
    }

    /// Everything so far is on the disk.
    pub(crate) fn sync(&mut self, db: &Db) {
        self.disk = db.clone();
        self.next = None;
    }

    /// How many writes of the first move behind the disk a power cut may leave. One command alone stands in no block.
    pub(crate) fn most_left(&self) -> usize {
        self.next.as_ref().map(|block| block.writes.len()).filter(|all| *all > 1).unwrap_or(0)
    }

    /// The power is cut. `left` writes of the first move behind the disk are in the file.
    pub(crate) fn lose(&mut self, left: usize) -> Db {
        if let Some(block) = self.next.take().filter(|_| left > 0) {
            let mut db = self.disk.clone();
            for write in &block.writes[..left] {
                db.apply(*write);
            }
            self.half = Some(Half { db, closed: false });
            self.torn = Some((block.of, left));
        }
        self.disk.clone()
    }

    pub(crate) fn has_half(&self) -> bool {
        self.half.is_some()
    }

    /// Somebody else's whole block stands behind the half.
    pub(crate) fn close_half(&mut self) {
        if let Some(half) = &mut self.half {
            half.closed = true;
        }
    }

    /// BGREWRITEAOF: the file is what Redis holds.
    pub(crate) fn rewrite(&mut self) {
        self.half = None;
    }

    /// Redis starts again, and nothing new is lost. What it then holds, if it is not what it held.
    pub(crate) fn load_again(&mut self) -> Option<Db> {
        let half = self.half.take()?;
        Some(if half.closed { half.db } else { self.disk.clone() })
    }
}
