//! A folder of a tool's files, and what came of its import into a SQLite file of its own.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use deertrack_catalog::store::Store;
use deertrack_catalog::{Record, connect};
use deertrack_sources::camtrap_dp::{Options, Summary};
use deertrack_sources::{Hints, ImportError, import};
use deertrack_survey::effort::Effort;
use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use sqlx::{AssertSqlSafe, SqlitePool};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

pub(crate) struct Given {
    dir: TempDir,
    pub(crate) options: Options,
    pub(crate) hints: Hints,
    /// As `--source` tells it.
    pub(crate) source: Option<&'static str>,
}

impl Given {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let given = Self {
            dir: TempDir::new().unwrap(),
            options: Options::default(),
            hints: Hints::default(),
            source: None,
        };
        files.iter().for_each(|(name, text)| given.file(name, text.as_bytes()));
        given
    }

    /// A photograph that tells when it was taken, and perhaps where.
    pub(crate) fn photograph(&self, name: &str, taken: &str, place: Option<[f64; 2]>) {
        self.file(name, &photograph(taken, place));
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.dir.path().join("given")
    }

    pub(crate) fn file(&self, name: &str, content: &[u8]) {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A file beside the folder, as `--names` is.
    pub(crate) fn beside(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The files in a ZIP, within a folder.
    pub(crate) fn zipped(&self, names: &[&str]) -> PathBuf {
        let path = self.dir.path().join("given.zip");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for name in names {
            zip.start_file(format!("download/{name}"), SimpleFileOptions::default()).unwrap();
            zip.write_all(&fs::read(self.folder().join(name)).unwrap()).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    fn url(&self) -> String {
        format!("sqlite://{}/catalog.db", self.dir.path().display())
    }

    pub(crate) async fn import(&self) -> Result<Summary, ImportError> {
        self.import_from(&self.folder()).await
    }

    pub(crate) async fn import_from(&self, path: &Path) -> Result<Summary, ImportError> {
        let mut store = Store::open(&self.url()).await.unwrap();
        let done = import(path, self.source, &mut store, &self.options, &self.hints, &mut |_, _| ()).await;
        store.close().await;
        done
    }

    pub(crate) async fn refused(&self) -> String {
        self.import().await.unwrap_err().to_string()
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let pool = SqlitePool::connect(&self.url()).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap()
    }

    /// Values of one column.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let pool = SqlitePool::connect(&self.url()).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&pool).await.unwrap()
    }

    pub(crate) async fn records(&self) -> Vec<Record> {
        connect(&self.url()).await.unwrap().records_in(ever()).await.unwrap()
    }

    /// Instants at which what counts was seen.
    pub(crate) async fn times(&self) -> Vec<String> {
        let records = self.records().await;
        let mut times: Vec<String> = records
            .iter()
            .map(|row| row.image.taken_at.map(|at| at.to_rfc3339()).unwrap_or_default())
            .collect();
        times.sort();
        times
    }

    pub(crate) async fn nights(&self) -> f64 {
        let deployments = connect(&self.url()).await.unwrap().deployments(ever()).await.unwrap();
        Effort::of_deployments(&deployments, &ever()).nights()
    }
}

fn ever() -> deertrack_survey::TimeRange {
    "2000-01-01T00:00:00Z".parse().unwrap().."2100-01-01T00:00:00Z".parse().unwrap()
}

/// A JPEG of nothing but its Exif.
fn photograph(taken: &str, place: Option<[f64; 2]>) -> Vec<u8> {
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    let ascii = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let mut fields = vec![field(Tag::DateTimeOriginal, ascii(taken))];
    if let Some([latitude, longitude]) = place {
        let degrees = |angle: f64| {
            let whole = Rational { num: (angle.abs() * 1e6) as u32, denom: 1_000_000 };
            Value::Rational(vec![whole, (0, 1).into(), (0, 1).into()])
        };
        fields.push(field(Tag::GPSLatitudeRef, ascii(if latitude < 0.0 { "S" } else { "N" })));
        fields.push(field(Tag::GPSLatitude, degrees(latitude)));
        fields.push(field(Tag::GPSLongitudeRef, ascii(if longitude < 0.0 { "W" } else { "E" })));
        fields.push(field(Tag::GPSLongitude, degrees(longitude)));
    }
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut tiff = std::io::Cursor::new(Vec::new());
    writer.write(&mut tiff, false).unwrap();
    let tiff = tiff.into_inner();
    let length = u16::try_from(tiff.len() + 8).unwrap().to_be_bytes();
    [b"\xff\xd8\xff\xe1", &length[..], b"Exif\0\0", &tiff, b"\xff\xd9"].concat()
}

/// That an error names all of this.
pub(crate) fn says(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "{part:?} is not said in: {error}");
    }
}
