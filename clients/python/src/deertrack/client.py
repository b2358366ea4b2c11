"""`Exports`: the blocking client."""
from __future__ import annotations

import contextlib
import queue
import socket
import threading
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Callable, Iterator, Optional, TypeVar, Union

import httpx2

from . import _core, _download, _http
from ._core import Payload
from ._events import Follower, Item
from ._http import FilePath
from ._steps import Ask, Emit, Flow, Hear, Open, Pause, Read, Retry, Step, Tell, Work
from .record import Record

T = TypeVar("T")
OnProgress = Callable[[Record], object]


class Exports:
    """The way to a gateway. Threads may share one; close it at the end, or use it in a `with`."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        key: Optional[str] = None,
        *,
        ca: Optional[FilePath] = None,
        cert: Optional[tuple[FilePath, FilePath]] = None,
        timeout: float = _http.ANSWER_TIMEOUT,
        retry: Optional[Retry] = None,
        client: Optional[httpx2.Client] = None,
    ) -> None:
        """`key` is sent as a Bearer token. `ca` is a file of whom to trust, `cert` a certificate and its private key to
        show, in PEM format. `timeout` are the seconds that one try may take. `client` is used for all requests in place
        of an own one, and stays open; its TLS settings are its own."""
        self._where = _http.Where(url, key)
        self._timeout = timeout
        self.retry = retry or Retry()
        self._owns = client is None
        if client is not None and (ca is not None or cert is not None):
            raise ValueError("a client of your own has its own TLS settings: give it ca and cert, not Exports")
        self._client = client or httpx2.Client(verify=_http.tls(ca, cert))

    def submit(self, request: Payload, *, kind: Optional[str] = None, idempotency_key: Optional[str] = None) -> Job:
        """Asks for an export: a typed request, or a mapping with its `kind`. One job, however often it has to be sent.

        Raises `Refused` with every problem, `Conflict`, `BacklogFull`, `Unavailable`, `Unauthorized`, `Forbidden`."""
        done = self._run(_core.submit(request, kind, idempotency_key, _http.traceparent(), self.retry))
        return Job(self, done.job_id, done.kind, done.message, done.record)

    def job(self, job_id: str) -> Job:
        """A job whose id is known. Asks nothing."""
        return Job(self, job_id, None, None, None)

    def status(self, job_id: str) -> Record:
        """What is known of a job. Raises `NotFound` also when it was forgotten, an hour after its end."""
        return self._run(_core.status(job_id, self.retry))

    def cancel(self, job_id: str) -> None:
        """Ends a job that waits or runs; harmless when it has ended."""
        self._run(_core.cancel(job_id, self.retry))

    def kinds(self) -> list[dict[str, Any]]:
        """What can be exported."""
        return self._run(_core.kinds(self.retry))

    def wait(
        self, job_id: str, timeout: Optional[float] = None, on_progress: Optional[OnProgress] = None
    ) -> Record:
        """The record of the job when it has its file. `on_progress` is called with each record that tells something new.

        Raises `JobFailed`, `WaitTimeout` after so many seconds, `NotFound`."""
        return self._run(_core.wait(job_id, timeout, self.retry, partial(_core.status, job_id)), on_progress)

    def events(self, after: Optional[str] = None) -> EventStream:
        """Completions of all jobs behind the event `after`, or from now on; for ever. Resumes by itself."""
        return EventStream(self, after)

    def download(self, job: Union[str, Record], path: FilePath = ".") -> Path:
        """The job's whole file at `path` (a folder takes it under its own name), or an exception and no file."""
        return self._run(_download.to_path(self._record(job), path, self.retry))

    def open(self, job: Union[str, Record]) -> BinaryIO:
        """The job's file, checked and open for reading, as pandas and geopandas take it."""
        return self._run(_download.to_memory(self._record(job), self.retry))

    def close(self) -> None:
        """Closes its connections; those of a client of your own stay."""
        if self._owns:
            self._client.close()

    def __enter__(self) -> Exports:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Exports({str(self._where)!r})"

    def _record(self, job: Union[str, Record]) -> Record:
        return job if isinstance(job, Record) else self.status(job)

    def _run(self, flow: Flow[T], on_progress: Optional[OnProgress] = None) -> T:
        with Driver(self, on_progress) as driver, contextlib.closing(flow):
            answer: Any = None
            while True:
                try:
                    step = flow.send(answer) if not isinstance(answer, Exception) else flow.throw(answer)
                except StopIteration as end:
                    result: T = end.value
                    return result
                answer = driver.perform(step)


