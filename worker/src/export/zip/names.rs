//! `crops/<class>/<place>/<date>_<id>.jpg`: the path of each crop in the archive.

use std::collections::HashSet;

use chrono_tz::Tz;

use crate::catalog::Record;
use crate::export::text::path_part;

/// Paths that were given out.
pub(super) struct Names {
    zone: Tz,
    /// In lower case: some file systems do not tell `a` from `A`.
    given: HashSet<String>,
}

impl Names {
    pub(super) fn new(zone: Tz) -> Self {
        Self { zone, given: HashSet::new() }
    }

    /// A path that no other crop has. The date is the local day.
    pub(super) fn path(&mut self, record: &Record, place: Option<&str>) -> String {
        let class = record.class.name();
        let place = place.map_or_else(|| "no-place".to_owned(), path_part);
        let taken_at = record.image.taken_at.map(|at| at.with_timezone(&self.zone).format("%Y-%m-%d"));
        let date = taken_at.map_or_else(|| "undated".to_owned(), |date| date.to_string());
        let stem = format!("crops/{class}/{place}/{date}_{}", path_part(&record.id));
        let mut path = format!("{stem}.jpg");
        let mut copy = 2;
        while !self.given.insert(path.to_lowercase()) {
            path = format!("{stem}-{copy}.jpg");
            copy += 1;
        }
        path
    }
}
