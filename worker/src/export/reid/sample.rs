//! The sample: pairs of a detection and the deer it would be assigned to, for a person to look at.
//!
//! Blind: no score and no order by score, so that nobody sees what the machine thinks. Written as `sample.csv` (what is
//! compared), `labels.csv` (to fill in, see [`super::labels`]) and contact sheets with the photographs side by side.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use deertrack_catalog::Record;
use deertrack_survey::BoundingBox;
use serde_json::json;

use super::file::{File, Sink};
use super::labels;
use super::names::Seen;
use super::pictures::bounds;
use super::sampled::Sampled;
use super::study::Study;
use super::wording::number;
use crate::JobError;
use crate::export::table_text::Csv;
use crate::export::zip::problem::Problem;
use crate::export::zip::{crop, decode};
use crate::export::{Cx, ImagesFolder, Job, team};
use crate::typesetting::{self, MAX_PICTURES, Stamp, Template, make_printable};

/// Pixels of the longer side of a photograph on a contact sheet: at 60 mm wide as fine as print.
const CROP_PIXELS: u32 = 480;
/// Two photographs a pair.
const PAIRS_A_SHEET: usize = MAX_PICTURES / 2;

/// The photographs of a sample, as the database knows them.
#[derive(Default)]
pub struct Photographs {
    records: HashMap<String, Record>,
    folder: ImagesFolder,
}

impl Photographs {
    /// Reads where the photographs of the study's sample are.
    ///
    /// # Errors
    /// `Retry` when the database is away.
    pub async fn of(cx: &Cx, study: &Study) -> Result<Self, JobError> {
        let pairs = pairs(study);
        if pairs.is_empty() {
            return Ok(Self::default());
        }
        let ids: HashSet<&str> =
            pairs.iter().flat_map(|pair| [Some(pair.seen.id.as_str()), pair.shown]).flatten().collect();
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        let records = cx.catalog.records_of(&ids).await?.records;
        Ok(Self {
            records: records.into_iter().map(|record| (record.id.clone(), record)).collect(),
            folder: cx.images.clone(),
        })
    }

    /// The detection cut out of its photograph, or why not. Without a box, all of it.
    fn crop(&self, id: Option<&str>) -> Result<Vec<u8>, String> {
        let id = id.ok_or("no photograph of this deer is known")?;
        let record = self.records.get(id).ok_or("there is no such detection")?;
        if record.image.sees_people {
            return Err(in_words(Problem::KeptBack));
        }
        let path = self.folder.find(record.image.path.as_deref()).map_err(in_words)?;
        let photograph = decode::photograph(&path).map_err(in_words)?;
        let all = BoundingBox { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };
        let bbox = record.bbox.unwrap_or(all.into());
        crop::of_box(&photograph.pixels, bbox, CROP_PIXELS).map(|(jpeg, _)| jpeg).map_err(in_words)
    }
}

impl Photographs {
    /// How many no sheet shows, in words.
    fn kept_back(&self) -> String {
        let kept: HashSet<&str> = self
            .records
            .values()
            .filter(|record| record.image.sees_people)
            .map(|record| record.image.id.as_str())
            .collect();
        match kept.len() {
            0 => String::new(),
            some => format!("\nPhotographs kept back, for somebody saw a person or a vehicle: {some}.\n"),
        }
    }
}

fn in_words(problem: impl Display) -> String {
    problem.to_string()
}

/// A detection and the deer it would be assigned to.
struct Pair<'a> {
    /// From 1, in the random order of the sample.
    number: usize,
    seen: &'a Seen,
    deer: &'a str,
    name: &'a str,
    /// The detection whose photograph stands for the deer.
    shown: Option<&'a str>,
}

fn pairs(study: &Study) -> Vec<Pair<'_>> {
    let mut pairs = Vec::with_capacity(study.sampled.len());
    for (number, Sampled { seen, profile, shown }) in (1..).zip(&study.sampled) {
        let deer = &study.herd.profiles[*profile];
        pairs.push(Pair { number, seen, deer: &deer.id, name: &deer.name, shown: shown.as_deref() });
    }
    pairs
}

