"""`/api/app/`, where events arrive, and `/api/events/`, where stored ones are listed."""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

from aiohttp import web

from collector.metrics.windows import read_window
from collector.reception import Reception, Rules
from collector.records import EventQuery, Key, StoredEvent
from collector.to_the_end import to_the_end
from collector.web.access import Viewer
from collector.web.context import (
    CLOCK,
    INGEST,
    PSEUDONYM_KEYS,
    REPORTS,
    SETTINGS,
    STORAGE,
    check_query,
    read_id,
    read_limit,
    sites_of,
)
from collector.web.csv_answers import stream_csv
from collector.web.json_answers import json_answer, json_unless_known
from collector.web.limits import BODY_ROOM, LARGE_TURN
from shared.errors import BadRequest
from shared.events import EventType
from shared.http_body import read_post, refusal
from shared.instants import LAST_INSTANT, format_instant
from shared.wire import Body, read_body

QUERY = ("worker_id", "workstation_id", "event_type", "from", "to", "site", "conflicts", "after", "limit")
QUERY_OF_A_FILE = tuple(name for name in QUERY if name not in ("after", "limit"))
COLUMNS = (
    "site",
    "timestamp",
    "worker_id",
    "workstation_id",
    "event_type",
    "count",
    "confidence",
    "camera",
    "conflicts",
)
MOST_EVENTS_A_PAGE = 10_000
LARGE_BYTES = 256 * 1024
"""Bodies beyond are judged in a thread of their own, so that nobody waits behind 10,000 events; smaller ones take some 10 ms."""
EVENTS_A_PIECE = 1_000
"""Of a file, which is read piece by piece."""


async def receive(request: web.Request, viewer: Viewer) -> web.Response:
    """Store a body of events and say what became of each.

    Whoever hangs up keeps what they hold, a turn, a part of the room, a place in the crowd, until that is done.
    """
    app = request.app
    with app[BODY_ROOM].place(viewer.token) as place:
        content = await read_post(request, content_types=("application/json",), grow=place.grow)
        is_large = len(content) > LARGE_BYTES
        async with app[LARGE_TURN] if is_large else nullcontext():
            run = _in_a_thread if is_large else _here
            reception, camera = await run(partial(_judged, content, app=app, viewer=viewer))
            del content  # what was made of it is enough
            site = viewer.home or app[SETTINGS].site_of(camera)
            key = await _pseudonym_key(app, camera if viewer.home is None else None, site=site)
            delivery = await run(partial(reception.delivery, site=site, camera=camera, pseudonym_key=key))
        stored = await to_the_end(app[INGEST].store(delivery))
    refused = reception.refused_object(stored)
    if refused is not None:
        return refusal(refused)
    if is_large:
        return await json_answer(partial(reception.answer, stored))
    return web.json_response(reception.answer(stored))


def _judged(content: bytes, *, app: web.Application, viewer: Viewer) -> tuple[Reception, str | None]:
    """Return a body judged, and the camera that it is from."""
    body = read_body(content)
    camera = viewer.camera_written(body.agent.camera if body.agent else None)
    return Reception(body, now=app[CLOCK].now(), rules=_rules(app)), camera


async def _here(make: Callable[[], Any]) -> Any:
    return make()


async def _in_a_thread(make: Callable[[], Any]) -> Any:
    return await to_the_end(asyncio.to_thread(make))


async def _pseudonym_key(app: web.Application, camera: str | None, *, site: str) -> bytes | None:
    """Return the key of the site that keeps what a camera sends; or of that where it is placed: an id too few is kept sooner."""
    keys = app[PSEUDONYM_KEYS]
    home = (await app[STORAGE].homes([camera])).get(camera) if keys and camera is not None else None
    return (keys.get(home.site) if home is not None and home.stays else None) or keys.get(site)


async def take_in_list(app: web.Application, body: Body, *, site: str | None, camera: str | None) -> dict[str, Any]:
    """Store a list or an envelope that did not come from its camera just now, and return the answer.

    `site` and `camera` are the operator's word; without it the envelope's camera and the settings decide.

    Raises:
        BadRequest: the camera belongs to another site than `site`; nothing was stored.
    """
    camera = camera or (body.agent.camera if body.agent else None)
    if site is not None and camera is not None:
        await _check_home(app, camera, site=site)
    reception = Reception(body, now=app[CLOCK].now(), rules=_rules(app))
    site = site or app[SETTINGS].site_of(camera)
    key = await _pseudonym_key(app, camera, site=site)
    delivery = reception.delivery(site=site, camera=camera, is_live=False, pseudonym_key=key)
    return reception.answer(await app[INGEST].store(delivery))


