//! Local days and how a report divides them: days, ISO weeks, months.
//!
//! Only dates: `export::range` makes instants of them. What happened in a period is `compute`'s business.

use std::ops::RangeInclusive;

use chrono::{Datelike, Days, NaiveDate};
use deertrack_schemas::pdf::GroupBy;
use serde::Serialize;

use super::wording;

fn next(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

/// One row of the table and one bar of the chart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Period {
    /// First local day that counts.
    pub(super) first: NaiveDate,
    /// Last local day that counts.
    pub(super) last: NaiveDate,
    /// Its name: `Wed 1 Jan 2020`, `2020-W01`, `January 2020`.
    pub(super) name: String,
    /// The days it covers, where the name does not tell: weeks, and months cut by the range.
    pub(super) days: Option<String>,
    /// Its place on the time axis: days since the first, and how many it has.
    pub(super) from: i64,
    pub(super) length: i64,
}

/// The time axis of every chart of the report: true to scale, so a month cut by the range is narrower.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Axis {
    /// How many days it has.
    pub(super) days: i64,
    pub(super) ticks: Vec<Tick>,
}

/// A label under the axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Tick {
    /// The day that it names, from 0.
    pub(super) day: i64,
    /// What it says.
    pub(super) text: String,
    /// The year, under the first label and wherever it changes.
    pub(super) year: Option<i32>,
}

/// A range of local days, divided without gaps. Periods without detections are there too, so that bars stay even.
pub(super) struct Periods {
    group_by: GroupBy,
    origin: NaiveDate,
    pub(super) all: Vec<Period>,
}

impl Periods {
    pub(super) fn new(range: RangeInclusive<NaiveDate>, group_by: GroupBy) -> Self {
        let (start, end) = range.into_inner();
        let mut all = Vec::new();
        let mut first = start;
        while first <= end {
            let last = last_of(first, group_by).min(end);
            all.push(Period { from: (first - start).num_days(), ..describe(first, last, group_by) });
            first = next(last);
        }
        Self { group_by, origin: first_of(start, group_by), all }
    }

    /// Which period a local day is in; `None` outside the range.
    pub(super) fn position(&self, day: NaiveDate) -> Option<usize> {
        let since = (day - self.origin).num_days();
        let index = match self.group_by {
            GroupBy::Day => since,
            GroupBy::Week => since.div_euclid(7),
            GroupBy::Month => i64::from(month_number(day) - month_number(self.origin)),
        };
        let index = usize::try_from(index).ok()?;
        self.all.get(index).filter(|period| (period.first..=period.last).contains(&day)).map(|_| index)
    }

    /// The time axis, with labels few enough to be read: days, Mondays or firsts of months.
    pub(super) fn axis(&self) -> Axis {
        let (Some(first), Some(last)) = (self.all.first(), self.all.last()) else {
            return Axis { days: 0, ticks: Vec::new() };
        };
        let days = (last.last - first.first).num_days() + 1;
        let mut year = None;
        let mut ticks = Vec::new();
        for (day, date) in (0..days).zip(first.first.iter_days()) {
            let Some(text) = label(date, days) else { continue };
            let changed = year != Some(date.year());
            year = Some(date.year());
            ticks.push(Tick { day, text, year: changed.then_some(date.year()) });
        }
        Axis { days, ticks }
    }
}

/// The label of a day on an axis of so many days, if it has one.
fn label(date: NaiveDate, days: i64) -> Option<String> {
    match days {
        0..=14 => Some(date.format("%-d %b").to_string()),
        15..=70 => (date.weekday() == chrono::Weekday::Mon).then(|| date.format("%-d %b").to_string()),
        _ => (date.day() == 1).then(|| date.format("%b").to_string()),
    }
}

fn first_of(day: NaiveDate, group_by: GroupBy) -> NaiveDate {
    match group_by {
        GroupBy::Day | GroupBy::Month => day,
        GroupBy::Week => day - Days::new(u64::from(day.weekday().num_days_from_monday())),
    }
}

fn last_of(day: NaiveDate, group_by: GroupBy) -> NaiveDate {
    match group_by {
        GroupBy::Day => day,
        GroupBy::Week => day + Days::new(6 - u64::from(day.weekday().num_days_from_monday())),
        GroupBy::Month => day + Days::new(u64::from(day.num_days_in_month()) - u64::from(day.day())),
    }
}

fn month_number(day: NaiveDate) -> i32 {
    day.year() * 12 + day.month0().cast_signed()
}

