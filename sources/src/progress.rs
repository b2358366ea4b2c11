//! How far a source is read. Who shows it is the duty of the caller: nothing here prints.

/// Told how many rows were read, of how many.
pub type OnProgress<'a> = &'a mut (dyn FnMut(u64, u64) + Send);
