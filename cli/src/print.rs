//! The one place that writes to the terminal: results on stdout, everything else on stderr.

use std::io::{IsTerminal, Write};

use serde_json::Value;

/// A result, for people.
pub(crate) fn line(text: &str) {
    write(&mut std::io::stdout(), text);
}

/// A result, for machines: one JSON value on one line.
pub(crate) fn json(value: &Value) {
    line(&value.to_string());
}

/// What goes on, for people; never part of the result.
pub(crate) fn note(text: &str) {
    write(&mut std::io::stderr(), text);
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
