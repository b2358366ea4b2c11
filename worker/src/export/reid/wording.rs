//! The analysis in plain words. No facts of its own: every number comes from the study.

use deertrack_reid::analyze::EstimateSource;
use deertrack_reid::false_match::Source;
pub(super) use deertrack_reid::thresholds::written as threshold;
use deertrack_reid::{Analysis, VerdictKind};
use deertrack_survey::calendar::Calendar;

use super::study::Study;
use crate::export::left_out;
pub(super) use crate::export::words::{counted, number};

/// A part of 1 in percent with one decimal: `9.5 %`.
pub(super) fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

/// An interval of parts of 1: `3.2 – 9.8 %`.
pub(super) fn interval([low, high]: [f64; 2]) -> String {
    format!("{:.1} – {:.1} %", low * 100.0, high * 100.0)
}

/// The verdict in a few words.
pub(super) fn title(study: &Study) -> String {
    let verdict = &study.analysis.verdict;
    match (verdict.kind, verdict.threshold) {
        (VerdictKind::SafeThreshold, Some(safe)) => format!("{} is safe to use", threshold(safe)),
        (VerdictKind::NotEnoughLabels, _) => "It cannot be said yet: not enough labels".to_owned(),
        _ => "No safe threshold".to_owned(),
    }
}

/// The verdict in one sentence with what it is about.
pub(super) fn headline(study: &Study) -> String {
    format!("{}; {}", title(study), compared(study))
}

/// What it is about, for a status line: the verdict, the species, what is left out.
pub(super) fn told(study: &Study) -> String {
    let species: Vec<&str> = study.herd.species.iter().map(String::as_str).collect();
    let species = if species.is_empty() { String::new() } else { format!("; of {}", species.join(", ")) };
    format!("{}{species}{}", headline(study), left_out::tail(&study.herd.left_out))
}

/// `11,570 detections against 165 known deer`.
pub(super) fn compared(study: &Study) -> String {
    format!(
        "{} against {}",
        counted(study.herd.detections(), "detection", "detections"),
        counted(study.herd.profiles.len(), "known deer", "known deer")
    )
}

/// What to do now.
pub(super) fn advice(study: &Study) -> &'static str {
    let analysis = &study.analysis;
    let mended_first = analysis.space_check.alarms.iter().any(|alarm| alarm.kind.forbids_threshold());
    match analysis.verdict.kind {
        _ if mended_first => {
            "Mend the vectors first, then ask again. Until then no score, high or low, says which animal it is."
        }
        VerdictKind::SafeThreshold => {
            "Detections that score at least this much may be assigned. Look at a new sample when the model, the cameras \
             or the season change: the promise is about photographs like these."
        }
        VerdictKind::NoSafeThreshold => {
            "Do not let a score alone assign detections at any of these thresholds. Try stricter thresholds, let a \
             person confirm each assignment, or use an embedding that was trained to tell animals of this species apart."
        }
        VerdictKind::NotEnoughLabels if analysis.verdict.more_photographs => {
            "Take more photographs before you ask again: the cameras' next season, or earlier ones that were never \
             embedded. Until then let a person confirm each assignment. A histogram cannot replace it."
        }
        VerdictKind::NotEnoughLabels => {
            "Draw a sample (sample_size 200), look at each pair of photographs, write same, different or unsure into \
             labels.csv, and have it counted: deertrack reid estimate --labels labels.csv. A histogram cannot replace it."
        }
    }
}

/// How the distribution looks, and that this is no advice.
pub(super) fn distribution(analysis: &Analysis) -> String {
    let Some(summary) = &analysis.statistics else {
        return "No detection may be compared with any deer, so there are no scores.".to_owned();
    };
    let spread = summary.std.map(|std| format!(", standard deviation {std:.3}")).unwrap_or_default();
    let mut text = format!(
        "Each detection counts once, with the score of the deer most like it: mean {:.3}, median {:.3}{spread}, from {:.3} \
         to {:.3}; half of them lie between {:.3} and {:.3}. The line is a smooth density.",
        summary.mean, summary.median, summary.min, summary.max, summary.q25, summary.q75
    );
    let shape = &analysis.shape;
    if let (Some(otsu), Some(mixture)) = (shape.otsu, &shape.mixture) {
        let [low, high] = mixture.means;
        text.push_str(&format!(
            " Its shape in numbers: Otsu's cut {otsu:.3}; two normal distributions around {low:.3} and {high:.3}"
        ));
        if let Some(valley) = shape.valley {
            text.push_str(&format!("; the valley between its peaks {valley:.3}"));
        }
        text.push_str(". These describe the picture. They do not know which assignments are right, so none of them is a threshold.");
    }
    text
}

