"""Time and memory of every kind of export at several sizes. See size.sh."""

import json
import os
import pathlib
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta

LAST = date(2025, 12, 31)
ROUNDS = int(os.environ.get("ROUNDS", "3"))

# What each kind reads, as one statement or two: narrow rows for counting, whole ones for giving back.
COUNTED = "d.is_valid is distinct from false and d.is_duplicate is distinct from true and d.repeats_id is null"
JOINED = f"from detections d join images i on i.id = d.image_id where {COUNTED}"
NARROW = f"""select d.id, i.id, i."timestamp", i.location_id, d.classification, d.corrected_classification,
    d.classification_method, d.classified_by, d.confidence, d.bbox_x, d.bbox_y, d.bbox_width, d.bbox_height, d.deer_id,
    d.count, d.scientific_name, d.burst_id, d.observation_level, d.starts_at, d.ends_at {JOINED}
    order by i."timestamp", i.id, d.id"""
WHOLE = f"""select d.*, i.* {JOINED} order by i."timestamp", i.id, d.id"""
FRAMES = """select i.id, i.path, i."timestamp", i.location_id, i.burst_id, i.source_id, i.sees_people from images i
    order by i."timestamp", i.id"""
PHOTOGRAPHS = """select i.* from images i order by i."timestamp", i.id"""
VECTORS = f"""select d.id, i.id, i."timestamp", i.location_id, d.classification, d.deer_id, {{vector}} {JOINED}
    order by i."timestamp", i.id, d.id"""

# Name, arguments, what it reads.
KINDS = [
    ("pdf", ["pdf", "--group-by", "week"], [NARROW, FRAMES]),
    ("csv detections", ["table", "--format", "csv"], [WHOLE]),
    ("csv visits", ["table", "--format", "csv", "--topic", "visits"], [NARROW]),
    ("geojson", ["table", "--format", "geojson"], [NARROW]),
    ("xlsx", ["table", "--format", "xlsx"], [WHOLE]),
    ("camtrap-dp", ["camtrap-dp"], [WHOLE, PHOTOGRAPHS]),
    ("reid", ["reid"], [VECTORS]),
]


def season(rows):
    """Days and detections a day. A report is of a year at most, so ten millions are one busy year."""
    days = 120 if rows <= 1_000_000 else 366
    return days, rows // days


def fill(deertrack, database, rows, vectors):
    days, per_day = season(rows)
    options = [] if vectors else ["--no-vectors"]
    command = [deertrack, "simulate", "--database", database, "--seed", "7", "--end", str(LAST), "--days", str(days)]
    began = time.monotonic()
    subprocess.run([*command, "--per-day", str(per_day), "--no-frames", *options], check=True, stdout=subprocess.DEVNULL)
    print(f"  filled with {rows:,} detections in {time.monotonic() - began:.0f} s", flush=True)


