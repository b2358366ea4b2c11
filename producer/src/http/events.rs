//! `GET /api/events`: completions as server-sent events, resumable without loss.
//!
//! A client that resumes is first served from Redis and then joins the shared feed. It subscribes to the feed
//! before it reads Redis, so whatever is added meanwhile is in one of them; what is in both has an id that was
//! sent already and is dropped. A client too slow for the feed's ring goes the same way again. When Redis forgot
//! events, the feed says how far it went back, and the client goes back with it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::sse::{Event, KeepAlive, KeepAliveStream, Sse};
use axum::response::{IntoResponse, Response};
use deertrack_schemas::clip;
use deertrack_stream::{CatchUp, EventId, WatchFrom};
use futures::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::app::App;
use super::feed::{Audience, Item, Place};
use super::limits::Taken;
use super::metrics::SSE_CLIENTS;
use super::refusal::Refusal;
use crate::access::Who;
use crate::{Exports, ExportsError};

/// Shorter than the idle limits of common proxies (30 to 60 s).
const HEARTBEAT: Duration = Duration::from_secs(15);
/// What a browser waits before it comes back.
const RECONNECT: Duration = Duration::from_secs(2);
/// What it waits while Redis is away.
const AWAY: Duration = Duration::from_secs(5);
/// No cache keeps events, and no proxy gathers or packs them.
const HEAD: [(&str, &str); 2] = [("cache-control", "no-cache, no-transform"), ("x-accel-buffering", "no")];
/// How long a client may wait for the feed to reach Redis for the first time.
const FEED_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
pub(super) struct Parameters {
    /// For clients that cannot set headers: an `EventSource` on its first connection.
    last_event_id: Option<String>,
}

/// Events behind `Last-Event-ID`, or those from now on.
pub(super) async fn follow(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    parameters: Result<Query<Parameters>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(parameters) = parameters?;
    let resume = last_event_id(&headers, parameters)?;
    let place = app.places.event_stream()?;
    let follower = match Follower::start(app, who, place, resume).await {
        Err(refusal) if refusal.is_temporary() && is_event_source(&headers) => return Ok(come_back()),
        started => started?,
    };
    let hello = Event::default().retry(RECONNECT).id(follower.cursor.to_string()).comment("following");
    Ok((HEAD, sse(follower.into_stream(hello))).into_response())
}

/// An `EventSource`: it says what it wants, and gives up for good on every answer but 200.
fn is_event_source(headers: &HeaderMap) -> bool {
    let wants = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains("text/event-stream"));
    headers.get_all(ACCEPT).iter().any(wants)
}

/// A stream that ends at once; its client comes back with the id it has.
fn come_back() -> Response {
    let away = Event::default().retry(AWAY).comment("Redis cannot be reached; come back later");
    (HEAD, Sse::new(stream::iter([Ok::<_, Infallible>(away)]))).into_response()
}

/// The stream with heartbeats: a proxy sees that it lives, and we see when the client is gone.
fn sse<S>(events: S) -> Sse<KeepAliveStream<S>>
where
    S: Stream<Item = Result<Event, Infallible>> + Send + 'static,
{
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("alive"))
}

/// The header goes before the parameter: a browser that comes back sends the newer id in the header.
fn last_event_id(headers: &HeaderMap, parameters: Parameters) -> Result<Option<EventId>, Refusal> {
    let header =
        headers.get("last-event-id").map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let given = header.filter(|id| !id.is_empty()).or(parameters.last_event_id).filter(|id| !id.is_empty());
    let Some(text) = given else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        let hint = "send the id of an event, such as 1767225600000-0, or nothing for new events only";
        Refusal::bad_request(format!("Last-Event-ID {:?} is not the id of an event; {hint}", clip(&text)))
    })
}

/// One client's way through the events.
struct Follower {
    exports: Exports,
    /// Whose events it is sent.
    who: Who,
    live: broadcast::Receiver<Item>,
    /// Everything up to this event was sent.
    cursor: EventId,
    /// Reads Redis while it may hold more behind `cursor` than the feed will bring.
    past: Option<CatchUp>,
    /// Read from Redis and not yet sent.
    pending: VecDeque<Item>,
    closing: CancellationToken,
    _counted: Counted,
    _place: Taken,
}

