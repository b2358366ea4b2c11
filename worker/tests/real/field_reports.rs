//! Packages as people have them, and what the report, the crops and the tables say of them: the right values of the data
//! folder's `field_cases/README.md`. The photographs are made here, each of one colour.

use std::path::Path;

use chrono::NaiveDate;
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::table::{Format, Topic};
use deertrack_schemas::{Export, PdfParams, TableParams, ZipParams};
use deertrack_sources::camtrap_dp::Options;
use image::{Rgb, RgbImage};
use tempfile::TempDir;

use super::Check;
use super::databases::{Both, run};
use super::exports::{bytes_of, keep};

pub(crate) const CHECKS: &[Check] = &[
    ("a_report_of_each_field_case_says_its_right_values", every_case),
    ("an_event_beside_its_media_has_its_photograph_on_the_card", events_beside_media),
    ("a_hiker_is_on_no_card_in_no_crop_and_the_number_kept_back_is_told", person_in_first_picture),
    ("a_buck_and_a_doe_that_a_model_and_a_person_saw_are_one_each_in_every_file", model_and_person),
    ("places_around_the_antimeridian_make_a_map_of_five_kilometres", antimeridian),
    ("the_zone_of_the_place_makes_the_days_of_the_tables_too", offset_dropped),
    ("a_gap_and_a_clock_of_the_year_4999_are_no_effort_in_the_tables_either", effort),
];

const ROE: &str = "Capreolus capreolus";

/// A package in both databases, with a photograph for each medium that it names.
struct Case {
    name: &'static str,
    both: Both,
    _package: TempDir,
}

/// A report that was read back.
struct Report {
    /// Without white space, for lines break anywhere.
    text: String,
    /// The colour of each photograph.
    photographs: Vec<Rgb<u8>>,
}

impl Case {
    async fn of(data: &Path, name: &'static str, species: &str) -> Self {
        let package = with_photographs(&data.join("field_cases").join(name));
        let options = Options { species: vec![species.to_owned()], ..Options::default() };
        Self { name, both: Both::import(package.path(), &options).await, _package: package }
    }

    async fn report(&self, first: &str, last: &str) -> Report {
        let export = || Export::Pdf(PdfParams::new(day(first), day(last), GroupBy::Week));
        let bytes = bytes_of(&self.both.sqlite, export()).await;
        assert!(bytes == bytes_of(&self.both.postgres, export()).await, "the same from both databases");
        keep(&format!("{}.pdf", self.name), &bytes);
        let text = pdf_extract::extract_text_from_mem(&bytes).unwrap();
        Report { text: squeezed(&text), photographs: photographs(&bytes) }
    }

    async fn table(&self, topic: Topic, first: &str, last: &str) -> Vec<csv::StringRecord> {
        let params =
            TableParams { topic: Some(topic), ..TableParams::new(Format::Csv, day(first), day(last)) };
        let bytes = bytes_of(&self.both.postgres, Export::Table(params)).await;
        csv::Reader::from_reader(bytes.as_slice()).records().map(Result::unwrap).collect()
    }
}

impl Report {
    fn says(&self, sentence: &str) {
        assert!(self.text.contains(&squeezed(sentence)), "{sentence:?} is not in {}", self.text);
    }

    fn is_silent_of(&self, words: &str) {
        assert!(!self.text.contains(&squeezed(words)), "{words:?} is in {}", self.text);
    }
}

/// The colour in the middle of each picture of a document.
fn photographs(pdf: &[u8]) -> Vec<Rgb<u8>> {
    let document = pdf_extract::Document::load_mem(pdf).unwrap();
    let streams = document.objects.values().filter_map(|object| object.as_stream().ok());
    let is_picture = |stream: &&pdf_extract::Stream| {
        stream.dict.get(b"Subtype").and_then(pdf_extract::Object::as_name).is_ok_and(|name| name == b"Image")
    };
    let middle = |stream: &pdf_extract::Stream| {
        let picture = image::load_from_memory(&stream.content).unwrap().into_rgb8();
        *picture.get_pixel(picture.width() / 2, picture.height() / 2)
    };
    streams.filter(is_picture).map(middle).collect()
}

fn is_near(found: Rgb<u8>, expected: Rgb<u8>) -> bool {
    found.0.iter().zip(expected.0).all(|(a, b)| a.abs_diff(b) < 25)
}

