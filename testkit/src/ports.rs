//! Ports for servers that must have one.

use std::fs::{self, File};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that systems give to outgoing connections (32768 on Linux, 49152 elsewhere), so that none of those
/// sits on a port between its choice and its use.
const FIRST: u32 = 12_000;
const LAST: u32 = 32_000;

static CHOSEN: AtomicU32 = AtomicU32::new(0);

/// Ports of this machine that nobody uses, each given to nobody else, in whatever process, until this one ends.
///
/// # Panics
/// When there are none.
pub fn free_ports<const N: usize>() -> [u16; N] {
    [(); N].map(|()| {
        (FIRST..LAST)
            .map(|_| next())
            .find(|port| is_ours(*port) && TcpListener::bind(("127.0.0.1", *port)).is_ok())
            .expect("some port is free")
    })
}

/// Processes begin at different ports, so that they seldom try the same ones.
fn next() -> u16 {
    let number = std::process::id().wrapping_mul(97).wrapping_add(CHOSEN.fetch_add(1, Ordering::Relaxed));
    u16::try_from(FIRST + number % (LAST - FIRST)).expect("ports have sixteen bits")
}

/// Whether no other process has chosen it: a lock on a file, which the system lets go when the process ends.
fn is_ours(port: u16) -> bool {
    let folder = std::env::temp_dir().join("deertrack-ports");
    let _ = fs::create_dir(&folder);
    let file = File::create(folder.join(port.to_string())).expect("a temporary file can be made");
    let ours = file.try_lock().is_ok();
    if ours {
        std::mem::forget(file);
    }
    ours
}
