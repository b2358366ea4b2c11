//! What is known of a run when everything is quiet again: what was asked for, what a user can see, what was done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use deertrack_schemas::StatusRecord;
use deertrack_stream::EventId;

use crate::deed::Deed;
use crate::load::Asked;
use crate::witness::Testimony;

/// All that is known when everything is quiet again.
pub(crate) struct Facts {
    pub(crate) began: Instant,
    pub(crate) asked: BTreeMap<String, Asked>,
    pub(crate) testimony: Testimony,
    /// The event stream as it is now.
    pub(crate) stored: Vec<Stored>,
    /// How many events Redis has counted.
    pub(crate) counted: u64,
    /// By job id; those that have one.
    pub(crate) statuses: BTreeMap<String, StatusRecord>,
    /// By name.
    pub(crate) files: BTreeMap<String, Found>,
    pub(crate) windows: Vec<Window>,
    pub(crate) blows: Blows,
    pub(crate) deeds: Vec<Deed>,
    /// What still lies in stream, pending list and parking place.
    pub(crate) left: u64,
}

/// What was accepted in this time may be forgotten.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
    pub(crate) by: Forgetting,
}

/// Why Redis may forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgetting {
    /// Its last second was not on the disk.
    LastSecond,
    /// The new master did not have it.
    Failover,
    /// Somebody told it to.
    Flush,
}

/// What was done to workers from outside, and may have cost jobs a delivery that they are not to blame for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blows {
    /// What killed workers held when they died: job and delivery.
    pub(crate) killed_with: BTreeSet<(String, u64)>,
    /// When something last happened that may take any job's lease.
    pub(crate) last_to_any: Option<Instant>,
}

/// A file in the export folder.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

/// A completion event that Redis holds.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: EventId,
    pub(crate) n: u64,
    pub(crate) job: String,
}
