//! How long which camera stood: the trap nights that every rate is divided by.
//!
//! From deployments, clipped to the range. Two that overlap at one place are two cameras, unless both name the same: a
//! camera is not counted twice, and two that face each other are. When a camera is known to have failed it is no effort.
//! A place that has no deployment gets what its images prove, marked as inferred.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Deployment, TimeRange};

/// A longer silence between two images is no proof that the camera worked.
pub const LONGEST_SILENCE: TimeDelta = TimeDelta::hours(24);

/// The effort of a range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effort {
    /// By place, then camera. Some may have no span, and so no trap night.
    pub cameras: Vec<Camera>,
}

/// One camera at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    /// Where.
    pub place_id: String,
    /// Which, if its deployments tell; deployments at a place that do not are one camera as long as they follow each
    /// other, and as many as stood at once where they overlap.
    pub camera: Option<String>,
    /// When it worked: disjoint, in order.
    pub spans: Vec<TimeRange>,
    /// How that is known.
    pub source: Source,
}

/// How effort is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Deployments say so.
    Deployments,
    /// Images prove it: from first to last, without silences over [`LONGEST_SILENCE`].
    Inferred,
}

/// The part of a range that has passed: cameras that still stand have stood until now, not longer.
pub fn passed(range: TimeRange, now: DateTime<Utc>) -> TimeRange {
    range.start..range.end.min(now).max(range.start)
}

impl Camera {
    /// Trap nights: its spans in days of 24 hours.
    pub fn nights(&self) -> f64 {
        total(self.spans.iter().map(nights))
    }
}

/// When each deployment stood.
type ById<'a> = BTreeMap<&'a str, Vec<TimeRange>>;

impl Effort {
    /// Effort by deployments within `range`. One that still stands ends with the range, so end the range today.
    pub fn of_deployments(deployments: &[Deployment], range: &TimeRange) -> Self {
        let mut cameras: BTreeMap<(&str, Option<&str>), ById<'_>> = BTreeMap::new();
        for deployment in deployments {
            let span = deployment.start.max(range.start)..deployment.end.unwrap_or(range.end).min(range.end);
            if span.start < span.end {
                let key = (deployment.place_id.as_str(), deployment.camera.as_deref());
                let spans = cameras.entry(key).or_default().entry(deployment.id.as_str()).or_default();
                spans.extend(without(span, &deployment.failures));
            }
        }
        let stood = cameras.into_iter().flat_map(|((place, camera), by_id)| {
            let spans = by_id.into_values().map(union);
            let lanes = match camera {
                Some(_) => vec![union(spans.flatten().collect())],
                None => side_by_side(spans),
            };
            lanes.into_iter().map(move |spans| Camera {
                place_id: place.to_owned(),
                camera: camera.map(str::to_owned),
                spans,
                source: Source::Deployments,
            })
        });
        Self { cameras: stood.collect() }
    }

    /// Adds what images prove for places that have no deployment here.
    ///
    /// This is less than the truth at places where little moves, so a rate on inferred effort is too high rather than too
    /// low: print that it is.
    #[must_use]
    pub fn and_proven(mut self, proof: Proof) -> Self {
        let places = proof.places.into_iter().filter(|(place, _)| !self.has_deployment(place));
        let inferred: Vec<Camera> = places
            .map(|(place_id, stretch)| Camera {
                place_id,
                camera: None,
                spans: stretch.spans(),
                source: Source::Inferred,
            })
            .collect();
        self.cameras.extend(inferred);
        self.cameras.sort_by(|a, b| (&a.place_id, &a.camera).cmp(&(&b.place_id, &b.camera)));
        self
    }

    /// As [`Effort::and_proven`], by all images of `range` (place and time), also those without deer.
    #[must_use]
    pub fn and_inferred<'a>(
        self,
        images: impl IntoIterator<Item = (&'a str, DateTime<Utc>)>,
        range: &TimeRange,
    ) -> Self {
        let mut images: Vec<(&str, DateTime<Utc>)> = images.into_iter().collect();
        images.sort_unstable_by_key(|(_, at)| *at);
        let mut proof = Proof::of(range.clone());
        for (place, at) in images {
            proof.add(place, at);
        }
        self.and_proven(proof)
    }

