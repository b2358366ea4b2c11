//! The report of a real year: its tables equal the independent count, and both databases give the same bytes.

use std::path::Path;
use std::sync::Arc;

use deertrack_catalog::Catalog;
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::{Command, Export, PdfParams};
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress};
use serde_json::Value;

use super::Check;
use super::databases::{Both, run};
use super::leuven::{counted, package, roe_deer};

pub(crate) const CHECKS: &[Check] = &[
    ("the_report_of_leuven_2020_equals_the_count_and_is_the_same_from_both_databases", reports_are_equal),
    ("the_rates_of_leuven_2020_and_2019_are_those_of_an_independent_count", rates_are_equal),
];

fn reports_are_equal(data: &Path) {
    let package = package(data);
    let counted = counted(&package);
    run(async {
        let both = Both::import(&package, &roe_deer()).await;
        for (name, group_by) in GroupBy::CHOICES {
            let from_sqlite = report(&both.sqlite, group_by).await;
            assert!(from_sqlite == report(&both.postgres, group_by).await, "bytes by {name}");
            let text = pdf_extract::extract_text_from_mem(&from_sqlite).unwrap();
            let rows: Vec<Vec<String>> = text.lines().map(numbers).collect();
            let (visits, detections) = (&counted["visits"][name], &counted["totals"][name]);
            for (period, of_classes) in detections.as_object().unwrap() {
                // A visit that began the day before has detections and no visit of its own.
                let mut wanted = visits.get(period).map_or_else(|| vec![0; 4], integers);
                wanted.push(wanted.iter().sum());
                wanted.push(integers(of_classes).iter().sum());
                assert_row(&rows, &wanted, &format!("by {name}, {period}"));
            }
            let all = detections.as_object().unwrap().values().flat_map(integers).sum();
            let mut wanted = integers(&counted["years"]["2020"]["visits"]);
            wanted.push(wanted.iter().sum());
            wanted.push(all);
            assert_row(&rows, &wanted, &format!("the sum by {name}"));
        }
    });
}

fn rates_are_equal(data: &Path) {
    let package = package(data);
    let years = counted(&package)["years"].clone();
    run(async {
        let both = Both::import(&package, &roe_deer()).await;
        let bytes = report(&both.sqlite, GroupBy::Month).await;
        let text = pdf_extract::extract_text_from_mem(&bytes).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        let [now, before] = ["2020", "2019"].map(|year| {
            let nights = years[year]["trap_nights"].as_f64().unwrap();
            integers(&years[year]["visits"]).iter().map(|n| 100.0 * *n as f64 / nights).collect::<Vec<f64>>()
        });
        for (class, label) in ["Bucks", "Does", "Fawns", "Unclassified"].into_iter().enumerate() {
            let row = format!("{label} {:.1} ", now[class]);
            let from = text.find(&row).unwrap_or_else(|| panic!("{row:?} is not in {text}"));
            let rest: String = text[from..].chars().take(80).collect();
            for wanted in [format!(" {:.1} ", before[class]), format!(" {:.2} ", now[class] / before[class])]
            {
                assert!(rest.contains(&wanted), "{wanted:?} is not in {rest}");
            }
        }
    });
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

async fn report(catalog: &Arc<dyn Catalog>, group_by: GroupBy) -> Vec<u8> {
    let (start, end) = ("2020-01-01".parse().unwrap(), "2020-12-31".parse().unwrap());
    let export = Export::Pdf(PdfParams::new(start, end, group_by));
    let command =
        Command::new("leuven-2020".parse().unwrap(), export, "2021-01-01T00:00:00Z".parse().unwrap());
    let kinds = Kinds { catalog: Arc::clone(catalog), zone: chrono_tz::UTC, images: ImagesFolder::default() };
    let rendered = kinds.export(&Job::alone(Progress::silent()), &command).await.unwrap();
    rendered.content.into_bytes().unwrap()
}
