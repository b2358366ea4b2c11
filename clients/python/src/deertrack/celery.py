"""For a service that calls `celery_app.send_task(...)`: the same call, answered by Deertrack's workers.

    from deertrack.celery import DeertrackCelery
    celery_app = DeertrackCelery(RedisExports("redis://..."), app=celery_app)

Tasks that are not exports go on to the real app, if one is given. What an export cannot do (ETA, chords, links) is
refused in words."""
from __future__ import annotations

import datetime
import time
from typing import Any, Callable, Mapping, NoReturn, Optional, Sequence

from .errors import DeertrackError, JobFailed, NotFound, WaitTimeout
from .record import Record
from .redis import RedisExports

Translate = Callable[..., tuple[str, Mapping[str, Any]]]
"""Arguments of a task to kind and parameters."""


def pdf_report(start_date: Any, end_date: Any, group_by: str = "week", **options: Any) -> tuple[str, Mapping[str, Any]]:
    """The platform's `generate_pdf_report_task(start_date, end_date, group_by)`."""
    return "pdf", {"start_date": start_date, "end_date": end_date, "group_by": group_by, **options}


TASKS: dict[str, Translate] = {
    "worker.tasks.exports.generate_pdf_report_task": pdf_report,
}
IGNORED = frozenset(("queue", "routing_key", "exchange", "priority", "retry", "retry_policy", "serializer", "compression",
                     "ignore_result", "headers", "connection", "producer", "router", "time_limit", "soft_time_limit",
                     "delivery_mode", "argsrepr", "kwargsrepr", "add_to_parent", "parent_id", "root_id",
                     "reply_to", "shadow", "stamped_headers"))  # fmt: skip
"""Options that say how Celery carries a message. Exports are carried otherwise."""
NAMES = {"queued": "PENDING", "running": "STARTED", "retrying": "RETRY", "completed": "SUCCESS", "cancelled": "REVOKED",
         "expired": "REVOKED", "failed": "FAILURE", "dead": "FAILURE"}  # fmt: skip


class NotCarried(DeertrackError, ValueError):
    """The call asks for something that exports do not have."""


class TaskRevoked(JobFailed):
    """`get()` of a job that was cancelled or expired."""


class DeertrackCelery:
    """Takes the place of a Celery app where tasks are sent and results are looked for."""

    def __init__(self, exports: RedisExports, app: Any = None, tasks: Optional[Mapping[str, Translate]] = None) -> None:
        """`app` is the real Celery app, for all other tasks. `tasks` adds to `TASKS` how arguments become requests."""
        self.exports = exports
        self.app = app
        self.tasks = {**TASKS, **(tasks or {})}

    def send_task(
        self,
        name: str,
        args: Optional[Sequence[Any]] = None,
        kwargs: Optional[Mapping[str, Any]] = None,
        countdown: Optional[float] = None,
        eta: Optional[datetime.datetime] = None,
        task_id: Optional[str] = None,
        expires: Any = None,
        **options: Any,
    ) -> Any:
        """The result of Celery's call: an `AsyncResult` of the job, under its own `task_id`. The same id again is the same
        job."""
        translate = self.tasks.get(name)
        if translate is None:
            return self._pass_on(name, args, kwargs, countdown, eta, task_id, expires, options)
        if countdown or eta is not None:
            refuse(name, "countdown and eta: an export runs as soon as a worker is free; send it later")
        for option, value in options.items():
            if option not in IGNORED and value not in (None, False, (), []):
                refuse(name, f"{option}: follow the job's end instead (AsyncResult.get, or Exports.events)")
        try:
            kind, params = translate(*(args or ()), **(kwargs or {}))
        except TypeError as error:
            raise NotCarried(f"arguments of {name}: {error}") from None
        job = self.exports.submit(params, kind=kind, job_id=task_id, deadline=deadline_of(name, expires))
        return AsyncResult(job.id, self.exports)

    def AsyncResult(self, task_id: str) -> Any:  # noqa: N802 - Celery's name
        """The result of a job whose id was kept. Of an id that no export has, the real app is asked, if there is one."""
        result = AsyncResult(task_id, self.exports)
        if self.app is not None and not result.is_known():
            return self.app.AsyncResult(task_id)
        return result

    def _pass_on(
        self, name: str, args: Any, kwargs: Any, countdown: Any, eta: Any, task_id: Any, expires: Any, options: Any
    ) -> Any:
        if self.app is None:
            known = ", ".join(self.tasks)
            raise NotCarried(f"task {name!r} is no export (known: {known}), and no Celery app was given to pass it on to")
        return self.app.send_task(
            name, args=args, kwargs=kwargs, countdown=countdown, eta=eta, task_id=task_id, expires=expires, **options
        )


