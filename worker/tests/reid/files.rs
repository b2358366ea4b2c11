//! Makes the archive of an analysis and reads it back by other means than it was written.

use std::collections::HashMap;
use std::sync::Arc;

use chrono_tz::Tz;
use deertrack_catalog::{Catalog, connect};
use deertrack_schemas::{Command, Export, ReidParams};
use deertrack_worker::JobError;
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress, Rendered};

use crate::herd::at;

/// What a worker would publish, in Belgian time.
pub(crate) async fn export(url: &str, params: &ReidParams) -> Result<Rendered, JobError> {
    export_from(connect(url).await.unwrap(), params, &Job::alone(Progress::silent())).await
}

pub(crate) async fn export_from(
    catalog: Arc<dyn Catalog>,
    params: &ReidParams,
    job: &Job,
) -> Result<Rendered, JobError> {
    let kinds = Kinds { catalog, zone: Tz::Europe__Brussels, images: ImagesFolder::default() };
    let command =
        Command::new("job".parse().unwrap(), Export::Reid(params.clone()), at("2026-01-02T03:04:05Z"));
    kinds.export(job, &command).await
}

/// The files of an archive.
pub(crate) struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    pub(crate) async fn of(url: &str, params: &ReidParams) -> Self {
        Self::read(export(url, params).await.unwrap())
    }

    pub(crate) fn read(rendered: Rendered) -> Self {
        let bytes = rendered.content.into_bytes().unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut files = Vec::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            std::io::copy(&mut file, &mut bytes).unwrap();
            files.push((file.name().unwrap().into_owned(), bytes));
        }
        Self(files)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        &self.0.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1
    }

    pub(crate) fn analysis(&self) -> serde_json::Value {
        serde_json::from_slice(self.bytes("analysis.json")).unwrap()
    }

    /// The rows of a table by the names of its columns.
    pub(crate) fn table(&self, name: &str) -> Vec<HashMap<String, String>> {
        csv::Reader::from_reader(self.bytes(name)).deserialize().map(Result::unwrap).collect()
    }

    /// All text of a document, without line breaks and without the invisible places where a long word may break.
    pub(crate) fn text(&self, name: &str) -> String {
        let text = pdf_extract::extract_text_from_mem(self.bytes(name)).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{200b}', "")
    }

    /// Writes all files into a folder, for people to look at.
    pub(crate) fn keep(&self, folder: &str) {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        for (name, bytes) in &self.0 {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}
