//! Replaces what the fonts cannot show.
//!
//! One character without a glyph makes PDF/A and PDF/UA refuse the whole document, and a name can hold any character.
//! What is invisible is dropped (direction overrides too, which could make a title read as something else), what
//! cannot be shown becomes [`REPLACEMENT`], and the caller learns how much that was.

use std::borrow::Cow;

use serde_json::Value;
use typst::text::is_default_ignorable;
use unicode_segmentation::UnicodeSegmentation;

use super::fonts;

/// Stands for a character that the fonts lack.
pub(crate) const REPLACEMENT: char = '□';

/// A wider run without a space may be broken anywhere, else it could leave its column. In narrow letters: the width
/// that the narrowest column of names has.
const WIDEST_WORD: usize = 22;
const BREAK_OPPORTUNITY: char = '\u{200b}'; // drawn as nothing

/// Makes every text in `value` printable. Keys are ours and stay. Returns how many characters were replaced.
pub(crate) fn make_printable(value: &mut Value) -> usize {
    match value {
        Value::String(text) => {
            let (printable, replaced) = printable(text);
            if let Cow::Owned(printable) = printable {
                *text = printable;
            }
            replaced
        }
        Value::Array(items) => items.iter_mut().map(make_printable).sum(),
        Value::Object(fields) => fields.values_mut().map(make_printable).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

fn printable(text: &str) -> (Cow<'_, str>, usize) {
    if is_plain(text) {
        return (Cow::Borrowed(text), 0);
    }
    let mut out = String::with_capacity(text.len());
    let (mut replaced, mut word) = (0, 0);
    for cluster in text.graphemes(true) {
        let shown: Vec<char> = cluster.chars().filter_map(visible).collect();
        let [first, ..] = shown[..] else { continue };
        word = if first == ' ' { 0 } else { word + width(first) };
        if word > WIDEST_WORD {
            out.push(BREAK_OPPORTUNITY);
        }
        if fonts::can_show(&shown) {
            out.extend(shown);
        } else {
            out.push(REPLACEMENT);
            replaced += 1;
        }
    }
    (Cow::Owned(out), replaced)
}

/// Most text: nothing to look up.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && text.split(' ').all(|word| word.chars().map(width).sum::<usize>() <= WIDEST_WORD)
}

/// About how many narrow letters it takes the place of.
fn width(c: char) -> usize {
    match c {
        'm' | 'w' => 2,
        _ if c.is_lowercase() || c.is_ascii_digit() || c.is_ascii_punctuation() => 1,
        _ => 2,
    }
}

/// The character as it can stand in a line; `None` for what has no shape. Private-use characters have no meaning
/// that could be extracted from a PDF, which PDF/A-2a therefore refuses: they become an unassigned character.
fn visible(c: char) -> Option<char> {
    match c {
        _ if c.is_whitespace() => Some(' '),
        _ if c.is_control() || is_default_ignorable(c) => None,
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. => Some('\u{ffff}'),
        _ => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(text: &str) -> String {
        printable(text).0.replace(BREAK_OPPORTUNITY, "|")
    }

    #[test]
    fn what_the_fonts_have_stays_as_it_is() {
        for text in ["Forêt de Soignes", "Größe", "Лес", "δάσος", "a–b “c” …", "e\u{301}", "5 × 3 ≥ 2", ""]
        {
            assert_eq!(printable(text), (text.into(), 0));
        }
    }

    #[test]
    fn what_they_lack_is_replaced_and_counted() {
        let mut value = json!({ "title": "日本 🦌", "n": 3, "list": ["ok", "\u{e000}"], "none": null });
        assert_eq!(make_printable(&mut value), 4);
        assert_eq!(value, json!({ "title": "□□ □", "n": 3, "list": ["ok", "□"], "none": null }));
    }

    #[test]
    fn a_family_of_joined_emoji_is_one_character() {
        assert_eq!(printable("👨\u{200d}👩\u{200d}👧").1, 1);
    }

    #[test]
    fn what_has_no_shape_is_dropped() {
        assert_eq!(shown("a\u{202e}b\u{0}c\u{feff}d\u{ad}e\u{7f}"), "abcde");
        assert_eq!(shown("two\nlines\tand\u{a0}spaces\u{3000}."), "two lines and spaces .");
    }

    #[test]
    fn endless_words_may_break() {
        assert_eq!(shown(&"e".repeat(25)), format!("{}|e|e|e", "e".repeat(22)));
        assert_eq!(shown(&"W".repeat(13)), format!("{}|W|W", "W".repeat(11)));
        assert_eq!(shown(&"short ".repeat(20)), "short ".repeat(20));
    }
}
