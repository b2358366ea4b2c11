//! Each rule of the standard, broken once.

use std::io::Write;

use tempfile::TempDir;

use super::*;
use crate::export::Room;
use crate::export::archive::Aside;

/// The files of the standard.
struct Files {
    datapackage: Vec<u8>,
    deployments: Vec<u8>,
    media: Vec<u8>,
    observations: Vec<u8>,
}

/// Reads them as they come from the writers: a table in one piece, and in pieces of a row.
fn refuse_broken(files: &Files) -> Result<(), JobError> {
    let [whole, by_rows] = [usize::MAX, 1].map(|rows| refuse_broken_of(files, rows));
    assert_eq!(whole.as_ref().map_err(ToString::to_string), by_rows.as_ref().map_err(ToString::to_string));
    whole
}

fn refuse_broken_of(files: &Files, rows: usize) -> Result<(), JobError> {
    let dir = TempDir::new().unwrap();
    let scratch = ScratchFolder::new(dir.path(), Room::default());
    let mut check = Check::new(&scratch);
    let tables =
        [(&DEPLOYMENTS, &files.deployments), (&MEDIA, &files.media), (&OBSERVATIONS, &files.observations)];
    let [_, mut media, mut observations] = tables.map(|(table, bytes)| {
        let mut aside = Aside::new("table.csv", scratch.file().unwrap()).unwrap();
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        for piece in lines.chunks(rows.min(lines.len())) {
            check.read(table, &piece.concat()).unwrap();
            aside.write_all(&piece.concat()).unwrap();
        }
        aside.finish().unwrap()
    });
    check.metadata(&files.datapackage);
    check.finish([&mut media, &mut observations])
}

/// The broken rules that are told.
fn problems(files: &Files) -> Vec<String> {
    let Err(refused) = refuse_broken(files) else { return Vec::new() };
    let text = refused.to_string();
    let told = text.strip_prefix("the package would break the Camtrap DP standard: ").unwrap();
    told.split("; ").map(str::to_owned).collect()
}

const DEPLOYMENT: &str =
    "d1,l1,Ridge,50.83,4.65,790,2025-01-01T00:00:00Z,2025-12-31T00:00:00Z,,,,,,,,,,,,,,,,";
const MEDIUM: &str = "m1,d1,activityDetection,2025-05-01T10:00:00Z,media/a.jpg,false,a.jpg,image/jpeg,,,";
const OBSERVATION: &str = "o1,d1,m1,e1,2025-05-01T10:00:00Z,2025-05-01T10:00:00Z,media,animal,,Cervidae,1,adult,male,,,,,,0.1,0.2,0.3,0.4,machine,,,0.9,,";

fn table(table: &Table, rows: &[&str]) -> Vec<u8> {
    let header: Vec<&str> = table.fields.iter().map(|field| field.name).collect();
    let lines = std::iter::once(header.join(",")).chain(rows.iter().map(|row| (*row).to_owned()));
    lines.collect::<Vec<_>>().join("\r\n").into_bytes()
}

fn datapackage() -> Value {
    let resource = |name: &str| {
        serde_json::json!({
            "name": name, "path": format!("{name}.csv"), "profile": "tabular-data-resource",
            "schema": format!("https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/{name}-table-schema.json"),
        })
    };
    serde_json::json!({
        "resources": [resource("deployments"), resource("media"), resource("observations")],
        "profile": "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json",
        "name": "north-wood", "created": "2026-01-02T03:04:05Z",
        "contributors": [{ "title": "North wood" }],
        "project": {
            "title": "North wood", "samplingDesign": "opportunistic", "captureMethod": ["activityDetection"],
            "individualAnimals": false, "observationLevel": ["media"],
        },
        "spatial": { "type": "Point", "coordinates": [4.65, 50.83] },
        "temporal": { "start": "2025-01-01", "end": "2025-12-31" },
        "taxonomic": [{ "scientificName": "Cervidae" }],
    })
}

fn files() -> Files {
    Files {
        datapackage: datapackage().to_string().into_bytes(),
        deployments: table(&DEPLOYMENTS, &[DEPLOYMENT]),
        media: table(&MEDIA, &[MEDIUM]),
        observations: table(&OBSERVATIONS, &[OBSERVATION]),
    }
}

#[test]
fn a_whole_package_passes() {
    assert_eq!(problems(&files()), Vec::<String>::new());
}

