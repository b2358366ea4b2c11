//! `manifest.json`: what was asked, and the hash of every other entry. It holds nothing that differs between two runs of the
//! same command. Entries wait on disk: each crop has one.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;

use chrono::{DateTime, Utc};
use deertrack_schemas::ZipParams;
use serde::ser::{Error, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};

use crate::JobError;
use crate::export::Job;
use crate::export::pieces::{Added, Pieces};
use crate::export::told_zone::ToldZone;

/// What stands before the entries.
#[derive(Serialize)]
pub(super) struct Head<'a> {
    pub(super) created_at: DateTime<Utc>,
    pub(super) params: &'a ZipParams,
    /// Scientific names of what was chosen; none where the database tells none.
    pub(super) species: &'a BTreeSet<String>,
    /// Of the places of what was chosen.
    pub(super) time_zones: Vec<ToldZone>,
    /// Photographs without a crop because somebody saw a person or a vehicle.
    pub(super) photographs_kept_back: u64,
}

/// Another file of the archive.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) path: String,
    /// Bytes.
    pub(super) size: u64,
    pub(super) sha256: String,
}

/// The entries so far.
pub(super) struct Entries(Pieces);

impl Entries {
    /// In an empty file.
    pub(super) fn new(file: File) -> Self {
        Self(Pieces::new(file))
    }

    pub(super) fn add(&mut self, entry: &Entry) -> Result<(), JobError> {
        self.0.add(&serde_json::to_vec(entry).expect("texts and a whole number are always writable"))
    }

    /// Writes all of it to `out`.
    ///
    /// # Errors
    /// `Retry` when files cannot be read or written; `Stopped` when told to stop.
    pub(super) fn write(self, job: &Job, head: &Head<'_>, out: impl Write) -> Result<(), JobError> {
        #[derive(Serialize)]
        struct Manifest<'a> {
            #[serde(flatten)]
            head: &'a Head<'a>,
            entries: Listed<'a>,
        }
        let entries = Listed { job, entries: RefCell::new(self.0.read()?) };
        let written = serde_json::to_writer_pretty(out, &Manifest { head, entries });
        job.check_stop()?;
        written.map_err(|error| JobError::retry("the archive could not be written", error))
    }
}

/// The entries as they are read.
struct Listed<'a> {
    job: &'a Job,
    entries: RefCell<Added>,
}

impl Serialize for Listed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for entry in &mut *self.entries.borrow_mut() {
            self.job.check_stop().map_err(S::Error::custom)?;
            let entry: Entry =
                serde_json::from_slice(&entry.map_err(S::Error::custom)?).map_err(S::Error::custom)?;
            list.serialize_element(&entry)?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Progress;

    /// As it was written when all of it was in memory.
    #[derive(Serialize)]
    struct Whole<'a> {
        created_at: DateTime<Utc>,
        params: &'a ZipParams,
        species: BTreeSet<&'a str>,
        time_zones: Vec<ToldZone>,
        photographs_kept_back: u64,
        entries: Vec<Entry>,
    }

    fn entry(number: u64) -> Entry {
        Entry { path: format!("crops/été/{number}.jpg"), size: number << 40, sha256: "00ff".into() }
    }

    fn written(params: &ZipParams, count: u64, job: &Job) -> Result<Vec<u8>, JobError> {
        let mut entries = Entries::new(tempfile::tempfile().unwrap());
        (0..count).for_each(|number| entries.add(&entry(number)).unwrap());
        let species = BTreeSet::from(["Dama dama".to_owned()]);
        let head = Head {
            created_at: DateTime::UNIX_EPOCH,
            params,
            species: &species,
            time_zones: vec![ToldZone::configured(chrono_tz::Tz::UTC)],
            photographs_kept_back: 3,
        };
        let mut out = Vec::new();
        entries.write(job, &head, &mut out).map(|()| out)
    }

    #[test]
    fn a_manifest_whose_entries_were_on_disk_is_the_one_of_memory() {
        let params = ZipParams::of(vec!["a \"b\"".into()]);
        let job = Job::alone(Progress::silent());
        for count in [0, 1, 500] {
            let whole = Whole {
                created_at: DateTime::UNIX_EPOCH,
                params: &params,
                species: ["Dama dama"].into(),
                time_zones: vec![ToldZone::configured(chrono_tz::Tz::UTC)],
                photographs_kept_back: 3,
                entries: (0..count).map(entry).collect(),
            };
            let expected = serde_json::to_vec_pretty(&whole).unwrap();
            assert_eq!(
                String::from_utf8(written(&params, count, &job).unwrap()),
                String::from_utf8(expected)
            );
        }
        job.stop.cancel();
        assert!(matches!(written(&params, 5, &job), Err(JobError::Stopped)));
    }
}
