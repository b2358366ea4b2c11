"""What the client carries from the house is what the house has."""
from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgpack
import pytest
from servers import ROOT

import deertrack
from deertrack import _commands, ids
from deertrack.record import Record
from deertrack.requests import REQUESTS

GOLDEN = ROOT / "schemas/golden"
KINDS = ("pdf", "zip", "table", "camtrap-dp", "reid")


def golden(kind: str) -> tuple[dict[str, Any], bytes]:
    text = (GOLDEN / f"{kind}.hex").read_text()
    return json.loads((GOLDEN / f"{kind}.json").read_text()), bytes.fromhex("".join(text.split()))


def test_the_generated_requests_are_not_stale() -> None:
    fresh = subprocess.run([sys.executable, str(ROOT / "clients/python/generate.py"), "--check"])
    assert fresh.returncode == 0, "run clients/python/generate.py"


@pytest.mark.parametrize("name", ["submit", "cancel", "fence", "number"])
def test_the_scripts_are_those_of_the_library(name: str) -> None:
    ours = Path(deertrack.__file__).parent / f"lua/{name}.lua"
    assert ours.read_bytes() == (ROOT / f"stream/src/lua/{name}.lua").read_bytes(), "copy them anew"


@pytest.mark.parametrize("kind", KINDS)
def test_a_golden_command_is_written_to_the_byte(kind: str) -> None:
    told, expected = golden(kind)
    request = REQUESTS[kind].model_validate(told["params"])
    command = _commands.Command(
        request,
        told["job_id"],
        datetime.datetime.fromisoformat(told["created_at"].replace("Z", "+00:00")),
        requested_by=told.get("requested_by"),
        idempotency_key=told.get("idempotency_key"),
        traceparent=told.get("traceparent"),
    )
    written = {**command.envelope(), "created_at": told["created_at"]}  # 678 ms: fractions may have 3 or 6 digits
    assert msgpack.packb(written) == expected
    assert msgpack.unpackb(command.encode())["params"] == told["params"]


def test_what_a_golden_command_says_is_a_request_of_its_kind() -> None:
    for kind in KINDS:
        params = msgpack.unpackb(golden(kind)[1])["params"]
        whole = REQUESTS[kind].model_validate(params)
        assert whole.model_dump(mode="json", exclude_none=True) == params


def test_job_ids_are_led_beside_the_queue_as_the_library_does() -> None:
    vectors = json.loads((GOLDEN / "job_ids.json").read_text())
    assert len(vectors) >= 10
    for vector in vectors:
        assert ids.steer(vector["id"], vector["prefix"]) == vector["steered"]
    assert all(ids.lies_beside_the_queue(ids.new_job_id()) for _ in range(100))


def test_new_job_ids_sort_by_time_and_are_uuids_of_version_7() -> None:
    made = [ids.new_job_id() for _ in range(50)]
    assert len(set(made)) == 50 and all(one[14] == "7" and one[19] in "89ab" for one in made)
    assert [one[:13] for one in made] == sorted(one[:13] for one in made)


def test_a_record_has_a_field_for_all_that_the_schema_tells() -> None:
    schema = json.loads((ROOT / "schemas/generated/status.schema.json").read_text())
    assert set(schema["properties"]) <= set(Record.model_fields)
    states = {one["const"] for one in schema["$defs"]["State"]["oneOf"]}
    from deertrack.celery import NAMES

    assert set(NAMES) == states


def test_the_package_works_without_any_extra() -> None:
    blocked = "import sys\nfor name in ('redis', 'msgpack', 'fastapi', 'celery', 'pytest'): sys.modules[name] = None\n"
    code = blocked + "import deertrack, deertrack.testing\ndeertrack.Exports('http://127.0.0.1:1').close()"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ})


def test_every_kind_of_the_server_has_a_request(url: str) -> None:
    with deertrack.Exports(url) as exports:
        assert {kind["name"] for kind in exports.kinds()} == set(REQUESTS)
