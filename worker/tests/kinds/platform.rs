//! Every kind from a platform's own database, by a role that may only read: JSON boxes in pixels, JSON coordinates,
//! cattle among the deer; and from another platform by a mapping file alone.

use std::sync::Arc;

use deertrack_catalog::{Catalog, Mapping, connect_mapped};
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::table::{Format, Topic};
use deertrack_schemas::{CamtrapDpParams, Export, PdfParams, ReidParams, TableParams, ZipParams};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::frame::{HEIGHT, WIDTH, is_red, jpeg};
use crate::season::{Season, csv_rows, file, unzip};

/// Where the animal is in each photograph of 400 by 300 pixels.
const ANIMAL: [u32; 4] = [100, 75, 200, 150];

const TABLES: &str = r#"
create table locations (id uuid primary key, name varchar(100), coordinates json);
create table images (
    id uuid primary key, filename varchar(255), path varchar(512), "timestamp" timestamptz not null,
    location_id uuid references locations, exif_data json
);
create table deer (
    id uuid primary key, name varchar(100), sex text, status text, species varchar(50), best_photo_id uuid,
    feature_vector double precision[]
);
create table detections (
    id uuid primary key, image_id uuid not null references images, deer_id uuid references deer, bbox json,
    confidence float, classification varchar(20) not null, is_duplicate boolean, is_reviewed boolean, is_valid boolean,
    corrected_classification varchar(50), reviewed_by varchar(100), reviewed_at timestamptz,
    feature_vector double precision[]
);
insert into locations values ('00000000-0000-4000-8000-000000000011', 'Gate', '{"lat": 50.5, "lon": 4.25}');
insert into images (id, filename, path, "timestamp", location_id)
    select ('00000000-0000-4000-8000-0000000002' || n)::uuid, 'shot' || n || '.jpg', 'shot.jpg',
        timestamptz '2025-11-03 06:00Z' + n * interval '2 hours', '00000000-0000-4000-8000-000000000011'
    from generate_series(10, 17) n;
insert into deer (id, name, sex, status, species, best_photo_id, feature_vector) values
    ('00000000-0000-4000-8000-000000000031', 'Kick', 'buck', 'deceased', 'roe_deer',
     '00000000-0000-4000-8000-000000000211', '{1, 0, 0}');
insert into detections (id, image_id, deer_id, bbox, confidence, classification, is_reviewed, reviewed_by, reviewed_at, is_valid, is_duplicate, feature_vector)
    select ('00000000-0000-4000-8000-0000000004' || n)::uuid, ('00000000-0000-4000-8000-0000000002' || n)::uuid,
        case when n < 13 then '00000000-0000-4000-8000-000000000031'::uuid end,
        '{"x": 100, "y": 75, "width": 200, "height": 150}', 0.8,
        (array['buck', 'buck', 'mature', 'doe', 'unknown', 'cattle', 'doe', 'doe'])[n - 9],
        n = 10, case n when 11 then 'a person' end, case n when 11 then timestamptz '2025-12-01 12:00Z' end,
        n <> 16, n = 17, array[1, 0.01 * n, 0]
    from generate_series(10, 17) n;
"#;

/// The same rows under other names and in other forms.
const OTHER_NAMES: &str = r#"
create schema wild;
create view wild.stations as
    select name as code, name as title, (coordinates ->> 'lat') || ';' || (coordinates ->> 'lon') as spot from locations;
create view wild.shots as
    select id::text as shot, path as file, (extract(epoch from "timestamp") * 1000)::bigint as taken_ms, 'Gate'::text as station from images;
create view wild.finds as
    select id::text as find, image_id::text as shot, deer_id::text as animal, 100 as x0, 75 as y0, 300 as x1, 225 as y1,
        case classification when 'buck' then 'HIRSCH' when 'mature' then 'HIRSCH' when 'doe' then 'KUH' when 'cattle' then 'RIND' else '?' end as what,
        not coalesce(is_valid, true) as discarded, coalesce(is_duplicate, false) as copy, reviewed_by as checker
    from detections;
create view wild.animals as select id::text as animal, name as called from deer;
alter table locations rename to l_;
alter table images rename to i_;
alter table detections rename to d_;
alter table deer rename to a_;
grant usage on schema wild to public;
grant select on all tables in schema wild to public;
"#;

