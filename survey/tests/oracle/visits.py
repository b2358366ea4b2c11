"""Twin of the visits: independent events in both semantics of camtrapR, by pandas. Prints visits.json: seeded rows and
the visits made of them, as [place, class or deer, first minute, last minute, images, animals]. Needs numpy 2 and pandas 3.

    python visits.py > visits.json
"""

import json

import numpy as np
import pandas as pd


def visits(rows, by, minutes, since):
    by_image = rows.groupby([*by, "minute", "image"], dropna=False)["count"].sum().reset_index()
    out = []
    for key, group in by_image.groupby(by, dropna=False):
        group = group.sort_values("minute")
        if since == "lastRecord":
            fresh = ~(group["minute"].diff() < minutes)
            event = fresh.cumsum().tolist()
        else:
            event, first, number = [], None, 0
            for minute in group["minute"]:
                if first is None or minute - first >= minutes:
                    first, number = minute, number + 1
                event.append(number)
        for _, seen in group.groupby(np.asarray(event)):
            out.append(
                [
                    *key,
                    int(seen["minute"].min()),
                    int(seen["minute"].max()),
                    len(seen),
                    int(seen["count"].max()),
                ]
            )
    return sorted(out, key=lambda v: (v[2], v[0], v[1]))


rng = np.random.default_rng(30)
n = 160
minutes = np.sort(rng.choice(2400, n // 2, replace=False))
image = rng.integers(0, n // 2, n)  # several rows share an image, and so its time and place
place_of_image = rng.choice(["bog", "ridge", "salt lick"], n // 2)
deer = rng.choice(["deer 1", "deer 2", "deer 3", None], n, p=[0.2, 0.2, 0.1, 0.5])
rows = pd.DataFrame(
    {
        "minute": minutes[image],
        "image": [f"image {i}" for i in image],
        "place": place_of_image[image],
        "class": rng.choice(["buck", "doe", "fawn", "unknown"], n),
        "deer": pd.Series(deer, dtype=object),
        "count": rng.choice([1, 2, 4], n, p=[0.85, 0.1, 0.05]),
    }
)
cases = []
for since in ("lastRecord", "lastIndependentRecord"):
    for gap in (0, 30):
        cases.append(
            {
                "since": since,
                "minutes": gap,
                "by_class": visits(rows, ["place", "class"], gap, since),
                "by_deer": visits(rows[rows["deer"].notna()], ["place", "deer"], gap, since),
            }
        )
table = [[None if pd.isna(v) else v for v in row] for row in rows.astype(object).values.tolist()]
print(json.dumps({"columns": list(rows.columns), "rows": table, "cases": cases}).replace("], [", "],\n ["))
