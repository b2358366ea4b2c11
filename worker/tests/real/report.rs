//! The reports of real years: their tables equal the independent count, and both databases give the same bytes.

use std::path::Path;
use std::sync::Arc;

use deertrack_catalog::Catalog;
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::{Command, Export, PdfParams};
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress};
use serde_json::Value;

use super::Check;
use super::databases::{Both, run};
use super::exports::keep;
use super::leuven::{counted, package, roe_deer};

pub(crate) const CHECKS: &[Check] = &[
    (
        "the_reports_of_leuven_2020_to_2022_equal_the_count_and_are_the_same_from_both_databases",
        reports_are_equal,
    ),
    ("the_rates_of_leuven_2019_to_2022_are_those_of_an_independent_count", rates_are_equal),
];

/// Those with a year before them.
const YEARS: [i32; 3] = [2020, 2021, 2022];

fn reports_are_equal(data: &Path) {
    let package = package(data);
    let counted = counted(&package);
    run(async {
        let both = Both::import(&package, &roe_deer()).await;
        for (year, (name, group_by)) in YEARS.iter().flat_map(|year| GroupBy::CHOICES.map(|by| (*year, by))) {
            let from_sqlite = report(&both.sqlite, year, group_by).await;
            assert!(from_sqlite == report(&both.postgres, year, group_by).await, "bytes of {year} by {name}");
            keep(&format!("leuven_{year}_by_{name}.pdf"), &from_sqlite);
            let text = pdf_extract::extract_text_from_mem(&from_sqlite).unwrap();
            let rows: Vec<Vec<String>> = text.lines().map(numbers).collect();
            let of_year = &counted["years"][year.to_string()];
            let (visits, detections) = (&of_year["visits_by"][name], &of_year["rows_by"][name]);
            for (period, of_classes) in detections.as_object().unwrap() {
                // A visit that began the day before has detections and no visit of its own.
                let mut wanted = visits.get(period).map_or_else(|| vec![0; 4], integers);
                wanted.push(wanted.iter().sum());
                wanted.push(integers(of_classes).iter().sum());
                assert_row(&rows, &wanted, &format!("by {name}, {period}"));
            }
            let all = detections.as_object().unwrap().values().flat_map(integers).sum();
            let mut wanted = integers(&of_year["visits"]);
            wanted.push(wanted.iter().sum());
            wanted.push(all);
            assert_row(&rows, &wanted, &format!("the sum of {year} by {name}"));
        }
    });
}

fn rates_are_equal(data: &Path) {
    let package = package(data);
    let years = counted(&package)["years"].clone();
    run(async {
        let both = Both::import(&package, &roe_deer()).await;
        for year in YEARS {
            let bytes = report(&both.sqlite, year, GroupBy::Month).await;
            let text = pdf_extract::extract_text_from_mem(&bytes).unwrap();
            let words: Vec<&str> = text.split_whitespace().collect();
            has_the_rates(&words.join(" "), &years, year);
        }
    });
}

fn has_the_rates(text: &str, years: &Value, year: i32) {
    let of = |year: i32| {
        let counted = &years[year.to_string()];
        let nights = counted["trap_nights"].as_f64().unwrap();
        let rate = |visits: &u64| 100.0 * *visits as f64 / nights;
        (nights, integers(&counted["visits"]).iter().map(rate).collect::<Vec<f64>>())
    };
    let ((nights, now), (_, before)) = (of(year), of(year - 1));
    assert!(
        text.contains(&format!("{nights:.1} trap nights of ")),
        "{nights:.1} trap nights of {year}: {text}"
    );
    for (class, label) in ["Bucks", "Does", "Fawns", "Unclassified"].into_iter().enumerate() {
        let row = format!("{label} {:.1} ", now[class]);
        let from = text.find(&row).unwrap_or_else(|| panic!("{row:?} of {year} is not in {text}"));
        let rest: String = text[from..].chars().take(80).collect();
        for wanted in [format!(" {:.1} ", before[class]), format!(" {:.2} ", now[class] / before[class])] {
            assert!(rest.contains(&wanted), "{wanted:?} of {year} is not in {rest}");
        }
    }
}

fn assert_row(rows: &[Vec<String>], wanted: &[u64], whose: &str) {
    let texts: Vec<String> = wanted.iter().map(u64::to_string).collect();
    let found = rows.iter().any(|row| row.windows(texts.len()).any(|part| part == texts));
    assert!(found, "{whose}: no row with {wanted:?} in {rows:?}");
}

fn integers(counts: &Value) -> Vec<u64> {
    counts.as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect()
}

/// The numbers of one line of text.
fn numbers(line: &str) -> Vec<String> {
    line.split_whitespace()
        .filter(|word| word.bytes().all(|b| b.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

async fn report(catalog: &Arc<dyn Catalog>, year: i32, group_by: GroupBy) -> Vec<u8> {
    let [start, end] = ["01-01", "12-31"].map(|day| format!("{year}-{day}").parse().unwrap());
    let export = Export::Pdf(PdfParams::new(start, end, group_by));
    let command = Command::new("leuven".parse().unwrap(), export, "2024-06-01T00:00:00Z".parse().unwrap());
    let kinds = Kinds { catalog: Arc::clone(catalog), zone: chrono_tz::UTC, images: ImagesFolder::default() };
    let rendered = kinds.export(&Job::alone(Progress::silent()), &command).await.unwrap();
    rendered.content.into_bytes().unwrap()
}
