//! Receiver operating characteristic of scores with known answers: area, equal error rate, best cut.
//!
//! The rates are over pairs or probes as the caller gives them. A false match rate (false positives / negatives) is
//! not the proportion of wrong assignments ([`crate::estimate`]).

use crate::binomial::clopper_pearson;
use crate::judged::{Sides, Tied};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Points of a curve kept for drawing.
const DRAWN: usize = 200;

/// The curve, with one point for each distinct score from the greatest down.
#[derive(Debug, Clone, PartialEq)]
pub struct Roc {
    sides: Sides,
    /// How many points there are.
    points: usize,
    /// True and false positives ahead of every [`STRIDE`]th point: any point is found in a few steps, and none is held.
    marks: Vec<[usize; 2]>,
}

/// Points from mark to mark.
const STRIDE: usize = 1 << 10;

/// What a threshold lets pass.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    threshold: f64,
    false_positives: usize,
    true_positives: usize,
}

/// Where missed positives and passed negatives are equally frequent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EqualErrorRate {
    /// The mean of the two rates where they differ least.
    pub rate: f64,
    /// The score there.
    pub threshold: f64,
    /// The scores at which the 95 % intervals of the two rates meet. Pairs that share a photograph are not
    /// independent, so it is a little too narrow.
    pub interval: [f64; 2],
}

/// One drawn point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RocPoint {
    /// Least score that passes.
    pub threshold: f64,
    /// Share of the negatives that pass.
    pub false_match_rate: f64,
    /// Share of the positives that pass.
    pub true_match_rate: f64,
}

impl Roc {
    /// The curve of scores and whether each is a positive. None unless there are both kinds.
    #[must_use]
    pub fn new(scored: Vec<(f64, bool)>) -> Option<Self> {
        Self::of(Sides::new(scored.into_iter()))
    }

    /// As [`Roc::new`].
    pub(crate) fn of(sides: Sides) -> Option<Self> {
        if sides.yes() == 0 || sides.no() == 0 {
            return None;
        }
        let (mut points, mut marks, mut passed) = (0, Vec::new(), [0, 0]);
        for tied in sides.falling([0, 0]) {
            if points % STRIDE == 0 {
                marks.push(passed);
            }
            points += 1;
            passed = [passed[0] + tied.yes, passed[1] + tied.no];
        }
        Some(Self { sides, points, marks })
    }

