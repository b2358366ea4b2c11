//! `deertrack watch`: completions as they come, resumable.

use clap::Args;
use futures::StreamExt;
use serde_json::json;

use crate::client::{Client, Seen, TargetArgs};
use crate::exit::Exit;
use crate::flags::ZoneArgs;
use crate::{print, signals};

/// `deertrack watch`
#[derive(Args, Debug)]
pub(crate) struct WatchArgs {
    /// Resume behind this event id (the last one you saw)
    #[arg(long, value_name = "EVENT_ID")]
    after: Option<String>,
    /// Stop after so many events
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    zone: ZoneArgs,
}

pub(crate) async fn run(args: WatchArgs, json: bool) -> Result<(), Exit> {
    let shutdown = signals::shutdown().map_err(Exit::failed)?;
    let client = Client::connect(&args.target, &args.zone).await?;
    let mut events = client.watch(args.after.as_deref()).await?;
    let mut left = args.count.unwrap_or(usize::MAX);
    while left > 0 {
        let seen = tokio::select! {
            () = shutdown.cancelled() => break,
            seen = events.next() => seen,
        };
        match seen.transpose()? {
            None => break,
            Some(Seen::Lagged(what)) => lagged(&what, json),
            Some(Seen::Ended { id, event }) => {
                left -= 1;
                let record = &event.record;
                if json {
                    print::json(&json!({ "id": id, "n": event.n, "record": record }));
                } else {
                    let file = record.artifact.as_ref().map(|artifact| artifact.filename.as_str());
                    let detail = file.or(record.error.as_deref()).unwrap_or_default();
                    print::line(&format!(
                        "{id}  {}  {:<9}  {}  {detail}",
                        record.kind,
                        record.state.name(),
                        record.job_id
                    ));
                }
            }
        }
    }
    Ok(())
}

fn lagged(what: &str, json: bool) {
    if json {
        print::json(&json!({ "lagged": what }));
    } else {
        print::note(&format!("missed events ({what}); read the status of the jobs you wait for"));
    }
}
