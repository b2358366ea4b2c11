//! From detections to numbers that hold: visits, effort, rates, ratios, times and activity, each with how sure it is.
//!
//! A pure module: no I/O, no async, no clock; every random choice has a seed, so the same rows give the same numbers.
//! It draws nothing and knows no database. The way through it, in reading order:
//!
//! 1. [`record`]: which rows count ([`sift`]).
//! 2. [`visits`]: rows into independent events.
//! 3. [`effort`]: how long which camera stood. [`presence`]: whether one stood when something was seen.
//! 4. [`rates`] and [`ratios`]: events per 100 trap nights, buck:doe; their intervals in [`interval`] and [`bootstrap`].
//! 5. [`calendar`] and [`sun`]: local days and weeks, daylight. [`clock`] and [`file_clock`]: is a camera's clock right?
//! 6. [`activity`] and [`overlap`]: curves over the day, and how much two of them share.

pub mod record;
pub mod visits;

pub mod effort;
pub mod presence;

pub mod bootstrap;
pub mod interval;
pub mod rates;
pub mod ratios;

pub mod calendar;
pub mod clock;
mod clock_fit;
pub mod file_clock;
pub mod sun;

pub mod activity;
mod bessel;
pub mod overlap;
mod overlap_interval;

pub use record::{Bounds, LeftOut, Record, Sifted, Standing, sift};
