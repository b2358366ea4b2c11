//! A small platform of our own making: JSON boxes in pixels, JSON coordinates, enumerations, UUIDs.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deertrack_catalog::{Catalog, LeftOut, Mapping, Seen, connect, connect_mapped};
use deertrack_survey::TimeRange;
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Tables as a web framework makes them.
const TABLES: &str = r#"
create type state as enum ('PENDING', 'COMPLETED', 'FAILED');
create type sex as enum ('buck', 'doe');
create table locations (id uuid primary key, name varchar(100), coordinates json);
create table images (
    id uuid primary key, filename varchar(255), path varchar(512), "timestamp" timestamptz not null,
    location_id uuid references locations, exif_data json, processing_status state not null default 'COMPLETED'
);
create table deer (
    id uuid primary key, name varchar(100), sex sex, status text, species varchar(50), best_photo_id uuid,
    first_seen timestamptz, last_seen timestamptz, feature_vector double precision[]
);
create table detections (
    id uuid primary key, image_id uuid not null references images, deer_id uuid references deer, bbox json,
    confidence float, classification varchar(20) not null, is_duplicate boolean default false, burst_group_id uuid,
    is_reviewed boolean default false, is_valid boolean default true, corrected_classification varchar(50),
    reviewed_by varchar(100), reviewed_at timestamptz
);
"#;

/// Three photographs of 1,000 by 500 pixels; a doe in the middle of the first.
const ROWS: &str = r#"
insert into locations values
    ('00000000-0000-4000-8000-000000000011', 'Gate', '{"lat": 50.5, "lon": 4.25}');
insert into images (id, filename, path, "timestamp", location_id, exif_data, processing_status)
    select ('00000000-0000-4000-8000-00000000002' || n)::uuid, 'shot' || n || '.jpg', 'gate/shot' || n || '.jpg',
        timestamptz '2025-10-01 06:00Z' + n * interval '1 hour', '00000000-0000-4000-8000-000000000011',
        '{"ImageWidth": 1000, "ImageHeight": 500}', case n when 3 then 'FAILED' else 'COMPLETED' end::state
    from generate_series(1, 3) n;
insert into deer (id, name, sex, status, species, best_photo_id) values
    ('00000000-0000-4000-8000-000000000031', 'Kick', 'doe', 'deceased', 'roe_deer', '00000000-0000-4000-8000-000000000041');
insert into detections (id, image_id, deer_id, bbox, classification, burst_group_id, is_reviewed, reviewed_by, corrected_classification, is_valid, is_duplicate) values
    ('00000000-0000-4000-8000-000000000041', '00000000-0000-4000-8000-000000000021', '00000000-0000-4000-8000-000000000031',
        '{"x": 250, "y": 125, "width": 500, "height": 250}', 'doe', '00000000-0000-4000-8000-0000000000b1', true, null, null, true, false),
    ('00000000-0000-4000-8000-000000000042', '00000000-0000-4000-8000-000000000021', null,
        '{"x": 0, "y": 0, "width": 100, "height": 100}', 'mature', null, false, 'a person', null, true, false),
    ('00000000-0000-4000-8000-000000000043', '00000000-0000-4000-8000-000000000022', null,
        '{"x": 900, "y": 0, "width": 200, "height": 100}', 'unknown', null, false, null, null, true, false),
    ('00000000-0000-4000-8000-000000000044', '00000000-0000-4000-8000-000000000022', null,
        '{"x": 0, "y": 0, "width": 100, "height": 100}', 'cattle', null, false, null, null, true, false),
    ('00000000-0000-4000-8000-000000000045', '00000000-0000-4000-8000-000000000022', null,
        '{"x": 0, "y": 0, "width": 100, "height": 100}', 'cattle', null, false, null, 'fawn', true, false),
    ('00000000-0000-4000-8000-000000000046', '00000000-0000-4000-8000-000000000022', null,
        '{"x": 0, "y": 0, "width": 100, "height": 100}', 'bukc', null, false, null, null, true, false),
    ('00000000-0000-4000-8000-000000000047', '00000000-0000-4000-8000-000000000022', null, null, 'cattle', null, false, null, null, false, false),
    ('00000000-0000-4000-8000-000000000048', '00000000-0000-4000-8000-000000000022', null, null, 'doe', null, false, null, null, true, true);
"#;

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn october() -> TimeRange {
    at("2025-10-01T00:00:00Z")..at("2025-11-01T00:00:00Z")
}

/// The end of an id of these tables.
pub(crate) fn id(end: &str) -> String {
    format!("00000000-0000-4000-8000-0000000000{end}")
}

/// A database, and a connection that may write.
pub(crate) struct Platform {
    pub(crate) url: String,
    connection: PgConnection,
}

impl Platform {
    pub(crate) async fn empty() -> Self {
        let url = deertrack_testkit::postgres::database();
        let connection = PgConnection::connect(&url).await.unwrap();
        Self { url, connection }
    }

    pub(crate) async fn with_rows() -> Self {
        let mut platform = Self::empty().await;
        platform.run(TABLES).await;
        platform.run(ROWS).await;
        platform
    }

    pub(crate) async fn run(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.connection).await.unwrap();
    }

    /// The catalog as a role that may only read.
    pub(crate) async fn catalog(&mut self) -> Arc<dyn Catalog> {
        self.mapped(Mapping::default()).await
    }

    pub(crate) async fn mapped(&mut self, mapping: Mapping) -> Arc<dyn Catalog> {
        let url = self.reader().await;
        connect_mapped(&url, mapping).await.unwrap()
    }

    /// The URL of a role that may only read.
    pub(crate) async fn reader(&mut self) -> String {
        let name = self.url.split(['/', '?']).nth(3).unwrap().to_owned();
        let role = format!("reads_{name}");
        self.run(&format!(
            "do $$ begin if not exists (select from pg_roles where rolname = '{role}') then \
             create role {role} login; end if; end $$; \
             grant select on all tables in schema public to {role}"
        ))
        .await;
        self.url.replace("//postgres@", &format!("//{role}@"))
    }
}

pub(crate) async fn sqlite(dir: &tempfile::TempDir, sql: &str) -> Arc<dyn Catalog> {
    let file = dir.path().join("platform.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    connect(&format!("sqlite://{}", file.display())).await.unwrap()
}

/// What the rows themselves say of those that are left out.
pub(crate) async fn left_out_of_rows(catalog: &dyn Catalog, range: TimeRange) -> LeftOut {
    let mut left_out = LeftOut::default();
    for seen in catalog.detections(range).try_collect::<Vec<_>>().await.unwrap() {
        if let Seen::LeftOut(reason) = seen {
            left_out.add(reason, 1);
        }
    }
    left_out
}
