//! The sample that people look at: blind, nested, and read back with its answers.

use std::sync::Arc;

use chrono_tz::Tz;
use deertrack_catalog::connect;
use deertrack_schemas::ReidParams;
use deertrack_sources::simulate::Options;
use deertrack_worker::export::reid::{LabelSheet, Study, load};
use deertrack_worker::export::{Cx, ImagesFolder, Job, Progress};
use tempfile::TempDir;

use crate::files::Files;
use crate::herd::{at, sqlite_in};
use crate::season::{is_right, options, season, season_in, thresholds, truth};

fn sampled(sample_size: u32) -> ReidParams {
    ReidParams { sample_size, seed: 11, ..thresholds() }
}

async fn study(url: &str, params: &ReidParams, labels: Option<&LabelSheet>) -> Study {
    let cx = Cx {
        catalog: Arc::clone(&connect(url).await.unwrap()),
        zone: Tz::UTC,
        images: ImagesFolder::default(),
        job: Job::alone(Progress::silent()),
    };
    let herd = load(&cx, params).await.unwrap();
    Study::of(&cx.job, herd, params, labels, at("2026-01-02T03:04:05Z"), Tz::UTC).unwrap()
}

#[tokio::test]
async fn a_sample_shows_no_scores_and_the_answers_decide_the_verdict() {
    let dir = TempDir::new().unwrap();
    let url = season(&dir, 7).await;
    let files = Files::of(&url, &sampled(200)).await;
    let sample = files.table("sample/sample.csv");
    assert!(sample.len() > 150 && sample.len() <= 200, "{}", sample.len());
    assert!(!sample[0].keys().any(|column| column.contains("score")), "{:?}", sample[0]);

    // Somebody who is always right fills in the labels.
    let truth = truth(&url).await;
    let labels = files.table("sample/labels.csv");
    let mut filled = csv::Writer::from_writer(Vec::new());
    filled.write_record(["detection_id", "deer_id", "seed", "answer"]).unwrap();
    for row in &labels {
        assert_eq!((row["answer"].as_str(), row["seed"].as_str()), ("", "11"));
        let right = is_right(&truth, &row["detection_id"], &row["deer_id"]);
        let answer = if right { "same" } else { "different" };
        filled.write_record([row["detection_id"].as_str(), &row["deer_id"], "11", answer]).unwrap();
    }
    let sheet = LabelSheet::read(&filled.into_inner().unwrap()).unwrap();
    assert_eq!((sheet.seed, sheet.answers.len(), sheet.blank), (Some(11), labels.len(), 0));

    let judged = study(&url, &sampled(200), Some(&sheet)).await;
    let estimate = judged.analysis().estimate.as_ref().unwrap();
    assert_eq!((estimate.labels_used, estimate.labels_ignored), (labels.len(), 0), "every look counts");
    let scores = files.table("scores.csv");
    for row in &estimate.rows {
        let reach: Vec<_> = scores
            .iter()
            .filter(|score| score["best_score"].parse::<f64>().unwrap() >= row.threshold)
            .collect();
        let wrong =
            reach.iter().filter(|score| !is_right(&truth, &score["detection_id"], &score["best_deer_id"]));
        let truly = wrong.count() as f64 / reach.len() as f64;
        assert!(row.interval[0] <= truly && truly <= row.interval[1], "{truly} {row:?}");
    }
    assert!(judged.is_safe(), "{:?}", judged.verdict());
}

#[tokio::test]
async fn labels_of_another_analysis_are_counted_and_not_used() {
    let dir = TempDir::new().unwrap();
    let url = season(&dir, 7).await;
    let labels =
        b"detection_id,deer_id,answer\nnobody,sim-7-deer-00001,same\nsim-7-detection-00001,nobody,same\n";
    let sheet = LabelSheet::read(labels).unwrap();
    let judged = study(&url, &sampled(0), Some(&sheet)).await;
    assert_eq!(judged.labels_without_row(), 2);
    // The true identities are in the database; whoever asked a person is not answered by them.
    let [title, reason, _] = judged.verdict();
    assert!(!judged.is_safe() && title.contains("not enough labels"), "{title}");
    assert!(reason.starts_with("Nobody has looked"), "{reason}");
}

#[tokio::test]
async fn contact_sheets_show_both_photographs_or_say_why_not() {
    let dir = TempDir::new().unwrap();
    let url = sqlite_in(&dir);
    season_in(&url, &dir, 3, Options { frames: 90, days: 40, ..options() }).await;
    let files = Files::of(&url, &sampled(40)).await;
    let pairs = files.table("sample/sample.csv").len();
    files.keep("reid-sample");
    let sheets: Vec<&str> =
        files.names().into_iter().filter(|name| name.starts_with("sample/pairs_")).collect();
    assert_eq!(sheets, ["sample/pairs_0001-0032.pdf", &format!("sample/pairs_0033-{pairs:04}.pdf")]);
    let mut pictures = 0;
    let mut reasons = 0;
    for sheet in sheets {
        let document = pdf_extract::Document::load_mem(files.bytes(sheet)).unwrap();
        let is_picture = |object: &pdf_extract::Object| {
            let dictionary = object.as_stream().ok().map(|stream| &stream.dict);
            dictionary.is_some_and(|dict| {
                dict.get(b"Subtype").is_ok_and(|ty| ty.as_name().is_ok_and(|name| name == b"Image"))
            })
        };
        pictures += document.objects.values().filter(|object| is_picture(object)).count();
        let text = files.text(sheet);
        reasons += text.matches("No picture: the image has no file").count();
        assert!(
            text.contains("Do the two photographs show one animal?") && text.contains("unsure"),
            "{text}"
        );
        assert!(!text.contains("0.7"), "no score is shown: {text}");
    }
    // A photograph that stands for a deer in several pairs is stored once.
    assert!(
        pictures > 5 && reasons > 5 && pictures + reasons <= 2 * pairs,
        "{pictures} pictures, {reasons} reasons"
    );
}

#[tokio::test]
async fn photographs_on_which_somebody_saw_a_person_are_on_no_contact_sheet() {
    let dir = TempDir::new().unwrap();
    let url = season(&dir, 7).await;
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("update images set sees_people = 1").execute(&pool).await.unwrap();
    pool.close().await;
    let files = Files::of(&url, &sampled(3)).await;
    let how_to = String::from_utf8(files.bytes("sample/README.txt").to_vec()).unwrap();
    assert!(how_to.contains("Photographs kept back, for somebody saw a person or a vehicle: "), "{how_to}");
    let sheet = files.text("sample/pairs_0001-0003.pdf");
    assert!(sheet.contains("the photograph is kept back: somebody saw a person or a vehicle"), "{sheet}");
}
