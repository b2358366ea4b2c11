//! A row of the table: where a process dies, over what, and what follows.

/// One place to die.
pub(super) struct Row {
    /// As in `crash::point("...")`.
    pub(super) point: &'static str,
    /// Which process dies, and over what.
    pub(super) story: Story,
    /// What the status says in the end.
    pub(super) ends: &'static str,
    /// How often the entry that ended was delivered, at least; on a machine that starves its workers more.
    pub(super) deliveries: u64,
}

/// Which process dies, and over what. Another one then goes on, and does it without dying.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Story {
    /// `deertrack submit`; the caller submits again under the same key.
    Submit,
    /// `deertrack cancel` of a job that waits; the caller cancels again.
    Cancel,
    /// `deertrack dead replay`; the operator replays again.
    Replay,
    /// A worker over a job.
    Work,
    /// The same; the job is so long that it is still running.
    LongWork,
    /// A worker over an entry that a vanished worker left.
    Inherit,
    /// A worker over an entry of its own whose read was answered to nobody.
    Stray,
    /// A worker over an entry whose job has ended: it was left by a vanished worker.
    EndedBefore,
    /// A worker over a job whose file cannot be stored now.
    Retry,
    /// A worker over bytes that are no command.
    Rubbish,
    /// A worker that was told to stop, over a job that outlasts its grace time.
    Stop,
    /// A worker some time after a job.
    Idle,
}

pub(super) const fn row(point: &'static str, story: Story, ends: &'static str, deliveries: u64) -> Row {
    Row { point, story, ends, deliveries }
}