/// A copy of the package with a picture at each path of its media; the colours are those of their order.
fn with_photographs(package: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    for file in std::fs::read_dir(package).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let Ok(mut media) = csv::Reader::from_path(copy.path().join("media.csv")) else { return copy };
    let column = media.headers().unwrap().iter().position(|name| name == "filePath").unwrap();
    std::fs::create_dir(copy.path().join("media")).unwrap();
    for (row, colour) in media.records().zip(COLOURS) {
        RgbImage::from_pixel(320, 240, colour).save(copy.path().join(&row.unwrap()[column])).unwrap();
    }
    copy
}

const COLOURS: [Rgb<u8>; 6] = [
    Rgb([220, 30, 30]),
    Rgb([30, 200, 30]),
    Rgb([30, 30, 220]),
    Rgb([200, 200, 30]),
    Rgb([200, 30, 200]),
    Rgb([30, 200, 200]),
];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200b}').collect()
}

/// Each package, the days of its report, and what stands there.
const SAID: [(&str, [&str; 2], &[&str]); 15] = [
    (
        "c01a_shared_event",
        ["2024-05-01", "2024-05-31"],
        &[
            "There were 2 deer visits",
            "1 North 1 1 30.0",
            "2 South 1 1 30.0",
            "Counted by animals the total is 4.",
        ],
    ),
    (
        "c03_events_beside_media",
        ["2024-05-01", "2024-05-31"],
        &[
            "There was 1 buck visit, on 2 May 2024.",
            "4 images; 1 of 4 without a deer.",
            "1 known buck was seen.",
        ],
    ),
    (
        "c04_single_images_have_no_event",
        ["2024-05-01", "2024-05-31"],
        &["The cameras recorded 4 visits", "5 images; 0 of 5 without a deer."],
    ),
    (
        "c05_no_location_id",
        ["2024-04-01", "2024-06-30"],
        &["3 detections in 3 images at 1 place.", "30.0 trap nights of 1 camera, told by 3 deployments."],
    ),
    ("c06_pair_ids", ["2024-05-01", "2024-05-31"], PAIR),
    ("c06_pair_none", ["2024-05-01", "2024-05-31"], PAIR),
    (
        "c07a_year_4999",
        ["2017-05-01", "2017-06-30"],
        &[
            "31.0 trap nights of 1 camera, told by 1 deployment.",
            "1 deployment is no effort, for its times cannot be true: d2 (ends in the future).",
        ],
    ),
    (
        "c08_offset_dropped",
        ["2024-06-01", "2024-06-30"],
        &["There were 2 deer visits", "local time (Africa/Johannesburg, from the coordinates)"],
    ),
    (
        "c14a_sequences_rows_animals",
        ["2024-05-01", "2024-05-31"],
        &["The cameras recorded 3 visits", "Counted by animals the total is 14."],
    ),
    (
        "c14b_rai_40_2",
        ["2020-07-01", "2020-08-31"],
        // 4 visits in 9.952 nights.
        &["10.0 trap nights of 1 camera", "Does 40.2 11.0 – 102.9 4"],
    ),
    (
        "c14c_does_and_fawns",
        ["2024-05-01", "2024-05-31"],
        &["1.00 (0.01 to 78.50) fawns per doe", "Fawns per doe by animal 1.00"],
    ),
    (
        "c15_model_and_person",
        ["2024-05-01", "2024-05-31"],
        &[
            "By visits: bucks 1 of 2, does 1 of 2",
            "1 of 2 has a class that no person has confirmed or corrected.",
        ],
    ),
    ("c17a_gap", ["2024-05-01", "2024-05-31"], &["20.0 trap nights of 1 camera, told by 2 deployments."]),
    (
        "c17b_zero_length",
        ["2024-05-01", "2024-05-31"],
        &[
            "There was 1 deer visit, on 2 May 2024. There are no trap nights on these days, so there is no rate.",
            "The cameras recorded 1 visit",
            "Unclassified – – 1",
            "All – – 1",
            "1 Ridge 1 1 1 1",
            "There are no trap nights: the times of the deployments that are known cannot be true.",
            "1 deployment is no effort, for its times cannot be true: d1 (zero length).",
        ],
    ),
    (
        "c18_first_and_last_instant",
        ["2024-05-01", "2024-05-31"],
        // Both on days with effort.
        &["W18 1–5 May 1 1 4.9 20.3", "W19 6–12 May 1 1 2.1 48.0", "1 Ridge 2 2 7.0 28.6"],
    ),
];

const PAIR: &[&str] =
    &["20.0 trap nights of 2 cameras", "By visits: bucks 0 of 1, does 1 of 1", "Does 5.0 0.1 – 27.9 1"];

