//! One folder for each export kind: load, compute, draw.

use std::sync::Arc;

use chrono_tz::Tz;
use tokio_util::sync::CancellationToken;

use crate::catalog::Catalog;

/// What every export may use.
#[derive(Clone)]
pub struct Cx {
    /// The platform's database.
    pub catalog: Arc<dyn Catalog>,
    /// The configured zone (`DEERTRACK_TIMEZONE`).
    pub zone: Tz,
    /// Tells how far it is.
    pub progress: Progress,
    /// Set when the job shall stop. Blocking work looks at it between steps.
    pub stop: CancellationToken,
}

/// Where an export tells how far it is: a fraction of 0 to 1 and a stage for people.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(f64, &str) + Send + Sync>);

impl Progress {
    /// Calls `tell` at each step.
    pub fn new(tell: impl Fn(f64, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells nobody.
    pub fn silent() -> Self {
        Self::new(|_, _| ())
    }

    /// At `fraction` (0 to 1), doing `stage`.
    pub fn at(&self, fraction: f64, stage: &str) {
        (self.0)(fraction, stage);
    }
}

/// A finished export in memory. (Archives will stream into the artifact instead.)
pub struct Rendered {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// The main finding in one sentence.
    pub headline: Option<String>,
}
