"""Types as a user of the installed package has them: the wheel carries `py.typed`."""
from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import deertrack
from deertrack import testing

SERVICE = '''
import asyncio
import datetime
from pathlib import Path
from typing import BinaryIO, List, Optional

from deertrack import AsyncExports, Event, Exports, Format, GroupBy, Lagged, PdfRequest, Record, Refused, TableRequest
from deertrack.celery import DeertrackCelery
from deertrack.fastapi import router
from deertrack.redis import RedisExports
from deertrack.testing import FakeExports


def report(exports: Exports, day: datetime.date) -> Path:
    job = exports.submit(PdfRequest(start_date=day, end_date=day, group_by=GroupBy.DAY))
    seen: List[Record] = []
    record: Record = job.wait(timeout=5, on_progress=seen.append)
    headline: Optional[str] = record.headline
    file: BinaryIO = job.open()
    file.close()
    print(headline)
    return job.download("x.pdf")


def numbers(exports: Exports) -> List[int]:
    return [event.n for event in exports.events(after="0-0") if not isinstance(event, Lagged)]


async def main(exports: AsyncExports) -> None:
    job = await exports.submit(TableRequest(format=Format.CSV, start_date=datetime.date(2025, 1, 1),
                                            end_date=datetime.date(2025, 2, 1)))
    async for event in exports.events():
        if isinstance(event, Event) and event.record.job_id == job.id:
            break
    router(exports)


with FakeExports() as fake:
    asyncio.run(main(fake.asynchronous()))
DeertrackCelery(RedisExports()).send_task("a", args=[1])
try:
    print(numbers(Exports()))
except Refused as refused:
    print([problem.loc for problem in refused.problems])
'''
WRONG = '''
from deertrack import Exports, GroupBy, PdfRequest
PdfRequest(start_date=1.5, end_date=[], group_by=GroupBy.DAY)
Exports("http://a").submit(3)
Exports("http://a").job("a").wait(timeout="soon")
'''


@pytest.mark.parametrize("tool", [["mypy", "--strict", "--cache-dir=/dev/null"], ["pyright", "--pythonpath", sys.executable]])
def test_a_service_is_right_and_its_mistakes_are_found(tool: list[str], tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(SERVICE)
    (tmp_path / "wrong.py").write_text(WRONG)
    words = [sys.executable, "-m", *tool, "right.py", "wrong.py"]
    checked = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    found = re.findall(r"(\w+\.py):(\d+).*error", checked.stdout)
    assert set(found) == {("wrong.py", "3"), ("wrong.py", "4"), ("wrong.py", "5")}, checked.stdout + checked.stderr


def test_the_whole_package_is_strictly_typed(tmp_path: Path) -> None:
    package = Path(deertrack.__file__).parent
    assert (package / "py.typed").exists() and Path(testing.__file__).parent == package
    words = [sys.executable, "-m", "mypy", "--strict", "--cache-dir=/dev/null", "-p", "deertrack"]
    strict = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert strict.returncode == 0, strict.stdout
