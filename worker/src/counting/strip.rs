//! Effort by camera and local day, so that a dead battery is not read as a drop in deer.
//!
//! Numbers for a drawing, not the drawing. The spans come from [`effort`](super::effort).

use chrono::NaiveDate;

use super::calendar::{Calendar, days};
use super::effort::{Camera, Effort, Source};
use crate::catalog::TimeRange;

/// What each camera did on each day.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// The columns.
    pub days: Vec<NaiveDate>,
    /// One for each camera, in the order of [`Effort::cameras`].
    pub rows: Vec<StripRow>,
}

/// What one camera did.
#[derive(Clone, Debug, PartialEq)]
pub struct StripRow {
    /// Where.
    pub place_id: String,
    /// Which.
    pub camera: Option<String>,
    /// Told or inferred.
    pub source: Source,
    /// The part of each local day that it worked, 0 to 1, in the order of [`Strip::days`].
    pub active: Vec<f64>,
}

impl Strip {
    /// Each camera on the local days of its place, from `first` to `last`, both included.
    pub fn of(effort: &Effort, calendar: &Calendar, first: NaiveDate, last: NaiveDate) -> Self {
        let days: Vec<_> = first.iter_days().take_while(|day| *day <= last).collect();
        let rows = effort.cameras.iter().map(|camera| row(camera, calendar, &days)).collect();
        Self { days, rows }
    }
}

fn row(camera: &Camera, calendar: &Calendar, columns: &[NaiveDate]) -> StripRow {
    let zone = calendar.zone(Some(&camera.place_id));
    let active = columns.iter().map(|&day| active_part(camera, &days(day, day, zone)));
    StripRow {
        place_id: camera.place_id.clone(),
        camera: camera.camera.clone(),
        source: camera.source,
        active: active.collect(),
    }
}

/// A day has 23 or 25 hours when the clocks change; one that a zone skipped has none.
fn active_part(camera: &Camera, day: &TimeRange) -> f64 {
    let whole = (day.end - day.start).as_seconds_f64();
    if whole <= 0.0 {
        return 0.0;
    }
    let shared =
        |span: &TimeRange| (span.end.min(day.end) - span.start.max(day.start)).as_seconds_f64().max(0.0);
    camera.spans.iter().map(shared).sum::<f64>() / whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use chrono_tz::Europe::Brussels;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn strip(spans: Vec<TimeRange>, first: &str, last: &str) -> Strip {
        let camera = Camera { place_id: "a".into(), camera: None, spans, source: Source::Deployments };
        let effort = Effort { cameras: vec![camera] };
        Strip::of(&effort, &Calendar::new(Brussels), first.parse().unwrap(), last.parse().unwrap())
    }

    #[test]
    fn a_gap_between_two_spans_is_seen_on_its_days() {
        // Brussels is one hour ahead in winter.
        let spans = vec![
            at("2024-01-01T11:00:00Z")..at("2024-01-02T23:00:00Z"),
            at("2024-01-04T17:00:00Z")..at("2024-01-09T00:00:00Z"),
        ];
        let strip = strip(spans, "2023-12-31", "2024-01-05");
        assert_eq!(strip.days.len(), 6);
        assert_eq!(strip.rows[0].active, [0.0, 0.5, 1.0, 0.0, 0.25, 1.0]);
    }

    #[test]
    fn a_whole_day_is_one_whether_it_has_23_24_or_25_hours() {
        for (day, start, end) in [
            ("2024-03-31", "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z"),
            ("2024-10-27", "2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z"),
        ] {
            let (start, end) = (at(start), at(end));
            assert_eq!(strip(vec![start..end], day, day).rows[0].active, [1.0], "{day}");
            let half = start + (end - start) / 2;
            assert_eq!(strip(vec![start..half], day, day).rows[0].active, [0.5], "{day}");
        }
    }
}
