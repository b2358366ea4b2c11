//! Large JSON files of tools, entry by entry: one array is handed on as it is read, the rest is small. Bare `NaN` and
//! `Infinity`, which Python writes and JSON has not, are read as null. Lines are counted, so that an entry can be named.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::{BadRow, ImportError};

/// Hands on each entry of the array `key` of the object that the file is, with the line on which it ends; gives back the
/// other members of the object, but for the arrays that are `skipped`.
///
/// # Errors
/// When the file cannot be read or is no such object, and what `entry` gives.
pub(crate) fn read(
    path: &Path,
    file: &str,
    key: &'static str,
    skipped: &'static [&'static str],
    entry: &mut dyn FnMut(u64, Value) -> Result<(), ImportError>,
) -> Result<Map<String, Value>, ImportError> {
    let unreadable = |source| ImportError::Unreadable { path: path.to_owned(), source };
    let line = Rc::new(Cell::new(1));
    let reader = Lenient::new(BufReader::new(File::open(path).map_err(unreadable)?), Rc::clone(&line));
    let mut failed = None;
    let top = Top { key, skipped, line: &line, entry, failed: &mut failed };
    let mut json = serde_json::Deserializer::from_reader(reader);
    let others = json.deserialize_map(top).and_then(|others| json.end().map(|()| others));
    match (others, failed) {
        (_, Some(error)) => Err(error),
        (Ok(others), None) => Ok(others),
        (Err(error), None) => {
            let (line, at) = (error.line(), error.column());
            let cause = error.to_string();
            let cause = cause.split(" at line ").next().unwrap_or_default();
            let next =
                if error.is_eof() { "; the file ends before its end: copy or download it again" } else { "" };
            Err(ImportError::WrongForm {
                path: file.into(),
                reason: format!("line {line}, character {at}: it is no JSON that is read: {cause}{next}"),
            })
        }
    }
}

/// A member of an entry that cannot be used.
pub(crate) fn bad(file: &str, line: u64, member: &str, value: &Value, reason: &str) -> BadRow {
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    BadRow { file: file.to_owned(), line, column: member.to_owned(), value, reason: reason.to_owned() }
}

/// An id: a text in the convention, a number in older sets.
pub(crate) fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

struct Top<'a> {
    key: &'static str,
    skipped: &'static [&'static str],
    line: &'a Cell<u64>,
    entry: &'a mut dyn FnMut(u64, Value) -> Result<(), ImportError>,
    failed: &'a mut Option<ImportError>,
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with a list {:?}", self.key)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut others = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == self.key {
                let entries = Entries { line: self.line, entry: &mut *self.entry, failed: &mut *self.failed };
                map.next_value_seed(entries)?;
            } else if self.skipped.contains(&name.as_str()) {
                map.next_value::<IgnoredAny>()?;
            } else {
                others.insert(name, map.next_value()?);
            }
        }
        Ok(others)
    }
}

struct Entries<'a> {
    line: &'a Cell<u64>,
    entry: &'a mut dyn FnMut(u64, Value) -> Result<(), ImportError>,
    failed: &'a mut Option<ImportError>,
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(value) = entries.next_element::<Value>()? {
            if let Err(error) = (self.entry)(self.line.get(), value) {
                *self.failed = Some(error);
                return Err(serde::de::Error::custom("an entry cannot be used"));
            }
        }
        Ok(())
    }
}

/// Replaces what is no JSON outside of strings, counts lines and passes a byte order mark over.
struct Lenient<R> {
    inner: R,
    line: Rc<Cell<u64>>,
    in_string: bool,
    is_escaped: bool,
    is_begun: bool,
    /// What stands for a word that was replaced.
    pending: &'static [u8],
}

impl<R: BufRead> Lenient<R> {
    fn new(inner: R, line: Rc<Cell<u64>>) -> Self {
        Self { inner, line, in_string: false, is_escaped: false, is_begun: false, pending: b"" }
    }

    fn next(&mut self) -> io::Result<Option<u8>> {
        if let [first, rest @ ..] = self.pending {
            self.pending = rest;
            return Ok(Some(*first));
        }
        let Some(byte) = self.raw()? else { return Ok(None) };
        if self.in_string {
            let ends = byte == b'"' && !self.is_escaped;
            self.is_escaped = byte == b'\\' && !self.is_escaped;
            self.in_string = !ends;
            return Ok(Some(byte));
        }
        match byte {
            b'"' => self.in_string = true,
            b'\n' => self.line.set(self.line.get() + 1),
            b'N' => return self.replaced(b"aN"),
            b'I' => return self.replaced(b"nfinity"),
            b'-' if self.inner.fill_buf()?.first() == Some(&b'I') => return self.replaced(b"Infinity"),
            _ => {}
        }
        Ok(Some(byte))
    }

    fn raw(&mut self) -> io::Result<Option<u8>> {
        if !std::mem::replace(&mut self.is_begun, true) && self.inner.fill_buf()?.starts_with(b"\xef\xbb\xbf")
        {
            self.inner.consume(3);
        }
        let byte = self.inner.fill_buf()?.first().copied();
        if byte.is_some() {
            self.inner.consume(1);
        }
        Ok(byte)
    }

    /// Passes the rest of a word over; null stands for it. Another word is no JSON, and the reader says so.
    fn replaced(&mut self, rest: &[u8]) -> io::Result<Option<u8>> {
        for expected in rest {
            if self.inner.fill_buf()?.first() != Some(expected) {
                return Ok(Some(b'?'));
            }
            self.inner.consume(1);
        }
        self.pending = b"ull";
        Ok(Some(b'n'))
    }
}

impl<R: BufRead> Read for Lenient<R> {
    /// One byte at a time, as the reader of JSON asks for them: so the line is that of what it has read.
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let Some(first) = to.first_mut() else { return Ok(0) };
        match self.next()? {
            Some(byte) => {
                *first = byte;
                Ok(1)
            }
            None => Ok(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    type Entries = Vec<(u64, Value)>;

    fn read_text(text: &str) -> (Result<Map<String, Value>, ImportError>, Entries) {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("a.json");
        fs::write(&path, text).unwrap();
        let mut entries = Entries::new();
        let others = read(&path, "a.json", "images", &["annotations"], &mut |line, value| {
            entries.push((line, value));
            Ok(())
        });
        (others, entries)
    }

    #[test]
    fn entries_come_with_their_lines_and_python_writes_nan() {
        let text = "\u{feff}{\"images\": [\n{\"a\": NaN, \"b\": \"NaN \\\" Infinity\"},\n{\"a\": -Infinity}],\n\"annotations\": [1], \"info\": {\"x\": Infinity}}";
        let (others, entries) = read_text(text);
        assert_eq!(Value::Object(others.unwrap()), serde_json::json!({ "info": { "x": null } }));
        assert_eq!(entries[0], (2, serde_json::json!({ "a": null, "b": "NaN \" Infinity" })));
        assert_eq!(entries[1], (3, serde_json::json!({ "a": null })));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for (text, told) in [
            ("{\"images\": [{\"a\": 1},", "a.json: line 1, character 21"),
            ("[1, 2]", "an object with a list \"images\""),
            ("{\"images\": [None]}", "line 1, character 13"),
            ("{\"images\": 5}", "expected a list"),
        ] {
            let error = read_text(text).0.unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        assert!(read_text("{\"images\": [").0.unwrap_err().to_string().contains("copy or download it again"));
    }
}
