"""What a store knows of watched time: how watermarks advance, to the microsecond, whatever the hours."""

from functools import partial
from typing import Any

import pytest

from collector.measures import Stretch, Watched
from collector.metrics.parts import split
from collector.metrics.windows import Window
from collector.records import Contact, Delivery
from collector.storage.base import Storage
from shared.instants import HOUR, MINUTE
from tests.collector.contract.conftest import Open
from tests.support.collector import at, contact, decide

DAY = 24 * HOUR


async def call(storage: Storage, watermark: str | int | None, *, camera: str = "C1", **said: Any) -> None:
    """Let a camera call a second after its watermark, or at noon if it has none."""
    instant = at(watermark) if isinstance(watermark, str) else watermark
    received_at = at("12:00") if instant is None else instant + MINUTE // 60
    await hear(storage, contact(watermark=instant, **said), received_at=received_at, camera=camera)


async def hear(storage: Storage, said: Contact, *, received_at: int, camera: str = "C1") -> None:
    """Let a camera call at an instant."""
    await storage.store([Delivery("default", camera, received_at, [], contact=said)], decide=decide)


async def watched(storage: Storage, stretch: Stretch = (None, None), *, sites: list[str] | None = None) -> Watched:
    """Return when the cameras of the site watched."""
    measure = await storage.measure(sites, split=partial(split, Window(*stretch)), by_hour=True)
    return measure.watched.get("default", {})


def stretches(*of: tuple[str, str]) -> list[tuple[int, int]]:
    """Return stretches of clock times."""
    return [(at(start), at(end)) for start, end in of]


async def test_what_a_watermark_goes_forward_was_watched(storage: Storage) -> None:
    """From the first call on, as one stretch however many calls; each camera for itself."""
    for watermark in ("09:59", "10:00", "10:01:30", "11:10"):
        await call(storage, watermark)
        await call(storage, "10:00" if watermark == "09:59" else "10:02", camera="C2")

    assert {"C1": stretches(("09:59", "11:10")), "C2": stretches(("10:00", "10:02"))} == await watched(storage)


async def test_a_watermark_that_stands_or_goes_back_adds_nothing(storage: Storage) -> None:
    """Nor is anything watched twice afterwards."""
    for watermark in ("10:00", "10:01", "10:01", "10:00:30", "10:02"):
        await call(storage, watermark)

    assert {"C1": stretches(("10:00", "10:02"))} == await watched(storage)


async def test_what_a_silent_producer_leaps_over_was_not_watched(storage: Storage) -> None:
    """It stands still for more than two minutes while the agent calls with nothing left to deliver."""
    await call(storage, "10:00")
    await call(storage, "10:01")
    await hear(storage, contact(watermark=at("10:01")), received_at=at("10:03") + 1)
    for watermark in ("10:30", "10:31"):
        await call(storage, watermark)

    assert {"C1": stretches(("10:00", "10:01"), ("10:30", "10:31"))} == await watched(storage)


@pytest.mark.parametrize(("lag", "pending"), [(2 * MINUTE, 0), (3 * HOUR, 1)])
async def test_a_link_that_is_slow_or_was_down_is_no_break(storage: Storage, lag: int, pending: int) -> None:
    """Up to two minutes behind, or further with a backlog that explains it."""
    await hear(storage, contact(watermark=at("10:00"), pending=pending), received_at=at("10:00") + lag)
    await call(storage, "13:05")

    assert {"C1": stretches(("10:00", "13:05"))} == await watched(storage)


async def test_a_call_without_a_watermark_is_a_break(storage: Storage) -> None:
    """Whoever does not say that it watches, does not; the first watermark only begins."""
    for watermark in (None, "10:00", "10:01", None, "10:05", "10:06"):
        await call(storage, watermark)

    assert {"C1": stretches(("10:00", "10:01"), ("10:05", "10:06"))} == await watched(storage)


async def told(storage: Storage, upto: str, *of: tuple[str, str]) -> None:
    """Let a camera call that says itself when it watched."""
    await call(storage, upto, watched=stretches(*of))