/// What the columns of the threshold table mean, and where "wrong" comes from.
pub(super) fn thresholds(study: &Study) -> String {
    let counts = &study.herd.counts;
    let mut text = format!(
        "Today {} ({:.1} %) are assigned. New: assigned here, to nobody today. Other deer: assigned here to another deer \
         than today. Dropped: assigned today, not here. Deer: that would get at least one detection. ",
        counted(counts.assigned_today, "detection", "detections"),
        study.rate_today()
    );
    let founding = study.founding();
    if founding > 0 {
        text.push_str(&format!(
            "{} of the bursts that deer were made of are compared with other deer only: they are no change, and none is \
             judged. ",
            counted(founding, "detection", "detections")
        ));
    }
    let used = study.analysis.estimate.as_ref().map_or(0, |estimate| estimate.labels_used);
    text.push_str(&match study.analysis.estimate_source {
        Some(EstimateSource::Labels) => format!(
            "Wrong of assigned: by {} of a person who looked at a random sample, one of each burst; unsure counts as wrong.",
            counted(used, "answer", "answers")
        ),
        Some(EstimateSource::Identities) => format!(
            "Wrong of assigned: by the true identities of {}, one detection of each.",
            counted(used, "burst", "bursts")
        ),
        None => "Wrong of assigned: nobody has looked at a sample yet, so nobody knows.".to_owned(),
    });
    if study.labels_without_row > 0 {
        text.push_str(&format!(
            " {} not in this analysis were left out.",
            counted(study.labels_without_row, "label of a detection or deer", "labels of detections or deer")
        ));
    }
    // Of true identities those of bursts below every threshold are not used: nothing is lost.
    let labelled = study.analysis.estimate_source == Some(EstimateSource::Labels);
    if let Some(estimate) =
        study.analysis.estimate.as_ref().filter(|found| labelled && found.labels_ignored > 0)
    {
        text.push_str(&format!(
            " {} could not be used: another deer is the best match now, the seed is not that of the sample, or a row \
             before it was left blank.",
            counted(estimate.labels_ignored, "label", "labels")
        ));
    }
    text
}

/// A kind of pairs that cannot be one animal.
pub(super) fn source(source: Source) -> &'static str {
    match source {
        Source::SameImage => "Two boxes far apart in one photograph",
        Source::BuckAgainstDoe => "A buck and a doe",
        Source::FarCameras => "Cameras too far apart for the time between",
    }
}

/// What a rate of passing strangers means.
pub(super) fn false_matches(study: &Study) -> String {
    format!(
        "The share of single comparisons of two different animals that pass, and how high it may be with 95 % confidence \
         (Clopper and Pearson){}. A detection is compared with {} at once, so even a small share lets some stranger pass. It is a warning that needs \
         no labels, not the share of wrong assignments.",
        if study.params.thresholds.len() > MOST_RATES {
            "; analysis.json has the other thresholds"
        } else {
            ""
        },
        counted(study.herd.profiles.len(), "deer", "deer")
    )
}

/// Thresholds that the table of passing strangers has room for.
pub(super) const MOST_RATES: usize = 4;

/// What the tree says.
pub(super) fn deer(study: &Study) -> String {
    let clusters = &study.analysis.clusters;
    let profiles = study.herd.profiles.len();
    if profiles == 1 {
        return "There is one known deer, so there is nothing to compare it with.".to_owned();
    }
    let mut cuts = clusters.cuts.iter().map(|cut| (number(cut.clusters), threshold(cut.threshold)));
    let first = cuts.next().map(|(count, at)| format!("{count} clusters at {at}"));
    let cuts: Vec<String> =
        first.into_iter().chain(cuts.map(|(count, at)| format!("{count} at {at}"))).collect();
    let leaves = clusters.tree.leaves.len();
    let sample = if leaves < clusters.tree.rows { "a random sample of " } else { "" };
    let mut text = format!(
        "Profiles that are more alike than the threshold may be one animal under two names. Joined by average similarity, \
         {sample}{} form {}.",
        counted(leaves, "deer", "deer"),
        cuts.join(", ")
    );
    let at = threshold(study.params.current_threshold);
    text.push_str(&match clusters.candidate_merges.len() {
        0 => format!(" No two deer score {at} or more with each other."),
        count => format!(
            " {} of a deer and the one most like it score {at} or more.",
            counted(count, "pair", "pairs")
        ),
    });
    text.push_str(&match clusters.candidate_splits.len() {
        0 => format!(" No deer has detections that part into two groups below {at}."),
        count => format!(
            " {} detections that part into two groups, below {at} between them.",
            counted(count, "deer has", "deer have")
        ),
    });
    text.push_str(
        " These are lists to look at, and clusters.csv has them in full; nothing is merged by itself.",
    );
    text
}

/// That deer are not compared with what they were made of, as far as that is known.
fn founders(study: &Study) -> &'static str {
    match study.herd.counts.founders_unknown {
        0 => "A deer is not compared with the detection it was made of, nor with others of that burst",
        unknown if unknown == study.herd.profiles.len() => {
            "Nobody knows which detections the deer were made of, so these may be compared with them"
        }
        _ => {
            "Where it is known which detection a deer was made of, the two are not compared, nor are others of that burst"
        }
    }
}

/// What the words of this report mean.
pub(super) fn definitions(study: &Study) -> Vec<String> {
    let target = percent(study.params.target);
    vec![
        format!(
            "Score: cosine similarity of the vector of a detection and the profile of a deer, {} dimensions. A detection \
             is assigned to the deer with the best score if that reaches the threshold. {}{}.",
            number(study.analysis.space_check.dimensions),
            founders(study),
            if study.params.same_sex { "; bucks are compared with bucks, does with does, fawns with fawns, the unknown with all" } else { "" }
        ),
        format!(
            "Safe: with 95 % confidence fewer than {target} of the assignments are wrong (Clopper and Pearson, exact). \
             Thresholds are tried from the strictest down, and the first that fails ends the trial. Wrong of assigned is \
             what field workers call the false positive rate; it is not the false match rate of a ROC curve."
        ),
        "Density: Gaussian kernel, Scott's bandwidth, as scipy. Tree: average linkage of 1 - cosine, as scipy.".to_owned(),
        format!("Days and hours are {}.", Calendar::new(study.zone).words([])),
        format!("Random choices use the seed {}; the same seed draws the same sample.", study.params.seed),
    ]
}
