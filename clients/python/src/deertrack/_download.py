"""Files by ranges, without I/O: resumed where they broke off, checked by size and SHA-256, published by one rename."""
from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from functools import partial
from pathlib import Path
from typing import BinaryIO, Optional, Union

from . import errors
from ._core import RETRIED, away, failure
from ._steps import Flow, Lost, Open, Pause, Read, Reply, Retry, Work, monotonic
from .record import Record

SILENCE = 30.0
"""Seconds without a byte after which a download is begun again from there."""


class Sink:
    """Where the bytes go, and what is known of them so far."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.restart()

    def restart(self) -> None:
        """Another version, or a server that knows no ranges: from the beginning."""
        self.file.seek(0)
        self.file.truncate()
        self.size = 0
        self.hash = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """Adds what arrived."""
        self.file.write(chunk)
        self.hash.update(chunk)
        self.size += len(chunk)


def path_of(record: Record) -> str:
    """Where the file lies on the gateway."""
    if not record.completed or not record.download_url:
        raise errors.NoFile(f"job {record.job_id} has no file: it is {record.state or record.status}")
    # A record may be anybody's writing: a key goes to the gateway alone.
    if not record.download_url.startswith("/") or record.download_url.startswith("//"):
        raise errors.NoFile(f"job {record.job_id} names a file that does not lie on the gateway: {record.download_url!r}")
    return record.download_url


def into(sink: Sink, record: Record, retry: Retry) -> Flow[None]:
    """Every byte of the job's file, each once. The budget counts from the last byte that came."""
    path, version = path_of(record), None
    failures, last_good = 0, monotonic()
    while True:
        error: errors.Answered
        try:
            headers = {"accept-encoding": "identity"}
            if sink.size and version:
                headers |= {"range": f"bytes={sink.size}-", "if-range": version}
            reply: Reply = yield Open(path, headers, SILENCE)
            if reply.status in (200, 206):
                if reply.status == 200 or start_of(reply) != sink.size:
                    if reply.status == 206:
                        raise errors.Answered("the gateway sent another range than was asked for", status=206)
                    yield Work(sink.restart)
                version = reply.headers.get("etag") or reply.headers.get("last-modified")
                while chunk := (yield Read()):
                    failures, last_good = 0, monotonic()
                    yield Work(partial(sink.write, chunk))
                return
            if reply.status == 416:
                return  # it broke off behind the last byte
            error = failure(reply)
            if reply.status not in RETRIED:
                raise error
        except Lost as lost:
            error = away(lost)
        failures += 1
        wait = retry.wait(failures, error.retry_after)
        if monotonic() + wait > last_good + retry.budget:
            raise error
        yield Pause(wait)


def start_of(reply: Reply) -> Optional[int]:
    """First byte of a `Content-Range: bytes 5-9/10`."""
    first = reply.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
    return int(first) if first.isdigit() else None


def check(sink: Sink, record: Record) -> None:
    """It is the file that the job made."""
    size, sha256 = record.file_size_bytes, record.sha256
    if size and sink.size != size:
        raise errors.Damaged(f"{record.filename} came with {sink.size} bytes, its job made {size}")
    if sha256 and sink.hash.hexdigest() != sha256.lower():
        raise errors.Damaged(f"{record.filename} came with the SHA-256 {sink.hash.hexdigest()}, its job made {sha256}")


def to_path(record: Record, path: Union[str, "os.PathLike[str]"], retry: Retry) -> Flow[Path]:
    """A whole file at `path`, or none: it grows beside it, under another name. A folder takes it under the job's name."""
    target = Path(path)
    if target.is_dir():
        path_of(record)
        target = target / Path(record.filename or record.job_id).name
    growing = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    try:
        with (yield Work(lambda: open(growing, "xb+"))) as file:
            sink = Sink(file)
            yield from into(sink, record, retry)
            check(sink, record)

            def publish() -> None:
                file.flush()
                os.fsync(file.fileno())
                os.replace(growing, target)

            yield Work(publish)
    except BaseException:
        growing.unlink(missing_ok=True)
        raise
    return target


def to_memory(record: Record, retry: Retry) -> Flow[BinaryIO]:
    """The file, open for reading at its beginning; it lies in the temporary folder without a name."""
    file: BinaryIO = yield Work(lambda: tempfile.TemporaryFile("w+b"))
    try:
        sink = Sink(file)
        yield from into(sink, record, retry)
        check(sink, record)
        yield Work(lambda: file.seek(0))
    except BaseException:
        file.close()
        raise
    return file
