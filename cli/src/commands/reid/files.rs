//! Puts the files of an analysis into a folder.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use deertrack_worker::JobError;
use deertrack_worker::export::reid::File;

use crate::exit::Exit;

/// Writes one file, with the folders that it needs. `Ok(Err(..))` is what the analysis says while it writes.
pub(super) fn write(folder: &Path, file: File<'_>) -> Result<Result<(), JobError>, Exit> {
    let path = folder.join(&file.path);
    let into = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(into).with_context(|| format!("cannot make {}", into.display()))?;
    let cannot = || format!("cannot write {}", path.display());
    let mut out = BufWriter::new(std::fs::File::create(&path).with_context(cannot)?);
    let written = file.content.write_to(&mut out);
    out.flush().with_context(cannot)?;
    Ok(written)
}
