//! Real photographs of known animals against numbers of scipy and scikit-learn.
//!
//! The data are not part of the project: `cargo test -p deertrack-reid --test real -- FOLDER`, where FOLDER holds
//! `reid_nyala_real/` (vectors and labels) and `oracles/` (expected numbers).

use deertrack_reid::evaluate::Evaluation;
use deertrack_reid::kde::density;
use deertrack_reid::linkage::{Method, link};
use deertrack_reid::roc::Roc;
use deertrack_reid::{Analysis, Detection, Input, Options, Profile, Vectors, VerdictKind, analyze};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

const DIM: usize = 512;
const TOLERANCE: f64 = 1e-6;

type Outcome = Result<(), Failed>;

fn main() {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    let folder = match arguments.next() {
        Some(folder) if !folder.starts_with('-') => PathBuf::from(folder),
        _ => {
            let missing = Trial::test("real_data_are_given", || {
                Err("name the folder with the data: cargo test -p deertrack-reid --test real -- FOLDER"
                    .into())
            });
            libtest_mimic::run(&Arguments::default(), vec![missing]).exit();
        }
    };
    let arguments = Arguments::from_iter(std::iter::once(program).chain(arguments));
    let of = |name: &str, test: fn(&Path) -> Outcome| {
        let folder = folder.clone();
        Trial::test(name, move || test(&folder))
    };
    let trials = vec![
        of("a_projection_of_raw_features_equals_the_oracle_and_has_no_safe_threshold", |f| nyala(f, "jl")),
        of("principal_components_equal_the_oracle_and_have_no_safe_threshold", |f| nyala(f, "pca")),
        of("the_same_photograph_twice_is_told_apart_near_0_816", recrop),
    ];
    libtest_mimic::run(&arguments, trials).exit();
}

fn nyala(folder: &Path, space: &str) -> Outcome {
    let oracle = json(folder, "reid_nyala.json")?;
    let expected = &oracle[space];
    let input = nyala_input(folder, &oracle, space)?;
    let rows = expected["thresholds"].as_array().ok_or("the oracle has thresholds")?;
    let thresholds: Vec<f64> = rows.iter().map(|row| number(&row["t"])).collect();
    let threads = NonZeroUsize::new(2).ok_or("2 is not 0")?;
    let found = analyze(&input, &Options { thresholds, threads, ..Options::default() })?;
    equal(found.detections, oracle["n_probes"].as_u64(), "probes")?;
    distribution(&found, expected)?;
    tree(&input, expected)?;
    let evaluation = found.evaluation.as_ref().ok_or("identities are known")?;
    equal(evaluation.unknown, oracle["n_probes_of_unknown_animals"].as_u64(), "unknown")?;
    evaluated(evaluation, expected)?;
    for ((row, counted), expected) in evaluation.thresholds.iter().zip(&found.thresholds).zip(rows) {
        equal(counted.assigned, expected["assigned"].as_u64(), "assigned")?;
        near(counted.assignment_rate, &expected["rate"], "rate")?;
        equal(row.wrong, expected["wrong"].as_u64(), "wrong")?;
        equal(row.unknown_assigned, expected["unknown_wrongly_assigned"].as_u64(), "unknown assigned")?;
        near(
            row.wrong_of_assigned.ok_or("some are assigned")?,
            &expected["wrong_of_assigned"],
            "proportion",
        )?;
        all_near(&row.interval, &expected["cp95"], "interval")?;
    }
    if found.verdict.kind != VerdictKind::NoSafeThreshold || found.verdict.threshold.is_some() {
        return Err(format!("{:?}", found.verdict).into());
    }
    if !found.space_check.ok {
        return Err(format!("the space is real: {:?}", found.space_check.alarms).into());
    }
    println!("{space}: {}", found.verdict.reason);
    Ok(())
}

