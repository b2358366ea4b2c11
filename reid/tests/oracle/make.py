"""Prints numbers.json: small cases computed by numpy, scipy, pandas and scikit-learn.

    python3 -m venv venv && venv/bin/pip install numpy scipy pandas scikit-learn
    venv/bin/python make.py > numbers.json

The inputs are rounded, so that the JSON holds exactly what was computed with.
"""

import json

import numpy as np
import pandas as pd
from scipy import stats
from scipy.cluster.hierarchy import cophenet, dendrogram, fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.mixture import GaussianMixture

random = np.random.default_rng(20240917)


def scores(count, digits=4):
    low = random.normal(0.45, 0.08, count - count // 3)
    high = random.normal(0.75, 0.05, count // 3)
    return np.round(np.concatenate([low, high]), digits)


def plain(value):
    value = float(value)
    return None if np.isnan(value) else value


def describe():
    for values in [[0.5], [0.25, 0.75], [0.1, 0.2, 0.9], [0.5, 0.5, 0.5, 0.5], scores(101), scores(40)]:
        series = pd.Series(np.asarray(values, dtype=float))
        d = series.describe()
        equal = series.min() == series.max()
        yield {
            "scores": list(series),
            **{name: plain(d[key]) for name, key in [
                ("mean", "mean"), ("std", "std"), ("min", "min"), ("q25", "25%"), ("median", "50%"), ("q75", "75%"),
                ("max", "max")]},
            "skew": None if equal else plain(series.skew()),
            "kurtosis": None if equal else plain(series.kurt()),
        }


def histogram():
    for values, bins in [(scores(300), 50), (scores(200, 2), 10), (np.array([0.7, 0.7]), 4), (np.linspace(0, 1, 11), 10)]:
        counts, edges = np.histogram(values, bins)
        yield {"scores": list(values), "bins": bins, "edges": list(edges), "counts": [int(c) for c in counts]}


def kde():
    for values in [scores(120), np.array([0.1, 0.4])]:
        fit = stats.gaussian_kde(values)
        grid = np.linspace(values.min(), values.max(), 200)
        yield {"scores": list(values), "factor": fit.factor, "bandwidth": float(np.sqrt(fit.covariance[0, 0])),
               "density": list(fit(grid))}


def clopper_pearson():
    for hits, trials in [(0, 1), (1, 1), (0, 72), (1, 2), (7, 10), (561, 607), (1, 110), (50, 100), (3, 12345)]:
        interval = stats.binomtest(hits, trials).proportion_ci(0.95, "exact")
        yield {"hits": hits, "trials": trials, "interval": [interval.low, interval.high]}


def link():
    for rows, dim in [(3, 2), (12, 5), (60, 16)]:
        vectors = np.round(random.normal(size=(rows, dim)), 3).astype(np.float32).astype(float)
        distances = pdist(vectors, "cosine")
        for method in ["average", "complete", "ward"]:
            tree = linkage(distances, method)
            heights = [0.2, 0.5, 0.8, 1.0, 1.2, 3.0]
            yield {"method": method, "dim": dim, "vectors": list(vectors.ravel()), "merges": list(tree.ravel()),
                   "leaf_order": dendrogram(tree, no_plot=True)["leaves"],
                   "cophenetic_correlation": float(cophenet(tree, distances)[0]), "heights": heights,
                   "clusters": [int(fcluster(tree, height, "distance").max()) for height in heights]}


def otsu(values):
    counts, edges = np.histogram(values, 256)
    centres = (edges[:-1] + edges[1:]) / 2
    below, above = np.cumsum(counts), np.cumsum(counts[::-1])[::-1]
    mean_below = np.cumsum(counts * centres) / below
    mean_above = (np.cumsum((counts * centres)[::-1]) / above[::-1])[::-1]
    return centres[np.argmax(below[:-1] * above[1:] * (mean_below[:-1] - mean_above[1:]) ** 2)]


def shape():
    for values in [scores(400), scores(900)]:
        column = values[:, None]
        two = GaussianMixture(2, tol=1e-10, max_iter=5000, n_init=3, random_state=0).fit(column)
        order = np.argsort(two.means_.ravel())
        gain = GaussianMixture(1).fit(column).bic(column) - two.bic(column)
        yield {"scores": list(values), "otsu": float(otsu(values)), "means": list(two.means_.ravel()[order]),
               "sds": list(np.sqrt(two.covariances_.ravel()[order])), "weights": list(two.weights_[order]),
               "bic_gain": float(gain)}


def answered(count, digits):
    values = np.round(random.uniform(0.2, 0.9, count), digits)
    right = (random.uniform(size=count) < values).astype(int)
    return values, right


def roc():
    for count, digits in [(200, 6), (300, 2), (12, 1)]:
        values, positive = answered(count, digits)
        fpr, tpr, thresholds = roc_curve(positive, values, drop_intermediate=False)
        best = np.argmin(np.abs(1 - tpr - fpr))
        yield {"scores": list(values), "positive": [int(p) for p in positive],
               "area": float(roc_auc_score(positive, values)), "eer": float((fpr[best] + 1 - tpr[best]) / 2),
               "eer_threshold": float(thresholds[best]), "youden": float(thresholds[np.argmax(tpr - fpr)])}


def isotonic():
    for count, digits in [(150, 5), (200, 2), (1, 1)]:
        values, right = answered(count, digits)
        fit = IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1).fit(values, right.astype(float))
        at = np.round(np.linspace(0, 1, 41), 3)
        yield {"scores": list(values), "right": [int(r) for r in right], "at": list(at),
               "probabilities": list(fit.predict(at))}


parts = {"describe": describe, "histogram": histogram, "kde": kde, "clopper_pearson": clopper_pearson, "linkage": link,
         "shape": shape, "roc": roc, "isotonic": isotonic}
print(json.dumps({name: list(part()) for name, part in parts.items()}, default=float))
