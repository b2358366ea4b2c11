//! What can be broken, and how often: a model is the protocol under rules and a budget.

use crate::scripts::Order;

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
    pub(crate) order: Order,
    /// Whoever connects to a Redis that has started again has it write its file anew before anything else.
    pub(crate) rewrite_first: bool,
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
        order: Order::AddFirst,
        rewrite_first: true,
    };
}

/// How often each thing may still go wrong or be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    /// Leases that end while their owner lives.
    pub(crate) late_beats: u8,
    pub(crate) crashes: u8,
    pub(crate) lost_replies: u8,
    /// Power cuts: what came behind some move is gone.
    pub(crate) restarts: u8,
    /// Restarts after that, in which nothing is lost.
    pub(crate) later_restarts: u8,
    pub(crate) lost_groups: u8,
    pub(crate) releases: u8,
    pub(crate) retries: u8,
    pub(crate) cancels: u8,
    pub(crate) replays: u8,
}
