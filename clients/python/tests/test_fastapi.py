"""The platform's old paths, and the example, in front of a real gateway."""
from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deertrack import AsyncExports, Exports
from deertrack.fastapi import router
from deertrack.testing import FakeExports

EXAMPLE = Path(__file__).resolve().parents[1] / "examples/fastapi_app.py"
PDF = {"start_date": "2025-11-01", "end_date": "2025-12-31", "group_by": "week"}


@pytest.fixture
def example(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("DEERTRACK_URL", url)
    spec = importlib.util.spec_from_file_location("fastapi_app", EXAMPLE)
    assert spec and spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with TestClient(module.app) as client:
        yield client


def test_the_platforms_dashboards_notice_nothing(example: TestClient, url: str) -> None:
    created = example.post("/exports/pdf", json=PDF)
    told = created.json()
    assert created.status_code == 202 and set(told) == {"job_id", "status", "message"} and told["status"] == "processing"
    with Exports(url) as exports:
        exports.wait(told["job_id"], 90)
        record = example.get(f"/exports/pdf/{told['job_id']}").json()
        assert record["status"] == "completed" and record["download_url"].endswith(".pdf")
        direct = exports.status(told["job_id"]).as_json()
        assert record == direct


def test_refusals_go_through_in_the_gateways_words(example: TestClient) -> None:
    late = example.post("/exports/pdf", json={**PDF, "start_date": "2026-01-01"})
    assert (late.status_code, late.json()) == (400, {"detail": "start_date must be before end_date"})
    wrong = example.post("/exports/pdf", json={"group_by": "year"})
    assert wrong.status_code == 422 and wrong.json()["detail"][0]["loc"][0] == "body"
    absent = example.get("/exports/pdf/nobody")
    assert (absent.status_code, absent.json()) == (404, {"detail": "Job not found or expired"})
    for body in ("{", "[]", "1"):
        assert example.post("/exports/pdf", content=body).status_code == 422
    assert example.get("/seasons/2200").status_code == 400


def test_the_same_key_has_one_job_through_the_old_path(example: TestClient) -> None:
    jobs = [example.post("/exports/pdf", json=PDF, headers={"idempotency-key": "old-1"}).json() for _ in range(2)]
    assert jobs[0]["job_id"] == jobs[1]["job_id"] and "created_at" in jobs[1]


def test_the_example_waits_and_follows(example: TestClient) -> None:
    season = example.get("/seasons/2025").json()
    assert season["file"].endswith(".pdf") and "detections" in season["headline"]
    assert example.get("/seasons/2025").json()["job_id"] == season["job_id"]
    lines = example.get("/finished", params={"after": "0-0", "count": 1}).text.splitlines()
    assert len(lines) == 1 and lines[0].endswith("completed")


def test_an_outage_and_a_full_backlog_say_when_to_come_again_and_a_wrong_key_stays_inside() -> None:
    fake = FakeExports()
    app = FastAPI()
    app.include_router(router(fake.asynchronous()))
    client = TestClient(app)
    fake.gateway.backlog_full = True
    full = client.post("/exports/pdf", json=PDF)
    assert full.status_code == 429 and full.headers["retry-after"] == "5"
    fake.gateway.away = 1_000_000
    assert client.get("/exports/pdf/a").status_code == 503


def test_the_services_own_key_is_not_the_callers_to_hear_of() -> None:
    import httpx2

    own = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(401, json={"detail": "key dtk.x"})))
    app = FastAPI()
    app.include_router(router(AsyncExports("http://gateway.invalid", client=own)))
    refused = TestClient(app).post("/exports/pdf", json=PDF)
    assert refused.status_code == 502 and "dtk" not in refused.text
