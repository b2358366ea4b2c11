//! What `deertrack queue` shows, at a cost that does not grow with the backlog.

use std::time::Duration;

use chrono::Utc;
use deertrack_schemas::{Command, State};
use deertrack_stream::{ServerInfo, Stream, Waiting};
use deertrack_testkit::redis::Redis;

use crate::support::*;

async fn submit_by(stream: &Stream, who: &str, count: usize) {
    for _ in 0..count {
        let mut command = Command::new(job_id(), export(), Utc::now());
        command.requested_by = Some(who.into());
        stream.submit(&valid(command)).await.unwrap();
    }
}

#[tokio::test]
async fn an_overview_tells_who_waits_who_runs_and_how_far_they_are() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    submit_by(&stream, "anna", 1).await;
    let mut consumer = consumer(&stream, "a").await;
    let mut claim = next(&mut consumer).await;
    submit_by(&stream, "berta", 1).await;
    submit_by(&stream, "anna", 2).await;
    let record = running(&claim);
    let run = claim.run(record);
    run.progress(0.25, "drawing");
    let job = claim.job_id().parse().unwrap();
    until(async || status(&stream, &job).await.stage.is_some()).await;

    let overview = stream.overview().await.unwrap();
    let waiting = |who: &str, count| Waiting { kind: "pdf".into(), requested_by: Some(who.into()), count };
    assert_eq!((overview.sampled, overview.waiting), (3, vec![waiting("anna", 2), waiting("berta", 1)]));
    assert_eq!((overview.counts.backlog, overview.counts.pending, overview.paused), (4, 1, false));
    assert_eq!(overview.running.len(), 1);
    let shown = &overview.running[0];
    assert_eq!((shown.job_id.as_str(), shown.worker.as_str()), (claim.job_id(), consumer.name()));
    let record = shown.record.as_ref().unwrap();
    assert_eq!((record.state, record.progress), (State::Running, 0.25));
    assert_eq!(record.requested_by.as_deref(), Some("anna"));
}

#[tokio::test]
async fn an_overview_of_an_empty_redis_is_empty() {
    let redis = Redis::start().await;
    let overview = redis.stream().await.overview().await.unwrap();
    assert_eq!((overview.sampled, overview.running.len(), overview.delayed.len()), (0, 0, 0));
}

#[test]
fn what_is_wrong_with_a_server_is_told_with_what_to_do() {
    let good = ServerInfo {
        version: "7.0.15".into(),
        eviction_policy: "noeviction".into(),
        aof: Some(true),
        rdb: Some(false),
        used_memory: 1,
        max_memory: 0,
        processor_time: Duration::ZERO,
        role: "master".into(),
        can_sync: false,
        rewrite_failed: false,
        process_id: 1,
    };
    assert_eq!(good.problems(), []);
    let fatal = |info: ServerInfo| info.problems().first().is_some_and(|problem| problem.fatal);
    assert!(fatal(ServerInfo { eviction_policy: "allkeys-lru".into(), ..good.clone() }));
    assert!(fatal(ServerInfo { role: "slave".into(), ..good.clone() }));
    let volatile = ServerInfo { eviction_policy: "volatile-ttl".into(), ..good.clone() }.problems();
    assert!(!volatile[0].fatal && volatile[0].text.contains("noeviction"));
    assert!(ServerInfo { aof: Some(false), ..good.clone() }.problems()[0].text.contains("appendonly"));
    let failed = ServerInfo { rewrite_failed: true, ..good.clone() }.problems();
    assert!(!failed[0].fatal && failed[0].text.contains("rewrite"), "{failed:?}");
    assert_eq!(ServerInfo { aof: Some(false), rdb: Some(true), ..good.clone() }.problems().len(), 1);
    // Of what may not be asked nothing is said.
    let unasked = ServerInfo { aof: Some(false), rdb: None, ..good.clone() }.problems();
    assert!(unasked[0].text.contains("at most snapshots") && !unasked[0].text.contains("nothing is written"));
    let unknown = ServerInfo { aof: None, rdb: None, role: "unknown".into(), ..good.clone() };
    assert_eq!((unknown.problems(), unknown.cannot_sync().is_some()), (vec![], true), "7.0 cannot sync");
    assert!(good.cannot_sync().unwrap().contains("7.2"));
    let syncs = ServerInfo { can_sync: true, ..good };
    assert_eq!(syncs.cannot_sync(), None);
    assert!(ServerInfo { aof: Some(false), ..syncs }.cannot_sync().unwrap().contains("appendonly yes"));
}
