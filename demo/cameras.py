"""Cameras that report to the edge agent beside them, over HTTP on this machine.

A camera belongs to a station and is called after it: `cam-final-inspection` watches Final Inspection. It sends
sightings as JSON arrays of at most BATCH events, and an empty post every SIGN_OF_LIFE_SECONDS: "I am watching".
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import aiohttp

from demo.shift import PACE, Sighting

BATCH = 500
SIGN_OF_LIFE_SECONDS = 4
POLL_SECONDS = 0.1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Station -> camera.
NAMES = {station: f"cam-{station.lower().replace(' ', '-')}" for station in PACE}

Event = dict[str, str | int | float]


class AgentRefused(Exception):
    """An edge agent did not take what its camera sent."""


class NotDrained(Exception):
    """Events still waited at the agents when they should all have arrived."""


class Camera:
    """One camera, the address of its agent, and the events it has sent."""

    def __init__(self, *, session: aiohttp.ClientSession, station: str, agent: str, shift_start: int) -> None:
        self.name = NAMES[station]
        self.station = station
        self.sent = 0
        self._session = session
        self._agent = agent
        self._shift_start = shift_start

    async def send(self, sightings: Sequence[Sighting]) -> None:
        """Hand the sightings to the agent; on return they are on its disk. Raises AgentRefused."""
        events = [as_event(sighting, self._shift_start) for sighting in sightings]
        for first in range(0, len(events), BATCH):
            batch = events[first : first + BATCH]
            async with self._session.post(f"{self._agent}/api/app/", json=batch) as answer:
                if answer.status != 200 or (await answer.json()).get("accepted") != len(batch):
                    raise AgentRefused(f"the agent of {self.name} answered {answer.status}: {await answer.text()}")
            self.sent += len(batch)

    async def show_life(self) -> None:
        """Post nothing: the agent then knows that silence is not blindness."""
        headers = {"Content-Type": "application/json"}
        async with self._session.post(f"{self._agent}/api/app/", headers=headers) as answer:
            if answer.status != 200:
                raise AgentRefused(f"the agent of {self.name} answered {answer.status}: {await answer.text()}")

    async def pending(self) -> int:
        """Return how many events the agent has that the collector has not."""
        async with self._session.get(f"{self._agent}/status") as answer:
            answer.raise_for_status()
            return int((await answer.json())["pending"])


async def send_each(cameras: Iterable[Camera], sightings: Sequence[Sighting]) -> None:
    """Let each camera send the sightings of its station, all cameras at once."""
    await asyncio.gather(
        *(camera.send([sighting for sighting in sightings if sighting.station == camera.station]) for camera in cameras)
    )


async def show_life_for_ever(cameras: Sequence[Camera]) -> None:
    """Let all cameras show every few seconds that they are watching."""
    while True:
        await asyncio.gather(*(camera.show_life() for camera in cameras))
        await asyncio.sleep(SIGN_OF_LIFE_SECONDS)


async def waiting(cameras: Iterable[Camera]) -> int:
    """Return how many events wait at the agents of these cameras."""
    return sum(await asyncio.gather(*(camera.pending() for camera in cameras)))


async def drained(cameras: Sequence[Camera], *, seconds: float) -> None:
    """Wait until no event waits at these cameras' agents; raises NotDrained when some do after so long."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    while left := await waiting(cameras):
        if clock() > deadline:
            raise NotDrained(f"{left:,} events still wait at the agents after {seconds:g} s")
        await asyncio.sleep(POLL_SECONDS)


def as_event(sighting: Sighting, shift_start: int) -> Event:
    """Return the event as it is posted; `shift_start` is in microseconds since 1970, UTC."""
    event: Event = {
        "timestamp": timestamp(shift_start + sighting.at),
        "worker_id": sighting.worker,
        "workstation_id": sighting.station,
        "event_type": sighting.event_type,
        "confidence": sighting.confidence,
    }
    if sighting.count is not None:
        event["count"] = sighting.count
    return event


def timestamp(instant: int) -> str:
    """Return the instant, whole milliseconds, as RFC 3339 in UTC (0 -> `1970-01-01T00:00:00.000Z`)."""
    return f"{(EPOCH + timedelta(microseconds=instant)).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
