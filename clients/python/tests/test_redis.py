"""Past the gateway: what is sent straight into Redis is as if the gateway had sent it."""
from __future__ import annotations

import asyncio
import datetime
import tempfile
import threading
from pathlib import Path
from typing import Iterator

import pytest
import redis as redispy
from servers import Redis, Stack

import deertrack
from deertrack import Exports, Format, PdfRequest, Retry, TableRequest, ids
from deertrack.redis import AsyncRedisExports, RedisExports, RedisJob
from deertrack.requests import REQUESTS

TABLE = TableRequest(format=Format.CSV, start_date=datetime.date(2025, 11, 10), end_date=datetime.date(2025, 12, 20))
WHOLE = {
    "pdf": {"start_date": "2025-11-01", "end_date": "2025-12-01", "group_by": "day", "title": "a \"q\" \\ \u00e9\u2028\n\t\x7f",
            "rut_start": "2025-11-07", "rut_end": "2025-11-21"},
    "zip": {"detection_ids": ["d-1"], "place_ids": ["p"], "deer_ids": ["d"], "crop_size": 300},
    "table": {"format": "xlsx", "topic": "visits", "start_date": "2025-11-01", "end_date": "2025-12-01",
              "place_ids": ["p"], "deer_ids": ["d"]},
    "camtrap-dp": {"start_date": "2025-11-01", "end_date": "2025-12-01", "title": "t", "contributor": "c", "place_ids": ["p"]},
    "reid": {"thresholds": [1.0, 0.75, -0.1], "current_threshold": 1.0, "target": 0.001, "sample_size": 3, "seed": 4294967295},
}  # fmt: skip


@pytest.fixture
def direct(stack: Stack) -> Iterator[RedisExports]:
    with RedisExports(stack.redis.python_url) as exports:
        yield exports


@pytest.fixture
def idle_redis(stack: Stack, idle: str) -> Iterator[RedisExports]:
    """Beside the gateway whose jobs nobody works on."""
    with RedisExports(stack.redis.python_url, prefix="idle") as exports:
        yield exports


def test_a_command_is_worked_on_and_its_file_comes_from_the_gateway(direct: RedisExports, url: str) -> None:
    states: list[str] = []
    job = direct.submit(TABLE)
    assert ids.lies_beside_the_queue(job.id)
    done = job.wait(90, lambda record: states.append(record.state or ""))
    assert done.completed and states[-1] == "completed"
    with Exports(url) as exports, exports.open(done) as file:
        assert file.read(3) == b"det" or len(file.read()) > 100
        assert exports.status(job.id) == done


def test_the_status_lives_for_its_time(direct: RedisExports, stack: Stack) -> None:
    with RedisExports(stack.redis.python_url, prefix="idle-ttl", status_ttl=77) as short:
        job = short.submit(TABLE, tenant="north")
        with redispy.Redis.from_url(stack.redis.python_url) as plain:
            assert 70 < plain.ttl("{idle-ttl}:export_job:" + job.id) <= 77
        record = job.status()
        assert (record.state, record.kind, record.tenant, record.attempt) == ("queued", "table", "north", 1)
        assert record.entry_id and record.created_at


@pytest.mark.parametrize("kind", list(REQUESTS))
def test_the_same_key_holds_between_gateway_and_redis(stack: Stack, kind: str) -> None:
    """Both ways, for every kind with everything said: the fingerprints of the two are the same to the byte."""
    prefix = f"twins-{kind}"
    server, url = stack.gateway("--key-prefix", prefix)
    with RedisExports(stack.redis.python_url, prefix=prefix) as direct, Exports(url) as exports:
        theirs = exports.submit(WHOLE[kind], kind=kind, idempotency_key="k1")
        assert direct.submit(WHOLE[kind], kind=kind, idempotency_key="k1").id == theirs.id
        ours = direct.submit({**WHOLE[kind], "requested_by": "a"}, kind=kind, idempotency_key="k2")
        assert exports.submit({**WHOLE[kind], "requested_by": "a"}, kind=kind, idempotency_key="k2").id == ours.id
        with pytest.raises(deertrack.Conflict, match=theirs.id):
            direct.submit({**WHOLE[kind], "requested_by": "b"}, kind=kind, idempotency_key="k1")
        assert exports.status(ours.id).as_json().keys() == exports.status(theirs.id).as_json().keys() | {"requested_by"}
    server.stop()


def test_the_same_id_is_the_same_job(idle_redis: RedisExports) -> None:
    first = idle_redis.submit(TABLE, job_id="celery-1")
    commands = [idle_redis.command(TABLE, job_id=job_id) for job_id in ("celery-1", "celery-2")]
    assert [done.what for done in idle_redis.submit_many(commands)] == ["existing", "new"]
    for job_id in ("celery-1", "celery-2"):
        idle_redis.cancel(job_id)
    assert first.status().state == "cancelled"
    with pytest.raises(ValueError, match="1 to 64 characters"):
        idle_redis.submit(TABLE, job_id="../a")


def test_the_backlog_bound_holds(stack: Stack) -> None:
    with RedisExports(stack.redis.python_url, prefix="bound", max_backlog=2) as direct:
        done = direct.submit_many([direct.command(TABLE) for _ in range(100)])
        assert [one.what for one in done] == ["new"] * 2 + ["full"] * 98
        with pytest.raises(deertrack.BacklogFull) as full:
            direct.submit(TABLE)
        assert full.value.retry_after == 5


