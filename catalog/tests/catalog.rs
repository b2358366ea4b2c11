//! What the two adapters promise: the same rows in the same order, whatever the ids and the tables look like.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deertrack_catalog::store::{
    NewDataset, NewDeer, NewDeployment, NewDetection, NewImage, NewPlace, Owned, Store,
};
use deertrack_catalog::{Catalog, CatalogError, LeftOut, Record, Repeats, Sighting, connect, migrate};
use deertrack_schemas::Class;
use deertrack_survey::{BoundingBox, TimeRange};
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn year_2025() -> TimeRange {
    at("2025-01-01T00:00:00Z")..at("2026-01-01T00:00:00Z")
}

fn sqlite_in(dir: &TempDir) -> String {
    format!("sqlite://{}", dir.path().join("catalog.db").display())
}

/// Ids that sort one way by bytes and another in most locales.
const AWKWARD_IDS: [&str; 6] = ["b", "B", "a", "_", "é", "10"];

async fn fill(url: &str) -> Arc<dyn Catalog> {
    let mut store = Store::open(url).await.unwrap();
    let mut writing = store.begin().await.unwrap();
    writing
        .datasets(&[
            NewDataset { id: "2".into(), name: "North wood".into(), ..NewDataset::default() },
            NewDataset {
                id: "1".into(),
                name: "Creek".into(),
                source: Some("https://example.org".into()),
                ..NewDataset::default()
            },
        ])
        .await
        .unwrap();
    let places = AWKWARD_IDS.map(|id| NewPlace {
        id: id.into(),
        name: if id == "10" { "Alder swamp".into() } else { "Ridge".into() },
        latitude: Some(50.829),
        longitude: None,
        timezone: None,
        coordinate_uncertainty: Some(177.0),
        ..NewPlace::default()
    });
    writing.places(&places).await.unwrap();
    writing.deployments(&deployments()).await.unwrap();
    writing.images(&images()).await.unwrap();
    writing.deer(&[deer("d1")]).await.unwrap();
    writing.detections(&detections()).await.unwrap();
    writing.commit().await.unwrap();
    store.close().await;
    connect(url).await.unwrap()
}

fn deployments() -> Vec<NewDeployment> {
    let spans = [
        ("standing", "2024-06-01T00:00:00Z", None),
        ("over before", "2024-01-01T00:00:00Z", Some("2025-01-01T00:00:00Z")),
        ("over within", "2024-01-01T00:00:00Z", Some("2025-01-01T00:00:01Z")),
        ("begins at the end", "2026-01-01T00:00:00Z", None),
    ];
    spans
        .map(|(id, start, end)| NewDeployment {
            id: id.into(),
            dataset_id: Some("1".into()),
            location_id: "a".into(),
            camera: (id == "standing").then(|| "cam 7".into()),
            start: at(start),
            end: end.map(at),
            ..NewDeployment::default()
        })
        .to_vec()
}

fn images() -> Vec<NewImage> {
    let times = [
        ("first", Some("2025-01-01T00:00:00Z")),
        ("micro", Some("2025-03-30T01:59:59.123456Z")),
        ("last", Some("2025-12-31T23:59:59.999999Z")),
        ("next year", Some("2026-01-01T00:00:00Z")),
        ("no time", None),
    ];
    times
        .map(|(id, timestamp)| NewImage {
            id: id.into(),
            location_id: (id == "micro").then(|| "é".into()),
            timestamp: timestamp.map(at),
            ..NewImage::default()
        })
        .to_vec()
}

fn deer(id: &str) -> NewDeer {
    NewDeer {
        feature_vector: Some(vec![0.6, 0.8]),
        embedding_version: Some("test".into()),
        ..NewDeer::of(id, "Old Crooked", Class::Buck)
    }
}