const MAP: &str = r#"
[places]
table = "wild.stations"
id = "code"
name = "title"
latitude = "split_part(spot, ';', 1)::float8"
longitude = "split_part(spot, ';', 2)::float8"

[images]
table = "wild.shots"
id = "shot"
path = "file"
timestamp = "to_timestamp(taken_ms / 1000.0)"
location_id = "station"

[detections]
query = "select f.*, case what when 'HIRSCH' then 'buck' when 'KUH' then 'doe' when 'RIND' then 'cattle' else '' end as label from wild.finds f"
id = "find"
image_id = "shot"
deer_id = "animal"
classification = "label"
bbox_x = "x0"
bbox_y = "y0"
bbox_width = "x1 - x0"
bbox_height = "y1 - y0"
bbox_unit = "pixels"
is_valid = "not discarded"
is_duplicate = "copy"
reviewed_by = "checker"

[deer]
table = "wild.animals"
id = "animal"
name = "called"
"#;

/// The platform's rows with a photograph, and its catalog as a role that may only read.
async fn platform(further: &str, mapping: Mapping) -> (Season, Arc<dyn Catalog>) {
    let season = Season::new();
    std::fs::write(season.images_dir().join("shot.jpg"), jpeg(ANIMAL)).unwrap();
    let url = deertrack_testkit::postgres::database();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let role = format!("reads_{}", url.split(['/', '?']).nth(3).unwrap());
    let sql = format!(
        "{TABLES} create role {role} login; grant select on all tables in schema public to {role}; {further}"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    let url = url.replace("//postgres@", &format!("//{role}@"));
    (season, connect_mapped(&url, mapping).await.unwrap())
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn november() -> (chrono::NaiveDate, chrono::NaiveDate) {
    (day("2025-11-01"), day("2025-11-30"))
}

/// Five deer count: three bucks, a doe, one unknown; cattle, a rejected doe and a copy do not.
async fn has_the_right_values(season: &Season, catalog: Arc<dyn Catalog>) {
    let kinds = season.kinds_over(catalog);
    let (first, last) = november();
    let archive = season.bytes_of(&kinds, Export::Zip(ZipParams::between(first, last))).await;
    let files = unzip(&archive);
    let crops: Vec<&(String, Vec<u8>)> =
        files.iter().filter(|(path, _)| path.starts_with("crops/")).collect();
    assert_eq!(crops.len(), 5, "{:?}", files.iter().map(|(path, _)| path).collect::<Vec<_>>());
    for (path, bytes) in crops {
        let crop = image::load_from_memory(bytes).unwrap().into_rgb8();
        let shape = f64::from(crop.width()) / f64::from(crop.height());
        assert!((shape - f64::from(WIDTH) / f64::from(HEIGHT)).abs() < 0.01, "{path}");
        // The box begins within a pair of pixels that share their colour.
        let is_inside = |x, y| (4..crop.width() - 4).contains(&x) && (4..crop.height() - 4).contains(&y);
        let inside = crop.enumerate_pixels().filter(|(x, y, _)| is_inside(*x, *y));
        assert!(inside.into_iter().all(|(.., pixel)| is_red(*pixel)), "{path}: only animal");
    }
    let rows = csv_rows(file(&files, "metadata.csv"));
    assert!(rows[1..].iter().all(|row| row[4..8] == ["0.25", "0.25", "0.5", "0.5"]), "{rows:?}");
    assert_eq!(csv_rows(file(&files, "problems.csv")).len(), 1, "only its header");

    let params = TableParams { topic: Some(Topic::Detections), ..TableParams::new(Format::Csv, first, last) };
    let rows = csv_rows(&season.bytes_of(&kinds, Export::Table(params)).await);
    let column = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
    let classes: Vec<&str> = rows[1..].iter().map(|row| row[column("classification")].as_str()).collect();
    assert_eq!(classes, ["buck", "buck", "buck", "doe", "unknown"]);
    assert!(
        rows[1..].iter().all(|row| row[column("bbox_x")] == "0.25"),
        "by the file's own header: {rows:?}"
    );

    let package = season
        .bytes_of(
            &kinds,
            Export::CamtrapDp(CamtrapDpParams { exact_coordinates: true, ..CamtrapDpParams::default() }),
        )
        .await;
    let files = unzip(&package);
    let deployments = csv_rows(file(&files, "deployments.csv"));
    let latitude = deployments[0].iter().position(|column| column == "latitude").unwrap();
    assert_eq!(deployments[1][latitude], "50.5");
    let observations = csv_rows(file(&files, "observations.csv"));
    assert_eq!(observations.len(), 6);
    let bbox = observations[0].iter().position(|column| column == "bboxX").unwrap();
    assert!(observations[1..].iter().all(|row| row[bbox] == "0.25"));

    let report = season.bytes_of(&kinds, Export::Pdf(PdfParams::new(first, last, GroupBy::Week))).await;
    let text =
        pdf_extract::extract_text_from_mem(&report).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("1 detection that a person rejected, 1 duplicate"), "{text}");
    assert!(text.contains("1 detection that shows no deer (cattle 1)"), "{text}");
}

fn json_of(files: &[(String, Vec<u8>)], name: &str) -> Value {
    serde_json::from_slice(file(files, name)).unwrap()
}

#[tokio::test]
async fn every_kind_is_made_from_a_platforms_own_database_by_a_role_that_may_only_read() {
    let (season, catalog) = platform("", Mapping::default()).await;
    has_the_right_values(&season, Arc::clone(&catalog)).await;
    let kinds = season.kinds_over(catalog);
    let files = unzip(&season.bytes_of(&kinds, Export::Reid(ReidParams::default())).await);
    let scores = csv_rows(file(&files, "scores.csv"));
    // The detections name no species, their deer does.
    let roe = json!(["Capreolus capreolus"]);
    assert_eq!(json_of(&files, "analysis.json")["species"], roe);
    let (first, last) = november();
    let files = unzip(&season.bytes_of(&kinds, Export::Zip(ZipParams::between(first, last))).await);
    assert_eq!(json_of(&files, "manifest.json")["species"], roe);
    let map = TableParams::new(Format::Geojson, first, last);
    let map = season.bytes_of(&kinds, Export::Table(map)).await;
    assert_eq!(serde_json::from_slice::<Value>(&map).unwrap()["species"], roe);
    assert_eq!(scores.len(), 6, "the vectors of the five deer: {scores:?}");
}

#[tokio::test]
async fn another_platform_is_read_by_a_mapping_file_alone() {
    let (season, catalog) = platform(OTHER_NAMES, Mapping::parse("map.toml", MAP).unwrap()).await;
    has_the_right_values(&season, catalog).await;
}

#[tokio::test]
async fn cattle_that_are_asked_for_by_id_are_told_and_never_cut_out() {
    let (season, catalog) = platform("", Mapping::default()).await;
    let ids = ["410", "415"].map(|end| format!("00000000-0000-4000-8000-000000000{end}")).to_vec();
    let kinds = season.kinds_over(catalog);
    let files = unzip(&season.bytes_of(&kinds, Export::Zip(ZipParams::of(ids))).await);
    let problems = csv_rows(file(&files, "problems.csv"));
    assert_eq!(problems.len(), 2);
    assert_eq!(problems[1][3], "the detection shows no deer: its label is \"cattle\"");
}

#[tokio::test]
async fn a_box_that_is_no_part_of_its_photograph_is_told_and_never_bent() {
    let further = "update detections set bbox = '{\"x\": 300, \"y\": 75, \"width\": 200, \"height\": 150}' \
                   where classification = 'doe'; \
                   update detections set bbox = '{\"x\": -3, \"y\": 75, \"width\": 20, \"height\": 150}' \
                   where classification = 'mature'";
    let (season, catalog) = platform(further, Mapping::default()).await;
    let kinds = season.kinds_over(catalog);
    let (first, last) = november();
    let files = unzip(&season.bytes_of(&kinds, Export::Zip(ZipParams::between(first, last))).await);
    let problems = csv_rows(file(&files, "problems.csv"));
    let told: Vec<&str> = problems[1..].iter().map(|row| row[3].as_str()).collect();
    assert_eq!(
        told,
        ["the box begins left of or above its photograph", "the box is larger than its photograph"]
    );
    let report = season.bytes_of(&kinds, Export::Pdf(PdfParams::new(first, last, GroupBy::Week))).await;
    let text = pdf_extract::extract_text_from_mem(&report).unwrap();
    assert!(text.contains("Boxes"), "{text}");
}
