"""Ask Deertrack Exports for reports, follow them, fetch them."""
from ._steps import Retry
from .aio import AsyncEventStream, AsyncExports, AsyncJob
from .client import EventStream, Exports, Job
from .errors import (
    Answered,
    BacklogFull,
    Conflict,
    Damaged,
    DeertrackError,
    Forbidden,
    JobFailed,
    NoFile,
    NotFound,
    Problem,
    Refused,
    Unauthorized,
    Unavailable,
    WaitTimeout,
)
from .record import Event, Lagged, Record
from .requests import (
    CamtrapDpRequest,
    Class,
    ComparedPeriod,
    Format,
    GapSince,
    GroupBy,
    Paper,
    PdfRequest,
    ReidRequest,
    ReportType,
    Request,
    SamplingDesign,
    TableRequest,
    Topic,
    Units,
    ZipRequest,
)

__all__ = [
    "Answered", "AsyncEventStream", "AsyncExports", "AsyncJob", "BacklogFull", "CamtrapDpRequest", "Class",
    "ComparedPeriod", "Conflict", "Damaged", "DeertrackError", "Event", "EventStream", "Exports", "Forbidden", "Format",
    "GapSince", "GroupBy", "Job", "JobFailed", "Lagged", "NoFile", "NotFound", "Paper", "PdfRequest", "Problem", "Record",
    "Refused", "ReidRequest", "ReportType", "Request", "Retry", "SamplingDesign", "TableRequest", "Topic", "Unauthorized",
    "Unavailable", "Units", "WaitTimeout", "ZipRequest",
]  # fmt: skip
