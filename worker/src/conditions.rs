//! What must hold before a worker fetches: one list, asked by its fetch gate, its `/readyz` and `deertrack doctor`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deertrack_stream::{Condition, Stream};

use crate::artifact::Artifacts;
use crate::export::Exporter;

/// How long the disk may take. One that hangs is away.
const FOLDER_WITHIN: Duration = Duration::from_secs(5);
/// How long the database may take: longer than its pool waits for a connection.
const DATABASE_WITHIN: Duration = Duration::from_secs(12);

/// What a worker needs.
#[derive(Clone)]
pub struct Conditions {
    stream: Stream,
    exporter: Arc<dyn Exporter>,
    folder: Folder,
}

impl Conditions {
    /// Of a worker of these.
    pub fn new(stream: Stream, exporter: Arc<dyn Exporter>, artifacts: Artifacts) -> Self {
        Self { stream, exporter, folder: Folder { artifacts, is_looked_at: Arc::default() } }
    }

    /// Looks at all of them.
    pub async fn look(&self) -> Vec<Condition> {
        let database = Condition::of("database", DATABASE_WITHIN, self.exporter.ready());
        let (mut all, database, folder) =
            tokio::join!(self.stream.fetch_conditions(), database, self.folder.condition());
        all.extend([database, folder]);
        all
    }

    /// What does not hold, with the reason.
    pub(crate) async fn unmet(&self) -> Vec<String> {
        self.look().await.iter().filter_map(Condition::unmet).collect()
    }
}

/// Whether files can be stored in the export folder: one is written, and both are forced to the disk.
pub async fn export_folder(artifacts: Artifacts) -> Condition {
    Folder { artifacts, is_looked_at: Arc::default() }.condition().await
}

/// The export folder, looked at once at a time: a look at a disk that hangs never ends.
#[derive(Clone)]
struct Folder {
    artifacts: Artifacts,
    is_looked_at: Arc<AtomicBool>,
}

impl Folder {
    async fn condition(&self) -> Condition {
        Condition::of("export folder", FOLDER_WITHIN, self.look()).await
    }

    async fn look(&self) -> Result<String, String> {
        let dir = self.artifacts.dir().display().to_string();
        if self.is_looked_at.swap(true, Ordering::Relaxed) {
            return Err(format!("{dir}: the last look at it has not ended; its disk hangs"));
        }
        let (artifacts, is_looked_at) = (self.artifacts.clone(), Arc::clone(&self.is_looked_at));
        // A task of its own: who waits for it may go away.
        let looked = tokio::spawn(async move {
            let checked = artifacts.check().await;
            is_looked_at.store(false, Ordering::Relaxed);
            checked
        });
        match looked.await {
            Ok(Ok(())) => Ok(format!("{dir} is writable")),
            Ok(Err(error)) => Err(format!(
                "{dir}: {error}; make room or mount it again, or set DEERTRACK_EXPORT_DIR to a folder that gateway and \
                 workers share"
            )),
            Err(ended) => Err(format!("{dir}: {ended}")),
        }
    }
}
