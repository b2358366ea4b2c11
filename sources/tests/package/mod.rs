//! Builds a Camtrap DP package in a temporary folder, row by row, and imports it into a SQLite file beside it.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use deertrack_catalog::store::Store;
use deertrack_sources::ImportError;
use deertrack_sources::camtrap_dp::{Options, Summary, import};
use deertrack_survey::TimeRange;
use sqlx::{AssertSqlSafe, SqlitePool};
use tempfile::TempDir;

const DEPLOYMENTS: [&str; 10] = [
    "deploymentID",
    "locationID",
    "locationName",
    "latitude",
    "longitude",
    "coordinateUncertainty",
    "deploymentStart",
    "deploymentEnd",
    "cameraID",
    "cameraModel",
];
const MEDIA: [&str; 8] = [
    "mediaID",
    "deploymentID",
    "timestamp",
    "filePath",
    "filePublic",
    "fileName",
    "fileMediatype",
    "mediaComments",
];
const OBSERVATIONS: [&str; 22] = [
    "observationID",
    "deploymentID",
    "mediaID",
    "eventID",
    "eventStart",
    "eventEnd",
    "observationLevel",
    "observationType",
    "scientificName",
    "count",
    "lifeStage",
    "sex",
    "individualID",
    "bboxX",
    "bboxY",
    "bboxWidth",
    "bboxHeight",
    "classificationMethod",
    "classifiedBy",
    "classificationProbability",
    "classificationTimestamp",
    "observationComments",
];
const PROFILE: &str = r#""profile": "https://example.org/camtrap-dp/1.0.2/camtrap-dp-profile.json""#;

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn ever() -> TimeRange {
    at("2000-01-01T00:00:00Z")..at("2100-01-01T00:00:00Z")
}

pub(crate) struct Package {
    dir: TempDir,
    /// Its `name` in the description.
    pub(crate) name: String,
    deployments: Vec<String>,
    media: Vec<String>,
    observations: Vec<String>,
}

impl Package {
    /// With one deployment and nothing else.
    pub(crate) fn new() -> Self {
        Self {
            dir: TempDir::new().unwrap(),
            name: "test".to_owned(),
            deployments: Vec::new(),
            media: Vec::new(),
            observations: Vec::new(),
        }
    }

    /// A copy with the same rows and files, and a database of its own.
    pub(crate) fn again(&self) -> Self {
        let copy = Self {
            dir: TempDir::new().unwrap(),
            name: self.name.clone(),
            deployments: self.deployments.clone(),
            media: self.media.clone(),
            observations: self.observations.clone(),
        };
        fs::remove_dir(copy.dir.path()).unwrap();
        let copied =
            std::process::Command::new("cp").arg("-a").arg(self.dir.path()).arg(copy.dir.path()).status();
        assert!(copied.unwrap().success());
        fs::remove_file(copy.dir.path().join("catalog.db")).unwrap();
        copy
    }

    /// The folder, without symbolic links.
    pub(crate) fn root(&self) -> String {
        self.dir.path().canonicalize().unwrap().display().to_string()
    }

    pub(crate) fn database(&self) -> String {
        format!("sqlite://{}/catalog.db", self.root())
    }

