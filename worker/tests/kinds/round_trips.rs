//! Export then import gives the same database, for packages made at random: event rows, rows of photographs, people,
//! offsets, milliseconds, overlapping cameras and events, corrections.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta};
use deertrack_catalog::corrections::Corrections;
use deertrack_catalog::store::Store;
use deertrack_catalog::{Catalog, Dataset, Image, Record, ToldDeployment, connect};
use deertrack_schemas::{CamtrapDpParams, Export};
use deertrack_sources::camtrap_dp::{Options, import};
use deertrack_survey::visits::{GapSince, Visit, VisitRule, visits};
use deertrack_survey::{Place, TimeRange, sift};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::season::{Season, at, unzip};

const DESCRIPTION: &str = r#"{"profile": "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json",
"name": "made", "title": "Made", "created": "2024-07-01T00:00:00Z", "contributors": [{"title": "Nobody"}],
"project": {"title": "Made", "samplingDesign": "opportunistic", "captureMethod": ["activityDetection"],
"individualAnimals": false, "observationLevel": ["media", "event"]}, "resources": [
{"name": "deployments", "path": "deployments.csv"}, {"name": "media", "path": "media.csv"},
{"name": "observations", "path": "observations.csv"}]}"#;

/// A sequence of photographs and what is told of it.
#[derive(Clone, Debug)]
struct Sequence {
    deployment: usize,
    /// Since the first of May.
    minute: i64,
    photographs: usize,
    /// What the row of the event is, if it has one.
    event: &'static str,
    has_event_id: bool,
    /// `None`: not told.
    count: Option<u32>,
    sex: &'static str,
    stage: &'static str,
    /// What the row of each photograph is, if it has one.
    rows: Vec<&'static str>,
    public: bool,
    milliseconds: i64,
}

fn sequence() -> impl Strategy<Value = Sequence> {
    let row = prop_oneof![
        Just("animal"),
        Just("human"),
        Just("vehicle"),
        Just("blank"),
        Just("pig"),
        Just("unknown"),
        Just("")
    ];
    let event = prop_oneof![3 => Just("animal"), 1 => Just("pig"), 1 => Just("human"), 1 => Just("blank"), 2 => Just("")];
    let told = (event, any::<bool>(), proptest::option::of(1u32..5));
    // Within half an hour sequences overlap, within two weeks hardly ever.
    let minute = prop_oneof![0i64..30, 0i64..20_000];
    let class =
        (prop_oneof![Just(""), Just("male"), Just("female")], prop_oneof![Just(""), Just("juvenile")]);
    (0usize..3, minute, 1usize..4, told, class, prop::collection::vec(row, 4), any::<bool>(), 0i64..1_000)
        .prop_map(|(deployment, minute, photographs, told, class, rows, public, milliseconds)| Sequence {
            deployment,
            minute,
            photographs,
            event: told.0,
            has_event_id: told.1,
            count: told.2,
            sex: class.0,
            stage: class.1,
            rows,
            public,
            milliseconds,
        })
}

/// The tables of a package.
struct Made {
    deployments: String,
    media: String,
    observations: String,
}

