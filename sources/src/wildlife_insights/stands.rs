//! `deployments.csv`, with the models of `cameras.csv`. Ids are unique within a project alone: where two projects of one
//! download share one, all ids begin with that of their project.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, FixedOffset};
use deertrack_catalog::corrections::Failure;

use crate::camtrap_dp::{FAILURES, ZONE};
use crate::draft::{Column, Draft, Origin, Sheet, iso};
use crate::error::{BadRow, ImportError};
use crate::given::Given;
use crate::local_time::{Clock, DateOrder, NO_ORDER, read};
use crate::table::Row;

const COLUMNS: &[&str] = &[
    "project_id",
    "deployment_id",
    "placename",
    "longitude",
    "latitude",
    "start_date",
    "end_date",
    "bait_type",
    "feature_type",
    "camera_id",
    "quiet_period",
    "camera_functioning",
    "sensor_height",
    "sensor_orientation",
    "detection_distance",
    "subproject_name",
    "event_name",
    "recorded_by",
];
const TIMES: &[&str] = &["start_date", "end_date"];
const REQUIRED: [&str; 4] = ["deployment_id", "latitude", "longitude", "start_date"];

const SHEET: &[Column] = &[
    ("deploymentID", "deployment_id"),
    ("locationID", "placename"),
    ("locationName", "placename"),
    ("latitude", "latitude"),
    ("longitude", "longitude"),
    ("deploymentStart", "start_date"),
    ("deploymentEnd", "end_date"),
    ("setupBy", "recorded_by"),
    ("cameraID", "camera_id"),
    ("cameraModel", "camera_id"),
    ("cameraDelay", "quiet_period"),
    ("detectionDistance", "detection_distance"),
    ("baitUse", "bait_type"),
    ("deploymentGroups", "subproject_name"),
    ("deploymentTags", "event_name"),
    ("bait_type", "bait_type"),
    ("feature_type", "feature_type"),
    ("camera_functioning", "camera_functioning"),
    ("sensor_height", "sensor_height"),
    ("sensor_orientation", "sensor_orientation"),
    (ZONE, "latitude"),
    (FAILURES, "camera_functioning"),
];
/// Columns of theirs that go into one of ours as they are.
const AS_THEY_ARE: [(&str, &str); 9] = [
    ("setupBy", "recorded_by"),
    ("cameraID", "camera_id"),
    ("cameraDelay", "quiet_period"),
    ("detectionDistance", "detection_distance"),
    ("deploymentGroups", "subproject_name"),
    ("deploymentTags", "event_name"),
    ("feature_type", "feature_type"),
    ("sensor_height", "sensor_height"),
    ("sensor_orientation", "sensor_orientation"),
];
/// What the standard's batch template calls a camera that did not fail.
const FUNCTIONING: &str = "camera functioning";

/// A deployment.
pub(super) struct Stand {
    pub(super) id: String,
    project: String,
    pub(super) clock: Option<Clock>,
    start: DateTime<FixedOffset>,
    end: Option<DateTime<FixedOffset>>,
    /// When its last photograph was taken.
    last: Option<DateTime<FixedOffset>>,
    functioning: Option<String>,
    cells: Vec<(&'static str, String)>,
    origin: Origin,
}

/// All of them.
pub(super) struct Stands {
    all: Vec<Stand>,
    by_id: HashMap<(String, String), usize>,
    /// Where only one project has this id.
    by_own_id: HashMap<String, Option<usize>>,
    pub(super) order: Option<DateOrder>,
}

impl Stands {
    pub(super) fn read(
        given: &Given,
        draft: &mut Draft<'_>,
        name: &str,
        cameras: Option<&str>,
    ) -> Result<Self, ImportError> {
        let models = models(given, draft, cameras)?;
        let order = draft.order_of(given, name, TIMES)?;
        let (file, mut table) = draft.table(given, name, COLUMNS, &REQUIRED)?;
        let mut stands = Self { all: Vec::new(), by_id: HashMap::new(), by_own_id: HashMap::new(), order };
        while let Some(row) = table.next(|row| stand(row, draft, order, &models, file))? {
            let Some(stand) = draft.accept(file, row)? else { continue };
            let key = (stand.project.clone(), stand.id.clone());
            if let Some(other) = stands.by_id.insert(key, stands.all.len()) {
                let bad = BadRow {
                    file: name.to_owned(),
                    line: stand.origin.1,
                    column: "deployment_id".to_owned(),
                    value: stand.id.clone(),
                    reason: format!("not unique: line {} has it", stands.all[other].origin.1),
                };
                stands.by_id.insert((stand.project, stand.id), other);
                draft.accept::<()>(file, Err(bad))?;
                continue;
            }
            let number = stands.all.len();
            stands.by_own_id.entry(stand.id.clone()).and_modify(|one| *one = None).or_insert(Some(number));
            stands.all.push(stand);
        }
        Ok(stands)
    }

