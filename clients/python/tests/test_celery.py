"""A service that called Celery, with one line changed."""
from __future__ import annotations

import datetime
import json
import uuid
from typing import Any, Iterator

import pytest
import redis as redispy
from servers import Stack

import deertrack
from deertrack.celery import DeertrackCelery, NotCarried, TaskRevoked
from deertrack.redis import RedisExports

PDF_TASK = "worker.tasks.exports.generate_pdf_report_task"
ARGS = ["2025-11-01", "2025-12-31", "week"]


@pytest.fixture
def celery_app(stack: Stack, url: str) -> Iterator[DeertrackCelery]:
    with RedisExports(stack.redis.python_url) as exports:
        yield DeertrackCelery(exports)


@pytest.fixture
def waiting(stack: Stack) -> Iterator[DeertrackCelery]:
    """Nobody works on its jobs."""
    with RedisExports(stack.redis.python_url, prefix="shim") as exports:
        yield DeertrackCelery(exports)


def test_the_platforms_own_call_makes_a_report(celery_app: DeertrackCelery, stack: Stack) -> None:
    task = celery_app.send_task(PDF_TASK, args=ARGS, queue="exports")
    assert task.get(timeout=90)["status"] == "completed"
    assert (task.state, task.status, task.ready(), task.successful(), task.failed()) == ("SUCCESS", "SUCCESS", True, True, False)
    with redispy.Redis.from_url(stack.redis.python_url) as plain:
        polled = json.loads(plain.get(f"export_job:{task.id}"))  # as the platform polls
    assert polled["download_url"] == task.result["download_url"] == task.info["download_url"]
    assert celery_app.AsyncResult(task.id).get(timeout=1) == task.result


def test_a_task_keeps_the_id_that_was_given_and_is_one_job(waiting: DeertrackCelery, stack: Stack) -> None:
    task_id = str(uuid.uuid4())
    tasks = [waiting.send_task(PDF_TASK, kwargs=dict(zip(("start_date", "end_date", "group_by"), ARGS)), task_id=task_id)
             for _ in range(2)]  # fmt: skip
    assert [task.id for task in tasks] == [task_id] * 2 and tasks[0].state == "PENDING" and not tasks[0].ready()
    with redispy.Redis.from_url(stack.redis.python_url) as plain:
        entries = [job for _, job in plain.xrange("{shim}:commands") if job[b"job"] == task_id.encode()]
    assert len(entries) == 1
    tasks[0].revoke(terminate=True)
    assert tasks[1].state == "REVOKED" and tasks[1].ready() and not tasks[1].failed()
    with pytest.raises(TaskRevoked):
        tasks[1].get(timeout=5)
    assert isinstance(tasks[1].get(timeout=5, propagate=False), TaskRevoked) and isinstance(tasks[1].result, TaskRevoked)


def test_an_id_that_nothing_is_known_of_is_pending(waiting: DeertrackCelery) -> None:
    result = waiting.AsyncResult("nobody")
    assert (result.state, result.result, result.ready()) == ("PENDING", None, False)
    result.revoke()
    with pytest.raises(TimeoutError):
        result.get(timeout=0.2)
    with pytest.raises(deertrack.WaitTimeout):
        waiting.send_task(PDF_TASK, args=ARGS).get(timeout=0.2)


def test_what_an_export_cannot_carry_is_refused_in_words(waiting: DeertrackCelery) -> None:
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1)
    for options, word in (({"countdown": 5}, "countdown"), ({"eta": soon}, "eta"), ({"link": object()}, "link"),
                          ({"chord": "x"}, "chord"), ({"group_id": "g"}, "group_id"), ({"expires": "soon"}, "expires")):  # fmt: skip
        with pytest.raises(NotCarried, match=word):
            waiting.send_task(PDF_TASK, args=ARGS, **options)  # type: ignore[arg-type]
    with pytest.raises(NotCarried, match="arguments of"):
        waiting.send_task(PDF_TASK, args=ARGS[:1])
    with pytest.raises(deertrack.Refused, match="start_date must be before end_date"):
        waiting.send_task(PDF_TASK, args=[ARGS[1], ARGS[0], "week"])
    with pytest.raises(NotCarried, match="no Celery app was given"):
        waiting.send_task("worker.tasks.email.send", args=["a"])


def test_an_expired_task_is_a_deadline(celery_app: DeertrackCelery) -> None:
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
    task = celery_app.send_task(PDF_TASK, args=ARGS, expires=past)
    with pytest.raises(TaskRevoked):
        task.get(timeout=60)
    assert task.state == "REVOKED"
    assert celery_app.send_task(PDF_TASK, args=ARGS, expires=600).get(timeout=90)["status"] == "completed"


def test_other_tasks_go_on_to_the_real_app(waiting: DeertrackCelery) -> None:
    from celery import Celery  # type: ignore[import-untyped,unused-ignore]

    real = Celery(broker="memory://", backend="cache+memory://")
    both = DeertrackCelery(waiting.exports, app=real, tasks={"mine.table": lambda since, until: (
        "table", {"format": "csv", "start_date": since, "end_date": until})})  # fmt: skip
    sent = both.send_task("worker.tasks.email.send", args=["a"], task_id="mail-1", queue="mails")
    with real.connection_for_read() as connection:
        message: Any = connection.SimpleQueue("mails").get(timeout=5)
    assert message.headers["task"] == "worker.tasks.email.send" and message.headers["id"] == sent.id == "mail-1"
    assert type(both.AsyncResult("mail-1")).__module__ == "celery.result"
    table = both.send_task("mine.table", args=["2025-11-01", "2025-12-01"])
    assert waiting.exports.status(table.id).kind == "table"
    assert type(both.AsyncResult(table.id)).__module__ == "deertrack.celery"
