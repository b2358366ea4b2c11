//! A worker dies in the middle of its work. It measures time, so it runs alone.

use std::time::{Duration, Instant};

use crate::support::house::House;
use crate::support::{self, until};
use deertrack_testkit::redis::Redis;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_job_is_finished_by_another_within_20_seconds() {
    let _alone = support::PROCESSOR.write().await;
    let house = House::build(Redis::start().await).await;
    let mut victim = house.worker();
    // Long enough to be seen running (the first beat comes after 100 ms), short enough to be done again.
    let year = json!({ "start_date": "2025-01-01", "end_date": "2025-12-31" });
    let mut running = None;
    for _ in 0..20 {
        let job = house.submit(year.clone()).await;
        let state = until("the job has begun", || {
            let record = house.ask(&["GET", &format!("export_job:{job}")]);
            let record: Value = serde_json::from_str(&record).unwrap();
            (record["state"] != "queued").then(|| record["state"].clone())
        });
        if state == "running" {
            victim.kill();
            running = Some(job);
            break;
        }
    }
    let job = running.expect("one of twenty jobs is seen while it runs");
    let killed = Instant::now();
    let _heir = house.worker();
    let record = until("the job is finished", || {
        let record: Value = serde_json::from_str(&house.ask(&["GET", &format!("export_job:{job}")])).unwrap();
        (record["status"] != "processing").then_some(record)
    });
    assert_eq!(record["status"], "completed", "{record}");
    assert_eq!(record["deliveries"], 2);
    assert!(killed.elapsed() <= Duration::from_secs(20), "took {:?}: {record}", killed.elapsed());
    house.assert_drained();
    let ends = house.events().into_iter().filter(|ended| *ended == job).count();
    assert_eq!(ends, 1, "one event for the job that ran twice");
}
