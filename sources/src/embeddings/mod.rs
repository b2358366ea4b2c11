//! Vectors of known photographs, to try a re-identification on: rows of a file ([`vectors`]) beside a CSV of labels.
//!
//! Chosen rows become known deer, the others detections without a time (so they are in no report). Whom a row truly
//! shows is kept for evaluation only. Labels: `individual`, and `row` (from 0; without it
//! labels are in the order of the vectors); `split` and `file` if present.

mod vectors;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use deertrack_catalog::store::{NewDataset, NewDeer, NewDetection, NewImage, Owned, Store, Writing};
use deertrack_schemas::Class;
use serde::Serialize;

use crate::error::ImportError;
use crate::progress::OnProgress;
use crate::source::{How, Source, SourceInfo};
use crate::table::Table;
use vectors::{LABELS, Vectors};

/// The source, for people.
pub const INFO: SourceInfo = SourceInfo {
    name: "embeddings",
    about: "Embedding vectors of known photographs, to try the re-identification analysis on",
    recognises: "a NumPy file (.npy, .npz), a CSV of numbers, or rows of float32, beside a CSV with the column individual",
};

pub(crate) const SOURCE: Source = Source {
    info: &INFO,
    claims: |given| {
        let is_one = |name: &str| name.ends_with(".npy") || name.ends_with(".npz");
        given.names().len() == 1 && !given.named(is_one).is_empty()
    },
    read: How::Other("import vectors with: deertrack import embeddings FILE --labels CSV"),
};

/// Rows that are held before they are written.
const BATCH: usize = 500;

/// What to take.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Numbers in a vector, of a file of raw rows; NumPy's tell it themselves.
    pub dimensions: usize,
    /// Name of the array, where an archive has several.
    pub array: Option<String>,
    /// Take only rows with this label in the column `split` as detections; `None`: all.
    pub split: Option<String>,
    /// Rows that become known deer, one for each animal, of whatever split.
    pub gallery_rows: Vec<usize>,
}

/// What was taken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Name of the file of vectors without its ending: the data set, and the version of the embedding.
    pub dataset: String,
    /// Rows that became known deer.
    pub known_deer: usize,
    /// Rows that became detections.
    pub detections: usize,
    /// Rows of another split.
    pub of_other_splits: u64,
    /// Rows without a label.
    pub unlabelled: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.dataset)?;
        writeln!(f, "  {} known deer, {} detections", self.known_deer, self.detections)?;
        if self.of_other_splits > 0 {
            writeln!(f, "  not taken: {} rows of another split", self.of_other_splits)?;
        }
        if self.unlabelled > 0 {
            writeln!(f, "  not taken: {} rows without a label", self.unlabelled)?;
        }
        Ok(())
    }
}

/// Reads the vectors of `vectors` with their labels into the store, in one transaction.
///
/// Safe to repeat: the ids are the file's name with the number of the row or the name of the animal, and rows that an
/// earlier import of a file of this name left are removed.
///
/// # Errors
/// When a file cannot be read or is of another form (its length not that of its rows, a number that is not finite,
/// a gallery row without a label or of an animal that has one already), at the first bad label, and when the database
/// fails.
pub async fn import(
    vectors: &Path,
    labels: &Path,
    store: &mut Store,
    options: &Options,
    progress: OnProgress<'_>,
) -> Result<Summary, ImportError> {
    let mut file = Vectors::open(vectors, options.dimensions, options.array.as_deref())?;
    let labels = Labels::read(labels, file.rows)?;
    let name = vectors.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let plan = Plan::new(name, labels, options)?;
    let mut writing = store.begin().await?;
    let source = vectors.file_name().map(|name| name.to_string_lossy().into_owned());
    let dataset =
        NewDataset { id: plan.name.clone(), name: plan.name.clone(), source, ..NewDataset::default() };
    writing.datasets(&[dataset]).await?;
    for table in Owned::ALL {
        writing.remove_others(table, &plan.name, |_| false).await?;
    }

    let mut summary = plan.nothing_yet();
    let mut batch = Batch::default();
    for row in 0..file.rows {
        let vector = file.next(row)?;
        plan.sort_in(row, vector, &mut batch, &mut summary);
        if batch.images.len() + batch.deer.len() >= BATCH {
            batch.write(&mut writing).await?;
            progress(row as u64 + 1, file.rows as u64);
        }
    }
    batch.write(&mut writing).await?;
    writing.commit().await?;
    progress(file.rows as u64, file.rows as u64);
    Ok(summary)
}

struct Label {
    individual: String,
    split: Option<String>,
    file: Option<String>,
}

