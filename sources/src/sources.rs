//! The list of sources: a new one is a folder beside this file, and a line here.

use crate::source::Source;
use crate::{
    camelot, camtrap_dp, camtrapr, coco, deepfaune, detector, embeddings, timelapse, wildlife_insights,
};

/// Every source that `deertrack import` reads, in the order in which people are shown them. The made-up season reads
/// nothing and has a command of its own.
pub const SOURCES: &[Source] = &[
    camtrap_dp::SOURCE,
    wildlife_insights::SOURCE,
    detector::SOURCE,
    coco::SOURCE,
    timelapse::SOURCE,
    deepfaune::SOURCE,
    camelot::SOURCE,
    camtrapr::SOURCE,
    embeddings::SOURCE,
];
