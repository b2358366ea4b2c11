//! How much memory the jobs of a worker may take, so that a large one is refused or waits before it takes others down:
//! whoever exceeds a container's limit is killed, and all of its jobs with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Memory is counted in whole ones of these: a mebibyte.
const UNIT: u64 = 1 << 20;

/// The memory of a worker's jobs.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Bytes of the whole process; `None`: as much as there is.
    limit: Option<u64>,
    /// What was taken before the first job.
    own: u64,
    /// What jobs may take, in `UNIT`s.
    free: Arc<Semaphore>,
}

/// That no job of this worker may take so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuch {
    /// Bytes that are needed.
    pub needed: u64,
    /// Bytes that a job may take.
    pub most: u64,
    /// Bytes of the whole process.
    pub limit: u64,
}

/// Memory that a job has; free again when dropped.
#[derive(Debug)]
pub struct Reserved(#[expect(dead_code, reason = "held, not read")] Option<OwnedSemaphorePermit>);

impl Memory {
    /// As much as there is.
    pub fn unlimited() -> Self {
        Self { limit: None, own: 0, free: Arc::new(Semaphore::new(0)) }
    }

    /// At most `limit` bytes for the whole process. What it takes already is not the jobs'.
    pub fn limited(limit: u64) -> Self {
        Self::beside(limit, resident().unwrap_or(0))
    }

    /// The limit of this process' control groups (a container's `--memory`); unlimited where there is none.
    pub fn of_this_machine() -> Self {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        limit_of(Path::new("/sys/fs/cgroup"), &groups).map_or_else(Self::unlimited, Self::limited)
    }

    /// So many bytes for jobs, whatever the process takes.
    pub fn with_room_for_jobs(bytes: u64) -> Self {
        Self::beside(bytes, 0)
    }

    fn beside(limit: u64, own: u64) -> Self {
        let units = usize::try_from(limit.saturating_sub(own) / UNIT).unwrap_or(usize::MAX);
        Self { limit: Some(limit), own, free: Arc::new(Semaphore::new(units.min(u32::MAX as usize))) }
    }

    /// Bytes of the whole process; `None`: as much as there is.
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Takes `needed` bytes for a job. Where others have them, it waits, in the order of asking.
    ///
    /// # Errors
    /// [`TooMuch`] when it could never have them.
    pub async fn reserve(&self, needed: u64) -> Result<Reserved, TooMuch> {
        let Some(limit) = self.limit else { return Ok(Reserved(None)) };
        let most = limit.saturating_sub(self.own) / UNIT;
        let units = needed.div_ceil(UNIT);
        let too_much = TooMuch { needed, most: most * UNIT, limit };
        if units > most {
            return Err(too_much);
        }
        let units = u32::try_from(units).map_err(|_too_many| too_much)?;
        let permit = Arc::clone(&self.free).acquire_many_owned(units).await;
        Ok(Reserved(Some(permit.expect("nobody closes it"))))
    }
}

/// Bytes that this process has in memory.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1_024)
}

/// The smallest limit of the control groups that `groups` (`/proc/self/cgroup`) names and of those above them: version 2
/// (`0::/a/b`, `memory.max`) or version 1 (`4:memory:/a/b`, `memory.limit_in_bytes`).
fn limit_of(root: &Path, groups: &str) -> Option<u64> {
    let limits = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        match controllers {
            "" => smallest(root, path, "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                smallest(&root.join("memory"), path, "memory.limit_in_bytes")
            }
            _ => None,
        }
    });
    limits.min()
}

/// In a container the path may be that of the host, which is not there; then the root is the container's own group.
fn smallest(root: &Path, path: &str, file: &str) -> Option<u64> {
    let folder: PathBuf = root.join(path.trim_start_matches('/'));
    let folders = folder.ancestors().take_while(|folder| folder.starts_with(root));
    folders.filter_map(|folder| limit_in(&folder.join(file))).min()
}

/// Version 1 has a number near the largest where there is no limit, version 2 the word `max`.
fn limit_in(file: &Path) -> Option<u64> {
    const NONE_FROM: u64 = 1 << 60;
    let told = fs::read_to_string(file).ok()?.trim().parse().ok()?;
    (told < NONE_FROM).then_some(told)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempfile::TempDir;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn what_never_fits_is_refused_and_what_does_not_fit_now_waits() {
        let memory = Memory::beside(300 * UNIT, 100 * UNIT);
        let refused = memory.reserve(201 * UNIT).await.unwrap_err();
        assert_eq!(refused, TooMuch { needed: 201 * UNIT, most: 200 * UNIT, limit: 300 * UNIT });
        let first = memory.reserve(150 * UNIT).await.unwrap();
        let second = memory.reserve(51 * UNIT);
        tokio::pin!(second);
        assert!(timeout(Duration::from_millis(20), &mut second).await.is_err(), "it waits");
        drop(first);
        timeout(Duration::from_secs(5), second).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn without_a_limit_nothing_waits() {
        let memory = Memory::unlimited();
        let _all = (memory.reserve(u64::MAX).await.unwrap(), memory.reserve(u64::MAX).await.unwrap());
        assert_eq!(memory.limit(), None);
    }

    #[test]
    fn the_smallest_limit_of_all_groups_above_is_meant() {
        let root = TempDir::new().unwrap();
        let put = |path: &str, text: &str| {
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        let of = |groups: &str| limit_of(root.path(), groups);
        assert_eq!(of("0::/\n"), None);
        put("a/b/memory.max", "max\n");
        assert_eq!(of("0::/a/b\n"), None);
        put("a/memory.max", "512000000\n");
        assert_eq!(of("0::/a/b\n"), Some(512_000_000));
        put("memory.max", "100\n");
        assert_eq!(of("0::/of/the/host\n"), Some(100), "a container sees its own group as the root");
        put("memory/c/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(of("4:memory:/c\n1:cpu:/d\n"), None);
        put("memory/c/memory.limit_in_bytes", "70\n");
        assert_eq!(of("4:cpu,memory:/c\n0::/\n"), Some(70));
    }

    #[test]
    fn a_process_knows_what_it_takes() {
        assert!(resident().unwrap() > 1_000_000);
    }
}
