"""Counts the roe deer of the Leuven package anew, with nothing but the standard library, and prints JSON.

python3 count_leuven.py PACKAGE_DIR

An independent check of the import: it shares no code with it. Event-level rows of Capreolus capreolus; a juvenile is a
fawn, else a male a buck and a female a doe. Days, ISO weeks and months are those of UTC. `totals` has, for each period
of 2020, the rows of buck, doe, fawn and unknown.
"""

import csv
import json
import sys
from collections import Counter
from datetime import datetime

CLASSES = ["buck", "doe", "fawn", "unknown"]


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def animal_class(row):
    if row["lifeStage"] == "juvenile":
        return "fawn"
    return {"male": "buck", "female": "doe"}.get(row["sex"], "unknown")


def periods(at):
    year, week, _ = at.isocalendar()
    return {"day": f"{at:%Y-%m-%d}", "week": f"{year}-W{week:02}", "month": f"{at:%Y-%m}"}


def main(folder):
    with open(f"{folder}/observations.csv", newline="", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["observationLevel"] == "event" and row["scientificName"] == "Capreolus capreolus"
        ]
    with open(f"{folder}/deployments.csv", newline="", encoding="utf-8") as file:
        spans = [instant(row["deploymentEnd"]) - instant(row["deploymentStart"]) for row in csv.DictReader(file)]
    totals = {unit: {} for unit in ("day", "week", "month")}
    for row in rows:
        at = instant(row["eventStart"])
        if at.year == 2020:
            for unit, period in periods(at).items():
                counts = totals[unit].setdefault(period, [0] * len(CLASSES))
                counts[CLASSES.index(animal_class(row))] += 1
    print(
        json.dumps(
            {
                "rows": len(rows),
                "animals": sum(int(float(row["count"] or 1)) for row in rows),
                "sexes": dict(Counter(row["sex"] or "not told" for row in rows)),
                "classes": dict(Counter(animal_class(row) for row in rows)),
                "individuals": len({row["individualID"] for row in rows} - {""}),
                "deployments": len(spans),
                "camera_days": sum(span.total_seconds() for span in spans) / 86400,
                "totals": totals,
            },
            sort_keys=True,
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
