"""Commands as they lie in the stream, and the moves of Redis, without I/O: generators that yield calls and are sent their
replies. The scripts in `lua/` are those of the Rust library, to the byte."""
from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Generator, Iterable, Mapping, Optional, Sequence, TypeVar, Union

import msgpack  # type: ignore[import-untyped,unused-ignore]

from . import errors
from .ids import lies_beside_the_queue, new_job_id
from .record import JOB_ID, Record
from .requests import Request

T = TypeVar("T")
VERSION = 1
MAX_BYTES = 1024 * 1024
MAX_ATTEMPTS = 3
MAX_EVENTS = 100_000
BATCH = 64
"""Commands that one script takes."""
LOOKS = 10
"""How often a cancel looks where the job is, before it takes it for lost."""


@dataclass(frozen=True)
class Call:
    """Send these words to Redis; result: the reply."""

    words: Sequence[Union[str, bytes, int]]


@dataclass(frozen=True)
class Script:
    """Run a script; result: what it returns."""

    name: str
    keys: Sequence[str]
    args: Sequence[Union[str, bytes, int]]


Moves = Generator[Union[Call, Script], Any, T]


@dataclass(frozen=True)
class Command:
    """A request with what makes it a command."""

    request: Request
    job_id: str
    created_at: datetime.datetime
    requested_by: Optional[str] = None
    tenant: Optional[str] = None
    deadline: Optional[datetime.datetime] = None
    idempotency_key: Optional[str] = None
    traceparent: Optional[str] = None

    def params(self) -> dict[str, Any]:
        """With all defaults, in the order of the Rust library."""
        return self.request.model_dump(mode="json", exclude_none=True, exclude={"requested_by", "idempotency_key"})

    def envelope(self) -> dict[str, Any]:
        """What crosses the wire."""
        deadline = self.deadline and utc(self.deadline)
        whole = {
            "v": VERSION, "job_id": self.job_id, "kind": self.request.KIND, "params": self.params(),
            "requested_by": self.requested_by, "tenant": self.tenant, "created_at": utc(self.created_at),
            "attempt": 1, "max_attempts": MAX_ATTEMPTS, "deadline": deadline, "idempotency_key": self.idempotency_key,
            "traceparent": self.traceparent,
        }  # fmt: skip
        return {name: value for name, value in whole.items() if value is not None}

    def encode(self) -> bytes:
        """A MessagePack map with names."""
        body: bytes = msgpack.packb(self.envelope())
        if len(body) > MAX_BYTES:
            raise errors.of_answer(413, {"detail": f"the command has {len(body)} bytes; the limit is {MAX_BYTES}"})
        return body

    def queued(self) -> str:
        """Its status record, as JSON."""
        record: dict[str, Any] = {"status": "processing", "state": "queued", "job_id": self.job_id, "kind": self.request.KIND}
        for name in ("requested_by", "tenant"):
            if getattr(self, name) is not None:
                record[name] = getattr(self, name)
        record["progress"] = 0.0
        chosen = getattr(self.request, "detection_ids", None)
        if chosen is not None:
            record.update(processed_count=0, total_detections=len(chosen), progress_percent=0)
        return compact({**record, "created_at": utc(self.created_at), "attempt": 1, "deliveries": 0})

    def fingerprint(self) -> str:
        """Tells two requests under one idempotency key apart: all that the caller chose."""
        if self.idempotency_key is None:
            return ""
        export = {"kind": self.request.KIND, "params": self.params()}
        return hashlib.sha256(compact([export, self.requested_by, self.tenant]).encode()).digest()[:16].hex()


ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def compact(value: Any) -> str:
    """JSON without spaces: the script splices into it."""
    return ENCODER.encode(value)


def utc(time: datetime.datetime) -> str:
    """RFC 3339 with a Z. A time without a zone is refused: nobody knows which is meant."""
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone; say datetime.now(timezone.utc)")
    return time.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=None)
def script_text(name: str) -> str:
    """What is shared goes behind the first line, which tells Redis the script's flags."""
    folder = resources.files("deertrack") / "lua"
    flags, rest = (folder / f"{name}.lua").read_text("utf-8").split("\n", 1)
    shared = "".join((folder / f"{part}.lua").read_text("utf-8") for part in ("fence", "number"))
    return f"{flags}\n{shared}{rest}"


@lru_cache(maxsize=None)
def script_hash(name: str) -> str:
    """By which Redis knows it."""
    return hashlib.sha1(script_text(name).encode(), usedforsecurity=False).hexdigest()


