//! The append-only file of a private Redis, as it stands on the disk: read, and cut as a power cut does.
//!
//! It knows the form of Redis 7 and later: a folder with a manifest, commands in RESP.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What the manifest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its text: another text, other files.
    pub text: String,
    /// The file that grows: the last one of type `i`.
    pub growing: Growing,
}

/// The file that Redis appends to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growing {
    /// Its sequence number: later files have larger ones.
    pub seq: u64,
    /// Where it is.
    pub path: PathBuf,
}

impl Manifest {
    /// The manifest of the server whose data is in `dir`.
    ///
    /// # Errors
    /// There is none, or it names no file that grows.
    pub fn read(dir: &Path) -> io::Result<Self> {
        let folder = dir.join("appendonlydir");
        let text = std::fs::read_to_string(folder.join("appendonly.aof.manifest"))?;
        let files: Vec<(u64, &str, &str)> = text.lines().filter_map(line).collect();
        let growing = files.iter().rev().find(|(_, _, kind)| *kind == "i");
        let (seq, name, _) = growing.ok_or_else(|| io::Error::other(format!("nothing grows: {text:?}")))?;
        let growing = Growing { seq: *seq, path: folder.join(name) };
        Ok(Self { growing, text })
    }
}

impl Growing {
    /// Its length in bytes.
    ///
    /// # Errors
    /// It has been removed.
    pub fn len(&self) -> io::Result<u64> {
        Ok(self.path.metadata()?.len())
    }

    /// Whether it holds nothing.
    ///
    /// # Errors
    /// As for [`Growing::len`].
    pub fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Its bytes from an offset on.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn bytes_from(&self, offset: u64) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// `file appendonly.aof.1.incr.aof seq 1 type i`
fn line(line: &str) -> Option<(u64, &str, &str)> {
    let mut words = line.split_whitespace();
    let mut value = |key| (words.next()? == key).then(|| words.next())?;
    let (name, seq, kind) = (value("file")?, value("seq")?, value("type")?);
    Some((seq.parse().ok()?, name, kind))
}

/// One command, whole or in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Where it begins.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
    /// `XADD`, `MULTI`, ...
    pub name: String,
    /// Which one it is between MULTI (0) and EXEC; `None` outside.
    pub in_block: Option<usize>,
}

/// The whole commands that `bytes`, which begin between two commands, begin with.
pub fn commands(bytes: &[u8]) -> impl Iterator<Item = Command> + '_ {
    let (mut at, mut block) = (0, None);
    std::iter::from_fn(move || {
        let (words, end) = command(bytes, at)?;
        let name = words.first().map(|word| String::from_utf8_lossy(&bytes[word.clone()]).to_uppercase())?;
        // Redis reads a MULTI within an open block as one more command of it.
        let in_block = match (block, name.as_str()) {
            (None, "MULTI") => Some(0),
            (None, _) => None,
            (Some(before), _) => Some(before + 1),
        };
        block = in_block.filter(|_| name != "EXEC");
        let command = Command { start: at, end, name, in_block };
        at = end;
        Some(command)
    })
}

/// Up to where `bytes` hold whole commands and whole blocks of them.
pub fn whole(bytes: &[u8]) -> usize {
    let ends = commands(bytes).filter(|command| command.in_block.is_none() || command.name == "EXEC");
    ends.last().map_or(0, |command| command.end)
}

/// The file that grows: the last increment that the manifest in `dir` names.
///
/// # Panics
/// When the server in `dir` writes no append-only file.
pub fn growing(dir: &Path) -> PathBuf {
    Manifest::read(dir).expect("one file grows").growing.path
}

/// One command in the file, with its words.
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

/// All whole commands of a file, in their order.
///
/// # Panics
/// When the file cannot be read.
pub fn read(file: &Path) -> Vec<Written> {
    let bytes = std::fs::read(file).expect("the file can be read");
    let mut commands = Vec::new();
    let mut at = 0;
    while let Some((words, end)) = command(&bytes, at) {
        let words = words.into_iter().map(|word| bytes[word].to_vec()).collect();
        commands.push(Written { at: at as u64, words });
        at = end;
    }
    commands
}

/// Where the commands are of the last MULTI..EXEC that has a command `name`, without MULTI, with EXEC.
///
/// # Panics
/// When there is none.
pub fn last_block(commands: &[Written], name: &str) -> Range<usize> {
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

/// Where the words are of the command at `start`, and where it ends; `None` at the end and where it is not whole.
fn command(bytes: &[u8], start: usize) -> Option<(Vec<Range<usize>>, usize)> {
    let (count, mut at) = number(bytes, start, b'*')?;
    let mut words = Vec::new();
    for _ in 0..count {
        let (length, begin) = number(bytes, at, b'$')?;
        let end = begin.checked_add(length)?;
        words.push(begin..end);
        at = end.checked_add(2)?;
        bytes.get(begin..at)?;
    }
    Some((words, at))
}

/// `*3\r\n`: the number and what is behind it. Lines with `#` are comments: times, when Redis is told to write them.
fn number(bytes: &[u8], mut at: usize, mark: u8) -> Option<(usize, usize)> {
    loop {
        let rest = bytes.get(at..)?;
        let length = rest.windows(2).position(|two| two == b"\r\n")?;
        at += length + 2;
        if rest.first() != Some(&b'#') {
            let digits = rest[..length].strip_prefix(&[mark])?;
            return Some((std::str::from_utf8(digits).ok()?.parse().ok()?, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nincr\r\n$1\r\nn\r\n*1\r\n$4\r\nEXEC\r\n";

    #[test]
    fn commands_and_blocks_end_where_they_end() {
        let all: Vec<Command> = commands(FILE).collect();
        let told: Vec<(&str, Option<usize>)> = all.iter().map(|c| (c.name.as_str(), c.in_block)).collect();
        assert_eq!(told, [("SELECT", None), ("MULTI", Some(0)), ("INCR", Some(1)), ("EXEC", Some(2))]);
        assert_eq!(all[3].end, FILE.len());
        let select = all[0].end;
        for cut in 0..FILE.len() {
            assert_eq!(whole(&FILE[..cut]), if cut < select { 0 } else { select }, "cut at {cut}");
            assert_eq!(commands(&FILE[..cut]).count(), all.iter().filter(|c| c.end <= cut).count());
        }
        assert_eq!(whole(FILE), FILE.len());
    }

    #[test]
    fn a_block_that_comes_back_goes_on_to_the_next_exec() {
        let half = commands(FILE).nth(2).unwrap_or_else(|| unreachable!("there are four")).end;
        let mut bytes = FILE[..half].to_vec();
        bytes.extend_from_slice(b"#TS:1796051609\r\n");
        bytes.extend_from_slice(FILE);
        let blocks: Vec<Option<usize>> = commands(&bytes).map(|command| command.in_block).collect();
        assert_eq!(blocks, [None, Some(0), Some(1), Some(2), Some(3), Some(4), Some(5)]);
        assert_eq!(whole(&bytes), bytes.len());
    }

    #[test]
    fn the_last_incremental_file_of_the_manifest_grows() {
        let dir = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let folder = dir.path().join("appendonlydir");
        std::fs::create_dir(&folder).unwrap_or_else(|error| panic!("{error}"));
        let text = "file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n";
        std::fs::write(folder.join("appendonly.aof.manifest"), text)
            .unwrap_or_else(|error| panic!("{error}"));
        let manifest = Manifest::read(dir.path()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(manifest.growing.seq, 2);
        assert_eq!(manifest.growing.path, folder.join("a.2.incr.aof"));
    }
}
