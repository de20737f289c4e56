"""How a producer on the same machine hands over its events: the same `POST /api/app/` as the collector's.

An event that was answered `accepted` is on disk. The agent cannot know duplicates and never judges by its own clock, so
it says `accepted` of every valid event. A web page that happens to be open on this machine must not post: a foreign
`Origin` is refused, and so is a `Host` that is none of our names (DNS rebinding).

Beside it stands what the agent says of itself: `/status` for people, `/healthz` (can be written to), `/readyz` (all parts
work) and `/metrics`. They are answered also when the disk hangs.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from edge_agent.intake.acceptor import Acceptor
from edge_agent.intake.life_signs import LifeSigns
from shared.clock import Clock
from shared.connections import note_answering, note_who_asks
from shared.events import Event, Rejection, read_event
from shared.http_body import answer_problems, problem, read_post, refusal
from shared.http_guard import refuse_strangers
from shared.instants import format_instant
from shared.prometheus import CONTENT_TYPE
from shared.room import Room
from shared.wire import AgentHeader, Body, read_body, read_lines

JSON = "application/json"
LINES = "application/x-ndjson"
LAST_REQUEST_SECONDS = 5.0
"""What is being posted when the agent stops has so long to finish; what drips is cut off, unacknowledged."""
MOST_BODY_BYTES_AT_ONCE = 8 * 1024 * 1024
"""Of all bodies that are being read or wait for the disk, packed and unpacked: one of the largest, or 10,000 short events
eight times. What is made of them takes about three times as much."""
_KEEPALIVE_SECONDS = 75
"""Above a minute, the usual interval of a producer's sign of life."""
POST_PATH = "/api/app/"
Judged = Sequence[Event | Rejection]


@dataclass(frozen=True, slots=True)
class Told:
    """What the agent says of itself, asked for at each request."""

    status: Callable[[], Awaitable[Mapping[str, object]]]
    metrics: Callable[[], Awaitable[bytes]]
    not_ready: Callable[[], Sequence[str]]
    """The reasons why it is not; none if it is."""


class Tally(Protocol):
    """Whoever counts what comes in."""

    def answered(self, status: int) -> None:
        """Count a request."""
        ...

    def refused(self, code: str) -> None:
        """Count an item that is no event."""
        ...


@dataclass(frozen=True, slots=True)
class _Intake:
    acceptor: Acceptor
    life_signs: LifeSigns
    told: Told
    tally: Tally
    clock: Clock
    time_zone: tzinfo | None
    room: Room


_INTAKE = web.AppKey("intake", _Intake)


def create_app(
    *,
    acceptor: Acceptor,
    life_signs: LifeSigns,
    told: Told,
    tally: Tally,
    clock: Clock,
    time_zone: tzinfo | None = None,
    hosts: frozenset[str] | None,
) -> web.Application:
    """Return the application; run it by `create_runner`.

    `hosts` are the names by which it may be addressed, None for any; `time_zone` is for timestamps without an offset.
    """
    app = web.Application(
        middlewares=[note_answering, _count_answers, answer_problems, refuse_strangers(hosts, program="agent")]
    )
    app[_INTAKE] = _Intake(
        acceptor, life_signs, told, tally, clock, time_zone, Room(MOST_BODY_BYTES_AT_ONCE, what="bodies arrive")
    )
    app.router.add_post("/api/app/", _post_events)
    app.router.add_get("/status", _get_status)
    app.router.add_get("/healthz", _get_health)
    app.router.add_get("/readyz", _get_readiness)
    app.router.add_get("/metrics", _get_metrics)
    return app


def create_runner(app: web.Application) -> web.AppRunner:
    """Return a runner with the options that the application relies on; bodies are unpacked by us."""
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        handle_signals=False,
        keepalive_timeout=_KEEPALIVE_SECONDS,
        shutdown_timeout=LAST_REQUEST_SECONDS,
    )


@web.middleware
async def _count_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    if request.path == POST_PATH:
        request.app[_INTAKE].tally.answered(response.status)
        if response.status == 200:
            note_who_asks(request, is_known=True)  # a producer keeps its place
    return response


async def _post_events(request: web.Request) -> web.Response:
    intake = request.app[_INTAKE]
    with intake.room.place() as place:
        body = await read_post(request, content_types=(JSON, LINES), grow=place.grow)
        if body:
            return await _take(body, request.content_type, intake=intake)
    intake.life_signs.called()
    return web.json_response(_list_answer(()))


async def _take(body: bytes, content_type: str, *, intake: _Intake) -> web.Response:
    """Return the answer to a body once what is good of it is on disk."""
    parsed = read_lines(body) if content_type == LINES else read_body(body)
    judged = _judge(parsed, intake.time_zone)
    for one in judged:
        if isinstance(one, Rejection):
            intake.tally.refused(one.code)
    await intake.acceptor.accept([event for event in judged if isinstance(event, Event)])
    return _answer(parsed, judged, received_at=intake.clock.now())


def _judge(body: Body, time_zone: tzinfo | None) -> Judged:
    events = body.events(time_zone=time_zone)
    if events is not None:
        return events
    return [read_event(item, time_zone=time_zone) for item in body.items]


async def _get_status(request: web.Request) -> web.Response:
    return web.json_response(dict(await request.app[_INTAKE].told.status()))


async def _get_health(request: web.Request) -> web.Response:
    failure = request.app[_INTAKE].acceptor.failure
    if failure is not None:
        return problem(503, str(failure))
    return web.json_response({"status": "ok"})


async def _get_readiness(request: web.Request) -> web.Response:
    reasons = request.app[_INTAKE].told.not_ready()
    return problem(503, "; ".join(reasons)) if reasons else web.json_response({"status": "ready"})


async def _get_metrics(request: web.Request) -> web.Response:
    text = await request.app[_INTAKE].told.metrics()
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})


def _answer(parsed: Body, judged: Judged, *, received_at: int) -> web.Response:
    if not parsed.is_list:
        (only,) = judged
        if isinstance(only, Rejection):
            return refusal(only)
        return web.json_response({"status": "success", "result": "accepted"})
    answer = _list_answer(judged)
    if parsed.agent is not None:
        answer["receipt"] = _receipt(parsed.agent, received_at=received_at)
    return web.json_response(answer)


def _list_answer(judged: Judged) -> dict[str, object]:
    results = [
        {"index": index, "result": "rejected", **one.told()}
        for index, one in enumerate(judged)
        if isinstance(one, Rejection)
    ]
    accepted = len(judged) - len(results)
    counts = {"accepted": accepted, "duplicates": 0, "conflicts": 0, "rejected": len(results)}
    return {"status": "success", **counts, "results": results}


def _receipt(agent: AgentHeader, *, received_at: int) -> dict[str, object]:
    """Return the word of a relay: what it answers `accepted` to is on its disk, so nothing is lacking."""
    return {"batch": agent.batch, "epoch": agent.epoch, "received_at": format_instant(received_at), "lacking": []}