/// Writes all files of the sample. Blocks.
pub(super) fn files(
    job: &Job,
    study: &Study,
    photographs: &Photographs,
    sink: Sink<'_>,
) -> Result<(), JobError> {
    let pairs = pairs(study);
    let how_to = format!("{HOW_TO}{}", photographs.kept_back());
    sink(File::text("sample/README.txt", how_to.replace('\n', "\r\n")))?;
    sink(File::text("sample/sample.csv", sample_csv(study, &pairs)))?;
    sink(File::text("sample/labels.csv", labels_csv(study, &pairs)))?;
    let mut done = 0;
    for (sheet, pairs_of_sheet) in pairs.chunks(PAIRS_A_SHEET).enumerate() {
        let pdf = contact_sheet(job, study, sheet, pairs_of_sheet, photographs)?;
        let (first, last) = (done + 1, done + pairs_of_sheet.len());
        sink(File::binary(format!("sample/pairs_{first:04}-{last:04}.pdf"), pdf))?;
        done = last;
        // Without a count: the status counts detections, and these are pairs.
        job.progress.at(0.9 + 0.08 * done as f64 / pairs.len() as f64, "drawing the sample");
        job.check_stop()?;
    }
    Ok(())
}

const HOW_TO: &str = "\
How to use this sample

1. Open the contact sheets (pairs_....pdf). Each pair shows a detection and a photograph of the deer it would be
   assigned to. Scores are not shown, on purpose.
2. Write into labels.csv, column answer: same, different or unsure. Go through the pairs in their order and leave
   none out that comes before the last you answer: answers behind a gap cannot be used. Unsure counts as wrong.
3. Let the answers be counted:
   deertrack reid estimate --labels labels.csv --database URL
   with the same dates, classes and --same-sex as the sample.
";

fn sample_csv(study: &Study, pairs: &[Pair<'_>]) -> Vec<u8> {
    let columns = [
        "pair",
        "detection_id",
        "image_id",
        "taken_at",
        "place",
        "classification",
        "deer_id",
        "deer",
        "shown_detection_id",
    ];
    let mut csv = Csv::new(&columns);
    for pair in pairs {
        let seen = pair.seen;
        let place = seen.place_id.as_ref().and_then(|id| study.herd.places.get(id));
        csv.row()
            .count(Some(pair.number))
            .text(&pair.seen.id)
            .text(&seen.image_id)
            .instant(seen.taken_at, study.zone)
            .optional(place.map(String::as_str))
            .text(seen.class.name())
            .text(pair.deer)
            .text(pair.name)
            .optional(pair.shown)
            .end();
    }
    csv.finish()
}

fn labels_csv(study: &Study, pairs: &[Pair<'_>]) -> Vec<u8> {
    let mut csv = Csv::new(&labels::COLUMNS);
    for pair in pairs {
        let row = csv.row().count(Some(pair.number)).text(&pair.seen.id).text(pair.deer);
        row.count(Some(study.params.seed as usize)).text("").end();
    }
    csv.finish()
}

/// Pairs side by side on paper.
fn contact_sheet(
    job: &Job,
    study: &Study,
    sheet: usize,
    pairs: &[Pair<'_>],
    photographs: &Photographs,
) -> Result<Vec<u8>, JobError> {
    let wanted: Vec<Option<&str>> =
        pairs.iter().flat_map(|pair| [Some(pair.seen.id.as_str()), pair.shown]).collect();
    let (mut pictures, mut places) = (Vec::new(), Vec::new());
    team::in_order(
        wanted.into_iter().map(Ok),
        job.cores,
        |id| photographs.crop(*id),
        |_, crop| {
            job.check_stop()?;
            places.push(match crop {
                Ok(jpeg) => {
                    pictures.push(jpeg);
                    json!({ "picture": pictures.len() - 1 })
                }
                Err(why) => json!({ "missing": why }),
            });
            Ok(())
        },
    )?;
    let shown: Vec<_> = pairs
        .iter()
        .zip(places.chunks(2))
        .map(|(pair, places)| json!({ "number": number(pair.number), "detection": places[0], "deer": places[1] }))
        .collect();
    let mut data = json!({ "title": format!("Sample of assignments, sheet {}", sheet + 1), "pairs": shown });
    make_printable(&mut data);
    let ident = format!("reid sample {} {sheet}", study.params.seed);
    let stamp = Stamp { ident: &ident, created_at: study.created_at };
    typesetting::illustrated_pdf(Template::ReidPairs, &data, pictures, &stamp, bounds(job))
        .map_err(Into::into)
}
