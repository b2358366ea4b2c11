"""Gateway and Redis are killed again and again while the client submits, waits, follows and downloads: every job once,
every event once, every file whole. DEERTRACK_CHAOS_SECONDS makes it longer."""
from __future__ import annotations

import datetime
import hashlib
import os
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import redis as redispy
from servers import Stack, until

import deertrack
from deertrack import Event, Exports, Format, Retry, TableRequest

SECONDS = float(os.environ.get("DEERTRACK_CHAOS_SECONDS", "25"))
PATIENT = Retry(budget=120.0, first=0.05, most=1.0)


class Caller(threading.Thread):
    """Asks, waits and fetches, one job after the other."""

    def __init__(self, url: str, folder: Path, end: float) -> None:
        super().__init__()
        self.url, self.folder, self.end = url, folder, end
        self.jobs: list[str] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with Exports(self.url, retry=PATIENT) as exports:
                while time.monotonic() < self.end:
                    self.once(exports)
        except BaseException as error:
            self.error = error

    def once(self, exports: Exports) -> None:
        first = datetime.date(2025, 11, 3) + datetime.timedelta(days=random.randrange(20))
        job = exports.submit(TableRequest(format=Format.CSV, start_date=first, end_date=datetime.date(2025, 12, 20)))
        self.jobs.append(job.id)
        record = job.wait(timeout=120)
        path = exports.download(record, self.folder)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == record.sha256


class Reader(threading.Thread):
    """Follows all events. Now and then it leaves, and goes on behind the cursor that it stored."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.seen: list[Event] = []
        self.lagged: list[deertrack.Lagged] = []
        self.cursor = "0-0"
        self.left = 0
        self.stopping = False

    def run(self) -> None:
        with Exports(self.url, retry=PATIENT) as exports:
            while not self.stopping:
                leave_after = random.randrange(5, 30)
                with exports.events(after=self.cursor) as events:
                    for event in events:
                        self.cursor = events.cursor or self.cursor
                        if isinstance(event, Event):
                            self.seen.append(event)
                        else:
                            self.lagged.append(event)
                        leave_after -= 1
                        if leave_after == 0 or self.stopping:
                            break
                self.left += 1


def test_whatever_is_killed_every_job_and_event_comes_once_and_every_file_whole() -> None:
    with tempfile.TemporaryDirectory(prefix="deertrack-python-") as folder:
        stack = Stack(Path(folder))
        try:
            broken, callers, reader = chaos(stack)
            check(stack, broken, callers, reader)
        finally:
            stack.close()


def chaos(stack: Stack) -> tuple[Counter[str], list[Caller], Reader]:
    gateway, url = stack.gateway()
    stack.worker()
    files = stack.folder / "fetched"
    files.mkdir()
    end = time.monotonic() + SECONDS
    callers, reader = [Caller(url, files, end) for _ in range(3)], Reader(url)
    for thread in (*callers, reader):
        thread.start()
    broken: Counter[str] = Counter()
    while time.monotonic() < end:
        time.sleep(random.uniform(0.2, 1.5))
        what = random.choice(("gateway", "gateway", "redis"))
        broken[what] += 1
        if what == "gateway":
            gateway.kill()
            time.sleep(random.uniform(0, 0.5))
            gateway, _ = stack.gateway(listen=url.removeprefix("http://"))
        else:
            stack.redis.kill()
            time.sleep(random.uniform(0, 0.5))
            stack.redis.start()
    for caller in callers:
        caller.join(180)
        assert not caller.is_alive()
    return broken, callers, reader


def check(stack: Stack, broken: Counter[str], callers: list[Caller], reader: Reader) -> None:
    assert [caller.error for caller in callers] == [None] * len(callers)
    jobs = [job for caller in callers for job in caller.jobs]
    assert len(set(jobs)) == len(jobs) > 10 and min(broken["gateway"], broken["redis"]) > 0, (len(jobs), broken)
    until("the last event", lambda: len(reader.seen) >= len(jobs), 60)
    reader.stopping = True
    with redispy.Redis.from_url(stack.redis.python_url) as plain:
        entries = plain.xrange("{exports}:events")
        waiting = plain.xlen("{exports}:commands")
    print(f"{len(jobs)} jobs, {len(reader.seen)} events, {reader.left} times left, broken {dict(broken)}")
    assert [event.id for event in reader.seen] == [name.decode() for name, _ in entries], "each event once, in order"
    assert [event.n for event in reader.seen] == list(range(1, len(jobs) + 1)) and not reader.lagged
    assert Counter(event.record.job_id for event in reader.seen) == Counter(jobs), "no job but those that were asked for"
    assert waiting == 0
    left = sorted(path.name for path in (stack.folder / "fetched").iterdir())
    assert len(left) == len(jobs) and not any(name.endswith(".part") for name in left)
