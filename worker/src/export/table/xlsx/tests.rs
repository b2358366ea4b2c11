//! Workbooks read back by other means than they were written, with limits so small that a few rows break them.

use std::io::{Cursor, Read};

use calamine::{Data, Range, Reader, Xlsx};
use tempfile::TempDir;

use super::*;
use crate::artifact::Drafts;
use crate::export::{Progress, Room};

const COLUMNS: [&str; 3] = ["id", "seen", "share"];
const FEW: Limits = Limits { held: 3, rows: 4 };

fn job(dir: &TempDir) -> Job {
    let drafts = Drafts::new(dir.path(), "job".parse().unwrap());
    Job::alone(Progress::silent()).with_drafts(drafts)
}

fn files(dir: &TempDir) -> usize {
    std::fs::read_dir(dir.path()).unwrap().count()
}

fn begin(job: &Job, limits: Limits) -> Book {
    Book::begin(job, [("detections", &COLUMNS[..]), ("effort", &COLUMNS[..1])], limits, Some(50_000))
}

fn about() -> About {
    let created_at = "2026-01-02T03:04:05Z".parse().unwrap();
    About { species: String::new(), local_time: "local".to_owned(), created_at }
}

const TEXTS: [&str; 6] = ["a", " led by a space", "=1+1", "<b>&\"\u{1f98c}", "two\nlines", "_x000D_"];

fn add(book: &mut Book, rows: usize) -> Result<(), JobError> {
    for row in 0..rows {
        let seen =
            DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000) + chrono::TimeDelta::minutes(row as i64);
        let share = (row % 2 == 0).then_some(row as f64 / 8.0);
        let text = TEXTS[row % TEXTS.len()];
        let cells = [text.into(), Cell::local(seen, chrono_tz::Europe::Brussels), share.into()];
        book.row(0, cells.into_iter())?;
    }
    book.row(1, [Cell::from("once")].into_iter())
}

/// The bytes of a workbook of so many rows, and what is said of it.
fn made(rows: usize, limits: Limits) -> (Vec<u8>, Vec<String>) {
    let dir = TempDir::new().unwrap();
    let job = job(&dir);
    let mut book = begin(&job, limits);
    add(&mut book, rows).unwrap();
    assert_eq!(files(&dir), 0, "temporary files have no name");
    let further = book.further();
    let draft = book.finish(&about(), job.draft().unwrap()).unwrap();
    (draft.into_bytes().unwrap(), further)
}

fn sheets(bytes: &[u8]) -> Vec<(String, Range<Data>)> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    let names = book.sheet_names();
    names.into_iter().map(|name| (name.clone(), book.worksheet_range(&name).unwrap())).collect()
}

/// The rows of detections of all sheets, without headers.
fn rows(bytes: &[u8]) -> Vec<Vec<Data>> {
    let sheets = sheets(bytes);
    let detections = sheets.iter().filter(|(name, _)| name.starts_with("detections"));
    detections.flat_map(|(_, range)| range.rows().skip(1).map(<[Data]>::to_vec)).collect()
}

fn text(bytes: &[u8], path: &str) -> Option<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(path).ok()?.read_to_string(&mut text).unwrap();
    Some(text)
}

#[test]
fn a_text_is_cut_where_the_format_ends() {
    assert_eq!(shortened("buck"), "buck");
    assert_eq!(shortened(""), "");
    assert_eq!(shortened(&"x".repeat(40_000)).len(), MAX_TEXT);
    let deer = "\u{1f98c}".repeat(20_000);
    assert_eq!(shortened(&deer).chars().count(), MAX_TEXT / 2, "each counts twice");
}

