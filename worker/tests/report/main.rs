//! The report from a catalog to the bytes of a PDF, which are read back.

mod herd;
mod photos;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use deertrack_schemas::pdf::{ComparedPeriod, GroupBy, Paper, ReportType, Units};
use deertrack_schemas::{Class, PdfParams};
use deertrack_worker::JobError;
use deertrack_worker::export::{Progress, pdf};
use herd::{Herd, command, params, sighting, utc, year};

/// A finished report.
struct Pdf {
    bytes: Vec<u8>,
    headline: String,
}

async fn render(herd: Herd, params: &PdfParams) -> Result<Pdf, JobError> {
    let rendered = pdf::render(&herd.cx(Progress::silent()), &command(params), params).await?;
    let bytes = rendered.content.into_bytes().expect("it is in memory");
    Ok(Pdf { bytes, headline: rendered.headline.expect("a report has a headline") })
}

/// All text of the document, without line breaks and without the invisible places where a long word may break.
fn text_of(pdf: &Pdf) -> String {
    let text = pdf_extract::extract_text_from_mem(&pdf.bytes).expect("it can be read back");
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('\u{200b}', "")
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[tokio::test]
async fn the_numbers_of_the_catalog_stand_on_the_page() {
    let herd = Herd::season(1, 1_749, 12);
    let rendered = render(herd.clone(), &year(GroupBy::Month)).await.unwrap();
    let text = text_of(&rendered);
    let images: HashSet<&str> = herd.detections.iter().map(|row| row.image_id.as_str()).collect();
    let pages = pdf_extract::Document::load_mem(&rendered.bytes).unwrap().get_pages().len();
    for expected in [
        "1,749",
        &format!("1,749 detections in 1,{} images", images.len() - 1_000),
        "Deer activity, 2020",
        "Simulated herd",
        "Europe/Brussels",
        &format!("Page 1 of {pages}"),
        "7 detections that a person rejected, 3 duplicates",
        "Definitions",
    ] {
        assert!(squeezed(&text).contains(&squeezed(expected)), "{expected:?} is not in {text}");
    }
    let said = "1,749 detections, 1 January – 31 December 2020. Buck visits peaked in the week of ";
    assert!(rendered.headline.starts_with(said), "{}", rendered.headline);
}

#[tokio::test]
async fn the_same_command_gives_the_same_bytes() {
    let herd = Herd::season(4, 300, 5);
    let first = render(herd.clone(), &year(GroupBy::Week)).await.unwrap().bytes;
    render(Herd::season(5, 300, 5), &year(GroupBy::Week)).await.unwrap();
    assert!(first == render(herd, &year(GroupBy::Week)).await.unwrap().bytes);
}

#[tokio::test]
async fn code_in_titles_and_names_is_printed_as_text() {
    let title =
        r##"#panic("x") *b* _i_ $x^2$ `r` @ref <lbl> // <b>&amp;</b> #import "@preview/a:1.0.0": * \u{41}"##;
    let name = r#"=1+1 #read("/etc/passwd") [x](y) '; drop table deer; --"#;
    let mut herd = Herd::season(1, 40, 2);
    herd.places[0].name = name.into();
    herd.dataset = Some("#eval(\"1+1\")".into());
    let buck = "#image(\"/picture/0\") <i>Big</i>";
    for deer in &mut herd.deer {
        deer.name = buck.into();
    }
    let mut params = year(GroupBy::Month);
    params.title = Some(title.into());
    let text = squeezed(&text_of(&render(herd, &params).await.unwrap()));
    for literal in [title, name, "#eval(\"1+1\")", buck] {
        assert!(text.contains(&squeezed(literal)), "{literal:?} is not in {text}");
    }
}

#[tokio::test]
async fn characters_without_a_glyph_are_replaced_and_told() {
    let mut herd = Herd::season(1, 40, 2);
    herd.places[0].name = "日本の森 🦌".into();
    let mut params = year(GroupBy::Month);
    params.title = Some("Rapport 鹿 שלום עולם".into());
    params.include_insights = false;
    let text = text_of(&render(herd, &params).await.unwrap());
    assert!(text.contains("Rapport □"), "{text}");
    // Six in the title and the name, and the name stands in the strip, the map and the table.
    assert!(
        text.contains("The fonts of this report lack 16 characters of its texts; □ stands there."),
        "{text}"
    );
}

#[tokio::test]
async fn the_document_declares_its_standards_its_title_and_its_language() {
    let mut params = year(GroupBy::Month);
    params.title = Some("鹿 in de winter".into());
    let bytes = render(Herd::season(1, 40, 2), &params).await.unwrap().bytes;
    let raw = String::from_utf8_lossy(&bytes);
    for declared in [
        "<pdfaid:part>2<",
        "<pdfaid:conformance>A<",
        "<pdfuaid:part>1<",
        ">鹿 in de winter<",
        "<xmp:CreateDate>2021-01-03T09:30:00+00:00<",
    ] {
        assert!(raw.contains(declared), "{declared} is not declared");
    }
    let document = pdf_extract::Document::load_mem(&bytes).unwrap();
    let catalog = document.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"en");
    assert!(catalog.get(b"StructTreeRoot").is_ok());
}

