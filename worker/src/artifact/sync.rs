//! Forcing files to the disk, where the file system does that.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Once;

/// Forces a file or a folder to the disk. Some file systems (of networks, of users) refuse that for good: it is told once,
/// and what is written is as sure as they make it.
///
/// # Errors
/// The disk is full or broken, or the server of the files is away.
pub(super) fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(error) if is_refused_for_good(&error) => {
            static TOLD: Once = Once::new();
            TOLD.call_once(|| {
                tracing::warn!(
                    %error,
                    "the file system of the export folder does not sync: a power cut may take finished files"
                );
            });
            Ok(())
        }
        synced => synced,
    }
}

/// The same for a folder, so that the names in it are sure as well.
pub(super) fn sync_folder(dir: &Path) -> io::Result<()> {
    sync(&File::open(dir)?)
}

/// EINVAL, ENOTSUP, ENOSYS.
fn is_refused_for_good(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_that_does_not_sync_is_no_failure_and_a_full_one_is() {
        // Linux answers EINVAL for what has no disk behind it.
        assert_eq!(File::open("/dev/null").unwrap().sync_all().unwrap_err().kind(), ErrorKind::InvalidInput);
        sync(&File::open("/dev/null").unwrap()).unwrap();
        let [eio, enospc, enotsup] = [5, 28, 95].map(io::Error::from_raw_os_error);
        assert!(is_refused_for_good(&enotsup));
        assert!(!is_refused_for_good(&eio));
        assert!(!is_refused_for_good(&enospc));
    }
}
