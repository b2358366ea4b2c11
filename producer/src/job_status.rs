//! A status record as its readers see it: the stored JSON with `job_id` in it.
//!
//! Other programs write such records too, with fewer fields and with fields of their own, so nothing is
//! required of it but that it is a JSON object, and every value passes through unchanged.

use std::collections::BTreeMap;

use deertrack_schemas::{Status, StatusRecord};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// What lies under a job's status key.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct JobStatus {
    fields: BTreeMap<String, Box<RawValue>>,
}

impl JobStatus {
    pub(crate) fn parse(job_id: &str, text: &[u8]) -> Result<Self, serde_json::Error> {
        let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(text)?;
        fields.insert("job_id".to_owned(), to_raw_value(job_id)?);
        Ok(Self { fields })
    }

    /// The coarse status, if the record has one that is known.
    pub fn status(&self) -> Option<Status> {
        serde_json::from_str(self.fields.get("status")?.get()).ok()
    }

    /// Whose it is, if the record says so.
    pub fn tenant(&self) -> Option<String> {
        serde_json::from_str(self.fields.get("tenant")?.get()).ok()
    }

    /// The whole record, if it is one of ours.
    pub fn record(&self) -> Option<StatusRecord> {
        serde_json::from_str(&self.to_json()).ok()
    }

    /// One field as JSON text.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|value| value.get())
    }

    /// The record as JSON, `job_id` included.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.fields).expect("names are strings and values are JSON already")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_record_passes_through_unchanged() {
        let text = br#"{"status":"completed","rows":123456789012345678901234567890,"share":0.10}"#;
        let status = JobStatus::parse("a/b", text).unwrap();
        assert_eq!(
            status.to_json(),
            r#"{"job_id":"a/b","rows":123456789012345678901234567890,"share":0.10,"status":"completed"}"#
        );
        assert_eq!(status.status(), Some(Status::Completed));
        assert!(status.record().is_none());
    }

    #[test]
    fn what_is_not_a_json_object_is_refused() {
        for text in ["", "[]", "null", "1", "\"x\"", "{", "\u{0}", "{} {}"] {
            assert!(JobStatus::parse("a", text.as_bytes()).is_err(), "{text:?} was taken");
        }
        assert!(JobStatus::parse("a", b"{\"a\":\"\xff\"}").is_err());
    }
}
