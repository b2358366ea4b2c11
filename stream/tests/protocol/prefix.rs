//! Two stacks on one database, told apart by their prefix, share nothing.

use deertrack_schemas::State;
use deertrack_stream::{Cancelled, Finished, Settings, Stream, Submitted, WatchFrom, Watched};
use deertrack_testkit::redis::Redis;
use futures::StreamExt;

use crate::support::*;

async fn of(redis: &Redis, prefix: &str) -> Stream {
    Stream::connect(Settings { keys: prefix.parse().unwrap(), ..hasty(redis.url()) }).await.unwrap()
}

#[tokio::test]
async fn jobs_of_two_stacks_on_one_database_do_not_cross() {
    let redis = Redis::start().await;
    let (south, north) = (of(&redis, "exports").await, of(&redis, "north").await);
    // The same job, id and idempotency key, in both.
    let mut same = deertrack_schemas::Command::new(job_id(), export(), chrono::Utc::now());
    same.idempotency_key = Some("monday".into());
    let same = valid(same);
    for stream in [&south, &north] {
        assert_eq!(stream.submit(&same).await.unwrap(), Submitted::New(same.job_id.clone()));
    }
    let mut told = north.watch(WatchFrom::Start).await.unwrap();
    let mut here = consumer(&south, "south").await;
    assert_eq!(finish(next(&mut here).await).await, Finished::Done);
    assert_eq!(status(&south, &same.job_id).await.state, State::Completed);
    assert_eq!(status(&north, &same.job_id).await.state, State::Queued);
    let counts = north.counts().await.unwrap();
    assert_eq!((counts.backlog, counts.events, counts.consumers), (1, 0, 0));

    // What fails, is parked or is given up in one is nothing to the other.
    let mut there = consumer(&north, "north").await;
    let claim = next(&mut there).await;
    let record = running(&claim);
    soon(claim.dead("no good", record)).await;
    assert!(matches!(soon(told.next()).await.unwrap(), Watched::Event { event, .. } if event.n == 1));
    assert_eq!(south.counts().await.unwrap().dead, 0);
    let letters = north.dead_letters();
    let letter = letters.list(None, None, 10).await.unwrap().remove(0);
    assert!(!south.dead_letters().replay(letter.id).await.unwrap());
    assert!(letters.replay(letter.id).await.unwrap());
    assert_eq!(finish(next(&mut there).await).await, Finished::Done);
    assert_eq!(south.housekeep().await.unwrap().consumers_removed, 0);
    assert_eq!(north.housekeep().await.unwrap().consumers_removed, 0);

    here.stop().await;
    there.stop().await;
    let raw = Raw::connect(redis.url()).await;
    let keys: Vec<String> = raw.run(&["KEYS", "*"]).await;
    let (of_north, rest): (Vec<_>, Vec<_>) = keys.iter().partition(|key| key.starts_with("{north}:"));
    assert!(of_north.contains(&&format!("{{north}}:export_job:{}", same.job_id)), "{of_north:?}");
    assert!(of_north.len() >= 4, "{of_north:?}");
    let ours = |key: &&&String| key.starts_with("{exports}:") || key.starts_with("export_job:");
    assert_eq!(rest.iter().filter(ours).count(), rest.len(), "{rest:?}");
}

#[tokio::test]
async fn pause_and_cancel_of_one_stack_do_not_touch_the_other() {
    let redis = Redis::start().await;
    let (south, north) = (of(&redis, "exports").await, of(&redis, "north").await);
    let mut here = consumer(&south, "south").await;
    let mut there = consumer(&north, "north").await;
    let same = command();
    for stream in [&south, &north] {
        stream.submit(&same).await.unwrap();
    }
    let (mut claim_here, mut claim_there) = (next(&mut here).await, next(&mut there).await);
    let (record_here, record_there) = (running(&claim_here), running(&claim_there));
    let (run_here, run_there) = (claim_here.run(record_here), claim_there.run(record_there));
    assert_eq!(north.cancel(same.job_id.as_str()).await.unwrap(), Cancelled::Asked);
    let (asked_here, asked_there) = (run_here.cancelled(), run_there.cancelled());
    soon(asked_there.cancelled()).await;
    // Beats of the other have looked since.
    let beats = tokio::time::sleep(3 * south.settings().beat_every);
    tokio::select! {
        () = asked_here.cancelled() => panic!("cancelled with its namesake"),
        () = beats => {}
    }
    assert_eq!(finish(claim_here).await, Finished::Done);
    drop(claim_there);

    north.pause().await.unwrap();
    assert!(north.is_paused().await.unwrap() && !south.is_paused().await.unwrap());
    let job = submit(&south).await;
    assert_eq!(next(&mut here).await.job_id(), job.as_str());
}

#[tokio::test]
async fn hints_go_to_their_own_stack() {
    let redis = Redis::start().await;
    let (south, north) = (of(&redis, "exports").await, of(&redis, "north").await);
    let client = redis::Client::open(redis.url()).unwrap();
    let mut channel = client.get_async_pubsub().await.unwrap();
    channel.psubscribe("*").await.unwrap();
    north.pause().await.unwrap();
    south.pause().await.unwrap();
    let mut hints = channel.on_message();
    for expected in ["{north}:control", "{exports}:control"] {
        assert_eq!(soon(hints.next()).await.unwrap().get_channel_name(), expected);
    }
}
