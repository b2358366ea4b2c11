//! What holds for commands that other programs put into the stream by themselves.

use deertrack_schemas::{Command, State, wire};
use deertrack_stream::{Cancelled, Submitted};
use deertrack_testkit::redis::Redis;

use crate::support::*;

fn with_key(key: &str) -> deertrack_schemas::Valid<Command> {
    let mut command = Command::new(job_id(), export(), chrono::Utc::now());
    command.idempotency_key = Some(key.into());
    valid(command)
}

/// As schemas/README.md has it.
async fn add(raw: &Raw, job: &str, body: &[u8]) {
    let mut add = redis::cmd("XADD");
    add.arg(raw.keys.commands()).arg("*").arg("job").arg(job).arg("body").arg(body);
    add.exec_async(&mut raw.connection.clone()).await.unwrap();
}

/// The same command, of a kind that only a newer version knows.
fn of_unknown_kind(command: &Command) -> Vec<u8> {
    let mut body = wire::encode(command).unwrap();
    let kind = b"\xa4kind\xa3pdf";
    let at = body.windows(kind.len()).position(|bytes| bytes == kind).unwrap();
    body[at + kind.len() - 3..at + kind.len()].copy_from_slice(b"xyz");
    body
}

#[tokio::test]
async fn a_command_that_waits_has_a_status_from_its_first_sight_and_can_be_cancelled() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let command = command();
    add(&raw, command.job_id.as_str(), &wire::encode(&command).unwrap()).await;
    add(&raw, "newer", &of_unknown_kind(&command)).await;
    add(&raw, "rubbish", b"?").await;
    stream.housekeep().await.unwrap();
    let [ours, newer, rubbish] =
        [command.job_id.clone(), "newer".parse().unwrap(), "rubbish".parse().unwrap()];
    for (job, kind) in [(&ours, "pdf"), (&newer, "xyz"), (&rubbish, "unknown")] {
        let record = status(&stream, job).await;
        assert_eq!((record.state, record.kind.as_str()), (State::Queued, kind));
        assert!(record.entry_id.is_some());
    }
    assert_eq!(stream.cancel("newer").await.unwrap(), Cancelled::AtOnce);
    assert_eq!(raw.backlog().await, 2);
}

#[tokio::test]
async fn its_idempotency_key_holds_against_requests_and_other_commands() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let [direct, second, request] = ["monday"; 3].map(with_key);
    add(&raw, direct.job_id.as_str(), &wire::encode(&direct).unwrap()).await;
    stream.housekeep().await.unwrap();
    let asked = stream.submit(&request).await.unwrap();
    assert_eq!(asked, Submitted::Existing(direct.job_id.clone()));
    add(&raw, second.job_id.as_str(), &wire::encode(&second).unwrap()).await;
    let mut consumer = consumer(&stream, "a").await;
    let first = next(&mut consumer).await;
    assert_eq!(first.key_belongs_to(&direct).await.unwrap(), None);
    let other = next(&mut consumer).await;
    let owner = other.key_belongs_to(&second).await.unwrap();
    assert_eq!(owner.as_deref(), Some(direct.job_id.as_str()));
    finish(first).await;
    finish(other).await;
}

#[tokio::test]
async fn a_delete_finds_what_a_get_finds() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let foreign = async |job: &str, record: &str| -> Cancelled {
        let _: String = raw.run(&["SET", &raw.keys.status(job), record]).await;
        assert!(stream.status_text(job).await.unwrap().is_some());
        stream.cancel(job).await.unwrap()
    };
    // Records of other programs.
    assert_eq!(foreign("a", r#"{"status":"processing"}"#).await, Cancelled::Asked);
    assert_eq!(raw.run::<String>(&["GET", &raw.keys.cancel("a")]).await, "1");
    let ended = foreign("b", r#"{"status":"completed","rows":7}"#).await;
    assert_eq!(ended, Cancelled::AlreadyEnded(State::Completed));
    let ended = foreign("c", r#"{"status":"failed"}"#).await;
    assert_eq!(ended, Cancelled::AlreadyEnded(State::Failed));
    // One whose entry is lost, with all others.
    let lost = submit(&stream).await;
    let _: i64 = raw.run(&["DEL", &raw.keys.commands()]).await;
    assert_eq!(stream.cancel(lost.as_str()).await.unwrap(), Cancelled::AtOnce);
    assert_eq!(status(&stream, &lost).await.state, State::Cancelled);
    assert_eq!(stream.cancel("nobody").await.unwrap(), Cancelled::NotFound);
}
