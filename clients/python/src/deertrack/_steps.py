"""What the core asks a driver to do. The core does no I/O: it is made of generators that yield steps and are sent their
results. A driver performs them, blocking (`client`) or not (`aio`). A step that fails on the way is thrown back into the
generator as `Lost`."""
from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Generator, Mapping, Optional, Sequence, TypeVar, Union

from .record import Event, Lagged, Record

T = TypeVar("T")


class Lost(Exception):
    """No answer, or not the whole of it: connection refused, cut or timed out."""


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""


@dataclass(frozen=True)
class Ask:
    """Send this; result: `Reply`."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Optional[bytes] = None
    within: Optional[float] = None
    """Seconds without an answer after which it is lost; `None`: those of the client."""


@dataclass(frozen=True)
class Open:
    """Send this and keep the answer open; result: `Reply` without a body. It is closed by the next `Open` and at the end."""

    path: str
    headers: Mapping[str, str]
    silence: float
    """Seconds without a byte after which it is lost."""


@dataclass(frozen=True)
class Read:
    """Some bytes of what is open; result: `bytes`, empty at the end."""


@dataclass(frozen=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Work:
    """Call this, which may block; result: what it returns."""

    call: Callable[[], Any]


@dataclass(frozen=True)
class Hear:
    """Wait so long for the end of a job, by events in the background; result: `Record`, `True` when the events have just
    been joined, or `None`."""

    job_id: str
    seconds: float


@dataclass(frozen=True)
class Tell:
    """Hand this to the caller's `on_progress`."""

    record: Record


@dataclass(frozen=True)
class Emit:
    """Hand these to the iterator of events. Without any, only the cursor has moved."""

    items: Sequence[Union[Event, Lagged]]
    cursor: str


Step = Union[Ask, Open, Read, Pause, Work, Hear, Tell, Emit]
Flow = Generator[Step, Any, T]


@dataclass(frozen=True)
class Retry:
    """How often and how long a call is tried. Waits double from `first` to `most`, with full jitter: a random share of
    each. A `Retry-After` of the server is the least that is waited."""

    budget: float = 30.0
    """Seconds within which a call may be begun again; 0: never."""
    first: float = 0.2
    """Seconds of the first wait."""
    most: float = 5.0
    """Seconds of the longest wait."""

    def wait(self, failures: int, retry_after: Optional[float] = None) -> float:
        """Seconds before the next try, after so many failures in a row (from 1)."""
        jittered = random.uniform(0, min(self.most, self.first * 2.0 ** min(failures - 1, 30)))
        return jittered if retry_after is None else retry_after + min(jittered, self.first)


def monotonic() -> float:
    """Seconds by a clock that nobody sets."""
    return time.monotonic()
