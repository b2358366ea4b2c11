//! The kinds on real camera-trap data, which are not part of the project:
//! `cargo test -p deertrack-worker --test real_kinds -- FOLDER`, where FOLDER holds `camtrapdp_example/`.
//!
//! What is made stays in the target folder (`tmp/real_kinds`), to be looked at.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

mod platform;
mod zip;

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};

type Outcome = Result<(), Failed>;

fn main() {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    let folder = match arguments.next() {
        Some(folder) if !folder.starts_with('-') => PathBuf::from(folder),
        _ => {
            let usage =
                "name the folder with the data: cargo test -p deertrack-worker --test real_kinds -- FOLDER";
            let missing = Trial::test("real_data_are_given", move || Err(usage.into()));
            libtest_mimic::run(&Arguments::default(), vec![missing]).exit();
        }
    };
    let arguments = Arguments::from_iter(std::iter::once(program).chain(arguments));
    let of = |name: &str, test: fn(&Path) -> Outcome| {
        let folder = folder.clone();
        Trial::test(name, move || test(&folder))
    };
    let trials = vec![of("ten_photographs_of_herons_give_ten_crops_and_the_same_bytes_again", zip::herons)];
    libtest_mimic::run(&arguments, trials).exit();
}

/// Keeps a file for people to look at.
fn keep(name: &str, bytes: &[u8]) -> Outcome {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real_kinds");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(name), bytes)?;
    Ok(())
}