fn made(sequences: &[Sequence], hours_east: i32) -> Made {
    let offset = FixedOffset::east_opt(hours_east * 3600).unwrap();
    let start = at("2024-05-01T00:00:00Z").with_timezone(&offset);
    let mut deployments = "deploymentID,locationID,latitude,longitude,coordinateUncertainty,deploymentStart,\
                           deploymentEnd,cameraModel\n"
        .to_owned();
    for (number, location) in ["L0", "L0", ""].iter().enumerate() {
        let (start, end) = (text(start), text(start + TimeDelta::days(20)));
        writeln!(deployments, "{number},{location},50.{number},4.5,{number},{start},{end},HF2X").unwrap();
    }
    let mut media = "mediaID,deploymentID,timestamp,filePath,filePublic,fileMediatype\n".to_owned();
    let mut observations = "observationID,deploymentID,mediaID,eventID,eventStart,eventEnd,observationLevel,\
                            observationType,scientificName,count,lifeStage,sex,observationTags\n"
        .to_owned();
    for (number, sequence) in sequences.iter().enumerate() {
        let Sequence { deployment, photographs, public, sex, stage, .. } = sequence;
        let first =
            start + TimeDelta::minutes(sequence.minute) + TimeDelta::milliseconds(sequence.milliseconds);
        let when = |photograph: usize| first + TimeDelta::seconds(7 * photograph as i64);
        let (begins, ends) = (text(first), text(when(photographs - 1)));
        let event = if sequence.has_event_id { format!("e{number}") } else { String::new() };
        let count = sequence.count.map(|count| count.to_string()).unwrap_or_default();
        let deer = format!("animal,Capreolus capreolus,{count},{stage},{sex},tag {number}");
        let told = |what: &str| match what {
            "animal" => deer.clone(),
            "pig" => "animal,Sus scrofa,1,,,".to_owned(),
            other => format!("{other},,,,,"),
        };
        if !sequence.event.is_empty() {
            let (id, what) = (format!("o{number}"), told(sequence.event));
            writeln!(observations, "{id},{deployment},,{event},{begins},{ends},event,{what}").unwrap();
        }
        for photograph in 0..*photographs {
            let (id, taken_at) = (format!("m{number}-{photograph}"), text(when(photograph)));
            writeln!(media, "{id},{deployment},{taken_at},https://example.org/{id},{public},image/jpeg")
                .unwrap();
            if sequence.rows[photograph].is_empty() {
                continue;
            }
            let what = told(sequence.rows[photograph]);
            writeln!(observations, "o{id},{deployment},{id},{event},{taken_at},{taken_at},media,{what}")
                .unwrap();
        }
    }
    Made { deployments, media, observations }
}

