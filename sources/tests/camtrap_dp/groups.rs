//! Packages of which no more than a deployment is held at a time: the same database, and the same words for what is wrong.

use deertrack_catalog::store::Store;
use deertrack_sources::camtrap_dp::Options;

use crate::package::Package;
use crate::tables;

fn in_groups() -> Options {
    Options { rows_at_once: 1, ..Options::default() }
}

/// Three deployments with a photograph and a deer each.
fn package() -> Package {
    let mut package = Package::new();
    for at in 1..4 {
        let (deployment, medium) = (format!("d{at}"), format!("m{at}"));
        package.deployment(&[("deploymentID", &deployment)]);
        package.media(&[("mediaID", &medium), ("deploymentID", &deployment), ("fileName", "Caf\u{e9}.jpg")]);
        package.image(&[
            ("observationID", &format!("o{at}")),
            ("deploymentID", &deployment),
            ("mediaID", &medium),
            ("eventID", "e"),
        ]);
    }
    package
}

#[tokio::test]
async fn what_is_wrong_with_a_row_is_told_of_the_file_that_was_given() {
    let cases: [(&[(&str, &str)], &str); 5] = [
        (
            &[("observationID", "o1"), ("deploymentID", "d3")],
            r#"observations.csv, line 5, column observationID: "o1" is not unique, and the rows differ"#,
        ),
        (
            &[("observationID", "o"), ("deploymentID", "d3"), ("count", "0")],
            r#"observations.csv, line 5, column count: "0" is not a whole number of 1 to 1000000"#,
        ),
        (
            &[("observationID", "o"), ("deploymentID", "d9")],
            r#"observations.csv, line 5, column deploymentID: "d9" is not among the deployments"#,
        ),
        (
            &[
                ("observationID", "o"),
                ("deploymentID", "d3"),
                ("mediaID", "m1"),
                ("observationLevel", "media"),
            ],
            r#"observations.csv, line 5, column mediaID: "m1" is not among the media of its deployment"#,
        ),
        (
            &[("observationID", "o"), ("deploymentID", "d2"), ("eventStart", "noon")],
            r#"observations.csv, line 5, column eventStart: "noon" is not a time with an offset"#,
        ),
    ];
    for (cells, told) in cases {
        let mut package = package();
        package.event(cells);
        let error = package.import(&in_groups()).await.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
        let summary = package.import(&Options { skip_invalid: true, ..in_groups() }).await.unwrap();
        assert_eq!((summary.detections, summary.bad_row_count), (3, 1), "{told}");
    }
    let mut package = package();
    package.line("observations.csv", "one,two");
    let error = package.import(&in_groups()).await.unwrap_err().to_string();
    assert!(error.contains("observations.csv, line 5: the row is of 2 fields"), "{error}");
}

#[tokio::test]
async fn forms_of_tables_hold_in_groups() {
    let package = package();
    package.write_as(";", r#", "dialect": {"delimiter": ";"}, "encoding": "windows-1252""#);
    let whole = package.import_files(&Options::default()).await.unwrap();
    let before = tables::dump(&package.database()).await;
    assert_eq!(package.import_files(&in_groups()).await.unwrap(), whole);
    tables::assert_same(&tables::dump(&package.database()).await, &before, "in groups");
}

/// The ids of a package are told apart from those of others, also where only the last of its groups shares one.
#[tokio::test]
async fn an_id_that_another_data_set_has_is_found_in_whichever_group_it_is() {
    for url in [None, Some(deertrack_testkit::postgres::database())] {
        let mut other = Package::new();
        other.name = "other".to_owned();
        other.event(&[("observationID", "o3")]);
        let own = package();
        let url = url.unwrap_or_else(|| own.database());
        other.import_into(&url, &Options::default()).await.unwrap();
        let summary = own.import_into(&url, &in_groups()).await.unwrap();
        assert_eq!(summary.id_prefix, "test:");
        assert_eq!(own.import_into(&url, &in_groups()).await.unwrap(), summary);
        let mut store = Store::open(&url).await.unwrap();
        assert_eq!(store.begin().await.unwrap().known_datasets().await.unwrap().len(), 2);
        store.close().await;
    }
}