fn distribution(found: &Analysis, expected: &Value) -> Outcome {
    let summary = found.statistics.as_ref().ok_or("there are scores")?;
    let describe = &expected["describe"];
    equal(summary.count, describe["count"].as_f64().map(|count| count as u64), "count")?;
    for (name, value) in [
        ("mean", Some(summary.mean)),
        ("std", summary.std),
        ("min", Some(summary.min)),
        ("25%", Some(summary.q25)),
        ("50%", Some(summary.median)),
        ("75%", Some(summary.q75)),
        ("max", Some(summary.max)),
    ] {
        near(value.ok_or(name)?, &describe[name], name)?;
    }
    let shape = [summary.skew.ok_or("skew")?, summary.kurtosis.ok_or("kurtosis")?];
    all_near(&shape, &expected["skew_kurt"], "skew and kurtosis")?;
    let kde = found.kde.as_ref().ok_or("the scores have a spread")?;
    near(kde.factor, &expected["kde_scott_factor"], "factor")?;
    near(kde.bandwidth, &expected["kde_bandwidth"], "bandwidth")?;
    let scores: Vec<f64> = found.matches.iter().flatten().map(|found| found.best.score).collect();
    let densities: Vec<f64> =
        numbers(&expected["kde_grid"]).iter().map(|&at| density(&scores, kde.bandwidth, at)).collect();
    all_near(&densities, &expected["kde_pdf"], "density")?;
    let histogram = found.histogram.as_ref().ok_or("there are scores")?;
    let ends = [histogram.edges[0], histogram.edges[histogram.edges.len() - 1]];
    all_near(&ends, &expected["hist50_edges_first_last"], "edges")?;
    let counts: Vec<f64> = histogram.counts.iter().map(|&count| count as f64).collect();
    if counts != numbers(&expected["hist50_counts"]) {
        return Err(format!("counts {counts:?}").into());
    }
    near(found.shape.otsu.ok_or("otsu")?, &expected["otsu256"], "otsu")
}

fn tree(input: &Input, expected: &Value) -> Outcome {
    let tree = link(&input.gallery, Method::Average, 0);
    let rows = |range: &[deertrack_reid::linkage::Merge]| -> Vec<f64> {
        range.iter().flat_map(|m| [m.left as f64, m.right as f64, m.height, m.size as f64]).collect()
    };
    let flat =
        |value: &Value| -> Vec<f64> { value.as_array().into_iter().flatten().flat_map(numbers).collect() };
    close(&rows(&tree.merges[..5]), &flat(&expected["linkage_average_cosine_first5"]), "first merges")?;
    close(&rows(&tree.merges[tree.merges.len() - 3..]), &flat(&expected["linkage_last3"]), "last merges")?;
    near(tree.cophenetic_correlation.ok_or("a correlation")?, &expected["cophenetic_corr"], "correlation")?;
    for (height, clusters) in expected["fcluster_counts_at_distance"].as_object().ok_or("cuts")? {
        equal(tree.clusters_at(height.parse()?), clusters.as_u64(), height)?;
    }
    Ok(())
}

fn evaluated(found: &Evaluation, expected: &Value) -> Outcome {
    near(found.auroc_right_wrong.ok_or("both kinds")?, &expected["AUROC_right_vs_wrong"], "right/wrong")?;
    near(
        found.auroc_known_unknown.ok_or("both kinds")?,
        &expected["AUROC_known_vs_unknown"],
        "known/unknown",
    )?;
    let eer = found.eer.ok_or("both kinds")?;
    near(eer.rate, &expected["EER"], "EER")?;
    near(eer.threshold, &expected["EER_threshold"], "EER threshold")?;
    near(found.youden_threshold.ok_or("both kinds")?, &expected["youden_threshold"], "youden")?;
    near(found.rank1.ok_or("known probes")?, &expected["rank1_known"], "rank 1")?;
    near(found.mean_margin.ok_or("two profiles")?, &expected["mean_margin_top1_top2"], "margin")?;
    let calibration = found.calibration.as_ref().ok_or("a calibration")?;
    for (score, probability) in expected["isotonic_P_correct_at"].as_object().ok_or("probabilities")? {
        near(calibration.at(score.parse()?), probability, score)?;
    }
    Ok(())
}

