//! Before a private server starts: what a power cut left half written goes from its append-only file *before* the MULTI
//! that it stands behind. The server itself would cut behind it, and execute the half at its next start; see
//! [`crate::heal`](mod@crate::heal), which mends that from outside.
//!
//! `redis-check-aof` says where the file is whole no more, and cuts it there. It is the server's own program under
//! another name, so it is there and of the same version. It is only let cut when nothing whole comes behind: where an
//! earlier half was left in the file, with days of jobs behind it, it would throw all of them away. That half is the
//! server's to execute, once; the rewrite ends it.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Mends the append-only file in `dir`, if there is one. What it does not mend the server judges itself: it cuts the end
/// of a file that is not the last, refuses to start and starts when it is asked again.
pub(super) fn fix(program: &Path, dir: &Path) -> std::io::Result<()> {
    let folder = dir.join("appendonlydir");
    let manifest = folder.join("appendonly.aof.manifest");
    if !manifest.is_file() {
        return Ok(());
    }
    let said = check(program, &[], &manifest)?;
    let Some((file, whole)) = half(&said) else { return Ok(()) };
    if has_end_of_block(&folder.join(&file), whole)? {
        tracing::warn!(
            file,
            "half a transaction of an earlier power cut stands in the append-only file of Redis, with whole ones behind it: \
             Redis executes it, and writes it into no other file"
        );
        return Ok(());
    }
    let said = check(program, &["--fix"], &manifest)?;
    if said.contains("Successfully truncated") {
        tracing::warn!(
            file,
            bytes = whole,
            "the end of the append-only file was half written, and was cut off"
        );
    } else {
        tracing::debug!(
            file,
            "the append-only file was not mended: {}",
            said.lines().last().unwrap_or_default()
        );
    }
    Ok(())
}

/// What the checker says.
fn check(program: &Path, options: &[&str], manifest: &Path) -> std::io::Result<String> {
    let mut command = Command::new(program);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, name(program));
    command.args(options).arg(manifest);
    let mut checker = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    if let Some(mut answers) = checker.stdin.take() {
        // It asks before it cuts. It may have ended without a question.
        let _ = answers.write_all(b"y\n");
    }
    Ok(String::from_utf8_lossy(&checker.wait_with_output()?.stdout).into_owned())
}

/// The name under which the program is its checker.
fn name(program: &Path) -> &'static str {
    let server = program.file_name().unwrap_or_default().to_string_lossy();
    if server.contains("valkey") { "valkey-check-aof" } else { "redis-check-aof" }
}

/// The increment that is not whole, and up to where it is: `AOF analyzed: filename=appendonly.aof.1.incr.aof, size=361,
/// ok_up_to=222, ok_up_to_line=76, diff=139`.
fn half(said: &str) -> Option<(String, u64)> {
    let value = |line: &str, name: &str| {
        let (_, rest) = line.split_once(name)?;
        rest.split([',', ' ']).next().map(str::to_owned)
    };
    said.lines().filter(|line| line.starts_with("AOF analyzed:")).find_map(|line| {
        let file = value(line, "filename=")?;
        let broken = value(line, "diff=")? != "0" && file.ends_with(".incr.aof");
        broken.then_some((file, value(line, "ok_up_to=")?.parse().ok()?))
    })
}

/// Whether a block ends behind `from`. A value that holds such a line is taken for one: then nothing is cut.
fn has_end_of_block(file: &Path, from: u64) -> std::io::Result<bool> {
    let mut file = BufReader::new(File::open(file)?);
    file.seek(SeekFrom::Start(from))?;
    let mut line = Vec::new();
    while file.read_until(b'\n', &mut line)? > 0 {
        if line.eq_ignore_ascii_case(b"EXEC\r\n") {
            return Ok(true);
        }
        line.clear();
    }
    Ok(false)
}
