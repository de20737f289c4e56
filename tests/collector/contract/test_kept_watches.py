"""How much of watched time a store keeps: few rows whatever cameras say, and none behind the hours that are gone."""

from functools import partial
from itertools import pairwise

import pytest

from collector.measures import Kept
from collector.metrics.parts import split
from collector.metrics.retention import is_due, settle
from collector.metrics.windows import Window
from collector.storage.base import Storage
from shared.instants import HOUR, MINUTE, SECOND
from tests.collector.contract.test_watching import call, hear, stretches, told, watched
from tests.support.collector import at, contact

CALLS = 12
"""As many as say together what a store without a bound would need 1,200 rows for."""


@pytest.mark.parametrize("every", [3 * SECOND, 1_000_000 // 20], ids=["breaks", "twenty a second"])
async def test_whoever_tells_of_nothing_but_breaks_fills_no_store(storage: Storage, every: int) -> None:
    """A hundred stretches in each call, a fraction of what lies between two of them: one a minute is kept at most."""
    start = at("10:00")
    await call(storage, start)
    for number in range(1, CALLS + 1):
        upto = start + number * 100 * every
        of = [(first, first + every // 3) for first in range(upto - 100 * every, upto, every)]
        await hear(storage, contact(watermark=upto, watched=of), received_at=upto)
    found = (await watched(storage)).get("C1", [])

    assert len(found) <= CALLS * 100 * every // MINUTE + 1
    assert all(start < until <= then for (start, until), (then, _) in pairwise(found))


async def test_years_of_breaks_that_are_told_at_once_are_told_coarsely(storage: Storage) -> None:
    """What is told late is told of days, and a thousandth of that is close enough."""
    start, now = at("10:00") - 50 * 365 * 24 * HOUR, at("10:00")
    await call(storage, start)
    for number in range(1, CALLS + 1):
        of = [
            (start + number * HOUR + each * 2 * MINUTE, start + number * HOUR + each * 2 * MINUTE + MINUTE)
            for each in range(30)
        ]
        await hear(storage, contact(watermark=start + (number + 1) * HOUR, watched=of), received_at=now)

    assert 1 == len((await watched(storage))["C1"])


async def test_a_break_of_less_than_a_second_is_none(storage: Storage) -> None:
    """A longer one is, however short: that of an agent which is started anew."""
    await told(storage, "10:00")
    await told(storage, "10:20", ("10:00", "10:10"), ("10:10:00.999999", "10:15"), ("10:15:01", "10:20"))

    assert {"C1": stretches(("10:00", "10:15"), ("10:15:01", "10:20"))} == await watched(storage)


async def test_a_stretch_that_begins_too_soon_counts_from_a_minute_on(storage: Storage) -> None:
    """Whether it is told at once or goes on meanwhile; each camera for itself."""
    for camera in ("C1", "C2"):
        await call(storage, "10:00", camera=camera)
    await call(storage, "10:00:20", camera="C1", watched=stretches(("10:00", "10:00:10")))
    await call(storage, "10:00:40", camera="C1", watched=stretches(("10:00:20", "10:00:40")))
    await call(storage, "10:01:30", camera="C1", watched=stretches(("10:00:20", "10:01:30")))
    await call(storage, "10:01:40", camera="C1", watched=stretches(("10:00:20", "10:01:40")))
    await call(storage, "10:01:40", camera="C2", watched=stretches(("10:00:20", "10:01:40")))

    assert {
        "C1": stretches(("10:00", "10:00:10"), ("10:01", "10:01:40")),
        "C2": stretches(("10:00:20", "10:01:40")),
    } == await watched(storage)


async def test_what_was_watched_goes_with_the_hours(storage: Storage) -> None:
    """But for the last stretch of each camera: that it watched at all is known for as long as it is known itself."""
    for watermark in ("08:00", "08:10", None, "08:20", "08:30", None, "10:50", "11:10", None, "11:20", "11:30"):
        await call(storage, watermark)
    for watermark in ("08:00", "08:05", None, "08:10", "08:15"):
        await call(storage, watermark, camera="C2")
    to = Kept(at("11:00"), at("11:00"), at("11:00"))
    kept = (await storage.kept())["default"]
    while is_due(kept, to):
        kept = (await storage.purge("default", to=to, settle=partial(settle, rules=storage.rules))).kept
    since = await storage.measure(split=partial(split, Window(at("11:00"), None)), by_hour=True)

    assert {
        "C1": stretches(("10:50", "11:10"), ("11:20", "11:30")),
        "C2": stretches(("08:10", "08:15")),
    } == await watched(storage)
    assert {"C1": stretches(("11:00", "11:10"), ("11:20", "11:30"))} == since.watched["default"]
    assert {"C1", "C2"} == since.watched_before["default"]
