//! `crops/<class>/<place>/<date>_<id>.jpg`: the path of each crop in the archive.

use std::collections::HashSet;

use deertrack_catalog::Record;
use deertrack_survey::calendar::Calendar;

use crate::export::text::path_part;

/// Paths that were given out.
pub(super) struct Names<'a> {
    calendar: &'a Calendar,
    /// In lower case: some file systems do not tell `a` from `A`.
    given: HashSet<String>,
}

impl<'a> Names<'a> {
    pub(super) fn new(calendar: &'a Calendar) -> Self {
        Self { calendar, given: HashSet::new() }
    }

    /// A path that no other crop has. The date is the local day at its place.
    pub(super) fn path(&mut self, record: &Record, place: Option<&str>) -> String {
        let class = record.class.name();
        let place = place.map_or_else(|| "no-place".to_owned(), path_part);
        let day = |at| self.calendar.day(record.image.place_id.as_deref(), at).to_string();
        let date = record.image.taken_at.map_or_else(|| "undated".to_owned(), day);
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
