//! Files as other tools write them: each set is made here, a few rows for each promise of docs/sources.md.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

mod coco;
mod detector;
mod given;
mod hostile;
mod recognised;
mod refused;
mod tables;
mod wildlife_insights;
