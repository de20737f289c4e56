"""What the pictures of the documentation show: the demo's factory on a Thursday at 13:40, and the week before it.

Everything a shift lead meets has happened: one camera's link is slow and its last 42 minutes are still on their way, one event
was told in two versions, one item was no event, somebody idles, somebody is at lunch. The clock stands still, so that the same
pictures come out on every machine.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from demo.shift import CREW, PACE, sightings, whole
from shared.instants import HOUR, MINUTE, format_instant, parse_instant
from tests.support.collector import RunningCollector, envelope, running_collector

ZONE = "Asia/Jerusalem"
TODAY = date(2026, 1, 15)
NOW = "13:40"
SEED = 34
"""Of today: two of the six stand idle just now. The days before have the numbers before it."""
CAMERAS = {station: f"cam-{number:02}" for number, station in enumerate(PACE, start=1)}
LATE = CAMERAS["Quality Check"]
LATE_SINCE = "12:58"
DAYS = 8
DAY_OFF = 5
"""Saturday: nobody works and no camera watches."""
SHIFTS = [
    {"name": "early", "start": "06:30", "end": "14:30", "weekdays": ["sun", "mon", "tue", "wed", "thu", "fri"]},
]
SETTINGS: dict[str, Any] = {
    "default_site": "haifa",
    "sites": {"haifa": {"time_zone": ZONE, "shifts": SHIFTS, "target_units_per_hour": 1_850}},
}
MILLISECOND = 1_000


def instant(day: date, clock_time: str) -> int:
    """An instant by the factory's clock."""
    local = datetime.fromisoformat(f"{day}T{clock_time}").replace(tzinfo=ZoneInfo(ZONE))
    return parse_instant(local.astimezone(UTC).isoformat())


CLOCK = format_datetime(
    datetime.fromisoformat(f"{TODAY}T{NOW}").replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC), usegmt=True
)
"""Now, as an answer is dated."""


def reported(day: date, *, until: int) -> Mapping[str, list[dict[str, Any]]]:
    """What each camera saw of a day's early shift before an instant, in order of time."""
    start = instant(day, str(SHIFTS[0]["start"]))
    seed = SEED - (TODAY - day).days
    found: dict[str, list[dict[str, Any]]] = {camera: [] for camera in CAMERAS.values()}
    for worker in CREW:
        for seen in sightings(whole(worker, seed=seed), seed=seed):
            at = start + seen.at
            if at < until:
                count = {} if seen.count is None else {"count": seen.count}
                found[CAMERAS[seen.station]].append(
                    {
                        "timestamp": format_instant(at),
                        "worker_id": seen.worker,
                        "workstation_id": seen.station,
                        "event_type": seen.event_type,
                        "confidence": seen.confidence,
                        **count,
                    }
                )
    return {camera: sorted(events, key=lambda event: str(event["timestamp"])) for camera, events in found.items()}


@asynccontextmanager
async def pictured(folder: Path) -> AsyncIterator[str]:
    """Run the factory's collector; yields the address of its dashboard."""
    async with running_collector(folder, **SETTINGS) as there:
        given = dict.fromkeys(CAMERAS.values(), 0)
        for back in reversed(range(DAYS)):
            day = TODAY - timedelta(days=back)
            if day.weekday() != DAY_OFF:
                await play(there, day, given=given)
        yield f"{there.url}/dashboard/"


async def play(there: RunningCollector, day: date, *, given: dict[str, int]) -> None:
    """Let a day's early shift happen: cameras call as it begins, every hour, and as it ends, or until now."""
    start, end = instant(day, "06:15"), instant(day, NOW if day == TODAY else "14:45")
    seen = reported(day, until=end)
    stops = [*range(start, end, HOUR), end]
    for before, stop in pairwise([0, *stops]):
        if (day, stop) == (TODAY, end):
            there.clock.set(stop - MINUTE)
            await spoil(there)
        there.clock.set(stop)
        for camera, events in seen.items():
            known = min(stop, instant(day, LATE_SINCE)) if (day, camera) == (TODAY, LATE) else stop
            some = [event for event in events if before <= parse_instant(event["timestamp"]) < known]
            waiting = {"pending": 1_204, "oldest_pending_at": format_instant(known)} if known < stop else {}
            await deliver(there, camera, some, known=known, given=given, **waiting)
    if day < TODAY:  # the models are switched off and their agents go on: until the next morning nobody watches
        there.clock.set(end + 5 * MINUTE)
        for camera in seen:
            await deliver(there, camera, [], known=end, given=given)


async def deliver(
    there: RunningCollector,
    camera: str,
    events: list[dict[str, Any]],
    *,
    known: int,
    given: dict[str, int],
    **more: Any,
) -> None:
    """Let a camera's agent call with what it has, having watched up to an instant."""
    first = given[camera] + 1
    given[camera] += len(events)
    header = {
        "camera": camera,
        "epoch": f"of {camera}",
        "batch": f"{camera} {first} {known}",
        "sent_at": format_instant(there.clock.now() + 40 * MILLISECOND),
        "seqs": [[first, given[camera]]] if events else [],
        "last_seq": given[camera] + more.get("pending", 0),
        "watermark": format_instant(known),
    }
    answer = await there.post(envelope(events, **header | more))
    assert 200 == answer.status, answer.text


async def spoil(there: RunningCollector) -> None:
    """Tell one event in another version, and something that is no event."""
    events = reported(TODAY, until=instant(TODAY, "11:00"))[CAMERAS["Packaging"]]
    made = [event for event in events if "count" in event][-1]
    await there.post([made | {"count": 0}, made | {"timestamp": "2026-01-15 11:20"}])
