//! The append-only file of a private Redis, as it stands on the disk: read, and cut as a power cut does.

use std::fs::File;
use std::path::{Path, PathBuf};

/// One command in the file.
#[derive(Clone, Debug)]
pub struct Written {
    /// Where it begins, in bytes.
    pub at: u64,
    /// Its words: `SET`, the key, ...
    pub words: Vec<Vec<u8>>,
}

impl Written {
    /// Whether its first word is this.
    pub fn is(&self, name: &str) -> bool {
        self.words.first().is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
    }
}

/// The file that grows: the last increment that the manifest in `dir` names.
///
/// # Panics
/// When the server in `dir` writes no append-only file.
pub fn growing(dir: &Path) -> PathBuf {
    let folder = dir.join("appendonlydir");
    let manifest =
        std::fs::read_to_string(folder.join("appendonly.aof.manifest")).expect("it has a manifest");
    let increment = manifest.lines().rfind(|line| line.contains(" type i")).expect("one file grows");
    folder.join(increment.split(' ').nth(1).expect("the line names its file"))
}

/// All whole commands of a file, in their order.
///
/// # Panics
/// When the file cannot be read.
pub fn read(file: &Path) -> Vec<Written> {
    let bytes = std::fs::read(file).expect("the file can be read");
    let mut commands = Vec::new();
    let mut at = 0;
    while let Some((words, end)) = command(&bytes, at) {
        commands.push(Written { at: at as u64, words });
        at = end;
    }
    commands
}

/// Where the commands are of the last MULTI..EXEC that has a command `name`, without MULTI, with EXEC.
///
/// # Panics
/// When there is none.
pub fn last_block(commands: &[Written], name: &str) -> std::ops::Range<usize> {
    let named = commands.iter().rposition(|command| command.is(name)).expect("somebody has written it");
    let begin = commands[..named].iter().rposition(|command| command.is("MULTI")).expect("within a block");
    let end = commands[named..].iter().position(|command| command.is("EXEC")).expect("the block is whole");
    begin + 1..named + end + 1
}

/// Leaves the first `length` bytes.
///
/// # Panics
/// When the file cannot be written.
pub fn cut(file: &Path, length: u64) {
    File::options().write(true).open(file).and_then(|file| file.set_len(length)).expect("it can be cut");
}

/// The command at `at` and where it ends; `None` at the end and where a command is not whole.
fn command(bytes: &[u8], at: usize) -> Option<(Vec<Vec<u8>>, usize)> {
    let (count, mut at) = number(bytes, at, b'*')?;
    let mut words = Vec::with_capacity(count);
    for _ in 0..count {
        let (length, begin) = number(bytes, at, b'$')?;
        words.push(bytes.get(begin..begin + length)?.to_vec());
        at = begin + length + 2;
    }
    (at <= bytes.len()).then_some((words, at))
}

/// `*3\r\n`: the number and what is behind it.
fn number(bytes: &[u8], at: usize, mark: u8) -> Option<(usize, usize)> {
    let rest = bytes.get(at..)?.strip_prefix(&[mark])?;
    let end = rest.iter().position(|byte| *byte == b'\r')?;
    let number = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    Some((number, at + 1 + end + 2))
}
