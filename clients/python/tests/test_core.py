"""What goes wrong on the way: a server that is told what to answer, and a clock that nobody waits for."""
from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import Any, Callable, Generator, Optional, Union

import httpx2
import pytest

import deertrack
from deertrack import AsyncExports, Event, Exports, Lagged, Record, Retry, _core
from deertrack._events import Follower
from deertrack._steps import Ask, Emit, Hear, Lost, Open, Pause, Read, Reply, Tell

QUICK = Retry(budget=5, first=0.001, most=0.002)


def client(answers: list[Union[httpx2.Response, Exception]], asked: list[httpx2.Request], retry: Retry = QUICK) -> Exports:
    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        answered = answers[min(len(asked), len(answers)) - 1]
        if isinstance(answered, Exception):
            raise answered
        return answered

    own = httpx2.Client(transport=httpx2.MockTransport(answer))
    return Exports("http://gateway.invalid", retry=retry, client=own)


def accepted() -> httpx2.Response:
    return httpx2.Response(202, json={"job_id": "a-1", "status": "processing", "message": "accepted"})


def away(seconds: Optional[str] = None) -> httpx2.Response:
    return httpx2.Response(503, json={"detail": "away"}, headers={"retry-after": seconds} if seconds else {})


def test_all_tries_of_a_call_have_one_key_and_another_call_has_another() -> None:
    asked: list[httpx2.Request] = []
    answers: list[Union[httpx2.Response, Exception]] = [
        away(), httpx2.ConnectError("refused"), httpx2.ReadError("cut"), httpx2.Response(502, text="<html>"), accepted(),
    ]  # fmt: skip
    exports = client(answers, asked)
    assert exports.submit({}, kind="pdf").id == "a-1"
    assert len({request.headers["idempotency-key"] for request in asked}) == 1 and len(asked) == 5
    exports.submit({}, kind="pdf")
    assert asked[5].headers["idempotency-key"] != asked[0].headers["idempotency-key"]
    exports.submit({"idempotency_key": "mine"}, kind="pdf")
    assert asked[6].headers["idempotency-key"] == "mine"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500])
def test_what_would_be_refused_again_is_asked_once(status: int) -> None:
    asked: list[httpx2.Request] = []
    with pytest.raises(deertrack.Answered) as told:
        client([httpx2.Response(status, json={"detail": "no"})], asked).submit({}, kind="pdf")
    assert len(asked) == 1 and told.value.status == status and told.value.detail == "no"


def waits(flow: Generator[Any, Any, Any], answers: list[Any], clock: list[float]) -> tuple[list[float], Any]:
    """The pauses of a flow at a server that answers so; a pause costs its time by the flow's clock, and none by ours."""
    pauses: list[float] = []
    answer: Any = None
    try:
        while True:
            step = flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)
            answer = None
            if isinstance(step, Pause):
                pauses.append(step.seconds)
                clock[0] += step.seconds
            else:
                answer = answers.pop(0)
    except StopIteration as end:
        return pauses, end.value
    except deertrack.DeertrackError as error:
        return pauses, error


def test_a_retry_after_is_the_least_that_is_waited() -> None:
    clock = [0.0]
    answers = [Reply(429, {"retry-after": "5"}, b'{"detail": "full"}'), Reply(200, {}, b"{}")]
    pauses, done = waits(_core.ask(Ask("GET", "/"), Retry(), lambda: clock[0]), answers, clock)
    assert 5 <= pauses[0] <= 5.2 and done.status == 200
    date = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert _core.retry_after(Reply(503, date)) == 0 and _core.retry_after(Reply(503, {"retry-after": "soon"})) is None


def test_the_budget_ends_the_tries_and_the_error_says_when_to_come_again() -> None:
    clock = [0.0]
    answers = [Reply(503, {"retry-after": "5"}, b'{"detail": "away"}')] * 100
    pauses, error = waits(_core.ask(Ask("GET", "/"), Retry(budget=12), lambda: clock[0]), answers, clock)
    assert len(pauses) == 2 and isinstance(error, deertrack.Unavailable) and error.retry_after == 5
    pauses, error = waits(_core.ask(Ask("GET", "/"), Retry(budget=0), lambda: clock[0]), [Lost("refused")], clock)
    assert pauses == [] and "refused" in str(error)


