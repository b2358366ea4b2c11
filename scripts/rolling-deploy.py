#!/usr/bin/env python3
"""A rolling deploy under load: rolling-deploy.py OLD NEW [JOBS]

OLD and NEW are two builds of `deertrack`. A private Redis, two gateways and three workers start as OLD; while JOBS
(10,000) tables are asked for over both gateways, each process is replaced by NEW, then by OLD again, and so on in turn,
with SIGTERM, as an orchestrator does. In the end every job must be completed once: a status, one event, a file.
"""

import http.client
import json
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

OLD, NEW = (str(Path(path).resolve()) for path in sys.argv[1:3])
JOBS = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
BODY = json.dumps(
    {"start_date": "2025-10-06", "end_date": "2025-10-08", "topic": "visits", "format": "csv"}
)


def command(path: Path, *words: str):
    """Asks Redis on its socket; strings, numbers and lists of them."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(str(path))
        server.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in words))
        answer = server.makefile("rb")

        def read():
            line = answer.readline()[:-2]
            kind, rest = line[:1], line[1:]
            if kind == b"*":
                return [read() for _ in range(int(rest))]
            if kind == b"$":
                return None if rest == b"-1" else answer.read(int(rest) + 2)[:-2]
            if kind == b"-":
                raise RuntimeError(rest.decode())
            return rest

        return read()


class Process:
    """A gateway or a worker, and which build it is."""

    def __init__(self, build: str, words: list[str], ready: str, log: Path):
        self.words, self.ready, self.log, self.build = words, ready, log, build
        self.start(build)

    def start(self, build: str):
        self.build = build
        seen = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([build, *self.words], stdout=log, stderr=log)
        while self.ready.encode() not in self.log.read_bytes()[seen:]:
            if self.process.poll() is not None:
                sys.exit(f"{build} {self.words[0]} ended at once:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> float:
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        if code != 0:
            sys.exit(f"{self.build} {self.words[0]} ended with {code}:\n{self.log.read_text()[-2000:]}")
        return time.monotonic() - began


def submit(ports: list[int], first: int, last: int, ids: dict[int, str], again: Counter):
    """Asks for jobs, each until it is accepted; the key makes a second try the same job."""
    links: dict[int, http.client.HTTPConnection] = {}
    for number in range(first, last):
        attempt = number
        while True:
            port = ports[attempt % len(ports)]
            link = links.setdefault(port, http.client.HTTPConnection("127.0.0.1", port, timeout=20))
            try:
                link.request("POST", "/api/exports/table", BODY, {"Idempotency-Key": f"job-{number}"})
                answer = link.getresponse()
                told = json.loads(answer.read())
                if answer.status == 202:
                    ids[number] = told["job_id"]
                    break
                if answer.status < 500 and answer.status != 429:
                    sys.exit(f"{answer.status}: {told}")
                again[answer.status] += 1
            except (OSError, http.client.HTTPException) as error:
                again[type(error).__name__] += 1
                links.pop(port).close()
            attempt += 1
            time.sleep(0.02)


def main():
    home = Path(tempfile.mkdtemp(prefix="deertrack-deploy-"))
    redis = home / "redis.sock"
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", redis, "--dir", home, "--appendonly", "yes", "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    database, exports = f"sqlite://{home}/deer.db", str(home / "exports")
    subprocess.run([NEW, "simulate", "--database", database, "--no-frames"], check=True, stdout=subprocess.DEVNULL)
    url, ports = f"redis+unix://{redis}", []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    gateways = [
        Process(OLD, ["serve", "--listen", f"127.0.0.1:{port}", "--redis-url", url, "--export-dir", exports],
                "gateway http", home / f"gateway-{port}.log")
        for port in ports
    ]
    workers = [
        Process(OLD, ["work", "--redis-url", url, "--database", database, "--export-dir", exports],
                "worker is ready", home / f"worker-{number}.log")
        for number in range(3)
    ]
    began, ids, again = time.monotonic(), {}, Counter()
    callers = [
        threading.Thread(target=submit, args=(ports, JOBS * part // 4, JOBS * (part + 1) // 4, ids, again))
        for part in range(4)
    ]
    for caller in callers:
        caller.start()
    replaced, slowest, builds = 0, 0.0, [NEW, OLD]
    processes = [process for pair in zip(workers, [*gateways, None]) for process in pair if process]
    while any(caller.is_alive() for caller in callers) or int(command(redis, "XLEN", "{exports}:commands")):
        process = processes[replaced % len(processes)]
        slowest = max(slowest, process.stop())
        process.start(builds[replaced // len(processes) % 2])
        replaced += 1
        time.sleep(1)
        if time.monotonic() - began > 3600:
            sys.exit("the jobs did not come to their end within an hour")
    seconds = time.monotonic() - began
    for process in [*workers, *gateways]:
        process.stop()

    wanted = set(ids.values())
    keys = [f"export_job:{job}" for job in wanted]
    records = [record for at in range(0, len(keys), 500) for record in command(redis, "MGET", *keys[at : at + 500])]
    states = Counter(json.loads(record)["status"] if record else "gone" for record in records)
    events = Counter()
    for _, fields in command(redis, "XRANGE", "{exports}:events", "-", "+"):
        events[dict(zip(fields[::2], fields[1::2]))[b"job"].decode()] += 1
    files = {path.name for path in (home / "exports").iterdir()}
    without_file = sum(1 for record in records if record and json.loads(record).get("filename") not in files)
    dead = int(command(redis, "XLEN", "{exports}:dead"))
    server.terminate()

    print(f"{len(wanted)} jobs in {seconds:.0f} s, {replaced} processes replaced, the slowest stop {slowest:.1f} s")
    print(f"submits tried again: {dict(again) or 0}")
    print(f"states: {dict(states)}; dead letters: {dead}")
    print(f"jobs without an event: {len(wanted - set(events))}; with two: {sum(1 for n in events.values() if n > 1)}; "
          f"without their file: {without_file}")
    right = len(wanted) == JOBS and states == {"completed": JOBS} and dead == 0 and without_file == 0
    if not right or set(events) != wanted or max(events.values()) > 1:
        sys.exit(f"not as promised; see {home}")


main()
