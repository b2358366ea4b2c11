//! `deertrack queue`, `pause` and `resume`: what waits, runs and failed, for operators.

use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Args;
use comfy_table::{Table, presets};
use deertrack_catalog::harmless;
use deertrack_schemas::StatusRecord;
use deertrack_stream::{Overview, Stream};
use serde_json::{Value, json};

use super::services;
use crate::exit::Exit;
use crate::flags::RedisArgs;
use crate::{print, signals};

/// `deertrack queue`
#[derive(Args, Debug)]
pub(crate) struct QueueArgs {
    #[command(flatten)]
    redis: RedisArgs,
    /// Show it again every so many seconds, until Ctrl-C
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2")]
    watch: Option<u64>,
}

pub(crate) async fn run(args: QueueArgs, json: bool) -> Result<(), Exit> {
    let stream = services::stream(&args.redis).await?;
    let Some(seconds) = args.watch else { return show(&stream, json).await };
    let stopped = signals::shutdown().map_err(Exit::failed)?;
    let mut ticks = tokio::time::interval(Duration::from_secs(seconds.max(1)));
    loop {
        tokio::select! {
            () = stopped.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        if !json {
            print::clear();
        }
        show(&stream, json).await?;
    }
}

pub(crate) async fn pause(args: RedisArgs) -> Result<(), Exit> {
    let stream = services::stream(&args).await?;
    stream.pause().await.map_err(Exit::unavailable)?;
    print::line("paused: workers fetch nothing new; `deertrack resume` lets them go on");
    Ok(())
}

pub(crate) async fn resume(args: RedisArgs) -> Result<(), Exit> {
    let stream = services::stream(&args).await?;
    stream.resume().await.map_err(Exit::unavailable)?;
    print::line("workers fetch again");
    Ok(())
}

async fn show(stream: &Stream, as_json: bool) -> Result<(), Exit> {
    let overview = stream.overview().await.map_err(Exit::unavailable)?;
    if as_json {
        print::json(&as_value(&overview));
        return Ok(());
    }
    let counts = &overview.counts;
    let waiting = counts.backlog.saturating_sub(counts.pending);
    let paused = if overview.paused { "; PAUSED, go on with `deertrack resume`" } else { "" };
    print::line(&format!(
        "{waiting} waiting, {} running, {} waiting for another try, {} given up, {} worker(s){paused}",
        counts.pending, counts.delayed, counts.dead, counts.consumers
    ));
    section("waiting", &["kind", "requested by", "jobs"], &waiting_rows(&overview));
    section(
        "running",
        &["job", "kind", "worker", "stage", "progress", "since", "delivery"],
        &running_rows(&overview),
    );
    section("next tries", &["job", "kind", "due in", "attempt", "error"], &delayed_rows(&overview));
    Ok(())
}

fn section(title: &str, header: &[&str], rows: &[Vec<String>]) {
    if rows.is_empty() {
        return;
    }
    // Texts of others: a line break would begin a row that nobody wrote.
    let rows = rows.iter().map(|row| row.iter().map(|cell| harmless(cell)).collect::<Vec<_>>());
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header).add_rows(rows);
    print::line(&format!("\n{title}\n{table}"));
}

fn waiting_rows(overview: &Overview) -> Vec<Vec<String>> {
    let row = |group: &deertrack_stream::Waiting| {
        vec![group.kind.clone(), group.requested_by.clone().unwrap_or_default(), group.count.to_string()]
    };
    overview.waiting.iter().map(row).collect()
}

fn running_rows(overview: &Overview) -> Vec<Vec<String>> {
    let row = |job: &deertrack_stream::RunningJob| {
        let record = job.record.as_ref();
        vec![
            job.job_id.clone(),
            kind(record),
            job.worker.clone(),
            record.and_then(|record| record.stage.clone()).unwrap_or_default(),
            record.map(|record| format!("{:.0} %", record.progress * 100.0)).unwrap_or_default(),
            record.and_then(|record| record.started_at).map(|at| span(Utc::now() - at)).unwrap_or_default(),
            job.deliveries.to_string(),
        ]
    };
    overview.running.iter().map(row).collect()
}

fn delayed_rows(overview: &Overview) -> Vec<Vec<String>> {
    let due = |at: Option<DateTime<Utc>>| at.map(|at| span(at - Utc::now())).unwrap_or_default();
    let row = |job: &deertrack_stream::Delayed| {
        let record = job.record.as_ref();
        vec![
            job.job_id.clone(),
            kind(record),
            due(job.due),
            record.map(|record| record.attempt.to_string()).unwrap_or_default(),
            record.and_then(|record| record.error.clone()).unwrap_or_default(),
        ]
    };
    overview.delayed.iter().map(row).collect()
}

fn kind(record: Option<&StatusRecord>) -> String {
    record.map_or_else(|| "unknown".to_owned(), |record| record.kind.clone())
}

/// `3 s`, `12 min`, `5 h`.
fn span(time: chrono::TimeDelta) -> String {
    match time.num_seconds().max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

fn as_value(overview: &Overview) -> Value {
    let counts = &overview.counts;
    json!({
        "backlog": counts.backlog, "pending": counts.pending, "delayed": counts.delayed, "dead": counts.dead,
        "workers": counts.consumers, "paused": overview.paused, "sampled": overview.sampled,
        "waiting": overview.waiting.iter().map(|group| json!({
            "kind": group.kind, "requested_by": group.requested_by, "jobs": group.count,
        })).collect::<Vec<_>>(),
        "running": overview.running.iter().map(|job| json!({
            "job_id": job.job_id, "worker": job.worker, "idle_seconds": job.idle.as_secs_f64(),
            "deliveries": job.deliveries, "record": job.record,
        })).collect::<Vec<_>>(),
        "next_tries": overview.delayed.iter().map(|job| json!({
            "job_id": job.job_id, "due": job.due, "record": job.record,
        })).collect::<Vec<_>>(),
    })
}
