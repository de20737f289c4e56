"""A collector that misbehaves on demand: its answers follow a script.

It is honest when the script is empty: it keeps each event of an envelope once, by epoch and number, and gives a receipt.
What it kept is in `stored`, what it was sent in `received`. Answers are functions of the envelope that came; those below
are the ways in which networks and servers have lied to agents before.

`flaky_collector` serves it over HTTP; `post` is the same without a network, for a sync loop whose clock is not the real
one.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web

from edge_agent.delivery.outcome import Answered, Attempt, NoAnswer
from shared.http_body import problem
from shared.instants import format_instant
from shared.receipts import Range, Ranges, normalise, numbers, subtract, union
from tests.support.fake_clock import START

Event = dict[str, Any]


@dataclass(frozen=True)
class Envelope:
    """One request as it came."""

    agent: dict[str, Any]
    events: list[Event]
    headers: dict[str, str]

    @property
    def numbered(self) -> Iterator[tuple[int, Event]]:
        """The events with their numbers."""
        return zip(numbers((first, last) for first, last in self.agent["seqs"]), self.events, strict=True)


Answer = Callable[["FlakyCollector", Envelope], web.Response | None]
"""None breaks the connection in the middle of the answer."""


class FlakyCollector:
    """What the server did and shall do."""

    def __init__(self) -> None:
        self.url = ""
        self.script: list[Answer] = []
        """The next answers, first one first; one that should stay is put into `always`."""
        self.always: Answer = honest
        self.received: list[Envelope] = []
        self.stored: dict[tuple[str, int], Event] = {}
        self.arrived: dict[str, Ranges] = {}
        """By epoch: the numbers that came or were reported as skipped, also those of rejected events."""
        self.told: dict[str, int] = {}
        """By epoch: the greatest number that a header said was given out."""

    def lose(self, *lost: Range, epoch: str) -> None:
        """Forget numbers of an epoch, as a backup does that is older than they are."""
        for seq in numbers(lost):
            self.stored.pop((epoch, seq), None)
        self.arrived[epoch] = subtract(self.arrived.get(epoch, ()), normalise(lost))

    def lacking(self, agent: dict[str, Any]) -> Ranges:
        """Note the numbers of a header, and return what never arrived of its epoch: at most 100 ranges."""
        epoch, last_seq = agent["epoch"], agent.get("last_seq", 0)
        self.told[epoch] = max(self.told.get(epoch, 0), last_seq)
        told = [*agent["seqs"], *((first, last) for first, last, _ in agent.get("skipped", []))]
        self.arrived[epoch] = union(self.arrived.get(epoch, ()), [(first, last) for first, last in told])
        return subtract(((1, last_seq),) if last_seq else (), self.arrived[epoch])[:100]

    @property
    def batches(self) -> list[Envelope]:
        """The envelopes that held events."""
        return [envelope for envelope in self.received if envelope.events]

    @property
    def numbers(self) -> list[int]:
        """The numbers of the events that are stored."""
        return sorted(seq for _, seq in self.stored)

    async def post(self, body: bytes) -> Attempt:
        """Answer an envelope by the script, as a sender would tell it."""
        await asyncio.sleep(0)
        answer = self._next_answer(body, {})
        if answer is None:
            return NoAnswer("reset", "it was closed before the answer was whole")
        content = answer.body if isinstance(answer.body, bytes) else b""
        return Answered(answer.status, answer.content_type, answer.headers.get("Retry-After"), content)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one POST by the script."""
        body = await request.read()
        is_packed = request.headers.get("Content-Encoding") == "gzip"
        answer = self._next_answer(gzip.decompress(body) if is_packed else body, dict(request.headers))
        return await _cut_short(request) if answer is None else answer

    def _next_answer(self, body: bytes, headers: dict[str, str]) -> web.Response | None:
        content = json.loads(body)
        envelope = Envelope(content["agent"], content["events"], headers)
        self.received.append(envelope)
        return (self.script.pop(0) if self.script else self.always)(self, envelope)


Flaky = TypeVar("Flaky", bound=FlakyCollector)


@asynccontextmanager
async def served(collector: Flaky) -> AsyncIterator[Flaky]:
    """Run a collector on a free loopback port while the block lasts."""
    app = web.Application(client_max_size=8 * 1024 * 1024)
    app.router.add_post("/api/app/", collector.answer)
    runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        await runner.cleanup()


