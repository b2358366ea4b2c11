"""`AsyncExports`: the same without blocking. Files are written in threads."""
from __future__ import annotations

import asyncio
import contextlib
import inspect
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, AsyncIterator, BinaryIO, Callable, Optional, TypeVar, Union

import httpx2

from . import _core, _download, _http
from ._core import Payload
from ._events import Follower, Item
from ._http import FilePath
from ._steps import Ask, Emit, Flow, Hear, Open, Pause, Read, Retry, Step, Tell, Work
from .record import Record

T = TypeVar("T")
OnProgress = Callable[[Record], object]
"""May be a coroutine function; it is awaited then."""


class AsyncExports:
    """The way to a gateway, for one event loop. Close it at the end, or use it in an `async with`."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        key: Optional[str] = None,
        *,
        ca: Optional[FilePath] = None,
        cert: Optional[tuple[FilePath, FilePath]] = None,
        timeout: float = _http.ANSWER_TIMEOUT,
        retry: Optional[Retry] = None,
        client: Optional[httpx2.AsyncClient] = None,
    ) -> None:
        """As for `Exports`."""
        self._where = _http.Where(url, key)
        self._timeout = timeout
        self.retry = retry or Retry()
        self._owns = client is None
        if client is not None and (ca is not None or cert is not None):
            raise ValueError("a client of your own has its own TLS settings: give it ca and cert, not AsyncExports")
        self._client = client or httpx2.AsyncClient(verify=_http.tls(ca, cert))

    async def submit(
        self, request: Payload, *, kind: Optional[str] = None, idempotency_key: Optional[str] = None
    ) -> AsyncJob:
        """See `Exports.submit`."""
        done = await self._run(_core.submit(request, kind, idempotency_key, _http.traceparent(), self.retry))
        return AsyncJob(self, done.job_id, done.kind, done.message, done.record)

    def job(self, job_id: str) -> AsyncJob:
        """A job whose id is known. Asks nothing."""
        return AsyncJob(self, job_id, None, None, None)

    async def status(self, job_id: str) -> Record:
        """See `Exports.status`."""
        return await self._run(_core.status(job_id, self.retry))

    async def cancel(self, job_id: str) -> None:
        """See `Exports.cancel`."""
        await self._run(_core.cancel(job_id, self.retry))

    async def kinds(self) -> list[dict[str, Any]]:
        """What can be exported."""
        return await self._run(_core.kinds(self.retry))

    async def wait(
        self, job_id: str, timeout: Optional[float] = None, on_progress: Optional[OnProgress] = None
    ) -> Record:
        """See `Exports.wait`."""
        return await self._run(_core.wait(job_id, timeout, self.retry, partial(_core.status, job_id)), on_progress)

    def events(self, after: Optional[str] = None) -> AsyncEventStream:
        """See `Exports.events`."""
        return AsyncEventStream(self, after)

    async def download(self, job: Union[str, Record], path: FilePath = ".") -> Path:
        """See `Exports.download`."""
        return await self._run(_download.to_path(await self._record(job), path, self.retry))

    async def open(self, job: Union[str, Record]) -> BinaryIO:
        """See `Exports.open`."""
        return await self._run(_download.to_memory(await self._record(job), self.retry))

    async def aclose(self) -> None:
        """Closes its connections; those of a client of your own stay."""
        if self._owns:
            await self._client.aclose()

    async def __aenter__(self) -> AsyncExports:
        return self

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncExports({str(self._where)!r})"

    async def _record(self, job: Union[str, Record]) -> Record:
        return job if isinstance(job, Record) else await self.status(job)

    async def _run(self, flow: Flow[T], on_progress: Optional[OnProgress] = None) -> T:
        async with Driver(self, on_progress) as driver:
            answer: Any = None
            try:
                while True:
                    try:
                        step = flow.send(answer) if not isinstance(answer, Exception) else flow.throw(answer)
                    except StopIteration as end:
                        result: T = end.value
                        return result
                    answer = await driver.perform(step)
            finally:
                flow.close()  # at a cancellation, so that nothing half made is left


class Driver:
    """Performs steps without blocking. What went wrong on the way is its result."""

    def __init__(self, exports: AsyncExports, on_progress: Optional[OnProgress] = None) -> None:
        self._exports = exports
        self._on_progress = on_progress
        self._response: Optional[httpx2.Response] = None
        self._chunks: Optional[AsyncIterator[bytes]] = None
        self._ear: Optional[Ear] = None

    async def __aenter__(self) -> Driver:
        return self

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self._close()
        if self._ear is not None:
            await self._ear.stop()

    async def perform(self, step: Step) -> Any:
        """The step's result."""
        if isinstance(step, Ask):
            return await self._ask(step)
        if isinstance(step, Open):
            return await self._open(step)
        if isinstance(step, Read):
            return await self._read()
        if isinstance(step, Pause):
            return await asyncio.sleep(step.seconds)
        if isinstance(step, Work):
            return await asyncio.shield(asyncio.to_thread(step.call))
        if isinstance(step, Tell):
            done = self._on_progress(step.record) if self._on_progress else None
            return await done if inspect.isawaitable(done) else None
        if isinstance(step, Hear):
            self._ear = self._ear or Ear(self._exports, step.job_id)
            return await self._ear.hear(step.seconds)
        raise AssertionError(f"{type(step).__name__} is for an iterator")

    async def _ask(self, step: Ask) -> Any:
        where = self._exports._where
        try:
            response = await self._exports._client.request(
                step.method, where.url(step.path), headers=where.with_own(step.headers), content=step.body,
                timeout=_http.timeouts(min(self._exports._timeout, step.within or self._exports._timeout)),
            )  # fmt: skip
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            return _http.lost(error)
        return _http.reply_of(response, response.content)

    async def _open(self, step: Open) -> Any:
        await self._close()
        where, client = self._exports._where, self._exports._client
        request = client.build_request(
            "GET", where.url(step.path), headers=where.with_own(step.headers),
            timeout=_http.timeouts(self._exports._timeout, step.silence),
        )  # fmt: skip
        try:
            response = await client.send(request, stream=True)
            if response.status_code >= 300:
                async with contextlib.aclosing(response):
                    return _http.reply_of(response, await response.aread())
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            return _http.lost(error)
        self._response, self._chunks = response, response.aiter_bytes()
        return _http.reply_of(response)

    async def _read(self) -> Any:
        if self._chunks is None:
            return b""
        try:
            return await anext(self._chunks, b"")
        except (httpx2.TransportError, httpx2.DecodingError, httpx2.StreamError, OSError) as error:
            return _http.lost(error)

    async def _close(self) -> None:
        response, self._response, self._chunks = self._response, None, None
        if response is not None:
            with contextlib.suppress(httpx2.HTTPError, RuntimeError, OSError):
                await response.aclose()


