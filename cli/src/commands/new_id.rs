//! `deertrack new-id`: job ids for programs that put commands into Redis by themselves. Asks no Redis.

use clap::Args;
use deertrack_stream::new_job_id;
use serde_json::json;

use crate::flags::PrefixArgs;
use crate::print;

/// `deertrack new-id`
#[derive(Args, Debug)]
pub(crate) struct NewIdArgs {
    /// How many, one a line, in their order
    #[arg(long, default_value_t = 1, value_name = "N")]
    count: u64,
    #[command(flatten)]
    prefix: PrefixArgs,
}

pub(crate) fn run(args: &NewIdArgs, as_json: bool) {
    for _ in 0..args.count {
        let id = new_job_id(&args.prefix.key_prefix);
        if as_json {
            print::json(&json!({ "job_id": id }));
        } else {
            print::line(id.as_str());
        }
    }
}
