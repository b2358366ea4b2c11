//! Data notes: what a reader must know before trusting the numbers.

use deertrack_schemas::Class;

use super::compute::{Asked, Rows};
use super::report::Report;
use super::wording::{counted, list, number, part};
use crate::catalog::Deployment;

/// All notes that apply, in reading order.
pub(super) fn all(report: &Report, rows: &Rows, asked: &Asked<'_>) -> Vec<String> {
    [
        Some(what_is_counted()),
        Some(distinct(report)),
        left_out_classes(report),
        unclassified(report),
        groups(rows),
        Some(effort(report, rows)),
        open_deployments(&rows.deployments),
        Some(local_time(asked)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn what_is_counted() -> String {
    "Counts are detections, not animals: one animal can be detected many times, in one image or in many."
        .into()
}

fn distinct(report: &Report) -> String {
    format!(
        "Images and individuals are distinct in each row and in the sum row, so the sum row is not the sum of \
         the rows above it: an individual seen in two {}s counts once. An event record without images counts as \
         one image.",
        report.unit
    )
}

fn left_out_classes(report: &Report) -> Option<String> {
    if report.classes.len() == Class::ALL.len() {
        return None;
    }
    let asked: Vec<String> = report.classes.iter().map(|class| class.label.to_lowercase()).collect();
    Some(format!("Only {} were asked for; other detections are left out everywhere.", list(&asked)))
}

fn unclassified(report: &Report) -> Option<String> {
    let column = report.classes.iter().position(|class| class.key == Class::Unknown.name())?;
    let count = *report.total.by_class.get(column)?;
    if count == 0 {
        return Some("All detections have a class.".into());
    }
    let part = part(count, report.total.detections);
    Some(format!("Detections without a class: {part}. They count in totals and not as bucks, does or fawns."))
}

/// Rows of packages without boxes may stand for a group of animals.
fn groups(rows: &Rows) -> Option<String> {
    let groups = rows.detections.iter().filter(|detection| detection.count > 1).count() as u64;
    let animals: u64 = rows.detections.iter().map(|detection| u64::from(detection.count)).sum();
    let stand = match groups {
        0 => return None,
        1 => "1 detection stands for more than one animal".to_owned(),
        _ => format!("{} detections stand for more than one animal each", number(groups)),
    };
    Some(format!(
        "{stand}. Every table counts such a detection once; counted by animals the total is {}.",
        number(animals)
    ))
}

fn effort(report: &Report, rows: &Rows) -> String {
    if report.total.trap_nights.is_none() {
        return "No camera deployment is known in this range, so there are no trap nights and no rates."
            .into();
    }
    let deployments = counted(rows.deployments.len() as u64, "deployment", "deployments");
    let known = format!(
        "A trap night is 24 hours of one camera deployment inside the range ({deployments}). Rates are detections \
         per 100 trap nights; none is given below one trap night."
    );
    match report.place_facts.outside_effort {
        0 => known,
        outside => {
            let left_out = counted(outside, "detection", "detections");
            format!("{known} Rates leave out {left_out} from places without a known deployment.")
        }
    }
}

fn open_deployments(deployments: &[Deployment]) -> Option<String> {
    let open = deployments.iter().filter(|deployment| deployment.end.is_none()).count() as u64;
    let still = counted(open, "deployment has", "deployments have");
    (open > 0).then(|| format!("{still} no end and count up to the end of the range or this report's date."))
}

fn local_time(asked: &Asked<'_>) -> String {
    format!("Days and hours are local time ({}). The first and the last day are included.", asked.zone)
}
