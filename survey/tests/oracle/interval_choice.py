"""Why the intervals of rates and overlaps are made as they are: the coverage of the usual ones beside them, simulated.
Prints the numbers that `bootstrap.rs` and `overlap_interval.rs` tell. Needs numpy 2 and scipy 1.17; some minutes.

    python interval_choice.py rates
    python interval_choice.py overlaps
"""

import sys

import numpy as np
import scipy.stats as st
from scipy.special import ive

rng = np.random.default_rng(1)


def rate_intervals(c, t, samples):
    n, r = len(c), c.sum() / t.sum()
    draws = rng.integers(0, n, (samples, n))
    cs, ts = c[draws].sum(1), t[draws].sum(1)
    rates, out = cs / ts, {}
    out["percentile"] = np.quantile(rates, [0.025, 0.975])
    jack = np.array([(c.sum() - c[i]) / (t.sum() - t[i]) for i in range(n)])
    d = jack.mean() - jack
    a = (d**3).sum() / (6 * (d**2).sum() ** 1.5 + 1e-300)
    z0 = st.norm.ppf(np.clip(np.mean(rates < r) + np.mean(rates == r) / 2, 1e-4, 1 - 1e-4))
    z = z0 + st.norm.ppf([0.025, 0.975])
    out["BCa"] = np.quantile(rates, st.norm.cdf(z0 + z / (1 - a * z)))
    residual = c[draws] - rates[:, None] * t[draws]
    se_draws = np.sqrt(n / (n - 1) * (residual**2).sum(1)) / np.maximum(cs, 1e-9)
    se = np.sqrt(n / (n - 1) * ((c - r * t) ** 2).sum()) / max(c.sum(), 1)
    usable = (cs > 0) & (se_draws > 1e-9)
    with np.errstate(over="ignore", divide="ignore"):
        studentized = (np.log(rates[usable]) - np.log(r)) / se_draws[usable]
        out["studentized"] = r * np.exp(-np.quantile(studentized, [0.975, 0.025]) * se)
    log_se = np.log((cs + 0.5) / ts).std(ddof=1) * np.sqrt(n / (n - 1))
    k = st.t.ppf(0.975, n - 1) * log_se * np.array([-1, 1])
    exact = [st.gamma.ppf(0.025, c.sum()), st.gamma.ppf(0.975, c.sum() + 1)] / t.sum()
    own = (c.sum() + 0.5) / t.sum() * np.exp(k)
    out["this one"] = [min(own[0], exact[0]), max(own[1], exact[1])]
    return out


def rates(repetitions=600, variation=0.5, mean=20):
    for n in (3, 5, 8, 20):
        held = {}
        for _ in range(repetitions):
            t = rng.uniform(20, 90, n)
            c = rng.poisson(mean * rng.gamma(variation**-2, variation**2, n) * t / 55)
            for name, (low, high) in rate_intervals(c, t, 600).items():
                held[name] = held.get(name, 0) + (low <= mean / 55 <= high)
        print(n, "cameras:", {name: f"{100 * k / repetitions:.0f} %" for name, k in held.items()})


CELLS = 128
grid = np.arange(CELLS) * 2 * np.pi / CELLS
kappas = np.geomspace(1e-4, 345, 4000)
moments = np.array([ive(k, kappas) / ive(0, kappas) for k in (1, 2, 3)])


def bandwidths(cells):
    n, best = cells.sum(1), np.zeros(len(cells))
    for k in (1, 2, 3):
        length = np.abs(cells @ np.exp(1j * k * grid)) / n
        best = np.maximum(best, np.interp(length, moments[k - 1], kappas, right=0))
    return (3 * n * best**2 * ive(2, 2 * best) / (4 * np.sqrt(np.pi) * ive(0, best) ** 2)) ** 0.4


def curves(cells, kappa):
    kernel = np.fft.rfft(np.exp(kappa[:, None] * (np.cos(grid) - 1)), axis=1)
    d = np.maximum(np.fft.irfft(np.fft.rfft(cells, axis=1) * kernel, n=CELLS, axis=1), 1e-12)
    return d / d.sum(1, keepdims=True)


def dhat1(a, b):
    return np.minimum(curves(a, bandwidths(a) / 0.8), curves(b, bandwidths(b) / 0.8)).sum(1)


def drawn(f, n, samples):
    return rng.multinomial(n, f / f.sum(), samples).astype(float)


def inverted(seen, f, g, n, samples):
    low = high = before_low = before_high = None
    common = (n[0] * f + n[1] * g) / sum(n)
    for step in (0, 0.35, 0.7, 0.9, 1, 1.4, 2, 3.5, 8, 20):
        p, q = (np.maximum(common + step * (s - common), 0) for s in (f, g))
        p, q = p / p.sum(), q / q.sum()
        estimates = dhat1(drawn(p, n[0], samples), drawn(q, n[1], samples))
        half = st.t.ppf(0.975, samples - 1) * estimates.std(ddof=1) * np.sqrt(1 + 1 / samples)
        truth = min(1.0, np.minimum(p, q).sum() + 1e-9)
        for bound, is_low in ((estimates.mean() - half, False), (estimates.mean() + half, True)):
            before = before_low if is_low else before_high
            if bound <= seen and (low if is_low else high) is None:
                met = truth if before is None else before[0] + (before[1] - seen) / (before[1] - bound) * (truth - before[0])
                low, high = (met, high) if is_low else (low, met)
            before = (truth, bound if before is None else min(bound, before[1]))
            before_low, before_high = (before, before_high) if is_low else (before_low, before)
        if low is not None and high is not None:
            break
    return low or 0.0, 1.0 if high is None else high


def overlaps(repetitions=200, n=(40, 60), samples=150):
    two = [(0.5, 1.6, 3), (0.5, 4.7, 3)]
    pairs = {
        "differ a little": (two, [(0.6, 1.9, 2.5), (0.4, 4.9, 6)]),
        "differ much": (two, [(1, 3.14, 1.0)]),
        "are one": (two, two),
    }
    for name, bells in pairs.items():
        true = [sum(w * st.vonmises.pdf(grid - m, k) for w, m, k in b) for b in bells]
        true = [t / t.sum() for t in true]
        truth, held = min(1.0, np.minimum(*true).sum()), {}
        for _ in range(repetitions):
            a, b = drawn(true[0], n[0], 1), drawn(true[1], n[1], 1)
            seen = dhat1(a, b)[0]
            f, g = (curves(s, bandwidths(s))[0] for s in (a, b))
            smooth = dhat1(drawn(f, n[0], samples), drawn(g, n[1], samples))
            low, high = np.quantile(smooth, [0.025, 0.975])
            bias = smooth.mean() - seen
            found = {
                "percentile": (low, high),
                "percentile less bias": (low - bias, high - bias),
                "this one": inverted(seen, f, g, n, 40),
            }
            for kind, (low, high) in found.items():
                held[kind] = held.get(kind, 0) + (low - 1e-9 <= truth <= high + 1e-9)
        print(f"curves that {name} ({truth:.2f}):", {kind: f"{100 * k / repetitions:.0f} %" for kind, k in held.items()})


{"rates": rates, "overlaps": overlaps}[sys.argv[1]]()
