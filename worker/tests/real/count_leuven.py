"""Counts the roe deer of the Leuven package anew, with nothing but the standard library, and prints JSON.

python3 count_leuven.py PACKAGE_DIR

An independent check of the import: it shares no code with it. Event-level rows of Capreolus capreolus; a juvenile is a
fawn, else a male a buck and a female a doe. Days, ISO weeks, months and years are
local ones, of Europe/Brussels, where the places are. `years` has, of four whole years, the visits of buck, doe, fawn and
unknown (rows of one class at one place, until one comes 30 minutes or more after the first of the visit) and the trap
nights; `rows_by` and `visits_by` the rows and the visits of each class in each of its days, weeks and months. `stays` has
the visits of 2020 by the other rule: a row lasts from eventStart to eventEnd, and times closer than 30 minutes are one
stay.
"""

import csv
import json
import sys
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/Brussels")
CLASSES = ["buck", "doe", "fawn", "unknown"]


def instant(text):
    """A time in Brussels; differences are taken of UTC, see `between`."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(LOCAL)


def between(start, end):
    """The time that truly passed: Python subtracts two times of one zone by their clocks, hour changes and all."""
    return timedelta(seconds=end.timestamp() - start.timestamp())


def animal_class(row):
    if row["lifeStage"] == "juvenile":
        return "fawn"
    return {"male": "buck", "female": "doe"}.get(row["sex"], "unknown")


def periods(at):
    year, week, _ = at.isocalendar()
    return {"day": f"{at:%Y-%m-%d}", "week": f"{year}-W{week:02}", "month": f"{at:%Y-%m}"}


def visits(rows, places, year):
    """The first row of each visit of a year."""
    firsts, since = [], {}
    for row in sorted(rows, key=lambda row: instant(row["eventStart"])):
        at = instant(row["eventStart"])
        key = (places[row["deploymentID"]], animal_class(row))
        if at.year == year and (key not in since or between(since[key], at) >= timedelta(minutes=30)):
            since[key] = at
            firsts.append(row)
    return firsts


def stays(rows, places, year):
    """[place, class, first second, last second] of each stay: each row's time grown by the gap, and what meets is one."""
    times = {}
    for row in rows:
        if instant(row["eventStart"]).year == year:
            span = [instant(row[column]).timestamp() for column in ("eventStart", "eventEnd")]
            times.setdefault((places[row["deploymentID"]], animal_class(row)), []).append(span)
    found = []
    for key, spans in times.items():
        # +1 where a grown time begins and -1 where it ends; at one instant the end comes first.
        steps = sorted([(start, 1) for start, _ in spans] + [(end + 1800, -1) for _, end in spans])
        depth, first = 0, None
        for at, step in steps:
            if depth == 0:
                first = at
            depth += step
            if depth == 0:
                found.append([*key, int(first), int(at - 1800)])
    return sorted(found)


def trap_nights(deployments, year):
    """Nights of a year; overlapping spans of one camera at one place count once, two that name none are two."""
    first, behind = (datetime(y, 1, 1, tzinfo=LOCAL) for y in (year, year + 1))
    cameras = {}
    for row in deployments:
        span = max(instant(row["deploymentStart"]), first), min(instant(row["deploymentEnd"]), behind)
        if span[0] < span[1]:
            cameras.setdefault((row["locationID"], row["cameraID"] or row["deploymentID"]), []).append(span)
    nights = timedelta()
    for spans in cameras.values():
        covered = first
        for start, end in sorted(spans):
            nights += max(between(max(start, covered), end), timedelta())
            covered = max(covered, end)
    return nights.total_seconds() / 86400


def by_class(rows):
    found = Counter(animal_class(row) for row in rows)
    return [found[name] for name in CLASSES]


def by_period(rows):
    """Rows of each class by day, week and month."""
    found = {unit: {} for unit in ("day", "week", "month")}
    for row in rows:
        for unit, period in periods(instant(row["eventStart"])).items():
            counts = found[unit].setdefault(period, [0] * len(CLASSES))
            counts[CLASSES.index(animal_class(row))] += 1
    return found


def main(folder):
    with open(f"{folder}/observations.csv", newline="", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["observationLevel"] == "event" and row["scientificName"] == "Capreolus capreolus"
        ]
    with open(f"{folder}/deployments.csv", newline="", encoding="utf-8") as file:
        deployments = list(csv.DictReader(file))
    spans = [between(instant(row["deploymentStart"]), instant(row["deploymentEnd"])) for row in deployments]
    places = {row["deploymentID"]: row["locationID"] for row in deployments}
    years = {}
    for year in range(2019, 2023):
        firsts = visits(rows, places, year)
        years[year] = {
            "visits": by_class(firsts),
            "trap_nights": trap_nights(deployments, year),
            "visits_by": by_period(firsts),
            "rows_by": by_period([row for row in rows if instant(row["eventStart"]).year == year]),
        }
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
                "stays": stays(rows, places, 2020),
                "years": years,
            },
            sort_keys=True,
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
