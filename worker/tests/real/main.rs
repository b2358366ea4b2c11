//! Checks on real camera-trap data, which is not part of the project: each takes its folder as an argument.
//!
//! `cargo test -p deertrack-worker --test real -- FOLDER [NAME..]`. A new topic is a file beside this one and a line
//! in `TOPICS`.
#![expect(clippy::unwrap_used, reason = "a check that cannot read its data has failed")]

mod check;
mod crops;
mod databases;
mod example;
mod exports;
mod field_cases;
mod field_reports;
mod known;
mod leuven;
mod nyala;
mod package;
mod platform;
mod reid;
mod report;
mod round_trip;
mod thin;

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Trial};

use check::Check;

/// All checks, by topic.
const TOPICS: [&[Check]; 12] = [
    leuven::CHECKS,
    example::CHECKS,
    nyala::CHECKS,
    report::CHECKS,
    crops::CHECKS,
    package::CHECKS,
    platform::CHECKS,
    field_reports::CHECKS,
    thin::CHECKS,
    round_trip::CHECKS,
    field_cases::CHECKS,
    reid::CHECKS,
];

fn main() {
    let mut arguments: Vec<String> = std::env::args().collect();
    let folder =
        match arguments.get(1) {
            Some(argument) if !argument.starts_with('-') => data(&arguments.remove(1)),
            _ => Err("name the folder with the data: cargo test -p deertrack-worker --test real -- FOLDER"
                .to_owned()),
        };
    let arguments = Arguments::from_iter(arguments);
    let trials = match folder {
        Ok(folder) => TOPICS.iter().copied().flatten().map(|check| trial(check, folder.clone())).collect(),
        Err(reason) => vec![Trial::test("real_data_are_given", move || Err(reason.into()))],
    };
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial((name, check): &Check, folder: PathBuf) -> Trial {
    let check = *check;
    Trial::test(*name, move || {
        check(&folder);
        Ok(())
    })
}

/// Cargo runs a test in its crate's folder, but people name paths from the workspace's.
fn data(told: &str) -> Result<PathBuf, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let found = [PathBuf::from(told), workspace.join(told)].into_iter().find(|path| path.is_dir());
    found.ok_or_else(|| format!("there is no folder {told}"))
}