class AsyncEventStream(AsyncIterator[Item]):
    """See `EventStream`."""

    def __init__(self, exports: AsyncExports, after: Optional[str]) -> None:
        self._follower = Follower(after, exports.retry)
        self._exports = exports
        self.cursor = after
        self._joined: Callable[[], None] = lambda: None
        self._items = self._iterate()

    async def _iterate(self) -> AsyncIterator[Item]:
        flow = self._follower.flow()
        answer: Any = None
        async with Driver(self._exports) as driver:
            while True:
                try:
                    step = flow.send(answer) if not isinstance(answer, Exception) else flow.throw(answer)
                except StopIteration:
                    return
                if not isinstance(step, Emit):
                    answer = await driver.perform(step)
                    continue
                answer = None
                self._joined()
                for item in step.items:
                    self.cursor = item.id
                    yield item
                self.cursor = step.cursor

    async def __anext__(self) -> Item:
        return await anext(self._items)

    def __aiter__(self) -> AsyncEventStream:
        return self

    async def aclose(self) -> None:
        """Ends the iteration."""
        close = getattr(self._items, "aclose", None)
        if close is not None:
            await close()

    async def __aenter__(self) -> AsyncEventStream:
        return self

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.aclose()


class Ear:
    """Hears of the end of one job in a task of its own; see `client.Ear`."""

    def __init__(self, exports: AsyncExports, job_id: str) -> None:
        self._job_id = job_id
        self._heard: asyncio.Queue[Union[Record, bool]] = asyncio.Queue()
        self._events = exports.events()
        self._is_joined = False
        self._events._joined = self._join
        self._task = asyncio.create_task(self._listen())

    def _join(self) -> None:
        if not self._is_joined:
            self._is_joined = True
            self._heard.put_nowait(True)

    async def _listen(self) -> None:
        with contextlib.suppress(Exception):
            async with self._events:
                async for item in self._events:
                    record = getattr(item, "record", None)
                    if isinstance(record, Record) and record.job_id == self._job_id:
                        self._heard.put_nowait(record)

    async def hear(self, seconds: float) -> Union[Record, bool, None]:
        """What came, or `None` after so long."""
        try:
            return await asyncio.wait_for(self._heard.get(), max(seconds, 0.001))
        except asyncio.TimeoutError:
            return None

    async def stop(self) -> None:
        """Ends the task."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


class AsyncJob:
    """One job."""

    def __init__(
        self, exports: AsyncExports, job_id: str, kind: Optional[str], message: Optional[str], record: Optional[Record]
    ) -> None:
        self._exports = exports
        self.id = job_id
        self.kind = kind
        self.message = message
        """See `Job.message`."""
        self.record = record
        """See `Job.record`."""

    async def status(self) -> Record:
        """See `Exports.status`."""
        return await self._exports.status(self.id)

    async def wait(self, timeout: Optional[float] = None, on_progress: Optional[OnProgress] = None) -> Record:
        """See `Exports.wait`."""
        return await self._exports.wait(self.id, timeout, on_progress)

    async def cancel(self) -> None:
        """See `Exports.cancel`."""
        await self._exports.cancel(self.id)

    async def download(self, path: FilePath = ".") -> Path:
        """See `Exports.download`."""
        return await self._exports.download(self.id, path)

    async def open(self) -> BinaryIO:
        """See `Exports.open`."""
        return await self._exports.open(self.id)

    def __repr__(self) -> str:
        return f"AsyncJob({self.id!r})"
