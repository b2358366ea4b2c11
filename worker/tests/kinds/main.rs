//! The kinds that hand rows and pictures on: what is written is read back by other means and compared.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

#[path = "../differences/mod.rs"]
mod differences;

mod at_once;
mod camtrap_dp;
mod camtrap_history;
mod camtrap_links;
mod camtrap_rows;
mod corrected;
mod counted;
mod days;
mod events;
mod frame;
mod memory;
mod platform;
mod privacy;
mod records;
mod round_trip;
mod round_trips;
mod season;
mod table;
mod table_counts;
mod table_fold;
mod zip;
mod zip_choice;
mod zip_order;
