//! Puts the files of an analysis into a folder.

use std::path::Path;

use anyhow::Context;
use deertrack_worker::export::reid::File;

use crate::exit::Exit;

/// Writes one file, with the folders that it needs.
pub(super) fn write(folder: &Path, file: &File) -> Result<(), Exit> {
    let path = folder.join(&file.path);
    let into = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(into).with_context(|| format!("cannot make {}", into.display()))?;
    std::fs::write(&path, &file.bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}