class Driver:
    """Performs steps, blocking. What went wrong on the way is its result."""

    def __init__(self, exports: Exports, on_progress: Optional[OnProgress] = None) -> None:
        self._exports = exports
        self._on_progress = on_progress
        self._response: Optional[httpx2.Response] = None
        self._chunks: Iterator[bytes] = iter(())
        self._ear: Optional[Ear] = None
        self.stopped = threading.Event()

    def __enter__(self) -> Driver:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._close()
        if self._ear is not None:
            self._ear.stop()

    def perform(self, step: Step) -> Any:
        """The step's result."""
        if isinstance(step, Ask):
            return self._ask(step)
        if isinstance(step, Open):
            return self._open(step)
        if isinstance(step, Read):
            return self._read()
        if isinstance(step, Pause):
            self.stopped.wait(step.seconds)
            return None
        if isinstance(step, Work):
            return step.call()
        if isinstance(step, Tell):
            return self._on_progress(step.record) if self._on_progress else None
        if isinstance(step, Hear):
            self._ear = self._ear or Ear(self._exports, step.job_id)
            return self._ear.hear(step.seconds)
        raise AssertionError(f"{type(step).__name__} is for an iterator")

    def _ask(self, step: Ask) -> Any:
        where = self._exports._where
        try:
            response = self._exports._client.request(
                step.method, where.url(step.path), headers=where.with_own(step.headers), content=step.body,
                timeout=_http.timeouts(min(self._exports._timeout, step.within or self._exports._timeout)),
            )  # fmt: skip
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            return _http.lost(error)
        return _http.reply_of(response, response.content)

    def _open(self, step: Open) -> Any:
        self._close()
        where, client = self._exports._where, self._exports._client
        request = client.build_request(
            "GET", where.url(step.path), headers=where.with_own(step.headers),
            timeout=_http.timeouts(self._exports._timeout, step.silence),
        )  # fmt: skip
        try:
            response = client.send(request, stream=True)
            if response.status_code >= 300:
                with contextlib.closing(response):
                    return _http.reply_of(response, response.read())
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            return _http.lost(error)
        self._response, self._chunks = response, response.iter_bytes()
        return _http.reply_of(response)

    def _read(self) -> Any:
        try:
            return next(self._chunks, b"")
        except (httpx2.TransportError, httpx2.DecodingError, httpx2.StreamError, OSError, ValueError) as error:
            return _http.lost(error)

    def _close(self) -> None:
        response, self._response, self._chunks = self._response, None, iter(())
        if response is not None:
            with contextlib.suppress(httpx2.HTTPError, RuntimeError, OSError):
                response.close()

    def cut(self) -> None:
        """Ends, from another thread, what this one reads."""
        self.stopped.set()
        response = self._response
        if response is None or response.http_version not in ("HTTP/1.1", "HTTP/1.0"):
            return  # others share an HTTP/2 connection: the reader sees at the next heartbeat that it was stopped
        stream = response.extensions.get("network_stream")
        found = stream.get_extra_info("socket") if stream is not None else None
        if isinstance(found, socket.socket):
            with contextlib.suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)


class EventStream(Iterator[Item]):
    """Events, one after the other. `cursor` is the id of the last one that was handed out: store it, and go on behind it
    with `events(after=cursor)`."""

    def __init__(self, exports: Exports, after: Optional[str]) -> None:
        self._follower = Follower(after, exports.retry)
        self._driver = Driver(exports)
        self.cursor = after
        self._joined: Callable[[], None] = lambda: None
        self._items = self._iterate()

    def _iterate(self) -> Iterator[Item]:
        flow = self._follower.flow()
        answer: Any = None
        with self._driver as driver:
            while not driver.stopped.is_set():
                try:
                    step = flow.send(answer) if not isinstance(answer, Exception) else flow.throw(answer)
                except StopIteration:
                    return
                if not isinstance(step, Emit):
                    answer = driver.perform(step)
                    continue
                answer = None
                self._joined()
                for item in step.items:
                    self.cursor = item.id
                    yield item
                self.cursor = step.cursor

    def __next__(self) -> Item:
        return next(self._items)

    def __iter__(self) -> EventStream:
        return self

    def close(self) -> None:
        """Ends the iteration, also when another thread is in it."""
        self._driver.cut()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()
        self._driver.__exit__(None, None, None)


class Ear:
    """Hears of the end of one job in a thread of its own. It may be deaf (no permission, too many followers): whoever
    waits looks by himself, too."""

    def __init__(self, exports: Exports, job_id: str) -> None:
        self._job_id = job_id
        self._heard: queue.SimpleQueue[Union[Record, bool]] = queue.SimpleQueue()
        self._events = exports.events()
        self._is_joined = False
        self._events._joined = self._join
        threading.Thread(target=self._listen, name="deertrack-events", daemon=True).start()

    def _join(self) -> None:
        if not self._is_joined:
            self._is_joined = True
            self._heard.put(True)

    def _listen(self) -> None:
        with contextlib.suppress(Exception):
            for item in self._events:
                record = getattr(item, "record", None)
                if isinstance(record, Record) and record.job_id == self._job_id:
                    self._heard.put(record)

    def hear(self, seconds: float) -> Union[Record, bool, None]:
        """What came, or `None` after so long."""
        try:
            return self._heard.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return None

    def stop(self) -> None:
        """Ends the thread."""
        self._events.close()


class Job:
    """One job."""

    def __init__(
        self, exports: Exports, job_id: str, kind: Optional[str], message: Optional[str], record: Optional[Record]
    ) -> None:
        self._exports = exports
        self.id = job_id
        self.kind = kind
        self.message = message
        """The gateway's words when it accepted the job; `None` when the idempotency key had this job already."""
        self.record = record
        """What was known when the idempotency key was found."""

    def status(self) -> Record:
        """See `Exports.status`."""
        return self._exports.status(self.id)

    def wait(self, timeout: Optional[float] = None, on_progress: Optional[OnProgress] = None) -> Record:
        """See `Exports.wait`."""
        return self._exports.wait(self.id, timeout, on_progress)

    def cancel(self) -> None:
        """See `Exports.cancel`."""
        self._exports.cancel(self.id)

    def download(self, path: FilePath = ".") -> Path:
        """See `Exports.download`; the job must have ended."""
        return self._exports.download(self.id, path)

    def open(self) -> BinaryIO:
        """See `Exports.open`; the job must have ended."""
        return self._exports.open(self.id)

    def __repr__(self) -> str:
        return f"Job({self.id!r})"
