//! Bodies and entries that nobody would write on purpose.

use std::time::Duration;

use deertrack_schemas::State;
use deertrack_stream::{Finished, Settings, Stream};
use deertrack_testkit::redis::Redis;
use rand::{Rng, SeedableRng};

use crate::support::*;

const BAD: usize = 100_000;
const GOOD: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_random_bodies_end_in_the_dead_letters_and_their_neighbours_finish() {
    let redis = Redis::start().await;
    // All are counted in the end, so none may be dropped.
    let settings =
        Settings { max_dead_letters: u64::MAX, max_dead_letter_bytes: u64::MAX, ..redis.settings() };
    let stream = Stream::connect(settings).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut jobs = Vec::new();
    let mut random = rand::rngs::StdRng::seed_from_u64(2026);
    for _ in 0..GOOD {
        add_garbage(&raw, &mut random, BAD / GOOD).await;
        jobs.push(submit(&stream).await);
    }
    let done = drain(&stream).await;
    assert_eq!(done, (GOOD, BAD));
    for job in &jobs {
        assert_eq!(status(&stream, job).await.state, State::Completed);
    }
    let dead: usize = raw.run(&["XLEN", &raw.keys.dead()]).await;
    assert_eq!(dead, BAD);
    raw.assert_drained().await;
}

async fn add_garbage(raw: &Raw, random: &mut impl Rng, count: usize) {
    let mut pipe = redis::pipe();
    for _ in 0..count {
        let mut body = vec![0; random.random_range(0..200)];
        random.fill_bytes(&mut body);
        pipe.cmd("XADD")
            .arg(raw.keys.commands())
            .arg("*")
            .arg("job")
            .arg("bad")
            .arg("body")
            .arg(body)
            .ignore();
    }
    pipe.exec_async(&mut raw.connection.clone()).await.unwrap();
}

/// Works like a worker until all is done; how many were good and how many bad.
async fn drain(stream: &Stream) -> (usize, usize) {
    let mut consumer = consumer(stream, "a").await;
    let mut tasks = tokio::task::JoinSet::new();
    let (mut good, mut bad) = (0, 0);
    while good + bad < GOOD + BAD {
        while tasks.len() >= 256 {
            count(tasks.join_next().await.unwrap().unwrap(), &mut good, &mut bad);
        }
        tokio::select! {
            claims = consumer.next(256 - tasks.len()) => {
                for claim in claims {
                    tasks.spawn(work(claim));
                }
            }
            Some(ended) = tasks.join_next() => count(ended.unwrap(), &mut good, &mut bad),
        }
    }
    (good, bad)
}

fn count(was_good: bool, good: &mut usize, bad: &mut usize) {
    *(if was_good { good } else { bad }) += 1;
}

async fn work(claim: deertrack_stream::Claim) -> bool {
    match claim.decode() {
        Ok(_) => {
            assert_eq!(finish(claim).await, Finished::Done);
            true
        }
        Err(error) => {
            let record = claim.unreadable();
            assert_eq!(soon(claim.dead(&error.to_string(), record)).await, Finished::Done);
            false
        }
    }
}

#[tokio::test]
async fn entries_of_any_shape_are_claimed_and_can_be_buried_with_all_their_fields() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let commands = raw.keys.commands();
    let shapes: [&[&str]; 4] = [
        &["something", "else"],
        &["job", "../../etc/passwd", "body", ""],
        &["job", "", "errors", "not json", "body", "x"],
        &["body", "1", "body", "2", "tenant", "t"],
    ];
    for shape in shapes {
        let _: String = raw.run(&[&["XADD", &commands, "*"], shape].concat()).await;
    }
    let mut consumer = consumer(&stream, "a").await;
    for _ in shapes {
        let claim = next(&mut consumer).await;
        assert!(claim.decode().is_err());
        // An id that could leave its folder is not passed on: the entry's own stands in.
        assert_eq!(claim.job_id(), claim.entry_id());
        let record = claim.unreadable();
        assert_eq!(soon(claim.dead("no command", record)).await, Finished::Done);
    }
    let letters = raw.dead().await;
    assert_eq!(letters[0]["raw.something"], b"else");
    assert_eq!(letters[1]["raw.job"], b"../../etc/passwd");
    assert_eq!(letters[3]["reason"], b"no command");
    raw.assert_drained().await;
}

/// One entry of 5,000 fields, its `job` the last of them.
async fn add_with_many_fields(raw: &Raw) {
    let mut add = redis::cmd("XADD");
    add.arg(raw.keys.commands()).arg("*");
    for number in 1..5_000 {
        add.arg(format!("field {number}")).arg(number);
    }
    add.arg("job").arg("huge");
    add.exec_async(&mut raw.connection.clone()).await.unwrap();
}

#[tokio::test]
async fn an_entry_of_five_thousand_fields_ends_in_the_dead_letters_and_its_neighbour_finishes() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    add_with_many_fields(&raw).await;
    let job = submit(&stream).await;
    let mut consumer = consumer(&stream, "a").await;
    let huge = next(&mut consumer).await;
    assert_eq!(huge.job_id(), "huge");
    let record = huge.unreadable();
    assert_eq!(soon(huge.dead("no command", record)).await, Finished::Done);
    assert_eq!(finish(next(&mut consumer).await).await, Finished::Done);
    assert_eq!(status(&stream, &job).await.state, State::Completed);

    let letters = stream.dead_letters();
    let letter = letters.list(None, None, 10).await.unwrap().remove(0);
    assert_eq!(letter.reason, "no command; 3999 of its 5000 fields were left out");
    assert_eq!(
        (letter.fields.len(), letter.fields[b"job".as_slice()].as_slice()),
        (1_001, b"huge".as_slice())
    );
    assert!(letters.replay(letter.id).await.unwrap());
    assert_eq!(next(&mut consumer).await.job_id(), "huge");
}

