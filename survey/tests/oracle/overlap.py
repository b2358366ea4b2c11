"""Twin of the activity curves: bandwidth, Dhat1 and Dhat4 of seeded samples, by the definitions in Ridout and Linkie
(2009) and the manual of R package overlap, with scipy. Prints overlap.json. Needs numpy 2 and scipy 1.17.

    python overlap.py > overlap.json
"""

import json

import numpy as np
from scipy.optimize import brentq
from scipy.special import iv
from scipy.stats import vonmises

TURN = 2 * np.pi


def bandwidth(x):
    found = []
    for p in (1, 2, 3):
        target = abs(np.mean(np.exp(1j * p * x)))

        def gap(k):
            return iv(p, k) / iv(0, k) - target

        if gap(1e-4) * gap(345) <= 0:
            found.append(brentq(gap, 1e-4, 345, xtol=1e-13, rtol=1e-14))
    k = max(found)
    return (3 * len(x) * k**2 * iv(2, 2 * k) / (4 * np.sqrt(np.pi) * iv(0, k) ** 2)) ** (2 / 5)


def curve(x, k):
    return lambda t: vonmises.pdf(np.asarray(t)[:, None] - x[None, :], k).mean(axis=1)


def dhat1(x, y, points=128):
    grid = np.linspace(0, TURN, points)[1:]
    f, g = (curve(s, bandwidth(s) / 0.8)(grid) for s in (x, y))
    return np.minimum(f / f.sum(), g / g.sum()).sum()


def dhat4(x, y, points=128):
    f, g = curve(x, bandwidth(x)), curve(y, bandwidth(y))
    if len(x) + len(y) > 1.1 * points:  # as overlapEst does, to save time
        grid = np.linspace(0, TURN, points)
        fg, gg = f(grid), g(grid)
        f, g = (lambda t: np.interp(t, grid, fg)), (lambda t: np.interp(t, grid, gg))
    return (np.mean(np.minimum(1, g(x) / f(x))) + np.mean(np.minimum(1, f(y) / g(y)))) / 2


def sample(rng, bells, n):
    weights = np.array([w for w, _, _ in bells])
    bell = rng.choice(len(bells), n, p=weights / weights.sum())
    drawn = [rng.vonmises(bells[i][1] - np.pi, bells[i][2]) + np.pi for i in bell]
    return np.round(np.mod(drawn, TURN), 6)


dawn_and_dusk = [(0.5, 1.6, 3.0), (0.5, 4.7, 3.0)]
cases = [
    ("small and alike", dawn_and_dusk, dawn_and_dusk, 25, 30),
    ("small, by night and by day", [(1, 6.0, 2.0)], [(1, 3.1, 1.0)], 40, 60),
    ("sharp", [(1, 1.5, 60.0)], [(0.7, 1.6, 40.0), (0.3, 5.0, 20.0)], 60, 50),
    ("on the grid", dawn_and_dusk, [(0.6, 1.9, 2.5), (0.4, 4.9, 6.0)], 150, 130),
    ("nearly even", [(1, 3.0, 0.2)], [(1, 0.5, 0.3)], 80, 90),
]
rng = np.random.default_rng(20241105)
out = []
for name, bells_a, bells_b, n_a, n_b in cases:
    a, b = sample(rng, bells_a, n_a), sample(rng, bells_b, n_b)
    out.append(
        {
            "name": name,
            "a": a.tolist(),
            "b": b.tolist(),
            "bandwidth_a": bandwidth(a),
            "bandwidth_b": bandwidth(b),
            "dhat1": dhat1(a, b),
            "dhat4": dhat4(a, b),
        }
    )
print(json.dumps(out, indent=1).replace("\n   ", " "))