class Services:
    """A Redis and a worker of one slot, each new: its peak is that of one export."""

    def __init__(self, deertrack, database, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.redis_url = f"redis://127.0.0.1:{free.getsockname()[1]}"
        port = self.redis_url.rsplit(":", 1)[1]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.redis = subprocess.Popen(
            ["redis-server", "--port", port, "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"], **quiet
        )
        self.folder = folder
        command = [deertrack, "work", "--redis-url", self.redis_url, "--database", database, "--concurrency", "1"]
        time.sleep(0.5)
        self.worker = subprocess.Popen(
            [*command, "--export-dir", folder, "--timezone", "Europe/London", "--allow-unsafe-redis"], **quiet
        )
        time.sleep(1)

    def peak_megabytes(self):
        status = pathlib.Path(f"/proc/{self.worker.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.worker.terminate()
        self.worker.wait()
        self.redis.terminate()
        self.redis.wait()


def export(deertrack, database, folder, arguments, rows):
    """Seconds from request to saved file, peak megabytes of the worker, megabytes of the file."""
    days, _ = season(rows)
    first = LAST - timedelta(days=days - 1)
    of_days = [] if arguments[0] == "reid" else ["--start-date", str(first), "--end-date", str(LAST)]
    output = os.path.join(folder, "file")
    with Services(deertrack, database, folder) as services:
        command = [deertrack, "submit", *arguments, *of_days, "--redis-url", services.redis_url, "--export-dir", folder]
        began = time.monotonic()
        done = subprocess.run([*command, "--output", output, "--timeout", "7200"], capture_output=True, text=True)
        seconds = time.monotonic() - began
        if done.returncode:
            raise SystemExit(f"{arguments}: {done.stdout}{done.stderr}")
        return seconds, services.peak_megabytes(), os.path.getsize(output) / 1e6


def read_sqlite(path, statements):
    """Seconds that Python's module takes to read the rows of these statements."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    vector = "(select v.feature_vector from detection_vectors v where v.detection_id = d.id)"
    began = time.monotonic()
    for statement in statements:
        # Older versions of the library know no `is distinct from`.
        for _ in connection.execute(statement.format(vector=vector).replace("is distinct from", "is not")):
            pass
    return time.monotonic() - began


def read_postgres(url, statements):
    """Seconds that the server's COPY takes for the same rows."""
    began = time.monotonic()
    for statement in statements:
        statement = statement.format(vector="d.feature_vector").replace("d.*, i.*", whole_columns(url))
        copy = f"copy ({statement}) to stdout"
        subprocess.run(["psql", "--quiet", url, "--command", copy], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def whole_columns(url):
    """Every column of both tables but the vector."""
    sql = """select string_agg(case table_name when 'images' then 'i.' else 'd.' end || quote_ident(column_name)
        || ' as c' || n, ', ') from (select *, row_number() over () as n from information_schema.columns
        where table_schema = 'public' and table_name in ('images', 'detections') and column_name <> 'feature_vector') c"""
    return subprocess.run(["psql", "-At", url, "--command", sql], check=True, capture_output=True, text=True).stdout.strip()


def measure(deertrack, database, folder, rows, kinds, peer):
    print(f"  {'kind':<16}{'time':>10}{'peak':>10}{'file':>10}{'reading':>10}{'ratio':>8}")
    for name, arguments, statements in kinds:
        made, read = [], []
        for _ in range(ROUNDS):
            read.append(peer(statements))
            made.append(export(deertrack, database, folder, arguments, rows))
        seconds, peak, size = (statistics.median(column) for column in zip(*made))
        beside = statistics.median(read)
        told = f"{seconds:>8.1f} s{peak:>7.0f} MB{size:>7.1f} MB{beside:>8.1f} s{seconds / beside:>8.2f}"
        print(f"  {name:<16}{told}", flush=True)
        row = {"rows": rows, "kind": name, "seconds": seconds, "peak_mb": peak, "file_mb": size, "reading_s": beside}
        with open(os.path.join(folder, "size.jsonl"), "a", encoding="utf-8") as results:
            results.write(json.dumps({"database": database.split(":", 1)[0], **row}) + "\n")


def main(deertrack, work, *sizes):
    work = os.path.abspath(work)
    wanted = os.environ.get("KINDS", "").split() or None
    kinds = [kind for kind in KINDS if wanted is None or kind[0].split()[0] in wanted or kind[0] in wanted]
    for rows in map(int, sizes):
        for with_vectors in (False, True):
            of_these = [kind for kind in kinds if (kind[0] == "reid") == with_vectors]
            if not of_these:
                continue
            path = os.path.join(work, f"{rows}{'-vectors' if with_vectors else ''}.db")
            print(f"SQLite, {rows:,} detections{' with vectors' if with_vectors else ''}", flush=True)
            if not os.path.exists(path):
                fill(deertrack, f"sqlite://{path}.new", rows, with_vectors)
                os.rename(f"{path}.new", path)
            measure(deertrack, f"sqlite://{path}", work, rows, of_these, lambda statements: read_sqlite(path, statements))
            if server := os.environ.get("POSTGRES"):
                name = f"deertrack_size_{rows}{'_vectors' if with_vectors else ''}"
                url = f"{server.rstrip('/')}/{name}"
                print(f"PostgreSQL, {rows:,} detections", flush=True)
                create = ["psql", "--quiet", f"{server}/postgres", "--command", f"create database {name}"]
                if subprocess.run(create, stderr=subprocess.DEVNULL).returncode == 0:
                    fill(deertrack, url, rows, with_vectors)
                    subprocess.run(["psql", "--quiet", url, "--command", "vacuum analyze"], check=True)
                measure(deertrack, url, work, rows, of_these, lambda statements: read_postgres(url, statements))


main(*sys.argv[1:])
