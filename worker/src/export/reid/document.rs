//! `analysis.json`: everything that was found, for programs. Its schema is `schemas/generated/analysis.schema.json`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use deertrack_reid::Analysis;
use deertrack_schemas::{Class, ReidParams};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use super::study::Study;
use crate::export::told_zone::ToldZone;

/// The form of this document; a change that breaks readers raises it.
const FORM: u32 = 1;

/// A re-identification analysis. Rows of detections count from 0 in the order of `scores.csv`, rows of profiles in that
/// of `profile_rows`.
#[derive(Serialize, JsonSchema)]
struct Document<'a> {
    /// The form of this document: 1.
    form: u32,
    /// When the analysis was asked for.
    created_at: DateTime<Utc>,
    /// Name of the data set.
    dataset: Option<&'a str>,
    /// Scientific names of what the data sets and the known deer are of; empty where they do not tell.
    species: Vec<&'a str>,
    /// Local days and hours are those of this zone.
    #[serde(flatten)]
    zone: ToldZone,
    /// What was asked.
    request: &'a ReidParams,
    /// What it is made of.
    data: Data<'a>,
    /// The known deer that detections were compared with.
    profile_rows: Vec<ProfileRow<'a>>,
    #[serde(flatten)]
    analysis: &'a Analysis,
}

/// What the analysis is made of.
#[derive(Serialize, JsonSchema)]
struct Data<'a> {
    /// Detections that a person rejected, and are not in the analysis.
    rejected: u64,
    /// Duplicates, which are not in it either.
    duplicates: u64,
    /// Detections that show no deer, by their label.
    showing_no_deer: &'a BTreeMap<String, u64>,
    /// Detections with a label that is not known, by that label.
    labels_not_known: &'a BTreeMap<String, u64>,
    /// Detections that were never embedded, and are not in the analysis.
    detections_without_vector: usize,
    /// Known deer without a profile vector.
    deer_without_vector: usize,
    /// Detections of the analysis that are assigned to a deer today.
    assigned_today: usize,
    /// The same in percent of the detections.
    assignment_rate_today: f64,
    /// Of these, assigned to a deer without a profile vector.
    assigned_to_no_profile: usize,
    /// Detections whose burst follows from place and time, because the database names none.
    bursts_inferred: usize,
    /// The earliest photograph.
    first_taken_at: Option<DateTime<Utc>>,
    /// The latest photograph.
    last_taken_at: Option<DateTime<Utc>>,
    /// Labels for detections or deer that are not in the analysis.
    labels_without_row: usize,
}

/// A known deer.
#[derive(Serialize, JsonSchema)]
struct ProfileRow<'a> {
    /// Its id.
    id: &'a str,
    /// For people.
    name: &'a str,
    /// Its class.
    class: Class,
}

/// The document of a study.
pub(super) fn json(study: &Study) -> Vec<u8> {
    let mut text =
        serde_json::to_vec_pretty(&document(study)).expect("text and finite numbers are always writable");
    text.push(b'\n');
    text
}

/// JSON Schema of `analysis.json`, as it stands in `schemas/generated/`.
pub fn document_schema() -> Value {
    SchemaGenerator::default().into_root_schema_for::<Document<'static>>().to_value()
}

fn document(study: &Study) -> Document<'_> {
    let (herd, counts) = (&study.herd, study.herd.counts);
    Document {
        form: FORM,
        created_at: study.created_at,
        dataset: herd.dataset.as_deref(),
        species: herd.species.iter().map(String::as_str).collect(),
        request: &study.params,
        zone: ToldZone::configured(study.zone),
        data: Data {
            rejected: herd.left_out.rejected,
            duplicates: herd.left_out.duplicates,
            showing_no_deer: &herd.left_out.no_deer,
            labels_not_known: &herd.left_out.unfamiliar,
            detections_without_vector: counts.without_vector,
            deer_without_vector: counts.deer_without_vector,
            assigned_today: counts.assigned_today,
            assignment_rate_today: study.rate_today(),
            assigned_to_no_profile: counts.assigned_to_no_profile,
            bursts_inferred: counts.bursts_inferred,
            first_taken_at: herd.taken.map(|[first, _]| first),
            last_taken_at: herd.taken.map(|[_, last]| last),
            labels_without_row: study.labels_without_row,
        },
        profile_rows: herd
            .profiles
            .iter()
            .map(|deer| ProfileRow { id: &deer.id, name: &deer.name, class: deer.class })
            .collect(),
        analysis: &study.analysis,
    }
}
