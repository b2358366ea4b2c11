//! Whether a person has looked at a row, by what it says of who classified it.

/// Whether this is the word of a person: the method says so, or, where it says nothing, who classified it is no program.
///
/// Packages of Camtrap DP often name a person and no method; others name a model there. A name counts as a program's if
/// it says so itself: it is one of the usual detectors and classifiers, or has a version.
pub fn is_of_a_person(method: Option<&str>, classified_by: Option<&str>) -> bool {
    match method.map(str::trim).filter(|method| !method.is_empty()) {
        Some(method) => method.eq_ignore_ascii_case("human"),
        None => classified_by.is_some_and(|name| !name.trim().is_empty() && !is_of_a_program(name)),
    }
}

/// In the names of programs that look at photographs of animals.
const PROGRAMS: [&str; 13] = [
    "detector",
    "classifier",
    "speciesnet",
    "deepfaune",
    "wildlife insights",
    "zamba",
    "mbaza",
    "yolo",
    "resnet",
    "efficientnet",
    "convnext",
    "mobilenet",
    "computer vision",
];
/// Words that no person is called by.
const WORDS: [&str; 7] = ["ai", "model", "machine", "algorithm", "software", "neural", "automatic"];

fn is_of_a_program(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = || name.split(|letter: char| !letter.is_alphanumeric() && letter != '.');
    let is_version = |word: &str| {
        let digits = word.strip_prefix('v').unwrap_or(word);
        digits != word && digits.starts_with(|digit: char| digit.is_ascii_digit())
            || digits.contains('.')
                && digits.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    PROGRAMS.iter().any(|program| name.contains(program))
        || words().any(|word| WORDS.contains(&word) || is_version(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_decides_where_it_is_told() {
        assert!(
            is_of_a_person(Some("human"), None) && is_of_a_person(Some(" Human "), Some("MegaDetector v5"))
        );
        assert!(!is_of_a_person(Some("machine"), Some("Ada Forester")));
    }

    #[test]
    fn without_a_method_a_person_is_a_person_and_a_program_a_program() {
        for person in [
            "Ada Forester",
            "a.forester@example.org",
            "AF",
            "Vera de Vries",
            "Maia",
            "forester_2",
            "John Abbot",
        ] {
            assert!(is_of_a_person(None, Some(person)) && is_of_a_person(Some(""), Some(person)), "{person}");
        }
        for program in [
            "MegaDetector V5",
            "SpeciesNet",
            "DeepFaune 1.2",
            "Our AI",
            "deer-model",
            "roe v2.1",
            "Western Europe 4.0.1",
            "YOLOv8",
        ] {
            assert!(!is_of_a_person(None, Some(program)), "{program}");
        }
        assert!(!is_of_a_person(None, None) && !is_of_a_person(None, Some("  ")), "nobody said anything");
    }
}
