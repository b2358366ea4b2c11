"""The way past the gateway: commands go straight into Redis, by the script that the gateway uses. Status, backlog bound,
idempotency keys and steered ids hold. Files and events come from a gateway (`deertrack.Exports`)."""
from __future__ import annotations

import asyncio
import datetime
import time
from typing import Any, Awaitable, Callable, Optional, Sequence, Union

import redis as redispy
import redis.asyncio as aredispy

from . import _commands, errors
from ._commands import Call, Command, Keys, Moves, Outcome, Script, T
from ._core import FIRST_POLL, LAST_POLL, OUTAGE, Payload, ended
from ._http import traceparent
from ._rules import check, typed
from ._steps import Retry
from .record import Record

AWAY = (redispy.ConnectionError, redispy.TimeoutError)
"""Redis cannot be reached. Every move may be made again."""
FULL = (redispy.exceptions.OutOfMemoryError, redispy.exceptions.ReadOnlyError)
"""It is there and takes nothing now."""
OnProgress = Callable[[Record], object]


def meaning(error: redispy.RedisError) -> errors.DeertrackError:
    """The error of this package."""
    words = str(error)
    if isinstance(error, (*AWAY, *FULL)) or words.split(" ")[0] in ("BUSY", "MISCONF", "NOREPLICAS"):
        return errors.Unavailable(f"Redis cannot be reached or is full: {words}", status=503)
    return errors.DeertrackError(f"Redis answered: {words}")


class Base:
    """What blocking and other transports share."""

    def __init__(
        self, prefix: str, max_backlog: Optional[int], status_ttl: int, timezone: datetime.tzinfo, retry: Optional[Retry],
        on_cluster: bool,
    ) -> None:  # fmt: skip
        self.keys = Keys(prefix, on_cluster)
        self.max_backlog = max_backlog or 0
        self.status_ttl = status_ttl
        self.timezone = timezone
        self.retry = retry or Retry()

    def command(
        self,
        request: Payload,
        *,
        kind: Optional[str] = None,
        job_id: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        tenant: Optional[str] = None,
        deadline: Optional[datetime.datetime] = None,
    ) -> Command:
        """A command that `submit_many` takes. Raises `Refused` with every problem that can be seen from here."""
        whole = typed(request, kind)
        now = datetime.datetime.now(datetime.timezone.utc)
        check(whole, now.astimezone(self.timezone).date())
        return Command(
            whole, self.keys.check(job_id or self.keys.new_job_id()), now, whole.requested_by, tenant, deadline,
            idempotency_key or whole.idempotency_key, traceparent(),
        )  # fmt: skip

    def submission(self, commands: Sequence[Command]) -> Moves[list[Outcome]]:
        """The moves of a submit."""
        return _commands.submit(self.keys, commands, self.status_ttl, self.max_backlog)

    @staticmethod
    def accepted(outcome: Outcome) -> str:
        """The job id, or why there is none."""
        if outcome.what == "conflict":
            raise errors.of_answer(409, {"detail": f"The idempotency key belongs to another request: job {outcome.job_id}"})
        if outcome.what == "full":
            raise errors.of_answer(429, {"detail": "Too many exports are waiting; try again later"}, 5.0)
        return outcome.job_id


