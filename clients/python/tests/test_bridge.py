"""`deertrack bridge celery`: what a service sends to Celery becomes exports, without a changed line in the service."""
from __future__ import annotations

import json
import random
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, Iterator

import pytest
import redis as redispy
from servers import ROOT, Redis, Server, Stack, program, until

TASK = "worker.tasks.exports.generate_pdf_report_task"
ARGS = ["2025-11-01", "2025-12-31", "week"]
RELEASES = sorted((ROOT / "schemas/golden/celery").glob("*.json"))
REFUSED = {
    "eta": "eta or countdown", "link": "callbacks", "link_error": "errbacks", "chain": "chain", "chord": "chord",
    "group": "a group", "gzip": "compression application/x-gzip", "pickle": "serializer application/x-python-serialize",
    "too_many": "5 positional arguments", "rule": "start_date must be before end_date", "other": "is no export",
}  # fmt: skip


class Broker:
    """A Redis that is broker and queue."""

    def __init__(self, folder: str) -> None:
        self.redis = Redis(Path(folder))
        self.plain: Any = redispy.Redis.from_url(self.redis.python_url)

    def bridge(self, *words: str) -> Server:
        server = Server(program("bridge", "celery", "--redis-url", self.redis.url, *words))
        server.line("(bridge is ready)")
        return server

    def status(self, job_id: str) -> dict[str, Any]:
        def look() -> dict[str, Any]:
            text = self.plain.get(f"export_job:{job_id}")
            return json.loads(text) if text else {}

        return until(f"the status of {job_id}", look, 30)

    def entries(self) -> list[str]:
        return [fields[b"job"].decode() for _, fields in self.plain.xrange("{exports}:commands")]


@pytest.fixture
def broker() -> Iterator[Broker]:
    with tempfile.TemporaryDirectory(prefix="deertrack-python-") as folder:
        whole = Broker(folder)
        yield whole
        whole.plain.close()
        whole.redis.server.kill()


def test_five_releases_of_celery_were_recorded() -> None:
    assert [path.stem for path in RELEASES] == ["5.3.6", "5.4.0", "5.5.3", "5.6.3", "5.7.0"]


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_what_a_release_of_celery_writes_is_one_job_or_a_refusal_in_words(broker: Broker, release: Path) -> None:
    vectors = json.loads(release.read_text())
    for vector in vectors:
        for _ in range(2):  # as after a death between the two
            broker.plain.lpush(vector["list"], vector["message"])
    bridge = broker.bridge()
    accepted = []
    for vector in vectors:
        job_id = json.loads(vector["message"])["headers"]["id"]
        record = broker.status(job_id)
        assert record["job_id"] == job_id
        if vector["what"] in REFUSED:
            assert record["status"] == "failed" and REFUSED[vector["what"]] in record["error"], record
            assert record["error_message"] == record["error"] and record["completed_at"] and record["expires_at"]
        else:
            assert (record["status"], record["state"], record["kind"]) == ("processing", "queued", "pdf"), vector["what"]
            accepted.append(job_id)
    until("the lists are empty", lambda: not list(broker.plain.scan_iter("exports*")))
    assert sorted(broker.entries()) == sorted(accepted) and len(accepted) == 5
    bridge.stop()
    assert bridge.process.returncode == 0


def test_what_nobody_can_read_is_put_aside_and_keeps_nobody_up(broker: Broker) -> None:
    bad = [b"{", b"[]", b'{"headers": {}}', b'{"headers": {"id": "../a"}}', b"\xff"]
    for message in bad:
        broker.plain.lpush("exports", message)
    good = json.loads(RELEASES[-1].read_text())[0]["message"]
    broker.plain.lpush("exports", good)
    bridge = broker.bridge()
    until("the good one", broker.entries)
    until("the others", lambda: broker.plain.llen("exports:unreadable") == len(bad))
    assert sorted(broker.plain.lrange("exports:unreadable", 0, -1)) == sorted(bad)
    bridge.stop()


def test_a_full_backlog_is_waited_for(broker: Broker) -> None:
    ids = [str(uuid.uuid4()) for _ in range(3)]
    good = json.loads(RELEASES[-1].read_text())[0]["message"]
    for job_id in ids:
        broker.plain.lpush("exports", good.replace("0f8fad5b-d9cb-469f-a165-000000000000", job_id))
    bridge = broker.bridge("--max-backlog", "2")
    until("two are taken", lambda: len(broker.entries()) == 2)
    until("one is in hand", lambda: broker.plain.llen("exports:in-hand") == 1)
    broker.plain.xtrim("{exports}:commands", maxlen=0)
    until("the third", lambda: broker.entries() == ids[2:])
    bridge.stop()


def test_the_bridge_is_killed_again_and_again_and_each_task_is_one_job(broker: Broker) -> None:
    from celery import Celery  # type: ignore[import-untyped,unused-ignore]

    app = Celery(broker=f"redis+socket://{broker.redis.socket}")
    sent: list[str] = []
    bridge = broker.bridge()
    for round_ in range(20):
        for _ in range(100):
            sent.append(app.send_task(TASK, args=ARGS, queue="exports", priority=random.choice((0, 3, 9))).id)
        if round_ % 7 == 3:  # the broker, too
            broker.redis.kill()
            time.sleep(random.uniform(0, 0.2))
            broker.redis.start()
        time.sleep(random.uniform(0, 0.05))
        bridge.kill()
        bridge = broker.bridge()
    until("all are taken", lambda: len(broker.entries()) >= len(sent), 120)
    until("nothing is left in hand", lambda: not list(broker.plain.scan_iter("exports*")))
    assert sorted(broker.entries()) == sorted(sent), "each once, none lost"
    bridge.stop()


def test_the_platforms_own_snippet_runs_unchanged(stack: Stack, url: str) -> None:
    """Sent by a real Celery app, polled where the platform polls."""
    from celery import Celery

    bridge = Server(program("bridge", "celery", "--redis-url", stack.redis.url, "--task", "mine.table=table:format",
                            "--queue", "reports"))  # fmt: skip
    bridge.line("(bridge is ready)")
    celery_app = Celery(broker=f"redis+socket://{stack.redis.socket}")
    task = celery_app.send_task(TASK, args=ARGS, queue="reports")
    range_ = {"start_date": "2025-11-01", "end_date": "2025-12-01"}
    table = celery_app.send_task("mine.table", args=["csv"], kwargs=range_, queue="reports")
    with redispy.Redis.from_url(stack.redis.python_url) as plain:

        def ended(job_id: str) -> Any:
            text: Any = plain.get(f"export_job:{job_id}")
            record = json.loads(text) if text else {}
            return record if record.get("status") in ("completed", "failed") else None

        report = until("the report", lambda: ended(task.id))
        assert report["status"] == "completed" and report["download_url"].endswith(".pdf")
        assert until("the table", lambda: ended(table.id))["kind"] == "table"
    bridge.stop()


def test_a_task_name_that_is_none_is_refused() -> None:
    import subprocess

    for bad, words in (("mine.table", "TASK=KIND"), ("a=poster", "no kind"), ("=pdf", "TASK=KIND")):
        ran = subprocess.run(program("bridge", "celery", "--task", bad), capture_output=True, text=True)
        assert ran.returncode == 2 and words in ran.stderr, ran.stderr
