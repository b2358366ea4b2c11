#!/usr/bin/env python3
"""A season's report as a user waits for it: seconds from the request to a gateway until its file is saved, and the peak memory
of gateway and worker together. Prints medians.

    python3 bench/request.py [DEERTRACK] [ROUNDS]     target/release/deertrack and 9 unless told otherwise

59,268 detections of 120 days (`simulate --per-day 500 --no-frames`), a report by week. Needs redis-server.
"""

import json
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

DEERTRACK = sys.argv[1] if len(sys.argv) > 1 else "target/release/deertrack"
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 9
FIRST, LAST = "2025-09-03", "2025-12-31"
ANSWER = 10  # seconds that a start may take
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def peak_megabytes(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def until_ready(url):
    for _ in range(ANSWER * 20):
        try:
            return get(f"{url}/readyz")
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{url} does not get ready")


def request(url, title):
    """Seconds until a report is saved, and its bytes. The title makes it another request than the last."""
    body = {"start_date": FIRST, "end_date": LAST, "group_by": "week", "title": title}
    asked = urllib.request.Request(
        f"{url}/api/exports/pdf", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    began = time.monotonic()
    with urllib.request.urlopen(asked) as answer:
        job = json.load(answer)["job_id"]
    while (record := json.loads(get(f"{url}/api/exports/pdf/{job}")))["status"] != "completed":
        if record["status"] == "failed":
            raise SystemExit(record["error"])
        time.sleep(0.005)
    file = get(url + record["download_url"])
    return time.monotonic() - began, len(file)


def main():
    with tempfile.TemporaryDirectory() as folder:
        database, redis, gateway = f"sqlite://{folder}/season.db", free_port(), free_port()
        subprocess.run(
            [DEERTRACK, "simulate", "--database", database, "--seed", "7", "--end", LAST, "--days", "120"]
            + ["--per-day", "500", "--no-frames"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        servers = [subprocess.Popen(["redis-server", "--port", str(redis), "--save", ""], **QUIET)]
        time.sleep(0.5)
        shared = ["--redis-url", f"redis://127.0.0.1:{redis}", "--export-dir", folder, "--timezone", "Europe/London"]
        shared += ["--allow-unsafe-redis"]
        serve = [DEERTRACK, "serve", *shared, "--listen", f"127.0.0.1:{gateway}"]
        work = [DEERTRACK, "work", *shared, "--database", database]
        servers += [subprocess.Popen(serve, **QUIET), subprocess.Popen(work, **QUIET)]
        try:
            url = f"http://127.0.0.1:{gateway}"
            until_ready(url)
            time.sleep(1)
            rounds = [request(url, f"Round {number}") for number in range(ROUNDS)]
            seconds = [round[0] for round in rounds]
            memory = sum(peak_megabytes(process) for process in servers[1:])
            print(
                f"{statistics.median(seconds):.2f} s (median of {ROUNDS}, {min(seconds):.2f} to {max(seconds):.2f}) to a file of "
                f"{rounds[0][1] / 1000:.0f} kB; gateway and worker together at most {memory:.0f} MB"
            )
        finally:
            for server in reversed(servers):
                server.terminate()
                server.wait()


main()
