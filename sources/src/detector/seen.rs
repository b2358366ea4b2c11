//! What a detector saw on a photograph or video, and what is kept of it.
//!
//! Detections below a threshold are left out and told. A person or vehicle keeps its photograph back from a tenth on,
//! whatever the threshold: who is private is not decided by a number that was chosen for deer.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use deertrack_survey::BoundingBox;
use serde_json::Value;

use super::labels;
use super::times;
use crate::draft::{Column, Draft, Origin, Sheet, iso};
use crate::error::{BadRow, ImportError};
use crate::file_name::{base_name, media_type};
use crate::json_stream;
use crate::local_time::{Written, read};
use crate::names::{Kind, Name};
use crate::photographs::{Itself, Photograph, Photographs, itself};
use crate::stations::{NO_STATION, Stations};

pub(super) const MEDIA: &[Column] = &[
    ("mediaID", "file"),
    ("deploymentID", "file"),
    ("timestamp", "file"),
    ("filePath", "file"),
    ("fileName", "file"),
    ("fileMediatype", "file"),
];
pub(super) const OBSERVATIONS: &[Column] = &[
    ("observationID", "file"),
    ("deploymentID", "file"),
    ("mediaID", "file"),
    ("eventStart", "file"),
    ("observationLevel", "file"),
    ("observationType", "category"),
    ("scientificName", "category"),
    ("count", "detections"),
    ("sex", "category"),
    ("lifeStage", "category"),
    ("bboxX", "bbox"),
    ("bboxY", "bbox"),
    ("bboxWidth", "bbox"),
    ("bboxHeight", "bbox"),
    ("classificationMethod", "category"),
    ("classifiedBy", "detector"),
    ("classificationProbability", "conf"),
    ("label", "category"),
    ("detection_confidence", "conf"),
    ("frame_number", "frame_number"),
];
/// Of detectors that recommend none.
const USUAL_THRESHOLD: f64 = 0.2;
/// A person or vehicle of this confidence keeps a photograph back.
const PRIVATE_FROM: f64 = 0.1;
/// How far beyond the border rounding may carry a box.
const ROUNDING: f64 = 0.01;

/// A photograph or video.
pub(super) struct Seen {
    pub(super) file: String,
    pub(super) detections: Vec<Detection>,
    /// What was told of the photograph as a whole, for where nothing was detected on it.
    pub(super) of_whole: Option<Detection>,
    pub(super) datetime: Option<String>,
    /// It could not be looked at, and why.
    pub(super) failure: Option<String>,
}

/// One of the things on it.
#[derive(Clone)]
pub(super) struct Detection {
    pub(super) label: String,
    pub(super) share: f64,
    pub(super) bbox: Option<BoundingBox>,
    pub(super) class: Option<(String, Option<f64>)>,
    pub(super) taxon: Option<String>,
    pub(super) by: String,
    pub(super) frame: Option<u64>,
}

impl Seen {
    pub(super) fn of(file: &str) -> Self {
        let file = file.to_owned();
        Self { file, detections: Vec::new(), of_whole: None, datetime: None, failure: None }
    }
}

impl Detection {
    pub(super) fn of(label: &str, share: f64, bbox: Option<BoundingBox>) -> Self {
        let (label, by) = (label.to_owned(), String::new());
        Self { label, share, bbox, class: None, taxon: None, by, frame: None }
    }

    /// An entry of either form, as far as both tell alike.
    ///
    /// # Errors
    /// What `wrong` makes of the member and of what is wrong with it, after "is".
    pub(super) fn read(
        label: &str,
        told: &Value,
        wrong: impl Fn(&str, &str) -> BadRow,
    ) -> Result<Self, BadRow> {
        let share = told["conf"].as_f64().filter(|share| (0.0..=1.0).contains(share));
        let share = share.ok_or_else(|| wrong("conf", "not a number of 0 to 1"))?;
        let bbox = boxed(&told["bbox"]).map_err(|reason| wrong("bbox", reason))?;
        Ok(Self::of(label, share, bbox))
    }
}

/// A box as fractions; none where it has no area.
///
/// # Errors
/// What is wrong with it, after "is".
fn boxed(told: &Value) -> Result<Option<BoundingBox>, &'static str> {
    if told.is_null() {
        return Ok(None);
    }
    let numbers: Vec<f64> = told.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let [x, y, width, height] = numbers[..] else { return Err("not a box of four numbers") };
    if numbers.iter().any(|number| !(-ROUNDING..=1.0 + ROUNDING).contains(number)) {
        return Err(
            "not a box in fractions of the photograph (x, y, width, height, each 0 to 1); pixels, as the newer \
                    MegaDetector of Microsoft writes them, are not read: write the format 1.x",
        );
    }
    let (left, top) = (x.clamp(0.0, 1.0), y.clamp(0.0, 1.0));
    let (width, height) = ((x + width).min(1.0) - left, (y + height).min(1.0) - top);
    Ok((width > 0.0 && height > 0.0).then_some(BoundingBox { x: left, y: top, width, height }))
}

