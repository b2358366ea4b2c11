//! The state of the data: what a reader must know before trusting the numbers.

use deertrack_survey::Place;
use deertrack_survey::clock::{
    CameraTimes, Cause, FEWEST_DAYS, FEWEST_OTHERS, FEWEST_VISITS, Finding, Verdict, audit,
};
use deertrack_survey::effort::Source;
use serde::Serialize;

use super::corrected;
use super::facts::Facts;
use super::found::Found;
use super::sky::Sky;
use super::survey::Survey;
use super::told::not_told_apart;
use super::wording::{counted, decimal, list, number, off_by, part};
use crate::export::passages;

/// One line: what was looked at, what was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct StatusRow {
    pub(super) what: &'static str,
    pub(super) found: String,
    /// Worth a look before the numbers are used.
    pub(super) doubt: bool,
}

fn row(what: &'static str, found: String) -> StatusRow {
    StatusRow { what, found, doubt: false }
}

/// A line that is worth a look.
pub(super) fn doubt(what: &'static str, found: String) -> StatusRow {
    StatusRow { what, found, doubt: true }
}

/// All lines that apply, in the order of reading.
pub(super) fn rows(survey: &Survey<'_>, found: &Found) -> Vec<StatusRow> {
    let facts = survey.facts;
    [
        Some(left_out(facts)),
        Some(reviewed(facts, survey.tally.records + facts.overlapping)),
        unclassified(survey),
        wrong_boxes(facts),
        not_told_apart(&survey.untold).map(|found| row("Not told apart", found)),
        individuals(survey, found),
        Some(effort(survey)),
        outside_effort(survey),
        without_place(facts),
        without_coordinates(survey, found),
        corrected::told(&found.corrections, facts).map(|found| row("Corrected", found)),
        open_deployments(facts),
        future_deployments(facts),
        wrong_clocks(facts),
        Some(images(facts)),
        groups(survey),
        Some(clocks(survey, found)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a reader must know of an earlier period, in one line: a rate is only compared to one as good.
pub(super) fn of_earlier(label: &str, survey: &Survey<'_>) -> StatusRow {
    let facts = survey.facts;
    let all = survey.tally.records + facts.overlapping;
    let unreviewed = all.saturating_sub(facts.reviewed);
    let outside = if survey.has_effort() { survey.exposures(None).without_effort } else { 0 };
    let found = format!(
        "{label}: {} not reviewed; {} rejected, {} and {} left out{}; {} outside of effort.",
        part(unreviewed, all),
        counted(facts.rejected, "detection", "detections"),
        counted(facts.duplicates, "duplicate", "duplicates"),
        counted(facts.overlapping, "second box", "second boxes"),
        after(&facts.no_deer),
        counted(outside, "visit", "visits"),
    );
    StatusRow { what: "Earlier period", found, doubt: 2 * unreviewed > all || outside > 0 }
}

fn left_out(facts: &Facts) -> StatusRow {
    if facts.rejected + facts.duplicates + facts.overlapping == 0 && facts.no_deer.is_empty() {
        return row(
            "Left out",
            "Nothing: no rejected detections, no duplicates, no second boxes of one animal.".into(),
        );
    }
    let duplicates = counted(facts.duplicates, "duplicate", "duplicates");
    let overlapping = counted(facts.overlapping, "second box", "second boxes");
    let rejected = counted(facts.rejected, "detection", "detections");
    row(
        "Left out",
        format!(
            "{rejected} that a person rejected, {duplicates}, {overlapping} of an animal counted already{}.",
            after(&facts.no_deer)
        ),
    )
}

/// Further parts of a list.
fn after(parts: &[String]) -> String {
    parts.iter().map(|part| format!(", {part}")).collect()
}

fn wrong_boxes(facts: &Facts) -> Option<StatusRow> {
    let boxes = counted(facts.wrong_boxes, "detection has a box that is", "detections have boxes that are");
    (facts.wrong_boxes > 0).then(|| {
        doubt("Boxes", format!("{boxes} no part of the photograph; they count and cannot be cut out."))
    })
}

fn reviewed(facts: &Facts, all: u64) -> StatusRow {
    let unreviewed = all.saturating_sub(facts.reviewed);
    if facts.reviewed == 0 && all > 0 {
        let none = format!(
            "None of {} tells that a person has looked at its class.",
            counted(all, "detection", "detections")
        );
        return doubt("Not reviewed", none);
    }
    let have = if unreviewed == 1 { "has" } else { "have" };
    let found =
        format!("{} {have} a class that no person has confirmed or corrected.", part(unreviewed, all));
    if 2 * unreviewed > all { doubt("Not reviewed", found) } else { row("Not reviewed", found) }
}

fn unclassified(survey: &Survey<'_>) -> Option<StatusRow> {
    let column = deertrack_schemas::Class::Unknown;
    if !survey.classes.contains(&column) {
        return None;
    }
    let count = survey.records_of(column);
    let found = match count {
        0 => "None of the detections that count.".to_owned(),
        _ => {
            let part = part(count, survey.tally.records);
            format!("{part} detections; they count in totals, not as bucks, does or fawns.")
        }
    };
    Some(row("Without a class", found))
}

fn effort(survey: &Survey<'_>) -> StatusRow {
    let cameras = &survey.effort.cameras;
    let inferred = cameras.iter().filter(|camera| camera.source == Source::Inferred).count() as u64;
    let nights = decimal(survey.effort.nights());
    if !survey.has_effort() {
        let known = match (survey.facts.deployments, survey.facts.wrong_clocks.len()) {
            (0, 0) if survey.facts.without_place > 0 => {
                "no deployment is known on these days, and images that tell no place prove none".to_owned()
            }
            (0, 0) => {
                "no deployment is known on these days, and no images prove that a camera worked".to_owned()
            }
            (0, _) => "the times of the deployments that are known cannot be true".to_owned(),
            (some, _) => format!(
                "{} known, but without any time that had passed on these days",
                counted(some, "deployment is", "deployments are")
            ),
        };
        return doubt(
            "Effort",
            format!("There are no trap nights: {known}. There are no rates; visits are counted."),
        );
    }
    let cameras = counted(cameras.len() as u64, "camera", "cameras");
    let deployments = counted(survey.facts.deployments, "deployment", "deployments");
    match inferred {
        0 => row("Effort", format!("{nights} trap nights of {cameras}, told by {deployments}.")),
        _ => doubt(
            "Effort",
            format!(
                "{nights} trap nights of {cameras}; {} inferred from images, silences over 24 hours left out. \
                 Inferred effort is too short, so its rates are too high.",
                counted(inferred, "of them is", "of them are")
            ),
        ),
    }
}

fn without_place(facts: &Facts) -> Option<StatusRow> {
    let tell = counted(facts.without_place, "image tells", "images tell");
    (facts.without_place > 0).then(|| {
        doubt(
            "No place",
            format!("{tell} no place; what they show is counted as of one place, without effort."),
        )
    })
}

fn without_coordinates(survey: &Survey<'_>, found: &Found) -> Option<StatusRow> {
    let sky = Sky::new(&found.places);
    let places = survey.tally.places().into_iter().flatten();
    let without = places.filter(|place| sky.coordinates(Some(*place)).is_none()).count() as u64;
    let have = counted(without, "place has", "places have");
    (without > 0).then(|| row("Coordinates", format!("{have} no coordinates: no map, no sunrise.")))
}

fn outside_effort(survey: &Survey<'_>) -> Option<StatusRow> {
    let outside = survey.exposures(None).without_effort;
    let visits = counted(outside, "visit", "visits");
    (outside > 0 && survey.has_effort()).then(|| {
        doubt(
            "Outside of effort",
            format!(
                "{visits} at places where no camera is known to have stood on that day; rates leave them out."
            ),
        )
    })
}

fn open_deployments(facts: &Facts) -> Option<StatusRow> {
    let still = counted(facts.open, "deployment has", "deployments have");
    (facts.open > 0).then(|| {
        row(
            "Still standing",
            format!("{still} no end and count up to the end of the range or the report's date."),
        )
    })
}

fn future_deployments(facts: &Facts) -> Option<StatusRow> {
    let later = counted(facts.future, "deployment ends or begins", "deployments end or begin");
    (facts.future > 0).then(|| {
        doubt(
            "In the future",
            format!("{later} after the report was asked for; no trap night is counted from then on."),
        )
    })
}

fn wrong_clocks(facts: &Facts) -> Option<StatusRow> {
    const MOST: usize = 6;
    let all = facts.wrong_clocks.len();
    let are = counted(all as u64, "deployment is", "deployments are");
    let mut named: Vec<String> = facts.wrong_clocks.iter().take(MOST).cloned().collect();
    if all > MOST {
        named.push(format!("{} more", all - MOST));
    }
    let whose = if all == 1 { "its" } else { "their" };
    let found = format!("{are} no effort, for {whose} times cannot be true: {}.", list(&named));
    (all > 0).then(|| doubt("Wrong times", found))
}

fn individuals(survey: &Survey<'_>, found: &Found) -> Option<StatusRow> {
    if survey.facts.ids == 0 && found.passages > 0 {
        let told = format!("{}: no known animals are told apart.", passages::words(found.passages));
        return Some(row("Individuals", told));
    }
    let ids = counted(survey.facts.ids, "individual id", "individual ids");
    (!survey.knows_individuals && survey.facts.ids > 0).then(|| {
        row(
            "Individuals",
            format!(
                "{ids}, and in the whole data set none comes again after its first passage: they name passages, not \
                 known animals. So there are no known bucks and no ratios by individual."
            ),
        )
    })
}

fn images(facts: &Facts) -> StatusRow {
    let photographs = facts.images - facts.events.min(facts.images);
    let events = counted(facts.events, "event has", "events have");
    let each = if facts.events == 1 { "it counts" } else { "each counts" };
    let events = format!("{events} no photograph; {each} as one image.");
    if photographs == 0 && facts.events > 0 {
        return row("Images", format!("{events} So it is not known how many photographs show no deer."));
    }
    let all = counted(photographs, "image", "images");
    let blank = part(facts.blank, photographs);
    let events = if facts.events == 0 { String::new() } else { format!(" {events}") };
    match facts.not_looked_at {
        0 => row("Images", format!("{all}; {blank} without a deer.{events}")),
        waiting => doubt(
            "Images",
            format!(
                "{all}; {blank} without a deer. {} still wait to be looked at, or failed: what they show is not known.{events}",
                number(waiting)
            ),
        ),
    }
}

/// Rows of packages without boxes may stand for a group of animals.
fn groups(survey: &Survey<'_>) -> Option<StatusRow> {
    let animals: u64 = survey.tally.total().animals.iter().sum();
    let stand = match survey.facts.groups {
        0 => return None,
        1 => "1 detection stands for more than one animal".to_owned(),
        some => format!("{} detections stand for more than one animal each", number(some)),
    };
    Some(row(
        "Groups",
        format!("{stand}; tables count each once. Counted by animals the total is {}.", number(animals)),
    ))
}

fn clocks(survey: &Survey<'_>, found: &Found) -> StatusRow {
    let sky = Sky::new(&found.places);
    let findings = audit(&cameras(survey, &sky), 0);
    let judged = findings.iter().filter(|finding| finding.verdict != Verdict::TooFew).count() as u64;
    let off: Vec<String> = findings.iter().filter_map(|finding| said(finding, &found.places)).collect();
    if !off.is_empty() {
        return doubt(
            "Camera clocks",
            format!("{} Look at their images before changing a time.", off.join(" ")),
        );
    }
    if judged == 0 {
        return row(
            "Camera clocks",
            format!(
                "Not checked: it takes {FEWEST_VISITS} visits on {FEWEST_DAYS} days at each of {} places with \
                 coordinates.",
                FEWEST_OTHERS + 1
            ),
        );
    }
    let cameras = counted(judged, "place", "places");
    row("Camera clocks", format!("No doubt at the {cameras} with enough visits, against sunrise and sunset."))
}

fn cameras(survey: &Survey<'_>, sky: &Sky<'_>) -> Vec<CameraTimes> {
    let mut times: std::collections::BTreeMap<&str, Vec<_>> = std::collections::BTreeMap::new();
    for visit in survey.visits {
        if let Some(place) = visit.place_id.as_deref() {
            times.entry(place).or_default().push(visit.start);
        }
    }
    let camera = |(place, visits): (&str, Vec<_>)| {
        let coordinates = sky.coordinates(Some(place))?;
        Some(CameraTimes { place_id: place.to_owned(), coordinates, visits })
    };
    times.into_iter().filter_map(camera).collect()
}

fn said(finding: &Finding, places: &[Place]) -> Option<String> {
    let Verdict::Off { shift, or, cause, .. } = finding.verdict else { return None };
    let place = places.iter().find(|place| place.id == finding.place_id);
    let name = place.map_or(finding.place_id.as_str(), |place| place.name.as_str());
    let cause = match cause {
        Cause::HalfDay => "AM and PM exchanged",
        Cause::Zone => "another time zone, or never set",
    };
    let or = or.map(|or| format!(", or {}, for dawn and dusk look alike", off_by(or))).unwrap_or_default();
    Some(format!("{name}: the clock seems {} ({cause}){or}.", off_by(shift)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_clock_that_is_off_is_told_with_both_shifts_that_fit() {
        let or = Some(TimeDelta::hours(-8));
        let verdict =
            |or| Verdict::Off { shift: TimeDelta::hours(4), or, cause: Cause::Zone, agreement: 1.0 };
        let told = |or| {
            let finding = Finding { place_id: "Creek".into(), visits: 90, verdict: verdict(or) };
            said(&finding, &[])
        };
        let alone = "Creek: the clock seems 4.0 hours behind (another time zone, or never set)";
        assert_eq!(told(None), Some(format!("{alone}.")));
        assert_eq!(told(or), Some(format!("{alone}, or 8.0 hours ahead, for dawn and dusk look alike.")));
    }

    #[test]
    fn what_shows_no_deer_and_what_nobody_looked_at_is_told_apart() {
        let facts = Facts {
            rejected: 1,
            no_deer: vec!["71 detections that show no deer (cattle 71)".into()],
            images: 10,
            blank: 2,
            not_looked_at: 3,
            wrong_boxes: 1,
            ..Facts::default()
        };
        assert!(
            left_out(&facts).found.ends_with("counted already, 71 detections that show no deer (cattle 71).")
        );
        let images = images(&facts);
        assert!(
            images.doubt && images.found.contains("3 still wait to be looked at, or failed"),
            "{images:?}"
        );
        assert!(
            wrong_boxes(&facts)
                .is_some_and(|row| row.found.starts_with("1 detection has a box that is no part"))
        );
        assert_eq!(wrong_boxes(&Facts::default()), None);
        let only_cattle =
            Facts { no_deer: vec!["1 detection that shows no deer (cattle 1)".into()], ..Facts::default() };
        assert!(!left_out(&only_cattle).found.starts_with("Nothing"));
    }
}
