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
    let mut victim = house.worker_with(&[("FAILPOINTS", "job.working=pause")]);
    // Rows take no time: what is measured is how long the job lies about, not how long a debug build draws.
    let month = json!({ "start_date": "2025-10-01", "end_date": "2025-10-31", "format": "csv" });
    let job = house.submit_kind("table", &month).await;
    until("the job runs", || (house.record(&job)["state"] == "running").then_some(()));
    victim.kill();
    let killed = Instant::now();
    let _heir = house.worker();
    let record = until("the job is finished", || {
        let record = house.record(&job);
        (record["status"] != "processing").then_some(record)
    });
    assert_eq!(record["status"], "completed", "{record}");
    assert_eq!(record["deliveries"], 2);
    assert!(killed.elapsed() <= Duration::from_secs(20), "took {:?}: {record}", killed.elapsed());
    house.assert_drained();
    let ends = house.events().into_iter().filter(|ended| *ended == job).count();
    assert_eq!(ends, 1, "one event for the job that ran twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_ends_its_process_is_given_up_and_its_neighbours_complete() {
    let _shared = support::PROCESSOR.read().await;
    let house = House::build(Redis::start().await).await;
    let month = json!({ "start_date": "2025-10-01", "end_date": "2025-10-31", "format": "csv" });
    let mut jobs = Vec::new();
    for _ in 0..6 {
        jobs.push(house.submit_kind("table", &month).await);
    }
    let poison = jobs.remove(1);
    // The first four are fetched together, the poison among them.
    let variables = [
        ("FAILPOINTS", &*format!("job.running=return({poison})")),
        ("DEERTRACK_CONCURRENCY", "4"),
        ("DEERTRACK_LEASE_MS", "2000"),
    ];
    let given_up = || house.record(&poison)["state"] == "dead";
    let mut deaths = 0;
    while !given_up() {
        let mut worker = house.worker_with(&variables);
        until("it dies, or the poison is given up", || (worker.has_ended() || given_up()).then_some(()));
        deaths += usize::from(worker.has_ended());
    }
    assert_eq!(deaths, 3, "one for each delivery");
    let _heir = house.worker_with(&variables);
    for job in &jobs {
        let record = until("a neighbour has ended", || {
            let record = house.record(job);
            (record["status"] != "processing").then_some(record)
        });
        assert_eq!(record["state"], "completed", "{record}");
    }
    house.assert_drained();
    assert_eq!(house.ask(&["XLEN", "{exports}:dead"]), "1");
    assert_eq!(house.events().len(), jobs.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_stopped_for_longer_than_its_lease_throws_its_result_away() {
    let _shared = support::PROCESSOR.read().await;
    let house = House::build(Redis::start().await).await;
    let hasty = ("DEERTRACK_LEASE_MS", "2000");
    let mut sleeper = house.worker_with(&[("FAILPOINTS", "job.working=sleep(1000)"), hasty]);
    let job = house.submit(json!({})).await;
    until("the job runs", || (house.record(&job)["state"] == "running").then_some(()));
    sleeper.signal("STOP");
    let _heir = house.worker_with(&[hasty]);
    let record = until("the heir has done it", || {
        let record = house.record(&job);
        (record["status"] != "processing").then_some(record)
    });
    sleeper.signal("CONT");
    sleeper.line("another worker owns the job now");
    assert_eq!((&record["status"], house.record(&job)), (&json!("completed"), record.clone()));
    assert_eq!(house.events(), [job]);
    house.assert_drained();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stopped_worker_hands_back_is_run_by_another_at_once() {
    let _alone = support::PROCESSOR.write().await;
    let house = House::build(Redis::start().await).await;
    let mut leaves =
        house.worker_with(&[("FAILPOINTS", "job.working=pause"), ("DEERTRACK_GRACE_SECONDS", "0")]);
    let job = house.submit(json!({})).await;
    until("the job runs", || (house.record(&job)["state"] == "running").then_some(()));
    let mut stays = house.worker();
    stays.line("worker is ready");
    leaves.signal("TERM");
    let record = until("the other has done it", || {
        let record = house.record(&job);
        (record["status"] != "processing").then_some(record)
    });
    assert_eq!((&record["status"], &record["deliveries"]), (&json!("completed"), &json!(1)), "{record}");
    let handed_back = leaves.line("the job is handed back");
    let time = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let left = time(handed_back.split_whitespace().next().unwrap());
    let waited = time(record["started_at"].as_str().unwrap()) - left;
    // Far below the lease of 15 s and the sweep of 3 s: it is told.
    assert!(waited.num_milliseconds() < 1500, "{waited}: {record}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_whose_worker_was_killed_in_the_middle_has_the_same_files_in_the_end() {
    let _alone = support::PROCESSOR.write().await;
    let house = House::build(Redis::start().await).await;
    // The same season again, with photographs.
    support::succeed(&["simulate", "--seed", "1", "--end", "2025-12-31", "--database", &house.database]);
    let year = json!({ "start_date": "2025-01-01", "end_date": "2025-12-31", "crop_size": 256 });
    let exports = house.dir.path().join("exports");
    let drafts = || {
        let names = std::fs::read_dir(&exports).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().ends_with(".part")).count()
    };
    let mut victim = house.worker();
    let mut running = None;
    for _ in 0..20 {
        let job = house.submit_kind("zip", &year).await;
        let in_the_middle = until("the archive has begun, or is finished", || {
            let ended = house.record(&job)["status"] != "processing";
            (ended || drafts() > 0).then_some(!ended)
        });
        if in_the_middle {
            victim.kill();
            running = Some(job);
            break;
        }
    }
    let killed = running.expect("one of twenty jobs is seen while it runs");
    assert_eq!(drafts(), 1, "what the killed worker had written lies about, hidden");
    let _heir = house.worker();
    let undisturbed = house.submit_kind("zip", &year).await;
    let [killed, undisturbed] = [killed, undisturbed].map(|job| {
        until("the archive is finished", || {
            let record = house.record(&job);
            (record["status"] != "processing").then_some(record)
        })
    });
    assert_eq!((&killed["status"], &killed["deliveries"]), (&json!("completed"), &json!(2)), "{killed}");
    let files = |record: &Value| {
        let file = std::fs::File::open(exports.join(record["filename"].as_str().unwrap())).unwrap();
        let mut archive = zip::ZipArchive::new(file).unwrap();
        let manifest: Value = serde_json::from_reader(archive.by_name("manifest.json").unwrap()).unwrap();
        manifest["entries"].clone()
    };
    let entries = files(&killed);
    assert!(entries.as_array().unwrap().len() > 100, "{entries}");
    assert_eq!(entries, files(&undisturbed), "every hash");
}
