//! What the gateways of all tests have logged, as JSON lines.
//!
//! One subscriber for the process, set before anything logs: with one for each thread, a span that another thread
//! reaches first stays switched off for all.

use std::io::{self, Write};
use std::sync::{LazyLock, Mutex};

static LINES: LazyLock<Mutex<Vec<u8>>> = LazyLock::new(|| {
    let subscriber = tracing_subscriber::fmt().json().with_writer(|| Lines).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    Mutex::default()
});

/// Begins to listen, once.
pub(crate) fn listen() {
    LazyLock::force(&LINES);
}

/// Everything so far.
pub(crate) fn text() -> String {
    String::from_utf8(LINES.lock().unwrap().clone()).unwrap()
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