fn detections() -> Vec<NewDetection> {
    let mut rows: Vec<NewDetection> =
        AWKWARD_IDS.map(|id| NewDetection::of(format!("micro {id}"), "micro", Class::Doe)).to_vec();
    rows[0].corrected_class = Some(Class::Fawn);
    rows[1].count = 3;
    rows[2].deer_id = Some("d1".into());
    rows[3].bbox = Some(BoundingBox { x: 0.1, y: 0.2, width: 1.0 / 3.0, height: 0.4 });
    rows[3].confidence = Some(0.87);
    rows[4].scientific_name = Some("Odocoileus virginianus".into());
    rows[5].classification_method = Some("human".into());
    rows.push(NewDetection::of("first", "first", Class::Buck));
    rows.push(NewDetection::of("last", "last", Class::Unknown));
    rows.push(NewDetection::of("next year", "next year", Class::Buck));
    rows.push(NewDetection::of("no time", "no time", Class::Buck));
    rows.push(NewDetection { is_valid: false, ..NewDetection::of("rejected", "first", Class::Buck) });
    rows.push(NewDetection { is_duplicate: true, ..NewDetection::of("duplicate", "first", Class::Buck) });
    rows
}

fn sighting_of(row: &Record) -> Sighting {
    Sighting {
        id: row.id.clone(),
        image_id: row.image.id.clone(),
        taken_at: row.image.taken_at,
        place_id: row.image.place_id.clone(),
        class: row.class,
        is_reviewed: row.is_reviewed,
        confidence: row.confidence,
        bbox: row.bbox,
        deer_id: row.deer_id.clone(),
        count: row.count,
        scientific_name: row.scientific_name.clone(),
        burst_id: row.burst_id.clone(),
        level: row.level,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
    }
}

#[tokio::test]
async fn both_databases_give_identical_rows_in_identical_order() {
    let dir = TempDir::new().unwrap();
    let sqlite = fill(&sqlite_in(&dir)).await;
    let postgres = fill(&deertrack_testkit::postgres::database()).await;

    let rows = sqlite.records_in(year_2025()).await.unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(
        ids,
        ["first", "micro 10", "micro B", "micro _", "micro a", "micro b", "micro é", "last"],
        "by time, then by the bytes of the id; the end of the range is not in it"
    );
    assert_eq!(rows[1].image.taken_at, Some(at("2025-03-30T01:59:59.123456Z")), "to the microsecond");
    assert_eq!(rows, postgres.records_in(year_2025()).await.unwrap());

    let sightings = sqlite.sightings(year_2025()).try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(sightings, rows.iter().map(sighting_of).collect::<Vec<_>>(), "the same in part");
    assert_eq!(
        sightings.iter().filter(|row| row.is_reviewed).count(),
        2,
        "one corrected, one told by a person"
    );
    assert_eq!(sightings, postgres.sightings(year_2025()).try_collect::<Vec<_>>().await.unwrap());

    for catalog in [&sqlite, &postgres] {
        let read = catalog.records(year_2025(), Repeats::Without).try_collect::<Vec<_>>().await.unwrap();
        assert_eq!(read, rows, "one by one");
        let images = catalog.images(year_2025()).await.unwrap();
        assert_eq!(catalog.photographs(year_2025()).try_collect::<Vec<_>>().await.unwrap(), images);
    }

    let places = sqlite.places().await.unwrap();
    let ids: Vec<&str> = places.iter().map(|place| place.id.as_str()).collect();
    assert_eq!(ids, ["10", "B", "_", "a", "b", "é"], "by name, then id");
    assert_eq!(places, postgres.places().await.unwrap());

    let deployments = sqlite.deployments(year_2025()).await.unwrap();
    let ids: Vec<&str> = deployments.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["over within", "standing"], "those that overlap the range");
    assert_eq!(deployments, postgres.deployments(year_2025()).await.unwrap());

    let left_out = LeftOut { rejected: 1, duplicates: 1, ..LeftOut::default() };
    assert_eq!(sqlite.left_out_in(year_2025()).await.unwrap(), left_out);
    assert_eq!(postgres.left_out_in(year_2025()).await.unwrap(), left_out);

    for catalog in [sqlite, postgres] {
        assert_eq!(catalog.dataset_name().await.unwrap().as_deref(), Some("Creek, North wood"));
        catalog.ping().await.unwrap();
    }
}