    /// The points from the greatest score down, from the `mark`th mark on.
    fn points_from(&self, mark: usize) -> impl Iterator<Item = Point> + '_ {
        let passed = self.marks[mark];
        let point = |passed: &mut [usize; 2], tied: Tied| {
            *passed = [passed[0] + tied.yes, passed[1] + tied.no];
            let [true_positives, false_positives] = *passed;
            Some(Point { threshold: tied.score, false_positives, true_positives })
        };
        self.sides.falling(passed).scan(passed, point)
    }

    fn points(&self) -> impl Iterator<Item = Point> + '_ {
        self.points_from(0)
    }

    fn point(&self, place: usize) -> Point {
        let mut points = self.points_from(place / STRIDE).skip(place % STRIDE);
        points.next().expect("places are below the number of points")
    }

    /// How many points at the beginning `are`; no other one is.
    fn beginning(&self, are: impl Fn(&Point) -> bool) -> usize {
        let (mut low, mut high) = (0, self.points);
        while low < high {
            let middle = usize::midpoint(low, high);
            if are(&self.point(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The area under the curve: the chance that a positive scores above a negative, ties half.
    #[must_use]
    pub fn area(&self) -> f64 {
        let (mut area, mut before) = (0.0, (0, 0));
        for point in self.points() {
            let width = (point.false_positives - before.0) as f64;
            area += width * (point.true_positives + before.1) as f64 / 2.0;
            before = (point.false_positives, point.true_positives);
        }
        area / (self.sides.yes() as f64 * self.sides.no() as f64)
    }

    /// Where the two error rates differ least (the highest such score).
    #[must_use]
    pub fn equal_error_rate(&self) -> EqualErrorRate {
        let gap = |point: &Point| (self.miss_rate(point) - self.false_match_rate(point)).abs();
        let best = self.points().min_by(|a, b| gap(a).total_cmp(&gap(b)));
        let best = best.expect("a curve has at least one point");
        let rate = f64::midpoint(self.miss_rate(&best), self.false_match_rate(&best));
        EqualErrorRate { rate, threshold: best.threshold, interval: self.meeting() }
    }

    /// The score with the greatest true match rate less false match rate (Youden 1950); the highest such score.
    #[must_use]
    pub fn youden_threshold(&self) -> f64 {
        let lead = |point: &Point| 1.0 - self.miss_rate(point) - self.false_match_rate(point);
        // Ahead of all scores lies the threshold that lets nothing pass; among equals the first is the highest.
        let mut best = (0.0, self.point(0).threshold);
        for point in self.points() {
            if lead(&point) > best.0 {
                best = (lead(&point), point.threshold);
            }
        }
        best.1
    }

    /// At most 200 points for drawing, the last one included.
    #[must_use]
    pub fn drawn(&self) -> Vec<RocPoint> {
        let step = self.points.div_ceil(DRAWN);
        let chosen = self.points().skip((self.points - 1) % step).step_by(step);
        let point = |point: Point| RocPoint {
            threshold: point.threshold,
            false_match_rate: self.false_match_rate(&point),
            true_match_rate: 1.0 - self.miss_rate(&point),
        };
        chosen.map(point).collect()
    }

    fn false_match_rate(&self, point: &Point) -> f64 {
        point.false_positives as f64 / self.sides.no() as f64
    }

    fn miss_rate(&self, point: &Point) -> f64 {
        1.0 - point.true_positives as f64 / self.sides.yes() as f64
    }

    /// From the highest score at which the misses may be as rare as the false matches, down to the lowest at which the
    /// false matches may be as rare as the misses.
    fn meeting(&self) -> [f64; 2] {
        let misses =
            |point: &Point| clopper_pearson(self.sides.yes() - point.true_positives, self.sides.yes());
        let matches = |point: &Point| clopper_pearson(point.false_positives, self.sides.no());
        let too_high = self.beginning(|point| misses(point)[0] > matches(point)[1]);
        let not_too_low = self.beginning(|point| matches(point)[0] <= misses(point)[1]);
        let at = |place: usize| self.point(place.min(self.points - 1)).threshold;
        [at(not_too_low.saturating_sub(1)), at(too_high)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;

    #[test]
    fn area_equal_error_rate_and_best_cut_equal_scikit_learn() {
        for case in oracle::cases("roc") {
            let answers = case.counts("positive");
            let scored = case.numbers("scores").into_iter().zip(answers.iter().map(|&a| a == 1)).collect();
            let roc = Roc::new(scored).unwrap();
            oracle::assert_near(roc.area(), case.number("area"), 1e-12, "area");
            let equal = roc.equal_error_rate();
            oracle::assert_near(equal.rate, case.number("eer"), 1e-12, "equal error rate");
            oracle::assert_near(equal.threshold, case.number("eer_threshold"), 1e-12, "its threshold");
            oracle::assert_near(roc.youden_threshold(), case.number("youden"), 1e-12, "best cut");
            assert!(equal.interval[0] <= equal.threshold && equal.threshold <= equal.interval[1]);
        }
    }

    #[test]
    fn one_kind_of_answer_has_no_curve() {
        assert_eq!(Roc::new(vec![(0.5, true), (0.7, true)]), None);
        assert_eq!(Roc::new(vec![]), None);
    }

    #[test]
    fn equal_scores_are_worth_a_coin() {
        let roc = Roc::new(vec![(0.5, true), (0.5, false), (0.5, false)]).unwrap();
        assert_eq!(roc.area(), 0.5);
    }

    #[test]
    fn a_drawn_curve_is_short_and_ends_where_all_pass() {
        let roc = Roc::new((0..5_000).map(|i| (f64::from(i), i % 3 == 0)).collect()).unwrap();
        let drawn = roc.drawn();
        assert!(drawn.len() <= DRAWN);
        assert_eq!(drawn.last().map(|p| (p.false_match_rate, p.true_match_rate)), Some((1.0, 1.0)));
    }
}
