//! The kind `reid` on vectors of real photographs of known antelopes, against numbers of scipy and scikit-learn.
//!
//! The embedding is real but weak: assignments at every usual threshold are mostly wrong, though the picture looks fine.

use std::fs;
use std::io::Read;
use std::path::Path;

use deertrack_catalog::connect;
use deertrack_catalog::store::Store;
use deertrack_schemas::{Export, ReidParams};
use deertrack_sources::embeddings::{Options, import};
use serde_json::Value;
use tempfile::TempDir;

use super::Check;
use super::databases::run;
use super::exports::{bytes_of, keep};

pub(crate) const CHECKS: &[Check] = &[
    ("an_export_of_nyala_projections_equals_the_oracle_and_has_no_safe_threshold", |data| nyala(data, "jl")),
    ("an_export_of_nyala_components_equals_the_oracle_and_has_no_safe_threshold", |data| nyala(data, "pca")),
];

const TOLERANCE: f64 = 1e-6;

fn nyala(data: &Path, space: &str) {
    let oracle: Value =
        serde_json::from_slice(&fs::read(data.join("oracles/reid_nyala.json")).unwrap()).unwrap();
    let expected = &oracle[space];
    let thresholds = expected["thresholds"].as_array().unwrap().iter().map(|row| number(&row["t"])).collect();
    run(async {
        let dir = TempDir::new().unwrap();
        let sqlite = format!("sqlite://{}/catalog.db", dir.path().display());
        let mut archives = Vec::new();
        for url in [sqlite, deertrack_testkit::postgres::database()] {
            import_into(&url, data, space, &oracle).await;
            let params = ReidParams { thresholds: Vec::clone(&thresholds), ..ReidParams::default() };
            archives.push(bytes_of(&connect(&url).await.unwrap(), Export::Reid(params)).await);
        }
        assert!(archives[0] == archives[1], "both databases give the same bytes");
        keep(&format!("reid_{space}.zip"), &archives[0]);
        let analysis = analysis_of(&archives[0]);
        assert_eq!(analysis["detections"], oracle["n_probes"]);
        assert_eq!(analysis["evaluation"]["unknown"], oracle["n_probes_of_unknown_animals"]);
        distribution(&analysis, expected);
        thresholds_agree(&analysis, expected);
        tree(&analysis["clusters"], expected);
        evaluated(&analysis["evaluation"], expected);
        let verdict = &analysis["verdict"];
        assert_eq!((&verdict["kind"], &verdict["threshold"]), (&"no_safe_threshold".into(), &Value::Null));
    });
}

async fn import_into(url: &str, data: &Path, space: &str, oracle: &Value) {
    let folder = data.join("reid_nyala_real");
    let options = Options {
        dimensions: 512,
        array: None,
        split: Some("test".into()),
        gallery_rows: serde_json::from_value(oracle["gallery_rows"].clone()).unwrap(),
    };
    let mut store = Store::open(url).await.unwrap();
    let vectors = folder.join(format!("nyala_512_{space}.f32"));
    import(&vectors, &folder.join("labels.csv"), &mut store, &options, &mut |_, _| ()).await.unwrap();
    store.close().await;
}

