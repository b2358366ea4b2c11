//! `crops/<class>/<place>/<date>_<id>.jpg`: the path of each crop in the archive.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use deertrack_catalog::LONGEST_EVENT;
use deertrack_survey::calendar::Calendar;

use super::row::Row;
use crate::export::text::path_part;

/// From an instant to the day of it at a place: no clock is a whole day beside UTC.
const MOST_OFFSET: Days = Days::new(1);

/// Paths that were given out. Each has its date, so those of a day that is over are held no longer: no other can become
/// one of them.
pub(super) struct Names<'a> {
    calendar: &'a Calendar,
    /// By date (`None`: undated), in lower case: some file systems do not tell `a` from `A`.
    given: BTreeMap<Option<NaiveDate>, HashSet<String>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(calendar: &'a Calendar) -> Self {
        Self { calendar, given: BTreeMap::new() }
    }

    /// A path that no other crop has. The date is the local day at its place. Rows come in the order in which their animals
    /// were seen, or their photographs were taken; those without a time last.
    pub(super) fn path(&mut self, row: &Row, place: Option<&str>) -> String {
        self.forget_before(row.seen_at);
        let class = row.class.name();
        let place = place.map_or_else(|| "no-place".to_owned(), path_part);
        let day = row.taken_at.map(|at| self.calendar.day(row.place_id.as_deref(), at));
        let date = day.map_or_else(|| "undated".to_owned(), |day| day.to_string());
        let stem = format!("crops/{class}/{place}/{date}_{}", path_part(&row.id));
        let given = self.given.entry(day).or_default();
        let mut path = format!("{stem}.jpg");
        let mut copy = 2;
        while !given.insert(path.to_lowercase()) {
            path = format!("{stem}-{copy}.jpg");
            copy += 1;
        }
        path
    }

    /// What comes after a row was seen no more than [`LONGEST_EVENT`] before it, nor was it taken so.
    fn forget_before(&mut self, seen_at: Option<DateTime<Utc>>) {
        let earliest = seen_at.and_then(|at| at.checked_sub_signed(LONGEST_EVENT));
        let Some(first) = earliest.and_then(|at| at.date_naive().checked_sub_days(MOST_OFFSET)) else {
            return;
        };
        while let Some(oldest) = self.given.first_entry() {
            // Without a date comes before all dates, and stays.
            match oldest.key() {
                Some(day) if *day < first => drop(oldest.remove()),
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use chrono_tz::Tz;
    use deertrack_schemas::Class;
    use proptest::prelude::*;

    use super::*;

    /// Minutes of a fortnight, and how far the photograph is from what was seen.
    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let row = (0_i64..14 * 1_440, -1_440_i64..=1_440, "[aA]{1,2}[-/]?2?", any::<bool>());
        prop::collection::vec(row, 1..200).prop_map(|mut rows| {
            rows.sort_by_key(|(seen, ..)| *seen);
            rows.into_iter().map(|(seen, off, id, is_buck)| of(seen, off, id, is_buck)).collect()
        })
    }

    fn of(seen: i64, off: i64, id: String, is_buck: bool) -> Row {
        let seen_at = DateTime::UNIX_EPOCH + TimeDelta::minutes(seen);
        Row {
            id,
            image_id: String::new(),
            path: None,
            taken_at: Some(seen_at + TimeDelta::minutes(off)),
            seen_at: Some(seen_at),
            place_id: None,
            sees_people: false,
            class: if is_buck { Class::Buck } else { Class::Doe },
            confidence: None,
            bbox: None,
            deer_id: None,
            scientific_name: None,
            created_at: None,
        }
    }

    proptest! {
        #[test]
        fn paths_are_those_of_one_who_forgets_none(
            rows in rows(),
            zone in prop::sample::select(vec![Tz::UTC, Tz::Pacific__Kiritimati, Tz::Pacific__Pago_Pago]),
        ) {
            let calendar = Calendar::of(&[], zone);
            let mut names = Names::new(&calendar);
            let mut all = HashSet::new();
            for row in &rows {
                let path = names.path(row, None);
                // A new one knows no other, so this is the path of the first.
                let first = Names::new(&calendar).path(row, None);
                let stem = first.trim_end_matches(".jpg");
                let copies = (2..).map(|copy| format!("{stem}-{copy}.jpg"));
                let free = std::iter::once(first.clone()).chain(copies).find(|path| all.insert(path.to_lowercase()));
                prop_assert_eq!(Some(path), free);
                prop_assert!(names.given.len() <= 6, "{} days", names.given.len());
            }
        }
    }

    #[test]
    fn those_without_a_date_are_told_apart_too() {
        let calendar = Calendar::of(&[], Tz::UTC);
        let mut names = Names::new(&calendar);
        let undated = || Row { taken_at: None, seen_at: None, ..of(0, 0, "a".into(), true) };
        names.path(&of(0, 0, "a".into(), true), Some("Ridge"));
        let paths = [(); 2].map(|()| names.path(&undated(), Some("Ridge")));
        assert_eq!(paths, ["crops/buck/Ridge/undated_a.jpg", "crops/buck/Ridge/undated_a-2.jpg"]);
        assert_eq!(names.path(&undated(), None), "crops/buck/no-place/undated_a.jpg");
    }
}
