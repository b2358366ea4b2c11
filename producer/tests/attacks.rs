//! What somebody may try who means no good, on a gateway in a process of its own: what it costs there is read from the
//! outside. Each attack prints its figures.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the figures")]

#[path = "attacks/bodies.rs"]
mod bodies;
#[path = "attacks/browser.rs"]
mod browser;
#[path = "attacks/connections.rs"]
mod connections;
#[path = "attacks/pages.rs"]
mod pages;
#[path = "attacks/target.rs"]
mod target;

use libtest_mimic::{Arguments, Trial};

/// The allocator of the shipped program: figures of memory are about it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    if target::is_wanted() {
        return target::run();
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    // One after the other: what one of them costs is measured.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let attacks =
        [bodies::all(), connections::all(), pages::all(), browser::all()].into_iter().flatten().collect();
    libtest_mimic::run(&arguments, attacks).exit();
}

/// One attack, on a runtime of its own.
fn attack<F>(name: &str, run: fn() -> F) -> Trial
where
    F: Future<Output = ()> + 'static,
{
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(run());
        Ok(())
    })
}
