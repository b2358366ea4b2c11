"""The best match by numpy, for comparison with `cargo bench -p deertrack-reid`; run by bench/reid.sh.

    reid_numpy.py measure          one line for each way and size (each in a process of its own, for its peak memory)
    reid_numpy.py table < lines    the table of all lines, with ratios

A line is: who, detections, profiles, threads, median ms, best ms, peak MB. numpy finds the best match only; the kernel
finds the second best too, and computes both scores again in double precision.
"""

import multiprocessing
import os
import resource
import statistics
import sys
import time

DIM = 512
BLOCK = 1024
# Detections, profiles, timed runs, ways. The full matrix of the largest size would take 4 GB.
SIZES = [
    (11_570, 165, 31, ["full", "blocked"]),
    (11_570, 10_000, 7, ["full", "blocked"]),
    (100_000, 10_000, 3, ["blocked"]),
]


def unit_vectors(rows, seed):
    import numpy

    vectors = numpy.random.default_rng(seed).uniform(-1, 1, (rows, DIM)).astype(numpy.float32)
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def full(probes, gallery):
    scores = probes @ gallery.T
    best = scores.argmax(axis=1)
    return best, scores[range(len(best)), best]


def blocked(probes, gallery):
    return [full(probes[start : start + BLOCK], gallery) for start in range(0, len(probes), BLOCK)]


def measure(probe_rows, gallery_rows, runs, way):
    probes, gallery = unit_vectors(probe_rows, 1), unit_vectors(gallery_rows, 2)
    run = {"full": full, "blocked": blocked}[way]
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        run(probes, gallery)
        times.append((time.perf_counter() - start) * 1e3)
    times = times[1:]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024e-3
    threads = len(os.sched_getaffinity(0))
    print(f"numpy-{way} {probe_rows} {gallery_rows} {threads} {statistics.median(times):.2f} {min(times):.2f} {peak:.0f}")


def measure_all():
    fresh = multiprocessing.get_context("spawn")
    for probe_rows, gallery_rows, runs, ways in SIZES:
        for way in ways:
            process = fresh.Process(target=measure, args=(probe_rows, gallery_rows, runs, way))
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(f"numpy failed on {probe_rows} x {gallery_rows}")


def table(lines):
    found = {}
    for line in lines:
        who, probes, gallery, threads, median, best, peak = line.split()
        found.setdefault((int(probes), int(gallery), int(threads), who), []).append((float(median), float(best), float(peak)))
    row = "{:>8} {:>8} {:>3}  {:<15} {:>10} {:>10} {:>8} {:>8} {:>9}"
    print(row.format("probes", "gallery", "thr", "who", "median ms", "best ms", "GFLOP/s", "peak MB", "vs numpy"))
    for (probes, gallery, threads, who), rounds in sorted(found.items()):
        median = statistics.median(times[0] for times in rounds)
        rivals = [statistics.median(t[0] for t in r) for k, r in found.items() if k[:3] == (probes, gallery, threads) and k[3].startswith("numpy")]
        rate = 2e-6 * probes * gallery * DIM / median
        ratio = f"{min(rivals) / median:.2f}x" if rivals else ""
        best, peak = min(times[1] for times in rounds), max(times[2] for times in rounds)
        print(row.format(probes, gallery, threads, who, f"{median:.1f}", f"{best:.1f}", f"{rate:.0f}", f"{peak:.0f}", ratio))
    print(f"\nMedian of {max(map(len, found.values()))} rounds' medians; vs numpy: how many times as fast as the faster numpy.")


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        measure_all()
    elif sys.argv[1:] == ["table"]:
        table(sys.stdin)
    else:
        sys.exit(__doc__)
