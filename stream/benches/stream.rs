//! What the protocol costs beside the bare commands that it is made of, in the same run on the same Redis.
//!
//! Ours is measured with everything on that a worker has on: the fence, leases and beats; a status record, an event and
//! an acknowledgement for each job; metrics with the recorder of the services and its upkeep; a trace context in each
//! command; for each job its span with all fields, and its line in the log in the default form at the default filter (to
//! `/dev/null`, one system call a line as to stderr). The bare commands have none of this, and carry as many bytes.
//!
//! `cargo bench -p deertrack-stream [-- --aof]`. Medians of seven rounds; the bare commands and ours take turns. A
//! percentage is the median of those of the rounds: on a shared machine one round may run half as fast as the next.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for people; it stops at the first error"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use deertrack_schemas::{Artifact, Command, Keys, Kind, Request, State, StatusRecord, Valid};
use deertrack_stream::{Consumer, ConsumerOptions, Stream, WatchFrom, Watched, new_job_id};
use deertrack_testkit::redis::Redis;
use futures::future::join_all;
use redis::aio::MultiplexedConnection;
use tokio::sync::Semaphore;
use tracing::Instrument;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 7;
const JOBS: usize = 60_000;
const BATCH: usize = 64;
const CONNECTIONS: usize = 4;
/// Jobs that run at a time in our drain.
const SLOTS: usize = 512;

#[tokio::main]
async fn main() {
    let aof = std::env::args().any(|arg| arg == "--aof");
    services::observe();
    let redis = Redis::with(aof, &[]).await;
    let stream = redis.stream().await;
    let connections = join_all((0..CONNECTIONS).map(|_| bare::connect(redis.url()))).await;
    println!("Redis {}, append-only file: {aof}, {JOBS} jobs a round", stream.probe().await.unwrap().version);

    let mut rates: [Vec<f64>; 6] = Default::default();
    let mut costs: [Vec<(f64, f64)>; 4] = Default::default();
    for _ in 0..ROUNDS {
        flush(&connections[0]).await;
        let commands = commands(JOBS);
        let mut cpu = cpu(&stream).await;
        rates[0].push(bare::submit(&connections, &commands).await);
        costs[0].push(spent(&stream, &mut cpu).await);
        rates[1].push(bare::drain(&connections).await);
        costs[1].push(spent(&stream, &mut cpu).await);
        flush(&connections[0]).await;
        let mut cpu = self::cpu(&stream).await;
        rates[2].push(submit_bulk(&stream, &commands).await);
        costs[2].push(spent(&stream, &mut cpu).await);
        rates[3].push(drain(&stream).await);
        costs[3].push(spent(&stream, &mut cpu).await);
        flush(&connections[0]).await;
        rates[4].push(submit_one_by_one(&stream, &commands[..5_000]).await);
        rates[5].push(submit_by_many_tasks(&stream, commands).await);
    }
    for (what, cost) in ["bare submit", "bare drain", "submit_many", "drain"].into_iter().zip(costs) {
        let (redis, own): (Vec<f64>, Vec<f64>) = cost.into_iter().unzip();
        println!(
            "{what:<12} CPU per job: Redis {:>5.1} us, this process {:>5.1} us",
            median(redis),
            median(own)
        );
    }
    let percent = |ours: usize, bare: usize| {
        median(rates[ours].iter().zip(&rates[bare]).map(|(ours, bare)| 100.0 * ours / bare).collect())
    };
    let (bulk_percent, drain_percent) = (percent(2, 0), percent(3, 1));
    let [bare_submit, bare_drain, bulk, drained, single, tasks] = rates.map(median);
    println!(
        "bare  submit, scripts of XADD + SETEX in pipelines of 64, 4 connections   {bare_submit:>9.0} /s"
    );
    println!(
        "bare  XREADGROUP + one script for 64 jobs, 4 connections                  {bare_drain:>9.0} /s"
    );
    println!(
        "ours  submit_many                       {bulk_percent:>5.0} %                           {bulk:>9.0} /s"
    );
    println!(
        "ours  claim to finish, one consumer     {drain_percent:>5.0} %                           {drained:>9.0} /s"
    );
    println!("ours  submit, one after the other                                         {single:>9.0} /s");
    println!("ours  submit, 64 tasks                                                    {tasks:>9.0} /s");

    flush(&connections[0]).await;
    let latencies = latency(&stream, 100, Duration::from_secs(20)).await;
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "publish to event at 100 jobs/s   p50 {:.2}  p99 {:.2}  p99.9 {:.2} ms",
        at(0.5),
        at(0.99),
        at(0.999)
    );
    println!("resident memory of this process  {} MB", resident_mb());
}

