"""Metrics are a function of the set of events: any order, batching and repetition gives the same bytes (SEMANTICS §2).

The whole way is real: bodies are read, judged, stored in SQLite and added up as the three routes do it.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collector.metrics.ledger import splice
from collector.metrics.windows import Window
from collector.reception import Reception, Rules
from collector.records import EventQuery
from collector.reports import Reports, exact_rows, shown_rows
from collector.settings import CollectorSettings
from collector.storage.base import Storage
from collector.web.events_api import event_row
from shared.events import EventType
from shared.instants import MINUTE, format_instant
from shared.wire import read_body
from tests.support.collector import NOON_AFTER, at, envelope
from tests.support.fake_clock import FakeClock
from tests.support.stores import kept_in_sqlite

SETTINGS = CollectorSettings.model_validate(
    {"session_gap": "9m", "tail": "2m", "cameras": {"C1": {"site": "north"}, "C2": {"site": "north"}}}
)
DECIDE = partial(splice, rules=SETTINGS.ledger_rules)
WINDOWS = [Window(), Window(at("10:03"), at("10:11")), Window(at("10:03"), None), Window(None, at("10:11"))]
TABLES = ("workers", "workstations", "factory")

events = st.fixed_dictionaries(
    {
        "timestamp": st.integers(0, 20).map(lambda minute: format_instant(at("10:00") + minute * MINUTE)),
        "worker_id": st.sampled_from(["W1", "W2"]),
        "workstation_id": st.sampled_from(["S1", "S2"]),
        "event_type": st.sampled_from([*EventType.__members__, "lunch"]),
        "count": st.sampled_from([None, 0, 1, 2]),
        "confidence": st.sampled_from([None, 0.0, 0.5]),
    }
)
watermarks = st.none() | st.integers(0, 40).map(lambda minute: format_instant(at("10:00") + minute * MINUTE))
told = st.tuples(events, st.sampled_from([None, "C1", "C2", "C3"]))
"""An event and the camera that delivers it."""
calls = st.tuples(st.sampled_from(["C1", "C2", "C3"]), watermarks)
"""A camera and the watermark it says."""


class Store:
    """A collector's store, and what it says."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._reports = Reports(self._storage, settings=SETTINGS, clock=FakeClock(NOON_AFTER))

    async def take(self, body: Any, *, camera: str | None) -> None:
        """Store a body as the POST route does."""
        reception = Reception(read_body(json.dumps(body).encode()), now=NOON_AFTER, rules=Rules(0, None))
        delivery = reception.delivery(site=SETTINGS.site_of(camera), camera=camera)
        reception.answer((await self._storage.store([delivery], decide=DECIDE))[0])

    async def says(self) -> bytes:
        """Return the three tables in four windows, shown and exact, and every event with what lost."""
        tables = []
        for window in WINDOWS:
            totals = await self._reports.totals(window, sites=None)
            tables += [[shown_rows(totals, what), exact_rows(totals, what)] for what in TABLES]
        kept = await self._storage.events(EventQuery(limit=10_000))
        return json.dumps([tables, [event_row(each) for each in kept]]).encode()


Step = tuple[str | None, list[dict[str, Any]], str | None]
"""Who delivers, the events, the watermark."""


async def answer_to(steps: Sequence[Step], *, keep: Callable[..., Any] = kept_in_sqlite) -> bytes:
    """Return what a new collector says after these steps."""
    async with keep(rules=SETTINGS.ledger_rules) as kept:
        store = Store(kept.storage)
        for camera, batch, watermark in steps:
            body = batch if camera is None else envelope(batch, camera=camera, watermark=watermark)
            await store.take(body, camera=camera)
        return await store.says()


def batched(items: Sequence[tuple[dict[str, Any], str | None]], cuts: Sequence[int]) -> list[Step]:
    """Return steps that deliver the items in order, a batch ending where the camera changes or a cut falls."""
    steps: list[Step] = []
    for index, (event, camera) in enumerate(items):
        if steps and steps[-1][0] == camera and index not in cuts:
            steps[-1][1].append(event)
        else:
            steps.append((camera, [event], None))
    return steps


@given(st.lists(told, min_size=1, max_size=14), st.lists(calls, max_size=5), st.data())
def test_order_batching_and_repetition_do_not_matter(
    history: list[tuple[dict[str, Any], str | None]], said: list[tuple[str, str | None]], data: st.DataObject
) -> None:
    """Conflicts, several cameras for one event, two sites and watermarks included: the answers are equal byte by byte."""
    one_way, other_way = two_ways(history, said, data=data)

    assert asyncio.run(answer_to(one_way)) == asyncio.run(answer_to(other_way))


def two_ways(
    history: list[tuple[dict[str, Any], str | None]], said: list[tuple[str, str | None]], *, data: st.DataObject
) -> tuple[list[Step], list[Step]]:
    """Return steps that bring a history event by event, and others that bring it in another order, in part again."""
    again = data.draw(st.lists(st.sampled_from(history), max_size=5))
    shuffled = data.draw(st.permutations(history + again))
    cuts = data.draw(st.lists(st.integers(0, len(shuffled)), max_size=5))
    heartbeats: list[Step] = [(camera, [], watermark) for camera, watermark in said]
    other_way = batched(shuffled, cuts)
    for heartbeat in data.draw(st.permutations(heartbeats)):
        other_way.insert(data.draw(st.integers(0, len(other_way))), heartbeat)
    return batched(history, range(len(history))) + heartbeats, other_way
