//! Files as people have them: read where the standard lets it, else refused with the cause and the next step.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use deertrack_sources::camtrap_dp::Options;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use crate::package::{Package, import_from};

fn one() -> Package {
    let mut package = Package::new();
    package.event(&[("observationID", "o")]);
    package
}

#[tokio::test]
async fn a_byte_order_mark_before_description_and_tables_is_read_over() {
    let package = one();
    package.write();
    for name in ["datapackage.json", "deployments.csv", "observations.csv"] {
        let text = std::fs::read(format!("{}/{name}", package.root())).unwrap();
        package.file(name, &[b"\xef\xbb\xbf", &text[..]].concat());
    }
    assert_eq!(package.import_files(&Options::default()).await.unwrap().detections, 1);
}

#[tokio::test]
async fn semicolons_are_read_where_they_are_told_and_named_where_not() {
    let package = one();
    package.write_as(";", r#", "dialect": {"delimiter": ";"}"#);
    assert_eq!(package.import_files(&Options::default()).await.unwrap().detections, 1);
    package.write_as(";", "");
    let error = package.import_files(&Options::default()).await.unwrap_err().to_string();
    assert!(error.contains(r#"deployments.csv: its columns are separated by ";", not by ",""#), "{error}");
    assert!(error.contains(r#""dialect": {"delimiter": ";"}"#), "{error}");
}

#[tokio::test]
async fn decimal_commas_are_read_where_they_cannot_be_separators() {
    let mut package = one();
    package.deployment(&[("latitude", "50.8123")]);
    package.write_as(";", r#", "dialect": {"delimiter": ";"}"#);
    let path = format!("{}/deployments.csv", package.root());
    let text = std::fs::read_to_string(&path).unwrap().replace("50.8123", "50,8123");
    std::fs::write(&path, text).unwrap();
    package.import_files(&Options::default()).await.unwrap();
    assert_eq!(package.text("select latitude || '' from locations").await, "50.8123");

    let mut package = one();
    package.deployment(&[("latitude", "\"50,8123\"")]);
    let error = package.import(&Options::default()).await.unwrap_err().to_string();
    assert!(
        error.contains(r#"decimal commas are read where datapackage.json tells "decimalChar": ",""#),
        "{error}"
    );
    package.write_as(",", r#", "schema": {"fields": [{"name": "latitude", "decimalChar": ","}]}"#);
    let comma = std::fs::read_to_string(format!("{}/deployments.csv", package.root())).unwrap();
    package.file("deployments.csv", comma.replace(",4.6,", ",\"4,6\",").as_bytes());
    package.import_files(&Options::default()).await.unwrap();
    assert_eq!(package.text("select latitude || ' ' || longitude from locations").await, "50.8123 4.6");
}

#[tokio::test]
async fn letters_of_windows_are_read_and_told() {
    let mut package = one();
    package.deployment(&[("locationID", "l1"), ("locationName", "Forêt")]);
    package.write();
    let path = format!("{}/deployments.csv", package.root());
    let text = std::fs::read(&path).unwrap();
    let at = text.windows(2).position(|pair| pair == "ê".as_bytes()).unwrap();
    std::fs::write(&path, [&text[..at], b"\xea", &text[at + 2..]].concat()).unwrap();
    let summary = package.import_files(&Options::default()).await.unwrap();
    assert_eq!(summary.notes.guessed_letters, ["deployments"]);
    assert_eq!(package.text("select name from locations").await, "Forêt");
}

#[tokio::test]
async fn equal_rows_are_one_and_different_rows_of_one_id_are_refused() {
    let mut package = Package::new();
    package.media(&[("mediaID", "m1")]);
    package.media(&[("mediaID", "m1")]);
    package.image(&[("observationID", "o"), ("mediaID", "m1")]);
    package.image(&[("observationID", "o"), ("mediaID", "m1")]);
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!((summary.images, summary.detections), (1, 1));
    assert!(summary.to_string().contains("equal rows: 1 of media are another once more"));
    let mut package = package.again();
    package.media(&[("mediaID", "m1"), ("filePath", "other.jpg")]);
    let error = package.import(&Options::default()).await.unwrap_err().to_string();
    assert!(
        error.contains(r#"media.csv, line 4, column mediaID: "m1" is not unique, and the rows differ"#),
        "{error}"
    );
}

#[tokio::test]
async fn rows_without_their_deployment_are_counted_by_it() {
    let mut package = Package::new();
    for (id, deployment) in [("m0", "d1"), ("m1", "F2"), ("m2", "F2"), ("m3", "F3")] {
        package.media(&[("mediaID", id), ("deploymentID", deployment)]);
    }
    package.event(&[("observationID", "o1")]);
    package.event(&[("observationID", "o2"), ("deploymentID", "F2")]);
    let error = package.import(&Options::default()).await.unwrap_err().to_string();
    assert!(
        error.contains("rows without their deployment: F2: 2 media, 1 observation; F3: 1 media"),
        "{error}"
    );
    assert!(error.contains("--skip-invalid imports the other rows"), "{error}");
    let summary = package.import(&Options { skip_invalid: true, ..Options::default() }).await.unwrap();
    assert!(
        summary.to_string().contains("without their deployment: F2: 2 media, 1 observation; F3: 1 media")
    );
    assert_eq!((summary.detections, summary.bad_row_count, summary.bad_rows.len()), (1, 4, 0));
}

#[tokio::test]
async fn a_photograph_of_another_deployment_moves_no_animal() {
    let mut package = Package::new();
    package.deployment(&[("deploymentID", "d1"), ("locationID", "L1")]);
    package.deployment(&[("deploymentID", "d2"), ("locationID", "L2"), ("latitude", "51")]);
    package.media(&[("mediaID", "m1"), ("deploymentID", "d2")]);
    package.image(&[("observationID", "o"), ("mediaID", "m1")]);
    let error = package.import(&Options::default()).await.unwrap_err().to_string();
    assert!(error.contains(r#""m1" is a medium of another deployment than this row"#), "{error}");
}

#[tokio::test]
async fn the_second_version_of_data_packages_is_read() {
    let package = one();
    package.write();
    let description = r#"{"$schema": "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json",
        "name": "v2", "resources": [
            {"name": "deployments", "type": "table", "path": ["deployments.csv"]},
            {"name": "observations", "type": "table", "path": "observations.csv", "encoding": "utf-8"}]}"#;
    package.file("datapackage.json", description.as_bytes());
    let summary = package.import_files(&Options::default()).await.unwrap();
    assert_eq!((summary.detections, summary.dataset_id.as_str()), (1, "v2"));
}

#[tokio::test]
async fn a_table_that_is_a_url_or_away_is_refused_with_what_to_do() {
    let package = one();
    package.write();
    let told = async |path: &str| {
        let description = format!(
            r#"{{"profile": "x/camtrap-dp/1.0.2/y.json", "resources": [{{"name": "deployments", "path": {path}}}]}}"#
        );
        package.file("datapackage.json", description.as_bytes());
        package.import_files(&Options::default()).await.unwrap_err().to_string()
    };
    assert!(
        told(r#""https://example.org/deployments.csv""#)
            .await
            .contains("download https://example.org/deployments.csv")
    );
    assert!(
        told(r#""away.csv""#).await.contains("the table deployments is away.csv, and there is no such file")
    );
    assert!(told(r#"["a.csv", "b.csv"]"#).await.contains("join them into one"));
}

#[tokio::test]
async fn media_that_are_told_and_not_there_are_no_hindrance() {
    let mut package = one();
    package.media(&[("mediaID", "m1")]);
    package.write();
    std::fs::remove_file(format!("{}/media.csv", package.root())).unwrap();
    let summary = package.import_files(&Options::default()).await.unwrap();
    assert_eq!((summary.detections, summary.has_media), (1, false));
}

#[tokio::test]
async fn the_folder_above_below_and_the_description_itself_lead_to_the_package() {
    let package = one();
    package.write();
    package.file("media/m1.jpg", b"a picture");
    let above = TempDir::new().unwrap();
    std::os::unix::fs::symlink(package.root(), above.path().join("package")).unwrap();
    let root = package.root();
    for (path, is_elsewhere) in [
        (format!("{root}/media"), true),
        (format!("{root}/datapackage.json"), false),
        (above.path().display().to_string(), true),
    ] {
        let url = package.database();
        let summary = import_from(Path::new(&path), &url, &Options::default()).await.unwrap();
        assert_eq!((summary.detections, summary.notes.read_from.is_some()), (1, is_elsewhere), "{path}");
    }
    let empty = TempDir::new().unwrap();
    let error =
        import_from(empty.path(), &package.database(), &Options::default()).await.unwrap_err().to_string();
    assert!(
        error.contains("no datapackage.json in it, nor one folder below or above; give the folder"),
        "{error}"
    );
}

fn zipped(dir: &TempDir, files: &[(&str, &[u8])]) -> std::path::PathBuf {
    let path = dir.path().join("survey.zip");
    let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
    path
}

#[tokio::test]
async fn a_zip_is_read_as_the_folder_that_it_holds() {
    let mut package = one();
    package.media(&[("mediaID", "m1"), ("filePath", "media/m1.jpg")]);
    package.write();
    let read = |name: &str| std::fs::read(format!("{}/{name}", package.root())).unwrap();
    let dir = TempDir::new().unwrap();
    for prefix in ["", "survey-2025/"] {
        let names = ["datapackage.json", "deployments.csv", "media.csv", "observations.csv"];
        let mut files: Vec<(String, Vec<u8>)> =
            names.iter().map(|name| (format!("{prefix}{name}"), read(name))).collect();
        files.push(("../../escaped.txt".to_owned(), b"no".to_vec()));
        let borrowed: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let path = zipped(&dir, &borrowed);
        let summary = import_from(&path, &package.database(), &Options::default()).await.unwrap();
        assert_eq!((summary.detections, summary.notes.is_zip), (1, true));
        assert!(summary.to_string().contains("photographs in the ZIP were not unpacked"));
        assert_eq!(package.text("select path from images where id = 'm1'").await, "media/m1.jpg");
    }
    assert!(!dir.path().parent().unwrap().join("escaped.txt").exists());
    let (url, options) = (package.database(), Options::default());
    let path = zipped(&dir, &[("a.txt", b"no package")]);
    let error = import_from(&path, &url, &options).await.unwrap_err().to_string();
    assert!(error.contains("it holds 0 datapackage.json"), "{error}");
    std::fs::write(&path, b"no ZIP").unwrap();
    let error = import_from(&path, &url, &options).await.unwrap_err().to_string();
    assert!(error.contains("it is no ZIP that can be read"), "{error}");
}

#[tokio::test]
async fn a_refused_import_leaves_nothing_behind() {
    use deertrack_catalog::store::Store;
    use deertrack_sources::camtrap_dp::import;
    let dir = TempDir::new().unwrap();
    let url = format!("sqlite://{}/new.db", dir.path().display());
    let mut package = one();
    package.event(&[("observationID", "bad"), ("count", "0")]);
    package.write();
    let mut store = Store::open(&url).await.unwrap();
    assert!(
        import(Path::new(&package.root()), &mut store, &Options::default(), &mut |_, _| ()).await.is_err()
    );
    store.discard().await.unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "no file of the database is left");

    one().import_into(&url, &Options::default()).await.unwrap();
    let mut store = Store::open(&url).await.unwrap();
    assert!(
        import(Path::new(&package.root()), &mut store, &Options::default(), &mut |_, _| ()).await.is_err()
    );
    store.discard().await.unwrap();
    assert!(dir.path().join("new.db").exists(), "what was there before stays");
    let catalog = deertrack_catalog::connect(&url).await.unwrap();
    assert_eq!(catalog.records_in(crate::package::ever()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_bad_row_is_found_on_its_own_line_however_lines_end() {
    for (end, blank, line) in [("\n", "", 4), ("\r\n", "", 4), ("\n", "\n", 5), ("\r\n", "\r\n\r\n", 6)] {
        let mut package = Package::new();
        package.event(&[("observationID", "o1"), ("observationComments", "\"two\nlines\"")]);
        package.event(&[("observationID", "o2"), ("count", "none")]);
        package.write();
        let text = std::fs::read_to_string(format!("{}/observations.csv", package.root())).unwrap();
        let rows: Vec<&str> = text.split_inclusive('\n').collect();
        let (before, bad) = rows.split_at(3);
        let text =
            format!("{}{blank}{}", before.concat().replace('\n', end), bad.concat().replace('\n', end));
        package.file("observations.csv", text.as_bytes());
        let error = package.import_files(&Options::default()).await.unwrap_err().to_string();
        assert!(
            error.contains(&format!("observations.csv, line {line}, column count")),
            "{end:?} {blank:?}: {error}"
        );
    }
}

#[tokio::test]
async fn rows_without_a_value_are_no_rows() {
    let mut package = Package::new();
    package.event(&[("observationID", "o1")]);
    package.line("observations.csv", ",,,,,,,,,,,,,,,,,,,,,");
    package.line("observations.csv", " , ,,,,,,,,,,,,,,,,,,,,");
    package.line("observations.csv", "");
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!((summary.detections, summary.bad_row_count), (1, 0));
    assert!(summary.notes.equal_rows.is_empty());
}
