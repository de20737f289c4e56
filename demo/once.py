"""One whole shift, played fast with all links cut for a while, then every number held against the truth.

    played   |------ before ------|== links cut, 5 s ==|------ after ------| queues empty | compare

A camera that lost an answer sends again: the last SENT_AGAIN events of a tick are sent once more with the next.
"""

import asyncio
import heapq
import json
import time
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import aiohttp

from demo.cameras import Camera, drained, send_each, show_life_for_ever, timestamp, waiting
from demo.comparison import Check, arrived, compared, table
from demo.factory import Factory
from demo.shift import MINUTE, SECOND, SHIFT, Sighting, Spell, Worker, sightings, whole
from demo.truth import truth

ENDED_AGO = 3 * MINUTE
OUTAGE_SECONDS = 5
DRAIN_SECONDS = 90
TICK_SECONDS = 0.2
SENT_AGAIN = 6
PAGE = 1000


def shift_start(now: int) -> int:
    """Return the start of a shift that ended some minutes ago, a whole minute, in microseconds since 1970."""
    return (now - ENDED_AGO) // MINUTE * MINUTE - SHIFT


async def once(factory: Factory, crew: Sequence[Worker], *, start: int, seed: int, speed: float) -> bool:
    """Play the crew's shift, print the comparison, and return whether every number agrees."""
    spells = [whole(worker, seed=seed) for worker in crew]
    events = list(heapq.merge(*(sightings(own, seed=seed) for own in spells), key=lambda sighting: sighting.at))
    cameras = list(factory.cameras.values())
    await factory.gate.open()
    print(f"playing {timestamp(start)} to {timestamp(start + SHIFT)}, {speed:g} times faster than life", flush=True)
    alive = asyncio.create_task(show_life_for_ever(cameras))
    try:
        outage = asyncio.create_task(_outage(factory, after=max(0.0, SHIFT / SECOND / speed - OUTAGE_SECONDS) / 2))
        await _play(cameras, events, speed=speed)
        await outage
        began = time.monotonic()
        await drained(cameras, seconds=DRAIN_SECONDS)
        print(f"  all queues empty {time.monotonic() - began:.1f} s after the last event", flush=True)
    finally:
        alive.cancel()
    sent = sum(camera.sent for camera in cameras)
    print(f"{sent:,} events sent, {len(events):,} of them distinct\n", flush=True)
    checks = await _checks(factory, [spell for own in spells for spell in own], events=len(events), start=start)
    print(table(checks), flush=True)
    return all(check.agrees for check in checks)


async def _play(cameras: Sequence[Camera], events: Sequence[Sighting], *, speed: float) -> None:
    """Let the cameras send the events, a tick of real time apart."""
    began = time.monotonic()
    first = 0
    while first < len(events):
        await asyncio.sleep(TICK_SECONDS)
        played = events[0].at + (time.monotonic() - began) * speed * SECOND
        last = first
        while last < len(events) and events[last].at <= played:
            last += 1
        if last > first:
            await send_each(cameras, events[max(0, first - SENT_AGAIN) : last])
        first = last


async def _outage(factory: Factory, *, after: float) -> None:
    await asyncio.sleep(after)
    await factory.gate.cut()
    print(f"  all links cut for {OUTAGE_SECONDS} s", flush=True)
    await asyncio.sleep(OUTAGE_SECONDS)
    waited = await waiting(factory.cameras.values())
    await factory.gate.open()
    print(f"  links are up again; {waited:,} events waited at the agents", flush=True)


async def _checks(factory: Factory, spells: Sequence[Spell], *, events: int, start: int) -> list[Check]:
    window = {"from": timestamp(start), "to": timestamp(start + SHIFT)}
    workers, workstations, totals = [
        await _get(factory, f"metrics/{name}/", **window) for name in ("workers", "workstations", "factory")
    ]
    stored = Check("collector", "events", Fraction(events), Fraction(await _stored(factory)))
    seen = arrived([camera.name for camera in factory.cameras.values()], await _get(factory, "cameras/"))
    true = truth(spells, start=0, end=SHIFT)
    return [stored, *seen, *compared(true, workers=workers, workstations=workstations, factory=totals)]


async def _stored(factory: Factory) -> int:
    """Return how many events the collector has, counted page by page."""
    seen = 0
    query = {"limit": str(PAGE)}
    while True:
        page = await _get(factory, "events/", **query)
        seen += len(page["events"])
        if page["next"] is None or not page["events"]:
            return seen
        query["after"] = page["next"]


async def _get(factory: Factory, route: str, **query: str) -> Any:
    async with factory.session.get(f"{factory.collector}/api/{route}", params=query) as answer:
        if answer.status != 200:
            raise aiohttp.ClientError(f"{answer.url} answered {answer.status}: {await answer.text()}")
        return await answer.json(loads=_exact)


def _exact(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)
