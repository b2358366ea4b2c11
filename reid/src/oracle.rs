//! Test support: numbers that scipy, numpy, pandas and scikit-learn printed (`tests/oracle/make.py`).

use serde_json::Value;

/// The cases of one part.
pub(crate) fn cases(part: &str) -> Vec<Case> {
    let all: Value = serde_json::from_str(include_str!("../tests/oracle/numbers.json")).unwrap();
    let cases: Vec<Case> = all[part].as_array().unwrap().iter().cloned().map(Case).collect();
    assert!(!cases.is_empty(), "{part} has cases");
    cases
}

/// One case: named inputs and outputs.
pub(crate) struct Case(Value);

impl Case {
    pub(crate) fn number(&self, name: &str) -> f64 {
        self.0[name].as_f64().unwrap_or_else(|| panic!("{name} is a number"))
    }

    pub(crate) fn option(&self, name: &str) -> Option<f64> {
        self.0[name].as_f64()
    }

    pub(crate) fn numbers(&self, name: &str) -> Vec<f64> {
        let list = self.0[name].as_array().unwrap_or_else(|| panic!("{name} is a list"));
        list.iter().map(|number| number.as_f64().unwrap()).collect()
    }

    pub(crate) fn counts(&self, name: &str) -> Vec<usize> {
        self.numbers(name).into_iter().map(|number| number as usize).collect()
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("{name} is a text"))
    }
}

#[track_caller]
pub(crate) fn assert_near(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found}, expected {expected}");
}

#[track_caller]
pub(crate) fn assert_option_near(found: Option<f64>, expected: Option<f64>, tolerance: f64, what: &str) {
    match (found, expected) {
        (Some(found), Some(expected)) => assert_near(found, expected, tolerance, what),
        _ => assert_eq!(found, expected, "{what}"),
    }
}

#[track_caller]
pub(crate) fn assert_all_near(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, &expected) in found.iter().zip(expected) {
        assert_near(*found, expected, tolerance, what);
    }
}