def test_waits_grow_with_full_jitter_up_to_a_bound() -> None:
    retry = Retry(first=1, most=4)
    for failures, most in ((1, 1), (2, 2), (3, 4), (10, 4), (5000, 4)):
        drawn = [retry.wait(failures) for _ in range(300)]
        assert 0 <= min(drawn) < most * 0.1 and most * 0.9 < max(drawn) <= most


def event(n: int, job: str = "a", state: str = "completed") -> bytes:
    record = {"status": "completed" if state == "completed" else "failed", "state": state, "job_id": job, "kind": "pdf"}
    return f"id: {n}-0\nevent: {state}\ndata: {json.dumps({'n': n, 'record': record})}\n\n".encode()


HELLO = b"retry: 2000\nid: 5-0\n: following\n\n"
LAG = b'event: lagged\ndata: {"expected":7,"found":9,"reset":false}\n\n'
RESET = b'event: lagged\nid: 3-0\ndata: {"expected":10,"found":4,"reset":true}\n\n'


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_events_are_read_wherever_the_bytes_are_cut(ends: bytes) -> None:
    whole = (HELLO + b": alive\n\n" + event(6) + LAG + event(9) + RESET + event(4)).replace(b"\n", ends)
    expected = ["6-0", "6-0", "9-0", "3-0", "4-0"]
    for size in (1, 2, 3, 7, len(whole)):
        follower = Follower(None, Retry())
        found = [item for at in range(0, len(whole), size) for item in follower.feed(whole[at : at + size])]
        found += follower.feed(b"\n") if ends == b"\r" else []
        assert [item.id for item in found] == expected, size
        assert isinstance(found[1], Lagged) and (found[1].expected, found[1].found) == (7, 9)
        assert isinstance(found[3], Lagged) and found[3].reset and follower.pause == 2.0


def test_a_follower_resumes_behind_its_last_event_and_repeats_none() -> None:
    follower = Follower(None, Retry(first=0.0, most=0.0))
    flow = follower.flow()
    opened: list[Optional[str]] = []
    told: list[str] = []
    streams = [[HELLO + event(6)[:20], Lost("cut")], [event(6) + event(7), b""], [event(7) + event(8), Lost("cut")]]
    answer: Any = None
    while len(opened) < 4:
        step = flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)
        answer = None
        if isinstance(step, Open):
            opened.append(step.headers.get("last-event-id"))
            answer = Reply(200, {})
        elif isinstance(step, Read):
            answer = streams[len(opened) - 1].pop(0)
        elif isinstance(step, Emit):
            told += [item.id for item in step.items]
    assert opened == [None, "5-0", "7-0", "8-0"] and told == ["6-0", "7-0", "8-0"]


def test_a_follower_gives_up_where_coming_back_is_useless() -> None:
    for status, kind in ((401, deertrack.Unauthorized), (403, deertrack.Forbidden), (404, deertrack.NotFound)):
        flow = Follower(None, Retry()).flow()
        next(flow)
        with pytest.raises(kind):
            flow.send(Reply(status, {}, b'{"detail": "no"}'))


def test_the_cursor_is_that_of_the_last_event_that_was_handed_out() -> None:
    body = HELLO + event(6) + event(7) + event(8)
    events = client([httpx2.Response(200, content=body)], []).events()
    handed = [next(events).id, next(events).id]
    assert handed == ["6-0", "7-0"] and events.cursor == "7-0"


def test_ten_thousand_events_a_second_come_through_the_iterator() -> None:
    body = HELLO + b"".join(event(n, job=f"0192f0c1-7d2e-7aaa-8bbb-{n:012x}") for n in range(6, 10_006))
    events = client([httpx2.Response(200, content=body)], []).events()
    start = time.process_time()
    count = sum(isinstance(next(events), Event) for _ in range(10_000))
    took = time.process_time() - start
    print(f"{count / took:,.0f} events/s")
    assert count == 10_000 and took < 1.0


