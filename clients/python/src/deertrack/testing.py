"""A gateway in memory, for the tests of those who use this package: `FakeExports` is an `Exports` whose requests never
leave the process. All of the client is real: its errors, its retries, its events, its downloads."""
from __future__ import annotations

import datetime
import hashlib
import json
import re
import uuid
from typing import Any, Mapping, Optional

import httpx2

from . import _rules, errors
from ._steps import Retry
from .aio import AsyncExports
from .client import Exports
from .record import Record
from .requests import REQUESTS

EXTENSIONS = {"pdf": ("pdf", "application/pdf"), "table": ("csv", "text/csv")}
QUICK = Retry(budget=2.0, first=0.01, most=0.05)


class FakeGateway:
    """What a gateway knows, and its answers."""

    def __init__(self, auto: bool = True, content: bytes = b"made by a fake") -> None:
        self.auto, self.content = auto, content
        self.submitted: list[tuple[str, dict[str, Any]]] = []
        """Kind and body of each job, in order."""
        self.records: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.events: list[str] = []
        self.keys: dict[str, tuple[str, str]] = {}
        self.away = 0
        self.backlog_full = False

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """As the gateway's."""
        if self.away > 0:
            self.away -= 1
            return refusal(503, "Redis cannot be reached or is full; try again later", {"retry-after": "0"})
        path = request.url.path
        if request.method == "POST" and (found := re.fullmatch(r"/api/exports/([^/]+)", path)):
            return self._submit(found[1], request)
        if request.method == "DELETE" and (found := re.fullmatch(r"/api/exports/([^/]+)", path)):
            return self._cancel(found[1])
        if request.method == "GET" and (found := re.fullmatch(r"/api/exports/[^/]+/([^/]+)", path)):
            record = self.records.get(found[1])
            return httpx2.Response(200, json=record) if record else refusal(404, "Job not found or expired")
        if path == "/api/events":
            return self._events(request)
        if found := re.fullmatch(r"/api/static/exports/([^/]+)", path):
            return self._file(found[1], request)
        if path == "/api/kinds":
            return httpx2.Response(200, json={"kinds": [{"name": kind} for kind in REQUESTS]})
        return refusal(404, f"No such path: {path}")

    async def answer_later(self, request: httpx2.Request) -> httpx2.Response:
        """For an asynchronous client."""
        return self.answer(request)

    def _submit(self, kind: str, request: httpx2.Request) -> httpx2.Response:
        try:
            body = json.loads(request.content)
            whole = _rules.typed(_rules.without_platform_names(kind, body), kind)
            _rules.check(whole, datetime.datetime.now(datetime.timezone.utc).date())
        except errors.Answered as error:
            return httpx2.Response(error.status, json=error.body)
        key = request.headers.get("idempotency-key") or body.get("idempotency_key")
        chosen = json.dumps([kind, {k: v for k, v in body.items() if k != "idempotency_key"}], sort_keys=True)
        if key in self.keys:
            owner, before = self.keys[key]
            if before != chosen:
                return refusal(409, f"The idempotency key belongs to another request: job {owner}")
            return httpx2.Response(200, json=self.records[owner])
        if self.backlog_full:
            return refusal(429, "Too many exports are waiting; try again later", {"retry-after": "5"})
        job_id = str(uuid.uuid4())
        if key:
            self.keys[key] = (job_id, chosen)
        self.submitted.append((kind, body))
        record = {"status": "processing", "state": "queued", "job_id": job_id, "kind": kind, "progress": 0.0,
                  "created_at": now(), "attempt": 1, "deliveries": 0}  # fmt: skip
        self.records[job_id] = record
        if self.auto:
            self.complete(job_id)
        message = {"job_id": job_id, "status": "processing", "message": f"{kind} accepted; it waits for a worker"}
        return httpx2.Response(202, json=message, headers={"location": f"/api/exports/{kind}/{job_id}"})

    def _cancel(self, job_id: str) -> httpx2.Response:
        if job_id not in self.records:
            return refusal(404, f"Export job not found: {job_id}")
        if self.records[job_id]["status"] == "processing":
            self.end(job_id, "cancelled", error="cancelled")
        return httpx2.Response(204)

    def _events(self, request: httpx2.Request) -> httpx2.Response:
        """Those that there are; the client comes back at once for more."""
        last = request.headers.get("last-event-id")
        seen = len(self.events) if last is None else int(last.partition("-")[0])
        text = f"retry: 10\nid: {seen}-0\n: following\n\n" + "".join(self.events[seen:])
        return httpx2.Response(200, content=text.encode(), headers={"content-type": "text/event-stream"})

    def _file(self, name: str, request: httpx2.Request) -> httpx2.Response:
        if name not in self.files:
            return refusal(404, f"File not found: {name}")
        content, tag = self.files[name], f'"{len(self.files[name])}"'
        found = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if found and request.headers.get("if-range", tag) == tag:
            first = int(found[1])
            headers = {"content-range": f"bytes {first}-{len(content) - 1}/{len(content)}", "etag": tag}
            return httpx2.Response(206, content=content[first:], headers=headers)
        return httpx2.Response(200, content=content, headers={"etag": tag})

    def complete(self, job_id: str, content: Optional[bytes] = None, headline: Optional[str] = None) -> Record:
        """The job ends with this file."""
        body = self.content if content is None else content
        extension, media_type = EXTENSIONS.get(self.records[job_id]["kind"], ("zip", "application/zip"))
        name = f"{self.records[job_id]['kind']}_{job_id}.{extension}"
        self.files[name] = body
        artifact = {"filename": name, "download_url": f"/api/static/exports/{name}", "file_size_bytes": len(body),
                    "sha256": hashlib.sha256(body).hexdigest(), "media_type": media_type}  # fmt: skip
        return self.end(job_id, "completed", progress=1.0, **artifact, **({"headline": headline} if headline else {}))

    def fail(self, job_id: str, error: str = "the fake was told to fail", state: str = "failed") -> Record:
        """The job ends without a file."""
        return self.end(job_id, state, error=error, error_message=error)

    def progress(self, job_id: str, progress: float, stage: Optional[str] = None) -> Record:
        """The job runs, and is so far."""
        self.records[job_id] |= {"state": "running", "progress": progress, "stage": stage}
        return Record.model_validate(self.records[job_id])

    def end(self, job_id: str, state: str, **fields: Any) -> Record:
        """The record at the end, and its event."""
        status = "completed" if state == "completed" else "failed"
        self.records[job_id] |= {"status": status, "state": state, "completed_at": now(), **fields}
        n = len(self.events) + 1
        data = json.dumps({"n": n, "record": self.records[job_id]})
        self.events.append(f"id: {n}-0\nevent: {state}\ndata: {data}\n\n")
        return Record.model_validate(self.records[job_id])


