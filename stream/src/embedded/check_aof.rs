//! `redis-check-aof --fix` before a private server starts: it cuts what a power cut left half written *before* the
//! MULTI that it stands behind. The server itself would cut behind it, and execute the half at its next start; see
//! [`crate::heal`](mod@crate::heal), which mends that from outside.
//!
//! The checker is the server's own program under another name, so it is there and of the same version.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Mends the append-only file in `dir`, if there is one. What it cannot mend the server judges itself: it cuts the end
/// of a file that is not the last, refuses to start and starts when it is asked again.
pub(super) fn fix(program: &Path, dir: &Path) -> std::io::Result<()> {
    let manifest = dir.join("appendonlydir").join("appendonly.aof.manifest");
    if !manifest.is_file() {
        return Ok(());
    }
    let mut command = Command::new(program);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, name(program));
    command.arg("--fix").arg(&manifest);
    let mut checker = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    if let Some(mut answers) = checker.stdin.take() {
        // It asks before it cuts. It may have ended without a question.
        let _ = answers.write_all(b"y\n");
    }
    let output = checker.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    if let Some(line) = said.lines().find(|line| line.contains("Successfully truncated")) {
        tracing::warn!("the end of the append-only file was half written: {line}");
    } else if !output.status.success() {
        tracing::debug!(
            "the append-only file could not be checked: {}",
            said.lines().last().unwrap_or_default()
        );
    }
    Ok(())
}

/// The name under which the program is its checker.
fn name(program: &Path) -> &'static str {
    let server = program.file_name().unwrap_or_default().to_string_lossy();
    if server.contains("valkey") { "valkey-check-aof" } else { "redis-check-aof" }
}