class Keys:
    """The names of all keys under one prefix."""

    def __init__(self, prefix: str = "exports", on_cluster: bool = False) -> None:
        allowed = all(c.isascii() and (c.isalnum() or c in "_-.:") for c in prefix)
        if not 1 <= len(prefix) <= 64 or not allowed:
            raise ValueError(f"key prefix {prefix[:80]!r} is not 1 to 64 characters out of A-Z a-z 0-9 _ - . : without braces")
        self.prefix = prefix
        self._on_cluster = on_cluster

    def named(self, name: str) -> str:
        """`{exports}:<name>`."""
        return f"{{{self.prefix}}}:{name}"

    def status(self, job_id: str) -> str:
        """Where the status lies."""
        return f"export_job:{job_id}" if self.prefix == "exports" else self.named(f"export_job:{job_id}")

    def check(self, job_id: str) -> str:
        """A job id that can be run here."""
        if not JOB_ID.match(job_id):
            raise ValueError(f"job id {job_id[:80]!r} is not 1 to 64 characters out of A-Z a-z 0-9 _ -")
        if self._on_cluster and self.prefix == "exports" and not lies_beside_the_queue(job_id):
            raise ValueError(f"the status of job {job_id} lies in another slot of this Redis Cluster than its queue: "
                             "take an id of deertrack.ids.new_job_id")  # fmt: skip
        return job_id

    def new_job_id(self) -> str:
        """Led beside the queue."""
        return new_job_id(self.prefix)


@dataclass(frozen=True)
class Outcome:
    """What a submit came to."""

    what: str
    """`new`, `existing` (the key or the id was accepted before), `conflict` (the key has another request) or `full`."""
    job_id: str
    """Its job; of a conflict and of a full backlog nothing was enqueued."""


OUTCOMES = ("new", "existing", "conflict", "full")


def submit(keys: Keys, commands: Sequence[Command], ttl: int, bound: int) -> Moves[list[Outcome]]:
    """One script for up to 64. The same commands again are harmless: their ids tell that they are the same."""
    done: list[Outcome] = []
    for first in range(0, len(commands), BATCH):
        batch = commands[first : first + BATCH]
        names, args = [keys.named("commands")], [str(ttl), str(bound)]
        words: list[Union[str, bytes]] = [*args]
        for command in batch:
            status, key = keys.status(command.job_id), command.idempotency_key
            names += [status, status if key is None else keys.named(f"dedupe:{key}")]
            words += [command.job_id, command.tenant or "", command.encode(), command.queued(), command.fingerprint()]
        replies: Iterable[tuple[int, Union[bytes, str]]] = yield Script("submit", names, words)
        done += [Outcome(OUTCOMES[what], text(job)) for what, job in replies]
    return done


def text(value: Union[bytes, str]) -> str:
    """A reply, whether the connection decodes or not."""
    return value.decode() if isinstance(value, bytes) else value


def stored(keys: Keys, job_id: str) -> Moves[Optional[dict[str, Any]]]:
    """What lies under the status key; `None` when nothing does."""
    found = yield Call(("GET", keys.status(job_id)))
    if found is None:
        return None
    record = json.loads(found)
    if not isinstance(record, dict):
        raise errors.DeertrackError(f"what lies under {keys.status(job_id)} is no status record")
    return record


def status(keys: Keys, job_id: str) -> Moves[Record]:
    """The record, whoever wrote it."""
    record = yield from stored(keys, job_id)
    if record is None:
        raise errors.of_answer(404, {"detail": "Job not found or expired"})
    return Record.model_validate({**record, "job_id": job_id})


def cancel(keys: Keys, job_id: str, ttl: int) -> Moves[None]:
    """At once while it waits; by a flag and a hint while it runs."""
    for look in range(1, LOOKS + 1):
        record = yield from stored(keys, job_id)
        if record is None:
            raise errors.of_answer(404, {"detail": f"Export job not found: {job_id[:80]}"})
        if record.get("status") in ("completed", "failed"):
            return
        if "state" not in record or "kind" not in record:  # another program's: whoever runs it is asked
            yield Call(("SETEX", keys.named(f"cancel:{job_id}"), ttl, "1"))
            came_to = 2
        else:
            came_to = yield cancel_script(keys, job_id, record, ttl, last=look == LOOKS)
        if came_to == 2:
            yield Call(("PUBLISH", keys.named("control"), f"cancel {job_id}"))
        if came_to:
            return


def cancel_script(keys: Keys, job_id: str, record: Mapping[str, Any], ttl: int, last: bool) -> Script:
    """The call of cancel.lua for a job that its record tells of."""
    now = datetime.datetime.now(datetime.timezone.utc)
    ended = {name: value for name, value in record.items() if name not in ("next_attempt_at", "stage")}
    ended |= {"status": "failed", "state": "cancelled", "error": "cancelled", "error_message": "cancelled"}
    ended |= {"completed_at": utc(now), "expires_at": utc(now + datetime.timedelta(seconds=ttl)), "job_id": job_id}
    names = [keys.named(name) for name in ("commands", "events", "event_seq", "delayed", "parked")]
    body: bytes = msgpack.packb({name: value for name, value in ended.items() if name != "entry_id"})
    return Script(
        "cancel", [*names, keys.status(job_id), keys.named(f"cancel:{job_id}")],
        ["workers", ttl, MAX_EVENTS, job_id, str(record.get("entry_id") or ""), str(record["kind"]), "cancelled",
         compact(ended), body, int(last)],
    )  # fmt: skip