def now() -> str:
    """As records tell it."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")


def refusal(status: int, detail: str, headers: Optional[Mapping[str, str]] = None) -> httpx2.Response:
    """An answer other than success."""
    return httpx2.Response(status, json={"detail": detail}, headers=headers)


class FakeExports(Exports):
    """An `Exports` without a gateway. Jobs complete at once with `content`; with `auto=False` the test says what becomes
    of them: `fake.gateway.complete(job.id)`, `.fail(job.id, "why")`, `.progress(job.id, 0.5)`. `fake.gateway.submitted`
    holds what was asked for; `fake.gateway.away = 3` refuses the next three requests, as when Redis is away."""

    def __init__(self, *, auto: bool = True, content: bytes = b"made by a fake", retry: Retry = QUICK) -> None:
        self.gateway = FakeGateway(auto, content)
        client = httpx2.Client(transport=httpx2.MockTransport(self.gateway.answer))
        super().__init__("http://fake.invalid", retry=retry, client=client)

    def __enter__(self) -> FakeExports:
        return self

    def asynchronous(self) -> AsyncExports:
        """An `AsyncExports` at the same fake."""
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self.gateway.answer_later))
        return AsyncExports("http://fake.invalid", retry=self.retry, client=client)


__all__ = ["FakeExports", "FakeGateway"]
