//! A busy disk: somebody else writes to it and forces it to write, as `dd conv=fsync` does.
//!
//! While such a sync is under way Redis puts off its own, and with it the writes that wait for it.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

/// How long the file gets before it begins anew.
const MOST: u64 = 128 * 1024 * 1024;
/// How much is written at a time.
const PIECE: usize = 1024 * 1024;

/// Writes until it is dropped. Its file has no name: it is gone with us, however we end.
pub(crate) struct BusyDisk {
    stop: Arc<AtomicBool>,
    syncs: Arc<AtomicU64>,
    writer: Option<JoinHandle<()>>,
}

impl BusyDisk {
    /// Begins to write on the disk that `dir` is on.
    pub(crate) fn begin(dir: &Path) -> std::io::Result<Self> {
        let mut file = tempfile::tempfile_in(dir)?;
        let (stop, syncs) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, synced) = (Arc::clone(&stop), Arc::clone(&syncs));
        let writer = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if let Err(error) = fill(&mut file, &stopped) {
                    return tracing::warn!(%error, "the disk is no longer kept busy");
                }
                synced.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok(Self { stop, syncs, writer: Some(writer) })
    }

    /// How often the file was filled and synced.
    pub(crate) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }
}

fn fill(file: &mut File, stopped: &AtomicBool) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    let piece = vec![0x5a; PIECE];
    let mut written = 0;
    while written < MOST && !stopped.load(Ordering::Relaxed) {
        file.write_all(&piece)?;
        written += PIECE as u64;
    }
    file.sync_all()
}

impl Drop for BusyDisk {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}
