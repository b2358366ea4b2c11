//! What stands at the end of the report: the state of the data that the analysis was made of.

use deertrack_reid::space::{SetCheck, Spread};
use deertrack_reid::space_alarms::AlarmKind;
use serde::Serialize;

use super::study::Study;
use super::wording::{counted, number, percent};
use crate::export::left_out::no_deer;

/// A line about the data, as every report ends with.
#[derive(Serialize)]
pub(super) struct Status {
    what: &'static str,
    found: String,
    doubt: bool,
}

/// All that is to be told of the data.
pub(super) fn status(study: &Study) -> Vec<Status> {
    let (check, counts) = (&study.analysis.space_check, &study.herd.counts);
    let left_out = &study.herd.left_out;
    let spread = |spread: Spread| format!("{:.3} ± {:.3}", spread.mean, spread.std);
    let has = |kind: AlarmKind| check.alarms.iter().any(|alarm| alarm.kind == kind);
    let mut lines = Vec::new();
    let mut tell = |what: &'static str, found: String, doubt: bool| lines.push(Status { what, found, doubt });
    tell(
        "Left out",
        format!(
            "{} and {} without a vector; {} that a person rejected, {}{}",
            counted(counts.without_vector, "detection", "detections"),
            counted(counts.deer_without_vector, "deer", "deer"),
            counted(left_out.rejected, "detection", "detections"),
            counted(left_out.duplicates, "duplicate", "duplicates"),
            no_deer(left_out).iter().map(|part| format!(", {part}")).collect::<String>()
        ),
        false,
    );
    let lengths = |set: &SetCheck| format!("{:.3} to {:.3}", set.norm_min, set.norm_max);
    tell(
        "Vectors",
        format!(
            "{} dimensions; lengths {} (detections), {} (deer); {} of zeros; {} repeated",
            number(check.dimensions),
            lengths(&check.detections),
            lengths(&check.profiles),
            number(check.detections.zero_vectors + check.profiles.zero_vectors),
            number(check.detections.duplicates + check.profiles.duplicates)
        ),
        has(AlarmKind::ZeroVectors) || has(AlarmKind::Duplicates),
    );
    if let Some(strangers) = check.strangers {
        tell(
            "Random pairs",
            format!("{} over {}", spread(strangers), counted(strangers.pairs, "pair", "pairs")),
            false,
        );
    }
    if let Some(founders) = check.founders {
        tell(
            "Own detection",
            format!("deer score {:.3} (median) with the detection they were made of", founders.median),
            has(AlarmKind::FoundersFar),
        );
    }
    if let Some(mates) = check.burst_mates {
        let words = format!(
            "{} within bursts, {} between; a mate is more alike in {} of the pairs",
            spread(mates.mates),
            spread(mates.strangers),
            percent(mates.area)
        );
        tell("Bursts", words, has(AlarmKind::BurstMatesNotAlike));
    }
    let founding = study.founding();
    if founding > 0 {
        let words = counted(founding, "detection is of a burst", "detections are of bursts");
        let words = format!(
            "{words} that deer were made of: compared with other deer only, so no threshold is judged by them"
        );
        tell("Founders' bursts", words, false);
    }
    if counts.founders_unknown > 0 {
        let deer = counted(counts.founders_unknown, "deer", "deer");
        let words = format!(
            "not known for {deer}: the detections these were made of score near 1 and count as assigned"
        );
        tell("Founders", words, true);
    }
    if counts.bursts_inferred > 0 {
        tell(
            "Bursts inferred",
            format!(
                "for {}, from place and time (60 s)",
                counted(counts.bursts_inferred, "detection", "detections")
            ),
            false,
        );
    }
    if counts.assigned_to_no_profile > 0 {
        tell(
            "Without profile",
            format!(
                "{} assigned today to a deer without a vector",
                counted(counts.assigned_to_no_profile, "detection is", "detections are")
            ),
            true,
        );
    }
    lines
}
