//! Text that others wrote, made harmless: as a cell of a spreadsheet, as a part of a path.

use std::borrow::Cow;

/// What makes a spreadsheet take a cell for a formula, the full-width forms included.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// The longest part of a path, in characters: far below every file system's limit in bytes.
const MAX_PART_CHARS: usize = 50;
/// Names that some systems take for devices.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// The text of a cell. What would be taken for a formula gets an apostrophe in front, the spreadsheets' own mark of
/// text; numbers are left as they are.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    let formula = text.starts_with(FORMULA) || text.trim_start().starts_with(FORMULA);
    if formula && !is_number(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && digits.parse::<f64>().is_ok()
}

/// A part of a path: letters, digits, `-` and `_`; all else becomes `_`. Never empty, never a special name.
pub(crate) fn path_part(text: &str) -> String {
    let mut part = String::new();
    for letter in text.chars() {
        let kept = if letter.is_alphanumeric() || letter == '-' { letter } else { '_' };
        if kept != '_' || !part.ends_with('_') {
            part.push(kept);
        }
    }
    let part: String = part.trim_matches('_').chars().take(MAX_PART_CHARS).collect();
    if part.is_empty() {
        return "unnamed".to_owned();
    }
    let stem = part.trim_end_matches(|letter: char| letter.is_ascii_digit()).to_ascii_lowercase();
    if DEVICES.contains(&stem.as_str()) { format!("_{part}") } else { part }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_like_a_formula_becomes_text() {
        for text in ["=1+1", "+32 16", "-x", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "-1+1", "--1", "-"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        for text in ["-1.5", "+3", "", "buck", "a=b", "10", "Bob's"] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn special_names_are_no_parts_of_a_path() {
        let parts =
            ["..", "/etc/passwd", "", "CON", "com1", "a\u{202e}b", "été 2025", "Ridge"].map(path_part);
        let expected = ["unnamed", "etc_passwd", "unnamed", "_CON", "_com1", "a_b", "été_2025", "Ridge"];
        assert_eq!(parts, expected);
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_folder(text in any::<String>()) {
            let part = path_part(&text);
            prop_assert!(!part.is_empty() && part.chars().count() <= MAX_PART_CHARS + 1);
            prop_assert!(part.chars().all(|letter| letter.is_alphanumeric() || "-_".contains(letter)));
        }
    }
}
