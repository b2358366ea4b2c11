//! Scores with the answer yes or no, in order: what a curve and a calibration are made of. Eight bytes a score.

/// The scores of each answer, rising.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sides {
    yes: Vec<f64>,
    no: Vec<f64>,
}

/// Equal scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tied {
    /// The first of them in the order of the walk (there are two zeros).
    pub(crate) score: f64,
    pub(crate) yes: usize,
    pub(crate) no: usize,
}

impl Sides {
    pub(crate) fn new(scored: impl Iterator<Item = (f64, bool)>) -> Self {
        let mut sides = Self { yes: Vec::new(), no: Vec::new() };
        scored.for_each(|(score, yes)| if yes { sides.yes.push(score) } else { sides.no.push(score) });
        sides.yes.sort_unstable_by(f64::total_cmp);
        sides.no.sort_unstable_by(f64::total_cmp);
        sides
    }

    pub(crate) fn yes(&self) -> usize {
        self.yes.len()
    }

    pub(crate) fn no(&self) -> usize {
        self.no.len()
    }

    /// All scores from the lowest.
    pub(crate) fn rising(&self) -> impl Iterator<Item = Tied> + '_ {
        let mut rest = (self.yes.as_slice(), self.no.as_slice());
        std::iter::from_fn(move || {
            let score = match (rest.0.first(), rest.1.first()) {
                (Some(a), Some(b)) => *if a.total_cmp(b).is_le() { a } else { b },
                (a, b) => *a.or(b)?,
            };
            let equal = |side: &[f64]| side.iter().take_while(|other| **other == score).count();
            let (yes, no) = (equal(rest.0), equal(rest.1));
            rest = (&rest.0[yes..], &rest.1[no..]);
            Some(Tied { score, yes, no })
        })
    }

    /// All scores from the highest, but for the highest `passed` of each answer.
    pub(crate) fn falling(&self, passed: [usize; 2]) -> impl Iterator<Item = Tied> + '_ {
        let mut rest = (&self.yes[..self.yes() - passed[0]], &self.no[..self.no() - passed[1]]);
        std::iter::from_fn(move || {
            let score = match (rest.0.last(), rest.1.last()) {
                (Some(a), Some(b)) => *if a.total_cmp(b).is_ge() { a } else { b },
                (a, b) => *a.or(b)?,
            };
            let equal = |side: &[f64]| side.iter().rev().take_while(|other| **other == score).count();
            let (yes, no) = (equal(rest.0), equal(rest.1));
            rest = (&rest.0[..rest.0.len() - yes], &rest.1[..rest.1.len() - no]);
            Some(Tied { score, yes, no })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_walk_meets_each_score_once_with_all_its_answers(
            scored in prop::collection::vec((-3..4_i8, any::<bool>()), 0..60),
        ) {
            let scored: Vec<(f64, bool)> = scored.into_iter().map(|(s, yes)| (f64::from(s) / 3.0, yes)).collect();
            let sides = Sides::new(scored.iter().copied());
            let rising: Vec<Tied> = sides.rising().collect();
            let mut falling: Vec<Tied> = sides.falling([0, 0]).collect();
            falling.reverse();
            prop_assert_eq!(&rising, &falling);
            prop_assert!(rising.windows(2).all(|two| two[0].score < two[1].score));
            for tied in rising {
                let of = |yes| scored.iter().filter(|one| **one == (tied.score, yes)).count();
                prop_assert_eq!((tied.yes, tied.no), (of(true), of(false)));
            }
        }
    }
}
