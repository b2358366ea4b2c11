//! `schemas/generated/analysis.schema.json` tells programs what `analysis.json` holds.

use std::path::Path;

use deertrack_worker::export::reid::document_schema;

#[test]
fn the_schema_of_the_analysis_is_not_stale() {
    let mut fresh = serde_json::to_string_pretty(&document_schema()).unwrap();
    fresh.push('\n');
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/generated/analysis.schema.json");
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    if stored != fresh {
        std::fs::write(&path, fresh).unwrap();
        panic!("rewritten because the types changed; look at the diff and commit it");
    }
}

#[test]
fn the_schema_names_what_is_promised() {
    let schema = document_schema();
    let required: Vec<&str> =
        schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for name in ["request", "data", "profile_rows", "thresholds", "clusters", "space_check", "verdict"] {
        assert!(required.contains(&name), "{name} is not required: {required:?}");
    }
    for name in ["statistics", "histogram", "kde", "estimate", "evaluation"] {
        assert!(schema["properties"][name].is_object(), "{name} is not described");
    }
    let verdict = &schema["$defs"]["VerdictKind"];
    let kinds: Vec<&str> =
        verdict["oneOf"].as_array().unwrap().iter().map(|kind| kind["const"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["safe_threshold", "no_safe_threshold", "not_enough_labels"]);
}
