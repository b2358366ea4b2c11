//! Numbers in sentences, for every document that people read.

use std::fmt::Display;

use crate::typesetting::REPLACEMENT;

/// A whole number with thousands separators: `12,345`. Not for negative ones.
pub(crate) fn number(value: impl Display) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and its noun: `1 detection`, `1,749 detections`.
pub(crate) fn counted(value: impl Display, one: &str, many: &str) -> String {
    let number = number(value);
    let noun = if number == "1" { one } else { many };
    format!("{number} {noun}")
}

/// So many bytes, rounded up: `1,234 MB`.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{} MB", number(bytes.div_ceil(1_000_000)))
}

/// That a document shows other characters than its texts have, if it does.
pub(crate) fn replaced(characters: usize) -> Option<String> {
    let lacking = counted(characters, "character", "characters");
    (characters > 0)
        .then(|| format!("The fonts of this report lack {lacking} of its texts; {REPLACEMENT} stands there."))
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators_and_nouns_their_number() {
        let told = [0, 1, 999, 1_000, 1_234_567].map(|value| counted(value, "deer's", "of deer"));
        assert_eq!(told, ["0 of deer", "1 deer's", "999 of deer", "1,000 of deer", "1,234,567 of deer"]);
    }

    #[test]
    fn a_document_that_shows_everything_says_nothing() {
        assert_eq!(replaced(0), None);
        assert!(replaced(1).is_some_and(|text| text.contains("lack 1 character of")));
    }

    #[test]
    fn lists_read_as_english() {
        let words = |words: &[&str]| list(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(words(&["a"]), "a");
        assert_eq!(words(&["a", "b"]), "a and b");
        assert_eq!(words(&["a", "b", "c"]), "a, b and c");
    }
}
