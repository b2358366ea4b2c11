//! `deertrack cancel <job id>`

use clap::Args;
use deertrack_stream::Cancelled;
use serde_json::json;

use super::services;
use crate::exit::{Code, Exit};
use crate::flags::RedisArgs;
use crate::print;

/// `deertrack cancel`
#[derive(Args, Debug)]
pub(crate) struct CancelArgs {
    /// The id that `submit` printed
    job_id: String,
    #[command(flatten)]
    redis: RedisArgs,
}

pub(crate) async fn run(args: CancelArgs, json: bool) -> Result<(), Exit> {
    let stream = services::stream(&args.redis).await?;
    let (came_to, text) = match stream.cancel(&args.job_id).await.map_err(Exit::unavailable)? {
        Cancelled::NotFound => {
            return Err(Exit::text(Code::Failed, format!("Export job not found: {}", args.job_id)));
        }
        Cancelled::AtOnce => ("cancelled", "cancelled before it ran".to_owned()),
        Cancelled::Asked => ("asked", "it runs; its worker ends it at the next beat".to_owned()),
        Cancelled::AlreadyEnded(state) => {
            ("already_ended", format!("it had ended already: {}", state.name()))
        }
    };
    if json {
        print::json(&json!({ "job_id": args.job_id, "cancel": came_to }));
    } else {
        print::line(&text);
    }
    Ok(())
}
