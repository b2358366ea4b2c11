//! The main findings in plain words, and the texts for screen readers.
//!
//! Careful by design: the unit stands beside each number, shares need enough records, ties are named as ties, and
//! nothing is said about causes or about how many animals there are. The first sentences are in `lead`, the state of the
//! data in `status`.

use super::period::Period;
use super::report::Report;
use super::sky::LightRow;
use super::wording::{counted, list, part, percent};

/// A few sentences, the most important first. The peak is not among them: the lead names it, corrected for effort.
pub(super) fn paragraph(report: &Report) -> Vec<String> {
    [Some(recorded(report)), by_class(report), report.untold.clone(), places(report), light(report)]
        .into_iter()
        .flatten()
        .collect()
}

/// What a screen reader says instead of the chart of periods.
pub(super) fn periods_alt(report: &Report) -> String {
    let classes: Vec<String> = report.classes.iter().map(|class| class.label.to_lowercase()).collect();
    let chart = format!("Stacked bar chart of visits by {} and class ({}).", report.unit, list(&classes));
    let most = report.periods.iter().map(|row| row.counts.visits).max().unwrap_or_default();
    let mut highest = report.periods.iter().filter(|row| row.counts.visits == most);
    match (highest.next(), highest.next()) {
        (Some(row), None) => {
            format!(
                "{chart} The highest bar is {} with {}.",
                named(&row.period),
                counted(most, "visit", "visits")
            )
        }
        _ => chart,
    }
}

/// What a screen reader says instead of the bars of daylight.
pub(super) fn light_alt(rows: &[LightRow]) -> String {
    let said: Vec<String> = rows
        .iter()
        .map(|row| {
            let all = row.day + row.twilight + row.night;
            let [day, twilight, night] = [row.day, row.twilight, row.night].map(|count| part(count, all));
            format!("{}: {day} by day, {twilight} in twilight, {night} by night", row.label)
        })
        .collect();
    format!("Bars of visits by light. {}.", said.join("; "))
}

fn recorded(report: &Report) -> String {
    let total = &report.total;
    let visits = counted(total.visits, "visit", "visits");
    let detections = counted(total.detections, "detection", "detections");
    let images = counted(total.images, "image", "images");
    let seen = report.places.iter().filter(|row| row.number.is_some() && row.counts.detections > 0).count();
    let place = match seen as u64 {
        0 => String::new(),
        seen => format!(" at {}", counted(seen, "place", "places")),
    };
    format!("The cameras recorded {visits}: {detections} in {images}{place}.")
}

/// A week's number tells few people when it was.
fn named(period: &Period) -> String {
    match &period.days {
        Some(days) => format!("{} ({days})", period.name),
        None => period.name.clone(),
    }
}

fn by_class(report: &Report) -> Option<String> {
    if report.classes.len() < 2 {
        return None;
    }
    let shares: Vec<String> = report
        .classes
        .iter()
        .zip(&report.total.visits_by_class)
        .map(|(class, &count)| format!("{} {}", class.label.to_lowercase(), part(count, report.total.visits)))
        .collect();
    Some(format!("By visits: {}.", list(&shares)))
}

fn places(report: &Report) -> Option<String> {
    let mut sentences = Vec::new();
    if let [first, second, ..] = &report.places[..]
        && first.number.is_some()
        && first.counts.visits > second.counts.visits
    {
        let part = part(first.counts.visits, report.total.visits);
        sentences.push(format!("The place with the most visits was {}: {part}.", first.name));
    }
    let empty = report.places.iter().filter(|row| row.number.is_some() && row.counts.detections == 0);
    match empty.count() as u64 {
        0 => {}
        empty => {
            let places = counted(empty, "place", "places");
            sentences.push(format!("At {places} with a camera no deer was detected."));
        }
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// The shares of visits by day, for classes with enough of them.
fn light(report: &Report) -> Option<String> {
    let shares: Vec<String> = report
        .light
        .iter()
        .filter(|row| row.key != "unknown")
        .filter_map(|row| {
            let share = percent(row.day, row.day + row.twilight + row.night)?;
            Some(format!("{} {share}", row.label.to_lowercase()))
        })
        .collect();
    (!shares.is_empty()).then(|| format!("Visits by daylight: {}.", list(&shares)))
}
