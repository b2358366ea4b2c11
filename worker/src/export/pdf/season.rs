//! Rows in, seasonal report out. Pure: no clock, no database, no drawing. Each part is computed in the file of its name;
//! this one puts them together.

use deertrack_schemas::pdf::GroupBy;
use deertrack_survey::calendar::Calendar;

use super::asked::Asked;
use super::found::Found;
use super::period::Periods;
use super::report::{Frame, Report, paper_name};
use super::sky::{Sky, light_rows};
use super::survey::Survey;
use super::told::not_told_apart;
use super::wording::{self, class_name};
use super::{activity, bucks, counts, definitions, findings, lead, map, rates, ratios, rut, status, strip};
use crate::export::species_words;
use crate::export::team::side_by_side;

/// Computes the report. `None` when nothing was detected.
pub(super) fn report(found: &Found, asked: &Asked<'_>) -> Option<Report> {
    let calendar = Calendar::of(&found.places, asked.zone);
    let survey = Survey::new(&found.now, asked, asked.span(), &calendar, found.told);
    if survey.is_empty() {
        return None;
    }
    let earlier = asked.earlier().into_iter().zip(&found.earlier).next();
    let (before_span, before_rows) = earlier?;
    let before = Survey::new(before_rows, asked, before_span, &calendar, found.told);
    let params = asked.params;
    let sky = Sky::new(&found.places);
    let periods = Periods::new(params.start_date..=params.end_date, params.group_by);
    let places = counts::by_place(&survey, &found.places);
    let rates = rates::rows(&survey, &before);
    let words = || (frame(&survey, found, asked), light_rows(&survey, &sky));
    let ((frame, light), activity) = side_by_side(words, || activity::part(&survey, &sky));
    let mut report = Report {
        frame,
        headline: String::new(),
        lead: Vec::new(),
        findings: Vec::new(),
        figures: Vec::new(),
        classes: survey.classes.iter().copied().map(class_name).collect(),
        unit: unit(params.group_by),
        axis: periods.axis(),
        periods: counts::by_period(&survey, &periods),
        total: counts::total(&survey),
        strip: strip::strip(&survey, &found.places),
        before: wording::span(before_span.first, before_span.last, wording::Year::Always),
        rates_remark: rates::remark(
            &rates,
            &survey,
            &before,
            &wording::long_span(before_span.first, before_span.last),
        ),
        rates,
        ratios: ratios::rows(&survey),
        ratios_remark: ratios::remark(&survey),
        untold_classes: survey.untold.iter().map(|class| class_name(*class).label).collect(),
        untold: not_told_apart(&survey.untold),
        activity,
        light_alt: findings::light_alt(&light),
        light,
        rut: rut::rut(&survey, asked, &found.places, &sky),
        bucks: bucks::bucks(&survey, &found.individuals, &found.places, &sky),
        map: if params.include_map { map::map(&places, &found.places, params) } else { None },
        places,
        periods_alt: String::new(),
    };
    report.headline = lead::headline(&report, &survey);
    if params.include_insights {
        report.lead = lead::sentences(&report, &survey);
        report.findings = findings::paragraph(&report);
    }
    report.figures = lead::figures(&report);
    report.periods_alt = findings::periods_alt(&report);
    if !params.include_individuals {
        report.bucks = None;
    }
    Some(report)
}

fn frame(survey: &Survey<'_>, found: &Found, asked: &Asked<'_>) -> Frame {
    let params = asked.params;
    let usual = || format!("Deer activity, {}", wording::in_words(params.start_date, params.end_date));
    Frame {
        title: wording::title(params.title.as_deref(), usual),
        report_type: "Seasonal activity report",
        span: wording::long_span(params.start_date, params.end_date),
        dataset: found.dataset.clone(),
        species: species_words::words(&survey.facts.species),
        paper: paper_name(params.paper),
        generated: wording::generated(asked.created_at, asked.zone),
        sections: params.into(),
        definitions: definitions::of_a_season(survey, asked),
        status: status::rows(survey, found),
    }
}

fn unit(group_by: GroupBy) -> &'static str {
    match group_by {
        GroupBy::Day => "day",
        GroupBy::Week => "week",
        GroupBy::Month => "month",
    }
}
