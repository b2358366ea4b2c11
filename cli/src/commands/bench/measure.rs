//! The measurements, one after the other, each with an empty queue before it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, Utc};
use deertrack_schemas::{Artifact, Command, Export, State, StatusRecord, Valid, ZipParams, wire};
use deertrack_stream::{Claim, Consumer, ConsumerOptions, Stream, WatchFrom, Watched};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::process::rss_mb;
use super::results::{BenchArgs, Latency, RedisMemory, Results};
use crate::exit::Exit;
use crate::print;

/// How many commands are made at a time: making them is not measured, and they should not fill the memory.
const CHUNK: u64 = 20_000;
/// A caller that waits for each answer needs no more to show its pace.
const MOST_SINGLE: u64 = 5_000;
/// Characters of an id that fills a command up, with what MessagePack adds.
const ID_CHARS: usize = 100;

/// Measures everything. What it leaves is the caller's to remove.
pub(super) async fn all(stream: &Stream, args: &BenchArgs) -> Result<Results, Exit> {
    let info = stream.probe().await.map_err(Exit::unavailable)?;
    let make = Commands::new(stream, args.payload as usize);
    print::note(&format!("submit to event, {} jobs a second for {} s", args.rate, args.seconds));
    let latency_ms = latency(stream, args, &make).await?;
    print::note("submit, one after the other");
    let single = (args.jobs / 10).clamp(1, MOST_SINGLE);
    let submit_jobs_per_s = submit_single(stream, make.some(single)?).await?;
    drain(stream, single, args.concurrency).await?;

    print::note(&format!("submit {} jobs in bulk", args.jobs));
    let (before, start) = (redis_mb(stream).await?, processor(stream).await?);
    let submit_bulk_jobs_per_s = submit_bulk(stream, args.jobs, &make).await?;
    let queued = redis_mb(stream).await?;
    print::note("work them off");
    let Drained { rate: drain_jobs_per_s, rss_at_a_tenth } =
        drain(stream, args.jobs, args.concurrency).await?;
    let redis_time = processor(stream).await?.saturating_sub(start);
    Ok(Results {
        redis_version: info.version,
        append_only_file: info.aof == Some(true),
        jobs: args.jobs,
        payload_bytes: make.bytes()?,
        concurrency: args.concurrency,
        submit_jobs_per_s,
        submit_bulk_jobs_per_s,
        drain_jobs_per_s,
        latency_ms,
        redis_us_per_job: redis_time.as_secs_f64() * 1e6 / args.jobs as f64,
        redis_bytes_per_job: (queued - before) * 1e6 / args.jobs as f64,
        redis_mb: RedisMemory { before, queued, drained: redis_mb(stream).await?, removed: None },
        rss_mb: rss_mb(),
        rss_mb_at_a_tenth: rss_at_a_tenth,
    })
}

/// Memory of Redis in use, MB.
pub(super) async fn redis_mb(stream: &Stream) -> Result<f64, Exit> {
    Ok(stream.probe().await.map_err(Exit::unavailable)?.used_memory as f64 / 1e6)
}

async fn processor(stream: &Stream) -> Result<Duration, Exit> {
    Ok(stream.probe().await.map_err(Exit::unavailable)?.processor_time)
}

/// Makes commands of one size.
struct Commands<'a> {
    stream: &'a Stream,
    export: Export,
}

impl<'a> Commands<'a> {
    fn new(stream: &'a Stream, smallest: usize) -> Self {
        let ids = (0..smallest.div_ceil(ID_CHARS + 2).max(1)).map(|i| format!("{i:0>ID_CHARS$}"));
        Self { stream, export: Export::Zip(ZipParams::of(ids.collect())) }
    }

    fn one(&self) -> Result<Valid<Command>, Exit> {
        let command = Command::new(self.stream.new_job_id(), self.export.clone(), Utc::now());
        Valid::check(command, NaiveDate::MAX).map_err(Exit::failed)
    }

    fn some(&self, count: u64) -> Result<Vec<Valid<Command>>, Exit> {
        (0..count).map(|_| self.one()).collect()
    }

    /// Of one command on the wire.
    fn bytes(&self) -> Result<usize, Exit> {
        let command = self.one()?;
        Ok(wire::encode(&command).map_err(Exit::failed)?.len())
    }
}

async fn submit_single(stream: &Stream, commands: Vec<Valid<Command>>) -> Result<f64, Exit> {
    let start = Instant::now();
    for command in &commands {
        stream.submit(command).await.map_err(Exit::unavailable)?;
    }
    Ok(commands.len() as f64 / start.elapsed().as_secs_f64())
}

async fn submit_bulk(stream: &Stream, jobs: u64, make: &Commands<'_>) -> Result<f64, Exit> {
    let (mut left, mut took) = (jobs, Duration::ZERO);
    while left > 0 {
        let commands = make.some(left.min(CHUNK))?;
        let start = Instant::now();
        stream.submit_many(&commands).await.map_err(Exit::unavailable)?;
        took += start.elapsed();
        left -= commands.len() as u64;
    }
    Ok(jobs as f64 / took.as_secs_f64())
}

struct Drained {
    /// Jobs a second.
    rate: f64,
    rss_at_a_tenth: Option<f64>,
}

