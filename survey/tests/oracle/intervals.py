"""Twin of the intervals of counts and of the special functions, by scipy. Prints intervals.json. Needs scipy 1.17.

    python intervals.py > intervals.json
"""

import json

from scipy.special import ive
from scipy.stats import beta, binom, binomtest, chi2

LEVELS = [0.8, 0.95, 0.99]
shares = []
for k, n in [(0, 1), (1, 1), (0, 100), (1, 100), (50, 100), (99, 100), (100, 100), (3, 7), (1234, 98765)]:
    for level in LEVELS:
        found = binomtest(k, n)
        wilson = found.proportion_ci(level, "wilson")
        exact = found.proportion_ci(level, "exact")
        shares.append([k, n, level, wilson.low, wilson.high, exact.low, exact.high])
poisson = []
for k in [0, 1, 2, 10, 137, 25000]:
    for level in LEVELS:
        low = chi2.ppf((1 - level) / 2, 2 * k) / 2 if k else 0.0
        poisson.append([k, level, low, chi2.ppf((1 + level) / 2, 2 * k + 2) / 2])
tests = []
for k, n, p in [(0, 0, 0.5), (5, 5, 0.5), (3, 20, 0.4), (8, 20, 0.4), (13, 20, 0.4), (40, 100, 0.31), (700, 2000, 0.37)]:
    tests.append([k, n, p, binom.sf(k - 1, n, p), binom.cdf(k, n, p)])
bessel = [[x, [float(ive(k, x)) for k in range(4)]] for x in (1e-4, 0.3, 4.0, 34.5, 690.0)]
odds = []
for a, b in [(30, 20), (1, 9), (0, 4), (400, 380)]:
    low = beta.ppf(0.025, a, b + 1) if a else 0.0
    high = beta.ppf(0.975, a + 1, b)
    odds.append([a, b, low / (1 - low), high / (1 - high)])
print(json.dumps({"shares": shares, "poisson": poisson, "tests": tests, "odds": odds, "bessel": bessel}, indent=1))
