//! Why a crop could not be made, in words for `problems.csv`.

use std::io::ErrorKind;

use deertrack_survey::BoxFault;

use super::limits::{MAX_FILE_BYTES, MAX_PIXELS};
use crate::export::images::NotHere;

/// One item that could not be made; the others are.
#[derive(Clone, Debug, thiserror::Error)]
pub(in crate::export) enum Problem {
    #[error("there is no such detection")]
    NoSuchDetection,
    #[error("it is not among the chosen classes, places or deer")]
    NotChosen,
    #[error("the photograph is kept back: somebody saw a person or a vehicle on it, or in its event")]
    KeptBack,
    #[error(transparent)]
    NotHere(#[from] NotHere),
    #[error("the file is missing")]
    Missing,
    #[error("the path names no regular file")]
    NoRegularFile,
    #[error("the file cannot be read: {0}")]
    Unreadable(ErrorKind),
    #[error("the file has more than {} MiB", MAX_FILE_BYTES / 1024 / 1024)]
    TooManyBytes,
    #[error("the image has {width} x {height} pixels; at most {} million are decoded", MAX_PIXELS / 1_000_000)]
    TooManyPixels { width: u32, height: u32 },
    #[error("the file is no JPEG or PNG")]
    NotAPicture,
    #[error("the file is truncated")]
    Truncated,
    #[error("the image is broken: {0}")]
    Broken(String),
    #[error("the detection has no box")]
    NoBox,
    #[error("the box {}", .0.told())]
    WrongBox(BoxFault),
    #[error("the detection shows no deer: its label is {0:?}")]
    NoDeer(String),
    #[error("the box lies outside the image")]
    BoxOutside,
}
