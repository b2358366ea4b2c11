"""What the README shows, run as it stands."""
from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from servers import ROOT, Stack

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "clients/python/README.md").read_text(), re.S)


def test_the_readme_shows_something() -> None:
    assert len(BLOCKS) >= 7


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_snippet_of_the_readme_runs(number: int, stack: Stack, url: str, tmp_path: Path) -> None:
    code = BLOCKS[number].replace("http://127.0.0.1:8080", url)
    code = code.replace("redis://127.0.0.1:6379", stack.redis.python_url)
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout or "pytest.raises" in code, "it shows something"
