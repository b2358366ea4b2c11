//! Small databases of embedded detections.

use chrono::{DateTime, Utc};
use deertrack_catalog::store::{NewDeer, NewDetection, NewImage, NewPlace, Store};
use deertrack_schemas::Class;
use tempfile::TempDir;

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The rows to be.
#[derive(Clone, Default)]
pub(crate) struct Herd {
    pub(crate) places: Vec<NewPlace>,
    pub(crate) images: Vec<NewImage>,
    pub(crate) deer: Vec<NewDeer>,
    pub(crate) detections: Vec<NewDetection>,
}

impl Herd {
    /// A known deer with its profile.
    pub(crate) fn know(&mut self, id: &str, class: Class, vector: &[f32]) {
        self.deer.push(NewDeer {
            feature_vector: Some(vector.to_vec()),
            embedding_version: Some("v1".into()),
            ..NewDeer::of(id, format!("Deer {id}"), class)
        });
    }

    /// A detection in an image of its own.
    pub(crate) fn see(&mut self, id: &str, taken_at: Option<&str>, class: Class, vector: &[f32]) {
        self.images.push(NewImage {
            id: format!("image {id}"),
            timestamp: taken_at.map(at),
            ..NewImage::default()
        });
        self.detections.push(NewDetection {
            feature_vector: Some(vector.to_vec()),
            embedding_version: Some("v1".into()),
            ..NewDetection::of(id, format!("image {id}"), class)
        });
    }

    pub(crate) async fn write(&self, url: &str) {
        let mut store = Store::open(url).await.unwrap();
        let mut writing = store.begin().await.unwrap();
        writing.places(&self.places).await.unwrap();
        writing.images(&self.images).await.unwrap();
        writing.deer(&self.deer).await.unwrap();
        writing.detections(&self.detections).await.unwrap();
        writing.commit().await.unwrap();
        store.close().await;
    }
}

pub(crate) fn sqlite_in(dir: &TempDir) -> String {
    format!("sqlite://{}", dir.path().join("catalog.db").display())
}
