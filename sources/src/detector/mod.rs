//! What detectors write beside photographs: MegaDetector and AddaxAI (JSON 1.x), SpeciesNet (predictions).
//!
//! The photographs tell when they were taken (Exif), their folders where. What the members mean and where they lay traps:
//! `docs/sources.md`.
//!
//! 1. [`megadetector`], [`speciesnet`]: an entry of either form becomes [`seen::Seen`].
//! 2. [`labels`]: what a label, or a taxon of SpeciesNet, means.
//! 3. [`seen`]: what is kept of it, by the threshold, and written.

mod labels;
mod megadetector;
mod seen;
mod speciesnet;
mod times;

use crate::draft::{Draft, Sheet};
use crate::error::ImportError;
use crate::given::Given;
use crate::source::{How, Source, SourceInfo};
use seen::Writer;

/// The source, for people.
pub(crate) const INFO: SourceInfo = SourceInfo {
    name: "detector",
    about: "Detections of MegaDetector, AddaxAI or SpeciesNet, as JSON beside the photographs",
    recognises: "a JSON file with detections in a list of images or predictions, or the folder that holds it",
};

pub(crate) const SOURCE: Source = Source { info: &INFO, claims, read: How::Tell(tell) };

/// The forms of such files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    MegaDetector,
    SpeciesNet,
    /// A list of images with boxes in pixels: the newer tool of Microsoft.
    PixelCorners,
}

fn form(given: &Given, name: &str) -> Option<Form> {
    if !name.to_ascii_lowercase().ends_with(".json") {
        return None;
    }
    let head = given.head(name);
    let text = String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head)).into_owned();
    let has = |key: &str| text.contains(&format!("\"{key}\""));
    let is_list = text.trim_start().starts_with('[');
    if is_list && has("detections") && has("bbox") {
        return Some(Form::PixelCorners);
    }
    if has("predictions") && has("filepath") {
        return Some(Form::SpeciesNet);
    }
    let has_images = has("images") && has("file") && (has("detections") || has("failure"));
    (!is_list && !has("annotations") && (has("detection_categories") || has_images))
        .then_some(Form::MegaDetector)
}

fn claims(given: &Given) -> bool {
    given.names().iter().any(|name| form(given, name).is_some())
}

fn tell(given: &Given, draft: &mut Draft<'_>) -> Result<(), ImportError> {
    let files: Vec<(&str, Form)> =
        given.names().iter().filter_map(|name| Some((name.as_str(), form(given, name)?))).collect();
    // AddaxAI writes one file for images and one for videos.
    let is_part = |name: &str| {
        name.ends_with("image_recognition_file.json") || name.ends_with("video_recognition_file.json")
    };
    let parts: Vec<(&str, Form)> = files.iter().filter(|(name, _)| is_part(name)).copied().collect();
    let files = if parts.is_empty() { files } else { parts };
    if !files.iter().all(|(name, _)| is_part(name)) || files.is_empty() {
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        given.only("detections", &names)?;
    }
    if let Some(name) = given.folder().and_then(|folder| folder.file_name()) {
        // The photographs are what it is about, not the file beside them.
        draft.id = name.to_string_lossy().into_owned();
        draft.title.clone_from(&draft.id);
    }
    draft.begin(Sheet::Media, seen::MEDIA)?;
    draft.begin(Sheet::Observations, seen::OBSERVATIONS)?;
    let mut writer = Writer::new(draft)?;
    for (name, form) in files {
        match form {
            Form::MegaDetector => megadetector::read(given, draft, &mut writer, name)?,
            Form::SpeciesNet => speciesnet::read(given, draft, &mut writer, name)?,
            Form::PixelCorners => {
                let reason = PIXELS.to_owned();
                return Err(ImportError::WrongForm { path: given.path().to_owned(), reason });
            }
        }
    }
    writer.finish(draft)
}

/// The next step for boxes in pixels.
const PIXELS: &str = "its boxes are corners in pixels (x1, y1, x2, y2), as the newer MegaDetector of Microsoft writes them, and \
     nothing tells how large the photographs are: write MegaDetector's format 1.x, whose boxes are fractions \
     (https://lila.science/megadetector-output-format), with run_detector_batch or AddaxAI";
