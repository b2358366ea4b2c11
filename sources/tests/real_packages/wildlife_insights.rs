//! A real download of Wildlife Insights against what Python's own CSV reader counts in it (`wildlife_insights.py`).

use std::path::Path;
use std::process::Command;

use deertrack_catalog::connect;
use deertrack_catalog::store::Store;
use deertrack_sources::camtrap_dp::Options;
use deertrack_sources::{Hints, import};
use deertrack_survey::effort::Effort;
use libtest_mimic::Failed;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::case::{Outcome, equal, ever, near};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_packages/wildlife_insights.py");

pub(crate) fn sample(path: &Path) -> Outcome {
    let python = std::env::var_os("DEERTRACK_PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(python).arg(SCRIPT).arg(path).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let expected: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let (runtime, dir) = (Runtime::new()?, TempDir::new()?);
    let url = format!("sqlite://{}/catalog.db", dir.path().display());
    let (summary, times, nights) = runtime.block_on(async {
        let mut store = Store::open(&url).await?;
        let every = Options { species: vec!["*".into()], ..Options::default() };
        let summary = import(path, None, &mut store, &every, &Hints::default(), &mut |_, _| ()).await;
        store.close().await;
        let catalog = connect(&url).await?;
        let mut times: Vec<i64> = catalog
            .images(ever())
            .await?
            .iter()
            .filter_map(|image| Some(image.taken_at?.timestamp()))
            .collect();
        times.sort_unstable();
        let nights = Effort::of_deployments(&catalog.deployments(ever()).await?, &ever()).nights();
        Ok::<_, Failed>((summary?, times, nights))
    })?;
    let told = serde_json::json!({
        "rows": summary.told.names.values().map(|name| name.rows).sum::<u64>(),
        "images": summary.images,
        "detections": summary.detections,
        "animals": summary.animals,
        "deployments": summary.deployments,
        "places": summary.places,
        "species": summary.species,
        "times": times,
    });
    let counts = expected["counts"].clone();
    equal("counts", &told, &counts)?;
    near("trap nights", nights, expected["nights"].as_f64().unwrap_or_default())
}
