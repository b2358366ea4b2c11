//! `deertrack bench`: what a Redis can carry, for people who must choose one.
//!
//! Jobs that do nothing travel the whole protocol: decode, lease, status, event, acknowledgement, metrics. Reports and
//! archives take far longer than their transport; how long is measured by the benches of the worker. The bare commands
//! beside ours are measured by `cargo bench -p deertrack-stream`.

mod measure;
mod process;
mod results;

use comfy_table::{Table, presets};
use deertrack_stream::Scratch;

use super::services;
use crate::exit::{Code, Exit};
use crate::{print, signals};
use results::Results;

pub(crate) use results::BenchArgs;

pub(crate) async fn run(args: BenchArgs, json: bool) -> Result<(), Exit> {
    if cfg!(debug_assertions) {
        print::note("this is a debug build: it is several times slower than a release build");
    }
    let _counting = services::metrics()?;
    let scratch = Scratch::open(args.redis.settings()).await.map_err(Exit::unavailable)?;
    let stopped = signals::shutdown().map_err(Exit::failed)?;
    let measured = tokio::select! {
        measured = measure::all(scratch.stream(), &args) => measured,
        () = stopped.cancelled() => Err(Exit::text(Code::Failed, "stopped; nothing was measured")),
    };
    print::note("removing all traces");
    scratch.clear().await.map_err(Exit::unavailable)?;
    let mut results = measured?;
    results.redis_mb.removed = Some(measure::redis_mb(scratch.stream()).await?);
    if json {
        print::json(&serde_json::to_value(&results).map_err(Exit::failed)?);
    } else {
        print::line(&table(&results));
    }
    Ok(())
}

fn table(results: &Results) -> String {
    let latency = &results.latency_ms;
    let memory = &results.redis_mb;
    let rss = |mb: Option<f64>| mb.map_or_else(|| "unknown".to_owned(), |mb| format!("{mb:.0} MB"));
    let per_second = |rate: f64| format!("{rate:.0} jobs/s");
    let aof = if results.append_only_file { "with append-only file" } else { "no append-only file" };
    let rows = [
        ("Redis", format!("{}, {aof}", results.redis_version)),
        ("jobs", format!("{} of {} bytes", results.jobs, results.payload_bytes)),
        ("submit, one after the other", per_second(results.submit_jobs_per_s)),
        ("submit, in bulk", per_second(results.submit_bulk_jobs_per_s)),
        (
            "claim to finish, one worker",
            format!("{}, {} at a time", per_second(results.drain_jobs_per_s), results.concurrency),
        ),
        (
            "submit to event",
            format!("p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms", latency.p50, latency.p99, latency.p999),
        ),
        ("Redis processor time", format!("{:.1} us a job", results.redis_us_per_job)),
        ("Redis memory", format!("{:.0} bytes a waiting job", results.redis_bytes_per_job)),
        (
            "Redis memory in all",
            format!(
                "{:.0} MB before, {:.0} MB queued, {:.0} MB done (status records stay for an hour), {:.0} MB removed",
                memory.before,
                memory.queued,
                memory.drained,
                memory.removed.unwrap_or(f64::NAN)
            ),
        ),
        (
            "memory of this process",
            format!("{} after a tenth, {} at the end", rss(results.rss_mb_at_a_tenth), rss(results.rss_mb)),
        ),
    ];
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.add_rows(rows.map(|(what, value)| vec![what.to_owned(), value]));
    table.to_string()
}
