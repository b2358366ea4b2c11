//! Which class a detection has in the end: one rule for both databases.

use deertrack_schemas::Class;

/// The corrected class, else the model's. An older model's `mature`, `mid` and `young` are bucks;
/// whatever is not known here is `Unknown`, never left out.
pub fn final_class(corrected: Option<&str>, model: Option<&str>) -> Class {
    let label = corrected.map(str::trim).filter(|label| !label.is_empty()).or(model).unwrap_or_default();
    match label.trim().to_ascii_lowercase().as_str() {
        "buck" | "mature" | "mid" | "young" => Class::Buck,
        "doe" => Class::Doe,
        "fawn" => Class::Fawn,
        _ => Class::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_wins_over_the_model() {
        assert_eq!(final_class(Some("doe"), Some("buck")), Class::Doe);
        assert_eq!(final_class(Some("unknown"), Some("buck")), Class::Unknown);
        assert_eq!(final_class(Some(" "), Some("buck")), Class::Buck, "an empty correction is none");
        assert_eq!(final_class(Some("  "), Some("Fawn")), Class::Fawn);
        assert_eq!(final_class(None, None), Class::Unknown);
        assert_eq!(final_class(None, Some("moose")), Class::Unknown);
    }

    #[test]
    fn the_age_classes_of_an_older_model_are_bucks() {
        for label in ["mature", "mid", "young", " Mature "] {
            assert_eq!(final_class(None, Some(label)), Class::Buck);
        }
        assert_eq!(final_class(None, Some("moose")), Class::Unknown);
    }
}