/// A worker whose jobs do nothing: all of the protocol stays, and the span that log lines of a job carry.
async fn drain(stream: &Stream, jobs: u64, concurrency: u16) -> Result<Drained, Exit> {
    let start = Instant::now();
    let mut consumer =
        Consumer::start(stream, ConsumerOptions::default()).await.map_err(Exit::unavailable)?;
    let slots = Arc::new(Semaphore::new(usize::from(concurrency)));
    let (mut left, mut rss_at_a_tenth) = (jobs, None);
    while left > 0 {
        // One is free before more are asked for; the others that are free by then are filled with it.
        drop(acquire(&slots).await?);
        let claims = consumer.next(slots.available_permits().max(1)).await;
        left = left.saturating_sub(claims.len() as u64);
        for claim in claims {
            let slot = acquire(&slots).await?;
            tokio::spawn(async move {
                no_op(claim).await;
                drop(slot);
            });
        }
        if rss_at_a_tenth.is_none() && left <= jobs - jobs / 10 {
            rss_at_a_tenth = rss_mb();
        }
    }
    let all = slots.acquire_many(u32::from(concurrency)).await.map_err(Exit::failed)?;
    let rate = jobs as f64 / start.elapsed().as_secs_f64();
    drop(all);
    consumer.stop().await;
    Ok(Drained { rate, rss_at_a_tenth })
}

async fn acquire(slots: &Arc<Semaphore>) -> Result<tokio::sync::OwnedSemaphorePermit, Exit> {
    Arc::clone(slots).acquire_owned().await.map_err(Exit::failed)
}

/// One job that does nothing. A command that cannot be read is left to the lease: only ours are here.
async fn no_op(mut claim: Claim) {
    let Ok(command) = claim.decode() else { return };
    let span = tracing::info_span!(
        "job",
        job.id = %command.job_id,
        export.kind = command.export.kind().name(),
        attempt = command.attempt,
        delivery = claim.delivery(),
    );
    async {
        let record = StatusRecord { started_at: Some(Utc::now()), ..StatusRecord::queued(&command) };
        let _running = claim.run(record.clone());
        let record = StatusRecord {
            artifact: Some(artifact(&command)),
            completed_at: Some(Utc::now()),
            progress: 1.0,
            ..record.with_state(State::Completed)
        };
        claim.finish(record).await;
        tracing::debug!("the job has ended");
    }
    .instrument(span)
    .await;
}

/// As large as a real one; there is no file.
fn artifact(command: &Command) -> Artifact {
    let filename = format!("crops_20260101_000000_{}.zip", command.job_id);
    Artifact {
        download_url: format!("/api/static/exports/{filename}"),
        filename,
        file_size_bytes: 60_000,
        sha256: "0".repeat(64),
        media_type: "application/zip".to_owned(),
        headline: None,
    }
}

/// From the call of submit to the event at a watcher, at a steady pace that keeps the queue empty.
async fn latency(stream: &Stream, args: &BenchArgs, make: &Commands<'_>) -> Result<Latency, Exit> {
    let mut consumer =
        Consumer::start(stream, ConsumerOptions::default()).await.map_err(Exit::unavailable)?;
    let concurrency = usize::from(args.concurrency);
    // Stopped with this function, also when it is dropped: nobody works or publishes once the traces are removed.
    let mut working = JoinSet::new();
    working.spawn(async move {
        let mut jobs = JoinSet::new();
        loop {
            while jobs.try_join_next().is_some() {}
            for claim in consumer.next(concurrency).await {
                jobs.spawn(no_op(claim));
            }
        }
    });
    let mut watch = stream.watch(WatchFrom::Now).await.map_err(Exit::unavailable)?;
    let commands = make.some(u64::from(args.rate) * u64::from(args.seconds))?;
    let count = commands.len();
    let mut publishing = JoinSet::new();
    publishing.spawn(publish(stream.clone(), commands, args.rate));
    let mut seen = Vec::with_capacity(count);
    while seen.len() < count {
        if let Watched::Event { event, .. } = watch.next().await.map_err(Exit::unavailable)? {
            seen.push((event.record.job_id, Instant::now()));
        }
    }
    let published = match publishing.join_next().await {
        Some(published) => published.map_err(Exit::failed)??,
        None => Published::new(),
    };
    working.shutdown().await;
    let took =
        seen.into_iter().filter_map(|(job, at)| Some(at.saturating_duration_since(*published.get(&job)?)));
    let mut milliseconds: Vec<f64> = took.map(|took| took.as_secs_f64() * 1e3).collect();
    milliseconds.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| milliseconds[((milliseconds.len() - 1) as f64 * share) as usize];
    Ok(Latency { p50: at(0.5), p99: at(0.99), p999: at(0.999) })
}

type Published = HashMap<deertrack_schemas::JobId, Instant>;

async fn publish(stream: Stream, commands: Vec<Valid<Command>>, rate: u32) -> Result<Published, Exit> {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    let mut published = HashMap::with_capacity(commands.len());
    for command in commands {
        ticks.tick().await;
        published.insert(command.job_id.clone(), Instant::now());
        stream.submit(&command).await.map_err(Exit::unavailable)?;
    }
    Ok(published)
}
