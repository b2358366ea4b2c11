"""The client at a real gateway with a real worker."""
from __future__ import annotations

import asyncio
import csv
import datetime
import hashlib
import io
import threading
from pathlib import Path

import httpx2
import pytest

import deertrack
from deertrack import AsyncExports, Exports, Format, GroupBy, PdfRequest, Record, Retry, TableRequest

OCTOBER = datetime.date(2025, 11, 10)
TABLE = TableRequest(format=Format.CSV, start_date=OCTOBER, end_date=datetime.date(2025, 12, 20))
NO_RETRY = Retry(budget=0)


def test_a_report_is_asked_for_waited_for_and_fetched(url: str, tmp_path: Path) -> None:
    seen: list[Record] = []
    with Exports(url) as exports:
        job = exports.submit(PdfRequest(start_date=OCTOBER, end_date=datetime.date(2025, 12, 20), group_by=GroupBy.WEEK))
        assert job.message == "PDF report accepted; it waits for a worker" and job.kind == "pdf"
        record = job.wait(timeout=90, on_progress=seen.append)
        assert record.completed and seen[-1].state == "completed"
        path = job.download(tmp_path)
        assert path.name == record.filename and path.read_bytes().startswith(b"%PDF-")
        assert hashlib.sha256(path.read_bytes()).hexdigest() == record.sha256
        assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_the_same_without_blocking(url: str, tmp_path: Path) -> None:
    async def main() -> None:
        stages: list[str] = []

        async def note(record: Record) -> None:
            stages.append(record.state or "")

        async with AsyncExports(url) as exports:
            jobs = await asyncio.gather(*(exports.submit(TABLE) for _ in range(5)))
            records = await asyncio.gather(*(job.wait(90, note) for job in jobs))
            assert all(record.completed for record in records) and stages.count("completed") == 5
            path = await jobs[0].download(tmp_path / "table.csv")
            with await jobs[1].open() as file:
                assert file.read() == path.read_bytes()
            assert (await exports.status(jobs[2].id)).completed
            await exports.cancel(jobs[2].id)  # it has ended: harmless

    asyncio.run(main())


def test_a_file_is_opened_for_who_reads_tables(url: str) -> None:
    with Exports(url) as exports:
        job = exports.submit(TABLE)
        job.wait(90)
        with job.open() as file:
            assert file.readable() and file.seekable() and file.tell() == 0
            rows = list(csv.DictReader(io.TextIOWrapper(file, "utf-8")))
        assert len(rows) > 100 and "classification" in rows[0]


def test_every_problem_of_a_request_is_told(url: str) -> None:
    with Exports(url) as exports, pytest.raises(deertrack.Refused) as refused:
        exports.submit({"start_date": "2025-13-01", "group_by": "year", "colour": 1}, kind="pdf")
    problems = {problem.loc[-1]: problem.type for problem in refused.value.problems}
    assert problems["start_date"] == "value_error.date" and problems["end_date"] == "value_error.missing"
    assert problems["group_by"] == "type_error.enum" and problems["colour"] == "value_error.extra"
    assert refused.value.status == 422 and "group_by" in str(refused.value)


def test_a_broken_rule_is_told_in_the_gateways_words(url: str) -> None:
    late = PdfRequest(start_date=datetime.date(2025, 2, 1), end_date=datetime.date(2025, 1, 1), group_by=GroupBy.DAY)
    with Exports(url) as exports, pytest.raises(deertrack.Refused, match="^start_date must be before end_date$"):
        exports.submit(late)


def test_errors_come_by_kind(url: str) -> None:
    with Exports(url) as exports:
        exports.submit(TABLE, idempotency_key="kinds-1")
        with pytest.raises(deertrack.Conflict):
            exports.submit({**TABLE.model_dump(mode="json", exclude_none=True), "format": "xlsx"}, kind="table", idempotency_key="kinds-1")
        with pytest.raises(deertrack.NotFound):
            exports.status("no-such-job")
        with pytest.raises(deertrack.NotFound):
            exports.wait("no-such-job", timeout=5)
        with pytest.raises(deertrack.NotFound, match="Unknown export kind"):
            exports.submit({}, kind="poster")
        with pytest.raises(ValueError, match="kind"):
            exports.submit({})