    fn has_deployment(&self, place: &str) -> bool {
        self.cameras.iter().any(|camera| camera.place_id == place)
    }

    /// The part of it within a range of each place, which `range` gives by place id.
    #[must_use]
    pub fn within(&self, range: impl Fn(&str) -> TimeRange) -> Self {
        let clipped = |camera: &Camera| {
            let range = range(&camera.place_id);
            let spans = camera.spans.iter().map(|span| span.start.max(range.start)..span.end.min(range.end));
            Camera { spans: spans.filter(|span| span.start < span.end).collect(), ..camera.clone() }
        };
        Self { cameras: self.cameras.iter().map(clipped).collect() }
    }

    /// All trap nights.
    pub fn nights(&self) -> f64 {
        total(self.cameras.iter().map(Camera::nights))
    }

    /// Trap nights of each place: the sum over its cameras.
    pub fn by_place(&self) -> BTreeMap<&str, f64> {
        let mut places = BTreeMap::new();
        for camera in &self.cameras {
            *places.entry(camera.place_id.as_str()).or_insert(0.0) += camera.nights();
        }
        places
    }

    /// Whether a part of it is inferred and not told.
    pub fn is_inferred(&self) -> bool {
        self.cameras.iter().any(|camera| camera.source == Source::Inferred)
    }
}

/// What is left of a span without these parts of it.
fn without(span: TimeRange, failures: &[TimeRange]) -> Vec<TimeRange> {
    let mut left = Vec::new();
    let mut start = span.start;
    for failure in union(failures.iter().filter(|failure| failure.start < failure.end).cloned().collect()) {
        left.push(start..failure.start.min(span.end));
        start = start.max(failure.end);
    }
    left.push(start..span.end);
    left.retain(|part| part.start < part.end);
    left
}

fn nights(span: &TimeRange) -> f64 {
    (span.end - span.start).as_seconds_f64() / 86_400.0
}

/// The sum; of nothing it is 0, where that of the standard library is -0, which would be printed.
fn total(nights: impl Iterator<Item = f64>) -> f64 {
    nights.fold(0.0, |sum, nights| sum + nights)
}

/// The spans of each deployment, given to as few cameras as can have stood there: each goes to the first that had been
/// taken down by then. Where none worked at all there is one, without a span.
fn side_by_side(deployments: impl Iterator<Item = Vec<TimeRange>>) -> Vec<Vec<TimeRange>> {
    let mut deployments: Vec<Vec<TimeRange>> = deployments.collect();
    deployments.sort_by_key(|spans| spans.first().map(|span| (span.start, span.end)));
    let mut cameras: Vec<Vec<TimeRange>> = Vec::new();
    for spans in deployments {
        let Some(start) = spans.first().map(|span| span.start) else { continue };
        match cameras.iter_mut().find(|camera| camera.last().is_none_or(|last| last.end <= start)) {
            Some(camera) => camera.extend(spans),
            None => cameras.push(spans),
        }
    }
    if cameras.is_empty() {
        cameras.push(Vec::new());
    }
    cameras.into_iter().map(union).collect()
}

/// Disjoint spans in order that cover the same instants.
fn union(mut spans: Vec<TimeRange>) -> Vec<TimeRange> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut disjoint: Vec<TimeRange> = Vec::with_capacity(spans.len());
    for span in spans {
        match disjoint.last_mut().filter(|last| span.start <= last.end) {
            Some(last) => last.end = last.end.max(span.end),
            None => disjoint.push(span),
        }
    }
    disjoint
}

/// When images prove that cameras worked: from image to image, where the silence between them is short enough.
#[derive(Clone, Debug)]
pub struct Proof {
    range: TimeRange,
    places: BTreeMap<String, Stretch>,
}

/// The proof of one place.
#[derive(Clone, Debug)]
struct Stretch {
    /// Before the present one.
    spans: Vec<TimeRange>,
    present: TimeRange,
}

impl Proof {
    /// Of a range: images at other times prove nothing.
    pub fn of(range: TimeRange) -> Self {
        Self { range, places: BTreeMap::new() }
    }