/// All pairs of a photograph with itself re-cropped against all pairs of different animals.
fn recrop(folder: &Path) -> Outcome {
    let oracle = json(folder, "reid_recrop_control.json")?;
    let rows = test_rows(folder)?;
    let (left, right) =
        (vectors(folder, "jl", &rows, "photos")?, vectors(folder, "jl_recrop", &rows, "recrops")?);
    let mut scored = Vec::with_capacity(rows.len() * rows.len());
    for (a, (_, animal)) in rows.iter().enumerate() {
        for (b, (_, other)) in rows.iter().enumerate() {
            if a == b || animal != other {
                scored.push((left.cosine(a, &right, b), a == b));
            }
        }
    }
    let mean = |same: bool| {
        let scores: Vec<f64> = scored.iter().filter(|pair| pair.1 == same).map(|pair| pair.0).collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    };
    near(mean(true), &oracle["mean_same_photo"], "mean of the same photo")?;
    near(mean(false), &oracle["mean_other_animal"], "mean of other animals")?;
    let roc = Roc::new(scored).ok_or("both kinds")?;
    near(roc.area(), &oracle["auroc_same_photo_vs_other_animal"], "area")?;
    let found = roc.equal_error_rate();
    near(found.rate, &oracle["eer"], "EER")?;
    near(found.threshold, &oracle["eer_threshold"], "EER threshold")?;
    let [low, high] = found.interval;
    println!("same photograph: {:.4}, interval {low:.4} to {high:.4}", found.threshold);
    if !(low <= 0.816 && 0.816 <= high && high - low < 0.05) {
        return Err(format!("interval {low} to {high}").into());
    }
    Ok(())
}

fn nyala_input(folder: &Path, oracle: &Value, space: &str) -> Result<Input, Failed> {
    let rows = test_rows(folder)?;
    let gallery_rows: Vec<usize> = numbers(&oracle["gallery_rows"]).iter().map(|&row| row as usize).collect();
    let of_gallery = |row: &usize| rows.iter().find(|(at, _)| at == row).copied();
    let gallery: Vec<(usize, u32)> = gallery_rows.iter().filter_map(of_gallery).collect();
    let probes: Vec<(usize, u32)> =
        rows.iter().filter(|(row, _)| !gallery_rows.contains(row)).copied().collect();
    let detection =
        |&(_, identity): &(usize, u32)| Detection { identity: Some(identity), ..Default::default() };
    let profile = |&(_, identity): &(usize, u32)| Profile { identity: Some(identity), ..Default::default() };
    Ok(Input {
        detections: probes.iter().map(detection).collect(),
        profiles: gallery.iter().map(profile).collect(),
        ..Input::new(
            vectors(folder, space, &probes, "detections")?,
            vectors(folder, space, &gallery, "profiles")?,
        )
    })
}

/// Rows of the test split with a number for the animal.
fn test_rows(folder: &Path) -> Result<Vec<(usize, u32)>, Failed> {
    let mut animals = HashMap::new();
    let mut rows = Vec::new();
    for record in csv::Reader::from_path(folder.join("reid_nyala_real/labels.csv"))?.deserialize() {
        let record: HashMap<String, String> = record?;
        if record["split"] == "test" {
            let next = animals.len() as u32;
            rows.push((record["row"].parse()?, *animals.entry(record["individual"].clone()).or_insert(next)));
        }
    }
    Ok(rows)
}

fn vectors(folder: &Path, space: &str, rows: &[(usize, u32)], set: &'static str) -> Result<Vectors, Failed> {
    let bytes = std::fs::read(folder.join(format!("reid_nyala_real/nyala_512_{space}.f32")))?;
    let value = |bytes: &[u8; 4]| f32::from_le_bytes(*bytes);
    let all: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(value).collect();
    let chosen = rows.iter().flat_map(|&(row, _)| all[row * DIM..][..DIM].iter().copied()).collect();
    Ok(Vectors::new(set, DIM, chosen)?)
}

fn json(folder: &Path, name: &str) -> Result<Value, Failed> {
    Ok(serde_json::from_slice(&std::fs::read(folder.join("oracles").join(name))?)?)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().map(number).collect()
}

fn near(found: f64, expected: &Value, what: &str) -> Outcome {
    close(&[found], &[number(expected)], what)
}

fn all_near(found: &[f64], expected: &Value, what: &str) -> Outcome {
    close(found, &numbers(expected), what)
}

fn close(found: &[f64], expected: &[f64], what: &str) -> Outcome {
    let all = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() <= TOLERANCE);
    if all { Ok(()) } else { Err(format!("{what}: {found:?}, expected {expected:?}").into()) }
}

fn equal(found: usize, expected: Option<u64>, what: &str) -> Outcome {
    if Some(found as u64) == expected {
        Ok(())
    } else {
        Err(format!("{what}: {found}, expected {expected:?}").into())
    }
}
