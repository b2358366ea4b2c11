//! `media.csv`: the photographs, also those without an animal: they tell that a camera worked.

use std::borrow::Cow;

use deertrack_catalog::Image;
use deertrack_catalog::said::NO_FILE;

use super::source::Extra;
use super::standard::{CAPTURE_METHODS, Form};
use super::survey::Survey;
use super::writer::{Writer, known, time};
use crate::export::text::path_part;

/// Writes a row; `stand` is the index of its deployment.
pub(super) fn write(survey: &Survey, image: &Image, stand: usize, writer: &mut Writer) {
    let Some(taken_at) = image.taken_at else { return };
    let extra = Extra::of(image.extra.as_deref());
    let mut row = writer.row();
    row.set("mediaID", survey.ids.media.told(&image.id, image.source_id.as_deref()));
    row.set("deploymentID", survey.ids.deployments.told(&survey.stands[stand].id));
    row.set("captureMethod", known(image.capture_method.as_deref(), &CAPTURE_METHODS));
    row.set("timestamp", time(taken_at, image.utc_offset_seconds));
    row.set("filePublic", if is_public(image) { "true" } else { "false" });
    let file = File::of(image);
    if let Some(told) = extra.get("filePath").filter(|path| Form::Path.takes(path)) {
        row.set("filePath", told.to_owned());
    } else {
        row.set("filePath", file.path);
        row.set("fileName", file.name);
    }
    row.set("fileMediatype", file.media_type);
    row.fill(&extra);
    if image.path.is_none() && extra.get("mediaComments").is_none() {
        row.set("mediaComments", NO_FILE);
    }
    row.end();
}

/// Only where the source says so, and nobody saw a person or a vehicle there.
fn is_public(image: &Image) -> bool {
    image.file_public == Some(true) && !image.sees_people
}

/// An image's file as the package tells of it, where its source was no package.
struct File<'a> {
    path: Cow<'a, str>,
    name: &'a str,
    media_type: &'a str,
}

impl<'a> File<'a> {
    /// A URL and a relative path stay; of any other path only the file's name is told, as if it lay in `media/`.
    fn of(image: &'a Image) -> Self {
        let told = image.path.as_deref().unwrap_or_default();
        let is_url = told.starts_with("https://") || told.starts_with("http://");
        let name = told.rsplit(['/', '\\']).next().unwrap_or_default();
        let stays = !told.is_empty()
            && !told.starts_with(['.', '/', '~'])
            && !told.contains("..")
            && !told.contains(['\\', '\n'])
            && (is_url || !told.contains(':'));
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "jpg"));
        let stem = if stem.is_empty() { &image.id } else { stem };
        let in_media = || format!("media/{}.{}", path_part(stem), path_part(extension));
        Self {
            path: if stays { Cow::Borrowed(told) } else { Cow::Owned(in_media()) },
            name: if is_url { "" } else { image.file_name.as_deref().unwrap_or(name) },
            media_type: media_type(image.media_type.as_deref(), extension),
        }
    }
}

fn media_type<'a>(told: Option<&'a str>, extension: &str) -> &'a str {
    let is_media = |told: &&str| ["image/", "video/", "audio/"].iter().any(|kind| told.starts_with(kind));
    told.filter(is_media).unwrap_or(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "mp4" => "video/mp4",
        "avi" => "video/x-msvideo",
        _ => "image/jpeg",
    })
}