fn every_case(data: &Path) {
    run(async {
        for (name, [first, last], sentences) in SAID {
            let report = Case::of(data, name, ROE).await.report(first, last).await;
            for sentence in sentences.iter().chain(&["Species: Capreolus capreolus (roe deer)"]) {
                report.says(sentence);
            }
            for nonsense in ["NaN", "-0.0", "\u{2212}0.0", "inf "] {
                report.is_silent_of(nonsense);
            }
        }
    });
}

fn events_beside_media(data: &Path) {
    run(async {
        let case = Case::of(data, "c03_events_beside_media", ROE).await;
        let report = case.report("2024-05-01", "2024-05-31").await;
        assert!(
            report.photographs.len() == 1 && is_near(report.photographs[0], COLOURS[0]),
            "{:?}",
            report.photographs
        );
        let rows = case.table(Topic::Detections, "2024-05-01", "2024-05-31").await;
        assert_eq!((rows.len(), &rows[0][1], &rows[0][23]), (1, "m1", "m1.jpg"), "{rows:?}");
    });
}

fn person_in_first_picture(data: &Path) {
    run(async {
        let case = Case::of(data, "c21_person_in_first_picture", ROE).await;
        let report = case.report("2024-05-01", "2024-05-31").await;
        assert!(
            report.photographs.len() == 1 && is_near(report.photographs[0], COLOURS[1]),
            "{:?}",
            report.photographs
        );
        report.says("1 photograph is kept back: somebody saw a person or a vehicle there");
        report.says("2 images; 1 of 2 without a deer.");
        let bytes = bytes_of(
            &case.both.sqlite,
            Export::Zip(ZipParams::between(day("2024-05-01"), day("2024-05-31"))),
        )
        .await;
        let mut archive = ::zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
        let mut problems = String::new();
        std::io::Read::read_to_string(&mut archive.by_name("problems.csv").unwrap(), &mut problems).unwrap();
        assert!(
            problems.contains(",m2,m2.jpg,the detection has no box") && !problems.contains("m1"),
            "{problems}"
        );
        assert!(archive.file_names().all(|name| !name.unwrap().ends_with(".jpg")), "{archive:?}");
    });
}

fn model_and_person(data: &Path) {
    run(async {
        let case = Case::of(data, "c15_model_and_person", ROE).await;
        let visits = case.table(Topic::Visits, "2024-05-01", "2024-05-31").await;
        let told: Vec<[&str; 2]> = visits.iter().map(|row| [&row[2], &row[8]]).collect();
        assert_eq!(told, [["buck", "1"], ["doe", "1"]]);
        let params = ZipParams { crop_size: 128, ..ZipParams::between(day("2024-05-01"), day("2024-05-31")) };
        let bytes = bytes_of(&case.both.sqlite, Export::Zip(params)).await;
        let archive = ::zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
        let crops: Vec<String> = archive
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .filter(|name| name.ends_with(".jpg"))
            .collect();
        assert!(crops.len() <= 2 && crops.iter().any(|name| name.contains("/buck/")), "{crops:?}");
    });
}

fn antimeridian(data: &Path) {
    run(async {
        let case = Case::of(data, "c20a_antimeridian", "Rangifer tarandus").await;
        let report = case.report("2024-05-01", "2024-05-31").await;
        report.says("Species: Rangifer tarandus (reindeer)");
        // A fifth to a half of 4.7 km.
        report.says("1 km North is up");
        report.is_silent_of("5000 km");
    });
}

fn offset_dropped(data: &Path) {
    run(async {
        let case = Case::of(data, "c08_offset_dropped", ROE).await;
        let visits = case.table(Topic::Visits, "2024-06-01", "2024-06-30").await;
        let told: Vec<[&str; 3]> = visits.iter().map(|row| [&row[3], &row[5], &row[6]]).collect();
        let zone = "Africa/Johannesburg";
        assert_eq!(
            told,
            [
                ["2024-06-01T00:30:00+02:00", zone, "coordinates"],
                ["2024-06-15T06:54:00+02:00", zone, "coordinates"]
            ]
        );
    });
}

fn effort(data: &Path) {
    run(async {
        for (name, [first, last], expected) in [
            ("c17a_gap", ["2024-05-01", "2024-05-31"], 20.0),
            ("c07a_year_4999", ["2017-05-01", "2018-04-30"], 31.0),
            ("c05_no_location_id", ["2024-04-01", "2024-06-30"], 30.0),
            ("c06_pair_none", ["2024-05-01", "2024-05-31"], 20.0),
        ] {
            let rows = Case::of(data, name, ROE).await.table(Topic::Effort, first, last).await;
            let nights: f64 = rows.iter().map(|row| row[7].parse::<f64>().unwrap()).sum();
            assert!((nights - expected).abs() < 1e-9, "{name}: {nights}");
        }
    });
}