class RedisExports(Base):
    """Blocking. Threads may share one."""

    def __init__(
        self,
        url: str = "redis://127.0.0.1:6379",
        *,
        prefix: str = "exports",
        max_backlog: Optional[int] = None,
        status_ttl: int = 3600,
        timezone: datetime.tzinfo = datetime.timezone.utc,
        retry: Optional[Retry] = None,
        client: Any = None,
    ) -> None:
        """`client` is a `redis.Redis` or a `redis.cluster.RedisCluster` of your own, in place of `url`. `max_backlog` and
        `status_ttl` (seconds) are those of the gateway; `timezone` says which day is today."""
        self._client: Any = client if client is not None else redispy.Redis.from_url(url)
        super().__init__(prefix, max_backlog, status_ttl, timezone, retry, isinstance(client, redispy.RedisCluster))

    def submit(
        self,
        request: Payload,
        *,
        kind: Optional[str] = None,
        job_id: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        tenant: Optional[str] = None,
        deadline: Optional[datetime.datetime] = None,
    ) -> RedisJob:
        """Asks for an export, once, however often it has to be sent. Raises `Refused`, `Conflict`, `BacklogFull`,
        `Unavailable`."""
        command = self.command(
            request, kind=kind, job_id=job_id, idempotency_key=idempotency_key, tenant=tenant, deadline=deadline
        )
        return RedisJob(self, self.accepted(self.submit_many([command])[0]))

    def submit_many(self, commands: Sequence[Command]) -> list[Outcome]:
        """Many in few round trips; the answers stand in their order. Calling it again is harmless."""
        return self._run(lambda: self.submission(commands))

    def job(self, job_id: str) -> RedisJob:
        """A job whose id is known. Asks nothing."""
        return RedisJob(self, job_id)

    def status(self, job_id: str) -> Record:
        """What is known of a job. Raises `NotFound` also when it was forgotten."""
        return self._run(lambda: _commands.status(self.keys, job_id))

    def cancel(self, job_id: str) -> None:
        """Ends a job that waits or runs; harmless when it has ended."""
        self._run(lambda: _commands.cancel(self.keys, job_id, self.status_ttl))

    def wait(self, job_id: str, timeout: Optional[float] = None, on_progress: Optional[OnProgress] = None) -> Record:
        """The record of the job when it has its file. Raises `JobFailed`, `WaitTimeout`, `NotFound`."""
        watch = Watch(job_id, timeout)
        record: Optional[Record]
        while True:
            try:
                record = self._run(lambda: _commands.status(self.keys, job_id), budget=watch.budget())
            except errors.Unavailable as away:
                record = None
                watch.missed(away)
            if record is not None and watch.is_new(record) and on_progress is not None:
                on_progress(record)
            if record is not None and record.ended:
                return ended(record)
            time.sleep(watch.nap())

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def __enter__(self) -> RedisExports:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, moves: Callable[[], Moves[T]], budget: Optional[float] = None) -> T:
        """Again, all of it, when Redis was lost on the way: every move may be made twice."""
        give_up, failures = time.monotonic() + (self.retry.budget if budget is None else budget), 0
        while True:
            try:
                return self._once(moves())
            except redispy.RedisError as error:
                meant, failures = meaning(error), failures + 1
                wait = self.retry.wait(failures)
                if not isinstance(meant, errors.Unavailable) or time.monotonic() + wait > give_up:
                    raise meant from error
                time.sleep(wait)

    def _once(self, moves: Moves[T]) -> T:
        answer: Any = None
        while True:
            try:
                move = moves.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = self._perform(move)

    def _perform(self, move: Union[Call, Script]) -> Any:
        if isinstance(move, Call):
            return self._client.execute_command(*move.words)
        rest = (len(move.keys), *move.keys, *move.args)
        try:
            return self._client.execute_command("EVALSHA", _commands.script_hash(move.name), *rest)
        except redispy.exceptions.NoScriptError:
            return self._client.execute_command("EVAL", _commands.script_text(move.name), *rest)


