//! The generated contract and the golden vectors are part of the interface: they change only on purpose.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::{Class, Command, Export, KINDS, Kind, PdfParams, contract_files, wire};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_generated_contract_is_not_stale() {
    let stale: Vec<String> = contract_files()
        .into_iter()
        .filter_map(|(name, fresh)| {
            let path = folder("generated").join(&name);
            let stored = fs::read_to_string(&path).unwrap_or_default();
            (stored != fresh).then(|| {
                fs::write(&path, fresh).unwrap();
                name
            })
        })
        .collect();
    assert!(
        stale.is_empty(),
        "rewritten because the types changed: {stale:?}; look at the diff and commit it"
    );
}

#[test]
fn nothing_else_lies_among_the_generated_files() {
    // The result of `reid` has types that this crate may not know: `worker/tests/reid/schema.rs` writes its schema.
    let elsewhere = "analysis.schema.json".to_owned();
    let known: Vec<String> = contract_files().into_iter().map(|(name, _)| name).chain([elsewhere]).collect();
    for entry in fs::read_dir(folder("generated")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "{name} is made by nothing");
    }
}

#[test]
fn each_kind_has_a_golden_vector_that_reads_and_writes_to_the_byte() {
    for info in KINDS {
        let json = fs::read_to_string(folder("golden").join(format!("{}.json", info.name))).unwrap();
        let hex = fs::read_to_string(folder("golden").join(format!("{}.hex", info.name))).unwrap();
        let command: Command = serde_json::from_str(&json).unwrap();
        assert_eq!(command.export.kind(), info.kind);
        assert_eq!(to_hex(&wire::encode(&command).unwrap()), hex.trim(), "bytes of {}", info.name);
        assert_eq!(wire::decode(&from_hex(hex.trim())).unwrap(), command);
    }
}

#[test]
fn a_command_of_a_minimal_foreign_producer_is_read() {
    // Written by hand in another language: only the required names, in any order, and one we do not know.
    let body = serde_json::json!({
        "colour": "green",
        "params": { "group_by": "week", "end_date": "2026-02-01", "start_date": "2026-01-01" },
        "kind": "pdf", "v": 1, "job_id": "job-1", "created_at": "2026-02-02T00:00:00Z",
    });
    let command = wire::decode(&rmp_serde::to_vec_named(&body).unwrap()).unwrap();
    assert_eq!(command.export.kind(), Kind::Pdf);
    assert_eq!((command.attempt, command.max_attempts), (1, 1));
    let Export::Pdf(params) = command.export else { panic!("{:?}", command.export) };
    assert!(params.include_charts && params.classifications.len() == 4);
}

#[test]
fn a_command_written_before_the_later_options_of_reports_is_read() {
    let hex = fs::read_to_string(folder("golden").join("pdf_before_options.hex")).unwrap();
    let Export::Pdf(params) = wire::decode(&from_hex(hex.trim())).unwrap().export else { panic!("a report") };
    let (first, last) = ("2025-09-01".parse().unwrap(), "2025-12-31".parse().unwrap());
    let usual = PdfParams {
        title: Some("Rut 2025 — north wood".into()),
        classifications: vec![Class::Buck, Class::Doe],
        include_insights: false,
        ..PdfParams::new(first, last, GroupBy::Week)
    };
    assert_eq!(params, usual);
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