#[tokio::test]
async fn a_letter_of_more_fields_than_can_be_put_back_is_refused_and_kept() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut add = redis::cmd("XADD");
    add.arg(raw.keys.dead()).arg("*").arg("job").arg("huge").arg("kind").arg("unknown");
    for number in 0..5_000 {
        add.arg(format!("raw.{number}")).arg(number);
    }
    add.exec_async(&mut raw.connection.clone()).await.unwrap();
    let refused = stream.dead_letters().replay_all(None).await.unwrap_err();
    assert!(refused.to_string().contains("has 5000 fields; at most 3498 can be put back"), "{refused}");
    assert_eq!((raw.dead().await.len(), raw.backlog().await), (1, 0));
}

#[tokio::test]
async fn a_move_that_redis_refuses_again_and_again_is_let_go_and_its_entry_comes_back() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let _: () = raw.run(&["SET", &raw.keys.dead(), "no stream"]).await;
    submit(&stream).await;
    let mut consumer = consumer(&stream, "a").await;
    let claim = next(&mut consumer).await;
    let record = running(&claim);
    assert_eq!(soon(claim.dead("it never works", record)).await, Finished::Lost);

    let _: i64 = raw.run(&["DEL", &raw.keys.dead()]).await;
    let again = next(&mut consumer).await;
    assert_eq!(again.delivery(), 2);
    assert_eq!(finish(again).await, Finished::Done);
    raw.assert_drained().await;
}

#[tokio::test]
async fn an_end_that_redis_refuses_again_and_again_is_let_go_and_its_entry_comes_back() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let _: () = raw.run(&["SET", &raw.keys.events(), "no stream"]).await;
    let job = submit(&stream).await;
    let mut consumer = consumer(&stream, "a").await;
    assert_eq!(finish(next(&mut consumer).await).await, Finished::Lost);
    assert_eq!(status(&stream, &job).await.state, State::Queued, "without its event it has not ended");

    let _: i64 = raw.run(&["DEL", &raw.keys.events()]).await;
    let again = next(&mut consumer).await;
    assert_eq!(finish(again).await, Finished::Done);
    raw.assert_drained().await;
}

const NO_TEXT: &[u8] = b"\xff\xfe";

#[tokio::test]
async fn a_field_whose_name_is_no_text_hides_no_other_entry() {
    let redis = Redis::start().await;
    // Short, so that what waits is soon old enough to be kept alive.
    let settings = Settings { status_ttl: Duration::from_secs(2), ..redis.settings() };
    let stream = Stream::connect(settings).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    for stream in [raw.keys.commands(), raw.keys.dead()] {
        let mut add = redis::cmd("XADD");
        add.arg(stream).arg("*").arg("job").arg("odd").arg(NO_TEXT).arg("1");
        add.exec_async(&mut raw.connection.clone()).await.unwrap();
    }
    let job = submit(&stream).await;
    let overview = stream.overview().await.unwrap();
    assert_eq!((overview.sampled, overview.counts.backlog, overview.counts.dead), (2, 2, 1));
    stream.record_gauges().await.unwrap();
    until(async || stream.housekeep().await.unwrap().kept_alive == 2).await;

    let mut consumer = consumer(&stream, "a").await;
    let odd = next(&mut consumer).await;
    assert_eq!(stream.overview().await.unwrap().running[0].job_id, "odd");
    let record = odd.unreadable();
    assert_eq!(soon(odd.dead("no command", record)).await, Finished::Done);
    assert_eq!(finish(next(&mut consumer).await).await, Finished::Done);
    assert_eq!(status(&stream, &job).await.state, State::Completed);
}

#[tokio::test]
async fn a_letter_with_a_field_whose_name_is_no_text_is_listed_put_back_as_it_was_and_dropped() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    for _ in 0..2 {
        let mut add = redis::cmd("XADD");
        add.arg(raw.keys.commands()).arg("*").arg(NO_TEXT).arg(NO_TEXT);
        add.exec_async(&mut raw.connection.clone()).await.unwrap();
    }
    let mut consumer = consumer(&stream, "a").await;
    for _ in 0..2 {
        let claim = next(&mut consumer).await;
        let record = claim.unreadable();
        assert_eq!(soon(claim.dead("no command", record)).await, Finished::Done);
    }
    consumer.stop().await;
    let dead = stream.dead_letters();
    let letters = dead.list(Some("unknown"), None, 10).await.unwrap();
    assert_eq!((letters.len(), letters[0].fields[NO_TEXT].as_slice()), (2, NO_TEXT));
    assert!(dead.get(letters[0].id).await.unwrap().is_some());
    assert!(dead.replay(letters[0].id).await.unwrap());
    type Bytes = (String, Vec<(Vec<u8>, Vec<u8>)>);
    let entries: Vec<Bytes> = raw.run(&["XRANGE", &raw.keys.commands(), "-", "+"]).await;
    assert_eq!(entries[0].1, [(NO_TEXT.to_vec(), NO_TEXT.to_vec())]);
    assert!(dead.drop(letters[1].id).await.unwrap());
    assert_eq!(dead.drop_all(None).await.unwrap(), 0);
}
