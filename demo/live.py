"""The live demo: the last eight hours first, then one event after the other as it happens, until it is stopped."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Iterator, Sequence

from demo.cameras import drained, send_each, show_life_for_ever, waiting
from demo.factory import Factory
from demo.shift import CREW, SECOND, SHIFT, Sighting, endless, sightings

DARK_STATION = "Painting"
DARK_SECONDS = 45
DRAIN_SECONDS = 120


def shift_start(now: int) -> int:
    """Return the start of the shift that began eight hours ago, a whole second, in microseconds since 1970."""
    return (now - SHIFT) // SECOND * SECOND


async def live(factory: Factory, *, start: int, seed: int) -> None:
    """Feed the cameras for ever; the link of the dark station's camera comes up after DARK_SECONDS."""
    stream = crew_sightings(seed)
    known, stream = _split(stream, until=_now() - start)
    cameras = list(factory.cameras.values())
    await send_each(cameras, known)
    _say_what_to_see(factory, known)
    await asyncio.gather(show_life_for_ever(cameras), _go_on(factory, stream, start=start), _bring_up_link(factory))


def crew_sightings(seed: int) -> Iterator[Sighting]:
    """Yield what happens to the whole crew, in order of time, for ever."""
    return heapq.merge(
        *(sightings(endless(worker, seed=seed), seed=seed) for worker in CREW), key=lambda sighting: sighting.at
    )


async def _go_on(factory: Factory, stream: Iterator[Sighting], *, start: int) -> None:
    for sighting in stream:
        await asyncio.sleep(max(0, start + sighting.at - _now()) / SECOND)
        await factory.cameras[sighting.station].send([sighting])


async def _bring_up_link(factory: Factory) -> None:
    """Open the gate after a while and say when the events that waited have arrived."""
    camera = factory.cameras[DARK_STATION]
    await asyncio.sleep(DARK_SECONDS)
    waited = await waiting([camera])
    await factory.gate.open()
    print(f"{camera.name}: its link is up; {waited:,} events waited at its agent.", flush=True)
    opened = time.monotonic()
    await drained([camera], seconds=DRAIN_SECONDS)
    print(f"{camera.name}: all of them arrived, {time.monotonic() - opened:.1f} s after the link came up.", flush=True)
    print("From here on the factory just goes on working.", flush=True)


def _say_what_to_see(factory: Factory, known: Sequence[Sighting]) -> None:
    dark = factory.cameras[DARK_STATION]
    print(
        f"""
  Dashboard   {factory.dashboard}

  now         Five cameras have reported their last eight hours, {len(known) - dark.sent:,} events. {dark.name} has
              no link yet: nothing of {DARK_STATION} is on the page, its agent keeps {dark.sent:,} events on disk.
  in {DARK_SECONDS} s     The link comes up. Its agent notices within seconds: watch {DARK_STATION} and Ram catch up at
              once, nothing lost.
  after that  The shift goes on live, an event every few seconds.

  Ctrl-C stops everything and leaves nothing behind.
""",
        flush=True,
    )


def _split(stream: Iterator[Sighting], *, until: int) -> tuple[list[Sighting], Iterator[Sighting]]:
    """Return the sightings up to an instant, and the stream of those after it."""
    known: list[Sighting] = []
    for sighting in stream:
        if sighting.at > until:
            return known, itertools.chain([sighting], stream)
        known.append(sighting)
    return known, stream


def _now() -> int:
    return time.time_ns() // 1000
