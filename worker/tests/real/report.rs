//! The report of a real year: its tables equal the independent count, and both databases give the same bytes.

use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::{Command, Export, PdfParams};
use deertrack_worker::catalog::Catalog;
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress};
use serde_json::Value;

use super::Check;
use super::databases::{Both, run};
use super::leuven::{counted, package, roe_deer};

pub(crate) const CHECKS: &[Check] =
    &[("the_report_of_leuven_2020_equals_the_count_and_is_the_same_from_both_databases", reports_are_equal)];

fn reports_are_equal(data: &Path) {
    let package = package(data);
    let totals = counted(&package)["totals"].clone();
    run(async {
        let both = Both::import(&package, &roe_deer()).await;
        for (name, group_by) in GroupBy::CHOICES {
            let from_sqlite = report(&both.sqlite, group_by).await;
            assert!(from_sqlite == report(&both.postgres, group_by).await, "bytes by {name}");
            let text = pdf_extract::extract_text_from_mem(&from_sqlite).unwrap();
            let rows: Vec<Vec<String>> = text.lines().map(numbers).collect();
            for (period, counts) in totals[name].as_object().unwrap() {
                let counts: Vec<u64> =
                    counts.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
                let wanted: Vec<String> =
                    counts.iter().chain([&counts.iter().sum()]).map(u64::to_string).collect();
                let found = rows.iter().any(|row| row.windows(wanted.len()).any(|part| part == wanted));
                assert!(found, "by {name}, {period}: no row with {wanted:?} in\n{text}");
            }
            let all: u64 = totals[name].as_object().unwrap().values().map(sum).sum();
            assert!(rows.iter().any(|row| row.contains(&all.to_string())), "no sum of {all} by {name}");
        }
    });
}

/// The numbers of one line of text.
fn numbers(line: &str) -> Vec<String> {
    line.split_whitespace()
        .filter(|word| word.bytes().all(|b| b.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

fn sum(counts: &Value) -> u64 {
    counts.as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum()
}

async fn report(catalog: &Arc<dyn Catalog>, group_by: GroupBy) -> Vec<u8> {
    let (start, end) = ("2020-01-01".parse().unwrap(), "2020-12-31".parse().unwrap());
    let export = Export::Pdf(PdfParams::new(start, end, group_by));
    let command = Command::new("leuven-2020".parse().unwrap(), export, DateTime::UNIX_EPOCH);
    let kinds = Kinds { catalog: Arc::clone(catalog), zone: chrono_tz::UTC, images: ImagesFolder::default() };
    let rendered = kinds.export(&Job::alone(Progress::silent()), &command).await.unwrap();
    rendered.content.into_bytes().unwrap()
}