impl Follower {
    async fn start(app: App, who: Who, place: Taken, resume: Option<EventId>) -> Result<Self, Refusal> {
        let Ok((live, now)) = tokio::time::timeout(FEED_TIMEOUT, app.feed.subscribe()).await else {
            return Err(Refusal::redis_away());
        };
        let mut follower = Self {
            exports: app.exports,
            who,
            live,
            cursor: now,
            past: None,
            pending: VecDeque::new(),
            closing: app.closing,
            _counted: Counted::new(),
            _place: place,
        };
        if let Some(id) = resume {
            // The first page before the answer's head: a Redis that is away is a 503, not an empty stream.
            follower.resume_behind(id).await?;
        }
        Ok(follower)
    }

    /// Turns to Redis for everything behind `id`, and reads the first page.
    async fn resume_behind(&mut self, id: EventId) -> Result<(), ExportsError> {
        let past = self.exports.catch_up(WatchFrom::After(id)).await?;
        self.cursor = past.position();
        self.past = Some(past);
        self.read_page().await
    }

    async fn read_page(&mut self) -> Result<(), ExportsError> {
        let Some(past) = &mut self.past else { return Ok(()) };
        let page = past.page().await?;
        if page.is_empty() {
            // That was the newest event there is; later ones come by the feed.
            self.past = None;
        }
        self.pending.extend(page.into_iter().map(Item::from));
        Ok(())
    }

    fn into_stream(self, hello: Event) -> impl Stream<Item = Result<Event, Infallible>> {
        let first = stream::iter([Ok(hello)]);
        let rest = stream::unfold(self, |mut follower| async move {
            let event = follower.next().await?;
            Some((Ok(event), follower))
        });
        stream::StreamExt::chain(first, rest)
    }

    /// `None` ends the answer: on shutdown, and when Redis fails while we read it. The client comes back with its
    /// last id and loses nothing.
    async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(item) = self.pending.pop_front() {
                let seen = self.sees(&item);
                let event = self.send(item);
                if seen {
                    return Some(event);
                }
            }
            let read = if self.past.is_some() { self.read_page().await } else { self.listen().await? };
            if let Err(error) = read {
                tracing::warn!(%error, "a client is sent away to resume later");
                return None;
            }
        }
    }

    /// Waits for the feed. `None` on shutdown.
    async fn listen(&mut self) -> Option<Result<(), ExportsError>> {
        let received = tokio::select! {
            biased;
            () = self.closing.cancelled() => return None,
            received = self.live.recv() => received,
        };
        match received {
            Ok(item) => {
                let sent_already = matches!(item.place, Place::At(id) if id <= self.cursor);
                self.pending.extend((!sent_already).then_some(item));
                Some(Ok(()))
            }
            Err(RecvError::Lagged(_)) => Some(self.resume_behind(self.cursor).await),
            Err(RecvError::Closed) => None,
        }
    }

    fn sees(&self, item: &Item) -> bool {
        match &item.of {
            Audience::All => true,
            Audience::Tenant(tenant) => self.who.sees(tenant.as_deref()),
        }
    }

    fn send(&mut self, item: Item) -> Event {
        match item.place {
            Place::At(id) | Place::Back(id) => self.cursor = id,
            Place::Same => {}
        }
        item.event
    }
}

/// Counts a client as long as it follows.
struct Counted;

impl Counted {
    fn new() -> Self {
        metrics::gauge!(SSE_CLIENTS).increment(1.0);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!(SSE_CLIENTS).decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_beats_every_fifteen_seconds() {
        let mut body = sse(stream::pending()).into_response().into_body().into_data_stream();
        let start = Instant::now();
        for beat in 1..=3 {
            let comment = body.next().await.unwrap().unwrap();
            assert_eq!((comment.as_ref(), start.elapsed()), (b": alive\n\n".as_ref(), beat * HEARTBEAT));
        }
        assert_eq!(HEARTBEAT.as_secs(), 15);
    }
}