    pub(crate) fn file(&self, name: &str, content: &[u8]) {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A deployment, instead of the usual one; what is not given has a usual value.
    pub(crate) fn deployment(&mut self, cells: &[(&str, &str)]) {
        let usual = [
            ("deploymentID", "d1"),
            ("latitude", "50.8"),
            ("longitude", "4.6"),
            ("deploymentStart", "2025-01-01T00:00:00Z"),
            ("deploymentEnd", "2025-12-31T00:00:00Z"),
        ];
        self.deployments.push(row(&DEPLOYMENTS, &usual, cells));
    }

    /// A row of media; what is not given has a usual value.
    pub(crate) fn media(&mut self, cells: &[(&str, &str)]) {
        let usual = [
            ("deploymentID", "d1"),
            ("timestamp", "2025-05-01T10:00:00Z"),
            ("filePath", "pictures/x.jpg"),
            ("fileMediatype", "image/jpeg"),
        ];
        self.media.push(row(&MEDIA, &usual, cells));
    }

    /// An event-level row of one roe deer.
    pub(crate) fn event(&mut self, cells: &[(&str, &str)]) {
        self.observation("event", cells);
    }

    /// A media-level row of one roe deer.
    pub(crate) fn image(&mut self, cells: &[(&str, &str)]) {
        self.observation("media", cells);
    }

    fn observation(&mut self, level: &str, cells: &[(&str, &str)]) {
        let usual = [
            ("deploymentID", "d1"),
            ("eventStart", "2025-05-01T10:00:00Z"),
            ("observationLevel", level),
            ("observationType", "animal"),
            ("scientificName", "Capreolus capreolus"),
        ];
        self.observations.push(row(&OBSERVATIONS, &usual, cells));
    }

    /// A line of a table as it is.
    pub(crate) fn line(&mut self, file: &str, line: &str) {
        match file {
            "observations.csv" => self.observations.push(line.to_owned()),
            "media.csv" => self.media.push(line.to_owned()),
            _ => panic!("no table {file}"),
        }
    }

    pub(crate) async fn import(&self, options: &Options) -> Result<Summary, ImportError> {
        Ok(self.import_telling(options).await?.0)
    }

    /// Writes the rows into the folder.
    pub(crate) fn write(&self) {
        self.write_as(",", "");
    }

    /// Writes the rows with another separator and `more` in the description of each table.
    pub(crate) fn write_as(&self, separator: &str, more: &str) {
        let with_media = if self.media.is_empty() { &["deployments", "observations"][..] } else { &TABLES };
        let resources: Vec<String> = with_media
            .iter()
            .map(|name| format!(r#"{{"name": "{name}", "path": "{name}.csv"{more}}}"#))
            .collect();
        let descriptor = format!(
            r#"{{{PROFILE}, "name": "{}", "title": "Test wood", "resources": [{}]}}"#,
            self.name,
            resources.join(", ")
        );
        self.file("datapackage.json", descriptor.as_bytes());
        let usual = [row(
            &DEPLOYMENTS,
            &[],
            &[
                ("deploymentID", "d1"),
                ("locationID", "l1"),
                ("locationName", "Ridge"),
                ("latitude", "50.8"),
                ("longitude", "4.6"),
                ("deploymentStart", "2025-01-01T00:00:00+01:00"),
                ("deploymentEnd", "2025-12-31T00:00:00Z"),
                ("cameraID", "cam1"),
            ],
        )];
        let deployments = if self.deployments.is_empty() { &usual[..] } else { &self.deployments };
        let write = |name: &str, columns: &[&str], rows: &[String]| {
            self.file(name, table(columns, rows).replace(',', separator).as_bytes());
        };
        write("deployments.csv", &DEPLOYMENTS, deployments);
        write("observations.csv", &OBSERVATIONS, &self.observations);
        if !self.media.is_empty() {
            write("media.csv", &MEDIA, &self.media);
        }
    }

    /// Imports, and gives back the steps of progress as well.
    pub(crate) async fn import_telling(
        &self,
        options: &Options,
    ) -> Result<(Summary, Vec<(u64, u64)>), ImportError> {
        self.write();
        let mut steps = Vec::new();
        let mut store = Store::open(&self.database()).await.unwrap();
        let result =
            import(self.dir.path(), &mut store, options, &mut |read, total| steps.push((read, total))).await;
        store.close().await;
        Ok((result?, steps))
    }

    /// Imports into a database that others share.
    pub(crate) async fn import_into(&self, url: &str, options: &Options) -> Result<Summary, ImportError> {
        self.write();
        import_from(self.dir.path(), url, options).await
    }

    /// Imports the files as they stand.
    pub(crate) async fn import_files(&self, options: &Options) -> Result<Summary, ImportError> {
        import_from(self.dir.path(), &self.database(), options).await
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let pool = SqlitePool::connect(&self.database()).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap()
    }

    pub(crate) async fn text(&self, sql: &str) -> String {
        let pool = SqlitePool::connect(&self.database()).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap()
    }
}

const TABLES: [&str; 3] = ["deployments", "media", "observations"];

/// Imports what is at a path.
pub(crate) async fn import_from(path: &Path, url: &str, options: &Options) -> Result<Summary, ImportError> {
    let mut store = Store::open(url).await.unwrap();
    let result = import(path, &mut store, options, &mut |_, _| ()).await;
    store.close().await;
    result
}

fn table(columns: &[&str], rows: &[String]) -> String {
    format!("{}\n{}\n", columns.join(","), rows.join("\n"))
}

fn row(columns: &[&str], usual: &[(&str, &str)], cells: &[(&str, &str)]) -> String {
    let values: BTreeMap<&str, &str> = usual.iter().chain(cells).copied().collect();
    assert!(values.keys().all(|column| columns.contains(column)), "a column of the table");
    columns.iter().map(|column| values.get(column).copied().unwrap_or_default()).collect::<Vec<_>>().join(",")
}