fn commands(count: usize) -> Vec<Valid<Command>> {
    let body = br#"{"start_date":"2026-01-01","end_date":"2026-02-01","group_by":"week"}"#;
    let export = Request::from_json(Kind::Pdf, body).unwrap().export;
    let today = chrono::NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
    let traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned());
    let command = || {
        let command = Command::new(new_job_id(&Keys::default()), export.clone(), Utc::now());
        Command { traceparent: traceparent.clone(), ..command }
    };
    (0..count).map(|_| Valid::check(command(), today).unwrap()).collect()
}

async fn submit_bulk(stream: &Stream, commands: &[Valid<Command>]) -> f64 {
    let start = Instant::now();
    assert_eq!(stream.submit_many(commands).await.unwrap().len(), commands.len());
    per_second(commands.len(), start)
}

async fn submit_one_by_one(stream: &Stream, commands: &[Valid<Command>]) -> f64 {
    let start = Instant::now();
    for command in commands {
        stream.submit(command).await.unwrap();
    }
    per_second(commands.len(), start)
}

async fn submit_by_many_tasks(stream: &Stream, commands: Vec<Valid<Command>>) -> f64 {
    let (count, start) = (commands.len(), Instant::now());
    let tasks = commands.chunks(count.div_ceil(64)).map(|share| {
        let (stream, share) = (stream.clone(), share.to_vec());
        tokio::spawn(async move {
            for command in &share {
                stream.submit(command).await.unwrap();
            }
        })
    });
    join_all(tasks.collect::<Vec<_>>()).await;
    per_second(count, start)
}

/// A worker whose jobs do nothing: all of decode, beat registration, status, event, acknowledgement, span and log line
/// stays.
async fn drain(stream: &Stream) -> f64 {
    let start = Instant::now();
    let mut consumer = Consumer::start(stream, ConsumerOptions::default()).await.unwrap();
    let slots = Arc::new(Semaphore::new(SLOTS));
    let mut left = JOBS;
    while left > 0 {
        let first = Arc::clone(&slots).acquire_owned().await.unwrap();
        let claims = consumer.next(1 + slots.available_permits()).await;
        left -= claims.len();
        drop(first);
        for claim in claims {
            let slot = Arc::clone(&slots).acquire_owned().await.unwrap();
            tokio::spawn(async move {
                no_op(claim).await;
                drop(slot);
            });
        }
    }
    drop(slots.acquire_many(SLOTS as u32).await.unwrap());
    let rate = per_second(JOBS, start);
    consumer.stop().await;
    rate
}

async fn no_op(mut claim: deertrack_stream::Claim) {
    let command = claim.decode().unwrap();
    let span = services::job_span(&command, &claim);
    async {
        let record = StatusRecord { started_at: Some(Utc::now()), ..StatusRecord::queued(&command) };
        let _running = claim.run(record.clone());
        claim
            .finish(StatusRecord { artifact: Some(artifact()), ..record.with_state(State::Completed) })
            .await;
        services::tell_the_end();
    }
    .instrument(span)
    .await;
}

fn artifact() -> Artifact {
    Artifact {
        filename: "report_20260301_120000_0192f0c1-7d2e-7aaa-8bbb-cccccccccccc.pdf".into(),
        download_url: "/api/static/exports/report_20260301_120000_0192f0c1-7d2e-7aaa-8bbb-cccccccccccc.pdf"
            .into(),
        file_size_bytes: 60_000,
        sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
        media_type: "application/pdf".into(),
        headline: None,
    }
}

