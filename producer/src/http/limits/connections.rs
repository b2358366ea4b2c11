//! The connections of a gateway: which of them wait, since when, and which must go.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{ASIDE, Limits};

/// When room is made, for so many at once (one in so many of all): looking for the longest silent ones costs a walk.
const ROOM_SHARE: usize = 20;
/// How often the limits of time are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// All connections of one gateway.
pub(in crate::http) struct Connections {
    limits: Limits,
    served: Lane,
    /// Beyond the bound: told 503, or how the gateway is.
    aside: Lane,
    numbers: AtomicU64,
}

type Lane = Mutex<HashMap<u64, Arc<Connection>>>;

/// One connection, for as long as it is served.
pub(in crate::http) struct Place {
    connections: Arc<Connections>,
    pub(in crate::http) connection: Arc<Connection>,
}

/// What is known of one connection.
pub(in crate::http) struct Connection {
    number: u64,
    /// All others are taken: answer 503.
    pub(in crate::http) aside: bool,
    /// Fires when it must end at once.
    pub(in crate::http) closed: CancellationToken,
    state: Mutex<State>,
}

struct State {
    /// Requests whose answers are not yet handed over.
    requests: u32,
    /// One has been answered before.
    asked_before: bool,
    /// HTTP/2, where bytes between requests are no head.
    several: bool,
    /// When it began to wait for a request.
    waits_since: Instant,
    /// When the first bytes of the next request came.
    head_since: Option<Instant>,
    /// When the client stopped reading.
    stalls_since: Option<Instant>,
}

/// A request that is being answered.
pub(in crate::http) struct Request(Arc<Connection>);

impl Connections {
    /// No connection yet; those that are too slow are closed from now on, until the last handle is gone.
    pub(in crate::http) fn new(limits: Limits) -> Arc<Self> {
        let (served, aside) = (Lane::default(), Lane::default());
        let connections = Arc::new(Self { limits, served, aside, numbers: AtomicU64::new(0) });
        tokio::spawn(look(Arc::downgrade(&connections)));
        connections
    }

    /// A place for a new connection. There always is one: who waits the longest goes, and who comes when everybody is
    /// being served gets a place aside.
    pub(in crate::http) fn admit(self: &Arc<Self>) -> Place {
        let aside = !self.has_room();
        let connection = Arc::new(Connection::new(self.numbers.fetch_add(1, Ordering::Relaxed), aside));
        let mut lane = self.lane(aside);
        if aside && lane.len() >= ASIDE {
            // Whatever it does: it had its turn.
            let oldest = lane.keys().min().copied();
            oldest.and_then(|oldest| lane.remove(&oldest)).inspect(|oldest| oldest.closed.cancel());
        }
        lane.insert(connection.number, Arc::clone(&connection));
        drop(lane);
        Place { connections: Arc::clone(self), connection }
    }

    /// Closes those that have waited the longest for a request.
    pub(in crate::http) fn make_room(&self) {
        let mut served = self.lane(false);
        let mut waiting: Vec<(Instant, u64)> =
            served.values().filter_map(|one| Some((one.state().waits()?, one.number))).collect();
        waiting.sort_unstable();
        for (_, number) in waiting.iter().take(1 + self.limits.connections / ROOM_SHARE) {
            served.remove(number).inspect(|one| one.closed.cancel());
        }
    }

    fn has_room(&self) -> bool {
        if self.lane(false).len() >= self.limits.connections {
            self.make_room();
        }
        self.lane(false).len() < self.limits.connections
    }

    fn lane(&self, aside: bool) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        let lane = if aside { &self.aside } else { &self.served };
        lane.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close_slow(&self) {
        let now = Instant::now();
        for aside in [false, true] {
            self.lane(aside).values().filter(|one| one.state().is_over(&self.limits, now)).for_each(|one| {
                one.closed.cancel();
            });
        }
    }
}

async fn look(connections: Weak<Connections>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(connections) = connections.upgrade() else { return };
        connections.close_slow();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lane(self.connection.aside).remove(&self.connection.number);
    }
}

impl Connection {
    fn new(number: u64, aside: bool) -> Self {
        let state = State {
            requests: 0,
            asked_before: false,
            several: false,
            waits_since: Instant::now(),
            head_since: None,
            stalls_since: None,
        };
        Self { number, aside, closed: CancellationToken::new(), state: Mutex::new(state) }
    }

    /// The head of a request is there.
    pub(in crate::http) fn begin(self: &Arc<Self>, several: bool) -> Request {
        let mut state = self.state();
        state.requests += 1;
        state.asked_before = true;
        state.several = several;
        state.head_since = None;
        Request(Arc::clone(self))
    }

    /// Nothing is being answered or left unread.
    pub(in crate::http) fn is_silent(&self) -> bool {
        self.state().waits().is_some()
    }

    /// Bytes came.
    pub(super) fn heard(&self) {
        let mut state = self.state();
        if state.requests == 0 && !state.several && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    /// Bytes were taken by the client, or it takes none.
    pub(super) fn wrote(&self, taken: bool) {
        let mut state = self.state();
        state.stalls_since = match (taken, state.stalls_since) {
            (true, _) => None,
            (false, since) => since.or_else(|| Some(Instant::now())),
        };
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests -= 1;
        state.waits_since = Instant::now();
    }
}

impl State {
    /// Since when it waits for a request, if it does.
    fn waits(&self) -> Option<Instant> {
        (self.requests == 0 && self.stalls_since.is_none()).then_some(self.waits_since)
    }

    fn is_over(&self, limits: &Limits, now: Instant) -> bool {
        let over = |since: Option<Instant>, limit| since.is_some_and(|since| now - since > limit);
        let patience = if self.asked_before { limits.idle } else { limits.head };
        over(self.stalls_since, limits.stall)
            || over(self.head_since.filter(|_| self.requests == 0), limits.head)
            || over(self.waits(), patience)
    }
}
