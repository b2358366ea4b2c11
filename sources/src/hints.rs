//! What people tell beside the files of a tool that cannot tell it themselves.

use std::path::PathBuf;

use crate::local_time::{Clock, DateOrder};

/// What the files of a source do not tell. Camtrap DP tells all of it, and is read without.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// What clocks were set to whose times have no offset; `None`: the local time of the coordinates.
    pub zone: Option<Clock>,
    /// Which of `5/4/2019` is the month, where no date of the file tells.
    pub dates: Option<DateOrder>,
    /// A CSV file that tells what labels mean.
    pub names: Option<PathBuf>,
    /// A CSV file that tells where and when cameras stood.
    pub deployments: Option<PathBuf>,
    /// Detections of a lower confidence, 0 to 1, are left out.
    pub threshold: Option<f64>,
    /// A CSV file that tells when photographs were taken that do not tell it themselves.
    pub times: Option<PathBuf>,
    /// The folder of the photographs, where it is not that of the file.
    pub photographs: Option<PathBuf>,
    /// A file that says which column of a project tells what.
    pub mapping: Option<PathBuf>,
}
