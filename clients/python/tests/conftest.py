from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Iterator

import pytest
from servers import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Everything that a report needs; shared by the tests that break nothing."""
    # Not pytest's folder: the path of a socket may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="deertrack-python-") as folder:
        whole = Stack(Path(folder))
        try:
            yield whole
        finally:
            whole.close()


@pytest.fixture(scope="session")
def url(stack: Stack) -> str:
    """A gateway in front of a worker."""
    stack.worker()
    return stack.gateway()[1]


@pytest.fixture(scope="session")
def idle(stack: Stack) -> str:
    """A gateway whose jobs nobody works on; under keys of its own, and full with three jobs."""
    return stack.gateway("--key-prefix", "idle", "--max-backlog", "3")[1]