/// Labels by row.
struct Labels {
    path: PathBuf,
    of: HashMap<usize, Label>,
}

impl Labels {
    fn read(path: &Path, rows: usize) -> Result<Self, ImportError> {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut table = Table::of_tool(path, &file, LABELS, &["individual"])?;
        let is_numbered = table.has("row");
        let mut of = HashMap::new();
        while let Some(read) = table.next(|row| {
            let number = if is_numbered { row.index("row")? } else { of.len() };
            if number >= rows {
                let column = if is_numbered { "row" } else { "individual" };
                return Err(row.bad(column, &format!("beyond the {rows} rows of the vectors")));
            }
            if of.contains_key(&number) {
                return Err(row.bad("row", "not unique"));
            }
            let individual = row.required("individual")?.to_owned();
            Ok((number, Label { individual, split: row.owned("split"), file: row.owned("file") }))
        })? {
            let (number, label) = read.map_err(ImportError::BadLabel)?;
            of.insert(number, label);
        }
        Ok(Self { path: path.to_owned(), of })
    }
}

/// What becomes of each row.
struct Plan<'a> {
    name: String,
    labels: Labels,
    gallery: HashSet<usize>,
    split: Option<&'a str>,
}

impl<'a> Plan<'a> {
    fn new(name: String, labels: Labels, options: &'a Options) -> Result<Self, ImportError> {
        let wrong = |reason| ImportError::WrongForm { path: labels.path.clone(), reason };
        let gallery: HashSet<usize> = options.gallery_rows.iter().copied().collect();
        let mut shown = HashMap::new();
        for row in &options.gallery_rows {
            let label = labels.of.get(row).ok_or_else(|| wrong(format!("gallery row {row} has no label")))?;
            if let Some(other) = shown.insert(&label.individual, row)
                && other != row
            {
                let animal = &label.individual;
                return Err(wrong(format!("gallery rows {other} and {row} both show {animal}")));
            }
        }
        Ok(Self { name, labels, gallery, split: options.split.as_deref() })
    }

    fn nothing_yet(&self) -> Summary {
        Summary {
            dataset: self.name.clone(),
            known_deer: 0,
            detections: 0,
            of_other_splits: 0,
            unlabelled: 0,
        }
    }

    fn sort_in(&self, row: usize, vector: Vec<f32>, batch: &mut Batch, summary: &mut Summary) {
        let Some(label) = self.labels.of.get(&row) else {
            summary.unlabelled += 1;
            return;
        };
        if self.gallery.contains(&row) {
            summary.known_deer += 1;
            batch.deer.push(self.deer(label, vector));
        } else if self.split.is_some_and(|split| label.split.as_deref() != Some(split)) {
            summary.of_other_splits += 1;
        } else {
            summary.detections += 1;
            let (image, detection) = self.detection(row, label, vector);
            batch.images.push(image);
            batch.detections.push(detection);
        }
    }

    /// The same animal may be in several files: each has profiles of its own.
    fn deer_id(&self, label: &Label) -> String {
        format!("{}:{}", self.name, label.individual)
    }

    fn deer(&self, label: &Label, vector: Vec<f32>) -> NewDeer {
        NewDeer {
            dataset_id: Some(self.name.clone()),
            feature_vector: Some(vector),
            embedding_version: Some(self.name.clone()),
            source_id: Some(label.individual.clone()),
            ..NewDeer::of(self.deer_id(label), &label.individual, Class::Unknown)
        }
    }

    fn detection(&self, row: usize, label: &Label, vector: Vec<f32>) -> (NewImage, NewDetection) {
        let id = format!("{}:{row:07}", self.name); // so that ids sort as rows do
        let dataset_id = Some(self.name.clone());
        let image = NewImage {
            id: id.clone(),
            dataset_id: dataset_id.clone(),
            path: label.file.clone(),
            ..NewImage::default()
        };
        let detection = NewDetection {
            dataset_id,
            true_deer_id: Some(self.deer_id(label)),
            feature_vector: Some(vector),
            embedding_version: Some(self.name.clone()),
            ..NewDetection::of(id.clone(), id, Class::Unknown)
        };
        (image, detection)
    }
}

#[derive(Default)]
struct Batch {
    deer: Vec<NewDeer>,
    images: Vec<NewImage>,
    detections: Vec<NewDetection>,
}

impl Batch {
    async fn write(&mut self, writing: &mut Writing) -> Result<(), ImportError> {
        writing.deer(&self.deer).await?;
        writing.images(&self.images).await?;
        writing.detections(&self.detections).await?;
        *self = Self::default();
        Ok(())
    }
}
