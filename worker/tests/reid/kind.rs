//! `reid` over a simulated season: every file is there, they agree, and the verdict keeps its promise.

use std::io::Cursor;
use std::sync::{Arc, Mutex};

use deertrack_catalog::connect;
use deertrack_schemas::{Class, ReidParams};
use deertrack_sources::simulate::Options;
use deertrack_worker::JobError;
use deertrack_worker::export::{Job, Progress};
use tempfile::TempDir;

use crate::files::{Files, export, export_from};
use crate::season::{four_weeks, is_right, options, season, season_in, thresholds, truth};

#[tokio::test]
async fn an_analysis_of_a_season_has_every_file_and_they_agree() {
    let dir = TempDir::new().unwrap();
    let url = season(&dir, 7).await;
    let files = Files::of(&url, &thresholds()).await;
    files.keep("reid-season");
    let expected = [
        "similarity_distribution.png",
        "cumulative.png",
        "dendrogram.svg",
        "report.pdf",
        "scores.csv",
        "thresholds.csv",
        "clusters.csv",
        "analysis.json",
    ];
    assert_eq!(files.names(), expected, "no sample was asked for");
    let analysis = files.analysis();
    let scores = files.table("scores.csv");
    assert_eq!(analysis["detections"], scores.len());

    for (row, counted) in files.table("thresholds.csv").iter().zip(analysis["thresholds"].as_array().unwrap())
    {
        let threshold: f64 = row["threshold"].parse().unwrap();
        let reach =
            scores.iter().filter(|score| score["best_score"].parse::<f64>().unwrap() >= threshold).count();
        assert_eq!(row["assigned"], reach.to_string());
        assert_eq!(counted["assigned"], reach);
        let rate: f64 = row["assignment_rate_percent"].parse().unwrap();
        assert!((rate - 100.0 * reach as f64 / scores.len() as f64).abs() < 1e-9);
    }
    for picture in ["similarity_distribution.png", "cumulative.png"] {
        let picture = png::Decoder::new(Cursor::new(files.bytes(picture))).read_info().unwrap();
        assert_eq!((picture.info().width, picture.info().height), (1800, 900));
        let dims = picture.info().pixel_dims.unwrap();
        assert_eq!((dims.xppu, dims.yppu), (5906, 5906), "150 an inch, told by the metre: 12 by 6 inches");
    }
    assert!(files.bytes("dendrogram.svg").starts_with(b"<svg"));
    assert_eq!(files.table("clusters.csv").len(), analysis["profiles"]);
    let text = files.text("report.pdf");
    assert!(text.contains("Which similarity is safe?"), "{text}");
    assert!(text.contains(analysis["verdict"]["reason"].as_str().unwrap()), "{text}");
}

#[tokio::test]
async fn the_verdict_on_a_season_keeps_its_promise_against_the_truth() {
    let dir = TempDir::new().unwrap();
    let url = season(&dir, 7).await;
    let files = Files::of(&url, &thresholds()).await;
    let analysis = files.analysis();
    assert_eq!(analysis["space_check"]["alarms"], serde_json::json!([]), "the simulated space is sound");
    assert_eq!(analysis["verdict"]["kind"], "safe_threshold");
    let safe = analysis["verdict"]["threshold"].as_f64().unwrap();
    let truth = truth(&url).await;
    let (mut assigned, mut wrong) = (0, 0);
    for row in files.table("scores.csv") {
        if row["founding_burst"] == "no" && row["best_score"].parse::<f64>().unwrap() >= safe {
            assigned += 1;
            wrong += usize::from(!is_right(&truth, &row["detection_id"], &row["best_deer_id"]));
        }
    }
    assert!(assigned > 100 && (wrong as f64) < 0.05 * assigned as f64, "{wrong} of {assigned}");
    let told = analysis["evaluation"]["thresholds"].as_array().unwrap();
    let told = told.iter().find(|row| row["threshold"] == safe).unwrap();
    assert_eq!((told["assigned"].as_u64(), told["wrong"].as_u64()), (Some(assigned), Some(wrong as u64)));
}

