//! The main findings in plain words.
//!
//! Careful by design: the unit stands beside each number, shares need enough records, ties are named as ties, and
//! nothing is said about causes or about how many animals there are. Data caveats are in `notes`.

use super::period::Period;
use super::report::{AltTexts, Counts, Report};
use super::wording::{counted, decimal, list, number, part, percent};

/// The one sentence that a status line or a notification shows.
pub(super) fn headline(report: &Report) -> String {
    let total = counted(report.total.detections, "detection", "detections");
    let range = format!("{total}, {}", report.span);
    match busiest(report) {
        Some(Busiest::One(name, most)) => format!("{range}; most in {name}: {}.", number(most)),
        _ => format!("{range}."),
    }
}

/// A few sentences, the most important first.
pub(super) fn paragraph(report: &Report) -> Vec<String> {
    [
        Some(recorded(report)),
        busiest(report).map(|busiest| busiest.sentence(report)),
        Some(by_class(report)),
        rate(report),
        places(report),
        hours(report),
        Some(individuals(&report.total)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a screen reader says instead of the charts.
pub(super) fn alt_texts(report: &Report) -> AltTexts {
    let classes: Vec<String> = report.classes.iter().map(|class| class.label.to_lowercase()).collect();
    let classes = list(&classes);
    let mut periods = format!("Stacked bar chart of detections by {} and class ({classes}).", report.unit);
    if let Some(busiest) = busiest(report) {
        periods = format!("{periods} {}", busiest.sentence(report));
    }
    let mut hours_text =
        format!("Stacked bar chart of detections by local hour of day and class ({classes}).");
    if let Some(sentence) = hours(report) {
        hours_text = format!("{hours_text} {sentence}");
    }
    AltTexts { periods, hours: hours_text }
}

fn recorded(report: &Report) -> String {
    let total = &report.total;
    let detections = counted(total.detections, "detection", "detections");
    let images = counted(total.images, "image", "images");
    match report.place_facts.seen {
        0 => format!("The cameras recorded {detections} in {images}."),
        seen => {
            format!("The cameras recorded {detections} in {images} at {}.", counted(seen, "place", "places"))
        }
    }
}

/// The period or periods with the most detections.
enum Busiest {
    One(String, u64),
    Two([String; 2], u64),
    Many(usize, u64),
}

fn busiest(report: &Report) -> Option<Busiest> {
    if report.periods.len() < 2 {
        return None;
    }
    let most = report.periods.iter().map(|row| row.counts.detections).max()?;
    let busiest = report.periods.iter().filter(|row| row.counts.detections == most);
    let names: Vec<String> = busiest.map(|row| named(&row.period)).collect();
    Some(match &names[..] {
        [one] => Busiest::One(one.clone(), most),
        [one, two] => Busiest::Two([one.clone(), two.clone()], most),
        many => Busiest::Many(many.len(), most),
    })
}

/// A week's number tells few people when it was.
fn named(period: &Period) -> String {
    match &period.days {
        Some(days) => format!("{} ({days})", period.name),
        None => period.name.clone(),
    }
}

impl Busiest {
    fn sentence(&self, report: &Report) -> String {
        let unit = report.unit;
        match self {
            Self::One(name, most) => {
                let share = percent(*most, report.total.detections)
                    .map_or_else(String::new, |share| format!(", {share} of all"));
                let most = counted(*most, "detection", "detections");
                format!("The busiest {unit} was {name} with {most}{share}.")
            }
            Self::Two([one, two], most) => {
                let most = counted(*most, "detection", "detections");
                format!("The busiest {unit}s were {one} and {two} with {most} each.")
            }
            Self::Many(count, most) => {
                let most = counted(*most, "detection", "detections");
                format!("{} {unit}s share the highest count, {most} each.", number(*count as u64))
            }
        }
    }
}

fn by_class(report: &Report) -> String {
    let shares: Vec<String> = report
        .classes
        .iter()
        .zip(&report.total.by_class)
        .map(|(class, &count)| {
            let part = part(count, report.total.detections);
            format!("{} {part}", class.label.to_lowercase())
        })
        .collect();
    format!("By detections: {}.", list(&shares))
}

fn rate(report: &Report) -> Option<String> {
    let (nights, rate) = (report.total.trap_nights?, report.total.rate?);
    let effort = if nights < 100.0 { decimal(nights) } else { decimal(nights.round()).replace(".0", "") };
    Some(format!(
        "Effort was {effort} trap nights, which gives {} detections per 100 trap nights.",
        decimal(rate)
    ))
}

fn places(report: &Report) -> Option<String> {
    let mut sentences = Vec::new();
    if let [first, second, ..] = &report.places[..]
        && first.is_place
        && first.counts.detections > second.counts.detections
    {
        let part = part(first.counts.detections, report.total.detections);
        sentences.push(format!("The place with the most detections was {}: {part}.", first.name));
    }
    match report.place_facts.empty {
        0 => {}
        empty => {
            let places = counted(empty, "place", "places");
            sentences.push(format!("At {places} with a camera no deer was detected."));
        }
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// The hour with the most detections and the share by night, both by the clock.
fn hours(report: &Report) -> Option<String> {
    let hours: Vec<u64> = report.hours.iter().map(|classes| classes.iter().sum()).collect();
    let most = *hours.iter().max()?;
    let mut peaks = hours.iter().enumerate().filter(|(_, count)| **count == most).map(|(hour, _)| hour);
    let night: u64 =
        hours.iter().enumerate().filter(|(hour, _)| !(6..18).contains(hour)).map(|(_, n)| n).sum();
    let night = percent(night, report.total.detections)?;
    let night = format!("{night} of detections fell between 18:00 and 06:00");
    match (peaks.next(), peaks.next()) {
        (Some(peak), None) => Some(format!(
            "The hour with the most detections was {peak:02}:00 to {:02}:00 local time ({}); {night}.",
            peak + 1,
            number(most)
        )),
        _ => Some(format!("By local time, {night}.")),
    }
}

fn individuals(total: &Counts) -> String {
    match total.individuals {
        0 => "No detection is assigned to a known individual.".into(),
        some => format!("{} identified.", counted(some, "known individual was", "known individuals were")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::{Case, detection};
    use super::super::compute::Rows;

    fn rows(detections: Vec<crate::catalog::Detection>) -> Rows {
        Rows { detections, ..Rows::default() }
    }

    #[test]
    fn one_detection_is_told_in_the_singular_and_without_percentages() {
        let rows = rows(vec![detection("d", "2020-05-03T04:10:00Z", "buck")]);
        let report = Case::new("2020-01-01", "2020-12-31", "month").report(&rows).unwrap();
        assert_eq!(report.headline, "1 detection, 1 January – 31 December 2020; most in May 2020: 1.");
        let text = report.findings.join(" ");
        assert!(text.starts_with(
            "The cameras recorded 1 detection in 1 image at 1 place. The busiest month was May 2020 with 1 \
             detection. By detections: bucks 1 of 1, does 0 of 1, fawns 0 of 1 and unclassified 0 of 1."
        ), "{text}");
        assert!(text.ends_with("No detection is assigned to a known individual."), "{text}");
        assert!(!text.contains('%'), "{text}");
    }

    #[test]
    fn ties_are_named_as_ties() {
        let at = |n: usize| {
            let days = ["2020-01-05", "2020-02-05", "2020-03-05"];
            rows(days[..n].iter().map(|day| detection(day, &format!("{day}T12:00:00Z"), "doe")).collect())
        };
        let said = |n| {
            let report = Case::new("2020-01-01", "2020-04-30", "month").report(&at(n)).unwrap();
            (report.headline, report.findings[1].clone())
        };
        assert_eq!(
            said(2),
            (
                "2 detections, 1 January – 30 April 2020.".into(),
                "The busiest months were January 2020 and February 2020 with 1 detection each.".into()
            )
        );
        assert_eq!(said(3).1, "3 months share the highest count, 1 detection each.");
    }

    #[test]
    fn hours_are_told_by_the_local_clock() {
        let night = (0..15).map(|i| detection(&format!("n{i}"), "2020-07-01T21:30:00Z", "buck"));
        let day = (0..5).map(|i| detection(&format!("d{i}"), "2020-07-01T10:00:00Z", "buck"));
        let report =
            Case::new("2020-07-01", "2020-07-31", "week").report(&rows(night.chain(day).collect())).unwrap();
        let text = report.findings.join(" ");
        assert!(
            text.contains("23:00 to 24:00 local time (15); 75% of detections fell between 18:00 and 06:00."),
            "{text}"
        );
    }
}
