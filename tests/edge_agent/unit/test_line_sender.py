"""The client of `edge-agent send` against a server that answers by a script."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from edge_agent.intake.line_sender import LineSender, RejectedLine
from edge_agent.intake.lines import Line
from shared.errors import BadRequest, LinesideError, NotAuthorised, Unreachable
from shared.http_body import problem
from tests.support.fake_clock import FakeClock
from tests.support.running_agent import NOBODY

LINES = [Line(3, b'{"a":1}'), Line(7, b'{"b":2}')]
Answer = Callable[[], web.StreamResponse]


def taken(*rejected: int, of: int = 2) -> Answer:
    """The answer of an agent that has these lines, but for some."""
    results = [{"index": index, "result": "rejected", "code": "bad_id", "error": "no"} for index in rejected]
    counts = {"accepted": of - len(results), "duplicates": 0, "conflicts": 0, "rejected": len(results)}
    return lambda: web.json_response({"status": "success", **counts, "results": results})


def refused(status: int, *, after: int | None = None) -> Answer:
    """A problem as ours are."""
    return lambda: problem(status, "not now", retry_after_seconds=after)


@asynccontextmanager
async def agent(*script: Answer) -> AsyncIterator[tuple[LineSender, FakeClock, list[bytes]]]:
    """A sender, its clock, and the bodies that a server with this script has seen."""
    answers, bodies = list(script), list[bytes]()

    async def answer(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.read())
        return answers.pop(0)()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    clock = FakeClock()
    try:
        async with LineSender(f"http://127.0.0.1:{runner.addresses[0][1]}/", timeout_seconds=60, clock=clock) as sender:
            yield sender, clock, bodies
    finally:
        await runner.cleanup()


async def test_lines_go_as_they_are() -> None:
    """One to a line, in one request."""
    async with agent(taken()) as (sender, _, bodies):
        assert [] == await sender.send(LINES)
    assert [b'{"a":1}\n{"b":2}'] == bodies


async def test_a_rejected_line_keeps_its_number() -> None:
    """The index in the request is the agent's, the number is the person's."""
    async with agent(taken(1)) as (sender, _, _):
        assert [RejectedLine(7, "bad_id", "no")] == await sender.send(LINES)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 507])
async def test_what_may_pass_is_tried_again(status: int) -> None:
    """After a short wait."""
    async with agent(refused(status), taken()) as (sender, clock, bodies):
        assert [] == await sender.send(LINES)
    assert 2 == len(bodies)
    assert [True] == [0 < seconds < 1 for seconds in clock.slept]


async def test_a_busy_agent_says_how_long() -> None:
    """`Retry-After` is kept."""
    async with agent(refused(503, after=5), taken()) as (sender, clock, _):
        await sender.send(LINES)
    assert [5] == clock.slept


async def test_no_try_begins_after_the_time_is_up() -> None:
    """Neither does a wait that would end after it; the last reason is told."""
    async with agent(refused(507, after=90)) as (sender, clock, _):
        with pytest.raises(Unreachable, match=r"within 60 s: not now \(HTTP 507\)"):
            await sender.send(LINES)
    assert [] == clock.slept


@pytest.mark.parametrize(("status", "kind"), [(403, NotAuthorised), (401, NotAuthorised), (415, LinesideError)])
async def test_what_will_not_pass_is_told_at_once(status: int, kind: type[LinesideError]) -> None:
    """With the agent's own words."""
    async with agent(refused(status)) as (sender, _, bodies):
        with pytest.raises(kind, match=rf"refused: not now \(HTTP {status}\)"):
            await sender.send(LINES)
    assert 1 == len(bodies)


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(text="<h1>Welcome to the guest network</h1>", content_type="text/html"),
        lambda: web.json_response({"status": "success", "result": "accepted"}),
        taken(of=1),
        taken(of=3),
    ],
    ids=["portal", "one object", "too few", "too many"],
)
async def test_an_answer_that_does_not_count_our_lines_is_none(answer: Answer) -> None:
    """Nothing that only looks like success is taken for it."""
    async with agent(answer) as (sender, _, _):
        with pytest.raises(Unreachable, match="is no edge agent"):
            await sender.send(LINES)


@pytest.mark.parametrize("told", ["{}", "[]", "nonsense", '{"pending": "many"}'])
async def test_a_status_that_is_none_is_noticed(told: str) -> None:
    """Whoever answers there is someone else."""
    async with agent(lambda: web.Response(text=told)) as (sender, _, _):
        with pytest.raises(Unreachable, match="is no edge agent"):
            await sender.status()


async def test_a_status_is_returned_as_it_is() -> None:
    """A number of pending events is what makes it one."""
    told: dict[str, Any] = {"pending": 4, "state": "ok"}
    async with agent(lambda: web.Response(text=json.dumps(told))) as (sender, _, _):
        assert told == await sender.status()


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://", "http://a:b:c"])
async def test_an_address_that_is_none_is_refused(url: str) -> None:
    """No waiting for what can never be there."""
    clock = FakeClock()
    async with LineSender(url, timeout_seconds=60, clock=clock) as sender:
        with pytest.raises(BadRequest, match="is no address"):
            await sender.send(LINES)
    assert [] == clock.slept


async def test_the_tries_end_with_the_time() -> None:
    """Some fifteen within a minute, each a little later than the one before."""
    clock = FakeClock()
    async with LineSender(NOBODY, timeout_seconds=60, clock=clock) as sender:
        with pytest.raises(Unreachable, match="Connection refused"):
            await sender.send(LINES)
    assert 10 < len(clock.slept) < 20
    assert sum(clock.slept) < 60
