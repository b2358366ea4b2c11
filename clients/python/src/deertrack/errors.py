"""What can go wrong, by kind. All are `DeertrackError`; a caller need catch no exception of the HTTP library."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional, Sequence, Union

if TYPE_CHECKING:
    from .record import Record


class DeertrackError(Exception):
    """Any failure of this package."""


@dataclass(frozen=True)
class Problem:
    """One field that is wrong."""

    loc: tuple[Union[str, int], ...]
    """Where: `("body", "group_by")`."""
    msg: str
    """What is wrong, for people."""
    type: str
    """What is wrong, for programs: `value_error.missing`."""

    def __str__(self) -> str:
        return f"{'.'.join(str(step) for step in self.loc if step != 'body')}: {self.msg}"


class Answered(DeertrackError):
    """The gateway answered, but not with success."""

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        problems: Sequence[Problem] = (),
        retry_after: Optional[float] = None,
        body: object = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        """Why, in the gateway's words."""
        self.status = status
        """HTTP status."""
        self.problems = tuple(problems)
        """Every wrong field; empty where a rule between fields is broken."""
        self.retry_after = retry_after
        """Seconds after which the same may work; `None` where that is not told."""
        self.body = {"detail": detail} if body is None else body
        """The answer as it came: `{"detail": ...}`, to be passed on unchanged."""


class Refused(Answered):
    """The request breaks a rule (400, 413, 422): nothing was enqueued, and the same will be refused again."""


class Unauthorized(Answered):
    """No key, or one that is not known (401)."""


class Forbidden(Answered):
    """The key does not allow this (403)."""


class NotFound(Answered):
    """No such job or file, or it was forgotten: records are kept for an hour after the end (404)."""


class Conflict(Answered):
    """The idempotency key belongs to another request (409)."""


class BacklogFull(Answered):
    """Too many exports wait (429); nothing was enqueued. `retry_after` says when to come again."""


class Unavailable(Answered):
    """The gateway or its Redis could not be reached for as long as was tried (`status` is 503, or what a proxy said).
    What was submitted may have been accepted: submit again with the same idempotency key."""


class JobFailed(DeertrackError):
    """The job ended without a file."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"job {record.job_id} ended as {record.state or record.status}: {record.error or 'no reason told'}")
        self.record = record
        """All that is known."""
        self.state = record.state or "failed"
        """`failed`, `cancelled`, `expired` or `dead`."""
        self.error = record.error
        """Why, for the person who asked."""


class WaitTimeout(DeertrackError, TimeoutError):
    """The job had not ended when the time was over. It goes on: wait again, or cancel it."""

    def __init__(self, job_id: str, timeout: float, record: Optional[Record]) -> None:
        known = f"it is {record.state or record.status}" if record else "nothing is known of it"
        super().__init__(f"job {job_id} had not ended after {timeout:g} s; {known}")
        self.record = record
        """What the last look told."""


class Damaged(DeertrackError):
    """What arrived is not the file that the job made: another size or SHA-256. Nothing was left at the target."""


class NoFile(DeertrackError):
    """The job has no file: it has not ended, or ended without one."""


OF_STATUS: dict[int, type[Answered]] = {
    400: Refused, 401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict, 413: Refused, 422: Refused,
    429: BacklogFull, 408: Unavailable, 502: Unavailable, 503: Unavailable, 504: Unavailable,
}  # fmt: skip


def of_answer(status: int, body: object, retry_after: Optional[float] = None, text: str = "") -> Answered:
    """The error that an answer means."""
    detail = body.get("detail") if isinstance(body, dict) else None
    problems: list[Problem] = []
    if isinstance(detail, list):
        for one in detail:
            if isinstance(one, dict):
                loc = tuple(step for step in one.get("loc", ()) if isinstance(step, (str, int)))
                problems.append(Problem(loc, str(one.get("msg", "")), str(one.get("type", ""))))
    words = detail if isinstance(detail, str) else "; ".join(map(str, problems)) or text or f"HTTP {status}"
    kind = OF_STATUS.get(status, Answered)
    return kind(words, status=status, problems=problems, retry_after=retry_after, body=body)
