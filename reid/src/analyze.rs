//! The whole analysis in one call: the parts of this crate in the order in which a reader should see them.

use crate::column::{Column, Series};
use crate::describe::{Statistics, describe};
use crate::estimate::{Answer, Estimate, estimate, estimate_by};
use crate::evaluate::{Evaluation, evaluate, right_matches};
use crate::false_match::{Curve, false_match_curves};
use crate::histogram::{Histogram, histogram};
use crate::input::Input;
use crate::kde::{Kde, kde_in};
use crate::kernel::{Match, best_two_in};
use crate::linkage::{Tree, link};
use crate::profiles::{CandidateMerge, CandidateSplit, candidate_merges, candidate_splits};
use crate::sample::{Draw, best_scores, draw, representatives};
use crate::shape::{Shape, shape};
use crate::space::{SpaceCheck, space_check};
use crate::thresholds::{ThresholdRow, threshold_table};
use crate::verdict::{Verdict, verdict};
use crate::{Error, Options, Workplace};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that was found. As JSON it is the `analysis.json` of an export, except the parts that are tables of their
/// own there (`matches`, `sample`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Analysis {
    /// Is there a threshold that may be used?
    pub verdict: Verdict,
    /// Are the vectors one space?
    pub space_check: SpaceCheck,
    /// Detections.
    pub detections: usize,
    /// Profiles.
    pub profiles: usize,
    /// Summary of the best scores; none if no detection may be compared with any profile.
    pub statistics: Option<Statistics>,
    /// Their histogram.
    pub histogram: Option<Histogram>,
    /// Their density; none without spread.
    pub kde: Option<Kde>,
    /// What each threshold would assign.
    pub thresholds: Vec<ThresholdRow>,
    /// Wrong / assigned by labels, or by true identities where there are no labels; none without both.
    pub estimate: Option<Estimate>,
    /// Where the answers of the estimate come from.
    pub estimate_source: Option<EstimateSource>,
    /// False match rates without labels.
    pub false_matches: Vec<Curve>,
    /// The tree of the profiles and what it suggests.
    pub clusters: Clusters,
    /// Descriptions of the distribution, never advice.
    pub shape: Shape,
    /// What true identities say, where they are known.
    pub evaluation: Option<Evaluation>,
    /// The two best profiles of each detection.
    #[serde(skip)]
    pub matches: Column<Option<Match>>,
    /// Whether each detection is of a burst that a profile was made of ([`Input::founding`]): it was not compared with its
    /// own profile, so no threshold is judged by it.
    #[serde(skip)]
    pub founding: Vec<bool>,
    /// Assignments to look at.
    #[serde(skip)]
    pub sample: Vec<Draw>,
}

/// Who said which assignments are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EstimateSource {
    /// A person who looked at a sample.
    Labels,
    /// The true identities in the input.
    Identities,
}

/// The profiles among themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Clusters {
    /// The tree.
    #[serde(flatten)]
    pub tree: Tree,
    /// Clusters that remain at each threshold.
    pub cuts: Vec<Cut>,
    /// Profiles that may be one animal at the current threshold.
    pub candidate_merges: Vec<CandidateMerge>,
    /// Profiles that may be two animals at the current threshold.
    pub candidate_splits: Vec<CandidateSplit>,
}

/// A cut through the tree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cut {
    /// Score at which clusters are still joined.
    pub threshold: f64,
    /// The same as a height of the tree: 1 - threshold.
    pub height: f64,
    /// Clusters that remain.
    pub clusters: usize,
}

/// Analyses the input, in memory.
///
/// # Errors
///
/// [`Error::Setting`] for options out of range, [`Error::Dimensions`] if detections and profiles are of different
/// spaces, and what [`Input::check`] finds.
pub fn analyze(input: &Input, options: &Options) -> Result<Analysis, Error> {
    analyze_in(input, options, Workplace::alone())
}

