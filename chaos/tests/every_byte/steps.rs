//! What whoever plays with the protocol does here, a step each: a server, a member of the group, a job, its end.

use std::path::Path;
use std::time::Duration;

use chrono::{NaiveDate, Utc};
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::{Command, Export, Keys, PdfParams, State, StatusRecord, Valid};
use deertrack_stream::embedded::{Options, Server};
use deertrack_stream::{Claim, Consumer, ConsumerOptions, Finished, Settings, Stream, Submitted, new_job_id};

/// As an operator's own server: nothing mends its file before it starts.
pub(crate) async fn plain(dir: &Path) -> Server {
    let extra = [("appendfsync", "always"), ("hz", "100")].map(|(name, value)| (name.into(), value.into()));
    let options = Options { dir: dir.to_owned(), append_only: true, check_aof: false, extra: extra.into() };
    Server::start(options).await.unwrap()
}

pub(crate) async fn connect(server: &Server, heal: bool) -> Stream {
    let settings = Settings { heal, ..Settings::new(server.url()) };
    Stream::connect(settings.paced(Duration::from_millis(300))).await.unwrap()
}

pub(crate) async fn consumer(stream: &Stream) -> Consumer {
    Consumer::start(stream, ConsumerOptions { host: Some("a".into()) }).await.unwrap()
}

fn command() -> Valid<Command> {
    let day = |day| NaiveDate::from_ymd_opt(2026, 1, day).unwrap();
    let export = Export::Pdf(PdfParams::new(day(1), day(2), GroupBy::Day));
    Valid::check(Command::new(new_job_id(&Keys::default()), export, Utc::now()), day(3)).unwrap()
}

pub(crate) async fn submit(stream: &Stream) -> String {
    match stream.submit(&command()).await.unwrap() {
        Submitted::New(job) => job.to_string(),
        other => panic!("not accepted: {other:?}"),
    }
}

pub(crate) async fn next(consumer: &mut Consumer) -> Claim {
    consumer.next(1).await.remove(0)
}

pub(crate) fn record(claim: &Claim) -> StatusRecord {
    StatusRecord::queued(&claim.decode().unwrap())
}

pub(crate) async fn finish(claim: Claim) -> Finished {
    let record = record(&claim).with_state(State::Failed);
    claim.finish(record).await
}