class AsyncRedisExports(Base):
    """The same without blocking."""

    def __init__(
        self,
        url: str = "redis://127.0.0.1:6379",
        *,
        prefix: str = "exports",
        max_backlog: Optional[int] = None,
        status_ttl: int = 3600,
        timezone: datetime.tzinfo = datetime.timezone.utc,
        retry: Optional[Retry] = None,
        client: Any = None,
    ) -> None:
        """As for `RedisExports`, with a `redis.asyncio` client."""
        self._client: Any = client if client is not None else aredispy.Redis.from_url(url)
        super().__init__(prefix, max_backlog, status_ttl, timezone, retry, isinstance(client, aredispy.RedisCluster))

    async def submit(
        self,
        request: Payload,
        *,
        kind: Optional[str] = None,
        job_id: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        tenant: Optional[str] = None,
        deadline: Optional[datetime.datetime] = None,
    ) -> str:
        """See `RedisExports.submit`; the job's id."""
        command = self.command(
            request, kind=kind, job_id=job_id, idempotency_key=idempotency_key, tenant=tenant, deadline=deadline
        )
        return self.accepted((await self.submit_many([command]))[0])

    async def submit_many(self, commands: Sequence[Command]) -> list[Outcome]:
        """See `RedisExports.submit_many`."""
        return await self._run(lambda: self.submission(commands))

    async def status(self, job_id: str) -> Record:
        """See `RedisExports.status`."""
        return await self._run(lambda: _commands.status(self.keys, job_id))

    async def cancel(self, job_id: str) -> None:
        """See `RedisExports.cancel`."""
        await self._run(lambda: _commands.cancel(self.keys, job_id, self.status_ttl))

    async def wait(self, job_id: str, timeout: Optional[float] = None) -> Record:
        """See `RedisExports.wait`."""
        watch = Watch(job_id, timeout)
        record: Optional[Record]
        while True:
            try:
                record = await self._run(lambda: _commands.status(self.keys, job_id), budget=watch.budget())
            except errors.Unavailable as away:
                record = None
                watch.missed(away)
            if record is not None and record.ended:
                return ended(record)
            if record is not None:
                watch.is_new(record)
            await asyncio.sleep(watch.nap())

    async def aclose(self) -> None:
        """Closes its connections."""
        await self._client.aclose()

    async def __aenter__(self) -> AsyncRedisExports:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _run(self, moves: Callable[[], Moves[T]], budget: Optional[float] = None) -> T:
        give_up, failures = time.monotonic() + (self.retry.budget if budget is None else budget), 0
        while True:
            try:
                return await self._once(moves())
            except redispy.RedisError as error:
                meant, failures = meaning(error), failures + 1
                wait = self.retry.wait(failures)
                if not isinstance(meant, errors.Unavailable) or time.monotonic() + wait > give_up:
                    raise meant from error
                await asyncio.sleep(wait)

    async def _once(self, moves: Moves[T]) -> T:
        answer: Any = None
        while True:
            try:
                move = moves.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = await self._perform(move)

    async def _perform(self, move: Union[Call, Script]) -> Any:
        send: Callable[..., Awaitable[Any]] = self._client.execute_command
        if isinstance(move, Call):
            return await send(*move.words)
        rest = (len(move.keys), *move.keys, *move.args)
        try:
            return await send("EVALSHA", _commands.script_hash(move.name), *rest)
        except redispy.exceptions.NoScriptError:
            return await send("EVAL", _commands.script_text(move.name), *rest)


class Watch:
    """How long somebody has waited for a job, and when to look again."""

    def __init__(self, job_id: str, timeout: Optional[float]) -> None:
        self._job_id, self._timeout = job_id, timeout
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._known: Optional[Record] = None
        self._answered = time.monotonic()
        self._poll = FIRST_POLL / 5
        self._was_last = False

    def budget(self) -> float:
        """Seconds for this look. The one at the deadline is the last."""
        left = 1.0 if self._deadline is None else self._deadline - time.monotonic()
        self._was_last = left <= 0
        return max(0.0, min(1.0, left))

    def missed(self, away: errors.Unavailable) -> None:
        """An outage is waited out, up to the deadline or for five minutes."""
        if self._deadline is None and time.monotonic() - self._answered > OUTAGE:
            raise away

    def is_new(self, record: Record) -> bool:
        """Whether it tells something that was not known."""
        before, self._known, self._answered = self._known, record, time.monotonic()
        seen = before and (before.state, before.status, before.progress, before.stage)
        return seen != (record.state, record.status, record.progress, record.stage)

    def nap(self) -> float:
        """Seconds until the next look."""
        if self._was_last:
            raise errors.WaitTimeout(self._job_id, self._timeout or 0.0, self._known)
        self._poll = min(LAST_POLL, self._poll * 1.5)
        return self._poll if self._deadline is None else max(0.0, min(self._poll, self._deadline - time.monotonic()))


class RedisJob:
    """One job."""

    def __init__(self, exports: RedisExports, job_id: str) -> None:
        self._exports = exports
        self.id = job_id

    def status(self) -> Record:
        """See `RedisExports.status`."""
        return self._exports.status(self.id)

    def wait(self, timeout: Optional[float] = None, on_progress: Optional[OnProgress] = None) -> Record:
        """See `RedisExports.wait`."""
        return self._exports.wait(self.id, timeout, on_progress)

    def cancel(self) -> None:
        """See `RedisExports.cancel`."""
        self._exports.cancel(self.id)

    def __repr__(self) -> str:
        return f"RedisJob({self.id!r})"