#[tokio::test]
async fn a_class_is_what_a_person_said_last() {
    let dir = TempDir::new().unwrap();
    let rows = fill(&sqlite_in(&dir)).await.records_in(year_2025()).await.unwrap();
    let (fawns, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.class == Class::Fawn);
    assert_eq!(fawns.len(), 1);
    assert_eq!((fawns[0].id.as_str(), fawns[0].image.place_id.as_deref()), ("micro b", Some("é")));
    let does: Vec<_> = others.into_iter().filter(|row| row.class != Class::Buck).collect();
    assert_eq!(does.len(), 6);
    assert_eq!(does.iter().map(|row| row.count).sum::<u32>(), 8);
    assert_eq!(does.iter().filter(|row| row.deer_id.as_deref() == Some("d1")).count(), 1);
}

#[tokio::test]
async fn writing_twice_changes_nothing_but_what_people_said_since_stays() {
    let dir = TempDir::new().unwrap();
    let url = sqlite_in(&dir);
    let before = fill(&url).await.records_in(year_2025()).await.unwrap();
    let again = fill(&url).await;
    assert_eq!(again.records_in(year_2025()).await.unwrap(), before);

    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("update detections set corrected_classification = 'buck' where id = 'last'")
        .execute(&pool)
        .await
        .unwrap();
    let corrected = fill(&url).await.records_in(year_2025()).await.unwrap();
    assert!(corrected.iter().any(|row| row.id == "last" && row.class == Class::Buck));
}

/// An older platform: ids of other types, a class of an enum type, times without a zone, a locale of its own, and
/// none of the columns and tables that came later.
const OLDER_PLATFORM: &str = r#"
create type label as enum ('buck', 'doe', 'mature');
create table locations (id uuid primary key, name text collate "und-x-icu");
create table images (id bigint primary key, "timestamp" timestamp, location_id uuid references locations);
create table deer (id uuid primary key, sex text, feature_vector real[]);
create table detections (
    id text collate "und-x-icu" primary key, image_id bigint references images, classification label,
    deer_id uuid references deer, feature_vector real[]
);
insert into locations values ('6f2d1a52-0000-4000-8000-000000000001', 'b'), ('6f2d1a52-0000-4000-8000-000000000002', 'B');
insert into images values (1, '2025-06-01 12:00', '6f2d1a52-0000-4000-8000-000000000002'), (2, null, null);
insert into deer values ('6f2d1a52-0000-4000-8000-00000000000d', 'buck', null);
insert into detections values
    ('b', 1, 'mature', '6f2d1a52-0000-4000-8000-00000000000d', null), ('B', 1, 'doe', null, null),
    ('c', 1, null, null, null), ('d', 2, 'doe', null, null);
"#;

#[tokio::test]
async fn an_older_platforms_tables_are_read_as_they_are() {
    let url = deertrack_testkit::postgres::database();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(OLDER_PLATFORM).execute(&mut connection).await.unwrap();

    let catalog = connect(&url).await.unwrap();
    catalog.ping().await.unwrap();
    let rows = catalog.records_in(year_2025()).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.id.as_str(), row.class, row.count)).collect();
    assert_eq!(told, [("B", Class::Doe, 1), ("b", Class::Buck, 1), ("c", Class::Unknown, 1)]);
    assert_eq!(rows[0].image.taken_at, Some(at("2025-06-01T12:00:00Z")), "a time without a zone is UTC");
    assert_eq!(rows[0].image.id, "1");
    assert_eq!(rows[0].image.place_id.as_deref(), Some("6f2d1a52-0000-4000-8000-000000000002"));
    assert_eq!(rows[1].deer_id.as_deref(), Some("6f2d1a52-0000-4000-8000-00000000000d"));
    let names: Vec<String> = catalog.places().await.unwrap().into_iter().map(|place| place.name).collect();
    assert_eq!(names, ["B", "b"]);
    assert_eq!(catalog.deployments(year_2025()).await.unwrap(), []);
    assert_eq!(catalog.dataset_name().await.unwrap(), None);
}

#[tokio::test]
async fn a_role_that_may_only_read_is_enough() {
    let url = deertrack_testkit::postgres::database();
    fill(&url).await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let role = format!("reader_{}", std::process::id());
    let grant = format!("create role {role} login; grant select on all tables in schema public to {role}");
    sqlx::raw_sql(AssertSqlSafe(grant)).execute(&mut connection).await.unwrap();

    let catalog = connect(&url.replace("//postgres@", &format!("//{role}@"))).await.unwrap();
    assert_eq!(catalog.records_in(year_2025()).await.unwrap().len(), 8);
}