#[tokio::test]
async fn only_the_asked_sections_are_printed() {
    let sections = |text: &str| {
        let parts = [
            "Activity over the day",
            "By place",
            "The cameras recorded",
            "Known bucks",
            "North is up",
            "Data status",
            "Definitions",
        ];
        parts.map(|part| text.contains(part))
    };
    let mut params = year(GroupBy::Month);
    assert_eq!(sections(&text_of(&render(Herd::season(1, 40, 2), &params).await.unwrap())), [true; 7]);
    (params.include_charts, params.include_tables, params.include_insights) = (false, false, false);
    (params.include_individuals, params.include_map) = (false, false);
    let rendered = render(Herd::season(1, 40, 2), &params).await.unwrap();
    assert_eq!(sections(&text_of(&rendered)), [false, false, false, false, false, true, true]);
}

#[tokio::test]
async fn a_report_by_day_repeats_its_header_and_counts_its_pages() {
    let params = params("2020-01-01", "2020-04-30", GroupBy::Day);
    let rendered = render(Herd::season(2, 900, 4), &params).await.unwrap();
    let pages = pdf_extract::Document::load_mem(&rendered.bytes).unwrap().get_pages().len();
    let text = text_of(&rendered);
    assert!(text.contains("Wed 1 Jan 2020") && text.contains("Thu 30 Apr 2020"), "{text}");
    assert!(text.matches("Known deer").count() > 3, "the header stands on one page only");
    assert!(text.contains(&format!("Page {pages} of {pages}")), "{text}");
}

#[tokio::test]
async fn a_report_on_letter_with_american_units_has_its_size_and_its_scale() {
    let size = |bytes: &[u8]| {
        let document = pdf_extract::Document::load_mem(bytes).unwrap();
        let page = document.get_pages().into_values().next().unwrap();
        let sides = document.get_object(page).unwrap().as_dict().unwrap().get(b"MediaBox").unwrap();
        let sides: Vec<f32> = sides.as_array().unwrap().iter().map(|side| side.as_float().unwrap()).collect();
        [sides[2].round(), sides[3].round()]
    };
    let mut params = year(GroupBy::Month);
    let a4 = render(Herd::season(1, 40, 4), &params).await.unwrap();
    assert_eq!(size(&a4.bytes), [595.0, 842.0]);
    assert!(text_of(&a4).contains("1 km"), "{}", text_of(&a4));
    (params.paper, params.units) = (Paper::Letter, Units::Us);
    let letter = render(Herd::season(1, 40, 4), &params).await.unwrap();
    assert_eq!(size(&letter.bytes), [612.0, 792.0]);
    assert!(text_of(&letter).contains("0.5 mi"), "{}", text_of(&letter));
}

#[tokio::test]
async fn without_coordinates_there_is_no_sun_and_no_map_and_the_rest_stands() {
    let mut herd = Herd::season(1, 400, 3);
    for place in &mut herd.places {
        (place.latitude, place.longitude) = (None, None);
    }
    let text = text_of(&render(herd, &year(GroupBy::Month)).await.unwrap());
    for absent in ["Sunrise", "North is up", "Daylight, twilight and night"] {
        assert!(!text.contains(absent), "{absent:?} is in {text}");
    }
    for present in ["Activity over the day", "Bucks through the rut", "By place"] {
        assert!(text.contains(present), "{present:?} is not in {text}");
    }
}

#[tokio::test]
async fn one_camera_is_enough_for_a_report() {
    let text = text_of(&render(Herd::season(3, 300, 1), &year(GroupBy::Week)).await.unwrap());
    assert!(text.contains("1 camera") && text.contains("Old oak"), "{text}");
    assert!(!text.contains("North is up"), "one place needs no map: {text}");
}

#[tokio::test]
async fn every_figure_has_a_text_for_screen_readers() {
    let bytes = render(Herd::season(1, 1_749, 12), &year(GroupBy::Month)).await.unwrap().bytes;
    let document = pdf_extract::Document::load_mem(&bytes).unwrap();
    let mut figures = 0;
    for object in document.objects.values().filter_map(|object| object.as_dict().ok()) {
        if object.get(b"S").and_then(pdf_extract::Object::as_name).is_ok_and(|name| name == b"Figure") {
            figures += 1;
            assert!(object.get(b"Alt").is_ok_and(|alt| !alt.as_str().unwrap().is_empty()), "{object:?}");
        }
    }
    // Periods, effort, activity, light, growth, map.
    assert_eq!(figures, 6);
}

