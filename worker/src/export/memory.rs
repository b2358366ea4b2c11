//! How much memory the kinds take at most beside what a worker takes without jobs, rounded up: what `bench/size.sh` has
//! seen. None of it grows with detections.

/// A report: visits, days, photographs for cards, and the pages.
pub(super) const REPORT: u64 = 160 << 20;
/// A table: rows that wait for their order, and open visits; a workbook's sheet of up to 20,000 rows is held.
pub(super) const TABLE: u64 = 96 << 20;
/// As [`TABLE`], of all topics.
pub(super) const WORKBOOK: u64 = 160 << 20;
/// A Camtrap DP package: compressors and hashes of keys.
pub(super) const PACKAGE: u64 = 192 << 20;
/// Re-identification: lists of up to 16 MiB each, the rest lies on disk.
pub(super) const ANALYSIS: u64 = 256 << 20;
/// An archive of crops: all photographs that a worker holds decoded, and compressors of tables. Without crops it is a
/// [`TABLE`].
pub(super) const CROPS: u64 = 256 << 20;
