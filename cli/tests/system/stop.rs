//! A worker is told to stop, and Redis does not answer. These tests measure time, so they run alone.

use std::time::{Duration, Instant};

use crate::support::house::House;
use crate::support::{self, Running, until};
use deertrack_testkit::redis::Redis;
use serde_json::json;

const GRACE: Duration = Duration::from_secs(2);
/// What a worker may take beyond its grace time.
const MARGIN: Duration = Duration::from_secs(2);

/// A worker with a job at work.
async fn busy_worker(house: &House, working: &str, grace: Duration) -> Running {
    let working = format!("job.working={working}");
    let grace = grace.as_secs().to_string();
    let worker = house.worker_with(&[("FAILPOINTS", &working), ("DEERTRACK_GRACE_SECONDS", &grace)]);
    let month = json!({ "start_date": "2025-10-01", "end_date": "2025-10-31", "format": "csv" });
    let job = house.submit_kind("table", &month).await;
    until("the job runs", || (house.record(&job)["state"] == "running").then_some(()));
    worker
}

/// Tells it to stop; how long that takes.
fn stopped_after(worker: &mut Running) -> Duration {
    let told = Instant::now();
    assert!(worker.terminate().success(), "{}", worker.said());
    told.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_stopped_while_redis_is_away_exits_in_time() {
    let _alone = support::PROCESSOR.write().await;
    // One job never ends; the end of the other waits for Redis.
    for working in ["pause", "sleep(1500)"] {
        let mut house = House::build(Redis::durable().await).await;
        let mut worker = busy_worker(&house, working, GRACE).await;
        house.redis.server.kill().await.unwrap();
        let took = stopped_after(&mut worker);
        assert!((GRACE..=GRACE + MARGIN).contains(&took), "{working}: {took:?}\n{}", worker.said());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_stopped_while_redis_is_silent_exits_in_time() {
    let _alone = support::PROCESSOR.write().await;
    let mut house = House::build(Redis::durable().await).await;
    let mut worker = busy_worker(&house, "pause", GRACE).await;
    house.redis.server.signal("STOP").unwrap();
    let took = stopped_after(&mut worker);
    house.redis.server.signal("CONT").unwrap();
    assert!((GRACE..=GRACE + MARGIN).contains(&took), "{took:?}\n{}", worker.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_stops_a_worker_at_once() {
    let _alone = support::PROCESSOR.write().await;
    let mut house = House::build(Redis::durable().await).await;
    let mut worker = busy_worker(&house, "pause", Duration::from_secs(600)).await;
    house.redis.server.kill().await.unwrap();
    worker.signal("TERM");
    worker.line("once more to stop at once");
    let told = Instant::now();
    assert_eq!(worker.terminate().code(), Some(130));
    assert!(told.elapsed() <= MARGIN, "{:?}", told.elapsed());
}