#[tokio::test]
async fn migrating_twice_is_safe_and_foreign_tables_are_left_alone() {
    let url = deertrack_testkit::postgres::database();
    migrate(&url).await.unwrap();
    migrate(&url).await.unwrap();

    let foreign = deertrack_testkit::postgres::database();
    let mut connection = PgConnection::connect(&foreign).await.unwrap();
    sqlx::raw_sql(OLDER_PLATFORM).execute(&mut connection).await.unwrap();
    assert!(matches!(migrate(&foreign).await, Err(CatalogError::Unexpected(_))));
    let kept: i64 =
        sqlx::query_scalar("select count(*) from detections").fetch_one(&mut connection).await.unwrap();
    assert_eq!(kept, 4);
}

#[tokio::test]
async fn what_may_pass_is_told_from_what_does_not() {
    let dir = TempDir::new().unwrap();
    let missing_file = connect(&sqlite_in(&dir)).await.err().unwrap();
    assert!(matches!(missing_file, CatalogError::NoFile(_)), "{missing_file}");
    assert!(!dir.path().join("catalog.db").exists(), "reading makes no file");

    let nobody_listens = format!("postgres://postgres@localhost/x?host={}", dir.path().display());
    assert!(matches!(connect(&nobody_listens).await, Err(CatalogError::Unavailable(_))));

    let no_such_database = deertrack_testkit::postgres::database().replace("/test_", "/no_such_");
    assert!(matches!(connect(&no_such_database).await, Err(CatalogError::Unexpected(_))));

    let typo = connect("postgress://deer:secret@db/deer").await.err().unwrap().to_string();
    assert!(typo.contains("postgress") && !typo.contains("secret"), "{typo}");

    let no_tables = deertrack_testkit::postgres::database();
    let catalog = connect(&no_tables).await.unwrap();
    assert!(matches!(catalog.ping().await, Err(CatalogError::Unexpected(_))));
}

#[tokio::test]
async fn a_row_of_one_data_set_never_replaces_one_of_another() {
    let dir = TempDir::new().unwrap();
    for url in [sqlite_in(&dir), deertrack_testkit::postgres::database()] {
        fill(&url).await;
        let mut store = Store::open(&url).await.unwrap();
        let mut writing = store.begin().await.unwrap();
        let thief = NewDeployment {
            id: "standing".into(),
            dataset_id: Some("2".into()),
            location_id: "b".into(),
            ..NewDeployment::default()
        };
        let refused = writing.deployments(&[thief]).await.unwrap_err();
        assert!(matches!(refused, CatalogError::OtherDataset { table: "deployments" }), "{refused}");
        drop(writing);
        let mut writing = store.begin().await.unwrap();
        let ids = ["of nobody".to_owned(), "standing".to_owned()];
        assert!(writing.has_one_of_others(Owned::Deployments, "2", &ids).await.unwrap());
        assert!(!writing.has_one_of_others(Owned::Deployments, "2", &ids[..1]).await.unwrap());
        assert!(!writing.has_others(Owned::Deployments, "1").await.unwrap());
        let known = writing.known_datasets().await.unwrap();
        assert_eq!(
            known.iter().map(|known| known.name.as_str()).collect::<Vec<_>>(),
            ["Creek", "North wood"]
        );
        drop(writing);
        store.close().await;
    }
}

