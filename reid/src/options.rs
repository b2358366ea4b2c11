//! The settings of an analysis, their defaults and ranges.

use crate::linkage::Method;
use crate::{Error, thresholds};
use std::num::NonZeroUsize;

/// What to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Thresholds of the tables, within [-1, 1].
    pub thresholds: Vec<f64>,
    /// The threshold in use today; profiles are compared at it.
    pub current_threshold: f64,
    /// Whether a buck is only compared with bucks, and so on.
    pub same_sex: bool,
    /// Bins of the histogram.
    pub bins: NonZeroUsize,
    /// How profiles are clustered.
    pub linkage: Method,
    /// Assignments to draw for labelling; 0 draws none.
    pub sample_size: usize,
    /// The greatest bearable wrong / assigned, between 0 and 1.
    pub target: f64,
    /// For every random choice. Labels are read back with the seed their sample was drawn with.
    pub seed: u64,
    /// Threads that compare vectors.
    pub threads: NonZeroUsize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            thresholds: thresholds::DEFAULT.to_vec(),
            current_threshold: 0.70,
            same_sex: false,
            bins: NonZeroUsize::new(50).expect("50 is not 0"),
            linkage: Method::Average,
            sample_size: 200,
            target: 0.05,
            seed: 0,
            threads: NonZeroUsize::MIN,
        }
    }
}

impl Options {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] naming the field.
    pub fn check(&self) -> Result<(), Error> {
        let cosine = |value: f64| (-1.0..=1.0).contains(&value);
        if self.thresholds.is_empty() {
            return Err(setting("thresholds", "a list of at least one number", &"empty"));
        }
        if let Some(bad) = self.thresholds.iter().find(|&&threshold| !cosine(threshold)) {
            return Err(setting("thresholds", "between -1 and 1", bad));
        }
        if !cosine(self.current_threshold) {
            return Err(setting("current_threshold", "between -1 and 1", &self.current_threshold));
        }
        if !(self.target > 0.0 && self.target < 1.0) {
            return Err(setting("target", "between 0 and 1, neither included", &self.target));
        }
        Ok(())
    }
}

fn setting(field: &'static str, rule: &'static str, value: &dyn std::fmt::Display) -> Error {
    Error::Setting { field, rule, value: value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range() {
        assert_eq!(Options::default().check(), Ok(()));
    }

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        let message = |options: Options| options.check().unwrap_err().to_string();
        let thresholds = |thresholds| message(Options { thresholds, ..Options::default() });
        assert_eq!(thresholds(vec![]), "thresholds must be a list of at least one number, not empty");
        assert_eq!(thresholds(vec![0.7, 1.5]), "thresholds must be between -1 and 1, not 1.5");
        assert_eq!(thresholds(vec![f64::NAN]), "thresholds must be between -1 and 1, not NaN");
        let target = message(Options { target: 1.0, ..Options::default() });
        assert_eq!(target, "target must be between 0 and 1, neither included, not 1");
    }
}
