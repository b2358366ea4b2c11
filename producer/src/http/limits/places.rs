//! Places that requests of one sort share: followers of events, downloads, large bodies.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Limits;
use crate::http::refusal::{MAX_BODY_BYTES, Refusal};

/// Bodies of at most so many bytes are read at any time: there are no more of them than connections.
const SMALL_BODY: usize = 16 * 1024;
/// Large bodies that are read and enqueued at a time.
const TURNS: usize = 2;
/// The unit in which memory for bodies is handed out, in bytes.
const UNIT: usize = 1024;

/// The places of one gateway.
#[derive(Clone)]
pub(in crate::http) struct Places {
    event_streams: Arc<Semaphore>,
    downloads: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub(in crate::http) struct Taken(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

impl Places {
    pub(in crate::http) fn new(limits: &Limits) -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self {
            event_streams: places(limits.event_streams),
            downloads: places(limits.downloads),
            bodies: places(limits.body_bytes / UNIT),
            turns: places(TURNS),
        }
    }

    /// A place among those who follow events.
    pub(in crate::http) fn event_stream(&self) -> Result<Taken, Refusal> {
        take(&self.event_streams, 1, "Too many clients follow the events; try again later")
    }

    /// A place among those who fetch files.
    pub(in crate::http) fn download(&self) -> Result<Taken, Refusal> {
        take(&self.downloads, 1, "Too many files are being fetched; try again later")
    }

    /// A turn to be read and enqueued, for a body of so many bytes; small ones need none. On its way a large one is there
    /// several times: as values, as a command, as bytes for Redis.
    pub(in crate::http) async fn turn(&self, bytes: usize) -> Option<Taken> {
        if bytes <= SMALL_BODY {
            return None;
        }
        Arc::clone(&self.turns).acquire_owned().await.ok().map(Taken)
    }

    fn body(&self, bytes: usize) -> Result<Option<Taken>, Refusal> {
        if bytes <= SMALL_BODY {
            return Ok(None);
        }
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        take(&self.bodies, units, "Too many large requests are being read; try again later").map(Some)
    }
}

fn take(places: &Arc<Semaphore>, count: u32, refused: &str) -> Result<Taken, Refusal> {
    Arc::clone(places).try_acquire_many_owned(count).map(Taken).map_err(|_| Refusal::unavailable(refused))
}

/// Keeps the memory of all large bodies together within its bound.
pub(in crate::http) async fn budget_bodies(
    State(places): State<Places>,
    request: Request,
    next: Next,
) -> Response {
    match places.body(announced(request.method(), request.headers())) {
        Ok(_taken) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// How many bytes the body may have; what is larger is refused while it is read.
fn announced(method: &Method, headers: &HeaderMap) -> usize {
    if *method != Method::POST {
        return 0;
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    length.map_or(MAX_BODY_BYTES, |length: usize| length.min(MAX_BODY_BYTES))
}