#[tokio::test]
async fn the_same_command_gives_the_same_bytes_from_either_database_on_any_number_of_threads() {
    let dir = TempDir::new().unwrap();
    let params = ReidParams { sample_size: 20, seed: 3, same_sex: true, ..thresholds() };
    let postgres = deertrack_testkit::postgres::database();
    season_in(&postgres, &dir, 5, Options { days: 28, ..options() }).await;
    let mut archives = Vec::new();
    for (url, cores) in [(four_weeks(&dir, 5).await, 1), (postgres, 3)] {
        let mut job = Job::alone(Progress::silent());
        job.cores = std::num::NonZero::new(cores).unwrap();
        let rendered = export_from(connect(&url).await.unwrap(), &params, &job).await.unwrap();
        archives.push(rendered.content.into_bytes().unwrap());
    }
    assert!(archives[0] == archives[1]);
}

#[tokio::test]
async fn dates_and_classes_narrow_the_detections() {
    let dir = TempDir::new().unwrap();
    let url = four_weeks(&dir, 2).await;
    let params = ReidParams {
        classifications: vec![Class::Buck],
        start_date: Some("2025-12-20".parse().unwrap()),
        end_date: Some("2025-12-21".parse().unwrap()),
        ..ReidParams::default()
    };
    let rows = Files::of(&url, &params).await.table("scores.csv");
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row["classification"], "buck");
        assert!(
            row["taken_at"].starts_with("2025-12-20T") || row["taken_at"].starts_with("2025-12-21T"),
            "{row:?}"
        );
    }
}

#[tokio::test]
async fn a_job_that_is_told_to_stop_stops_between_steps() {
    let dir = TempDir::new().unwrap();
    let url = four_weeks(&dir, 2).await;
    for stage in ["comparing", "drawing pictures", "writing tables"] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (stop, told) = (tokio_util::sync::CancellationToken::new(), Arc::clone(&seen));
        let token = stop.clone();
        let progress = Progress::new(move |step| {
            told.lock().unwrap().push(step.stage.to_owned());
            if step.stage == stage {
                token.cancel();
            }
        });
        let mut job = Job::alone(progress);
        job.stop = stop;
        let stopped = export_from(connect(&url).await.unwrap(), &ReidParams::default(), &job).await;
        assert!(matches!(stopped, Err(JobError::Stopped)), "{stopped:?}");
        assert_eq!(seen.lock().unwrap().last().map(String::as_str), Some(stage), "nothing follows");
    }
}

#[tokio::test]
async fn an_analysis_only_reads() {
    let dir = TempDir::new().unwrap();
    let sqlite = four_weeks(&dir, 2).await;
    let file = dir.path().join("catalog.db");
    let before = std::fs::read(&file).unwrap();
    let params = ReidParams { sample_size: 5, ..ReidParams::default() };
    let analysed = export(&sqlite, &params).await.unwrap().content.into_bytes().unwrap();
    assert!(std::fs::read(&file).unwrap() == before, "not a byte of the file has changed");

    // A role that may read and nothing else: whatever wrote would fail.
    let postgres = deertrack_testkit::postgres::database();
    season_in(&postgres, &dir, 2, Options { days: 28, ..options() }).await;
    let role = format!("analyst_{}", std::process::id());
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&postgres).await.unwrap();
    let grant = format!("create role {role} login; grant select on all tables in schema public to {role}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(grant)).execute(&mut connection).await.unwrap();
    let reader = postgres.replace("//postgres@", &format!("//{role}@"));
    assert!(export(&reader, &params).await.unwrap().content.into_bytes().unwrap() == analysed);
    let refused = sqlx::query("delete from deer")
        .execute(&mut <sqlx::PgConnection as sqlx::Connection>::connect(&reader).await.unwrap())
        .await
        .unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "42501", "permission denied");
}
