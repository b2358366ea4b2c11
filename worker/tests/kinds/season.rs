//! A small database with its photographs, and an export of it without a worker.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use deertrack_catalog::store::{NewDataset, NewDeer, NewDeployment, NewDetection, NewImage, NewPlace, Store};
use deertrack_catalog::{Catalog, connect};
use deertrack_schemas::{Class, Command, Counts, Export};
use deertrack_survey::BoundingBox;
use deertrack_worker::JobError;
use deertrack_worker::artifact::Drafts;
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress, Rendered};
use tempfile::TempDir;

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The rows to be, and the folder where the database, the photographs and the drafts are.
pub(crate) struct Season {
    dir: TempDir,
    pub(crate) datasets: Vec<NewDataset>,
    pub(crate) places: Vec<NewPlace>,
    pub(crate) deployments: Vec<NewDeployment>,
    pub(crate) images: Vec<NewImage>,
    pub(crate) deer: Vec<NewDeer>,
    pub(crate) detections: Vec<NewDetection>,
}

impl Season {
    /// Two places and a known buck; no photographs yet.
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        for folder in ["images", "drafts"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
        }
        Self {
            dir,
            datasets: Vec::new(),
            places: vec![place("ridge", "North ridge"), place("creek", "Creek")],
            deployments: Vec::new(),
            images: Vec::new(),
            deer: vec![known("d1", "Old Crooked")],
            detections: Vec::new(),
        }
    }

    pub(crate) fn images_dir(&self) -> PathBuf {
        self.dir.path().join("images")
    }

    /// A photograph on the ridge, as a file of its own.
    pub(crate) fn photograph(&mut self, id: &str, taken_at: &str, file: &[u8]) {
        std::fs::write(self.images_dir().join(format!("{id}.jpg")), file).unwrap();
        self.image(id, taken_at, Some(&format!("{id}.jpg")));
    }

    /// An image whose file is, or is not, at `path`.
    pub(crate) fn image(&mut self, id: &str, taken_at: &str, path: Option<&str>) {
        self.images.push(NewImage {
            id: id.into(),
            location_id: Some("ridge".into()),
            path: path.map(str::to_owned),
            timestamp: Some(at(taken_at)),
            ..NewImage::default()
        });
    }

    /// A detection of a class with a box (left, top, width, height as fractions).
    pub(crate) fn detection(&mut self, id: &str, image: &str, class: Class, bbox: [f64; 4]) {
        let [x, y, width, height] = bbox;
        self.detections.push(NewDetection {
            bbox: Some(BoundingBox { x, y, width, height }),
            confidence: Some(0.875),
            ..NewDetection::of(id, image, class)
        });
    }

    pub(crate) async fn write(&self, url: &str) {
        let mut store = Store::open(url).await.unwrap();
        let mut writing = store.begin().await.unwrap();
        writing.datasets(&self.datasets).await.unwrap();
        writing.places(&self.places).await.unwrap();
        writing.deployments(&self.deployments).await.unwrap();
        writing.images(&self.images).await.unwrap();
        writing.deer(&self.deer).await.unwrap();
        writing.detections(&self.detections).await.unwrap();
        writing.commit().await.unwrap();
        store.close().await;
    }

    pub(crate) async fn database(&self) -> String {
        let url = format!("sqlite://{}", self.dir.path().join("catalog.db").display());
        self.write(&url).await;
        url
    }

    /// The kinds over this season, in Belgian time.
    pub(crate) async fn kinds(&self) -> Kinds {
        self.kinds_over(connect(&self.database().await).await.unwrap())
    }

    /// The same over another database.
    pub(crate) fn kinds_over(&self, catalog: Arc<dyn Catalog>) -> Kinds {
        Kinds { catalog, zone: Tz::Europe__Brussels, images: ImagesFolder::at(self.images_dir()) }
    }

    pub(crate) fn job(&self, progress: Progress) -> Job {
        let drafts = self.dir.path().join("drafts");
        Job::alone(progress).with_drafts(Drafts::new(drafts, "job".parse().unwrap()))
    }

    pub(crate) async fn export(&self, export: Export) -> Result<Rendered, JobError> {
        let job = self.job(Progress::silent());
        self.kinds().await.export(&job, &command(export)).await
    }

    /// The bytes of an export that must succeed.
    pub(crate) async fn bytes(&self, export: Export) -> Vec<u8> {
        self.bytes_of(&self.kinds().await, export).await
    }

    pub(crate) async fn bytes_of(&self, kinds: &Kinds, export: Export) -> Vec<u8> {
        let job = self.job(Progress::silent());
        kinds.export(&job, &command(export)).await.unwrap().content.into_bytes().unwrap()
    }

    /// The drafts that lie about.
    pub(crate) fn drafts(&self) -> usize {
        std::fs::read_dir(self.dir.path().join("drafts")).unwrap().count()
    }
}

pub(crate) fn command(export: Export) -> Command {
    Command::new("job".parse().unwrap(), export, at("2026-01-02T03:04:05Z"))
}

pub(crate) fn place(id: &str, name: &str) -> NewPlace {
    NewPlace {
        id: id.into(),
        name: name.into(),
        latitude: Some(50.828_917),
        longitude: Some(4.651_234),
        timezone: None,
        coordinate_uncertainty: None,
        ..NewPlace::default()
    }
}

pub(crate) fn known(id: &str, name: &str) -> NewDeer {
    NewDeer::of(id, name, Class::Buck)
}

/// All counts that an export tells, in order.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<Counts>>>);

impl Told {
    pub(crate) fn progress(&self) -> Progress {
        let told = self.clone();
        Progress::new(move |step| told.0.lock().unwrap().extend(step.counts))
    }

    pub(crate) fn counts(&self) -> Vec<Counts> {
        self.0.lock().unwrap().clone()
    }
}

/// The files of an archive by path, in their order.
pub(crate) fn unzip(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ::zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        std::io::copy(&mut file, &mut bytes).unwrap();
        files.push((file.name().unwrap().into_owned(), bytes));
    }
    files
}

/// One file of an archive.
pub(crate) fn file<'a>(files: &'a [(String, Vec<u8>)], path: &str) -> &'a [u8] {
    &files.iter().find(|(name, _)| name == path).unwrap_or_else(|| panic!("no {path}")).1
}

/// The rows of a CSV table, the header first.
pub(crate) fn csv_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// A file name that no archive may unpack outside its folder.
pub(crate) fn is_harmless(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let fine = |part: &&str| !part.is_empty() && *part != "." && *part != ".." && !part.contains(['\\', ':']);
    parts.iter().all(fine) && !path.chars().any(char::is_control) && Path::new(path).is_relative()
}