def flaky_collector() -> AbstractAsyncContextManager[FlakyCollector]:
    """Run one that is honest until told otherwise."""
    return served(FlakyCollector())


async def until(reached: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Return once a condition holds; fail if it does not within the bound."""
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110 - what is waited for is in another process or on a disk
            await asyncio.sleep(0.005)


def receipt(envelope: Envelope, results: list[dict[str, Any]], **changes: object) -> dict[str, Any]:
    """Return an answer whose counts fit its results; `changes` go into the receipt."""
    listed = [item["result"] for item in results]
    return {
        "status": "success",
        "accepted": len(envelope.events) - len(results),
        "duplicates": listed.count("duplicate"),
        "conflicts": 0,
        "rejected": listed.count("rejected"),
        "results": results,
        "receipt": {
            "batch": envelope.agent["batch"],
            "epoch": envelope.agent["epoch"],
            "received_at": format_instant(START),
            "lacking": [],
        }
        | changes,
    }


def honest(collector: FlakyCollector, envelope: Envelope) -> web.Response:
    """Keep what is new, name what is not, give a receipt."""
    results = []
    for index, (seq, event) in enumerate(envelope.numbered):
        key = (envelope.agent["epoch"], seq)
        if key in collector.stored:
            results.append({"index": index, "result": "duplicate", "conflict": False})
        collector.stored[key] = event
    lacking = collector.lacking(envelope.agent)
    told = collector.told[envelope.agent["epoch"]]
    return web.json_response(receipt(envelope, results, lacking=lacking, last_seq=told))


def status(code: int, *, headers: dict[str, str] | None = None, text: str = "") -> Answer:
    """Answer with a bare status, as a proxy does."""
    return lambda _collector, _envelope: web.Response(status=code, headers=headers, text=text)


def captive_portal(_collector: FlakyCollector, _envelope: Envelope) -> web.Response:
    """Say 200 with a page that wants a login."""
    return web.Response(text="<html>Welcome! Please accept the terms.</html>", content_type="text/html")


def of_another_batch(_collector: FlakyCollector, envelope: Envelope) -> web.Response:
    """Give a receipt that was meant for somebody else."""
    return web.json_response(receipt(envelope, [], batch="0000000000000000"))


def stored_then_silent(collector: FlakyCollector, envelope: Envelope) -> web.Response | None:
    """Keep everything, then break the connection before the agent knows."""
    honest(collector, envelope)
    return None


def redirect(_collector: FlakyCollector, _envelope: Envelope) -> web.Response:
    """Send the agent elsewhere."""
    return web.Response(status=301, headers={"Location": "http://127.0.0.1:9/"})


def refusing(is_bad: Callable[[Event], bool], *, code: int = 400) -> Answer:
    """Refuse a batch as a whole if one event in it is bad, as an older collector would."""

    def answer(collector: FlakyCollector, envelope: Envelope) -> web.Response | None:
        if any(is_bad(event) for event in envelope.events):
            return problem(code, "an event is wrong")
        return honest(collector, envelope)

    return answer


def taking_at_most(most: int) -> Answer:
    """Find batches of more events than this too large."""

    def answer(collector: FlakyCollector, envelope: Envelope) -> web.Response | None:
        return problem(413, "too large") if len(envelope.events) > most else honest(collector, envelope)

    return answer


def rejecting(is_bad: Callable[[Event], bool]) -> Answer:
    """Take a batch but for its bad events, as the collector does."""

    def answer(collector: FlakyCollector, envelope: Envelope) -> web.Response | None:
        results = []
        for index, (seq, event) in enumerate(envelope.numbered):
            if is_bad(event):
                results.append({"index": index, "result": "rejected", "code": "bad_id", "error": "no such worker"})
            else:
                collector.stored[envelope.agent["epoch"], seq] = event
        return web.json_response(receipt(envelope, results, lacking=collector.lacking(envelope.agent)))

    return answer


async def _cut_short(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await answer.prepare(request)
    await answer.write(b'{"status": "success", "accept')
    if request.transport is not None:
        request.transport.close()
    return answer