#[tokio::test]
async fn a_comparison_prints_rates_and_what_others_wrote_as_text() {
    let mut herd = Herd::season(1, 900, 5);
    herd.places[0].name = r#"=HYPERLINK("http://x") '; drop table images; --"#.into();
    let label = "<b>#panic()</b> $x$ *2019*";
    let mut params = year(GroupBy::Month);
    params.report_type = ReportType::Comparison;
    params.label = Some("@SUM(1+1)".into());
    let (start_date, end_date) = ("2019-01-01".parse().unwrap(), "2019-12-31".parse().unwrap());
    params.compare_with = Some(vec![ComparedPeriod { start_date, end_date, label: Some(label.into()) }]);
    let rendered = render(herd, &params).await.unwrap();
    let text = squeezed(&text_of(&rendered));
    for literal in ["Comparison of seasons", label, "@SUM(1+1)", "no known camera effort then", "Cameras"] {
        let literal = squeezed(literal);
        assert!(text.to_lowercase().contains(&literal.to_lowercase()), "{literal:?} is not in {text}");
    }
    let said = format!("in @SUM(1+1). Against {label}: no known camera effort then.");
    assert!(rendered.headline.starts_with("Bucks: ") && rendered.headline.ends_with(&said));
}

#[tokio::test]
async fn fifty_places_over_a_year_fit_their_tables_and_lists() {
    let mut herd = Herd::season(1, 3_000, 50);
    herd.places[0].name = "A camera with a name that is longer than its room".into();
    let text = text_of(&render(herd, &year(GroupBy::Month)).await.unwrap());
    let nights = text.split(" trap nights of").next().and_then(|before| before.rsplit(' ').next()).unwrap();
    assert!(
        nights.len() > 7 && text.matches(nights).count() == 1,
        "tables have no decimals of {nights}: {text}"
    );
    assert!(squeezed(&text).contains(&squeezed("and 26 more, see the table by place")), "{text}");
    assert!(squeezed(&text).contains(&squeezed("A camera with a name t…")), "{text}");
}

#[tokio::test]
async fn a_class_of_which_the_whole_data_set_has_none_is_not_told_apart() {
    let mut herd = Herd::season(1, 400, 3);
    herd.detections.retain(|row| row.class != Class::Fawn);
    let text = squeezed(&text_of(&render(herd.clone(), &year(GroupBy::Month)).await.unwrap()));
    let said = squeezed("Fawns are not told apart: no detection of the whole data set is of one");
    assert!(text.contains(&said) && !text.contains(&squeezed("Fawns per doe")), "{text}");
    // One fawn, years before: now the fawns of this year are none, and not untold.
    herd.detections.push(sighting("fawn", "fawn", utc("2012-06-11T10:00:00Z"), "p0", Class::Fawn));
    let text = squeezed(&text_of(&render(herd, &year(GroupBy::Month)).await.unwrap()));
    assert!(!text.contains(&said) && text.contains(&squeezed("Fawns per doe")), "{text}");
}

#[tokio::test]
async fn nothing_detected_is_a_final_answer() {
    let result = render(Herd::season(1, 40, 2), &params("2019-01-01", "2019-12-31", GroupBy::Day)).await;
    let Err(JobError::Reject(text)) = result else { panic!("it was not rejected") };
    assert!(text.starts_with("No detections found in specified date range. There are "), "{text}");
}

#[tokio::test]
async fn progress_grows_and_names_its_stages() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&told);
    let progress =
        Progress::new(move |step| into.lock().unwrap().push((step.fraction, step.stage.to_owned())));
    let params = year(GroupBy::Month);
    pdf::render(&Herd::season(1, 40, 2).cx(progress), &command(&params), &params).await.unwrap();
    let told = told.lock().unwrap();
    let mut stages: Vec<&str> = told.iter().map(|(_, stage)| stage.as_str()).collect();
    stages.dedup();
    assert_eq!(stages, ["reading detections", "counting", "reading photographs", "drawing pages"]);
    assert!(told.is_sorted_by(|a, b| a.0 <= b.0));
}

#[tokio::test]
async fn a_stopped_job_ends_as_stopped() {
    let cx = Herd::season(1, 40, 2).cx(Progress::silent());
    cx.job.stop.cancel();
    let params = year(GroupBy::Month);
    let result = pdf::render(&cx, &command(&params), &params).await;
    assert!(matches!(result, Err(JobError::Stopped)));
}
