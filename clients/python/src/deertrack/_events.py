"""Completions as server-sent events, without I/O: resumed by Last-Event-ID, each told once."""
from __future__ import annotations

from typing import Callable, Optional, Union

from . import errors
from ._core import OUTAGE, RETRIED, away, failure
from ._steps import Emit, Flow, Lost, Open, Pause, Read, Reply, Retry, monotonic
from .record import Event, Lagged

SILENCE = 45.0
"""Seconds: the gateway beats every 15."""

Item = Union[Event, Lagged]


def position(event_id: str) -> tuple[int, int]:
    """Ids sort by time: `<milliseconds>-<number>`."""
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number)


class Follower:
    """Where one reader stands."""

    def __init__(self, after: Optional[str], retry: Retry, clock: Callable[[], float] = monotonic) -> None:
        if after is not None:
            try:
                position(after)
            except ValueError:
                raise ValueError(f"{after!r} is not the id of an event, such as 1767225600000-0") from None
        self.cursor = after
        self.pause = retry.first
        self._retry = retry
        self._clock = clock
        self._rest = b""

    def flow(self) -> Flow[None]:
        """For ever. Ends with an error that coming back would not mend, or after an outage of five minutes."""
        failures, last_good = 0, self._clock()
        patience = self._retry.budget
        while True:
            error: errors.Answered
            try:
                reply: Reply = yield Open("/api/events", self._headers(), SILENCE)
                if reply.status == 200:
                    self._rest = b""
                    while chunk := (yield Read()):
                        failures, last_good, patience = 0, self._clock(), max(OUTAGE, self._retry.budget)
                        items = self.feed(chunk)
                        if self.cursor is not None:
                            yield Emit(items, self.cursor)
                    error = errors.Unavailable("the gateway ended the events", status=503)
                else:
                    error = failure(reply)
                    if reply.status not in RETRIED:
                        raise error
            except Lost as lost:
                error = away(lost)
            failures += 1
            if self._clock() - last_good > patience:
                raise error
            wait = self._retry.wait(failures, error.retry_after)
            yield Pause(wait if failures > 1 or error.retry_after else min(wait, self.pause))

    def _headers(self) -> dict[str, str]:
        headers = {"accept": "text/event-stream", "cache-control": "no-store"}
        if self.cursor is not None:
            headers["last-event-id"] = self.cursor
        return headers

    def feed(self, chunk: bytes) -> list[Item]:
        """The events that these bytes complete. What was told before is left out."""
        text = self._rest + chunk
        if b"\r" in text:
            # A proxy may have changed the ends of lines; one that is cut in two is looked at with the next bytes.
            held = text.endswith(b"\r")
            text = (text[:-1] if held else text).replace(b"\r\n", b"\n").replace(b"\r", b"\n") + (b"\r" if held else b"")
        *blocks, self._rest = text.split(b"\n\n")
        found: list[Item] = []
        for block in blocks:
            item = self._block(block)
            if item is not None:
                found.append(item)
        return found

    def _block(self, block: bytes) -> Optional[Item]:
        name, event_id, data = "message", None, []
        for line in block.split(b"\n"):
            field, _, value = line.partition(b":")
            value = value[1:] if value.startswith(b" ") else value
            if field == b"data":
                data.append(value)
            elif field == b"id" and b"\0" not in value:
                event_id = value.decode()
            elif field == b"event":
                name = value.decode()
            elif field == b"retry" and value.isdigit():
                self.pause = int(value) / 1000
        if name == "lagged" and data:
            lag = Lagged.model_validate_json(b"\n".join(data))
            self.cursor = event_id or self.cursor  # back to where Redis goes on, after a loss
            return lag.model_copy(update={"id": self.cursor or ""})
        if event_id is None:
            return None
        if self.cursor is not None and position(event_id) <= position(self.cursor):
            return None
        self.cursor = event_id
        if not data:
            return None  # the greeting: events go on behind this id
        event = Event.model_validate_json(b"\n".join(data))
        return event.model_copy(update={"id": event_id})