async def _check_home(app: web.Application, camera: str, *, site: str) -> None:
    """Refuse a site that would be ignored, since the camera stays elsewhere, or that would move the camera."""
    home = (await app[STORAGE].homes([camera])).get(camera)
    if home is not None and home.stays:
        if site != home.site:
            raise BadRequest(
                f"camera {camera} has its events, or its token, at site {home.site}, not at {site}",
                hint="leave --site out, or rename the site with collector sites rename",
            )
    elif site != (placed := app[SETTINGS].site_of(camera)):
        raise BadRequest(
            f"by the settings camera {camera} belongs to site {placed}, not to {site}",
            hint="leave --site out, or set the camera's site in the settings first",
        )


async def list_events(request: web.Request, viewer: Viewer) -> web.Response:
    """Return a page of stored events and, in `next`, where the next one begins."""
    query = await _checked_query(request, viewer)
    events = await request.app[STORAGE].events(query)
    cursor = _write_cursor(events[-1].key) if len(events) == query.limit else None
    return await json_unless_known(request, lambda: {"events": [event_row(event) for event in events], "next": cursor})


async def list_events_as_csv(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """Return all events of the query, page after page: a file is never cut, so `after` and `limit` are refused."""
    query = await _checked_query(request, viewer, known=QUERY_OF_A_FILE)

    async def pages() -> AsyncIterator[Iterable[Mapping[str, Any]]]:
        page = replace(query, limit=EVENTS_A_PIECE)
        while events := await request.app[STORAGE].events(page):
            page = replace(page, after=events[-1].key)
            rows = (event_row(event) | {"conflicts": len(event.losers)} for event in events)
            del events  # once the rows are written they are gone, however long their bytes wait to be read
            yield rows

    return await stream_csv(request, pages(), columns=COLUMNS, name="events")


def event_row(event: StoredEvent) -> dict[str, Any]:
    """Return an event as the API shows it."""
    return {
        "site": event.key.site,
        "timestamp": format_instant(event.key.at),
        "worker_id": event.key.worker_id,
        "workstation_id": event.key.workstation_id,
        "event_type": event.key.event_type.name,
        "count": event.version.count,
        "confidence": event.version.confidence,
        "camera": event.version.camera,
        "conflicts": [{"count": count, "confidence": confidence} for count, confidence in event.losers],
    }


def read_query(request: web.Request, viewer: Viewer, *, known: tuple[str, ...] = QUERY) -> EventQuery:
    """Return which events are asked for.

    Raises:
        BadRequest: names the parameter and what is wrong with it.
    """
    check_query(request, known)
    window = read_window(request.query.get("from"), request.query.get("to"))
    return EventQuery(
        sites=sites_of(request, viewer),
        worker_id=read_id("worker_id", request.query.get("worker_id")),
        workstation_id=read_id("workstation_id", request.query.get("workstation_id")),
        event_type=_read_type(request.query.get("event_type")),
        from_at=window.start,
        to_at=window.end,
        only_conflicts=_read_flag("conflicts", request.query.get("conflicts", "false")),
        after=_read_cursor(request.query.get("after")),
        limit=read_limit(request.query.get("limit", "1000"), most=MOST_EVENTS_A_PAGE),
    )


async def _checked_query(request: web.Request, viewer: Viewer, *, known: tuple[str, ...] = QUERY) -> EventQuery:
    query = read_query(request, viewer, known=known)
    await request.app[REPORTS].check_sites(query.sites)
    return query


def _rules(app: web.Application) -> Rules:
    return Rules(app[SETTINGS].max_future_skew, app[SETTINGS].input_zone)


def _read_type(text: str | None) -> EventType | None:
    if text is None:
        return None
    if text not in EventType.__members__:
        raise BadRequest("event_type: must be working, idle, absent or product_count", field="event_type")
    return EventType[text]


def _read_flag(name: str, text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise BadRequest(f"{name}: must be true or false", field=name)
    return text in ("true", "1")


def _write_cursor(key: Key) -> str:
    text = json.dumps([key.site, key.worker_id, key.at, int(key.event_type), key.workstation_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(text: str | None) -> Key | None:
    if text is None:
        return None
    try:
        return _key_of(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise BadRequest("after: is not a place that an earlier page ended at", field="after") from error


def _key_of(parts: Any) -> Key:
    site, worker_id, at, kind, station_id = parts
    if not all(isinstance(part, str) for part in (site, worker_id, station_id)):
        raise TypeError("ids are strings")
    f"{site}{worker_id}{station_id}".encode()  # a lone surrogate is in no stored id, and no database takes it
    if type(at) is not int or type(kind) is not int or not 0 <= at <= LAST_INSTANT:
        raise ValueError("instants and types are integers")
    return Key(site, worker_id, at, EventType(kind), station_id)