    /// The number of the deployment that a row is of.
    pub(super) fn of_row(&self, row: &Row<'_>) -> Result<usize, BadRow> {
        let id = row.required("deployment_id")?;
        let project = row.text("project_id").unwrap_or_default();
        let known = self.by_id.get(&(project.to_owned(), id.to_owned())).copied();
        let known = known.or_else(|| self.by_own_id.get(id).copied().flatten());
        known.ok_or_else(|| row.bad("deployment_id", "not among those of deployments.csv"))
    }

    pub(super) fn get(&self, number: usize) -> &Stand {
        &self.all[number]
    }

    /// What a deployment is called here.
    pub(super) fn id(&self, number: usize) -> String {
        let Stand { id, project, .. } = &self.all[number];
        if self.have_same_ids() { format!("{project}:{id}") } else { id.clone() }
    }

    fn have_same_ids(&self) -> bool {
        self.by_own_id.values().any(Option::is_none)
    }

    /// A photograph of a deployment was taken then.
    pub(super) fn see(&mut self, number: usize, at: DateTime<FixedOffset>) {
        let last = &mut self.all[number].last;
        *last = Some(last.map_or(at, |last| last.max(at)));
    }

    /// Writes them.
    pub(super) fn write(self, draft: &mut Draft<'_>) -> Result<(), ImportError> {
        draft.begin(Sheet::Deployments, SHEET)?;
        let have_same_ids = self.have_same_ids();
        let mut failed = BTreeMap::<String, u64>::new();
        let mut open = 0;
        for (number, stand) in self.all.iter().enumerate() {
            let end = stand.end.unwrap_or_else(|| stand.last.unwrap_or(stand.start).max(stand.start));
            open += u64::from(stand.end.is_none());
            let failures = stand.functioning.as_ref().and_then(|why| {
                *failed.entry(why.clone()).or_default() += 1;
                let from = stand.last.unwrap_or(stand.start).max(stand.start);
                (from < end).then(|| vec![Failure { start: from, end, reason: Some(why.clone()) }])
            });
            let failures = failures.and_then(|failures| serde_json::to_string(&failures).ok());
            let place = |cell: &(&str, String)| {
                (have_same_ids && cell.0 == "locationID").then(|| format!("{}:{}", stand.project, cell.1))
            };
            let cells: Vec<(&str, String)> = stand
                .cells
                .iter()
                .map(|cell| (cell.0, place(cell).unwrap_or_else(|| cell.1.clone())))
                .chain([
                    ("deploymentID", self.id(number)),
                    ("deploymentStart", iso(stand.start)),
                    ("deploymentEnd", iso(end)),
                    (FAILURES, failures.unwrap_or_default()),
                ])
                .collect();
            let cells: Vec<(&str, &str)> =
                cells.iter().map(|(name, value)| (*name, value.as_str())).collect();
            draft.put(Sheet::Deployments, stand.origin, &cells)?;
        }
        if !failed.is_empty() {
            let all: Vec<String> = failed.iter().map(|(why, count)| format!("{why} ({count})")).collect();
            draft.told.notes.push(format!(
                "cameras that failed are no effort after their last photograph: {}",
                all.join(", ")
            ));
        }
        if open > 0 {
            draft.told.notes.push(format!(
                "{open} deployments without an end date last until their last photograph; --places and --failures \
                 correct nothing of that, the table does"
            ));
        }
        Ok(())
    }
}

fn stand(
    row: &Row<'_>,
    draft: &mut Draft<'_>,
    order: Option<DateOrder>,
    models: &HashMap<String, String>,
    file: usize,
) -> Result<Stand, BadRow> {
    let coordinates = (row.number("latitude", -90.0, 90.0)?, row.number("longitude", -180.0, 180.0)?);
    let coordinates = match coordinates {
        (Some(latitude), Some(longitude)) => Some([latitude, longitude]),
        (None, None) => None,
        (None, _) => return Err(row.bad("latitude", "required beside longitude")),
        (_, None) => return Err(row.bad("longitude", "required beside latitude")),
    };
    let clock = draft.clock(coordinates);
    let start = instant(row, "start_date", order, clock, draft)?;
    let end = row.text("end_date").map(|_| instant(row, "end_date", order, clock, draft)).transpose()?;
    if end.is_some_and(|end| end < start) {
        return Err(row.bad("end_date", "before the start_date"));
    }
    let id = row.required("deployment_id")?.to_owned();
    let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
    let mut cells: Vec<(&'static str, String)> =
        AS_THEY_ARE.iter().map(|(ours, theirs)| (*ours, text(theirs))).collect();
    let place = row.text("placename").unwrap_or(&id).to_owned();
    let bait = row.text("bait_type");
    let has_bait = bait.map(|bait| !bait.eq_ignore_ascii_case("none"));
    cells.extend([
        ("locationID", place.clone()),
        ("locationName", place),
        ("bait_type", text("bait_type")),
        ("baitUse", has_bait.map(|has| has.to_string()).unwrap_or_default()),
        ("camera_functioning", text("camera_functioning")),
        ("cameraModel", row.text("camera_id").and_then(|id| models.get(id)).cloned().unwrap_or_default()),
    ]);
    if let Some([latitude, longitude]) = coordinates {
        cells.extend([("latitude", latitude.to_string()), ("longitude", longitude.to_string())]);
    }
    if let Some(Clock::Zone(zone)) = draft.hints.zone {
        cells.push((ZONE, zone.name().to_owned()));
    }
    let functioning = row.text("camera_functioning").filter(|told| !told.eq_ignore_ascii_case(FUNCTIONING));
    Ok(Stand {
        id,
        project: text("project_id"),
        clock,
        start,
        end,
        last: None,
        functioning: functioning.map(str::to_owned),
        cells,
        origin: (file, row.line()),
    })
}

/// A time of a row, by the clock of its deployment.
pub(super) fn instant(
    row: &Row<'_>,
    column: &str,
    order: Option<DateOrder>,
    clock: Option<Clock>,
    draft: &mut Draft<'_>,
) -> Result<DateTime<FixedOffset>, BadRow> {
    let written = read(row.required(column)?, order).map_err(|why| {
        let more = if why == NO_ORDER { " (no date of this file proves one)" } else { "" };
        row.bad(column, &format!("{why}{more}"))
    })?;
    draft.instant(written, clock).map_err(|why| row.bad(column, why))
}

/// What cameras are, by their ids.
fn models(
    given: &Given,
    draft: &mut Draft<'_>,
    cameras: Option<&str>,
) -> Result<HashMap<String, String>, ImportError> {
    let mut models = HashMap::new();
    let mut twice = HashSet::new();
    let Some(name) = cameras else { return Ok(models) };
    let (file, mut table) = draft.table(given, name, &["camera_id", "make", "model"], &[])?;
    while let Some(row) = table.next(|row| {
        let parts = [row.text("make"), row.text("model")];
        Ok((row.owned("camera_id"), parts.into_iter().flatten().collect::<Vec<_>>().join(" ")))
    })? {
        let Some((Some(id), model)) = draft.accept(file, row)? else { continue };
        if models.insert(id.clone(), model.clone()).is_some_and(|other| other != model) {
            twice.insert(id); // two projects number their cameras alike
        }
    }
    models.retain(|id, _| !twice.contains(id));
    Ok(models)
}