fn analysis_of(archive: &[u8]) -> Value {
    let mut zip = ::zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let mut text = String::new();
    zip.by_name("analysis.json").unwrap().read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn distribution(analysis: &Value, expected: &Value) {
    let (found, describe) = (&analysis["statistics"], &expected["describe"]);
    assert_eq!(found["count"].as_f64(), describe["count"].as_f64());
    let names = [("mean", "mean"), ("std", "std"), ("min", "min"), ("q25", "25%"), ("median", "50%")];
    for (name, theirs) in names.into_iter().chain([("q75", "75%"), ("max", "max")]) {
        near(&found[name], &describe[theirs], name);
    }
    near(&found["skew"], &expected["skew_kurt"][0], "skew");
    near(&found["kurtosis"], &expected["skew_kurt"][1], "kurtosis");
    near(&analysis["kde"]["factor"], &expected["kde_scott_factor"], "factor");
    near(&analysis["kde"]["bandwidth"], &expected["kde_bandwidth"], "bandwidth");
    // Both grids run from the least to the greatest score.
    let (density, theirs) = (numbers(&analysis["kde"]["density"]), numbers(&expected["kde_pdf"]));
    close(density[0], theirs[0], "density at the least score");
    close(density[density.len() - 1], theirs[theirs.len() - 1], "density at the greatest score");
    let edges = numbers(&analysis["histogram"]["edges"]);
    let ends = numbers(&expected["hist50_edges_first_last"]);
    close(edges[0], ends[0], "first edge");
    close(edges[50], ends[1], "last edge");
    assert_eq!(analysis["histogram"]["counts"], expected["hist50_counts"]);
    near(&analysis["shape"]["otsu"], &expected["otsu256"], "otsu");
}

fn thresholds_agree(analysis: &Value, expected: &Value) {
    let judged = analysis["evaluation"]["thresholds"].as_array().unwrap();
    let counted = analysis["thresholds"].as_array().unwrap();
    let rows = expected["thresholds"].as_array().unwrap();
    assert_eq!((judged.len(), counted.len()), (rows.len(), rows.len()));
    for ((judged, counted), row) in judged.iter().zip(counted).zip(rows) {
        assert_eq!(counted["assigned"], row["assigned"]);
        near(&counted["assignment_rate"], &row["rate"], "rate");
        assert_eq!(judged["wrong"], row["wrong"]);
        assert_eq!(judged["unknown_assigned"], row["unknown_wrongly_assigned"]);
        near(&judged["wrong_of_assigned"], &row["wrong_of_assigned"], "wrong of assigned");
        near(&judged["interval"][0], &row["cp95"][0], "lower bound");
        near(&judged["interval"][1], &row["cp95"][1], "upper bound");
    }
}

/// The deer come in another order than in the oracle, so clusters have other numbers; heights and sizes are the same.
fn tree(clusters: &Value, expected: &Value) {
    let merges = clusters["merges"].as_array().unwrap();
    let last = expected["linkage_last3"].as_array().unwrap();
    let theirs = expected["linkage_average_cosine_first5"].as_array().unwrap().iter().chain(last);
    let ours = merges[..5].iter().chain(&merges[merges.len() - 3..]);
    for (merge, row) in ours.zip(theirs) {
        near(&merge["height"], &row[2], "height");
        close(number(&merge["size"]), number(&row[3]), "size");
    }
    near(&clusters["cophenetic_correlation"], &expected["cophenetic_corr"], "correlation");
    for (height, count) in expected["fcluster_counts_at_distance"].as_object().unwrap() {
        let height: f64 = height.parse().unwrap();
        let made = merges.iter().filter(|merge| number(&merge["height"]) <= height).count();
        assert_eq!(Some((merges.len() + 1 - made) as u64), count.as_u64(), "clusters at {height}");
    }
}

fn evaluated(found: &Value, expected: &Value) {
    near(&found["auroc_right_wrong"], &expected["AUROC_right_vs_wrong"], "right or wrong");
    near(&found["auroc_known_unknown"], &expected["AUROC_known_vs_unknown"], "known or unknown");
    near(&found["eer"]["rate"], &expected["EER"], "EER");
    near(&found["eer"]["threshold"], &expected["EER_threshold"], "EER threshold");
    near(&found["youden_threshold"], &expected["youden_threshold"], "Youden");
    near(&found["rank1"], &expected["rank1_known"], "rank 1");
    near(&found["mean_margin"], &expected["mean_margin_top1_top2"], "margin");
    let scores = numbers(&found["calibration"]["scores"]);
    let probabilities = numbers(&found["calibration"]["probabilities"]);
    for (score, probability) in expected["isotonic_P_correct_at"].as_object().unwrap() {
        close(between(&scores, &probabilities, score.parse().unwrap()), number(probability), score);
    }
}

/// The straight line between the knots around `at`, level outside of them.
fn between(knots: &[f64], values: &[f64], at: f64) -> f64 {
    let above = knots.iter().position(|knot| *knot > at).unwrap_or(knots.len());
    match above {
        0 => values[0],
        above if above == knots.len() => values[above - 1],
        above => {
            let part = (at - knots[above - 1]) / (knots[above] - knots[above - 1]);
            values[above - 1] + part * (values[above] - values[above - 1])
        }
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn near(found: &Value, expected: &Value, what: &str) {
    close(number(found), number(expected), what);
}

fn close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= TOLERANCE, "{what}: {found}, expected {expected}");
}
