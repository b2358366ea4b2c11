//! `deertrack demo`: the whole way once, on a simulated season, over HTTP; leaves a report in a folder.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::Days;
use clap::Args;
use deertrack_schemas::Kind;
use serde_json::json;

use super::gateway::GatewayArgs;
use super::local::{self, Local, Plan};
use super::{simulate, submit};
use crate::client::Client;
use crate::exit::{Code, Exit};
use crate::flags::{AcceptanceArgs, CatalogMapArgs, PaceArgs, PrefixArgs, TlsArgs, ZoneArgs};
use crate::{print, signals};

/// How long the demo waits for its report.
const PATIENCE: Duration = Duration::from_secs(120);

/// `deertrack demo`
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Folder for the report and the demo's data
    #[arg(long, default_value = "demo-output", value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    pace: PaceArgs,
}

pub(crate) async fn run(args: DemoArgs) -> Result<(), Exit> {
    let interrupted = signals::shutdown().map_err(Exit::failed)?;
    let data_dir = args.output.join("data");
    let (listener, address) = local::listen(0).await?;
    let base = format!("http://{address}");
    let plan = Plan {
        data_dir: data_dir.clone(),
        redis_url: None,
        tls: TlsArgs::default(),
        prefix: PrefixArgs::default(),
        database_url: None,
        map: CatalogMapArgs::default(),
        export_dir: None,
        images_dir: None,
        zone: args.zone.timezone,
        acceptance: AcceptanceArgs::default(),
        pace: args.pace,
        gateway: GatewayArgs::default(),
    };
    let local = Local::prepare(plan).await?;
    let season = simulate::fill_if_empty(&local.work.database_url, &data_dir).await?;
    print::note(&format!("gateway, worker, private Redis and SQLite run in this process; {base}"));
    let stop = interrupted.child_token();
    let (services, report) = tokio::join!(local.run(listener, stop.clone()), async {
        let report = tokio::select! {
            report = one_report(&base, &season, &args.output) => report,
            () = stop.cancelled() => Err(Exit::text(Code::Failed, "stopped before the report was there")),
        };
        stop.cancel();
        report
    });
    // A service that failed is the reason, the missing report its consequence.
    services.and(report)
}

/// Submits over HTTP, follows the events, fetches the file.
async fn one_report(base: &str, season: &simulate::Season, output: &Path) -> Result<(), Exit> {
    let began = Instant::now();
    let client = Client::gateway(base, None)?;
    let body = json!({
        "start_date": season.start, "end_date": season.end, "group_by": "week",
        "title": "North Wood: the autumn season", "requested_by": "demo",
        "rut_start": season.rut_peak - Days::new(7), "rut_end": season.rut_peak + Days::new(7),
    });
    let events = client.watch(None).await?;
    let accepted = client.submit(Kind::Pdf, &body).await?;
    print::note(&format!("POST /api/exports/pdf -> job {}", accepted.job_id));
    let record = submit::follow(&client, &accepted.job_id, events, PATIENCE).await?;
    let to = output.join("report.pdf");
    if record["status"] == "completed" {
        client.download(&record, Path::new(""), &to).await?;
    }
    print::note(&format!("finished after {} ms", began.elapsed().as_millis()));
    submit::tell_result(&record, Some(&to), false)
}
