"""What a request must keep, in the gateway's words, for whoever sends commands without the gateway. Workers check every
command again, with all rules; here are those of types and dates."""
from __future__ import annotations

import datetime
from typing import Any, Mapping, Optional, Union

from pydantic import ValidationError

from . import errors
from .requests import REQUESTS, Request

WORDS = {
    "missing": ("field required", "value_error.missing"),
    "extra_forbidden": ("extra fields not permitted", "value_error.extra"),
    "enum": (None, "type_error.enum"),
    "date_from_datetime_parsing": ("invalid date format", "value_error.date"),
    "date_parsing": ("invalid date format", "value_error.date"),
}
TOO_LONG = {
    "pdf": (365, "Date range cannot exceed 1 year"),
    "zip": (365, "Date range cannot exceed 1 year"),
    "table": (3660, "Date range cannot exceed 10 years"),
}
"""The most days between the two. Longer ranges of other kinds are left to the workers."""


def typed(request: Union[Request, Mapping[str, Any]], kind: Optional[str]) -> Request:
    """The request with its defaults, or `Refused` with every problem."""
    if isinstance(request, Request):
        if kind is not None and kind != request.KIND:
            raise ValueError(f"a {type(request).__name__} is of the kind {request.KIND}, not {kind}")
        return request
    if kind not in REQUESTS:
        known = ", ".join(REQUESTS)
        raise errors.of_answer(404, {"detail": f"Unknown export kind: {str(kind)[:80]}; known: {known}"})
    try:
        return REQUESTS[kind].model_validate(dict(request))
    except ValidationError as error:
        raise errors.of_answer(422, {"detail": [problem(dict(one)) for one in error.errors()]}) from None


def problem(one: dict[str, Any]) -> dict[str, Any]:
    """As the gateway would name it."""
    msg, kind = WORDS.get(one["type"], (None, str(one["type"])))
    return {"loc": ["body", *one["loc"]], "msg": msg or one["msg"], "type": kind}


def check(request: Request, today: datetime.date) -> None:
    """The rules of its dates."""
    start, end = getattr(request, "start_date", None), getattr(request, "end_date", None)
    broken = None
    if request.KIND == "zip":
        chosen = getattr(request, "detection_ids", None) is not None
        if chosen and (start or end):
            broken = "detection_ids and a date range exclude each other"
        elif not chosen and not (start and end):
            broken = "detection_ids, or start_date and end_date are required"
    elif (start is None) != (end is None):
        broken = "start_date and end_date go together"
    if broken is None and start is not None and end is not None:
        broken = range_rule(request.KIND, start, end, today)
    if broken is not None:
        raise errors.of_answer(400, {"detail": broken})


def range_rule(kind: str, start: datetime.date, end: datetime.date, today: datetime.date) -> Optional[str]:
    """The first rule that is broken, in the gateway's order."""
    if kind == "pdf" and start >= end:
        return "start_date must be before end_date"
    if start > end:
        return "start_date must not be after end_date"
    most, words = TOO_LONG.get(kind, (None, ""))
    if most is not None and (end - start).days > most:
        return words
    if start > today:
        return "start_date cannot be in the future"
    return "end_date cannot be in the future" if end > today else None


def without_platform_names(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The gateway also takes the platform's names; what is left is checked."""
    left = {"pdf": ("comparison_periods",), "zip": ("include_crops", "include_metadata_csv")}.get(kind, ())
    own = {name: value for name, value in body.items() if name not in left}
    if kind == "pdf" and own.get("report_type") == "custom":
        own["report_type"] = "seasonal_activity"
    return own