/// From the call of submit to the event at a watcher, sorted.
async fn latency(stream: &Stream, per_second: u32, how_long: Duration) -> Vec<Duration> {
    let mut consumer = Consumer::start(stream, ConsumerOptions::default()).await.unwrap();
    tokio::spawn(async move {
        loop {
            for claim in consumer.next(SLOTS).await {
                tokio::spawn(no_op(claim));
            }
        }
    });
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    let count = (how_long.as_secs_f64() * f64::from(per_second)) as usize;
    let commands = commands(count);
    let published = tokio::spawn({
        let stream = stream.clone();
        async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
            let mut published = std::collections::HashMap::new();
            for command in commands {
                ticks.tick().await;
                published.insert(command.job_id.clone(), Instant::now());
                stream.submit(&command).await.unwrap();
            }
            published
        }
    });
    let mut seen = Vec::with_capacity(count);
    while seen.len() < count {
        if let Watched::Event { event, .. } = watch.next().await.unwrap() {
            seen.push((event.record.job_id, Instant::now()));
        }
    }
    let published = published.await.unwrap();
    let mut latencies: Vec<Duration> = seen.into_iter().map(|(job, at)| at - published[&job]).collect();
    latencies.sort_unstable();
    latencies
}

/// CPU seconds so far: of Redis, of this process.
async fn cpu(stream: &Stream) -> (f64, f64) {
    let pid = stream.probe().await.unwrap().process_id;
    (cpu_seconds(&format!("/proc/{pid}/stat")), cpu_seconds("/proc/self/stat"))
}

/// Microseconds for each job since `before`, which moves on to now.
async fn spent(stream: &Stream, before: &mut (f64, f64)) -> (f64, f64) {
    let now = cpu(stream).await;
    let start = std::mem::replace(before, now);
    let each = |seconds: f64| 1e6 * seconds / JOBS as f64;
    (each(now.0 - start.0), each(now.1 - start.1))
}

/// User and system time in proc(5), in ticks of 10 ms.
fn cpu_seconds(path: &str) -> f64 {
    let stat = std::fs::read_to_string(path).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or("");
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|text| text.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn per_second(count: usize, start: Instant) -> f64 {
    count as f64 / start.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_unstable_by(f64::total_cmp);
    rates[rates.len() / 2]
}

async fn flush(connection: &MultiplexedConnection) {
    redis::cmd("FLUSHALL").exec_async(&mut connection.clone()).await.unwrap();
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// What `deertrack work` has on beside the protocol.
mod services {
    use std::fs::File;

    use deertrack_stream::Claim;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tracing::Span;
    use tracing_subscriber::layer::{Layer, SubscriberExt};
    use tracing_subscriber::util::SubscriberInitExt;
    use tracing_subscriber::{EnvFilter, fmt, registry};

    use super::*;

    /// As `cli/src/commands/services.rs`.
    const SECONDS: [f64; 15] =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];
    const UPKEEP_EVERY: Duration = Duration::from_secs(5);
    /// As `cli/src/logging.rs`.
    const FILTER: &str = "info,sqlx=warn,tower_http=info";

    /// Starts counting and logging.
    pub(super) fn observe() {
        let metrics = PrometheusBuilder::new().set_buckets(&SECONDS).unwrap().install_recorder().unwrap();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(UPKEEP_EVERY);
            loop {
                ticks.tick().await;
                metrics.run_upkeep();
            }
        });
        let nowhere = File::options().write(true).open("/dev/null").unwrap();
        let lines = fmt::layer().with_ansi(false).with_target(false).with_writer(nowhere);
        registry().with(lines.with_filter(EnvFilter::new(FILTER))).init();
    }

    /// As `worker/src/job.rs`.
    pub(super) fn job_span(command: &Command, claim: &Claim) -> Span {
        tracing::info_span!(
            "job",
            job.id = %command.job_id,
            export.kind = command.export.kind().name(),
            attempt = command.attempt,
            delivery = claim.delivery(),
            traceparent = command.traceparent.as_deref(),
        )
    }

    /// As `worker/src/job.rs`.
    pub(super) fn tell_the_end() {
        tracing::info!(outcome = State::Completed.name(), "the job has ended");
    }
}

/// The same traffic without the protocol: no fence, no encoding, no claims. What Redis itself can do.
mod bare {
    use super::*;

    const SUBMIT: &str = "local id = redis.call('XADD', KEYS[1], '*', 'job', ARGV[1], 'body', ARGV[2]) \
        redis.call('SETEX', KEYS[2], 3600, ARGV[3]) return id";
    /// For each job its entry id, its status and the body of its event: as many bytes as ours.
    const FINISH: &str = "for i = 3, #KEYS do local a = 3 * i - 8 \
        redis.call('SETEX', KEYS[i], 3600, ARGV[a + 1]) \
        redis.call('XADD', KEYS[2], '*', 'n', redis.call('INCR', 'seq'), 'job', ARGV[a], 'body', ARGV[a + 2]) \
        redis.call('XACK', KEYS[1], 'workers', ARGV[a]) redis.call('XDEL', KEYS[1], ARGV[a]) end return 1";

