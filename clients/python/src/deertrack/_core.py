"""Requests and answers of the gateway, without I/O: see `_steps`."""
from __future__ import annotations

import datetime
import email.utils
import json
import urllib.parse
import uuid
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Optional, Union

from . import errors
from ._steps import Ask, Flow, Hear, Lost, Pause, Reply, Retry, Tell, monotonic
from .record import Record
from .requests import Request

RETRIED = frozenset((408, 429, 502, 503, 504))
"""Answers after which the same request may work."""
FIRST_POLL, LAST_POLL = 0.5, 5.0
"""Seconds between looks at a job while its event has not come."""
LAST_LOOK = 1.0
"""Seconds that the look at a deadline may take."""
OUTAGE = 300.0
"""Seconds without a gateway after which an open-ended wait or a follower gives up."""

Payload = Union[Request, Mapping[str, Any]]


@dataclass(frozen=True)
class Submitted:
    """What a submit came to."""

    job_id: str
    kind: str
    message: Optional[str]
    """The gateway's words, when the job is new."""
    record: Optional[Record]
    """When the idempotency key had a job already."""


def retry_after(reply: Reply) -> Optional[float]:
    """Seconds, from either form of the header."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=datetime.timezone.utc)
    return max(0.0, (at - datetime.datetime.now(datetime.timezone.utc)).total_seconds())


def failure(reply: Reply) -> errors.Answered:
    """The error that an answer means."""
    try:
        body: object = json.loads(reply.body)
    except ValueError:
        body = None
    text = "" if body is not None else reply.body[:200].decode("utf-8", "replace").strip()
    return errors.of_answer(reply.status, body, retry_after(reply), text)


def away(lost: Lost) -> errors.Unavailable:
    """The error of a gateway that does not answer."""
    return errors.Unavailable(f"the gateway does not answer: {lost}", status=503)


def ask(step: Ask, retry: Retry, clock: Callable[[], float] = monotonic) -> Flow[Reply]:
    """Until it is answered with success or a refusal, within the budget."""
    give_up = clock() + retry.budget
    failures = 0
    while True:
        error: errors.Answered
        try:
            reply: Reply = yield step
            if reply.status < 300:
                return reply
            error = failure(reply)
            if reply.status not in RETRIED:
                raise error
        except Lost as lost:
            error = away(lost)
        failures += 1
        wait = retry.wait(failures, error.retry_after)
        if clock() + wait > give_up:
            raise error
        yield Pause(wait)


def parsed(reply: Reply) -> Any:
    """The JSON of an answer with success. A proxy may have put something else in its place."""
    try:
        return json.loads(reply.body)
    except ValueError:
        text = reply.body[:80].decode("utf-8", "replace")
        raise errors.Answered(f"the gateway's answer is not JSON: {text!r}", status=reply.status) from None


def payload(request: Payload, kind: Optional[str]) -> tuple[str, dict[str, Any]]:
    """Kind and JSON body of a request."""
    if isinstance(request, Request):
        if kind is not None and kind != request.KIND:
            raise ValueError(f"a {type(request).__name__} is of the kind {request.KIND}, not {kind}")
        return request.KIND, request.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    if kind is None:
        raise ValueError('a request that is a mapping needs its kind: submit({...}, kind="pdf")')
    return kind, dict(request)


def plain(value: object) -> str:
    """What JSON has no form for: dates as their own text."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be sent as JSON")


def submit(
    request: Payload, kind: Optional[str], idempotency_key: Optional[str], traceparent: Optional[str], retry: Retry
) -> Flow[Submitted]:
    """One job, however often it has to be sent: all tries have one key."""
    kind, body = payload(request, kind)
    own = body.get("idempotency_key")
    key = idempotency_key or (own if isinstance(own, str) and own else f"auto_{uuid.uuid4()}")
    headers = {"content-type": "application/json"}
    if key.isascii() and key.isprintable():
        headers["idempotency-key"] = key
    else:
        body["idempotency_key"] = key
    if traceparent:
        headers["traceparent"] = traceparent
    text = json.dumps(body, default=plain, ensure_ascii=False).encode()
    path = f"/api/exports/{quoted(kind)}"
    reply = yield from ask(Ask("POST", path, headers, text), retry)
    answer = parsed(reply)
    job_id = str(answer["job_id"])
    if reply.status == 202:
        return Submitted(job_id, kind, answer.get("message"), None)
    return Submitted(job_id, kind, None, Record.model_validate(answer))


def status(job_id: str, retry: Retry, within: Optional[float] = None) -> Flow[Record]:
    """The kind in the path has to be known, but is not compared with the job's."""
    reply = yield from ask(Ask("GET", f"/api/exports/pdf/{quoted(job_id)}", within=within), retry)
    return Record.model_validate({**parsed(reply), "job_id": job_id})


def cancel(job_id: str, retry: Retry) -> Flow[None]:
    """Asks for the end of a job."""
    yield from ask(Ask("DELETE", f"/api/exports/{quoted(job_id)}"), retry)


def kinds(retry: Retry) -> Flow[list[dict[str, Any]]]:
    """What can be exported."""
    reply = yield from ask(Ask("GET", "/api/kinds"), retry)
    found: list[dict[str, Any]] = parsed(reply)["kinds"]
    return found


def quoted(part: str) -> str:
    """One part of a path. Never a way to another route."""
    if part in ("", ".", ".."):
        raise ValueError(f"{part!r} is neither a job id nor a kind")
    return urllib.parse.quote(part, safe="")


def wait(
    job_id: str, timeout: Optional[float], retry: Retry, look: Callable[[Retry, Optional[float]], Flow[Record]],
    clock: Callable[[], float] = monotonic,
) -> Flow[Record]:  # fmt: skip
    """The record at the end. Events tell of it at once; looks at the record, every 0.5 s first and every 5 s later, find
    what no event told, and how far it is. An outage is waited out."""
    start = clock()
    deadline = None if timeout is None else start + timeout
    known: Optional[Record] = None
    told: Optional[tuple[object, ...]] = None
    answered = start
    poll = FIRST_POLL
    while True:
        left = None if deadline is None else deadline - clock()
        last_look = left is not None and left <= 0
        budget = min(retry.budget, 1.0 if left is None else max(0.0, min(left, 1.0)))
        # A gateway may take a request and never answer: that must not outlast the deadline.
        within = None if left is None else max(left, LAST_LOOK)
        try:
            known = yield from look(Retry(budget, retry.first, retry.most), within)
            answered = clock()
        except (errors.Unavailable, errors.BacklogFull):
            if deadline is None and clock() - answered > max(OUTAGE, retry.budget):
                raise
        if known is not None:
            now = (known.state, known.status, known.progress, known.stage)
            if now != told:
                told = now
                yield Tell(known)
            if known.ended:
                return ended(known)
        if last_look:
            raise errors.WaitTimeout(job_id, timeout or 0.0, known)
        nap = poll if deadline is None else max(0.0, min(poll, deadline - clock()))
        heard = yield Hear(job_id, nap)
        if isinstance(heard, Record):
            yield Tell(heard)
            return ended(heard)
        poll = FIRST_POLL if heard else min(LAST_POLL, poll * 1.5)


def ended(record: Record) -> Record:
    """The record of a job that has its file."""
    if record.completed:
        return record
    raise errors.JobFailed(record)
