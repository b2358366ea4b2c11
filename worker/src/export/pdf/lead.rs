//! The first lines of a seasonal report: the large numbers, and the two or three sentences that everything else explains.
//!
//! About bucks, if they were asked for; else about all classes. Each number has its unit and its interval.

use deertrack_schemas::Class;
use deertrack_schemas::pdf::GroupBy;
use deertrack_survey::calendar::{Period, days, periods};
use deertrack_survey::peak::{FEWEST_EVENTS, stands_out};
use deertrack_survey::rates::{Exposure, Exposures};
use deertrack_survey::visits::Visit;

use super::rates::{self, RateRow};
use super::ratios::RatioCell;
use super::report::{Figure, Report};
use super::survey::{Survey, when};
use super::wording::{self, counted, fixed, list, number};

/// A week with less of the usual effort than this is not called the peak.
const LEAST_PART_OF_EFFORT: f64 = 0.5;

/// Two or three sentences, fewer where nothing is known to say.
pub(super) fn sentences(report: &Report, survey: &Survey<'_>) -> Vec<String> {
    let row = told(report);
    [
        peak(survey, row.class, adjective(row)),
        rate(report, row, survey),
        by_visit(report),
        known_bucks(report),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a status line or a notification shows: how much there is, when it peaked, the rate now and before.
pub(super) fn headline(report: &Report, survey: &Survey<'_>) -> String {
    let row = told(report);
    let total = counted(report.total.detections, "detection", "detections");
    let said = [
        Some(format!("{total}, {}.", report.frame.span)),
        peak(survey, row.class, adjective(row)),
        rate(report, row, survey),
    ];
    said.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The large numbers on top.
pub(super) fn figures(report: &Report) -> Vec<Figure> {
    let row = told(report);
    let visits = report.total.visits_by_class.iter().zip(&report.classes);
    let of_row: u64 = match row.class {
        Some(class) => visits.filter(|(_, name)| name.key == class.name()).map(|(visits, _)| *visits).sum(),
        None => report.total.visits,
    };
    let plain = |value: String, name: &str| Figure { value, name: name.to_owned(), range: None };
    let mut figures = Vec::new();
    if let Some(now) = &row.now
        && let Some(value) = now.value
    {
        figures.push(Figure {
            value: fixed(value, 1),
            name: format!("{} visits per 100 trap nights", adjective(row)),
            range: Some(now.range(1)),
        });
    }
    figures.push(plain(number(of_row), &format!("{} {}", adjective(row), plural(of_row, "visit"))));
    if let Some(cell) = ratio_by_visit(report)
        && let Some(value) = cell.estimate.value
    {
        figures.push(Figure {
            value: fixed(value, 2),
            name: "bucks per doe, by visit".to_owned(),
            range: Some(cell.estimate.range(2)),
        });
    }
    if let Some(bucks) = &report.bucks {
        figures.push(plain(number(bucks.count()), &format!("known {}", plural(bucks.count(), "buck"))));
    }
    if let Some(nights) = report.total.trap_nights {
        figures.push(plain(number(nights.round() as u64), "trap nights"));
    }
    figures.push(plain(number(report.total.detections), &plural(report.total.detections, "detection")));
    figures
}

/// The row that the lead is about: bucks, else the only class, else all.
fn told(report: &Report) -> &RateRow {
    let bucks = report.rates.iter().find(|row| row.class == Some(Class::Buck));
    bucks.or(report.rates.last()).expect("at least one class is asked for")
}

fn adjective(row: &RateRow) -> &'static str {
    match row.class {
        Some(Class::Buck) => "buck",
        Some(Class::Doe) => "doe",
        Some(Class::Fawn) => "fawn",
        Some(Class::Unknown) => "unclassified",
        None => "deer",
    }
}

fn plural(count: u64, one: &str) -> String {
    if count == 1 { one.to_owned() } else { format!("{one}s") }
}

/// A whole week with its visits.
struct Week {
    period: Period,
    seen: Exposure,
}

/// The week with the most visits for its effort, if it stands out; by number of visits where no effort is known. Few
/// visits are told as what they are.
fn peak(survey: &Survey<'_>, class: Option<Class>, adjective: &str) -> Option<String> {
    let visits: Vec<&Visit> =
        survey.visits.iter().filter(|visit| class.is_none_or(|class| visit.class == class)).collect();
    match &visits[..] {
        [] => return Some(format!("There was no {adjective} visit.")),
        [one] => {
            let day = survey.calendar.day(one.place_id.as_deref(), one.start);
            let day = wording::span(day, day, wording::Year::Always);
            return Some(format!("There was 1 {adjective} visit, on {day}."));
        }
        few if (few.len() as u64) < FEWEST_EVENTS => {
            return Some(format!("There were {} {adjective} visits, too few to name a peak.", few.len()));
        }
        _ => {}
    }
    let mut weeks: Vec<Week> = periods(survey.span.first, survey.span.last, GroupBy::Week)
        .into_iter()
        .filter(|week| (week.last - week.first).num_days() == 6)
        .map(|week| of_week(survey, week, class))
        .collect();
    if weeks.len() < 2 {
        return None;
    }
    if survey.has_effort() {
        let usual = median(weeks.iter().map(|week| week.seen.nights).collect());
        weeks.retain(|week| week.seen.nights > 0.0 && week.seen.nights >= LEAST_PART_OF_EFFORT * usual);
    }
    named_peak(&weeks, survey.has_effort(), adjective)
}

fn named_peak(weeks: &[Week], has_effort: bool, adjective: &str) -> Option<String> {
    let height = |week: &Week| week.seen.events as f64 / week.seen.nights;
    let has_enough = |week: &&Week| week.seen.events >= FEWEST_EVENTS;
    // A week of few cameras may have the highest rate and yet too few visits; the peak is looked for among the others.
    let some_have = weeks.iter().any(|week| has_enough(&week));
    let candidates: Vec<&Week> = weeks.iter().filter(|week| has_enough(week) || !some_have).collect();
    let highest = candidates.iter().map(|week| height(week)).fold(0.0, f64::max);
    let peaks: Vec<&Week> =
        candidates.into_iter().filter(|week| highest > 0.0 && height(week) >= highest).collect();
    let [first, others @ ..] = &peaks[..] else { return None };
    let all = weeks.iter().fold(Exposure::default(), |all, week| Exposure {
        events: all.events + week.seen.events,
        nights: all.nights + week.seen.nights,
    });
    if all.events < FEWEST_EVENTS {
        let visits = counted(all.events, &format!("{adjective} visit"), &format!("{adjective} visits"));
        return Some(format!("The whole weeks had {visits}, too few to name a peak."));
    }
    let when = wording::span(first.period.first, first.period.last, wording::Year::Always);
    let visits = counted(first.seen.events, "visit", "visits");
    if !stands_out(first.seen, all, weeks.len()) {
        let alike = match others.len() {
            0 => String::new(),
            more => format!(" (and {} as high)", counted(more as u64, "other week", "other weeks")),
        };
        return Some(format!(
            "No week stands out for its {adjective} visits: the highest, {when}{alike}, had {} of the {} of all whole weeks.",
            number(first.seen.events),
            number(all.events)
        ));
    }
    let much = if has_effort {
        format!("{} per 100 trap nights ({visits})", fixed(100.0 * highest, 1))
    } else {
        visits
    };
    let too = match others.len() {
        0 => String::new(),
        more => format!(", as {} did", counted(more as u64, "other week", "other weeks")),
    };
    Some(format!("{} visits peaked in the week of {when} with {much}{too}.", capital(adjective)))
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

fn of_week(survey: &Survey<'_>, week: Period, class: Option<Class>) -> Week {
    let effort = survey.effort.within(|place| days(week.first, week.last, survey.calendar.zone(Some(place))));
    let is_then = |visit: &&Visit| {
        class.is_none_or(|class| visit.class == class)
            && week.contains(survey.calendar.day(visit.place_id.as_deref(), visit.start))
    };
    let chosen: Vec<&Visit> = survey.visits.iter().filter(is_then).collect();
    let exposures = Exposures::new(&effort, survey.calendar, chosen.iter().copied().map(when));
    let seen = if survey.has_effort() {
        Exposure {
            events: exposures.places.values().map(|place| place.events).sum(),
            nights: effort.nights(),
        }
    } else {
        // All weeks are alike where nothing is known of the cameras.
        Exposure { events: chosen.len() as u64, nights: 1.0 }
    };
    Week { period: week, seen }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn rate(report: &Report, row: &RateRow, survey: &Survey<'_>) -> Option<String> {
    if !survey.has_effort() {
        return Some("There are no trap nights on these days, so there is no rate.".to_owned());
    }
    let now = row.now.as_ref()?.said(1)?;
    let whose = adjective(row);
    let change = rates::change(row, &report.before);
    Some(format!("Over all these days there were {now} {whose} visits per 100 trap nights. {change}"))
}

fn ratio_by_visit(report: &Report) -> Option<&RatioCell> {
    report
        .ratios
        .iter()
        .find(|row| row.name == "Bucks per doe")?
        .cells
        .iter()
        .find(|cell| cell.unit == "by visit")
}

/// The ratios by visit; those by image and by individual stand in their table.
fn by_visit(report: &Report) -> Option<String> {
    let said: Vec<String> = report
        .ratios
        .iter()
        .filter_map(|row| {
            let cell = row.cells.iter().find(|cell| cell.unit == "by visit")?;
            let (what, _) = row.name.split_once(' ')?;
            Some(format!("{} {} per doe", cell.estimate.said(2)?, what.to_lowercase()))
        })
        .collect();
    (!said.is_empty()).then(|| format!("By visits there were {}.", list(&said)))
}

fn known_bucks(report: &Report) -> Option<String> {
    let known = report.bucks.as_ref()?.count();
    Some(format!("{} seen.", counted(known, "known buck was", "known bucks were")))
}
