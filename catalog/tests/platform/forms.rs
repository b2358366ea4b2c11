//! Each form of boxes, coordinates and sizes.

use deertrack_catalog::LeftOut;
use deertrack_schemas::Class;
use deertrack_survey::{BoundingBox, BoxFault, ImageBox, PixelBox};
use futures::TryStreamExt;

use crate::tables::{Platform, id, left_out_of_rows, october, sqlite};

const MIDDLE: ImageBox = ImageBox::Fractions(BoundingBox { x: 0.25, y: 0.25, width: 0.5, height: 0.5 });

#[tokio::test]
async fn a_platforms_own_forms_are_read_by_a_role_that_may_only_read() {
    let catalog = Platform::with_rows().await.catalog().await;
    let rows = catalog.records_in(october()).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.id.as_str(), row.class, row.is_reviewed)).collect();
    let [doe, buck, unknown, fawn] = ["41", "42", "43", "45"].map(id);
    assert_eq!(
        told,
        [
            (doe.as_str(), Class::Doe, true),
            (buck.as_str(), Class::Buck, true),
            (unknown.as_str(), Class::Unknown, false),
            (fawn.as_str(), Class::Fawn, true),
        ],
        "cattle are no deer, but what a person corrected is what he says"
    );
    assert_eq!(rows[0].bbox, Some(MIDDLE));
    assert_eq!(rows[2].bbox, Some(ImageBox::Wrong(BoxFault::Larger)), "900 and 200 are more than 1,000");
    assert_eq!(
        (rows[0].burst_id.clone(), rows[1].reviewed_by.as_deref()),
        (Some(id("b1")), Some("a person"))
    );
    let image = &rows[0].image;
    assert_eq!(
        (image.width, image.height, image.file_name.as_deref()),
        (Some(1000), Some(500), Some("shot1.jpg"))
    );

    let sightings = catalog.sightings(october()).try_collect::<Vec<_>>().await.unwrap();
    let same = |(a, b): (&deertrack_catalog::Sighting, &deertrack_catalog::Record)| {
        a.id == b.id && a.bbox == b.bbox && a.is_reviewed == b.is_reviewed && a.class == b.class
    };
    assert!(sightings.len() == 4 && sightings.iter().zip(&rows).all(same));

    let left_out = catalog.left_out_in(october()).await.unwrap();
    let once = |label: &str| [(label.to_owned(), 1)].into();
    let expected = LeftOut { rejected: 1, duplicates: 1, no_deer: once("cattle"), unfamiliar: once("bukc") };
    assert_eq!(left_out, expected);
    assert_eq!(left_out_of_rows(&*catalog, october()).await, expected);

    let asked = catalog.records_of(&["41", "44", "47"].map(id)).await.unwrap();
    assert_eq!(asked.records.len(), 1);
    let others: Vec<_> = asked.others.iter().map(|other| (other.id.as_str(), other.label.as_str())).collect();
    assert_eq!(others, [(id("44").as_str(), "cattle"), (id("47").as_str(), "cattle")]);

    let places = catalog.places().await.unwrap();
    assert_eq!((places[0].latitude, places[0].longitude), (Some(50.5), Some(4.25)));
    let deer = &catalog.individuals().await.unwrap()[0];
    assert!(deer.is_deceased && deer.species.as_deref() == Some("roe_deer"));
    assert_eq!(deer.best_photo_id, Some(id("41")));
    let looked_at: Vec<bool> =
        catalog.images(october()).await.unwrap().iter().map(|image| image.is_looked_at).collect();
    assert_eq!(looked_at, [true, true, false], "nobody looked at a failed image");
}

/// PostGIS is not everywhere: a type and the functions that are called, with its names.
const STAND_IN_FOR_POSTGIS: &str = "
create schema gis;
create type gis.geometry as (x double precision, y double precision, srid integer);
create function gis.st_x(gis.geometry) returns double precision language sql as 'select ($1).x';
create function gis.st_y(gis.geometry) returns double precision language sql as 'select ($1).y';
create function gis.st_srid(gis.geometry) returns integer language sql as 'select ($1).srid';
create function gis.st_geometrytype(gis.geometry) returns text language sql as $$ select 'ST_Point' $$;
create function gis.st_transform(gis.geometry, integer) returns gis.geometry language sql
    as 'select row(($1).x / 100000, ($1).y / 100000, $2)::gis.geometry';
grant usage on schema gis to public;
alter table locations add geom gis.geometry;
update locations set geom = row(425000, 5050000, 3857)::gis.geometry;
";

