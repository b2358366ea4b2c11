"""What both drivers need of the HTTP library: addresses, headers, TLS, and what its errors mean."""
from __future__ import annotations

import functools
import os
import ssl
from typing import Any, Mapping, Optional, Union

import httpx2

from ._steps import Lost, Reply

FilePath = Union[str, "os.PathLike[str]"]
CONNECT_TIMEOUT, ANSWER_TIMEOUT = 5.0, 15.0
"""Seconds. The gateway answers within 10."""


class Where:
    """A gateway, and as whom it is asked."""

    def __init__(self, url: str, key: Optional[str]) -> None:
        parsed = httpx2.URL(url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ValueError(f"{url!r} is not the address of a gateway, such as http://127.0.0.1:8080")
        self.base = str(url).rstrip("/")
        self.headers = {"user-agent": "deertrack-python"}
        if key:
            if not key.isascii() or not key.isprintable() or " " in key:
                raise ValueError("the key holds characters that no key has; is there a line's end in it?")
            self.headers["authorization"] = f"Bearer {key}"

    def __repr__(self) -> str:
        return self.base

    def url(self, path: str) -> str:
        """Of a path on the gateway."""
        return self.base + path

    def with_own(self, headers: Mapping[str, str]) -> dict[str, str]:
        """And those of every request."""
        return {**self.headers, **headers}


def timeouts(answer: float, silence: Optional[float] = None) -> httpx2.Timeout:
    """To connect, and between two bytes."""
    return httpx2.Timeout(silence or answer, connect=min(CONNECT_TIMEOUT, answer))


def tls(ca: Optional[FilePath], cert: Optional[tuple[FilePath, FilePath]]) -> Union[ssl.SSLContext, bool]:
    """Whom to trust, and what to show: files in PEM format."""
    if ca is None and cert is None:
        return True
    context = ssl.create_default_context(cafile=None if ca is None else os.fspath(ca))
    if cert is not None:
        context.load_cert_chain(os.fspath(cert[0]), os.fspath(cert[1]))
    return context


def reply_of(response: httpx2.Response, body: bytes = b"") -> Reply:
    """An answer as the core knows it."""
    return Reply(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)


def lost(error: Exception) -> Lost:
    """In one line."""
    return Lost(str(error) or type(error).__name__)


@functools.lru_cache(maxsize=None)
def opentelemetry() -> Any:
    """Its way to pass a context on; `None` where it is not installed. A search in vain takes longer than a submit."""
    try:
        from opentelemetry import propagate  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    return propagate


def traceparent() -> Optional[str]:
    """Of the present span, where OpenTelemetry is in use."""
    propagate = opentelemetry()
    if propagate is None:
        return None
    carrier: dict[str, Any] = {}
    propagate.inject(carrier)
    found = carrier.get("traceparent")
    return found if isinstance(found, str) else None
