//! Crash points: places between two moves where a test lets the whole process die.
//!
//! The shipped binary has none: without the feature `failpoints` of the crate `fail`, which only tests of the command
//! line turn on, they are compiled to nothing. Which point stands for which row of the crash table, and what a user
//! sees afterwards, is the table in `cli/tests/system/crash/mod.rs`; a point without a row there fails a test.

/// The process dies here, without cleaning up, when `FAILPOINTS` in its environment says `<name>=return`. The other
/// actions of [`fail`] work as well: `1*off->return` dies the second time, `pause` holds the thread for ever.
pub fn point(name: &'static str) {
    point_of(name, "");
}

/// The same in the midst of a job. `<name>=return(<job id>)` makes poison of that job alone: it ends every process
/// that runs it.
pub fn point_of(name: &'static str, job_id: &str) {
    let _ = (name, job_id); // not used where there are no crash points
    fail::fail_point!(name, |poison| {
        if poison.is_none_or(|poison| poison == job_id) {
            tracing::error!(point = name, "a test lets the process die here");
            std::process::abort()
        }
    });
}
