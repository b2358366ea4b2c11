//! One watcher of Redis for the whole process, fanned out to every client of `GET /api/events`.
//!
//! A thousand browsers cost Redis one blocking read, and each event is rendered once. The ring is bounded: a
//! client that is slower than the ring reads what it missed from Redis (`events.rs`), so a slow client loses
//! nothing and holds nobody up.

use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use deertrack_schemas::CompletionEvent;
use deertrack_stream::{EventId, WatchFrom, Watched};
use serde_json::json;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{Exports, ExportsError};

/// Events kept for clients that are a little behind.
const RING: usize = 1024;
/// Pause after Redis could not be asked where its events end.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Handle to the watcher; it stops with the last handle.
#[derive(Clone)]
pub(super) struct Feed {
    ring: broadcast::Sender<Item>,
    position: watch::Receiver<Option<EventId>>,
    _watcher: Arc<DropGuard>,
}

/// What clients are told, rendered once.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) place: Place,
    pub(super) event: Event,
    /// Whose it is; a notice is everybody's.
    pub(super) of: Audience,
}

/// Whom an event is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Everybody.
    All,
    /// Those who see this tenant's jobs, or those of nobody.
    Tenant(Option<Arc<str>>),
}

/// Where in the stream a client stands that was told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// At this event.
    At(EventId),
    /// Where it stood: a notice that events are missing.
    Same,
    /// Behind this event again, wherever it stood: Redis forgot events, and what comes now may have smaller ids.
    Back(EventId),
}

impl Place {
    fn id(self) -> Option<EventId> {
        match self {
            Self::At(id) | Self::Back(id) => Some(id),
            Self::Same => None,
        }
    }
}

impl Feed {
    /// Starts the watcher at the present end of the events.
    pub(super) fn start(exports: Exports) -> Self {
        let (ring, _) = broadcast::channel(RING);
        let (position_writer, position) = watch::channel(None);
        let stop = CancellationToken::new();
        let feed = Self { ring: ring.clone(), position, _watcher: Arc::new(stop.clone().drop_guard()) };
        tokio::spawn(stop.run_until_cancelled_owned(watch_for_ever(exports, ring, position_writer)));
        feed
    }

    /// Everything from now on. Events may come twice at the seam: what is not behind the position is old.
    ///
    /// Waits until the watcher has reached Redis once, so that "now" means something.
    pub(super) async fn subscribe(&self) -> (broadcast::Receiver<Item>, EventId) {
        // In this order: the watcher moves the position first and sends then, so an event between the two is in
        // the ring as well, and none is in neither.
        let ring = self.ring.subscribe();
        let mut position = self.position.clone();
        let reached = position.wait_for(Option::is_some).await.ok().and_then(|position| *position);
        (ring, reached.unwrap_or_default())
    }
}

async fn watch_for_ever(
    exports: Exports,
    ring: broadcast::Sender<Item>,
    position: watch::Sender<Option<EventId>>,
) {
    loop {
        if let Err(error) = watch_on(&exports, &ring, &position).await {
            tracing::warn!(%error, "the event watcher begins anew");
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

/// Watches behind the position. Returns only with an error.
async fn watch_on(
    exports: &Exports,
    ring: &broadcast::Sender<Item>,
    position: &watch::Sender<Option<EventId>>,
) -> Result<(), ExportsError> {
    let known = *position.borrow();
    let from = match known {
        Some(id) => id,
        None => exports.catch_up(WatchFrom::Now).await?.position(),
    };
    let mut events = exports.watch(WatchFrom::After(from)).await?;
    position.send_replace(Some(from));
    loop {
        let item = Item::from(events.next().await?);
        if let Some(id) = item.place.id() {
            position.send_replace(Some(id));
        }
        // An error means that nobody follows at the moment.
        let _ = ring.send(item);
    }
}

impl From<Watched> for Item {
    fn from(watched: Watched) -> Self {
        match watched {
            Watched::Event { id, event } => {
                let tenant = event.record.tenant.as_deref().map(Arc::from);
                Self { place: Place::At(id), event: completion(id, &event), of: Audience::Tenant(tenant) }
            }
            Watched::Lagged { expected, found } => {
                Self { place: Place::Same, event: lagged(expected, found, false), of: Audience::All }
            }
            // With an id: a client that goes away now would else come back with one that Redis does not know.
            Watched::Reset { expected, found, behind } => Self {
                place: Place::Back(behind),
                event: lagged(expected, found, true).id(behind.to_string()),
                of: Audience::All,
            },
        }
    }
}

/// Named as the final state, so that a page listens to what it wants.
fn completion(id: EventId, event: &CompletionEvent) -> Event {
    Event::default()
        .id(id.to_string())
        .event(event.record.state.name())
        .json_data(event)
        .expect("names are strings and numbers are finite: nothing in an event can fail")
}

/// Events from number `expected` up to `found` are gone: read the status records again. `reset` when the
/// numbers went back, that is, Redis lost data. Only then it carries an id: where the events go on.
fn lagged(expected: u64, found: u64, reset: bool) -> Event {
    Event::default()
        .event("lagged")
        .json_data(json!({ "expected": expected, "found": found, "reset": reset }))
        .expect("three plain values")
}
