//! The library without the gateway: the same rules, the same answers.

use crate::support::{Gateway, RIGHT};
use chrono_tz::Tz;
use deertrack_producer::{Exports, Kind, Request, Submitted, WatchFrom, Watched};
use deertrack_schemas::State;

fn request(body: &str) -> Request {
    Request::from_json(Kind::Pdf, body.as_bytes()).unwrap()
}

#[tokio::test]
async fn a_broken_rule_is_refused_before_anything_is_enqueued() {
    let gateway = Gateway::start().await;
    let exports = Exports::connect(gateway.redis.url()).await.unwrap();
    let backwards = r#"{"start_date":"2026-02-01","end_date":"2026-01-01","group_by":"day"}"#;
    let rejection = exports.check(request(backwards)).unwrap_err();
    assert_eq!(
        (rejection.http_status(), rejection.to_string().as_str()),
        (400, "start_date must be before end_date")
    );
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 0);
}

#[tokio::test]
async fn today_is_the_date_in_the_configured_zone() {
    let gateway = Gateway::start().await;
    // 26 hours apart: at every moment the first is one or two days ahead of the second.
    let [ahead, behind] = ["Pacific/Kiritimati", "Etc/GMT+12"].map(|name| {
        let zone: Tz = name.parse().unwrap();
        Exports::new(gateway.stream.clone(), zone)
    });
    let today = chrono::Utc::now().with_timezone(&"Pacific/Kiritimati".parse::<Tz>().unwrap()).date_naive();
    let yesterday = today.pred_opt().unwrap();
    let body = format!(r#"{{"start_date":"{yesterday}","end_date":"{today}","group_by":"day"}}"#);
    assert!(ahead.check(request(&body)).is_ok(), "{body}");
    let rejection = behind.check(request(&body)).unwrap_err();
    assert!(rejection.to_string().ends_with("cannot be in the future"), "{rejection}");
}

#[tokio::test]
async fn a_command_submitted_again_is_enqueued_once() {
    let gateway = Gateway::start().await;
    let exports = Exports::connect(gateway.redis.url()).await.unwrap();
    let command = exports.check(request(RIGHT)).unwrap();
    let id = command.job_id.clone();
    assert_eq!(exports.submit(&command).await.unwrap(), Submitted::New(id.clone()));
    assert_eq!(exports.submit(&command).await.unwrap(), Submitted::Existing(id.clone()));
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 1);
    assert_eq!(exports.status(id.as_str()).await.unwrap().unwrap().record().unwrap().state, State::Queued);
}

#[tokio::test]
async fn many_commands_are_answered_in_their_order() {
    let gateway = Gateway::start().await;
    let exports = Exports::connect(gateway.redis.url()).await.unwrap();
    let commands: Vec<_> = (0..100).map(|_| exports.check(request(RIGHT)).unwrap()).collect();
    let expected: Vec<_> = commands.iter().map(|command| Submitted::New(command.job_id.clone())).collect();
    assert_eq!(exports.submit_many(&commands).await.unwrap(), expected);
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 100);
}

#[tokio::test]
async fn a_submitted_job_is_followed_to_its_end() {
    let gateway = Gateway::start().await;
    let exports = Exports::connect(gateway.redis.url()).await.unwrap();
    let mut events = exports.watch(WatchFrom::Start).await.unwrap();
    let command = exports.check(request(RIGHT)).unwrap();
    exports.submit(&command).await.unwrap();
    gateway.worker().await.finish_next(State::Failed).await;
    let Watched::Event { event, .. } = events.next().await.unwrap() else { panic!("no event was lost") };
    assert_eq!((event.record.job_id, event.record.state), (command.job_id.clone(), State::Failed));
    assert!(exports.status("no-such-job").await.unwrap().is_none());
}