/// What is kept of a photograph: what it is, how many, and by which detection.
type Kept<'a> = (Name, u32, Cow<'a, Detection>);

/// Writes what is kept.
pub(super) struct Writer {
    stations: Stations,
    photographs: Photographs,
    times: HashMap<String, Written>,
    told_threshold: Option<f64>,
    threshold: f64,
    without_time: u64,
    first_missing: Option<String>,
}

impl Writer {
    pub(super) fn new(draft: &mut Draft<'_>) -> Result<Self, ImportError> {
        let told = draft.hints.times.as_deref();
        Ok(Self {
            stations: Stations::read(draft)?,
            photographs: Photographs::of(draft.photographs.clone()),
            times: told.map(|path| times::read(path, draft.hints.dates)).transpose()?.unwrap_or_default(),
            told_threshold: draft.hints.threshold,
            threshold: USUAL_THRESHOLD,
            without_time: 0,
            first_missing: None,
        })
    }

    /// What a file recommends.
    pub(super) fn threshold_of_file(&mut self, typical: Option<f64>) {
        let typical = typical.filter(|share| (0.0..=1.0).contains(share));
        self.threshold = self.told_threshold.or(typical).unwrap_or(USUAL_THRESHOLD);
    }

    /// Reads the entries of a list and writes what is kept of each.
    pub(super) fn each(
        &mut self,
        draft: &mut Draft<'_>,
        path: &Path,
        (name, member): (&str, &'static str),
        seen: impl Fn(u64, &Value) -> Result<Seen, BadRow>,
    ) -> Result<(), ImportError> {
        let file = draft.file(name);
        json_stream::read(path, name, member, &[], &mut |line, entry| match draft
            .accept(file, seen(line, &entry))?
        {
            Some(seen) => self.write(draft, (file, line), &seen),
            None => Ok(()),
        })?;
        Ok(())
    }

    /// Writes a photograph with what is kept of it.
    fn write(&mut self, draft: &mut Draft<'_>, origin: Origin, seen: &Seen) -> Result<(), ImportError> {
        let photograph = self.photographs.find(&seen.file);
        let own = photograph.path.as_deref().map(itself).unwrap_or_default();
        let Some(written) = self.taken(seen, &photograph, &own) else {
            self.without_time += 1;
            self.first_missing.get_or_insert_with(|| seen.file.clone());
            return Ok(());
        };
        let file = draft.file_name(origin.0).to_owned();
        let blame = |reason: &str| BadRow {
            file: file.clone(),
            line: origin.1,
            column: "file".to_owned(),
            value: seen.file.clone(),
            reason: reason.to_owned(),
        };
        let Some(station) = self.stations.of_path(&photograph.relative, &draft.title.clone(), origin) else {
            let bad = blame(NO_STATION);
            return draft.refuse(bad);
        };
        self.stations.locate(station, own.coordinates);
        let clock = self.stations.clock(station, draft);
        let at = match draft.instant(written, clock) {
            Ok(at) => at,
            Err(why) => {
                let bad = BadRow { reason: format!("of {why}"), ..blame("") };
                return draft.refuse(bad);
            }
        };
        self.stations.see(station, at);
        let (id, at) = (self.stations.get(station).id.clone(), iso(at));
        let relative = photograph.relative.as_str();
        let medium = [
            ("mediaID", relative),
            ("deploymentID", &id),
            ("timestamp", &at),
            ("filePath", relative),
            ("fileName", base_name(relative)),
            ("fileMediatype", media_type(relative)),
        ];
        draft.put(Sheet::Media, origin, &medium)?;
        if let Some(why) = &seen.failure {
            draft.leave_out(&format!("photographs that the detector could not look at ({why})"), 1);
            return Ok(());
        }
        for (number, (name, count, detection)) in self.kept(draft, seen).iter().enumerate() {
            let row = Row { relative, id: &id, at: &at, number: number + 1, name, count: *count, detection };
            row.put(draft, origin)?;
        }
        Ok(())
    }

    fn taken(&self, seen: &Seen, photograph: &Photograph, own: &Itself) -> Option<Written> {
        let told =
            self.times.get(&photograph.relative).or_else(|| self.times.get(base_name(&photograph.relative)));
        let of_file = || read(seen.datetime.as_deref()?, None).ok();
        told.copied().or_else(of_file).or(own.taken)
    }

    /// What is kept of it, with counts: of a video the most of one label at a time.
    fn kept<'a>(&self, draft: &mut Draft<'_>, seen: &'a Seen) -> Vec<Kept<'a>> {
        let mut kept = Vec::new();
        for detection in &seen.detections {
            let label = detection.class.as_ref().map_or(&detection.label, |(label, _)| label);
            let name = labels::name(&draft.names, label, detection.taxon.as_deref());
            let of_box = draft.names.of(&detection.label);
            let least = if is_private(&name) || is_private(&of_box) {
                self.threshold.min(PRIVATE_FROM)
            } else {
                self.threshold
            };
            if detection.share < least {
                draft.leave_out(&format!("detections below the threshold of {}", self.threshold), 1);
                continue;
            }
            // A classifier's second look takes nobody's privacy.
            if is_private(&of_box) && !is_private(&name) {
                draft.note_name(&detection.label, &of_box);
                let as_detected = Detection { class: None, taxon: None, ..detection.clone() };
                kept.push((of_box, 1, Cow::Owned(as_detected)));
                if detection.share < self.threshold {
                    continue;
                }
            }
            if name.kind == Kind::Blank {
                draft.leave_out("detections that the classifier calls blank", 1);
                continue;
            }
            draft.note_name(label, &name);
            kept.push((name, 1, Cow::Borrowed(detection)));
        }
        if kept.is_empty()
            && let Some(whole) = &seen.of_whole
        {
            let label = whole.class.as_ref().map_or(&whole.label, |(label, _)| label);
            let name = labels::name(&draft.names, label, whole.taxon.as_deref());
            if name.kind != Kind::Animal {
                draft.note_name(label, &name);
                kept.push((name, 1, Cow::Borrowed(whole)));
            }
        }
        if kept.iter().any(|(_, _, detection)| detection.frame.is_some()) { by_frames(kept) } else { kept }
    }

    /// Writes the stations, and says what had no time.
    pub(super) fn finish(self, draft: &mut Draft<'_>) -> Result<(), ImportError> {
        let Self { stations, photographs, without_time, first_missing, .. } = self;
        if let Some(first) = first_missing {
            if photographs.found == 0 {
                let folder = draft.photographs.as_deref().map(|folder| folder.display().to_string());
                return Err(ImportError::WrongForm {
                    path: draft.told.files.keys().next().cloned().unwrap_or_default().into(),
                    reason: format!(
                        "none of its photographs is in {}, and nothing else tells when they were taken: --photographs \
                         names their folder, --times a CSV of file and time (the first: {first:?})",
                        folder.as_deref().unwrap_or("the ZIP")
                    ),
                });
            }
            draft.leave_out(
                &format!("photographs or videos without a time (the first: {first:?}); --times CSV tells it"),
                without_time,
            );
        }
        stations.write(draft)
    }
}

fn is_private(name: &Name) -> bool {
    matches!(name.kind, Kind::Human | Kind::Vehicle)
}

/// Detections of one label on the frames of a video are the same animals: as many as are on one frame at most.
fn by_frames(kept: Vec<Kept<'_>>) -> Vec<Kept<'_>> {
    let mut labels = BTreeMap::<String, (BTreeMap<Option<u64>, u32>, Name, Cow<'_, Detection>)>::new();
    for (name, _, detection) in kept {
        let (frames, _, best) =
            labels.entry(name.words()).or_insert_with(|| (BTreeMap::new(), name.clone(), detection.clone()));
        *frames.entry(detection.frame).or_default() += 1;
        if detection.share > best.share {
            *best = detection;
        }
    }
    let most = |frames: &BTreeMap<Option<u64>, u32>| frames.values().copied().max().unwrap_or(1);
    labels.into_values().map(|(frames, name, best)| (name, most(&frames), best)).collect()
}

/// A row of observations.
struct Row<'a> {
    relative: &'a str,
    id: &'a str,
    at: &'a str,
    number: usize,
    name: &'a Name,
    count: u32,
    detection: &'a Detection,
}

impl Row<'_> {
    fn put(&self, draft: &mut Draft<'_>, origin: Origin) -> Result<(), ImportError> {
        let Self { relative, id, at, number, name, count, detection } = self;
        // A frame of a video is no photograph that a box could be cut out of.
        let bbox = detection.bbox.filter(|_| detection.frame.is_none());
        let side =
            |of: fn(&BoundingBox) -> f64| bbox.as_ref().map(|bbox| of(bbox).to_string()).unwrap_or_default();
        let label = detection.class.as_ref().map_or(&detection.label, |(label, _)| label);
        let share = detection.class.as_ref().and_then(|(_, share)| *share).unwrap_or(detection.share);
        draft.put(
            Sheet::Observations,
            origin,
            &[
                ("observationID", &format!("{relative}#{number}")),
                ("deploymentID", id),
                ("mediaID", relative),
                ("eventStart", at),
                ("observationLevel", "media"),
                ("observationType", name.kind.word()),
                ("scientificName", name.scientific.as_deref().unwrap_or_default()),
                ("count", &count.to_string()),
                ("sex", name.sex.unwrap_or_default()),
                ("lifeStage", name.stage.unwrap_or_default()),
                ("bboxX", &side(|bbox| bbox.x)),
                ("bboxY", &side(|bbox| bbox.y)),
                ("bboxWidth", &side(|bbox| bbox.width)),
                ("bboxHeight", &side(|bbox| bbox.height)),
                ("classificationMethod", "machine"),
                ("classifiedBy", &detection.by),
                ("classificationProbability", &share.to_string()),
                ("label", label),
                ("detection_confidence", &detection.share.to_string()),
                ("frame_number", &detection.frame.map(|frame| frame.to_string()).unwrap_or_default()),
            ],
        )
    }
}
