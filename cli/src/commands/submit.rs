//! `deertrack submit <kind>`: the flags of each kind come from its schema, so a new kind needs no line here.

mod follow;
mod kind_flags;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::client::{Client, TargetArgs};
use crate::exit::Exit;
use crate::flags::{AcceptanceArgs, ZoneArgs};
use crate::print;

pub(crate) use follow::{follow, tell_result};
use kind_flags::KindRequest;

/// `deertrack submit`
#[derive(Args, Debug)]
pub(crate) struct SubmitArgs {
    #[command(subcommand)]
    request: KindRequest,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    zone: ZoneArgs,
    /// Wait until the job has ended; exit code 4 when it failed
    #[arg(long, global = true)]
    wait: bool,
    /// Save the finished file here (implies --wait)
    #[arg(long, global = true, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Give up waiting after so many seconds
    #[arg(long, global = true, default_value_t = 600, value_name = "SECONDS")]
    timeout: u64,
    /// Where workers leave files; needed for --output without a gateway
    #[arg(long, global = true, env = "DEERTRACK_EXPORT_DIR", default_value = "exports", value_name = "DIR")]
    export_dir: PathBuf,
    #[command(flatten, next_help_heading = "With --redis-url; a gateway has its own")]
    acceptance: AcceptanceArgs,
}

pub(crate) async fn run(args: SubmitArgs, json: bool) -> Result<(), Exit> {
    let client = Client::submitting(&args.target, &args.zone, &args.acceptance).await?;
    let waits = args.wait || args.output.is_some();
    // Following begins before the job exists: its end cannot be missed.
    let events = if waits { Some(client.watch(None).await?) } else { None };
    let accepted = client.submit(args.request.kind, &args.request.body).await?;
    let Some(events) = events else {
        return accepted_only(&accepted.job_id, accepted.existing, json);
    };
    let record = follow(&client, &accepted.job_id, events, Duration::from_secs(args.timeout)).await?;
    let saved = match &args.output {
        Some(to) if record["status"] == "completed" => {
            client.download(&record, &args.export_dir, to).await?;
            Some(to.as_path())
        }
        _ => None,
    };
    tell_result(&record, saved, json)
}

fn accepted_only(job_id: &str, existing: bool, json: bool) -> Result<(), Exit> {
    if json {
        print::json(&json!({ "job_id": job_id, "status": "processing", "existing": existing }));
    } else {
        print::line(job_id);
        print::note(&format!("follow it with: deertrack status {job_id}"));
    }
    Ok(())
}
