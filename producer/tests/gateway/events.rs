//! The event stream over HTTP: live, resumed, lossy Redis, shutdown.

use std::time::Duration;

use crate::sse::Events;
use crate::support::{Gateway, exchange};
use deertrack_schemas::State;

#[tokio::test]
async fn an_event_is_named_as_the_final_state_and_carries_the_record() {
    let gateway = Gateway::start().await;
    let mut worker = gateway.worker().await;
    let mut events = gateway.follow(None).await;
    for (n, state) in [(1, State::Completed), (2, State::Failed), (3, State::Cancelled)] {
        let job_id = gateway.submit().await;
        worker.finish_next(state).await;
        let event = events.next().await.unwrap();
        assert_eq!(event.name, state.name());
        assert_eq!((&event.data["n"], &event.data["record"]["job_id"]), (&n.into(), &job_id.clone().into()));
        assert_eq!(event.data["record"]["state"], state.name());
        let (ms, seq) = event.id.split_once('-').unwrap();
        assert!(ms.parse::<u64>().is_ok() && seq.parse::<u64>().is_ok(), "{}", event.id);
    }
}

#[tokio::test]
async fn a_client_that_comes_back_loses_nothing_and_gets_nothing_twice() {
    let gateway = Gateway::start().await;
    let mut worker = gateway.worker().await;
    let mut seen = Vec::new();
    let mut last_id = {
        let mut events = gateway.follow(None).await;
        // The id of the greeting: a client that was cut off before its first event resumes, too.
        events.last_id().await
    };
    // Each round: some jobs end while nobody follows, then the client comes back, and more end while it follows.
    for round in 0..4 {
        worker.finish_many(&gateway, 3 + round).await;
        let mut events = gateway.follow(Some(&last_id)).await;
        worker.finish_many(&gateway, 2).await;
        for _ in 0..5 + round {
            let event = events.next().await.unwrap();
            seen.push(event.data["n"].as_u64().unwrap());
            last_id = event.id;
        }
    }
    let expected: Vec<u64> = (1..=seen.len() as u64).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_backlog_longer_than_a_page_is_resumed_whole_while_new_events_come() {
    let gateway = Gateway::start().await;
    let mut worker = gateway.worker().await;
    worker.finish_many(&gateway, 600).await;
    let mut events = gateway.follow(Some("0-0")).await;
    let (_, seen) = tokio::join!(worker.finish_many(&gateway, 50), events.numbers(650));
    assert_eq!(seen, (1..=650).collect::<Vec<u64>>());
}

#[tokio::test]
async fn events_that_redis_and_the_feed_both_bring_are_sent_once() {
    let gateway = Gateway::start().await;
    let mut worker = gateway.worker().await;
    worker.finish_many(&gateway, 300).await;
    let router = gateway.router();
    // One page is read from Redis; the rest of the backlog is not yet when new events come.
    let mut resuming = Events::lazy(&router, Some("0-0")).await;
    let mut live = Events::lazy(&router, None).await;
    worker.finish_many(&gateway, 50).await;
    assert_eq!(live.numbers(50).await, (301..=350).collect::<Vec<u64>>());
    assert_eq!(resuming.numbers(350).await, (1..=350).collect::<Vec<u64>>());
    resuming.stays_silent().await;
    worker.finish_many(&gateway, 1).await;
    assert_eq!(resuming.numbers(1).await, [351]);
}

#[tokio::test]
async fn a_client_slower_than_the_ring_is_served_from_redis() {
    let gateway = Gateway::start().await;
    let mut worker = gateway.worker().await;
    let router = gateway.router();
    let mut slow = Events::lazy(&router, None).await;
    let mut quick = Events::lazy(&router, None).await;
    // The ring holds 1,024.
    let _ = tokio::join!(worker.finish_many(&gateway, 1_500), quick.numbers(1_500));
    assert_eq!(slow.numbers(1_500).await, (1..=1_500).collect::<Vec<u64>>());
    worker.finish_many(&gateway, 1).await;
    assert_eq!(slow.numbers(1).await, [1_501]);
}

#[tokio::test]
async fn a_gap_in_the_numbers_is_told() {
    let gateway = Gateway::start().await;
    let mut worker = gateway.worker().await;
    let mut events = gateway.follow(None).await;
    worker.finish_many(&gateway, 1).await;
    let before = events.next().await.unwrap();
    gateway.redis_command(&["INCRBY", "{exports}:event_seq", "5"]).await;
    worker.finish_many(&gateway, 1).await;
    let lagged = events.next().await.unwrap();
    assert_eq!((lagged.name.as_str(), lagged.id.as_str()), ("lagged", ""));
    assert_eq!((lagged.data["expected"].as_u64(), lagged.data["found"].as_u64()), (Some(2), Some(7)));
    assert_eq!(events.next().await.unwrap().data["n"], 7);

    // The same for a client that resumes from before the gap.
    let mut resumed = gateway.follow(Some(&before.id)).await;
    assert_eq!(resumed.next().await.unwrap().name, "lagged");
    assert_eq!(resumed.next().await.unwrap().data["n"], 7);
}

#[tokio::test]
async fn when_redis_forgets_events_clients_go_back_with_it_and_miss_none_with_smaller_ids() {
    let gateway = Gateway::with_settings(|settings| settings.block = Duration::from_millis(100)).await;
    let mut worker = gateway.worker().await;
    let mut events = gateway.follow(None).await;
    worker.finish_many(&gateway, 1).await;
    let kept = events.next().await.unwrap();
    // A replica that has one event takes over from a host whose clock ran years ahead.
    gateway.redis_command(&["COPY", "{exports}:events", "{exports}:replica"]).await;
    gateway.redis_command(&["XSETID", "{exports}:events", "4102444800000-0"]).await;
    worker.finish_many(&gateway, 2).await;
    assert_eq!(events.next().await.unwrap().data["n"], 2);
    let forgotten = events.next().await.unwrap();
    gateway.redis_command(&["COPY", "{exports}:replica", "{exports}:events", "REPLACE"]).await;
    gateway.redis_command(&["SET", "{exports}:event_seq", "1"]).await;

    let lagged = events.next().await.unwrap();
    assert_eq!((lagged.name.as_str(), &lagged.id), ("lagged", &kept.id));
    assert_eq!(lagged.data, serde_json::json!({ "expected": 4, "found": 2, "reset": true }));
    worker.finish_many(&gateway, 1).await;
    assert_eq!(events.next().await.unwrap().data["n"], 2);

    // Who went away after the notice goes on from there; who went away before it is told all there is.
    let mut after = gateway.follow(Some(&lagged.id)).await;
    assert_eq!(after.next().await.unwrap().data["n"], 2);
    let mut before = gateway.follow(Some(&forgotten.id)).await;
    assert_eq!(before.next().await.unwrap().data["reset"], true);
    assert_eq!(before.numbers(2).await, [1, 2]);
}

#[tokio::test]
async fn the_query_parameter_resumes_and_the_header_goes_before_it() {
    let gateway = Gateway::start().await;
    let mut worker = gateway.worker().await;
    worker.finish_many(&gateway, 3).await;
    let mut all = gateway.follow_at("/api/events?last_event_id=0-0", None).await;
    let first = all.next().await.unwrap();
    assert_eq!(first.data["n"], 1);
    let mut rest = gateway.follow_at("/api/events?last_event_id=0-0", Some(&first.id)).await;
    assert_eq!(rest.next().await.unwrap().data["n"], 2);
}

#[tokio::test]
async fn an_id_that_is_none_is_refused_with_a_hint() {
    let gateway = Gateway::start().await;
    for id in ["yesterday", "1-2-3", "-1", "1767225600000", "*", "$", "99999999999999999999-0"] {
        let request = gateway.client.get(gateway.url("/api/events")).header("last-event-id", id);
        let (status, body) = exchange(request.send().await.unwrap()).await;
        assert_eq!(status, 400, "{id}");
        assert!(body.contains("send the id of an event, such as 1767225600000-0"), "{body}");
    }
}

#[tokio::test]
async fn events_go_on_after_redis_was_restarted() {
    let mut gateway = Gateway::durable().await;
    let mut events = gateway.follow(None).await;
    gateway.worker().await.finish_many(&gateway, 1).await;
    assert_eq!(events.next().await.unwrap().data["n"], 1);
    gateway.redis.server.restart().await.unwrap();
    gateway.worker().await.finish_many(&gateway, 1).await;
    assert_eq!(events.next().await.unwrap().data["n"], 2);
}

#[tokio::test]
async fn event_streams_end_on_shutdown() {
    let gateway = Gateway::start().await;
    let mut events = gateway.follow(None).await;
    events.last_id().await;
    gateway.stop().await;
    assert!(events.next().await.is_none());
}
