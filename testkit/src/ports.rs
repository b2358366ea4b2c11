//! Ports for servers that must have one.

use std::net::TcpListener;

/// Ports of this machine that nobody used a moment ago.
///
/// # Panics
/// When there are none.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("loopback has free ports"));
    listeners.map(|listener| listener.local_addr().expect("it is bound").port())
}
