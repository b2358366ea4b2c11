//! Natural clustering: a tree of profiles by cosine distance (1 - cosine), with merge heights equal to
//! `scipy.cluster.hierarchy.linkage`.
//!
//! The tree needs every pair, so its input is bounded: above [`MAX_LEAVES`] a seeded sample is taken and the result
//! says so. What the tree suggests about single profiles is in [`crate::profiles`].

use crate::Vectors;
use crate::random::sample_indices;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most leaves of a tree; 2,000 need 16 MB for the distances.
pub const MAX_LEAVES: usize = 2_000;

/// How the distance of two clusters follows from those of their members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Mean distance of all pairs (UPGMA).
    #[default]
    Average,
    /// Greatest distance of all pairs.
    Complete,
    /// Growth of the sum of squares. Cosine distances are not Euclidean: read the heights as an order only.
    Ward,
}

/// One merge. Clusters below the number of leaves are leaves; merge `i` makes cluster `leaves + i`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Merge {
    /// The lower cluster number.
    pub left: usize,
    /// The higher cluster number.
    pub right: usize,
    /// Distance at which they merge.
    pub height: f64,
    /// Leaves below.
    pub size: usize,
}

/// A tree over rows of a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tree {
    /// How clusters were merged.
    pub method: Method,
    /// The rows that are its leaves: leaf `i` is row `leaves[i]`.
    pub leaves: Vec<usize>,
    /// Rows of the whole set; more than there are leaves if a sample was taken.
    pub rows: usize,
    /// One fewer than leaves, in rising height.
    pub merges: Vec<Merge>,
    /// Leaves from left to right as a dendrogram draws them (the order of scipy's `dendrogram`).
    pub leaf_order: Vec<usize>,
    /// Pearson correlation of the distances with the heights at which pairs meet; none for fewer than three leaves or
    /// without spread.
    pub cophenetic_correlation: Option<f64>,
}

/// Builds the tree of all rows, or of [`MAX_LEAVES`] drawn with `seed`.
#[must_use]
pub fn link(vectors: &Vectors, method: Method, seed: u64) -> Tree {
    let leaves = sample_indices(vectors.rows(), MAX_LEAVES, seed);
    link_rows(vectors, leaves, method)
}

/// Builds the tree of these rows.
#[must_use]
pub fn link_rows(vectors: &Vectors, leaves: Vec<usize>, method: Method) -> Tree {
    let distances = distances(vectors, &leaves);
    let merges = merge(distances.clone(), leaves.len(), method);
    let leaf_order = leaf_order(&merges, leaves.len());
    let cophenetic_correlation = correlation(&distances, &cophenetic(&merges, leaves.len()));
    Tree { method, leaves, rows: vectors.rows(), merges, leaf_order, cophenetic_correlation }
}

impl Tree {
    /// Clusters that remain when only merges up to `height` are made, as scipy's `fcluster` by distance.
    #[must_use]
    pub fn clusters_at(&self, height: f64) -> usize {
        self.leaves.len() - self.merges.iter().filter(|merge| merge.height <= height).count()
    }

    /// The cluster of each leaf when only merges up to `height` are made; clusters are numbered from 0 in the order in
    /// which a dendrogram shows them.
    #[must_use]
    pub fn labels_at(&self, height: f64) -> Vec<usize> {
        let leaves = self.leaves.len();
        let mut parent: Vec<usize> = (0..leaves + self.merges.len()).collect();
        for (number, merge) in self.merges.iter().enumerate().filter(|(_, merge)| merge.height <= height) {
            parent[merge.left] = leaves + number;
            parent[merge.right] = leaves + number;
        }
        // A parent has a higher number than its children, so one pass from the top finds every root.
        for node in (0..parent.len()).rev() {
            parent[node] = parent[parent[node]];
        }
        let mut numbers = HashMap::new();
        let mut labels = vec![0; leaves];
        for &leaf in &self.leaf_order {
            let next = numbers.len();
            labels[leaf] = *numbers.entry(parent[leaf]).or_insert(next);
        }
        labels
    }
}

/// Cosine distances of all pairs, row by row of the upper triangle.
fn distances(vectors: &Vectors, leaves: &[usize]) -> Vec<f64> {
    let later = |(number, &left): (usize, &usize)| {
        leaves[number + 1..].iter().map(move |&right| (1.0 - vectors.cosine(left, vectors, right)).max(0.0))
    };
    leaves.iter().enumerate().flat_map(later).collect()
}

fn merge(mut distances: Vec<f64>, leaves: usize, method: Method) -> Vec<Merge> {
    let method = match method {
        Method::Average => kodama::Method::Average,
        Method::Complete => kodama::Method::Complete,
        Method::Ward => kodama::Method::Ward,
    };
    let tree = kodama::linkage(&mut distances, leaves, method);
    tree.steps()
        .iter()
        .map(|step| Merge {
            left: step.cluster1.min(step.cluster2),
            right: step.cluster1.max(step.cluster2),
            height: step.dissimilarity,
            size: step.size,
        })
        .collect()
}