def record(state: str, **more: Any) -> Record:
    status = {"completed": "completed", "queued": "processing", "running": "processing"}.get(state, "failed")
    return Record(job_id="a", status=status, state=state, **more)


def wait(
    looks: Callable[[int], Union[Record, Exception]], heard: Callable[[float], Any], timeout: Optional[float]
) -> tuple[Any, list[float], list[float]]:
    """A wait by a clock of its own: its end, when it looked, and how long it listened."""
    clock, looked, listened = [0.0], list[float](), list[float]()

    def look(_: Retry, within: Optional[float]) -> Generator[Any, Any, Record]:
        looked.append(clock[0])
        found = looks(len(looked))
        if isinstance(found, Exception):
            raise found
        return found
        yield

    flow, answer = _core.wait("a", timeout, Retry(), look, lambda: clock[0]), None
    try:
        while True:
            step = flow.send(answer)
            answer = None
            if isinstance(step, Hear):
                listened.append(step.seconds)
                answer = heard(step.seconds)
                clock[0] += step.seconds if answer is None else 0.01
            else:
                assert isinstance(step, Tell)
    except StopIteration as end:
        return end.value, looked, listened
    except deertrack.DeertrackError as error:
        return error, looked, listened


def test_a_wait_that_is_shorter_than_the_interval_looks_once_more_at_its_end() -> None:
    end, looked, _ = wait(lambda n: record("queued"), lambda _: None, timeout=0.2)
    assert isinstance(end, deertrack.WaitTimeout) and looked == [0.0, 0.2]
    end, looked, _ = wait(lambda n: record("queued" if n == 1 else "completed"), lambda _: None, timeout=0.2)
    assert end.completed and looked == [0.0, 0.2]
    end, looked, _ = wait(lambda n: record("queued"), lambda _: None, timeout=0)
    assert isinstance(end, deertrack.WaitTimeout) and looked == [0.0]


def test_a_gateway_that_takes_a_request_and_never_answers_does_not_outlast_the_deadline() -> None:
    async def without_blocking(url: str) -> None:
        async with AsyncExports(url) as exports:
            await exports.wait("a", timeout=0.5)

    def blocking(url: str) -> None:
        with Exports(url) as exports:
            exports.wait("a", timeout=0.5)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for way in (blocking, lambda url: asyncio.run(without_blocking(url))):
            start = time.monotonic()
            with pytest.raises(deertrack.WaitTimeout):
                way(url)
            assert time.monotonic() - start < 5, "a look took as long as any answer may"


def test_looks_become_rarer_and_the_deadline_is_kept() -> None:
    end, looked, listened = wait(lambda n: record("running"), lambda _: None, timeout=60)
    assert isinstance(end, deertrack.WaitTimeout) and looked[-1] == pytest.approx(60)
    assert listened[0] == 0.5 and max(listened) == 5.0 and len(looked) < 25


def test_the_event_ends_a_wait_and_a_failed_job_raises() -> None:
    heard = iter([True, None, record("completed")])
    end, looked, _ = wait(lambda n: record("running"), lambda _: next(heard), timeout=60)
    assert end.completed and len(looked) == 3
    end, _, _ = wait(lambda n: record("running"), lambda _: record("dead", error="why"), timeout=60)
    assert isinstance(end, deertrack.JobFailed) and (end.state, end.error) == ("dead", "why")


def test_an_outage_is_waited_out_but_not_for_ever() -> None:
    lost = deertrack.Unavailable("away", status=503)
    end, looked, _ = wait(lambda n: lost if n < 20 else record("completed"), lambda _: None, timeout=None)
    assert end.completed and len(looked) == 20
    end, looked, _ = wait(lambda n: lost, lambda _: None, timeout=None)
    assert end is lost and 300 < looked[-1] < 310
    end, looked, _ = wait(lambda n: lost, lambda _: None, timeout=7)
    assert isinstance(end, deertrack.WaitTimeout) and looked[-1] == pytest.approx(7)