    /// Adds an image, also one without deer. At each place they must come in the order of time.
    pub fn add(&mut self, place: &str, at: DateTime<Utc>) {
        if !self.range.contains(&at) {
            return;
        }
        match self.places.get_mut(place) {
            Some(stretch) => stretch.extend(at),
            None => {
                self.places.insert(place.to_owned(), Stretch { spans: Vec::new(), present: at..at });
            }
        }
    }
}

impl Stretch {
    fn extend(&mut self, at: DateTime<Utc>) {
        if at - self.present.end > LONGEST_SILENCE {
            let ended = std::mem::replace(&mut self.present, at..at);
            self.spans.extend(Some(ended).filter(|span| span.start < span.end));
        }
        self.present.end = at;
    }

    fn spans(self) -> Vec<TimeRange> {
        self.spans.into_iter().chain(Some(self.present).filter(|span| span.start < span.end)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn stood(place: &str, camera: Option<&str>, from: i64, to: Option<i64>) -> Deployment {
        Deployment {
            id: format!("{place} {from}"),
            place_id: place.to_owned(),
            camera: camera.map(str::to_owned),
            start: hour(from),
            end: to.map(hour),
            failures: Vec::new(),
        }
    }

    #[test]
    fn deployments_are_clipped_to_the_range() {
        let all = [
            stood("a", None, -48, Some(24)),
            stood("b", None, 12, None),
            stood("c", None, -48, Some(0)),
            stood("d", None, 48, None),
        ];
        let effort = Effort::of_deployments(&all, &(hour(0)..hour(48)));
        assert_eq!(effort.by_place(), BTreeMap::from([("a", 1.0), ("b", 1.5)]));
        assert_eq!(effort.nights(), 2.5);
        assert!(!effort.is_inferred());
    }

    #[test]
    fn a_part_of_the_effort_keeps_every_camera_and_its_source() {
        let all = [stood("a", None, 0, Some(72)), stood("b", None, 60, Some(72))];
        let whole = Effort::of_deployments(&all, &(hour(0)..hour(96)));
        let part = whole.within(|place| if place == "a" { hour(24)..hour(60) } else { hour(0)..hour(24) });
        assert_eq!(part.cameras[0].spans, [hour(24)..hour(60)]);
        assert_eq!((part.cameras.len(), part.nights()), (2, 1.5));
        assert_eq!(whole.within(|_| hour(0)..hour(96)), whole);
    }

    #[test]
    fn overlapping_deployments_of_one_camera_count_once_and_two_cameras_twice() {
        let range = hour(0)..hour(240);
        let same = [stood("a", Some("x"), 0, Some(48)), stood("a", Some("x"), 24, Some(72))];
        let two = [stood("a", Some("x"), 0, Some(48)), stood("a", Some("y"), 24, Some(72))];
        assert_eq!(Effort::of_deployments(&same, &range).nights(), 3.0);
        let both = Effort::of_deployments(&two, &range);
        assert_eq!((both.cameras.len(), both.by_place()["a"]), (2, 4.0));
    }

    #[test]
    fn overlapping_deployments_that_name_no_camera_are_two_and_following_ones_are_one() {
        let range = hour(0)..hour(240);
        let of = |all: &[Deployment]| {
            let effort = Effort::of_deployments(all, &range);
            (effort.cameras.len(), effort.nights())
        };
        let facing =
            [stood("a", None, 0, Some(240)), Deployment { id: "b".into(), ..stood("a", None, 0, Some(240)) }];
        assert_eq!(of(&facing), (2, 20.0));
        assert_eq!(of(&[stood("a", None, 0, Some(72)), stood("a", None, 24, Some(48))]), (2, 4.0));
        assert_eq!(of(&[stood("a", None, 0, Some(48)), stood("a", None, 48, Some(72))]), (1, 3.0));
        assert_eq!(
            of(&[stood("a", None, 0, Some(48)), stood("a", None, 0, Some(48))]),
            (1, 2.0),
            "one id is one row"
        );
        let three =
            [stood("a", None, 0, Some(48)), stood("a", None, 24, Some(72)), stood("a", None, 50, Some(98))];
        assert_eq!(of(&three), (2, 6.0), "the third takes the place of the first");
    }

    #[test]
    fn a_failure_is_no_effort_whoever_stood_beside() {
        let range = hour(0)..hour(240);
        let failing = |deployment: Deployment, failures: &[(i64, i64)]| Deployment {
            failures: failures.iter().map(|(from, to)| hour(*from)..hour(*to)).collect(),
            ..deployment
        };
        let spans = |all: &[Deployment]| -> Vec<Vec<TimeRange>> {
            Effort::of_deployments(all, &range).cameras.into_iter().map(|camera| camera.spans).collect()
        };
        let one = stood("a", None, 24, Some(120));
        let told = [(60, 72), (48, 60), (70, 71), (100, 300), (5, 5)];
        assert_eq!(spans(&[failing(one.clone(), &told)]), [[hour(24)..hour(48), hour(72)..hour(100)]]);
        assert_eq!(spans(&[failing(one.clone(), &[(0, 48)])]), [[hour(48)..hour(120)]]);
        let beside = Deployment { id: "b".into(), ..one.clone() };
        let both = [failing(one.clone(), &[(24, 72)]), beside];
        assert_eq!(Effort::of_deployments(&both, &range).nights(), 2.0 + 4.0);
        let split = [stood("a", None, 24, Some(48)), stood("a", None, 72, Some(120))];
        assert_eq!(spans(&[failing(one, &[(48, 72)])]), spans(&split), "beside or by split deployments");
    }

    #[test]
    fn images_prove_no_effort_where_the_camera_is_known_to_have_failed() {
        let range = hour(0)..hour(48);
        let dead = Deployment { failures: vec![hour(0)..hour(48)], ..stood("a", None, 0, Some(48)) };
        let effort =
            Effort::of_deployments(&[dead], &range).and_inferred([("a", hour(3)), ("a", hour(9))], &range);
        assert_eq!((effort.cameras.len(), effort.nights(), effort.is_inferred()), (1, 0.0, false));
    }

    #[test]
    fn no_effort_is_zero_and_not_minus_zero() {
        let zero_length = Effort::of_deployments(&[stood("a", None, 5, Some(5))], &(hour(0)..hour(24)));
        assert!(zero_length.nights().is_sign_positive() && zero_length.nights() == 0.0);
        let outside = Effort::of_deployments(&[stood("a", None, 0, Some(5))], &(hour(0)..hour(24)));
        let outside = outside.within(|_| hour(6)..hour(7));
        assert!(outside.cameras[0].nights().is_sign_positive());
    }

    #[test]
    fn what_is_yet_to_come_is_no_effort() {
        let all = [stood("a", None, 0, Some(24 * 365 * 3000)), stood("b", None, 96, None)];
        let effort = Effort::of_deployments(&all, &passed(hour(0)..hour(240), hour(48)));
        assert_eq!(effort.by_place(), BTreeMap::from([("a", 2.0)]));
    }

    #[test]
    fn images_prove_effort_without_silences_over_a_day() {
        let images = [("a", hour(50)), ("a", hour(0)), ("a", hour(24)), ("a", hour(62)), ("a", hour(62))];
        let effort = Effort::default().and_inferred(images, &(hour(0)..hour(100)));
        assert_eq!(effort.cameras[0].spans, [hour(0)..hour(24), hour(50)..hour(62)]);
        assert_eq!(effort.nights(), 1.5);
        assert!(effort.is_inferred());
    }

    #[test]
    fn images_add_nothing_where_deployments_tell_or_the_range_ends() {
        let range = hour(0)..hour(48);
        let told = Effort::of_deployments(&[stood("b", None, 0, Some(24))], &range);
        let images = [("b", hour(30)), ("b", hour(40)), ("a", hour(-1)), ("a", hour(4)), ("a", hour(48))];
        let effort = told.and_inferred(images, &range);
        let sources: Vec<_> =
            effort.cameras.iter().map(|c| (c.place_id.as_str(), c.source, c.nights())).collect();
        assert_eq!(sources, [("a", Source::Inferred, 0.0), ("b", Source::Deployments, 1.0)]);
    }
}