#[test]
fn rows_beyond_a_sheet_go_on_in_further_ones_and_the_first_says_so() {
    for (count, expected) in [(4, &[4][..]), (5, &[4, 1]), (8, &[4, 4]), (10, &[4, 4, 2])] {
        let (bytes, further) = made(count, FEW);
        let found = sheets(&bytes);
        let (detections, last) = found.split_at(found.len() - 1);
        let names: Vec<&str> = detections.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["detections", "detections 2", "detections 3"][..expected.len()]);
        assert_eq!((last[0].0.as_str(), last[0].1.height()), ("effort", 2));
        for ((name, range), rows) in detections.iter().zip(expected) {
            assert_eq!(range.height(), rows + 1, "{name} of {count}");
            assert!(range.rows().next().unwrap().iter().eq(COLUMNS), "{name} of {count}");
        }
        let note = text(&bytes, "xl/comments1.xml");
        match expected.len() {
            1 => assert_eq!((note, further), (None, Vec::new())),
            2 => {
                let said =
                    format!("{count} detections do not fit into one sheet. They go on in the 1 next sheet: ");
                let note = note.unwrap();
                assert!(note.contains(&said) && note.contains("ref=\"A1\""), "{note}");
                assert_eq!(further, ["detections fill 2 sheets"]);
            }
            _ => {
                let note = note.unwrap().replace("&quot;", "\"");
                assert!(note.contains("2 next sheets: \"detections 2\" to \"detections 3\"."), "{note}");
                assert_eq!(further, ["detections fill 3 sheets"]);
            }
        }
    }
}

#[test]
fn a_sheet_that_went_to_disk_holds_the_cells_of_one_that_was_held() {
    let held = made(12, Limits::default()).0;
    let streamed = made(12, Limits { held: 3, ..Limits::default() }).0;
    let parted = made(12, FEW).0;
    assert_eq!(rows(&held).len(), 12);
    assert_eq!(rows(&streamed), rows(&held));
    assert_eq!(rows(&parted), rows(&held));
    let strings = |bytes: &[u8]| text(bytes, "xl/sharedStrings.xml").unwrap();
    assert!(strings(&held).contains("two") && !strings(&streamed).contains("two"), "each in its own cell");
    for (bytes, sheet) in [(&held, "xl/worksheets/sheet1.xml"), (&streamed, "xl/worksheets/sheet1.xml")] {
        let sheet = text(bytes, sheet).unwrap();
        assert!(
            sheet.contains("<autoFilter ref=\"A1:C13\"/>") && sheet.contains("state=\"frozen\""),
            "{sheet}"
        );
    }
    assert_eq!(made(12, FEW).0, parted, "the same bytes again");
}

#[test]
fn a_stopped_job_leaves_no_file_of_a_workbook() {
    let dir = TempDir::new().unwrap();
    let job = job(&dir);
    let mut book = begin(&job, FEW);
    add(&mut book, 5).unwrap();
    job.stop.cancel();
    let stopped = add(&mut book, 10_000);
    assert!(matches!(stopped, Err(JobError::Stopped)), "within a sheet: {stopped:?}");
    drop(book);
    assert_eq!(files(&dir), 0);
}

#[test]
fn a_workbook_is_not_saved_to_its_end_when_its_job_stops() {
    let dir = TempDir::new().unwrap();
    let job = job(&dir);
    let mut book = begin(&job, FEW);
    add(&mut book, 9).unwrap();
    let draft = job.draft().unwrap();
    assert_eq!(files(&dir), 1);
    let mut workbook = std::mem::replace(&mut book.workbook, Workbook::new());
    job.stop.cancel();
    assert!(matches!(save::to(draft, &mut workbook, &job), Err(JobError::Stopped)));
    assert_eq!(files(&dir), 0);
}

#[test]
fn a_disk_with_too_little_room_is_told_before_it_is_full() {
    let dir = TempDir::new().unwrap();
    let mut job = job(&dir);
    job.room = Room { memory: 0, disk: 1_000_000 };
    let refused = add(&mut begin(&job, FEW), 5);
    let Err(JobError::Reject(refused)) = refused else { panic!("{refused:?}") };
    assert!(
        refused.starts_with(
            "The workbook needs 102 MB of temporary room on the worker's disk, of which 1 MB are free:"
        ),
        "{refused}"
    );
    job.room = Room { memory: 0, disk: 1_000 };
    let mut unknown = Book { most: None, ..begin(&job, FEW) };
    let refused = add(&mut unknown, 20_000);
    assert!(matches!(refused, Err(JobError::Reject(_))), "where nobody knew how many come: {refused:?}");
}
