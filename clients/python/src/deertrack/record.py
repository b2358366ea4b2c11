"""What is known of a job, and the events that tell of its end. Unknown fields pass: a newer server may say more."""
from __future__ import annotations

import datetime
import re
from typing import Any, Optional

from pydantic import BaseModel, ConfigDict, Field

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
"""What a job id looks like."""


class Record(BaseModel):
    """The status record of a job. Other programs write such records too, so only its id is sure to be there."""

    model_config = ConfigDict(extra="allow", frozen=True)

    job_id: str
    """The job."""
    status: Optional[str] = None
    """`processing`, `completed` or `failed`."""
    state: Optional[str] = None
    """Finer: queued, running, retrying, completed, failed, cancelled, expired, dead."""
    kind: Optional[str] = None
    """Its export kind."""
    requested_by: Optional[str] = None
    """Who asked."""
    tenant: Optional[str] = None
    """Whose it is, where there are several tenants."""
    progress: float = 0.0
    """How far it is, 0 to 1."""
    stage: Optional[str] = None
    """What it does now, for people."""
    processed_count: Optional[int] = None
    """Detections that are done."""
    total_detections: Optional[int] = None
    """Detections in all."""
    progress_percent: Optional[int] = None
    """The same as whole percent, rounded down."""
    created_at: Optional[datetime.datetime] = None
    """When the request was accepted (UTC)."""
    started_at: Optional[datetime.datetime] = None
    """When this try began (UTC)."""
    completed_at: Optional[datetime.datetime] = None
    """When it ended (UTC)."""
    next_attempt_at: Optional[datetime.datetime] = None
    """When the next try is due (UTC)."""
    attempt: int = 0
    """Which try, from 1."""
    deliveries: int = 0
    """How often it was handed to a worker."""
    expires_at: Optional[datetime.datetime] = None
    """When this record will be forgotten (UTC)."""
    entry_id: Optional[str] = None
    """Id of its entry in the command stream."""
    error: Optional[str] = None
    """Why it failed, for the person who asked."""
    error_message: Optional[str] = None
    """The platform's name for `error`."""
    filename: Optional[str] = None
    """Name of its file."""
    download_url: Optional[str] = None
    """Path of its file on the gateway."""
    file_size_bytes: Optional[int] = None
    """Size of its file in bytes."""
    sha256: Optional[str] = None
    """SHA-256 of its file, hex."""
    media_type: Optional[str] = None
    """Media type of its file."""
    headline: Optional[str] = None
    """Its main finding in one sentence."""

    @property
    def ended(self) -> bool:
        """Nothing follows."""
        return self.status in ("completed", "failed")

    @property
    def completed(self) -> bool:
        """The file is there."""
        return self.status == "completed"

    def as_json(self) -> dict[str, Any]:
        """As it came, with names and values of JSON."""
        return self.model_dump(mode="json", exclude_unset=True)


class Event(BaseModel):
    """One job has ended. There is exactly one for each job (and one more for each replay of a dead letter)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str = ""
    """Where it stands: `events(after=id)` goes on behind it."""
    n: int = Field(description="Sequence number without gaps.")
    """Sequence number without gaps."""
    record: Record
    """The record at the end."""


class Lagged(BaseModel):
    """Events are gone: they were trimmed before they were read or, with `reset`, Redis lost data. Ask for the status of
    the jobs that you wait for."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str = ""
    """Where the events go on."""
    expected: int
    """Number of the first event that is missing."""
    found: int
    """Number of the event that came instead."""
    reset: bool = False
    """The numbers went back: Redis lost data."""
