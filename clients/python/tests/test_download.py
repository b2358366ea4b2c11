"""Files arrive whole or not at all, over connections that break."""
from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest

import deertrack
from deertrack import AsyncExports, Exports, Record, Retry

CONTENT = bytes(range(256)) * 4000
QUICK = Retry(budget=10, first=0.001, most=0.01)


def record(content: bytes = CONTENT, **more: Any) -> Record:
    told = {"job_id": "a", "status": "completed", "filename": "a.pdf", "download_url": "/api/static/exports/a.pdf",
            "file_size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}  # fmt: skip
    return Record.model_validate({**told, **more})


class Breaking:
    """A server on a real socket that sends `step` bytes of the file in each answer and hangs up; with `tag` it knows
    ranges of the version that has it."""

    def __init__(self, step: int, tags: list[str], ranges: bool = True) -> None:
        self.step, self.tags, self.ranges = step, tags, ranges
        self.asked: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(65536)
                self._answer(connection, head.decode().lower())

    def _answer(self, connection: socket.socket, head: str) -> None:
        tag = self.tags[min(len(self.asked), len(self.tags) - 1)]
        lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        self.asked.append(lines.get("range", ""))
        first = 0
        if "range" in lines and self.ranges and lines["if-range"] == f'"{tag}"':
            first = int(lines["range"].removeprefix("bytes=").rstrip("-"))
        left = len(CONTENT) - first
        answer = f"HTTP/1.1 {206 if first else 200} OK\r\netag: \"{tag}\"\r\ncontent-length: {left}\r\n"
        if first:
            answer += f"content-range: bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}\r\n"
        connection.sendall(answer.encode() + b"\r\n" + CONTENT[first : first + self.step])


def test_a_download_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    server = Breaking(300_000, ["v1"])
    with Exports(server.url, retry=QUICK) as exports:
        path = exports.download(record(), tmp_path / "a.pdf")
    assert path.read_bytes() == CONTENT and [p.name for p in tmp_path.iterdir()] == ["a.pdf"]
    assert server.asked == ["", "bytes=300000-", "bytes=600000-", "bytes=900000-"]
    assert path.stat().st_mode & 0o600 == 0o600


def test_the_same_without_blocking_and_into_a_file_without_a_name() -> None:
    server = Breaking(300_000, ["v1"])

    async def main() -> bytes:
        async with AsyncExports(server.url, retry=QUICK) as exports:
            with await exports.open(record()) as file:
                return file.read()

    assert asyncio.run(main()) == CONTENT and len(server.asked) == 4


def test_another_version_or_a_server_without_ranges_begins_anew(tmp_path: Path) -> None:
    for server in (Breaking(600_000, ["v1", "v2"]), Breaking(2_000_000, ["v1"], ranges=False)):
        with Exports(server.url, retry=QUICK) as exports:
            assert exports.download(record(), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"file_size_bytes": 7}])
def test_what_is_not_the_jobs_file_is_told_and_leaves_nothing(tmp_path: Path, wrong: dict[str, Any]) -> None:
    (tmp_path / "a.pdf").write_text("the one before")
    server = Breaking(2_000_000, ["v1"])
    with Exports(server.url, retry=QUICK) as exports:
        with pytest.raises(deertrack.Damaged):
            exports.download(record(**wrong), tmp_path / "a.pdf")
        with pytest.raises(deertrack.Damaged):
            exports.open(record(**wrong))
    assert (tmp_path / "a.pdf").read_text() == "the one before" and len(list(tmp_path.iterdir())) == 1


def test_a_server_that_stays_away_leaves_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with Exports(url, retry=Retry(budget=0.05, first=0.01)) as exports:
        with pytest.raises(deertrack.Unavailable):
            exports.download(record(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_download_leaves_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        body = asyncio.Event()

        async def forever() -> Any:
            yield CONTENT[:1000]
            body.set()
            await asyncio.sleep(3600)

        async def answer(_: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(200, content=forever())

        own = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
        download = asyncio.create_task(AsyncExports("http://gateway.invalid", client=own).download(record(), tmp_path))
        await body.wait()
        assert len(list(tmp_path.iterdir())) == 1
        download.cancel()
        with pytest.raises(asyncio.CancelledError):
            await download

    asyncio.run(main())
    assert list(tmp_path.iterdir()) == []


def test_a_files_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    server = Breaking(2_000_000, ["v1"])
    with Exports(server.url, retry=QUICK) as exports:
        assert exports.download(record(filename="../../evil"), tmp_path) == tmp_path / "evil"
