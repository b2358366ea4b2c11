//! The images: by their ids, with what annotations need to know of each.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use crate::draft::{Column, Draft, Origin, Sheet, iso};
use crate::error::ImportError;
use crate::file_name::{base_name, media_type};
use crate::json_stream::{bad, id_text};
use crate::local_time::read;
use crate::photographs::{Photographs, itself};
use crate::stations::{NO_STATION, Stations};
use crate::told_rows::key;

pub(super) const MEDIA: &[Column] = &[
    ("mediaID", "id"),
    ("deploymentID", "location"),
    ("timestamp", "datetime"),
    ("filePath", "file_name"),
    ("fileName", "file_name"),
    ("fileMediatype", "file_name"),
    ("eventID", "seq_id"),
];

/// An image, as far as annotations need it.
pub(super) struct Image {
    pub(super) station: usize,
    pub(super) at: DateTime<FixedOffset>,
    /// Pixels: width and height.
    pub(super) size: Option<[f64; 2]>,
    pub(super) sequence: Option<Arc<str>>,
}

/// All images.
pub(super) struct Images {
    pub(super) stations: Stations,
    photographs: Photographs,
    /// By hashes of their ids, for there may be millions.
    by_id: HashMap<u128, Option<Image>>,
    /// The ids of sequences, each once.
    sequences: HashSet<Arc<str>>,
    without_time: u64,
    corrupt: u64,
}

impl Images {
    pub(super) fn new(draft: &mut Draft<'_>) -> Result<Self, ImportError> {
        Ok(Self {
            stations: Stations::read(draft)?,
            photographs: Photographs::of(draft.photographs.clone()),
            by_id: HashMap::new(),
            sequences: HashSet::new(),
            without_time: 0,
            corrupt: 0,
        })
    }

    /// The image of this id; the inner `None`: it was left out.
    pub(super) fn get(&self, id: &str) -> Option<Option<&Image>> {
        self.by_id.get(&key(id)).map(Option::as_ref)
    }

    pub(super) fn add(
        &mut self,
        draft: &mut Draft<'_>,
        name: &str,
        origin: Origin,
        entry: &Value,
    ) -> Result<(), ImportError> {
        let wrong = |member: &str, reason: &str| Err(bad(name, origin.1, member, &entry[member], reason));
        let (id, file) = match (id_text(&entry["id"]), entry["file_name"].as_str()) {
            (Some(id), Some(file)) if !self.by_id.contains_key(&key(&id)) => (id, file),
            (Some(_), Some(_)) => return draft.accept::<()>(origin.0, wrong("id", "not unique")).map(|_| ()),
            (None, _) => return draft.accept::<()>(origin.0, wrong("id", "required")).map(|_| ()),
            (_, None) => return draft.accept::<()>(origin.0, wrong("file_name", "required")).map(|_| ()),
        };
        draft.accept(origin.0, Ok(()))?;
        self.corrupt += u64::from(entry["corrupt"].as_bool() == Some(true));
        let photograph = self.photographs.find(file);
        let told = entry["datetime"].as_str().or_else(|| entry["date_captured"].as_str());
        let told = told.filter(|told| !told.trim().is_empty());
        let written = match told.map(|told| read(told, draft.hints.dates)).transpose() {
            Ok(written) => written,
            Err(why) => {
                self.by_id.insert(key(&id), None);
                return draft.refuse(bad(name, origin.1, "datetime", &entry["datetime"], why));
            }
        };
        let own = match &photograph.path {
            Some(path) if written.is_none() || entry["width"].is_null() => itself(path),
            _ => crate::photographs::Itself::default(),
        };
        let Some(written) = written.or(own.taken) else {
            self.without_time += 1;
            self.by_id.insert(key(&id), None);
            return Ok(());
        };
        let station = match id_text(&entry["location"]) {
            Some(location) => self.stations.of_name(&location, origin),
            None => self.stations.of_path(&photograph.relative, &draft.title.clone(), origin),
        };
        let Some(station) = station else {
            self.by_id.insert(key(&id), None);
            let value = if entry["location"].is_null() { &entry["file_name"] } else { &entry["location"] };
            return draft.refuse(bad(name, origin.1, "location", value, NO_STATION));
        };
        self.stations.locate(station, own.coordinates);
        let clock = self.stations.clock(station, draft);
        let at = match draft.instant(written, clock) {
            Ok(at) => at,
            Err(why) => {
                self.by_id.insert(key(&id), None);
                return draft.refuse(bad(name, origin.1, "datetime", &entry["datetime"], why));
            }
        };
        self.stations.see(station, at);
        let size = (entry["width"].as_f64(), entry["height"].as_f64());
        let size = match size {
            (Some(width), Some(height)) if width > 0.0 && height > 0.0 => Some([width, height]),
            _ => own.size,
        };
        let sequence = id_text(&entry["seq_id"]).map(|id| self.sequence(&id));
        draft.put(
            Sheet::Media,
            origin,
            &[
                ("mediaID", &id),
                ("deploymentID", &self.stations.get(station).id),
                ("timestamp", &iso(at)),
                ("filePath", &photograph.relative),
                ("fileName", base_name(file)),
                ("fileMediatype", media_type(file)),
                ("eventID", sequence.as_deref().unwrap_or_default()),
            ],
        )?;
        self.by_id.insert(key(&id), Some(Image { station, at, size, sequence }));
        Ok(())
    }

    fn sequence(&mut self, id: &str) -> Arc<str> {
        if let Some(known) = self.sequences.get(id) {
            return known.clone();
        }
        let new: Arc<str> = id.into();
        self.sequences.insert(new.clone());
        new
    }

    /// First and last instant of each sequence.
    pub(super) fn sequences(&self) -> HashMap<&str, [DateTime<FixedOffset>; 2]> {
        let mut spans = HashMap::new();
        for image in self.by_id.values().flatten() {
            let Some(sequence) = image.sequence.as_deref() else { continue };
            let span = spans.entry(sequence).or_insert([image.at; 2]);
            *span = [span[0].min(image.at), span[1].max(image.at)];
        }
        spans
    }

    /// What people should know of them.
    pub(super) fn note(&self, draft: &mut Draft<'_>, name: &str) -> Result<(), ImportError> {
        if self.without_time as usize == self.by_id.len() && self.without_time > 0 {
            return Err(ImportError::WrongForm {
                path: name.into(),
                reason: "none of its images tells when it was taken (datetime), and no photograph is beside it that \
                         does: --photographs names their folder"
                    .to_owned(),
            });
        }
        draft.leave_out("images without a time", self.without_time);
        if self.corrupt > 0 {
            draft.told.notes.push(format!(
                "{} images are told to be corrupt; they prove that a camera worked",
                self.corrupt
            ));
        }
        Ok(())
    }
}
