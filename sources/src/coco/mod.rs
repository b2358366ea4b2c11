//! COCO Camera Traps: one JSON of images, categories and annotations, with boxes in pixels and sequences.
//!
//! The file is read once for each of its lists, so that none of them but the images, by their ids, is held. What the
//! members mean and where they lay traps: `docs/sources.md`.
//!
//! 1. [`images`]: the images, with place, time and size.
//! 2. [`annotations`]: what was seen on them, or in their sequence.

mod annotations;
mod images;

use std::collections::HashMap;

use serde_json::Value;

use crate::draft::{Draft, Sheet};
use crate::error::ImportError;
use crate::given::Given;
use crate::json_stream::{self, bad, id_text};
use crate::source::{How, Source, SourceInfo};
use images::Images;

/// The source, for people.
pub(crate) const INFO: SourceInfo = SourceInfo {
    name: "coco",
    about: "COCO Camera Traps: images, categories and annotations in one JSON",
    recognises: "a JSON file with the lists images, annotations and categories",
};

pub(crate) const SOURCE: Source = Source { info: &INFO, claims, read: How::Tell(tell) };

fn files(given: &Given) -> Vec<&str> {
    let is_one = |name: &&String| {
        let head = given.head(name);
        let text = String::from_utf8_lossy(&head);
        let has = |key: &str| text.contains(&format!("\"{key}\""));
        name.to_ascii_lowercase().ends_with(".json")
            && ((has("images") && has("file_name"))
                || (has("annotations") && (has("image_id") || has("categories"))))
    };
    given.names().iter().filter(is_one).map(String::as_str).collect()
}

fn claims(given: &Given) -> bool {
    !files(given).is_empty()
}

fn tell(given: &Given, draft: &mut Draft<'_>) -> Result<(), ImportError> {
    let name = given.only("COCO Camera Traps", &files(given))?;
    let path = given.file(name)?;
    let mut categories = HashMap::new();
    let others =
        json_stream::read(&path, name, "categories", &["images", "annotations"], &mut |line, entry| {
            let wrong =
                |member: &str| ImportError::BadRow(bad(name, line, member, &entry[member], "required"));
            let id = id_text(&entry["id"]).ok_or_else(|| wrong("id"))?;
            let label = entry["name"].as_str().ok_or_else(|| wrong("name"))?;
            categories.insert(id, label.to_owned());
            Ok(())
        })?;
    if categories.is_empty() {
        let reason = "it has no list of categories, without which its annotations mean nothing".to_owned();
        return Err(ImportError::WrongForm { path: name.into(), reason });
    }
    describe(draft, others.get("info").unwrap_or(&Value::Null));
    draft.begin(Sheet::Media, images::MEDIA)?;
    draft.begin(Sheet::Observations, annotations::OBSERVATIONS)?;
    let file = draft.file(name);
    let mut images = Images::new(draft)?;
    json_stream::read(&path, name, "images", &["annotations"], &mut |line, entry| {
        images.add(draft, name, (file, line), &entry)
    })?;
    images.note(draft, name)?;
    annotations::read(draft, &path, name, file, &images, &categories)?;
    images.stations.write(draft)
}

fn describe(draft: &mut Draft<'_>, info: &Value) {
    if let Some(title) = info["description"].as_str().filter(|title| !title.trim().is_empty()) {
        title.clone_into(&mut draft.title);
    }
    if let Some(contributor) = info["contributor"].as_str() {
        draft.metadata.insert("contributors".to_owned(), serde_json::json!([{ "title": contributor }]));
    }
}
