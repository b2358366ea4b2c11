//! One import for everything: what is given is known again, drawn up as a Camtrap DP package where it is none, and read
//! by the rules that hold for packages.

use std::path::Path;

use deertrack_catalog::store::Store;
use tempfile::TempDir;

use crate::camtrap_dp::{Options, Package, Summary, import_package};
use crate::draft::Draft;
use crate::error::ImportError;
use crate::given::Given;
use crate::hints::Hints;
use crate::progress::OnProgress;
use crate::source::{How, Source};
use crate::sources::SOURCES;

/// Reads what is at `path` into the store: all of it, in one transaction, or nothing. `source` says what it is where that
/// is not plain from itself.
///
/// # Errors
/// When nothing or several sources know it again, when a row cannot be read (unless `skip_invalid`), and as
/// [`crate::camtrap_dp::import`].
pub async fn import(
    path: &Path,
    source: Option<&str>,
    store: &mut Store,
    options: &Options,
    hints: &Hints,
    progress: OnProgress<'_>,
) -> Result<Summary, ImportError> {
    let package = open(path, source, options, hints, progress)?;
    import_package(&package, store, options, progress).await.map_err(|error| {
        let told = package.told().to_string();
        let is_empty = matches!(error, ImportError::NoDeer { .. } | ImportError::NoSuchSpecies { .. });
        if is_empty && !told.is_empty() {
            ImportError::OfTool { error: Box::new(error), told }
        } else {
            error
        }
    })
}

/// Does all of that in a database of its own that is thrown away: what an import would take, and how. Whether a data set
/// of this name is there already, and which ids it would share, only the import itself tells.
///
/// # Errors
/// As [`import`], but for what the database says.
pub async fn dry_run(
    path: &Path,
    source: Option<&str>,
    options: &Options,
    hints: &Hints,
    progress: OnProgress<'_>,
) -> Result<Summary, ImportError> {
    let unreadable = |source| ImportError::Unreadable { path: std::env::temp_dir(), source };
    let dir = TempDir::new().map_err(unreadable)?;
    let mut store = Store::open(&format!("sqlite://{}", dir.path().join("dry-run.db").display())).await?;
    let summary = import(path, source, &mut store, options, hints, progress).await;
    store.close().await;
    summary
}

fn open(
    path: &Path,
    source: Option<&str>,
    options: &Options,
    hints: &Hints,
    progress: OnProgress<'_>,
) -> Result<Package, ImportError> {
    let given = Given::open(path)?;
    let source = recognised(&given, source)?;
    match source.read {
        How::Package => Package::open(path),
        How::Tell(tell) => {
            let mut draft = Draft::new(source.info.name, &given, hints, options.skip_invalid, progress)?;
            draft.told.about = source.info.about.to_owned();
            tell(&given, &mut draft)?;
            Package::of(draft.finish()?)
        }
        How::Other(next) => Err(wrong(&given, format!("it is {}; {next}", source.info.name))),
    }
}

fn wrong(given: &Given, reason: String) -> ImportError {
    ImportError::WrongForm { path: given.path().to_owned(), reason }
}

/// The source whose own this is.
fn recognised(given: &Given, told: Option<&str>) -> Result<&'static Source, ImportError> {
    if let Some(told) = told {
        let named = SOURCES.iter().find(|source| source.info.name == told);
        return named.ok_or_else(|| {
            let names: Vec<&str> = SOURCES.iter().map(|source| source.info.name).collect();
            wrong(given, format!("--source {told} is none of {}", names.join(", ")))
        });
    }
    let claims: Vec<&Source> = SOURCES.iter().filter(|source| (source.claims)(given)).collect();
    match claims[..] {
        [source] => Ok(source),
        // A package tells what it is; its tables may have names of others.
        [source, ..] if matches!(source.read, How::Package) => Ok(source),
        [] => Err(wrong(given, unknown(given))),
        _ => {
            let names: Vec<&str> = claims.iter().map(|source| source.info.name).collect();
            Err(wrong(given, format!("it may be {}: say which with --source NAME", names.join(" or "))))
        }
    }
}

fn unknown(given: &Given) -> String {
    let names = given.names();
    if let Some(loose) = names.iter().find(|name| given.has(name, &["deploymentID", "deploymentStart"])) {
        return format!(
            "{loose} is a table of Camtrap DP, and there is no datapackage.json beside it: download the package as a \
             whole, or give the folder that holds it"
        );
    }
    let there = match names {
        [] => "it holds no table (CSV) and no JSON".to_owned(),
        [one] => format!("nothing here knows {one} again (its columns: {})", columns(given, one)),
        [first, .., _] => {
            format!("it holds {} files as {first}, which nothing here knows again", names.len())
        }
    };
    let known: Vec<String> =
        SOURCES.iter().map(|source| format!("  {}: {}", source.info.name, source.info.recognises)).collect();
    format!("{there}. What is read:\n{}", known.join("\n"))
}

fn columns(given: &Given, name: &str) -> String {
    const SHOWN: usize = 8;
    let columns = given.columns(name);
    let plain =
        |text: &String| text.chars().filter(|letter| !letter.is_control()).take(30).collect::<String>();
    columns.iter().take(SHOWN).map(plain).collect::<Vec<_>>().join(", ")
}
