//! `deertrack map`: a mapping file to begin with, for a database of other names.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use deertrack_catalog::{self as catalog, CatalogError, Mapping};
use serde_json::json;

use crate::exit::{Code, Exit};
use crate::flags::{CatalogMapArgs, DatabaseArgs};
use crate::print;

pub(crate) mod reading;

/// `deertrack map`
#[derive(Args, Debug)]
pub(crate) struct MapArgs {
    #[command(subcommand)]
    step: Step,
}

#[derive(Subcommand, Debug)]
enum Step {
    /// Write a mapping file that says what is read today, with a remark for all that is missing
    Init(InitArgs),
}

#[derive(Args, Debug)]
struct InitArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    map: CatalogMapArgs,
    /// File to write; an existing one is left alone [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) async fn run(args: MapArgs, as_json: bool) -> Result<(), Exit> {
    let Step::Init(args) = args.step;
    let reading =
        catalog::read(&args.database.url, &args.map.mapping()?).await.map_err(refused_or_unavailable)?;
    let Some(output) = args.output else {
        print::line(reading.as_mapping_file.trim_end());
        return Ok(());
    };
    write_new(&output, &reading.as_mapping_file)?;
    if as_json {
        print::json(&json!({ "file": output }));
    } else {
        print::line(&format!(
            "{} says what is read today; correct it, then look with deertrack doctor --catalog-map",
            output.display()
        ));
    }
    Ok(())
}

/// Somebody's corrections must not be lost.
fn write_new(path: &Path, text: &str) -> Result<(), Exit> {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

impl CatalogMapArgs {
    /// The mapping file that is named, or none.
    pub(crate) fn mapping(&self) -> Result<Mapping, Exit> {
        let Some(path) = &self.catalog_map else { return Ok(Mapping::default()) };
        Mapping::read(path).map_err(|problems| {
            let file = path.display().to_string();
            refused_or_unavailable(CatalogError::Map { file, problems })
        })
    }
}

/// Another try does not help a wrong mapping file.
pub(crate) fn refused_or_unavailable(error: CatalogError) -> Exit {
    match error {
        CatalogError::Map { ref problems, .. } => {
            let told: Vec<_> = problems
                .iter()
                .map(|problem| {
                    let (line, key) = (problem.line, &problem.key);
                    json!({ "line": line, "key": key, "value": problem.value, "message": problem.message })
                })
                .collect();
            let body = json!({ "error": "the mapping file is wrong", "problems": told });
            Exit::text(Code::Refused, catalog::harmless(&error.to_string()).replace("\\u{a}", "\n"))
                .with_body(body)
        }
        other => Exit::unavailable(other),
    }
}