fn text(at: DateTime<FixedOffset>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Everything that a database knows of a survey.
#[derive(Debug, PartialEq)]
struct Known {
    places: Vec<Place>,
    deployments: Vec<ToldDeployment>,
    images: Vec<Image>,
    records: Vec<Record>,
    repeats: Vec<Record>,
    corrections: Vec<Corrections>,
}

impl Known {
    async fn of(catalog: &dyn Catalog) -> Self {
        let ever = || -> TimeRange { at("2000-01-01T00:00:00Z")..at("2100-01-01T00:00:00Z") };
        Self {
            places: catalog.places().await.unwrap(),
            deployments: catalog.told_deployments(ever()).await.unwrap(),
            images: catalog.images(ever()).await.unwrap().into_iter().map(seen).collect(),
            records: catalog.records_in(ever()).await.unwrap().into_iter().map(row).collect(),
            repeats: catalog.repeats_in(ever()).await.unwrap().into_iter().map(row).collect(),
            corrections: corrections(&catalog.datasets().await.unwrap()),
        }
    }
}

fn corrections(datasets: &[Dataset]) -> Vec<Corrections> {
    datasets.iter().map(|dataset| Corrections::of_notes(dataset.notes.as_deref())).collect()
}

/// What is corrected at the import: the clock of deployment 0 and some of what the files say.
#[derive(Clone, Copy, Debug)]
struct Corrected {
    minutes: i64,
    places: bool,
    failures: bool,
}

const PLACES: &str = "location_id,deployment_id,latitude,longitude,coordinate_uncertainty,name,timezone
L0,,-33.5,-70.61,,South,America/Santiago
,2,51.25,4,30,,
";
const FAILURES: &str = "deployment,start,end,reason
1,2024-05-03T00:00:00+02:00,2024-05-04T12:00:00Z,=a mouse
1,2024-05-10T00:00:00Z,2024-05-11T00:00:00Z,
2,2024-04-01T00:00:00Z,2025-05-11T00:00:00Z,\"rain, snow\"
";

impl Corrected {
    fn options(self, dir: &Path) -> Options {
        let hours = format!(
            "{}{:02}:{:02}",
            if self.minutes < 0 { '-' } else { '+' },
            self.minutes.abs() / 60,
            self.minutes.abs() % 60
        );
        let shift = (self.minutes != 0).then(|| ("0".to_owned(), hours.parse().unwrap()));
        Options {
            shifts: shift.into_iter().collect(),
            places: self.places.then(|| dir.join("places.csv")),
            failures: self.failures.then(|| dir.join("failures.csv")),
            ..Options::default()
        }
    }
}

fn corrected() -> impl Strategy<Value = Option<Corrected>> {
    let each = (-1400i64..1400, any::<bool>(), any::<bool>());
    proptest::option::of(each.prop_map(|(minutes, places, failures)| Corrected { minutes, places, failures }))
}

/// Where somebody saw a person, nobody may see the photograph, whatever its source said; that is not undone.
fn seen(image: Image) -> Image {
    Image { file_public: image.file_public.map(|public| public && !image.sees_people), ..image }
}

fn row(record: Record) -> Record {
    Record { image: seen(record.image.clone()), ..record }
}

/// `None` when the package has no deer.
async fn imported(dir: &Path, options: &Options) -> Option<Arc<dyn Catalog>> {
    let url = format!("sqlite://{}", dir.join("catalog.db").display());
    let mut store = Store::open(&url).await.unwrap();
    let told = import(dir, &mut store, options, &mut |_, _| ()).await;
    store.close().await;
    told.ok()?;
    Some(connect(&url).await.unwrap())
}

async fn comes_back(made: &Made, corrected: Option<Corrected>) {
    let (dir, again) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let without_media = DESCRIPTION.replace(r#"{"name": "media", "path": "media.csv"},"#, "");
    let description = if made.media.is_empty() { &without_media } else { DESCRIPTION };
    for (name, text) in [
        ("datapackage.json", description),
        ("deployments.csv", &made.deployments),
        ("media.csv", &made.media),
        ("observations.csv", &made.observations),
        ("places.csv", PLACES),
        ("failures.csv", FAILURES),
    ] {
        if !text.is_empty() {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
    }
    let options = corrected.map(|corrected| corrected.options(dir.path())).unwrap_or_default();
    let Some(before) = imported(dir.path(), &options).await else { return };
    let season = Season::new();
    let kinds = season.kinds_over(Arc::clone(&before));
    let exact = CamtrapDpParams { exact_coordinates: true, ..CamtrapDpParams::default() };
    for (name, bytes) in unzip(&season.bytes_of(&kinds, Export::CamtrapDp(exact)).await) {
        std::fs::write(again.path().join(name), bytes).unwrap();
    }
    let after = imported(again.path(), &Options::default()).await.unwrap();
    let (before, after) = (Known::of(&*before).await, Known::of(&*after).await);
    are_same(&before.records, &after.records);
    are_same(&before.repeats, &after.repeats);
    are_same(&before.images, &after.images);
    are_same(&visits_of(&before.records), &visits_of(&after.records));
    are_same(&before.places, &after.places);
    are_same(&before.deployments, &after.deployments);
    are_same(&before.corrections, &after.corrections);
}

fn visits_of(records: &[Record]) -> Vec<Visit> {
    let counted = sift(records.iter().filter_map(Record::counted)).kept;
    let by = |since| visits(&counted, VisitRule { since, ..VisitRule::default() });
    [by(GapSince::LastRecord), by(GapSince::LastIndependentRecord)].concat()
}

/// Shows the first rows that differ, not all of both.
fn are_same<T: PartialEq + std::fmt::Debug>(before: &[T], after: &[T]) {
    for (one, other) in before.iter().zip(after) {
        assert_eq!(one, other);
    }
    assert_eq!(before.len(), after.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn export_then_import_gives_the_same_database(
        sequences in prop::collection::vec(sequence(), 1..6),
        hours_east in -6i32..9,
        has_media in prop_oneof![3 => Just(true), 1 => Just(false)],
        corrected in corrected(),
    ) {
        let mut made = made(&sequences, hours_east);
        if !has_media {
            made.media.clear();
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(comes_back(&made, corrected));
    }
}