#[tokio::test]
async fn coordinates_are_read_in_each_form() {
    let forms = [
        ("json", r#"'{"lat": 50.5, "lon": 4.25}'"#),
        ("jsonb", r#"'{"lat": "50.5", "lng": "4.25"}'"#),
        ("json", r#"'{"latitude": 50.5, "longitude": 4.25}'"#),
        ("jsonb", r#"'{"type": "Point", "coordinates": [4.25, 50.5]}'"#),
        ("text", r#"'{"lat": 50.5, "lon": 4.25}'"#),
        ("text", r#"'{"type": "Point", "coordinates": [4.25, 50.5]}'"#),
        ("point", "point(4.25, 50.5)"),
    ];
    for (ty, value) in forms {
        let mut platform = Platform::with_rows().await;
        let made = format!(
            "alter table locations drop column coordinates; alter table locations add coordinates {ty}; \
             update locations set coordinates = {value}"
        );
        platform.run(&made).await;
        let places = platform.catalog().await.places().await.unwrap();
        assert_eq!((places[0].latitude, places[0].longitude), (Some(50.5), Some(4.25)), "{ty} {value}");
    }
    let mut platform = Platform::with_rows().await;
    platform.run("alter table locations drop column coordinates").await;
    platform.run(STAND_IN_FOR_POSTGIS).await;
    platform.run("alter table locations add location text default 'by the gate'").await;
    let places = platform.catalog().await.places().await.unwrap();
    assert_eq!((places[0].latitude, places[0].longitude), (Some(50.5), Some(4.25)), "transformed to degrees");
}

#[tokio::test]
async fn columns_that_nobody_fills_do_not_hide_the_coordinates() {
    let mut platform = Platform::with_rows().await;
    platform.run("alter table locations add latitude float, add longitude float").await;
    let places = platform.catalog().await.places().await.unwrap();
    assert_eq!((places[0].latitude, places[0].longitude), (Some(50.5), Some(4.25)));
}

#[tokio::test]
async fn boxes_are_read_in_each_form_and_unit() {
    let forms = [
        ("json", r#"'{"x": 250, "y": 125, "w": 500, "h": 250}'"#),
        ("jsonb", r#"'{"x1": 250, "y1": 125, "x2": 750, "y2": 375}'"#),
        ("jsonb", r#"'{"xmin": 0.25, "ymin": 0.25, "xmax": 0.75, "ymax": 0.75}'"#),
        ("json", r#"'{"left": "0.25", "top": "0.25", "width": "0.5", "height": "0.5"}'"#),
        ("text", r#"'{"x": 250, "y": 125, "width": 500, "height": 250}'"#),
    ];
    for (ty, value) in forms {
        let mut platform = Platform::with_rows().await;
        let made = format!(
            "alter table detections drop column bbox; alter table detections add bbox {ty}; \
             update detections set bbox = {value}"
        );
        platform.run(&made).await;
        let rows = platform.catalog().await.records_in(october()).await.unwrap();
        assert!(rows.iter().all(|row| row.bbox == Some(MIDDLE)), "{ty} {value}: {:?}", rows[0].bbox);
    }
    let mut platform = Platform::with_rows().await;
    platform
        .run(
            "alter table detections drop column bbox; alter table detections add bbox_x int, add bbox_y int, \
             add bbox_width int, add bbox_height int; update detections set bbox_x = 250, bbox_y = 125, \
             bbox_width = 500, bbox_height = 250",
        )
        .await;
    let rows = platform.catalog().await.records_in(october()).await.unwrap();
    assert!(rows.iter().all(|row| row.bbox == Some(MIDDLE)), "columns of pixels: {:?}", rows[0].bbox);
}

#[tokio::test]
async fn a_size_comes_from_columns_or_from_what_the_camera_wrote_or_is_not_known_here() {
    let waiting = ImageBox::Pixels(PixelBox { x: 250.0, y: 125.0, width: 500.0, height: 250.0 });
    let cases = [
        ("update images set exif_data = '{\"PixelXDimension\": 1000, \"PixelYDimension\": 500}'", MIDDLE),
        (
            "update images set exif_data = '{\"ExifImageWidth\": \"1000\", \"ExifImageHeight\": \"500\"}'",
            MIDDLE,
        ),
        (
            "update images set exif_data = '{\"ImageWidth\": 500, \"ImageHeight\": 1000, \"Orientation\": 6}'",
            MIDDLE,
        ),
        (
            "alter table images add width int, add height int; update images set width = 1000, height = 500, exif_data = null",
            MIDDLE,
        ),
        ("update images set exif_data = null", waiting),
        ("update images set exif_data = '{\"ImageWidth\": 0, \"ImageHeight\": \"wide\"}'", waiting),
    ];
    for (change, expected) in cases {
        let mut platform = Platform::with_rows().await;
        platform.run(change).await;
        let rows = platform.catalog().await.records_in(october()).await.unwrap();
        assert_eq!(rows[0].bbox, Some(expected), "{change}");
    }
}

#[tokio::test]
async fn a_value_that_is_no_number_breaks_its_row_only() {
    let mut platform = Platform::with_rows().await;
    platform
        .run(&format!(
            "update detections set bbox = '{{\"x\": \"left\", \"y\": 1e999, \"width\": [], \"height\": null}}' \
             where id = '{}'; update locations set coordinates = '[1, 2]'; \
             insert into locations values ('{}', 'Pond', '{{\"lat\": 5000, \"lon\": 1}}')",
            id("41"),
            id("12")
        ))
        .await;
    let catalog = platform.catalog().await;
    let rows = catalog.records_in(october()).await.unwrap();
    assert_eq!((rows.len(), rows[0].bbox), (4, None));
    let places = catalog.places().await.unwrap();
    assert!(places.iter().all(|place| place.latitude.is_none()), "and no place is at 5,000 degrees");
}

#[tokio::test]
async fn fractions_among_pixels_are_told_until_they_are_many() {
    let fraction = "'{\"x\": 0.25, \"y\": 0.25, \"width\": 0.5, \"height\": 0.5}'";
    let mut platform = Platform::with_rows().await;
    platform
        .run(&format!(
            "insert into detections (id, image_id, bbox, classification) \
             select gen_random_uuid(), '{}', '{{\"x\": 10, \"y\": 10, \"width\": 100, \"height\": 100}}', 'dog' \
             from generate_series(1, 40); update detections set bbox = {fraction} where id = '{}'",
            id("23"),
            id("41")
        ))
        .await;
    let rows = platform.catalog().await.records_in(october()).await.unwrap();
    assert_eq!(rows[0].bbox, Some(ImageBox::Wrong(BoxFault::FractionsAmongPixels)));

    platform.run(&format!("update detections set bbox = {fraction} where classification = 'cattle'")).await;
    platform.run("delete from detections where classification = 'dog'").await;
    let rows = platform.catalog().await.records_in(october()).await.unwrap();
    assert_eq!(rows[0].bbox, Some(MIDDLE), "a column of both");
    assert!(
        matches!(rows[1].bbox, Some(ImageBox::Fractions(bbox)) if bbox.width == 0.1),
        "{:?}",
        rows[1].bbox
    );
}

/// A person on the second photograph, beside its deer; on the first a person that somebody rejected.
const PEOPLE_PASS: &str = "insert into detections (id, image_id, classification, corrected_classification, is_valid) values
    ('00000000-0000-4000-8000-000000000051', '00000000-0000-4000-8000-000000000022', 'unknown', 'Person', true),
    ('00000000-0000-4000-8000-000000000052', '00000000-0000-4000-8000-000000000021', 'person', null, false)";

#[tokio::test]
async fn a_photograph_with_a_person_is_known_as_one() {
    let mut platform = Platform::with_rows().await;
    platform.run(PEOPLE_PASS).await;
    let catalog = platform.catalog().await;
    let seen = |image: &str| image == id("22");
    let images = catalog.images(october()).await.unwrap();
    assert_eq!(images.len(), 3);
    assert!(images.iter().all(|image| image.sees_people == seen(&image.id)), "{images:#?}");
    let records = catalog.records_in(october()).await.unwrap();
    assert!(records.iter().any(|record| record.image.sees_people));
    assert!(records.iter().all(|record| record.image.sees_people == seen(&record.image.id)), "{records:#?}");
}

#[tokio::test]
async fn sqlite_has_the_same_forms() {
    let dir = tempfile::TempDir::new().unwrap();
    let tables = r#"
        create table locations (id integer primary key, name varchar(100), coordinates json);
        create table images (id integer primary key, path text, "timestamp" datetime, location_id integer, exif_data json);
        create table detections (
            id integer primary key, image_id integer, deer_id integer, bbox json, classification varchar(20), is_reviewed boolean,
            is_valid boolean
        );
        insert into locations values (1, 'Gate', '{"type": "Point", "coordinates": [4.25, 50.5]}');
        insert into images values (1, 'a.jpg', '2025-10-01 06:00:00.250', 1, '{"ImageWidth": 1000, "ImageHeight": 500}');
        insert into detections values
            (1, 1, null, '{"x": 250, "y": 125, "width": 500, "height": 250}', 'doe', 1, 1),
            (2, 1, null, '{"x": "left"}', 'buck', null, null),
            (3, 1, null, 'broken', 'cattle', 0, 1), (4, 1, null, null, 'doe', 0, 0);
    "#;
    let catalog = sqlite(&dir, tables).await;
    let rows = catalog.records_in(october()).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.id.as_str(), row.bbox, row.is_reviewed)).collect();
    assert_eq!(told, [("1", Some(MIDDLE), true), ("2", None, false)]);
    assert_eq!(rows[0].image.taken_at, Some(crate::tables::at("2025-10-01T06:00:00.250Z")));
    let left_out = catalog.left_out_in(october()).await.unwrap();
    assert_eq!((left_out.rejected, left_out.no_deer.len()), (1, 1));
    assert_eq!(left_out_of_rows(&*catalog, october()).await, left_out);
    let places = catalog.places().await.unwrap();
    assert_eq!((places[0].latitude, places[0].longitude), (Some(50.5), Some(4.25)));
}