def refuse(name: str, what: str) -> NoReturn:
    """In words."""
    raise NotCarried(f"{name} cannot carry {what}")


def deadline_of(name: str, expires: Any) -> Optional[datetime.datetime]:
    """Seconds from now, or a time."""
    if expires is None:
        return None
    if isinstance(expires, datetime.datetime):
        return expires if expires.tzinfo else expires.replace(tzinfo=datetime.timezone.utc)
    if isinstance(expires, (int, float)):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=expires)
    refuse(name, f"expires={expires!r}: say seconds or a datetime")


class AsyncResult:
    """What Celery's has, of a job."""

    def __init__(self, task_id: str, exports: RedisExports) -> None:
        self.id = self.task_id = task_id
        self._exports = exports
        self._known: Optional[Record] = None

    def _record(self) -> Optional[Record]:
        if self._known is None or not self._known.ended:
            try:
                self._known = self._exports.status(self.id)
            except NotFound:
                return self._known
        return self._known

    def is_known(self) -> bool:
        """There is a record of it."""
        return self._record() is not None

    @property
    def state(self) -> str:
        """PENDING, STARTED, RETRY, SUCCESS, FAILURE or REVOKED. As with Celery, PENDING is also what nothing is known of."""
        record = self._record()
        if record is None:
            return "PENDING"
        coarse = {"completed": "SUCCESS", "failed": "FAILURE"}.get(record.status or "", "STARTED")
        return NAMES.get(record.state or "", coarse)

    status = state

    def ready(self) -> bool:
        """It has ended."""
        return self.state in ("SUCCESS", "FAILURE", "REVOKED")

    def successful(self) -> bool:
        """It has its file."""
        return self.state == "SUCCESS"

    def failed(self) -> bool:
        """It ended by an error."""
        return self.state == "FAILURE"

    @property
    def result(self) -> Any:
        """The record as a dict when it is done, the exception when it failed, else how far it is; `None`: nothing is known."""
        record = self._record()
        if record is None:
            return None
        return record.as_json() if record.completed or not record.ended else failure(record)

    info = result

    def get(self, timeout: Optional[float] = None, propagate: bool = True, interval: float = 0.5, **_: Any) -> Any:
        """The record as a dict. Raises `JobFailed` (`TaskRevoked` when it was cancelled) and `WaitTimeout`, which is a
        `TimeoutError`. Without `propagate` the failure is returned. As with Celery, an id that nothing is known of is
        waited for."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.is_known():
            left = interval if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise WaitTimeout(self.id, timeout or 0.0, None)
            time.sleep(min(interval, left))
        try:
            if self._known is None or not self._known.ended:
                self._known = self._exports.wait(self.id, None if deadline is None else max(0.0, deadline - time.monotonic()))
        except JobFailed as error:
            self._known = error.record
        done = self.result
        if isinstance(done, Exception) and propagate:
            raise done
        return done

    wait = get

    def revoke(self, terminate: bool = False, **_: Any) -> None:
        """Cancels it, waiting or running, with or without `terminate`; as with Celery, an unknown id is no error."""
        try:
            self._exports.cancel(self.id)
        except NotFound:
            pass

    def forget(self) -> None:
        """Does nothing: records end by themselves, an hour after their job."""

    def __repr__(self) -> str:
        return f"<AsyncResult: {self.id}>"


def failure(record: Record) -> JobFailed:
    """What `get` raises."""
    return TaskRevoked(record) if record.state in ("cancelled", "expired") else JobFailed(record)


__all__ = ["TASKS", "AsyncResult", "DeertrackCelery", "NotCarried", "TaskRevoked"]
