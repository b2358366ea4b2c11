//! A client of `GET /api/events`, as a browser reads it.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use serde_json::Value;
use tower::ServiceExt;

use crate::deadline::DEADLINE;

const SILENCE: Duration = Duration::from_millis(300);

/// A client of `GET /api/events`.
pub(crate) struct Events {
    body: BoxStream<'static, Option<Bytes>>,
    text: String,
    last_id: Option<String>,
}

pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

impl Events {
    /// Reads the greeting, so that the client is subscribed when this returns.
    pub(crate) async fn new(body: impl Stream<Item = Option<Bytes>> + Send + 'static) -> Self {
        let mut events = Self { body: body.boxed(), text: String::new(), last_id: None };
        events.last_id().await;
        events
    }

    /// The same of an answer over HTTP.
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self::new(response.bytes_stream().map(Result::ok)).await
    }

    /// A client that reads only when it is asked to.
    pub(crate) async fn lazy(router: &Router, last_event_id: Option<&str>) -> Self {
        let mut request = Request::get("/api/events");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        Self::new(response.into_body().into_data_stream().map(Result::ok)).await
    }

    /// The numbers of the next `count` events.
    pub(crate) async fn numbers(&mut self, count: usize) -> Vec<u64> {
        let mut numbers = Vec::with_capacity(count);
        for _ in 0..count {
            numbers.push(self.next().await.unwrap().data["n"].as_u64().unwrap());
        }
        numbers
    }

    /// The next event; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        // For the event, not for the bytes: heartbeats go on for ever.
        tokio::time::timeout(DEADLINE, self.read()).await.expect("no event came")
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| {
                let lines = block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                lines.collect::<Vec<_>>().join("\n")
            };
            let (name, id, data) = (field("event"), field("id"), field("data"));
            if !id.is_empty() {
                self.last_id = Some(id.clone());
            }
            if !data.is_empty() {
                return Some(Event { name, id, data: serde_json::from_str(&data).unwrap() });
            }
        }
    }

    /// Reads until nothing more is there. That nothing comes can only be seen by waiting for a while.
    pub(crate) async fn stays_silent(&mut self) {
        let event = tokio::time::timeout(SILENCE, self.read()).await;
        assert!(
            event.is_err(),
            "an event came twice: {:?}",
            event.map(|event| event.map(|event| event.data))
        );
    }

    /// The id a browser would come back with. The greeting brings the first.
    pub(crate) async fn last_id(&mut self) -> String {
        if self.last_id.is_none() {
            let greeting = self.block().await.unwrap();
            let id = greeting.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
            self.last_id = Some(id.to_owned());
        }
        self.last_id.clone().unwrap()
    }

    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                return Some(self.text.drain(..end + 2).collect());
            }
            let chunk = self.body.next().await;
            self.text.push_str(std::str::from_utf8(&chunk??).unwrap());
        }
    }
}