#[test]
fn every_broken_rule_of_a_table_is_found_where_it_is() {
    let deployment = |from: &str, to: &str| {
        let row = DEPLOYMENT.replacen(from, to, 1);
        problems(&Files { deployments: table(&DEPLOYMENTS, &[&row]), ..files() })
    };
    let medium = |from: &str, to: &str| {
        let row = MEDIUM.replacen(from, to, 1);
        problems(&Files { media: table(&MEDIA, &[&row]), ..files() })
    };
    let observation = |from: &str, to: &str| {
        let row = OBSERVATION.replacen(from, to, 1);
        problems(&Files { observations: table(&OBSERVATIONS, &[&row]), ..files() })
    };
    let cases = [
        (deployment("50.83", ""), r#"deployments.csv, row 1, latitude: "" is missing"#),
        (deployment("50.83", "NA"), r#"deployments.csv, row 1, latitude: "NA" is missing"#),
        (
            deployment("50.83", "90.1"),
            r#"deployments.csv, row 1, latitude: "90.1" is no number of -90 to 90"#,
        ),
        (deployment("50.83", "inf"), r#"deployments.csv, row 1, latitude: "inf" is no number of -90 to 90"#),
        (
            deployment("2025-12-31T00:00:00Z", "2025-12-31"),
            r#"deployments.csv, row 1, deploymentEnd: "2025-12-31" is no time with an offset"#,
        ),
        (
            medium("media/a.jpg", "../a.jpg"),
            r#"media.csv, row 1, filePath: "../a.jpg" is neither a URL nor a path within the package"#,
        ),
        (
            medium("media/a.jpg", "/a.jpg"),
            r#"media.csv, row 1, filePath: "/a.jpg" is neither a URL nor a path within the package"#,
        ),
        (medium("false", "no"), r#"media.csv, row 1, filePublic: "no" is neither true nor false"#),
        (
            medium("image/jpeg", "text/html"),
            r#"media.csv, row 1, fileMediatype: "text/html" is no type of images, videos or sounds"#,
        ),
        (observation("m1", "m2"), r#"observations.csv, row 1, mediaID: "m2" is not in media.csv"#),
        (observation("d1", "d2"), r#"observations.csv, row 1, deploymentID: "d2" is not in deployments.csv"#),
        (observation("male", "buck"), r#"observations.csv, row 1, sex: "buck" is none of female, male"#),
        (
            observation("0.3", "0"),
            r#"observations.csv, row 1, bboxWidth: "0" is no number of 0.000000000000001 to 1"#,
        ),
        (
            observation(",1,adult", ",1.5,adult"),
            r#"observations.csv, row 1, count: "1.5" is no whole number of 1 to "#,
        ),
        (observation("o1", ""), r#"observations.csv, row 1, observationID: "" is missing"#),
    ];
    for (found, expected) in cases {
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:#?}\n{expected}");
    }
}

#[test]
fn a_key_is_there_once_and_its_absence_breaks_what_refers_to_it() {
    let twice = Files { observations: table(&OBSERVATIONS, &[OBSERVATION, OBSERVATION]), ..files() };
    assert_eq!(problems(&twice), [r#"observations.csv, row 2, observationID: "o1" is there twice"#]);
    let empty = Files { deployments: table(&DEPLOYMENTS, &[]), ..files() };
    assert_eq!(problems(&empty).len(), 2, "the medium's and the observation's");
}

#[test]
fn other_columns_are_not_those_of_the_standard() {
    let swapped = String::from_utf8(table(&MEDIA, &[MEDIUM])).unwrap().replacen("mediaID", "mediaId", 1);
    let found = problems(&Files { media: swapped.into_bytes(), ..files() });
    assert_eq!(found[0], "media.csv has other columns");
}

#[test]
fn metadata_must_be_there_and_right() {
    let broken = [
        ("/profile", serde_json::json!("https://example.org")),
        ("/name", serde_json::json!("North Wood")),
        ("/created", serde_json::json!("yesterday")),
        ("/contributors", serde_json::json!([])),
        ("/contributors/0/title", serde_json::json!(" ")),
        ("/project/title", Value::Null),
        ("/project/samplingDesign", serde_json::json!("random")),
        ("/project/captureMethod", serde_json::json!([])),
        ("/project/individualAnimals", serde_json::json!("yes")),
        ("/project/observationLevel", serde_json::json!(["image"])),
        ("/spatial", Value::Null),
        ("/temporal/end", serde_json::json!("2025")),
        ("/taxonomic", serde_json::json!([])),
        ("/resources/1/path", serde_json::json!("other.csv")),
        ("/resources/2/schema", serde_json::json!("1.0")),
    ];
    for (at, value) in broken {
        let mut package = datapackage();
        *package.pointer_mut(at).unwrap() = value;
        let found = problems(&Files { datapackage: package.to_string().into_bytes(), ..files() });
        assert_eq!(found.len(), 1, "{at}: {found:?}");
        assert!(found[0].contains("is missing or wrong"), "{found:?}");
    }
    let no_json = Files { datapackage: b"{".to_vec(), ..files() };
    assert_eq!(problems(&no_json), ["datapackage.json is no JSON"]);
}

#[test]
fn a_refusal_names_the_first_problems_and_counts_the_rest() {
    refuse_broken(&files()).unwrap();
    let rows = [OBSERVATION; 9];
    let refused = refuse_broken(&Files { observations: table(&OBSERVATIONS, &rows), ..files() }).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.starts_with("the package would break the Camtrap DP standard: observations.csv, row 2"),
        "{text}"
    );
    assert!(text.ends_with("(8 in all)"), "{text}");
}

#[test]
fn problems_of_keys_are_told_among_the_others_in_the_order_of_the_rows() {
    let rows = [
        OBSERVATION.replacen("male", "buck", 1),
        OBSERVATION.to_owned(),
        OBSERVATION.replacen("o1", "o2", 1).replacen("m1", "m2", 1),
        OBSERVATION.replacen("o1", "o3", 1).replacen("0.1", "2", 1),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let media = [MEDIUM, &MEDIUM.replacen("false", "no", 1)];
    let found = problems(&Files {
        media: table(&MEDIA, &media),
        observations: table(&OBSERVATIONS, &rows),
        ..files()
    });
    let expected = [
        r#"media.csv, row 2, mediaID: "m1" is there twice"#,
        r#"media.csv, row 2, filePublic: "no" is neither true nor false"#,
        r#"observations.csv, row 1, sex: "buck" is none of female, male"#,
        r#"observations.csv, row 2, observationID: "o1" is there twice"#,
        r#"observations.csv, row 3, mediaID: "m2" is not in media.csv (6 in all)"#,
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_row_of_other_cells_is_none_of_its_table() {
    let found = problems(&Files { media: table(&MEDIA, &[MEDIUM, "m2,d1"]), ..files() });
    assert_eq!(found[0], "media.csv, row 2 has 2 cells");
}