/// Analyses the input where `place` has room, watched by it: of each detection a score, a burst and a mark or two are in
/// memory at a time.
///
/// # Errors
///
/// As [`analyze`]; [`Error::Storage`] when what is not in memory cannot be read or written, [`Error::Stopped`] when the
/// watcher says so.
pub fn analyze_in(input: &Input, options: &Options, place: Workplace<'_>) -> Result<Analysis, Error> {
    options.check()?;
    let rows = input.probes.rows();
    let go_on = || {
        input.check_read()?;
        place.tell(rows)
    };
    let bursts = input.bursts();
    let pairing = input.pairing(&bursts, options.same_sex)?;
    let matches = best_two_in(&input.probes, &input.gallery, &pairing, options.threads, place)?;
    let space_check = space_check(input, &bursts, &pairing, &matches, options.seed);
    drop(pairing);
    go_on()?;
    let founding = input.founding(&bursts);
    let judged = Judged { matches: &matches, founding: &founding };
    let order = representatives(&judged, &bursts, options.seed);
    let estimate_source = estimate_source(input);
    let estimate = estimate_source.map(|source| answers(input, &matches, &order, source, options));
    let sample = draw(&order, &matches, &options.thresholds, options.sample_size);
    drop(order);
    go_on()?;
    let false_matches = false_match_curves(input, &bursts, &options.thresholds, options.seed);
    go_on()?;
    let clusters = clusters(input, &bursts, options)?;
    drop(bursts);
    let today = input.detections.iter().map(|detection| detection.assigned);
    let thresholds = threshold_table(&matches, today, &founding, &options.thresholds);
    let evaluation = evaluate(input, &judged, &options.thresholds);
    go_on()?;
    let scores: Vec<f64> = matches.iter().flatten().map(|found| found.best.score).collect();
    let kde = kde_in(&scores, options.threads, place)?;
    let analysis = Analysis {
        verdict: verdict(&space_check, estimate.as_ref(), options.target),
        space_check,
        detections: rows,
        profiles: input.gallery.rows(),
        statistics: describe(&scores),
        histogram: histogram(&scores, options.bins.get()),
        thresholds,
        estimate,
        estimate_source,
        false_matches,
        clusters,
        shape: shape(&scores, kde.as_ref()),
        kde,
        evaluation,
        sample,
        matches,
        founding,
    };
    // A number that rests on what could not be read must not leave.
    input.check_read()?;
    analysis.matches.check()?;
    Ok(analysis)
}

/// The matches that are judged: not those of bursts that a profile was made of.
struct Judged<'a> {
    matches: &'a Column<Option<Match>>,
    founding: &'a [bool],
}

impl Series<Option<Match>> for Judged<'_> {
    fn len(&self) -> usize {
        self.matches.len()
    }

    fn get(&self, row: usize) -> Option<Match> {
        self.matches.get(row).filter(|_| !self.founding[row])
    }

    fn each(&self) -> Box<dyn Iterator<Item = Option<Match>> + '_> {
        let all = self.matches.iter().zip(self.founding);
        Box::new(all.map(|(found, founding)| found.filter(|_| !founding)))
    }
}

/// Labels come first, also when none of them is of use: identities may be older guesses, and whoever was asked is not
/// answered by somebody else.
fn estimate_source(input: &Input) -> Option<EstimateSource> {
    if input.labels.is_some() {
        return Some(EstimateSource::Labels);
    }
    let known = input.detections.iter().any(|detection| detection.identity.is_some());
    known.then_some(EstimateSource::Identities)
}

/// What the labels say, or the true identity of every probe that has one.
fn answers(
    input: &Input,
    matches: &Column<Option<Match>>,
    order: &[u32],
    source: EstimateSource,
    options: &Options,
) -> Estimate {
    let (thresholds, target) = (&options.thresholds, options.target);
    if source == EstimateSource::Labels {
        return estimate(order, matches, input.labels.as_deref().unwrap_or_default(), thresholds, target);
    }
    let right: Vec<Option<bool>> = right_matches(input, matches).collect();
    let answer = |detection: u32| {
        right[detection as usize].map(|right| if right { Answer::Same } else { Answer::Different })
    };
    let known: Vec<u32> =
        order.iter().copied().filter(|&detection| right[detection as usize].is_some()).collect();
    estimate_by(&known, &best_scores(matches), answer, known.len(), thresholds, target)
}

