"""What a purge writes down of a workstation's time: it may still grow near the horizon, and open time moves anywhere.

Hours last ten microseconds; everything happens at one workstation of a store that is purged and of one that is not.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import pytest

from collector.measures import Kept
from collector.metrics.erasing import undo
from collector.metrics.windows import Window
from collector.records import Delivery, LedgerRules, Outcome, Retention
from collector.retaining import ClockDoubted, purge_some
from collector.storage.base import Storage
from shared.clock import SystemClock
from shared.events import Event, EventType
from shared.instants import HOUR as HOURS
from tests.collector.properties.histories import HOUR, History
from tests.collector.properties.routes import by_ledger
from tests.collector.properties.test_purges import Twins
from tests.support.collector import contact, decide, delivery
from tests.support.postgres import Server
from tests.support.stores import folder, hours_of

Told = tuple[int, str, str]
"""Instant, worker, kind."""


class Life(NamedTuple):
    """What is done to the two stores in turn: events that arrive, a camera's watermark, the horizon of a purge."""

    steps: Sequence[list[Told] | int]
    gap: int = 15
    tail: int = 0
    watermark: int | None = None


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest) -> Server | None:
    """Return where the store that is purged is; None: in a file."""
    found: Server | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    return found


def _arrive(told: list[Told], watermark: int | None) -> Delivery:
    events = [Event(at, worker, "S1", EventType[kind], 1, None) for at, worker, kind in told]
    return delivery(*events, camera="C1", contact=contact(watermark=watermark))


@pytest.mark.parametrize(
    "life",
    [
        pytest.param(
            Life(
                [
                    [(8, "W1", "working"), (40, "W1", "idle"), (5, "W2", "working"), (9, "W2", "idle")],
                    20,
                    [(21, "W1", "idle")],
                ]
            ),
            id="a silence across the horizon that turns out to be none",
        ),
        pytest.param(
            Life([[(8, "W1", "working"), (40, "W1", "idle")], 20, [(21, "W1", "idle")], 30, 60]),
            id="the same, and purged again",
        ),
        pytest.param(
            Life([[(8, "W1", "working"), (5, "W2", "working"), (11, "W2", "idle")], 60], watermark=12),
            id="open time of somebody who never came back",
        ),
        pytest.param(
            Life(
                [[(8, "W1", "working"), (5, "W2", "working"), (11, "W2", "idle")], 60, [(61, "W1", "idle")], 90], tail=6
            ),
            id="open time that is closed long after the hour was purged",
        ),
        pytest.param(
            Life([[(8, "W1", "working"), (5, "W2", "working"), (11, "W2", "idle")], 20, [(22, "W1", "idle")], 40]),
            id="open time across the horizon",
        ),
        pytest.param(
            Life(
                [
                    [(8, "W1", "working"), (12, "W1", "product_count"), (14, "W1", "product_count")],
                    20,
                    [(25, "W1", "idle")],
                ]
            ),
            id="counts between the last state and the last event",
        ),
        pytest.param(
            Life(
                [
                    [(8, "W1", "working"), (8, "W1", "idle"), (12, "W1", "absent"), (12, "W1", "working")],
                    20,
                    [(25, "W1", "idle")],
                ]
            ),
            id="several states at one instant",
        ),
    ],
)
async def test_time_near_the_horizon_is_told_as_if_nothing_were_gone(life: Life, server: Server | None) -> None:
    """In every window of whole hours, also how long the workstation was occupied."""
    history = History([], LedgerRules(life.gap, life.tail), {"default": 0})
    with hours_of(HOUR), folder() as place:
        twins = await Twins.made(place, history, server=server)
        for step in life.steps:
            if isinstance(step, int):
                await twins.purge(Kept(events=step))
            else:
                await twins.take_in([_arrive(step, life.watermark)])
        pairs = [(start, end) for end in range(HOUR, 120, HOUR) for start in range(0, end, HOUR)]
        # A server takes twenty times as long to answer: it is asked for every fifth.
        some = pairs[:: 1 if server is None else 5]
        windows = [Window(), Window(HOUR, None), Window(None, 2 * HOUR), *(Window(*pair) for pair in some)]

        for window in windows:
            assert await by_ledger(twins.whole, window, sites=None) == await by_ledger(twins.purged, window, sites=None)
        assert [] == await twins.differences()
        await twins.close()


async def test_a_server_that_no_camera_calls_through_us_says_what_time_it_is(storage: Storage) -> None:
    """A collector whose clock is a year ahead takes nothing while agents call another one; beside a file no other clock is known."""
    now, year = SystemClock().now(), 365 * 24 * HOURS
    called = replace(delivery(camera="C1", contact=contact()), received_at=now)
    await storage.store([delivery(Event(now, "W1", "S1", EventType.working, 0, None)), called], decide=decide)
    server_now = await storage.server_now()
    is_held = False
    try:
        await purge_some(storage, Retention(events=24 * HOURS), now=now + year)
    except ClockDoubted:
        is_held = True
    kept = (await storage.kept())["default"].events

    assert is_held == (kept is None) == (server_now is not None)
    assert server_now is None or abs(server_now - now) < HOURS


async def test_events_of_an_erased_person_from_before_the_horizon_are_forgotten_too() -> None:
    """Told that they are too old, they would be kept among the refused ones, with the id."""
    history = History([], LedgerRules(15, 0), {"default": 0})
    day: list[Told] = [(8, "W1", "working"), (9, "W2", "working"), (40, "W1", "idle")]
    with hours_of(HOUR), folder() as place:
        twins = Twins(place, history)
        await twins.take_in([_arrive(day, None)])
        await twins.purge(Kept(events=20))
        await twins.purged.forget("W1", site=None, tell=partial(undo, rules=history.rules), now=0)
        (replayed,) = await twins.purged.store([_arrive(day, None)], decide=twins.decide)
        refused = await twins.purged.refusals(None, most=10)
        await twins.close()

    assert [Outcome.forgotten, Outcome.too_old, Outcome.forgotten] == list(replayed.outcomes)
    assert ["W2"] == [json.loads(each.refusal.item)["worker_id"] for each in refused]
