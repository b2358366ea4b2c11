//! COCO Camera Traps.

use crate::given::{Given, says};

fn set(images: &str, annotations: &str) -> String {
    format!(
        r#"{{"info": {{"version": "1.0", "description": "River wood"}},
"categories": [{{"id": 0, "name": "empty"}}, {{"id": 1, "name": "white_tailed_deer"}}, {{"id": 2, "name": "human"}}],
"annotations": [
{annotations}],
"images": [
{images}]}}"#
    )
}

const IMAGES: &str = r#"{"id": "i1", "file_name": "a/1.jpg", "width": 200, "height": 100, "datetime": "2024-10-05 06:00:00", "location": 7, "seq_id": "s1"},
{"id": "i2", "file_name": "a/2.jpg", "width": 200, "height": 100, "datetime": "2024-10-05 06:00:10", "location": 7, "seq_id": "s1"},
{"id": "i3", "file_name": "b/3.jpg", "width": 200, "height": 100, "datetime": "2024-10-06 06:00:00", "location": 8, "seq_id": "s2"},
{"id": "i4", "file_name": "b/4.jpg", "datetime": NaN, "location": 8}"#;

fn given(annotations: &str) -> Given {
    let mut given = Given::new(&[("set.json", &set(IMAGES, annotations))]);
    given.hints.zone = Some("America/Chicago".parse().unwrap());
    given
}

#[tokio::test]
async fn boxes_in_pixels_are_animals_and_bare_nan_is_no_time() {
    let given = given(
        r#"{"id": "x1", "image_id": "i1", "category_id": 1, "bbox": [20, 10, 50, 40.5], "count": NaN},
{"id": "x2", "image_id": "i1", "category_id": 1, "bbox": [100, 10, 50, 40]},
{"id": "x3", "image_id": "i1", "category_id": 1},
{"id": "x4", "image_id": "i3", "category_id": 2},
{"id": "x5", "image_id": "i2", "category_id": 0},
{"id": "x6", "image_id": "i4", "category_id": 1}"#,
    );
    let summary = given.import().await.unwrap();
    assert_eq!((summary.dataset.as_str(), summary.images, summary.places), ("River wood", 3, 2));
    assert_eq!((summary.detections, summary.animals, summary.notes.people), (2, 2, 1));
    assert_eq!(given.times().await, ["2024-10-05T11:00:00+00:00"; 2]);
    says(
        &summary.to_string(),
        &[
            "\"white_tailed_deer\": animal, Odocoileus virginianus (2 rows)",
            "left out: 1 images without a time",
            "left out: 1 annotations of images that were left out",
            "left out: 1 annotations without a box beside boxes of the same category on their image",
        ],
    );
}

#[tokio::test]
async fn an_annotation_of_a_sequence_is_one_event() {
    let given = given(
        r#"{"id": "x1", "image_id": "i1", "category_id": 1, "count": 3, "sequence_level_annotation": true},
{"id": "x2", "image_id": "i2", "category_id": 1, "count": 3, "sequence_level_annotation": true}"#,
    );
    let summary = given.import().await.unwrap();
    assert_eq!((summary.level, summary.detections, summary.animals), ("event", 1, 3));
    assert_eq!(given.texts("select image_id from detections").await, ["i1"]);
}

#[tokio::test]
async fn broken_sets_are_refused_with_line_member_value_and_choice() {
    let cases = [
        (
            r#"{"id": "x", "image_id": "i9", "category_id": 1}"#,
            "set.json, line 4, column image_id: \"i9\" is not among the images",
        ),
        (
            r#"{"id": "x", "image_id": "i1", "category_id": 9}"#,
            "column category_id: \"9\" is not among the categories",
        ),
        (
            r#"{"id": "x", "image_id": "i1", "category_id": 1, "bbox": [150, 10, 500, 40]}"#,
            "column bbox: \"[150,10,500,40]\" is not a box within its image: pixels",
        ),
        (
            r#"{"id": "x", "image_id": "i1", "category_id": 1, "bbox": [1, 2]}"#,
            "\"[1,2]\" is not a box of four numbers",
        ),
        (
            r#"{"id": "x", "image_id": "i1", "category_id": 1, "count": "two"}"#,
            "column count: \"two\" is not a whole number",
        ),
        (r#"{"id": "x", "image_id": "i1","#, "it is no JSON that is read"),
    ];
    for (annotation, told) in cases {
        says(&given(annotation).refused().await, &[told]);
    }
    let twice = Given::new(&[("set.json", &set(&IMAGES.replace("\"i2\"", "\"i1\""), ""))]);
    says(
        &twice.refused().await,
        &["column datetime: \"2024-10-05 06:00:00\" is a time without an offset", "say --zone"],
    );
    let mut twice = Given::new(&[("set.json", &set(&IMAGES.replace("\"i2\"", "\"i1\""), ""))]);
    twice.hints.zone = Some("UTC".parse().unwrap());
    says(&twice.refused().await, &["line 7, column id: \"i1\" is not unique"]);
    let without = set(IMAGES, "").replace("categories", "classes");
    says(&Given::new(&[("set.json", &without)]).refused().await, &["it has no list of categories"]);
}
