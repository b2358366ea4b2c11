//! What can go wrong in a simulation.

use std::io;
use std::path::PathBuf;

use deertrack_catalog::CatalogError;

/// Why there is no season.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// An option out of its range.
    #[error("{0}")]
    Options(&'static str),
    /// A photograph cannot be written.
    #[error("{}: {source}", path.display())]
    Frame {
        /// Its file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}
