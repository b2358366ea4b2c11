//! The map that an adapter reads by, and when it is made again: platforms change their tables while workers run.
//!
//! A job begins with a cheap question (a fingerprint of all columns). A statement that fails as one does whose tables
//! have changed is tried once more with a new map. Either way each statement reads by one map.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::connections::CONNECTIONS;
use crate::failure::CatalogError;
use crate::map::Map;
use crate::map::detect::detect;
use crate::map::field::Thing;
use crate::map::file::Mapping;
use crate::map::look::Look;
use crate::statements::Statements;

/// A map with its statements.
pub(crate) struct State {
    pub(crate) map: Map,
    pub(crate) sql: Statements,
    /// Of the columns before the map was made: what changed meanwhile is seen the next time.
    fingerprint: String,
    generation: u64,
}

/// The present map of a database.
pub(crate) struct Held {
    mapping: Mapping,
    now: RwLock<Arc<State>>,
    streams: Semaphore,
}

/// Connections that no stream takes: a question, and the look whether the database is there, shall not wait for streams that
/// are read for minutes.
const FOR_QUESTIONS: u32 = 2;

impl Held {
    pub(crate) async fn make(look: &dyn Look, mapping: Mapping) -> Result<Self, CatalogError> {
        let first = state(look, &mapping, 0).await?;
        if !first.map.has(Thing::Deployments) {
            tracing::info!("the database has no table of deployments: effort is inferred from images");
        }
        let streams = Semaphore::new((CONNECTIONS - FOR_QUESTIONS) as usize);
        Ok(Self { mapping, now: RwLock::new(Arc::new(first)), streams })
    }

    /// The present one. Whoever reads by it holds on to it until he has read.
    pub(crate) fn now(&self) -> Arc<State> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until one more stream may be read; it may until this is dropped.
    pub(crate) async fn stream(&self) -> SemaphorePermit<'_> {
        self.streams.acquire().await.expect("nobody closes it")
    }

    /// Makes a new map if columns have changed, or if there were no values to tell a form by.
    pub(crate) async fn refresh(&self, look: &dyn Look) -> Result<(), CatalogError> {
        let now = self.now();
        if now.map.is_settled && look.fingerprint().await? == now.fingerprint {
            return Ok(());
        }
        self.again(look).await
    }

    /// Makes a new map.
    pub(crate) async fn again(&self, look: &dyn Look) -> Result<(), CatalogError> {
        let before = self.now();
        let new = state(look, &self.mapping, before.generation + 1).await?;
        if new.fingerprint != before.fingerprint {
            tracing::info!("tables of the database have changed; it was looked again where everything is");
        }
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(())
    }
}

async fn state(look: &dyn Look, mapping: &Mapping, generation: u64) -> Result<State, CatalogError> {
    let fingerprint = look.fingerprint().await?;
    let map = detect(look, mapping).await?;
    let sql = Statements::new(&map, generation);
    Ok(State { map, sql, fingerprint, generation })
}
