//! Entries as they lie in a stream, for looking at: their fields are named by bytes, whoever wrote them. The client's
//! own type wants text, and one name that is none would hide all entries that were read with it.

use redis::{FromRedisValue, ParsingError, Value};

/// An entry out of XRANGE.
#[derive(Debug)]
pub(crate) struct StoredEntry {
    pub(crate) id: String,
    /// In their order. A name may come again; the last counts, as it does for a worker.
    pub(crate) fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl StoredEntry {
    /// Its bytes.
    pub(crate) fn size(&self) -> usize {
        self.fields.iter().map(|(name, value)| name.len() + value.len()).sum()
    }

    /// The bytes of a field.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        let named = |(found, _): &&(Vec<u8>, Vec<u8>)| found == name.as_bytes();
        self.fields.iter().rfind(named).map(|(_, value)| value.as_slice())
    }

    /// The text of a field; `None` as well when it is no text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }
}

impl FromRedisValue for StoredEntry {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (id, fields) = FromRedisValue::from_redis_value(value)?;
        Ok(Self { id, fields })
    }
}
