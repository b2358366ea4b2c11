//! The compiler is closed, stops in time, repeats its bytes, and takes every character that `printable` lets through.

use std::collections::BTreeSet;

use serde_json::json;
use tokio_util::sync::CancellationToken;
use typst::syntax::{FileId, RootedPath, VirtualPath, VirtualRoot};

use super::*;

fn bounds() -> Bounds {
    Bounds { stop: CancellationToken::new(), limit: Duration::MAX }
}

fn stamp() -> Stamp<'static> {
    Stamp { ident: "job", created_at: "2021-01-03T09:30:00Z".parse().unwrap() }
}

/// The least that the report's template reads, with texts of the caller's.
fn data(title: &str, notes: &[String]) -> Value {
    let counts = json!({
        "visits_by_class": [1], "visits": 1, "detections_by_class": [1], "detections": 1, "images": 1,
        "individuals": 0, "trap_nights": null, "rates": [null], "rate": null,
    });
    let mut data = json!({
        "title": title, "document_title": title, "report_type": "Test", "span": "today", "dataset": title,
        "paper": "a4", "generated": "today", "lead": [title], "findings": [title], "figures": [],
        "classes": [{ "key": "buck", "label": title }], "unit": "day", "periods": [], "places": [],
        "total": counts, "bucks": null, "map": null, "rut": null, "definitions": notes,
        "status": [{ "what": title, "found": title, "doubt": true }],
        "sections": { "charts": false, "tables": false, "insights": true },
    });
    make_printable(&mut data);
    data
}

#[test]
fn the_compiler_sees_nothing_but_its_templates_and_data() {
    let world =
        JobWorld::new(Template::Report, Bytes::from_string("{}"), Vec::new(), Interrupt::new(bounds()));
    let file =
        |path: &str| FileId::new(RootedPath::new(VirtualRoot::Project, VirtualPath::new(path).unwrap()));
    for path in ["/etc/passwd", "/Cargo.toml", "/data.yaml"] {
        assert!(world.source(file(path)).is_err() && world.file(file(path)).is_err(), "{path} was served");
    }
    assert!(world.file(file("/picture/0")).is_err(), "no picture came with the data");
    assert!(world.file(file("/data.json")).is_ok());
    assert!(world.source(file("/chart.typ")).is_ok());
    assert_eq!(world.today(None), None);
}

#[test]
fn every_character_that_is_let_through_can_be_typeset() {
    // All that any font has, in order, and letters under marks that few fonts have.
    let shown = |text: String| {
        let mut text = json!(text);
        make_printable(&mut text);
        text.as_str().unwrap().replace(REPLACEMENT, "")
    };
    let fonts = fonts::store().book();
    let known: BTreeSet<char> = (0..)
        .map_while(|id| fonts.info(id))
        .flat_map(|info| info.coverage.iter().filter_map(char::from_u32))
        .collect();
    let known: Vec<char> = known.into_iter().collect();
    let mut notes: Vec<String> = known.chunks(200).map(|chunk| shown(chunk.iter().collect())).collect();
    for mark in ['\u{301}', '\u{363}', '\u{5b0}', '\u{20dd}'] {
        for letters in ['a'..'{', '\u{3b1}'..'\u{3ca}', '\u{5d0}'..'\u{5eb}'] {
            notes.push(shown(letters.flat_map(|letter| [letter, mark]).collect()));
        }
    }
    notes.retain(|note| !note.trim().is_empty());
    assert!(
        notes.iter().map(|note| note.chars().count()).sum::<usize>() > 4_000,
        "the fonts have many characters"
    );
    let data = data("All characters", &notes);
    pdf(Template::Report, &data, &stamp(), bounds()).unwrap();
}

#[test]
fn typesetting_ends_at_its_limit_and_the_next_job_is_fine() {
    let long = data("A report", &vec!["A note of some length.".to_owned(); 2_000]);
    let limit = Duration::from_millis(50);
    let late = pdf(Template::Report, &long, &stamp(), Bounds { limit, ..bounds() });
    assert!(matches!(late, Err(TypesettingError::OutOfTime(after)) if after == limit), "{late:?}");
    pdf(Template::Report, &data("A report", &[]), &stamp(), bounds()).unwrap();
}

#[test]
fn a_stopped_job_is_not_typeset() {
    let bounds = bounds();
    bounds.stop.cancel();
    let stopped = pdf(Template::Report, &data("A report", &[]), &stamp(), bounds);
    assert!(matches!(stopped, Err(TypesettingError::Stopped)), "{stopped:?}");
}

#[test]
fn data_that_do_not_fit_the_template_are_an_error_that_names_the_line() {
    let wrong = pdf(Template::Report, &json!({ "title": "only" }), &stamp(), bounds());
    let Err(TypesettingError::Template(text)) = wrong else { panic!("{wrong:?}") };
    assert!(text.starts_with("report.typ:") && text.contains("\"unit\""), "{text}");
}
