//! The one place that writes to the terminal: results on stdout, everything else on stderr.

use std::io::{IsTerminal, Write};

use serde_json::Value;

/// A result, for people.
pub(crate) fn line(text: &str) {
    write(&mut std::io::stdout(), &harmless(text));
}

/// A result, for machines: one JSON value on one line.
pub(crate) fn json(value: &Value) {
    write(&mut std::io::stdout(), &harmless_json(&value.to_string()));
}

/// The same on several lines, for people who look at it.
pub(crate) fn pretty_json(value: &Value) {
    write(&mut std::io::stdout(), &harmless_json(&format!("{value:#}")));
}

/// What goes on, for people; never part of the result.
pub(crate) fn note(text: &str) {
    write(&mut std::io::stderr(), &harmless(text));
}

/// Text that no terminal takes for a command, whoever wrote it: only its lines are left as they are.
fn harmless(text: &str) -> String {
    text.split('\n').map(deertrack_catalog::harmless).collect::<Vec<_>>().join("\n")
}

/// The same within texts of JSON, as JSON has it.
fn harmless_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        let alone = character.encode_utf8(&mut [0; 4]).to_owned();
        if character == '\n' || deertrack_catalog::harmless(&alone) == alone {
            shown.push(character);
        } else {
            shown.push_str(&format!("\\u{:04x}", u32::from(character)));
        }
    }
    shown
}

/// An empty screen, where there is one.
pub(crate) fn clear() {
    if std::io::stdout().is_terminal() {
        write(&mut std::io::stdout(), "\u{1b}[2J\u{1b}[H");
    }
}

/// Somebody is watching: a progress bar is welcome.
pub(crate) fn on_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// A closed pipe (`deertrack watch | head`) is the reader's way to say "enough".
fn write(to: &mut impl Write, text: &str) {
    if writeln!(to, "{text}").is_err() {
        std::process::exit(0);
    }
}

/// `1536` -> `1.5 KiB`.
pub(crate) fn size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_moves_no_cursor_and_json_stays_the_same_json() {
        let evil = "a\u{1b}[2J\u{9b}b\u{202e}\r\u{7f}";
        assert_eq!(harmless(&format!("x\n{evil}")), "x\na\\u{1b}[2J\\u{9b}b\\u{202e}\\u{d}\\u{7f}");
        let shown = harmless_json(&serde_json::json!({ "é": evil }).to_string());
        assert!(
            !shown.chars().any(char::is_control) && shown.contains("\\u009b") && shown.contains('é'),
            "{shown}"
        );
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["é"], evil);
    }
}
