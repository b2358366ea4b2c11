"""Real servers, private and on free ports: Redis, gateway, worker. Each ends with the process that started it."""
from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Callable, Optional, TypeVar

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("DEERTRACK_BIN", ROOT / "target/debug/deertrack"))
PATIENCE = 90.0
T = TypeVar("T")


def until(what: str, look: Callable[[], Optional[T]], patience: float = PATIENCE) -> T:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain: {what}")


def die_with_parent() -> None:
    """No server outlives a test that was killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Server:
    """A running program whose output is read."""

    def __init__(self, words: list[str]) -> None:
        ours = ("DEERTRACK_", "OTEL_", "REDIS_URL", "DATABASE_URL")
        env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.words = words
        self.process = subprocess.Popen(
            words, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=die_with_parent,
        )  # fmt: skip
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def line(self, pattern: str) -> str:
        """The first group of the first line that fits."""

        def look() -> Optional[str]:
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return found[1]
            assert self.process.poll() is None, f"{self.words} ended:\n" + "\n".join(self.lines)
            return None

        return until(f"{pattern} of {self.words}", look)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


def program(*words: str) -> list[str]:
    assert BINARY.exists(), f"{BINARY} is missing: cargo build --workspace --bins"
    return [str(BINARY), *words]


class Redis:
    """A Redis that keeps what it has acknowledged, on a socket below `folder`."""

    def __init__(self, folder: Path) -> None:
        assert shutil.which("redis-server"), "these tests need redis-server: apt-get install redis-server"
        self.socket = folder / "redis.sock"
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.server = Server([
            "redis-server", "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", "",
            "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction",
        ])  # fmt: skip
        self.server.line("(Ready to accept connections|ready to accept connections)")

    def kill(self) -> None:
        self.server.kill()
        self.socket.unlink(missing_ok=True)

    @property
    def url(self) -> str:
        """As deertrack writes it."""
        return f"redis+unix://{self.socket}"

    @property
    def python_url(self) -> str:
        """As redis-py writes it."""
        return f"unix://{self.socket}"


class Stack:
    """Redis and a season, with as many gateways and workers as a test wants."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exports = folder / "exports"
        self.database = f"sqlite://{folder / 'deer.db'}"
        self.redis = Redis(folder)
        self.servers: list[Server] = []
        simulated = program("simulate", "--database", self.database, "--end", "2025-12-31", "--days", "60", "--no-frames")
        subprocess.run(simulated, check=True, capture_output=True)

    def gateway(self, *words: str, listen: str = "127.0.0.1:0") -> tuple[Server, str]:
        """A gateway and its address."""
        own = ["serve", "--listen", listen, "--redis-url", self.redis.url, "--export-dir", str(self.exports)]
        server = Server(program(*own, *words))
        self.servers.append(server)
        return server, server.line(r"gateway (https?://\S+)").rstrip("/")

    def worker(self, *words: str) -> Server:
        own = ["work", "--redis-url", self.redis.url, "--database", self.database, "--export-dir", str(self.exports)]
        server = Server(program(*own, *words))
        self.servers.append(server)
        server.line("(worker is ready)")
        return server

    def close(self) -> None:
        for server in reversed(self.servers):
            server.stop()
        self.redis.server.kill()
