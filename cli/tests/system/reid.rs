//! `deertrack reid`: from a question to a threshold that can be trusted, without Redis.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::support::{pdf_text, run, season, succeed};

/// Answers every pair of `labels.csv` with `answer`.
fn fill_in(labels: &Path, answer: &str) {
    let text = std::fs::read_to_string(labels).unwrap();
    let mut filled = String::new();
    for (number, line) in text.lines().enumerate() {
        // The last column is the answer, and it is empty.
        let written = if number == 0 { "" } else { answer };
        writeln!(filled, "{line}{written}").unwrap();
    }
    std::fs::write(labels, filled).unwrap();
}

#[test]
fn an_analysis_tells_what_the_platforms_script_tells_and_leaves_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let database = season(dir.path());
    let folder = dir.path().join("analysis");
    let output = folder.display().to_string();
    let told = succeed(&["reid", "analyze", "--database", &database, "--output", &output]);
    let lines = [
        "[INFO] Querying detections...",
        "[INFO] Loaded ",
        " deer profiles",
        "[INFO] Computing pairwise similarities...",
        "[INFO] Space check: sound, 512 dimensions",
        "[INFO] Similarity score statistics:",
        "  Mean: 0.",
        "  Median: 0.",
        "  Std Dev: 0.",
        "  Min: 0.",
        "  Max: 0.",
        "[INFO] Current assignment rate: ",
        "[INFO] Generating histogram...",
        "[INFO] Histogram saved to ",
        "similarity_distribution.png",
        "█",
        "0.70 today",
        "wrong of assigned",
    ];
    let mut rest = told.as_str();
    for line in lines {
        let at = rest.find(line).unwrap_or_else(|| panic!("no {line:?}, or not in its place:\n{told}"));
        rest = &rest[at + line.len()..];
    }
    for file in
        ["similarity_distribution.png", "cumulative.png", "dendrogram.svg", "scores.csv", "clusters.csv"]
    {
        assert!(folder.join(file).metadata().unwrap().len() > 100, "{file}");
    }
    assert!(pdf_text(&folder.join("report.pdf")).contains("Which similarity is safe?"));
    let analysis: Value =
        serde_json::from_slice(&std::fs::read(folder.join("analysis.json")).unwrap()).unwrap();
    let rate = analysis["data"]["assignment_rate_today"].as_f64().unwrap();
    assert!(told.contains(&format!("Current assignment rate: {rate:.1}%")), "{told}");
}

#[test]
fn json_is_one_value_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let database = season(dir.path());
    let parse = |args: &[&str]| -> Value { serde_json::from_str(&succeed(args)).unwrap() };
    let thresholds =
        parse(&["reid", "thresholds", "--json", "--database", &database, "--thresholds", "0.8,0.5"]);
    let rows = thresholds["thresholds"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["threshold"]), (2, &0.8.into()));
    assert!(rows[0]["assigned"].as_u64() < rows[1]["assigned"].as_u64());
    let output = dir.path().join("out").display().to_string();
    let analysed = parse(&["reid", "analyze", "--json", "--database", &database, "--output", &output]);
    assert!(analysed["analysis"]["verdict"]["kind"].is_string());
    assert_eq!(analysed["files"].as_array().unwrap().len(), 8);
}

#[test]
fn a_sample_is_drawn_filled_in_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let database = season(dir.path());
    let output = dir.path().display().to_string();
    let told = succeed(&[
        "reid",
        "sample",
        "--database",
        &database,
        "--output",
        &output,
        "--sample-size",
        "120",
        "--seed",
        "5",
    ]);
    assert!(told.contains("pairs to look at"), "{told}");
    let labels = dir.path().join("sample/labels.csv");
    fill_in(&labels, "different");
    let labels = labels.display().to_string();
    let estimate = ["reid", "estimate", "--database", &database, "--labels", &labels];
    let told = succeed(&estimate);
    assert!(told.contains("NO SAFE THRESHOLD"), "who never agrees proves every threshold unsafe:\n{told}");
    assert!(told.contains("100.0 %"), "{told}");
    let json: Value = serde_json::from_str(&succeed(&[&estimate[..], &["--json"]].concat())).unwrap();
    assert_eq!(json["verdict"]["kind"], "no_safe_threshold");
    assert_eq!(json["estimate"]["labels_ignored"], 0, "the seed of the sample stands in the labels");

    let other_seed = run(&[&estimate[..], &["--seed", "6"]].concat());
    assert_eq!(other_seed.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&other_seed.stderr).contains("drawn with seed 5, not 6"));
    let bad = dir.path().join("bad.csv");
    let estimate = ["reid", "estimate", "--database", &database, "--labels", bad.to_str().unwrap()];
    for (row, problem) in [
        ("a,b,perhaps", "line 2: the answer is \"perhaps\""),
        ("a,b,", "no pair is answered: write same, different or unsure"),
    ] {
        std::fs::write(&bad, format!("detection_id,deer_id,answer\n{row}\n")).unwrap();
        let refused = run(&estimate);
        assert_eq!(refused.status.code(), Some(3));
        assert!(String::from_utf8_lossy(&refused.stderr).contains(problem));
    }
    std::fs::write(&bad, "detection_id,deer_id,answer\na,b,same\n").unwrap();
    let told = succeed(&estimate);
    assert!(told.contains("name no seed") && told.contains("not in this analysis: 1"), "{told}");
}

#[test]
fn what_cannot_be_analysed_is_said_with_an_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let database = season(dir.path());
    let end = |args: &[&str]| {
        let output = run(args);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, told) = end(&["reid", "thresholds", "--database", &database, "--thresholds", "1.5"]);
    assert_eq!(code, Some(3));
    assert!(told.contains("thresholds.0: ensure this value is less than or equal to 1"), "{told}");
    let nowhen = ["--start-date", "2001-01-01", "--end-date", "2001-01-02"];
    let (code, told) = end(&[&["reid", "thresholds", "--database", &database][..], &nowhen].concat());
    assert_eq!(code, Some(4));
    assert!(told.contains("No detections found in specified date range"), "{told}");
    let (code, told) = end(&["reid", "thresholds", "--database", "sqlite:///nowhere/at/all.db"]);
    assert_eq!(code, Some(5), "{told}");
}

#[test]
fn the_help_teaches_the_way_to_a_threshold() {
    let help = succeed(&["reid", "--help"]);
    for words in ["analyze", "sample", "estimate", "labels.csv", "95 % confidence"] {
        assert!(help.contains(words), "no {words} in\n{help}");
    }
    let flags = succeed(&["reid", "analyze", "--help"]);
    for flag in ["--thresholds", "[default: 0.7 0.65 0.6 0.55]", "--same-sex", "--target", "--start-date"] {
        assert!(flags.contains(flag), "no {flag} in\n{flags}");
    }
}
