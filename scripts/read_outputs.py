"""Reads every table, map, workbook and package that the program writes with other people's readers; a warning is an error.

Usage: read_outputs.py FOLDER SCHEMAS. FOLDER holds artifacts (`KEEP=FOLDER scripts/artifact-hashes.sh`), SCHEMAS the table
schemas of Camtrap DP 1.0.2 (deployments-table-schema.json ...). Needs pandas, openpyxl and frictionless (scripts/read-outputs.sh
brings them).
"""
import csv
import io
import json
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import frictionless
import openpyxl
import pandas

FOLDER, SCHEMAS = (Path(argument) for argument in sys.argv[1:3])


def table(name, data):
    """A CSV as pandas reads it, with as many rows and columns as Python's own reader finds."""
    frame = pandas.read_csv(io.BytesIO(data))
    rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
    assert frame.shape == (len(rows) - 1, len(rows[0])), f"{name}: {frame.shape}, and {len(rows) - 1} rows of {len(rows[0])}"
    assert not any(column.startswith("Unnamed") or column.endswith(".1.1") for column in frame.columns), name
    for column in frame.columns:
        if column.endswith("_at") or column.startswith("seen_") or column in ("start", "end", "timestamp", "eventStart"):
            pandas.to_datetime(frame[column].dropna(), format="ISO8601", utc=True)
    return frame


def history(name, frame, occasions):
    """`unmarked::csvToUMF` of the wide form: site, y.1 to y.J, then each covariate with .1 to .J, and nothing else."""
    # unmarkedFrameOccu and unmarkedFramePCount take whole numbers of 0 or more, the first of 0 and 1 alone.
    columns = list(frame.columns)
    seen = [column for column in columns if column.startswith("y.")]
    many = len(seen)
    assert columns == ["site", *(f"y.{n}" for n in range(1, many + 1)), *(f"effort.{n}" for n in range(1, many + 1))], name
    assert frame["site"].is_unique and many == len(occasions), name
    values = frame[seen].stack().dropna()
    assert (values >= 0).all() and (values == values.round()).all(), f"{name}: other than whole numbers and NA"
    unlooked = frame[seen].isna().to_numpy() & (frame[[f"effort.{n}" for n in range(1, many + 1)]] >= 0.25).to_numpy()
    assert not unlooked.any(), f"{name}: NA where a camera stood"
    return frame[seen]


def package(name, archive):
    """frictionless: every value by the standard's own schemas, every key."""
    with tempfile.TemporaryDirectory() as folder:
        archive.extractall(folder)
        description = json.loads(Path(folder, "datapackage.json").read_text("utf-8"))
        resources = [
            {"name": resource["name"], "path": resource["path"],
             "schema": json.loads((SCHEMAS / f"{resource['name']}-table-schema.json").read_text("utf-8"))}
            for resource in description["resources"] if resource["name"] in ("deployments", "media", "observations")
        ]
        Path(folder, "tables.json").write_text(json.dumps({"name": "tables", "resources": resources}), "utf-8")
        with frictionless.system.use_context(trusted=True):
            report = frictionless.validate(str(Path(folder, "tables.json")))
        errors = [(task.name, error.message) for task in report.tasks for error in task.errors]
        assert report.valid and not errors and not report.warnings, f"{name}: {errors[:5]} {report.warnings}"
    return sum(task.stats["rows"] for task in report.tasks)


def archive(name, path):
    told = []
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None, name
        names = file.namelist()
        frames = {}
        for member in names:
            if member.endswith(".csv"):
                frames[member] = table(f"{name}/{member}", file.read(member))
                told.append(f"{member} {frames[member].shape[0]}x{frames[member].shape[1]}")
            elif member.endswith(".json"):
                json.loads(file.read(member))
        if "datapackage.json" in names:
            told.append(f"{package(name, file)} rows valid")
        if "detection_history.csv" in frames:
            occasions = frames["detection_history_occasions.csv"]
            seen, counts = (history(name, frames[f"detection_{of}.csv"], occasions) for of in ("history", "counts"))
            assert seen.equals(counts.where(counts.isna(), (counts > 0).astype(float)).astype(seen.dtypes)), name
            told.append(f"histories of unmarked's form, counts to {int(counts.max(axis=None))}")
    return told


def workbook(name, path):
    book = openpyxl.load_workbook(path, read_only=True)
    sheets = pandas.read_excel(path, sheet_name=None)
    assert list(sheets) == book.sheetnames, name
    return [f"{sheet} {frame.shape[0]}x{frame.shape[1]}" for sheet, frame in sheets.items()]


def places(name, path):
    features = json.loads(path.read_text("utf-8"))
    assert features["type"] == "FeatureCollection", name
    return [f"{len(pandas.json_normalize(features['features']))} places"]


READERS = {
    ".csv": lambda name, path: [f"{name} {table(name, path.read_bytes()).shape}"],
    ".xlsx": workbook,
    ".geojson": places,
    ".zip": archive,
}

read = 0
for path in sorted(FOLDER.rglob("*")):
    reader = READERS.get(path.suffix)
    if reader is None:
        continue
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = reader(path.name, path)
    print(f"{path.name}: {', '.join(told)}")
    read += 1
assert read > 0, f"nothing to read in {FOLDER}"
print(f"{read} files, no warning (pandas {pandas.__version__}, frictionless {frictionless.__version__}, openpyxl {openpyxl.__version__})")
