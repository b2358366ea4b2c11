//! Camera effort in trap nights: how long cameras stood, inside a range.
//!
//! A trap night is 24 hours of one deployment. Two cameras at one place count twice; overlapping deployments are
//! taken as they are written. Where there are no deployments nothing is inferred.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::catalog::{Deployment, TimeRange};

/// Trap nights of `deployments` inside `range`. One without an end counts up to `now`.
pub(super) fn trap_nights<'a>(
    deployments: impl IntoIterator<Item = &'a Deployment>,
    range: &TimeRange,
    now: DateTime<Utc>,
) -> f64 {
    deployments.into_iter().map(|deployment| overlap(deployment, range, now)).sum()
}

/// Trap nights inside `range` of each place that has any.
pub(super) fn by_place<'a>(
    deployments: &'a [Deployment],
    range: &TimeRange,
    now: DateTime<Utc>,
) -> BTreeMap<&'a str, f64> {
    let mut nights = BTreeMap::new();
    for deployment in deployments {
        let overlap = overlap(deployment, range, now);
        if overlap > 0.0 {
            *nights.entry(deployment.place_id.as_str()).or_insert(0.0) += overlap;
        }
    }
    nights
}

/// Detections per 100 trap nights; `None` below one trap night, where a rate would only be noise.
pub(super) fn rate(detections: u64, trap_nights: f64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let detections = detections as f64;
    (trap_nights >= 1.0).then(|| 100.0 * detections / trap_nights)
}

fn overlap(deployment: &Deployment, range: &TimeRange, now: DateTime<Utc>) -> f64 {
    const NIGHT_SECONDS: f64 = 86_400.0;
    let start = deployment.start.max(range.start);
    let end = deployment.end.unwrap_or(now).min(range.end);
    (end - start).as_seconds_f64().max(0.0) / NIGHT_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn deployment(place: &str, start: &str, end: Option<&str>) -> Deployment {
        Deployment {
            id: format!("{place} {start}"),
            place_id: place.into(),
            camera: None,
            start: utc(start),
            end: end.map(utc),
        }
    }

    #[test]
    fn only_the_part_inside_the_range_counts() {
        let range = utc("2020-01-10T00:00:00Z")..utc("2020-01-20T00:00:00Z");
        let now = utc("2020-01-15T12:00:00Z");
        let all = [
            deployment("before", "2020-01-01T00:00:00Z", Some("2020-01-09T00:00:00Z")),
            deployment("edge", "2020-01-01T00:00:00Z", Some("2020-01-12T00:00:00Z")),
            deployment("edge", "2020-01-19T12:00:00Z", Some("2020-02-01T00:00:00Z")),
            deployment("over", "2019-01-01T00:00:00Z", Some("2021-01-01T00:00:00Z")),
            deployment("open", "2020-01-14T00:00:00Z", None),
        ];
        let nights = by_place(&all, &range, now);
        assert_eq!(nights, BTreeMap::from([("edge", 2.5), ("open", 1.5), ("over", 10.0)]));
        assert!((trap_nights(&all, &range, now) - 14.0).abs() < 1e-12);
    }

    #[test]
    fn two_cameras_at_one_place_count_twice() {
        let range = utc("2020-01-01T00:00:00Z")..utc("2020-01-03T00:00:00Z");
        let one = deployment("p", "2020-01-01T00:00:00Z", Some("2020-01-03T00:00:00Z"));
        let nights = trap_nights(&[one.clone(), one], &range, range.end);
        assert!((nights - 4.0).abs() < 1e-12);
    }

    #[test]
    fn a_rate_needs_a_trap_night() {
        assert_eq!(rate(3, 0.9), None);
        assert_eq!(rate(3, 1.0), Some(300.0));
        assert_eq!(rate(0, 50.0), Some(0.0));
    }

    #[test]
    fn the_rate_of_a_real_study_is_that_of_its_authors() {
        // 1,749 records in 2,636.98 camera days: 66.3258 per 100 days, computed with pandas from the published files.
        let rate = rate(1_749, 2_636.98).unwrap();
        assert!((rate - 66.3258).abs() < 1e-4, "{rate}");
    }
}
