//! How much memory the kinds take at most beside what a worker takes without jobs, rounded up: what `bench/size.sh` has
//! seen. None of it grows with detections.

/// A report: visits, days, photographs for cards, and the pages.
pub(super) const REPORT: u64 = 160 << 20;
