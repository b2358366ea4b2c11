//! How large a photograph is.

/// Pixels across.
pub(in crate::simulate) const WIDTH: u32 = 640;
/// Pixels down.
pub(in crate::simulate) const HEIGHT: u32 = 480;