async def test_a_camera_that_says_when_it_watched_is_believed(storage: Storage) -> None:
    """Its breaks while nobody could hear it, as far as its watermark and from the last one on; never twice."""
    await told(storage, "10:00", ("09:00", "10:00"))
    await told(storage, "11:30", ("09:30", "10:10"), ("10:40", "11:00"), ("11:20", "12:00"))
    await told(storage, "11:40", ("10:05", "11:00"), ("11:20", "11:40"))
    await told(storage, "11:50")
    await told(storage, "11:55", ("11:45", "11:55"))

    assert {
        "C1": stretches(("10:00", "10:10"), ("10:40", "11:00"), ("11:20", "11:40"), ("11:50", "11:55"))
    } == await watched(storage)


async def test_what_a_camera_says_it_watched_may_be_in_any_order(storage: Storage) -> None:
    """And overlap, end before it begins, or be a clock that was set: nothing is counted twice."""
    await told(storage, "10:00")
    await call(
        storage,
        "12:00",
        watched=[
            *stretches(("11:30", "11:40"), ("10:10", "10:30"), ("10:20", "10:50"), ("11:20", "11:10")),
            (at("11:35"), at("11:35") + 40 * DAY),
        ],
    )

    assert {"C1": stretches(("10:10", "10:50"), ("11:30", "12:00"))} == (await watched(storage))


async def test_a_break_is_told_after_a_silence_that_the_collector_saw(storage: Storage) -> None:
    """Watching begins where the camera says, and not with its second watermark; a slow clock is no silence."""
    await told(storage, "10:00")
    await hear(storage, contact(watermark=at("10:01"), watched=[(at("10:00"), at("10:01"))]), received_at=at("10:09"))
    await call(storage, None)
    await told(storage, "10:30", ("10:20", "10:30"))

    assert {"C1": stretches(("10:00", "10:01"), ("10:20", "10:30"))} == await watched(storage)


async def test_watching_goes_on_over_a_restart(open_again: Open) -> None:
    """Of the collector: the camera went on meanwhile."""
    for watermark in ("10:00", "10:01", "11:30"):
        await call(await open_again(), watermark)

    assert {"C1": stretches(("10:00", "11:30"))} == await watched(await open_again())


async def test_a_replay_tells_nothing_of_watching(storage: Storage) -> None:
    """Neither begins it, nor goes on with it, nor breaks it."""
    await call(storage, "09:00", is_live=False)
    await call(storage, "10:00")
    await call(storage, "10:30", is_live=False)
    await call(storage, None, is_live=False)
    await call(storage, "10:01")

    assert {"C1": stretches(("10:00", "10:01"))} == await watched(storage)


@pytest.mark.parametrize(("length", "is_watched"), [(31 * DAY, True), (31 * DAY + 1, False)])
async def test_more_than_a_month_at_once_is_a_clock_that_was_set(
    storage: Storage, length: int, *, is_watched: bool
) -> None:
    """Such a leap is not counted, what follows is."""
    start = at("10:00")
    for watermark in (start, start + length, start + length + MINUTE):
        await call(storage, watermark)
    first = start if is_watched else start + length

    assert {"C1": [(first, start + length + MINUTE)]} == await watched(storage)


@pytest.mark.parametrize(
    ("window", "found"),
    [
        (("10:00", "12:00"), [("10:00", "10:20"), ("10:40", "11:10")]),
        (("10:05", "10:50"), [("10:05", "10:20"), ("10:40", "10:50")]),
        (("10:20", "10:40"), []),
        (("10:50", "10:51"), [("10:50", "10:51")]),
        (("11:10", "12:00"), []),
        (("09:00", "10:00"), []),
    ],
)
async def test_a_window_cuts_what_was_watched(
    storage: Storage, window: tuple[str, str], found: list[tuple[str, str]]
) -> None:
    """To the microsecond, wherever hours begin; whether a camera had watched before is told beside it."""
    for watermark in ("10:00", "10:20", None, "10:40", "11:10"):
        await call(storage, watermark)
    told = await watched(storage, (at(window[0]), at(window[1])))

    assert ({"C1": stretches(*found)} if found else {}) == told
    measure = await storage.measure(split=partial(split, Window(at(window[0]), at(window[1]))), by_hour=True)
    assert {"default": {"C1"} if at(window[0]) > at("10:00") else set()} == measure.watched_before
    assert {} == await watched(storage, (at(window[0]), at(window[1])), sites=["east"])