def test_the_same_key_has_one_job(url: str) -> None:
    with Exports(url) as exports:
        first = exports.submit(TABLE, idempotency_key="une clé")
        again = exports.submit(TABLE, idempotency_key="une clé")
        assert first.id == again.id and again.record is not None and again.message is None
        assert exports.submit(TABLE).id != exports.submit(TABLE).id


def test_a_full_backlog_is_told_with_the_time_to_come_again(idle: str) -> None:
    with Exports(idle, retry=NO_RETRY) as exports:
        jobs = [exports.submit(TABLE) for _ in range(3)]
        with pytest.raises(deertrack.BacklogFull) as full:
            exports.submit(TABLE)
        assert full.value.retry_after == 5
        with pytest.raises(deertrack.WaitTimeout) as late:
            jobs[0].wait(timeout=0.3)
        assert isinstance(late.value, TimeoutError) and late.value.record and late.value.record.state == "queued"
        ended: list[BaseException] = []

        def wait() -> None:
            try:
                jobs[0].wait(timeout=30)
            except deertrack.JobFailed as error:
                ended.append(error)

        waiter = threading.Thread(target=wait)
        waiter.start()
        for job in jobs:
            job.cancel()
        waiter.join(30)
        assert isinstance(ended[0], deertrack.JobFailed) and ended[0].state == "cancelled"
        with pytest.raises(deertrack.NoFile):
            jobs[0].download("/tmp")


def test_events_are_followed_and_gone_on_with(url: str) -> None:
    with Exports(url) as exports:
        with exports.events(after="0-0") as events:
            job = exports.submit(TABLE)
            first = next(event for event in events if isinstance(event, deertrack.Event))
            cursor = events.cursor
            assert cursor == first.id and first.n == 1
            rest = [first.n]
            for event in events:
                assert isinstance(event, deertrack.Event)
                rest.append(event.n)
                if event.record.job_id == job.id:
                    break
        assert rest == list(range(1, len(rest) + 1))
        with exports.events(after=cursor) as events:
            assert [getattr(next(events), "n") for _ in rest[1:]] == rest[1:]
        with pytest.raises(ValueError, match="not the id of an event"):
            exports.events(after="yesterday")


def test_an_event_stream_can_be_closed_by_another_thread(url: str) -> None:
    with Exports(url) as exports:
        events = exports.events()
        joined = threading.Event()
        events._joined = joined.set
        reader = threading.Thread(target=lambda: list(events))
        reader.start()
        assert joined.wait(30)
        events.close()
        reader.join(5)  # long before a heartbeat
        assert not reader.is_alive()


def test_a_client_of_ones_own_is_used_and_left_open(url: str) -> None:
    asked: list[str] = []
    with httpx2.Client(event_hooks={"request": [lambda request: asked.append(request.url.path)]}) as own:
        with Exports(url, client=own) as exports:
            exports.kinds()
        assert asked == ["/api/kinds"] and not own.is_closed
        with pytest.raises(ValueError, match="TLS"):
            Exports(url, client=own, ca="ca.pem")


def test_what_would_leave_the_path_is_refused(url: str) -> None:
    with Exports(url) as exports:
        with pytest.raises(deertrack.NotFound):
            exports.status("../../metrics")
        for bad in ("", ".", ".."):
            with pytest.raises(ValueError):
                exports.status(bad)
        with pytest.raises(ValueError, match="line's end"):
            Exports(url, key="dtk.a.b\n")
        elsewhere = Record(job_id="a", status="completed", download_url="//evil.example/file")
        with pytest.raises(deertrack.NoFile, match="does not lie on the gateway"):
            exports.open(elsewhere)