fn describe(first: NaiveDate, last: NaiveDate, group_by: GroupBy) -> Period {
    let (name, days) = match group_by {
        GroupBy::Day => (first.format("%a %-d %b %Y").to_string(), None),
        GroupBy::Week => {
            (first.format("%G-W%V").to_string(), Some(wording::span(first, last, wording::Year::Never)))
        }
        GroupBy::Month => {
            let whole = first.day() == 1 && last == last_of(first, GroupBy::Month);
            let days = (!whole).then(|| wording::span(first, last, wording::Year::Never));
            (first.format("%B %Y").to_string(), days)
        }
    };
    Period { first, last, name, days, from: 0, length: (last - first).num_days() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn names(first: &str, last: &str, group_by: GroupBy) -> Vec<String> {
        Periods::new(day(first)..=day(last), group_by).all.into_iter().map(|period| period.name).collect()
    }

    #[test]
    fn iso_weeks_keep_their_year_at_new_year() {
        assert_eq!(names("2020-12-27", "2021-01-05", GroupBy::Week), ["2020-W52", "2020-W53", "2021-W01"]);
        let periods = Periods::new(day("2020-12-27")..=day("2021-01-05"), GroupBy::Week);
        let days: Vec<_> = periods.all.iter().filter_map(|period| period.days.as_deref()).collect();
        assert_eq!(days, ["27 Dec", "28 Dec – 3 Jan", "4–5 Jan"]);
        let at = |date| periods.position(day(date));
        assert_eq!(at("2020-12-27"), Some(0));
        assert_eq!((at("2020-12-28"), at("2021-01-03")), (Some(1), Some(1)));
        assert_eq!(at("2021-01-04"), Some(2));
        assert_eq!((at("2020-12-26"), at("2021-01-06")), (None, None));
    }

    #[test]
    fn a_leap_year_has_366_days_and_twelve_months() {
        let days = Periods::new(day("2020-01-01")..=day("2020-12-31"), GroupBy::Day);
        assert_eq!(days.all.len(), 366);
        assert_eq!(days.position(day("2020-02-29")), Some(59));
        assert_eq!(days.all[59].name, "Sat 29 Feb 2020");
        let months = Periods::new(day("2020-01-01")..=day("2020-12-31"), GroupBy::Month);
        assert_eq!(months.all.len(), 12);
        assert_eq!((months.all[1].last, months.all[1].days.as_deref()), (day("2020-02-29"), None));
    }

    #[test]
    fn a_month_that_the_range_cuts_says_which_days_count() {
        let periods = Periods::new(day("2020-01-15")..=day("2020-03-01"), GroupBy::Month);
        let days: Vec<_> = periods.all.iter().map(|period| period.days.as_deref()).collect();
        assert_eq!(days, [Some("15–31 Jan"), None, Some("1 Mar")]);
        assert_eq!(periods.position(day("2020-03-01")), Some(2));
        assert_eq!(periods.position(day("2020-03-02")), None);
    }

    #[test]
    fn every_day_of_a_year_is_in_the_period_that_holds_it() {
        for group_by in [GroupBy::Day, GroupBy::Week, GroupBy::Month] {
            let periods = Periods::new(day("2019-07-04")..=day("2020-07-03"), group_by);
            for date in day("2019-07-04").iter_days().take(366) {
                let period = &periods.all[periods.position(date).expect("inside the range")];
                assert!((period.first..=period.last).contains(&date), "{date} is not in {}", period.name);
            }
        }
    }

    #[test]
    fn axis_labels_are_few_and_name_each_year_once() {
        let labels = |first, last| -> Vec<(i64, String, Option<i32>)> {
            let axis = Periods::new(day(first)..=day(last), GroupBy::Week).axis();
            axis.ticks.into_iter().map(|tick| (tick.day, tick.text, tick.year)).collect()
        };
        let winter = labels("2019-11-10", "2020-03-31");
        assert_eq!(winter[0], (21, "Dec".into(), Some(2019)));
        assert_eq!(winter[1], (52, "Jan".into(), Some(2020)));
        assert_eq!((winter.len(), winter[2].2), (4, None));
        assert_eq!(labels("2020-01-01", "2020-12-31").len(), 12);
        assert_eq!(labels("2020-01-01", "2020-01-14").len(), 14);
        assert_eq!(labels("2020-01-01", "2020-02-29")[0], (5, "6 Jan".into(), Some(2020)));
    }

    #[test]
    fn periods_lie_on_the_axis_to_scale() {
        let periods = Periods::new(day("2020-01-15")..=day("2020-03-01"), GroupBy::Month);
        let places: Vec<_> = periods.all.iter().map(|period| (period.from, period.length)).collect();
        assert_eq!(places, [(0, 17), (17, 29), (46, 1)]);
        assert_eq!(periods.axis().days, 47);
    }
}
