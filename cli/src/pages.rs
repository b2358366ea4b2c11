//! The pages of memory that the system gives this process.

/// Asks for small pages. The allocator asks for huge ones, of 2 MB, and a heap that is touched here and there fills them with
/// nothing: an idle gateway held 16 MB instead of 5, a worker that made a report 67 MB more, and neither was faster.
pub(crate) fn keep_small() {
    // A sandbox may refuse it: that costs memory, and nothing else.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
