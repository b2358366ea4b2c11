//! A package that was imported into a database of its own, and what may be asked of it.

use std::fmt::Debug;
use std::path::Path;

use chrono::{DateTime, Utc};
use deertrack_catalog::store::Store;
use deertrack_catalog::{Catalog, Image, Record, connect};
use deertrack_sources::camtrap_dp::{Options, import};
use deertrack_survey::TimeRange;
use deertrack_survey::effort::{Effort, passed};
use deertrack_survey::visits::{Visit, VisitRule, visits};
use libtest_mimic::Failed;
use tempfile::TempDir;
use tokio::runtime::Runtime;

#[path = "../tables/mod.rs"]
mod tables;

pub(crate) type Outcome = Result<(), Failed>;

pub(crate) struct Case {
    runtime: Runtime,
    dir: TempDir,
    /// What the last import said.
    pub(crate) summary: String,
    records: Vec<Record>,
}

impl Case {
    pub(crate) fn import(path: &Path, options: &Options) -> Result<Self, Failed> {
        let runtime = Runtime::new()?;
        let mut case = Self { runtime, dir: TempDir::new()?, summary: String::new(), records: Vec::new() };
        case.add(path, options)?;
        Ok(case)
    }

    /// What is told instead of an import, of which nothing is left.
    pub(crate) fn refused(path: &Path, options: &Options) -> Result<String, Failed> {
        let (runtime, dir) = (Runtime::new()?, TempDir::new()?);
        let url = format!("sqlite://{}/catalog.db", dir.path().display());
        let error = runtime.block_on(async {
            let mut store = Store::open(&url).await?;
            let refused = import(path, &mut store, options, &mut |_, _| ()).await;
            store.discard().await?;
            refused.err().ok_or_else(|| Failed::from("it was imported"))
        })?;
        equal("files left behind", &std::fs::read_dir(dir.path())?.count(), &0)?;
        Ok(error.to_string())
    }

    /// One more package into the same database.
    pub(crate) fn add(&mut self, path: &Path, options: &Options) -> Outcome {
        let url = self.url();
        let (summary, records) = self.runtime.block_on(async {
            let mut store = Store::open(&url).await?;
            let summary = import(path, &mut store, options, &mut |_, _| ()).await;
            store.close().await;
            let records = connect(&url).await?.records_in(ever()).await?;
            Ok::<_, Failed>((summary?.to_string(), records))
        })?;
        (self.summary, self.records) = (summary, records);
        Ok(())
    }

    fn url(&self) -> String {
        format!("sqlite://{}/catalog.db", self.dir.path().display())
    }

    fn ask<T>(&self, question: impl AsyncFnOnce(&dyn Catalog) -> T) -> T {
        let url = self.url();
        self.runtime.block_on(async { question(connect(&url).await.expect("it is there").as_ref()).await })
    }

    pub(crate) fn dump(&self) -> Result<Vec<String>, Failed> {
        Ok(self.runtime.block_on(tables::dump(&self.url())))
    }

    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(crate) fn images(&self) -> Vec<Image> {
        self.ask(async |catalog| catalog.images(ever()).await.expect("it answers"))
    }

    pub(crate) fn places(&self) -> usize {
        self.ask(async |catalog| catalog.places().await.expect("it answers").len())
    }

    pub(crate) fn individuals(&self) -> usize {
        self.ask(async |catalog| catalog.individuals().await.expect("it answers").len())
    }

    pub(crate) fn visits(&self) -> Vec<Visit> {
        let records: Vec<_> = self.records.iter().filter_map(Record::counted).collect();
        visits(&records, VisitRule::default())
    }

    pub(crate) fn animals_by_visit(&self) -> Vec<u32> {
        self.visits().iter().map(|visit| visit.animals).collect()
    }

    /// Place, visits, animals.
    pub(crate) fn visits_by_place(&self) -> Vec<(String, usize, u32)> {
        let mut places = std::collections::BTreeMap::<String, (usize, u32)>::new();
        for visit in self.visits() {
            let (visits, animals) =
                places.entry(visit.place_id.as_deref().unwrap_or_default().to_owned()).or_default();
            *visits += 1;
            *animals += visit.animals;
        }
        places.into_iter().map(|(place, (visits, animals))| (place, visits, animals)).collect()
    }

    pub(crate) fn nights(&self) -> f64 {
        let range = passed(ever(), Utc::now());
        let deployments = self.ask(async |catalog| catalog.deployments(ever()).await.expect("it answers"));
        Effort::of_deployments(&deployments, &range).nights()
    }

    /// Photographs, and those of them that show no deer.
    pub(crate) fn images_without_deer(&self) -> (usize, usize) {
        let images = self.images();
        let shows = |image: &&Image| {
            image.burst_id.is_some() || self.records.iter().any(|row| row.image.id == image.id)
        };
        (images.len(), images.len() - images.iter().filter(shows).count())
    }

    /// Photographs with people.
    pub(crate) fn kept_back(&self) -> Vec<String> {
        self.images().into_iter().filter(|image| image.sees_people).map(|image| image.id).collect()
    }

    /// Event-level rows of a species in the package's own table.
    pub(crate) fn told_rows(&self, path: &Path, species: &str) -> Result<usize, Failed> {
        let text = std::fs::read_to_string(path.join("observations.csv"))?;
        Ok(text.lines().filter(|line| line.contains(&format!(",event,animal,,{species},"))).count())
    }
}

pub(crate) fn ever() -> TimeRange {
    let year = |text: &str| -> DateTime<Utc> { text.parse().expect("an instant") };
    year("1900-01-01T00:00:00Z")..year("9000-01-01T00:00:00Z")
}

pub(crate) fn equal<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> Outcome {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, not {expected:?}").into()) }
}

pub(crate) fn near(what: &str, found: f64, expected: f64) -> Outcome {
    if (found - expected).abs() < 1e-6 {
        Ok(())
    } else {
        Err(format!("{what}: {found}, not {expected}").into())
    }
}

pub(crate) fn says(text: &str, part: &str) -> Outcome {
    if text.contains(part) { Ok(()) } else { Err(format!("{part:?} is not said in: {text}").into()) }
}

/// That two databases hold the same.
pub(crate) fn same(when: &str, one: &[String], other: &[String]) -> Outcome {
    tables::assert_same(one, other, when);
    Ok(())
}
