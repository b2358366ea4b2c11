//! Many runs in a row, each with another seed.

use std::process::ExitCode;

use crate::args::RepeatArgs;
use crate::report::line;
use crate::run::{any_seed, disturb_and_judge};

/// Runs, and says of each in a line how it went. One that comes to no end counts as broken.
pub(crate) async fn repeat(args: RepeatArgs) -> anyhow::Result<ExitCode> {
    let first = args.seed.unwrap_or_else(any_seed);
    let (mut accepted, mut red) = (0, Vec::new());
    for number in 0..args.runs {
        let seed = first + number;
        let (good, told) = match disturb_and_judge(&args.world, seed, args.duration).await {
            Ok(report) => {
                accepted += report.verdict.accepted;
                (report.verdict.broken.is_empty(), report.in_a_line())
            }
            Err(error) => (false, format!("seed {seed}: no end: {error:#}")),
        };
        if !good {
            red.push(seed);
        }
        line(&format!("{}/{} {} {told}", number + 1, args.runs, if good { "ok " } else { "RED" }));
    }
    line(&format!("{} runs, {accepted} jobs accepted, {} red: seeds {red:?}", args.runs, red.len()));
    Ok(if red.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
