//! A file that an export writes piece by piece: too large for memory, not yet anybody's to read.
//!
//! It lies in the folder of finished files, so that publishing is a rename, under a hidden name that holds the job
//! id. Dropped before it is published, it is gone; what a killed worker leaves is removed by age.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use deertrack_schemas::JobId;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::name;
use super::stored::{Stored, hex};
use super::sync::sync;

/// Large enough that a system call carries many small pieces.
const BUFFER_BYTES: usize = 256 * 1024;

/// Where the drafts of one job are written.
#[derive(Clone, Debug)]
pub struct Drafts {
    dir: PathBuf,
    job_id: JobId,
}

impl Drafts {
    /// Drafts of `job_id` in `dir`.
    pub fn new(dir: impl Into<PathBuf>, job_id: JobId) -> Self {
        Self { dir: dir.into(), job_id }
    }

    /// The folder they are written to.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Begins one. Two tries of a job never write the same file: the name ends at random.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn begin(&self) -> io::Result<Draft> {
        let file = tempfile::Builder::new()
            .prefix(&name::draft_prefix(&self.job_id))
            .suffix(name::DRAFT_SUFFIX)
            .rand_bytes(name::DRAFT_RANDOM)
            // Not the library's own way, which makes files that only their owner may read: this one is renamed
            // into a folder that a gateway of another user serves.
            .make_in(&self.dir, |path| File::options().write(true).create_new(true).open(path))?;
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(Draft { file, hash: Sha256::new(), size: 0 })
    }
}

/// A file being written: hashed on the way, so that it need not be read again.
#[derive(Debug)]
pub struct Draft {
    file: BufWriter<NamedTempFile>,
    hash: Sha256,
    size: u64,
}

impl Draft {
    /// Forces it to disk and gives it its name. Blocks.
    pub(super) fn publish(self, path: &Path) -> io::Result<Stored> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        sync(file.as_file())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(Stored { size: self.size, sha256: hex(&self.hash.finalize()) })
    }

    /// Writes it out and forces it to disk as if it were published, and drops it. Blocks.
    pub(super) fn try_publish(self) -> io::Result<()> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        sync(file.as_file())
    }

    /// Reads it back, for whoever publishes nothing: the command line, tests.
    ///
    /// # Errors
    /// The file cannot be written to its end or read.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        std::fs::read(file.path())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::artifact::{Artifacts, Content};
    use crate::export::{Job, Progress};

    fn drafts(dir: &TempDir) -> Drafts {
        Drafts::new(dir.path(), "job-1".parse().unwrap())
    }

    fn names(dir: &TempDir) -> Vec<String> {
        let entries = std::fs::read_dir(dir.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[tokio::test]
    async fn a_draft_is_hidden_until_it_is_published_whole() {
        let dir = TempDir::new().unwrap();
        let artifacts = Artifacts::open(dir.path()).unwrap();
        let mut draft = drafts(&dir).begin().unwrap();
        let piece = vec![7u8; 300_000];
        for _ in 0..3 {
            draft.write_all(&piece).unwrap();
        }
        let hidden = names(&dir);
        assert!(hidden.len() == 1 && hidden[0].starts_with(".deertrack-job-1-"), "{hidden:?}");

        let stored = artifacts.publish("crops.zip", Content::OnDisk(draft)).await.unwrap();
        let expected = artifacts.publish("same.zip", Content::InMemory(vec![7u8; 900_000])).await.unwrap();
        assert_eq!(stored, expected, "the same size and hash as in one piece");
        assert_eq!(std::fs::read(dir.path().join("crops.zip")).unwrap(), vec![7u8; 900_000]);
        assert_eq!(names(&dir).len(), 2, "nothing is left beside the two files");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn whoever_may_read_other_artifacts_may_read_a_published_draft() {
        use std::os::unix::fs::PermissionsExt;

        let dir = TempDir::new().unwrap();
        let artifacts = Artifacts::open(dir.path()).unwrap();
        let draft = drafts(&dir).begin().unwrap();
        artifacts.publish("a.zip", Content::OnDisk(draft)).await.unwrap();
        artifacts.publish("b.zip", Content::InMemory(Vec::new())).await.unwrap();
        let mode = |name| std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("a.zip"), mode("b.zip"));
    }

    #[tokio::test]
    async fn a_stopped_job_leaves_no_draft() {
        let dir = TempDir::new().unwrap();
        let job = Job::alone(Progress::silent()).with_drafts(drafts(&dir));
        let stop = job.stop.clone();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let work = job.blocking(move |job| {
            let mut draft = job.draft()?;
            begun.send(()).unwrap();
            loop {
                job.check_stop()?;
                draft.write_all(b"more").unwrap();
            }
            #[expect(unreachable_code, reason = "names the type of the closure")]
            Ok(draft)
        });
        let told = async {
            has_begun.await.unwrap();
            assert_eq!(names(&dir).len(), 1);
            stop.cancel();
        };
        let (ended, ()) = tokio::join!(work, told);
        assert!(ended.is_err());
        assert_eq!(names(&dir), Vec::<String>::new());
    }
}
