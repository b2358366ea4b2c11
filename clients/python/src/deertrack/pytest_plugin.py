"""The fixture `fake_exports`, for every test suite where this package is installed."""
from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

import pytest

if TYPE_CHECKING:
    from .testing import FakeExports


@pytest.fixture
def fake_exports() -> Iterator[FakeExports]:
    """A `deertrack.testing.FakeExports` whose jobs complete at once; set `fake_exports.gateway.auto = False` to say
    yourself what becomes of them."""
    from .testing import FakeExports  # not before it is asked for: every suite loads this module

    with FakeExports() as fake:
        yield fake
