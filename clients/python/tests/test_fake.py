"""The fake is as the gateway, as far as a caller's tests can see."""
from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import deertrack
from deertrack import Event, Exports
from deertrack.testing import FakeExports

PDF = {"start_date": "2025-11-01", "end_date": "2025-12-31", "group_by": "week"}


def test_jobs_complete_at_once_with_the_content_that_was_given(fake_exports: FakeExports, tmp_path: Path) -> None:
    fake_exports.gateway.content = b"a report"
    job = fake_exports.submit(PDF, kind="pdf")
    assert job.wait(timeout=5).completed
    assert job.download(tmp_path).read_bytes() == b"a report" and job.open().read() == b"a report"
    assert fake_exports.gateway.submitted == [("pdf", PDF)]


def test_a_test_says_what_becomes_of_a_job() -> None:
    with FakeExports(auto=False) as fake:
        job, other, third = (fake.submit(PDF, kind="pdf") for _ in range(3))
        seen: list[object] = []

        def on_progress(record: deertrack.Record) -> None:
            seen.append((record.state, record.progress))
            if record.state == "queued":
                fake.gateway.progress(job.id, 0.5, "drawing")
            elif record.state == "running":
                fake.gateway.complete(job.id, b"x", headline="many deer")

        assert job.wait(10, on_progress).headline == "many deer"
        assert seen == [("queued", 0.0), ("running", 0.5), ("completed", 1.0)]
        fake.gateway.fail(other.id, "no camera")
        with pytest.raises(deertrack.JobFailed, match="no camera"):
            other.wait(5)
        with pytest.raises(deertrack.WaitTimeout):
            third.wait(0.05)
        third.cancel()
        with fake.events(after="0-0") as events:
            told = [next(events) for _ in range(3)]
        assert [one.record.state for one in told if isinstance(one, Event)] == ["completed", "failed", "cancelled"]


def test_the_fake_breaks_as_it_is_told() -> None:
    fake = FakeExports()
    fake.gateway.away = 3
    assert fake.submit(PDF, kind="pdf").wait(5).completed
    assert len(fake.gateway.submitted) == 1, "three tries failed, and one job was made"
    fake.gateway.away = 10**9
    with pytest.raises(deertrack.Unavailable):
        fake.kinds()


def test_the_same_fake_without_blocking() -> None:
    fake = FakeExports()

    async def main() -> None:
        async with fake.asynchronous() as exports:
            assert (await (await exports.submit(PDF, kind="pdf")).wait(5)).completed
            async with exports.events(after="0-0") as events:
                assert isinstance(await anext(events), Event)

    asyncio.run(main())
    assert len(fake.gateway.submitted) == 1


@pytest.mark.parametrize("body", [
    {**PDF, "start_date": "2026-12-31"}, {**PDF, "group_by": "year"}, {"colour": 1}, {**PDF, "end_date": "2027-11-01"},
    {**PDF, "start_date": "2025-11-01T00:00:00", "report_type": "custom"}, PDF,
])  # fmt: skip
def test_the_fake_takes_and_refuses_what_the_gateway_does(fake_exports: FakeExports, url: str, body: dict[str, str]) -> None:
    def outcome(exports: Exports) -> object:
        try:
            return exports.submit(body, kind="pdf").message is not None
        except deertrack.Answered as error:
            return error.status, {(one.loc, one.type) for one in error.problems}, error.status == 400 and error.detail

    with Exports(url) as real:
        assert outcome(fake_exports) == outcome(real)
