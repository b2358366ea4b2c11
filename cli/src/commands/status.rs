//! `deertrack status <job id>`

use clap::Args;

use crate::client::{Client, TargetArgs, text};
use crate::exit::{Code, Exit};
use crate::flags::ZoneArgs;
use crate::print;

/// `deertrack status`
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// The id that `submit` printed
    job_id: String,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    zone: ZoneArgs,
}

pub(crate) async fn run(args: StatusArgs, json: bool) -> Result<(), Exit> {
    let client = Client::connect(&args.target, &args.zone).await?;
    let Some(record) = client.status(&args.job_id).await? else {
        return Err(Exit::text(Code::Failed, "Job not found or expired: status records live for one hour"));
    };
    if json {
        print::json(&record);
        return Ok(());
    }
    // `progress` is told with `stage`; the rest in the order of the record.
    let fields = [
        "state",
        "stage",
        "kind",
        "requested_by",
        "created_at",
        "started_at",
        "completed_at",
        "error",
        "headline",
        "filename",
        "download_url",
        "sha256",
    ];
    print::line(&format!("{:<13} {}", "status", text(&record, "status").unwrap_or("unknown")));
    for field in fields {
        if let Some(value) = text(&record, field) {
            print::line(&format!("{field:<13} {value}"));
        }
    }
    if let Some(progress) = record["progress"].as_f64().filter(|_| record["status"] == "processing") {
        print::line(&format!("{:<13} {:.0} %", "progress", progress * 100.0));
    }
    if let Some(bytes) = record["file_size_bytes"].as_u64() {
        print::line(&format!("{:<13} {}", "size", print::size(bytes)));
    }
    Ok(())
}