    pub(super) async fn connect(url: &str) -> MultiplexedConnection {
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
        let client = redis::Client::open(url).unwrap();
        client.get_multiplexed_async_connection_with_config(&config).await.unwrap()
    }

    pub(super) async fn submit(connections: &[MultiplexedConnection], commands: &[Valid<Command>]) -> f64 {
        let keys = Keys::default();
        // As long as ours.
        let body = vec![b'x'; deertrack_schemas::wire::encode(&commands[0]).unwrap().len()];
        let status = vec![b'y'; StatusRecord::queued(&commands[0]).to_json().len()];
        let script = redis::Script::new(SUBMIT);
        script.load_async(&mut connections[0].clone()).await.unwrap();
        let start = Instant::now();
        join_all(commands.chunks(commands.len() / connections.len()).zip(connections).map(
            async |(share, connection)| {
                for batch in share.chunks(BATCH) {
                    let mut pipe = redis::pipe();
                    for command in batch {
                        let job = command.job_id.as_str();
                        pipe.cmd("EVALSHA")
                            .arg(script.get_hash())
                            .arg(2)
                            .arg(keys.commands())
                            .arg(keys.status(job));
                        pipe.arg(job).arg(&body).arg(&status).ignore();
                    }
                    pipe.exec_async(&mut connection.clone()).await.unwrap();
                }
            },
        ))
        .await;
        per_second(commands.len(), start)
    }

    pub(super) async fn drain(connections: &[MultiplexedConnection]) -> f64 {
        let keys = Keys::default();
        let script = redis::Script::new(FINISH);
        let mut first = connections[0].clone();
        script.load_async(&mut first).await.unwrap();
        let mut create = redis::cmd("XGROUP");
        create.arg("CREATE").arg(keys.commands()).arg(Keys::GROUP).arg(0);
        create.exec_async(&mut first).await.unwrap();
        let start = Instant::now();
        join_all(connections.iter().map(|connection| one(connection, &keys, &script))).await;
        per_second(JOBS, start)
    }

    async fn one(connection: &MultiplexedConnection, keys: &Keys, script: &redis::Script) {
        let (status, body) = finished_record();
        let mut connection = connection.clone();
        loop {
            let mut read = redis::cmd("XREADGROUP");
            read.arg("GROUP").arg(Keys::GROUP).arg("c").arg("COUNT").arg(BATCH);
            read.arg("STREAMS").arg(keys.commands()).arg(">");
            let reply: redis::Value = read.query_async(&mut connection).await.unwrap();
            let ids = ids(&reply);
            if ids.is_empty() {
                return;
            }
            let mut finish = redis::cmd("EVALSHA");
            finish.arg(script.get_hash()).arg(2 + ids.len()).arg(keys.commands()).arg(keys.events());
            for id in &ids {
                finish.arg(keys.status(id));
            }
            for (n, id) in ids.iter().enumerate() {
                // No two jobs have the same record.
                let [status, body] =
                    [&status, &body].map(|text| [text, format!("{n:>8}").as_bytes()].concat());
                finish.arg(id).arg(status).arg(body);
            }
            finish.exec_async(&mut connection).await.unwrap();
        }
    }

    /// As long as what our drain writes of a job: its status, and the body of its event.
    fn finished_record() -> (Vec<u8>, Vec<u8>) {
        let command = &commands(1)[0];
        let record = StatusRecord { artifact: Some(artifact()), ..StatusRecord::queued(command) }
            .with_state(State::Completed);
        let body = deertrack_schemas::wire::encode_record(&record).unwrap();
        (record.to_json().into_bytes(), body)
    }

    fn ids(reply: &redis::Value) -> Vec<String> {
        use redis::Value::{Array, BulkString};
        let Array(streams) = reply else { return Vec::new() };
        let Some(Array(pair)) = streams.first() else { return Vec::new() };
        let Some(Array(entries)) = pair.get(1) else { return Vec::new() };
        let id = |entry: &redis::Value| match entry {
            Array(parts) => match parts.first() {
                Some(BulkString(id)) => String::from_utf8(id.clone()).ok(),
                _ => None,
            },
            _ => None,
        };
        entries.iter().filter_map(id).collect()
    }
}
