//! The line that people watch while they wait: a bar, the stage, the time. Nothing where no terminal is.

use indicatif::{ProgressBar, ProgressStyle};

use crate::print;

/// The bar's steps: it moves by tenths of a percent.
const STEPS: u64 = 1000;

/// A line at the bottom of the terminal. Its clones are one line.
#[derive(Clone)]
pub(crate) struct WaitingLine {
    bar: ProgressBar,
}

impl WaitingLine {
    pub(crate) fn start() -> Self {
        if !print::on_terminal() {
            return Self { bar: ProgressBar::hidden() };
        }
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} % {msg} {elapsed}")
            .expect("a constant template");
        Self { bar: ProgressBar::new(STEPS).with_style(style) }
    }

    /// How far it is, from 0 to 1, and with what.
    pub(crate) fn at(&self, fraction: f64, stage: &str) {
        self.bar.set_position((fraction * STEPS as f64).round() as u64);
        self.bar.set_message(deertrack_catalog::harmless(stage));
    }

    /// Lets `print` write lines above it.
    pub(crate) fn above(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Takes it off the terminal.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
