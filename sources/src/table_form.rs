//! How a table is written: what separates its columns, its decimal sign, its letters.

use std::collections::HashMap;
use std::sync::Arc;

/// The column of a table of our own making that says where each row was told: number of the file, and line.
pub(super) const ORIGIN: &str = "deertrack:origin";

/// Where the rows of a table of our own making were told, so that what is wrong with one is told of the file that people
/// have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Origins {
    /// Their files, by number.
    pub(super) files: Vec<String>,
    /// What they call our columns.
    pub(super) columns: HashMap<String, String>,
}

impl Origins {
    /// File, line and column of a row that says `origin` of itself.
    pub(super) fn find(&self, origin: &str, column: &str) -> Option<(String, u64, String)> {
        let (file, line) = origin.split_once(':')?;
        let file = self.files.get(file.parse::<usize>().ok()?)?.clone();
        let column = self.columns.get(column).map_or(column, String::as_str);
        Some((file, line.parse().ok()?, column.to_owned()))
    }
}

/// The form of a CSV file; the default is that of the standard.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Form {
    /// Between two columns.
    pub(super) delimiter: u8,
    /// Around a cell.
    pub(super) quote: u8,
    /// A quote within a cell is written twice.
    pub(super) doubles_quotes: bool,
    /// Before a quote within a cell.
    pub(super) escape: Option<u8>,
    /// Lines that begin with it are no rows.
    pub(super) comment: Option<u8>,
    /// Between a number's whole and its fraction.
    pub(super) decimal: char,
    /// What stands for "not told", beside the standard's own.
    pub(super) missing: Vec<String>,
    /// Columns by the names that are looked for; a header may write them in other case.
    pub(super) columns: &'static [&'static str],
    /// Columns of free text: a mark in front of what a spreadsheet would take for a formula is none of theirs.
    pub(super) free_text: &'static [&'static str],
    /// Letters are those of Windows-1252 (which holds ISO 8859-1), else UTF-8.
    pub(super) is_latin: bool,
    /// Of a table of our own making: where its rows were told.
    pub(super) origins: Option<Arc<Origins>>,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: b'"',
            doubles_quotes: true,
            escape: None,
            comment: None,
            decimal: '.',
            missing: Vec::new(),
            columns: &[],
            free_text: &[],
            is_latin: false,
            origins: None,
        }
    }
}

impl Form {
    /// What a cell says. Bytes that are not UTF-8 are taken for Windows-1252, the other one that spreadsheets write; the
    /// second value says so.
    pub(super) fn decode(&self, bytes: &[u8]) -> (String, bool) {
        let mut text = String::new();
        let guessed = self.decode_into(bytes, &mut text);
        (text, guessed)
    }

    /// The same, in the place of an earlier cell.
    pub(super) fn decode_into(&self, bytes: &[u8], text: &mut String) -> bool {
        text.clear();
        match str::from_utf8(bytes) {
            Ok(told) if !self.is_latin || bytes.is_ascii() => {
                text.push_str(told);
                false
            }
            _ => {
                let (told, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
                text.push_str(&told);
                !self.is_latin
            }
        }
    }

    /// The separator that a header of one column looks like it has instead.
    pub(super) fn other_delimiter(&self, header: &str) -> Option<char> {
        let candidates = [';', '\t', ',', '|'];
        candidates
            .into_iter()
            .filter(|candidate| !u32::from(*candidate).eq(&u32::from(self.delimiter)))
            .find(|candidate| header.matches(*candidate).count() >= 3)
    }
}

/// A text without the apostrophe that marks it as no formula (`'=1+1`).
pub(super) fn without_mark(text: &str) -> &str {
    const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA) || rest.trim_start().starts_with(FORMULA) => rest.trim(),
        _ => text,
    }
}

/// How people write a separator down.
pub(super) fn named(delimiter: char) -> String {
    if delimiter == '\t' { "\\t".to_owned() } else { delimiter.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_mark_before_a_formula_is_taken_away() {
        for (written, text) in [
            ("'=1+1", "=1+1"),
            ("'-", "-"),
            ("' @x", "@x"),
            ("'＋x", "＋x"),
            ("'tis", "'tis"),
            ("a'=b", "a'=b"),
            ("'", "'"),
        ] {
            assert_eq!(without_mark(written), text);
        }
    }

    #[test]
    fn letters_of_windows_are_read_where_told_and_seen_where_not() {
        let told = Form { is_latin: true, ..Form::default() };
        assert_eq!(told.decode(b"For\xeat \x96"), ("Forêt –".to_owned(), false));
        assert_eq!(Form::default().decode(b"For\xeat"), ("Forêt".to_owned(), true));
        assert_eq!(Form::default().decode("Forêt".as_bytes()), ("Forêt".to_owned(), false));
    }

    #[test]
    fn a_header_that_was_not_taken_apart_tells_its_separator() {
        assert_eq!(Form::default().other_delimiter("deploymentID;latitude;longitude;a"), Some(';'));
        assert_eq!(Form::default().other_delimiter("deploymentID"), None);
    }
}
