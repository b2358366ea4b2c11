"""Keys and certificates, at a gateway that asks for them."""
from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Iterator

import httpx2
import pytest
from servers import Stack, program

import deertrack
from deertrack import Exports, Retry

NO_RETRY = Retry(budget=0)
Certificates = dict[str, Path]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    found = {name: folder / f"{name}.pem" for name in ("ca", "ca_key", "server", "server_key", "client", "client_key")}

    def openssl(*words: object) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *new, "-keyout", found["ca_key"], "-out", found["ca"], "-subj", "/CN=test ca", "-days", 2,
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    for name in ("server", "client"):
        request, extra = folder / f"{name}.csr", folder / f"{name}.ext"
        extra.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", *new, "-keyout", found[f"{name}_key"], "-out", request, "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", request, "-CA", found["ca"], "-CAkey", found["ca_key"], "-CAcreateserial",
                "-out", found[name], "-days", 2, "-extfile", extra)  # fmt: skip
    return found


@pytest.fixture(scope="module")
def guarded(stack: Stack, certificates: Certificates) -> Iterator[tuple[str, str, str]]:
    """A gateway with keys that speaks TLS and asks for certificates; a key that may all and one that may look."""
    file = stack.folder / "keys.toml"

    def key(name: str, scopes: str) -> str:
        words = program("keys", "new", "--keys-file", str(file), "--id", name, "--scopes", scopes)
        made = subprocess.run(words, check=True, capture_output=True, text=True)
        return next(word for word in made.stdout.split() if word.startswith("dtk."))

    whole = key("service", "exports:submit,exports:read,exports:cancel,events:read,files:read")
    looks = key("visitor", "exports:read")
    tls = ("--tls-cert", "server", "--tls-key", "server_key", "--tls-client-ca", "ca")
    words = [str(certificates[word]) if word in certificates else word for word in tls]
    server, url = stack.gateway("--keys-file", str(file), "--key-prefix", "guarded", *words)
    yield url, whole, looks
    server.stop()


def test_a_key_opens_what_it_may_over_tls_with_certificates(
    guarded: tuple[str, str, str], certificates: Certificates
) -> None:
    url, whole, looks = guarded
    tls = {"ca": certificates["ca"], "cert": (certificates["client"], certificates["client_key"])}
    request = {"format": "csv", "start_date": "2025-11-01", "end_date": "2025-12-01"}
    with Exports(url, whole, **tls) as exports:  # type: ignore[arg-type]
        job = exports.submit(request, kind="table")
        with exports.events(after="0-0") as events:
            job.cancel()
            assert getattr(next(events), "record").job_id == job.id
    with Exports(url, looks, **tls) as exports:  # type: ignore[arg-type]
        assert exports.status(job.id).state == "cancelled"
        with pytest.raises(deertrack.JobFailed):
            exports.wait(job.id, timeout=10)
        with pytest.raises(deertrack.Forbidden):
            exports.submit(request, kind="table")
        with pytest.raises(deertrack.Forbidden):
            next(exports.events())
    for key in (None, "dtk.nobody.0000"):
        with Exports(url, key, **tls) as exports, pytest.raises(deertrack.Unauthorized):  # type: ignore[arg-type]
            exports.status(job.id)


def test_without_the_certificates_nothing_is_said(guarded: tuple[str, str, str], certificates: Certificates) -> None:
    url, whole, _ = guarded
    with Exports(url, whole, retry=NO_RETRY) as exports, pytest.raises(deertrack.Unavailable, match="(?i)certificate"):
        exports.kinds()
    with Exports(url, whole, ca=certificates["ca"], retry=NO_RETRY) as exports, pytest.raises(deertrack.Unavailable):
        exports.kinds()


def test_a_waiter_without_events_looks_for_itself(guarded: tuple[str, str, str], certificates: Certificates) -> None:
    url, whole, looks = guarded
    tls = {"ca": certificates["ca"], "cert": (certificates["client"], certificates["client_key"])}
    with Exports(url, whole, **tls) as exports, Exports(url, looks, **tls) as visitor:  # type: ignore[arg-type]
        job = exports.submit({"format": "csv", "start_date": "2025-11-01", "end_date": "2025-12-01"}, kind="table")
        job_seen = iter(range(100))
        with pytest.raises(deertrack.JobFailed):
            visitor.wait(job.id, timeout=30, on_progress=lambda _: job.cancel() if next(job_seen) == 0 else None)


def test_a_redirect_does_not_take_the_key_along() -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(302, headers={"location": "http://evil.invalid/"})

    own = httpx2.Client(transport=httpx2.MockTransport(answer))
    with pytest.raises(deertrack.Answered):
        Exports("http://gateway.invalid", "dtk.a.b", client=own).status("a")
    assert len(asked) == 1
