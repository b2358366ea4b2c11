#![doc = include_str!("../README.md")]

pub mod deployment;

mod class;
mod image_box;
mod names;
pub mod passages;
pub mod record;
pub mod reviewed;
pub mod tally;
pub mod visits;

pub mod effort;
pub mod presence;

pub mod bootstrap;
mod exposure;
pub mod interval;
pub mod peak;
pub mod rate_ratio;
pub mod rates;
pub mod ratios;

mod coordinates;

pub mod calendar;
pub mod clock;
mod clock_fit;
pub mod file_clock;
pub mod sun;
pub mod zone;

pub mod activity;
mod bessel;
pub mod overlap;
mod overlap_estimator;
mod overlap_interval;

pub use class::{PEOPLE, Subject, class_of_deer, subject};
pub use coordinates::Coordinates;
pub use deployment::{Deployment, Place, TimeRange};
pub use image_box::{BoundingBox, BoxFault, BoxUnit, ImageBox, PixelBox, is_fraction};
pub use record::{LeftOut, Record, Sifted, Standing, sift};