def test_a_cancel_tells_its_event(stack: Stack) -> None:
    server, url = stack.gateway("--key-prefix", "cancels")
    with RedisExports(stack.redis.python_url, prefix="cancels") as direct, Exports(url) as exports:
        job = direct.submit(TABLE)
        direct.cancel(job.id)
        with exports.events(after="0-0") as events:
            event = next(events)
        assert isinstance(event, deertrack.Event)
        assert (event.n, event.record.job_id, event.record.state) == (1, job.id, "cancelled")
        assert event.record.created_at == job.status().created_at and event.record.error == "cancelled"
        job.cancel()
        with pytest.raises(deertrack.NotFound):
            direct.cancel("nobody")
        with pytest.raises(deertrack.JobFailed):
            job.wait(5)
    server.stop()


@pytest.mark.parametrize("kind, body", [
    ("pdf", {"start_date": "2025-02-01", "end_date": "2025-01-01", "group_by": "day"}),
    ("pdf", {"start_date": "2023-02-01", "end_date": "2025-01-01", "group_by": "day"}),
    ("pdf", {"start_date": "2100-02-01", "end_date": "2100-03-01", "group_by": "day"}),
    ("pdf", {"start_date": "2025-02-01", "end_date": "2100-01-01", "group_by": "day"}),
    ("pdf", {"start_date": "2026-02-01", "end_date": "2100-01-01"}),
    ("pdf", {"start_date": "2025-13-01", "end_date": "2025-12-01", "group_by": "day", "x": 1}),
    ("table", {"format": "csv", "start_date": "2025-02-02", "end_date": "2025-02-01"}),
    ("table", {"format": "csv", "start_date": "2005-02-02", "end_date": "2025-02-01"}),
    ("zip", {}),
    ("zip", {"start_date": "2025-01-01"}),
    ("zip", {"detection_ids": ["a"], "start_date": "2025-01-01", "end_date": "2025-01-02"}),
    ("reid", {"start_date": "2025-01-01"}),
    ("poster", {}),
])  # fmt: skip
def test_what_the_gateway_refuses_is_refused_before_it_is_sent(direct: RedisExports, url: str, kind: str, body: object) -> None:
    assert isinstance(body, dict)
    with Exports(url) as exports, pytest.raises(deertrack.Answered) as theirs:
        exports.submit(body, kind=kind)
    with pytest.raises(deertrack.Answered) as ours:
        direct.submit(body, kind=kind)
    assert (type(ours.value), ours.value.status) == (type(theirs.value), theirs.value.status)
    assert {(one.loc, one.type) for one in ours.value.problems} == {(one.loc, one.type) for one in theirs.value.problems}
    if ours.value.status != 422:
        assert ours.value.detail == theirs.value.detail


def test_the_same_without_blocking(stack: Stack, url: str) -> None:
    async def main() -> None:
        async with AsyncRedisExports(stack.redis.python_url) as direct:
            jobs = [await direct.submit(TABLE) for _ in range(3)]
            assert all([(await direct.wait(job, 90)).completed for job in jobs])
            with pytest.raises(deertrack.NotFound):
                await direct.status("nobody")
            await direct.cancel(jobs[0])

    asyncio.run(main())


def test_a_redis_that_forgot_its_scripts_or_restarts_is_no_matter() -> None:
    with tempfile.TemporaryDirectory(prefix="deertrack-python-") as folder:
        server = Redis(Path(folder))
        with RedisExports(server.python_url) as direct, redispy.Redis.from_url(server.python_url) as plain:
            assert len({direct.submit(TABLE).id for _ in range(3)}) == 3
            plain.script_flush()
            direct.submit(TABLE)
            server.kill()
            jobs: list[RedisJob] = []
            caller = threading.Thread(target=lambda: jobs.append(direct.submit(TABLE)))
            caller.start()
            caller.join(0.5)
            assert caller.is_alive(), "it waits for Redis"
            server.start()  # not in a thread: it would end with that
            caller.join(30)
            assert jobs[0].status().state == "queued"
            assert plain.xlen("{exports}:commands") == 5
            server.kill()
            with RedisExports(server.python_url, retry=Retry(budget=0)) as hasty, pytest.raises(deertrack.Unavailable):
                hasty.submit(TABLE)


def test_a_full_redis_is_told() -> None:
    with tempfile.TemporaryDirectory(prefix="deertrack-python-") as folder:
        server = Redis(Path(folder))
        with RedisExports(server.python_url, retry=Retry(budget=0)) as direct:
            with redispy.Redis.from_url(server.python_url) as plain:
                plain.config_set("maxmemory", 1)
            with pytest.raises(deertrack.Unavailable, match="full"):
                direct.submit(TABLE)
        server.kill()


def test_on_a_cluster_an_id_of_another_slot_is_refused_in_words() -> None:
    from deertrack._commands import Keys

    with pytest.raises(ValueError, match="another slot"):
        Keys(on_cluster=True).check("celery-1")
    assert Keys("north", on_cluster=True).check("celery-1") and Keys(on_cluster=True).check(ids.new_job_id())
    with pytest.raises(ValueError, match="without braces"):
        Keys("{a}")


def test_a_request_of_another_kind_is_refused() -> None:
    with RedisExports("unix:///nowhere") as direct, pytest.raises(ValueError, match="is of the kind table"):
        direct.submit(TABLE, kind="pdf")
    assert PdfRequest.KIND == "pdf"
