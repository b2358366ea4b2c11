"""What a download of Wildlife Insights by image holds, counted without the program: csv, datetime and zoneinfo alone.

Usage: wildlife_insights.py FOLDER. All of its cameras worked, its dates have the month first, and it lies in Kenya.
"""
import csv
import json
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Africa/Nairobi")


def rows(name):
    with (Path(sys.argv[1]) / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def name(row):
    if row["genus"] and row["species"]:
        return f"{row['genus']} {row['species']}"
    return next((row[rank] for rank in ("genus", "family", "order", "class") if row[rank]), "animals without a name")


def local(text, form):
    return datetime.strptime(text, form).replace(tzinfo=ZONE)


images, deployments = rows("images.csv"), rows("deployments.csv")
animals = [row for row in images if row["is_blank"] == "0" and row["genus"] != "Homo"]
spans = [(local(row["start_date"], "%Y-%m-%d %H:%M:%S"), local(row["end_date"], "%Y-%m-%d %H:%M:%S")) for row in deployments]
taken = {row["image_id"]: int(local(row["timestamp"], "%m/%d/%y %H:%M").timestamp()) for row in images}
print(json.dumps({
    "counts": {
        "rows": len(images),
        "images": len(taken),
        "detections": len(animals),
        "animals": sum(int(row["number_of_objects"]) for row in animals),
        "deployments": len(deployments),
        "places": len({row["placename"] for row in deployments}),
        "species": sorted({name(row) for row in animals}),
        "times": sorted(taken.values()),
    },
    "nights": sum((end - start).total_seconds() for start, end in spans) / 86400,
}))