fn clusters(input: &Input, bursts: &[u32], options: &Options) -> Result<Clusters, Error> {
    let tree = link(&input.gallery, options.linkage, options.seed);
    let cut = |&threshold: &f64| {
        let height = 1.0 - threshold;
        Cut { threshold, height, clusters: tree.clusters_at(height) }
    };
    Ok(Clusters {
        cuts: options.thresholds.iter().map(cut).collect(),
        candidate_merges: candidate_merges(
            input,
            options.same_sex,
            options.current_threshold,
            options.threads,
        )?,
        candidate_splits: candidate_splits(input, bursts, options.current_threshold, options.threads)?,
        tree,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::VerdictKind;
    use crate::{Detection, Vectors};
    use std::num::NonZeroUsize;

    fn input(probes: &[f32], gallery: &[f32]) -> Input {
        let vectors = |set, values: &[f32]| Vectors::new(set, 2, values.to_vec()).unwrap();
        Input::new(vectors("detections", probes), vectors("profiles", gallery))
    }

    #[test]
    fn one_detection_and_one_profile_give_a_page_with_gaps_and_no_number() {
        let found = analyze(&input(&[1.0, 0.0], &[0.8, 0.6]), &Options::default()).unwrap();
        let summary = found.statistics.unwrap();
        assert_eq!((summary.count, summary.std, found.kde), (1, None, None));
        assert!((summary.mean - 0.8).abs() < 1e-7);
        assert_eq!((found.verdict.kind, found.verdict.threshold), (VerdictKind::NotEnoughLabels, None));
        assert_eq!(found.clusters.tree.leaf_order, [0]);
    }

    #[test]
    fn scores_below_every_threshold_assign_nothing_and_draw_nothing() {
        let mut far = input(&[0.0, 1.0, 0.1, 1.0], &[1.0, 0.0]);
        far.detections = [Detection { identity: Some(1), ..Default::default() }; 2].into();
        let found = analyze(&far, &Options::default()).unwrap();
        assert!(found.thresholds.iter().all(|row| row.assigned == 0 && row.assignment_rate == 0.0));
        assert_eq!(found.sample, []);
        assert_eq!(found.verdict.kind, VerdictKind::NoSafeThreshold);
        assert!(found.verdict.reason.contains("No detection reaches"), "{}", found.verdict.reason);
    }

    #[test]
    fn classes_that_leave_nothing_to_compare_give_a_page_without_statistics() {
        let mut apart = input(&[1.0, 0.0], &[1.0, 0.0]);
        apart.detections = [Detection { class: crate::Class::Buck, ..Default::default() }].into();
        apart.profiles = vec![crate::Profile { class: crate::Class::Doe, ..Default::default() }];
        let options = Options { same_sex: true, ..Options::default() };
        let found = analyze(&apart, &options).unwrap();
        assert_eq!((found.statistics, found.histogram, found.matches), (None, None, vec![None].into()));
        assert_eq!(found.thresholds[0].unassigned, 1);
    }

    #[test]
    fn scores_without_answers_never_make_a_number() {
        // Two clean humps: the picture that invites a guess.
        let probes: Vec<f32> =
            (0..200).flat_map(|i| if i % 2 == 0 { [1.0, 0.01 * i as f32] } else { [0.2, 1.0] }).collect();
        let found = analyze(&input(&probes, &[1.0, 0.0]), &Options::default()).unwrap();
        assert!(found.shape.otsu.is_some() && found.shape.mixture.is_some());
        assert_eq!((found.verdict.kind, found.verdict.threshold), (VerdictKind::NotEnoughLabels, None));
    }

    #[test]
    fn the_json_has_the_promised_names_and_can_be_read_back() {
        let found =
            analyze(&input(&[1.0, 0.0, 0.6, 0.8, 0.0, 1.0], &[0.8, 0.6]), &Options::default()).unwrap();
        let json = serde_json::to_value(&found).unwrap();
        for path in [
            "/statistics/q25",
            "/histogram/edges",
            "/histogram/counts",
            "/kde/factor",
            "/kde/bandwidth",
            "/kde/grid",
            "/kde/density",
            "/thresholds/0/threshold",
            "/thresholds/0/assigned",
            "/thresholds/0/unassigned",
            "/thresholds/0/assignment_rate",
            "/clusters/merges",
            "/space_check/ok",
            "/space_check/alarms",
            "/verdict/kind",
            "/verdict/threshold",
            "/verdict/interval",
            "/verdict/reason",
        ] {
            assert!(json.pointer(path).is_some(), "{path}");
        }
        let back: Analysis = serde_json::from_value(json).unwrap();
        assert_eq!((back.verdict, back.thresholds), (found.verdict, found.thresholds));
    }

    #[test]
    fn the_same_input_and_seed_give_the_same_bytes() {
        let probes: Vec<f32> = (0..600).map(|i| ((i * 37 % 101) as f32).sin()).collect();
        let set = input(&probes, &probes[..40]);
        let json = |threads| {
            let options = Options { threads: NonZeroUsize::new(threads).unwrap(), ..Options::default() };
            serde_json::to_string(&analyze(&set, &options).unwrap()).unwrap()
        };
        assert_eq!(json(1), json(3));
    }
}
