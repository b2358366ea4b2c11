//! The same protocol on a Redis Cluster of several nodes.

use std::time::Duration;

use chrono::Utc;
use deertrack_schemas::{Command, JobId, Keys, State, wire};
use deertrack_stream::{
    Cancelled, Consumer, Durability, Finished, Retried, RetryPolicy, Settings, Stream, StreamError,
    Submitted, WatchFrom, Watched,
};
use deertrack_testkit::cluster::Cluster;

use crate::support::*;

/// The slot of our keys, and the master that has it at first.
const SLOT: u16 = 11_992;
const MASTER: usize = 2;

async fn stream_at(cluster: &Cluster, node: usize) -> Stream {
    Stream::connect(hasty(&cluster.url(node))).await.unwrap()
}

/// Finishes what comes until the job has ended.
async fn work_until(consumer: &mut Consumer, stream: &Stream, job: &JobId) {
    soon(async {
        loop {
            tokio::select! {
                claims = consumer.next(1) => {
                    for claim in claims {
                        finish(claim).await;
                    }
                }
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
            let text = stream.status_text(job.as_str()).await.ok().flatten();
            if text.is_some_and(|text| String::from_utf8_lossy(&text).contains("\"completed\"")) {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_move_runs_on_a_cluster_whichever_node_is_named() {
    let cluster = Cluster::start(&[]).await;
    assert_eq!(cluster.master_of(SLOT, 0).await, Some(MASTER));
    for node in 0..cluster.size() {
        let stream = stream_at(&cluster, node).await;
        let mut events = stream.watch(WatchFrom::Now).await.unwrap();
        let job = submit(&stream).await;
        let mut consumer = consumer(&stream, "a").await;
        assert_eq!(finish(next(&mut consumer).await).await, Finished::Done);
        assert_eq!(status(&stream, &job).await.state, State::Completed);
        assert!(matches!(soon(events.next()).await.unwrap(), Watched::Event { .. }));

        let many = stream.submit_many(&commands(100)).await.unwrap();
        assert!(many.iter().all(|submitted| matches!(submitted, Submitted::New(_))));
        for _ in 0..100 {
            assert_eq!(finish(next(&mut consumer).await).await, Finished::Done);
        }

        let tried = submit(&stream).await;
        let claim = next(&mut consumer).await;
        let record = running(&claim);
        let soon_again = RetryPolicy { base: Duration::from_millis(1), cap: Duration::from_millis(1) };
        assert!(matches!(claim.retry(record, "not yet", &soon_again).await, Retried::Later { .. }));
        let claim = next(&mut consumer).await;
        assert_eq!(claim.job_id(), tried.as_str());
        assert_eq!(soon(claim.release()).await, Finished::Done);
        let claim = next(&mut consumer).await;
        let record = running(&claim);
        assert_eq!(soon(claim.dead("no good", record)).await, Finished::Done);
        let letters = stream.dead_letters();
        let letter = letters.list(None, None, 1).await.unwrap().remove(0);
        assert!(letters.replay(letter.id).await.unwrap());

        // The cancel's hint crosses the cluster from another node.
        let mut claim = next(&mut consumer).await;
        let record = running(&claim);
        let run = claim.run(record);
        let other = stream_at(&cluster, (node + 1) % cluster.size()).await;
        assert_eq!(other.cancel(tried.as_str()).await.unwrap(), Cancelled::Asked);
        soon(run.cancelled().cancelled()).await;
        drop(run);
        let record = running(&claim).with_state(State::Cancelled);
        assert_eq!(soon(claim.finish(record)).await, Finished::Done);
        stream.housekeep().await.unwrap();
        assert_eq!(other.overview().await.unwrap().counts.backlog, 0);
        stream.pause().await.unwrap();
        let waits = submit(&stream).await;
        assert_eq!(stream.cancel(waits.as_str()).await.unwrap(), Cancelled::AtOnce);
        stream.resume().await.unwrap();
        consumer.stop().await;
    }
}

#[tokio::test]
async fn a_foreign_job_is_refused_in_words_and_its_neighbours_run() {
    let cluster = Cluster::start(&[]).await;
    let stream = stream_at(&cluster, 0).await;
    // A record of another program is read wherever it lies; "celery-6" lies elsewhere.
    let lies_in = Keys::default().status_slot("celery-6");
    let there = cluster.master_of(lies_in, 0).await.unwrap();
    assert_ne!(there, MASTER);
    cluster.ask(there, &["SET", "export_job:celery-6", "{\"status\":\"processing\"}"]).await;
    assert_eq!(stream.status_text("celery-6").await.unwrap().unwrap(), b"{\"status\":\"processing\"}");
    assert_eq!(stream.status_text("celery-2").await.unwrap(), None);
    assert_eq!(stream.cancel("celery-6").await.unwrap(), Cancelled::NotFound);

    let foreign = |id: &str| valid(Command::new(id.parse().unwrap(), export(), Utc::now()));
    let refused = stream.submit_many(&[command(), foreign("celery-2")]).await.unwrap_err();
    assert!(matches!(refused, StreamError::Foreign(_)) && !refused.is_unavailable());
    assert!(refused.to_string().contains("deertrack new-id"), "{refused}");

    // Put there by hand, between two of ours.
    let before = submit(&stream).await;
    let named = stream_at(&cluster, MASTER).await;
    let client = redis::Client::open(cluster.url(MASTER)).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let mut add = redis::cmd("XADD");
    add.arg("{exports}:commands").arg("*").arg("job").arg("celery-3");
    add.arg("body").arg(wire::encode(&foreign("celery-3")).unwrap());
    let _: String = add.query_async(&mut raw).await.unwrap();
    let behind = submit(&named).await;
    stream.housekeep().await.unwrap();
    assert_eq!(stream.overview().await.unwrap().sampled, 3);

    let mut consumer = consumer(&stream, "a").await;
    for job in [before, behind] {
        let claim = next(&mut consumer).await;
        assert_eq!(claim.job_id(), job.as_str());
        assert_eq!(finish(claim).await, Finished::Done);
    }
    until(async || stream.status_text("celery-3").await.unwrap().is_some()).await;
    let told = status(&stream, &"celery-3".parse().unwrap()).await;
    let slot = Keys::default().status_slot("celery-3");
    assert_eq!(told.state, State::Dead);
    let why = told.error.unwrap();
    assert!(
        why.contains(&format!("slot {slot}")) && why.contains("11992") && why.contains("new-id"),
        "{why}"
    );
    let letter = stream.dead_letters().list(None, None, 1).await.unwrap().remove(0);
    assert_eq!((letter.job_id.as_str(), letter.reason.as_str()), ("celery-3", why.as_str()));
    assert_eq!(stream.counts().await.unwrap().backlog, 0);
    // Those who read the key by its name find it on its node.
    let there = cluster.master_of(slot, 0).await.unwrap();
    assert!(cluster.ask(there, &["GET", "export_job:celery-3"]).await.contains("new-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn work_goes_on_while_the_slot_moves_to_another_node_and_back() {
    let cluster = Cluster::start(&[]).await;
    let stream = stream_at(&cluster, 1).await;
    let mut events = stream.watch(WatchFrom::Now).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    let mut jobs = Vec::new();
    for (from, to) in [(MASTER, 0), (0, MASTER)] {
        let (first, second) = (submit_at_last(&stream).await, submit_at_last(&stream).await);
        let held = next(&mut consumer).await;
        let halfway = async {
            // Everything says "later" now. Nothing is lost by it.
            let refused = stream.submit(&command()).await.unwrap_err();
            assert!(refused.is_unavailable(), "{refused}");
        };
        cluster.move_slot(SLOT, from, to, halfway).await;
        assert_eq!(cluster.master_of(SLOT, 1).await, Some(to));
        assert_eq!(finish(held).await, Finished::Done, "the fence moved with the stream");
        let third = submit_at_last(&stream).await;
        for job in [first, second, third] {
            work_until(&mut consumer, &stream, &job).await;
            jobs.push(job);
        }
    }
    let mut told = Vec::new();
    while told.len() < jobs.len() {
        if let Watched::Event { event, .. } = soon(events.next()).await.unwrap() {
            told.push(event.record.job_id);
        }
    }
    told.sort();
    jobs.sort();
    assert_eq!(told, jobs, "each has ended once");
    assert_eq!(stream.counts().await.unwrap().backlog, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_goes_on_after_a_failover_asked_for_and_after_one_that_was_not() {
    let mut cluster = Cluster::start(&[MASTER]).await;
    let replica = cluster.size() - 1;
    // A submit that waits for the replica is lost by neither.
    let sure = Durability::Replicated { replicas: 1, within: Duration::from_secs(5) };
    let sure = Settings { durability: sure, ..hasty(&cluster.url(0)) };
    let stream = Stream::connect(sure).await.unwrap();
    let mut events = stream.watch(WatchFrom::Now).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    let first = submit_at_last(&stream).await;
    work_until(&mut consumer, &stream, &first).await;

    let over = submit_at_last(&stream).await;
    assert_eq!(cluster.ask(replica, &["CLUSTER", "FAILOVER"]).await, "OK");
    until(async || cluster.master_of(SLOT, 0).await == Some(replica)).await;
    work_until(&mut consumer, &stream, &over).await;
    let second = submit_at_last(&stream).await;
    work_until(&mut consumer, &stream, &second).await;

    // The master of now dies; the node that was named lives, and so does the replica.
    let waits = submit_at_last(&stream).await;
    cluster.node(replica).server.kill().await.unwrap();
    let after = soon(async {
        loop {
            match cluster.master_of(SLOT, 0).await {
                Some(master) if master != replica => return master,
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    })
    .await;
    assert_eq!(after, MASTER);
    work_until(&mut consumer, &stream, &waits).await;
    let mut ended = Vec::new();
    while ended.len() < 4 {
        if let Watched::Event { event, .. } = soon(events.next()).await.unwrap() {
            ended.push(event.record.job_id);
        }
    }
    assert_eq!(ended, [first, over, second, waits]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_that_was_named_may_die() {
    let mut cluster = Cluster::start(&[0]).await;
    let stream = stream_at(&cluster, 0).await;
    let job = submit(&stream).await;
    cluster.node(0).server.kill().await.unwrap();
    // Its slots go to its replica; ours never moved, and a connection that breaks is made again by other nodes.
    let raw = redis::Client::open(cluster.url(MASTER)).unwrap();
    let mut raw = raw.get_multiplexed_async_connection().await.unwrap();
    let _: i64 =
        redis::cmd("CLIENT").arg("KILL").arg("SKIPME").arg("yes").query_async(&mut raw).await.unwrap();
    let mut consumer = soon(async {
        loop {
            match Consumer::start(&stream, Default::default()).await {
                Ok(consumer) => return consumer,
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    })
    .await;
    work_until(&mut consumer, &stream, &job).await;
}

#[tokio::test]
async fn a_cluster_that_does_not_have_our_slot_is_not_ready() {
    let cluster = Cluster::start(&[0, 0, 0]).await;
    let stream = stream_at(&cluster, 0).await;
    let unmet = async || -> Vec<String> {
        let all = [stream.submit_conditions().await, stream.fetch_conditions().await].concat();
        all.iter().filter_map(deertrack_stream::Condition::unmet).collect()
    };
    assert_eq!(unmet().await, [""; 0]);
    for node in 0..cluster.size() {
        cluster.ask(node, &["CLUSTER", "DELSLOTS", &SLOT.to_string()]).await;
    }
    until(async || unmet().await.len() == 4).await;
    for why in unmet().await {
        assert!(why.contains("CLUSTERDOWN") || why.contains("slot"), "{why}");
    }
}
