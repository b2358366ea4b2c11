//! A worker makes reports for months: what one leaves behind must not add up. Alone in its process, so that no other
//! test's memory is counted.

#[path = "report/herd.rs"]
mod herd;

use deertrack_schemas::pdf::GroupBy;
use deertrack_worker::export::{Progress, pdf};
use herd::{Herd, command, year};

/// Resident memory of this process, in MB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("it is always told");
    let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    kilobytes / 1_024
}

#[tokio::test]
async fn memory_stays_flat_over_many_reports() {
    let params = year(GroupBy::Month);
    let mut after = Vec::new();
    for seed in 0..25 {
        let herd = Herd::season(seed, 200, 6);
        pdf::render(&herd.cx(Progress::silent()), &command(&params), &params).await.unwrap();
        after.push(resident());
    }
    // What is memoised for one report is 3 MB; kept, 20 reports leave 60.
    let grown = after[24].saturating_sub(after[4]);
    assert!(grown < 20, "20 reports left {grown} MB behind: {after:?}");
}