/// Left before right from the top down; without recursion, because a tree may be as deep as it has leaves.
fn leaf_order(merges: &[Merge], leaves: usize) -> Vec<usize> {
    let mut order = Vec::with_capacity(leaves);
    let mut stack = vec![leaves + merges.len() - 1];
    while let Some(cluster) = stack.pop() {
        match cluster.checked_sub(leaves) {
            None => order.push(cluster),
            Some(number) => stack.extend([merges[number].right, merges[number].left]),
        }
    }
    order
}

/// For every pair the height at which it meets, in the order of [`distances`].
fn cophenetic(merges: &[Merge], leaves: usize) -> Vec<f64> {
    let mut heights = vec![0.0; leaves * leaves.saturating_sub(1) / 2];
    let mut members: Vec<Vec<usize>> = (0..leaves).map(|leaf| vec![leaf]).collect();
    for merge in merges {
        let (mut left, right) =
            (std::mem::take(&mut members[merge.left]), std::mem::take(&mut members[merge.right]));
        for &a in &left {
            for &b in &right {
                heights[condensed(a.min(b), a.max(b), leaves)] = merge.height;
            }
        }
        left.extend(right);
        members.push(left);
    }
    heights
}

/// Place of the pair `low < high` in a condensed matrix.
fn condensed(low: usize, high: usize, leaves: usize) -> usize {
    low * (2 * leaves - low - 1) / 2 + high - low - 1
}

/// Pearson's correlation; none without spread.
fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let sum =
        |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(&a, &b)| f(a - mean_a, b - mean_b)).sum::<f64>();
    let spread = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    (a.len() > 1 && spread > 0.0).then(|| sum(&|a, b| a * b) / spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;

    fn method(name: &str) -> Method {
        serde_json::from_value(name.into()).unwrap()
    }

    #[test]
    fn merges_order_and_correlation_equal_scipy() {
        for case in oracle::cases("linkage") {
            let values: Vec<f32> = case.numbers("vectors").iter().map(|&value| value as f32).collect();
            let vectors = Vectors::new("profiles", case.number("dim") as usize, values).unwrap();
            let tree = link(&vectors, method(case.text("method")), 0);
            let flat = |m: &Merge| [m.left as f64, m.right as f64, m.height, m.size as f64];
            let merges: Vec<f64> = tree.merges.iter().flat_map(flat).collect();
            oracle::assert_all_near(&merges, &case.numbers("merges"), 1e-9, "merges");
            assert_eq!(tree.leaf_order, case.counts("leaf_order"));
            let correlation = case.option("cophenetic_correlation");
            oracle::assert_option_near(tree.cophenetic_correlation, correlation, 1e-9, "correlation");
            let cuts: Vec<usize> = case.numbers("heights").iter().map(|&h| tree.clusters_at(h)).collect();
            assert_eq!(cuts, case.counts("clusters"));
        }
    }

    #[test]
    fn labels_name_the_clusters_of_a_cut_from_left_to_right() {
        // Two pairs and one alone; the pairs meet before the fifth joins.
        let degrees = [0.0_f32, 90.0, 2.0, 95.0, 200.0];
        let values = degrees.iter().flat_map(|angle| [angle.to_radians().cos(), angle.to_radians().sin()]);
        let tree = link(&Vectors::new("profiles", 2, values.collect()).unwrap(), Method::Average, 0);
        let pairs = tree.labels_at(0.1);
        assert_eq!((pairs[0] == pairs[2], pairs[1] == pairs[3]), (true, true));
        assert_eq!(tree.leaf_order.iter().map(|&leaf| pairs[leaf]).collect::<Vec<_>>(), [0, 1, 1, 2, 2]);
        for height in [0.0, 0.1, 1.0, 2.0] {
            let distinct: std::collections::HashSet<usize> = tree.labels_at(height).into_iter().collect();
            assert_eq!(distinct.len(), tree.clusters_at(height), "{height}");
        }
    }

    #[test]
    fn one_and_two_leaves_are_trees_too() {
        let one = Vectors::new("profiles", 2, vec![1.0, 0.0]).unwrap();
        let tree = link(&one, Method::Average, 0);
        assert_eq!((tree.merges.len(), tree.leaf_order, tree.cophenetic_correlation), (0, vec![0], None));
        let two = Vectors::new("profiles", 2, vec![1.0, 0.0, 0.0, 1.0]).unwrap();
        let tree = link(&two, Method::Average, 0);
        assert_eq!(
            (tree.leaf_order.clone(), tree.clusters_at(0.99), tree.clusters_at(1.0)),
            (vec![0, 1], 2, 1)
        );
    }

    #[test]
    fn a_large_set_is_sampled_and_says_so() {
        let rows = MAX_LEAVES + 5;
        let values = (0..rows * 2).map(|i| (i % 97) as f32 + 1.0).collect();
        let tree = link(&Vectors::new("profiles", 2, values).unwrap(), Method::Complete, 3);
        assert_eq!((tree.leaves.len(), tree.rows), (MAX_LEAVES, rows));
    }
}