#[tokio::test]
async fn what_is_told_and_not_counted_is_given_back_by_both_databases() {
    let dir = TempDir::new().unwrap();
    for url in [sqlite_in(&dir), deertrack_testkit::postgres::database()] {
        let catalog = fill(&url).await;
        let mut store = Store::open(&url).await.unwrap();
        let mut writing = store.begin().await.unwrap();
        let text = |text: &str| Some(text.to_owned());
        let stand = NewDeployment {
            id: "reset".into(),
            location_id: "a".into(),
            start: at("1970-01-01T00:00:00Z"),
            end: Some(at("2025-02-01T00:00:00Z")),
            camera_id: text("cam 9"),
            start_offset_seconds: Some(3600),
            clock_problem: text("starts too early"),
            extra: text(r#"{"baitUse":"false"}"#),
            ..NewDeployment::default()
        };
        let failing = NewDeployment {
            id: "failing".into(),
            location_id: "a".into(),
            start: at("2025-01-01T00:00:00Z"),
            failures: text(
                r#"[{"start":"2025-02-01T00:00:00+01:00","end":"2025-02-02T00:00:00Z","reason":"snow"}]"#,
            ),
            ..NewDeployment::default()
        };
        writing.deployments(&[stand, failing]).await.unwrap();
        let zone = |id: &str, source: &str| NewPlace {
            id: id.into(),
            name: id.into(),
            timezone: text("Etc/GMT-2"),
            zone_source: text(source),
            ..NewPlace::default()
        };
        writing.places(&[zone("by offset", "offset"), zone("by word", "told")]).await.unwrap();
        let image = NewImage {
            id: "hiker".into(),
            timestamp: Some(at("2025-06-01T00:00:00Z")),
            file_public: Some(false),
            sees_people: true,
            utc_offset_seconds: Some(7200),
            burst_id: text("event"),
            ..NewImage::default()
        };
        writing.images(&[image]).await.unwrap();
        let repeat = NewDetection {
            repeats_id: text("first"),
            ends_at: Some(at("2025-06-01T00:00:07.250Z")),
            is_count_told: Some(false),
            extra: text(r#"{"individualID":"b1"}"#),
            ..NewDetection::of("repeat", "hiker", Class::Doe)
        };
        writing.detections(&[repeat]).await.unwrap();
        writing.commit().await.unwrap();
        store.close().await;

        let counted = catalog.records_in(year_2025()).await.unwrap();
        assert!(counted.iter().all(|row| row.id != "repeat"));
        let repeats = catalog.repeats_in(year_2025()).await.unwrap();
        let row = &repeats[0];
        assert_eq!((repeats.len(), row.repeats_id.as_deref()), (1, Some("first")));
        assert_eq!(row.ends_at, Some(at("2025-06-01T00:00:07.250Z")));
        assert_eq!(
            (row.is_count_told, row.extra.as_deref()),
            (Some(false), Some(r#"{"individualID":"b1"}"#))
        );
        let image = &row.image;
        assert_eq!(
            (image.file_public, image.sees_people, image.utc_offset_seconds),
            (Some(false), true, Some(7200))
        );
        assert_eq!(image.burst_id.as_deref(), Some("event"));

        let ids = |deployments: Vec<String>| deployments.contains(&"reset".to_owned());
        let effort = catalog.deployments(year_2025()).await.unwrap();
        assert!(!ids(effort.into_iter().map(|stand| stand.id).collect()), "it is no effort");
        let told = catalog.told_deployments(year_2025()).await.unwrap();
        let reset = told.iter().find(|told| told.deployment.id == "reset").unwrap();
        assert_eq!((reset.camera_id.as_deref(), reset.start_offset_seconds), (Some("cam 9"), Some(3600)));
        assert_eq!(reset.clock_problem.as_deref(), Some("starts too early"));
        assert_eq!(reset.extra.as_deref(), Some(r#"{"baitUse":"false"}"#));
        let effort = catalog.deployments(year_2025()).await.unwrap();
        let failing = effort.iter().find(|stand| stand.id == "failing").unwrap();
        assert_eq!(failing.failures, [at("2025-01-31T23:00:00Z")..at("2025-02-02T00:00:00Z")]);
        let zones = catalog.places().await.unwrap();
        let zone = |id: &str| {
            let place = zones.iter().find(|place| place.id == id).unwrap();
            (place.zone, place.offset_zone)
        };
        let east = "Etc/GMT-2".parse().ok();
        assert_eq!(zone("by offset"), (None, east));
        assert_eq!(zone("by word"), (east, None));
        let datasets = catalog.datasets().await.unwrap();
        assert_eq!(datasets.iter().map(|set| set.name.as_str()).collect::<Vec<_>>(), ["Creek", "North wood"]);
    }
}
