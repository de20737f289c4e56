"""The ledger's numbers are the reference's: any events in any order, batching and repetition, any window."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collector.metrics.ledger import splice
from collector.metrics.windows import Window
from tests.collector.properties.histories import HOUR, LAST, History, crowds, histories, seen_sites, windows_of
from tests.collector.properties.routes import by_ledger, by_reference
from tests.support.stores import hours_of, kept_in_sqlite


@given(histories, st.data())
def test_the_ledger_says_what_the_reference_says(history: History, data: st.DataObject) -> None:
    """Three tables byte for byte, and every hour; watermarks, conflicts, two sites and late events included."""
    asked = data.draw(st.lists(st.tuples(windows_of(history), seen_sites), min_size=6, max_size=12))
    with hours_of(HOUR):
        asyncio.run(compare(history, asked, keep=kept_in_sqlite))


@given(crowds(), st.data())
def test_a_station_with_several_people_is_told_once(history: History, data: st.DataObject) -> None:
    """`occupied`, in windows of whole hours above all: there it comes from the ledger unless somebody else is still there."""
    offset = history.offsets["default"]
    hours = st.integers(-1, LAST // HOUR).map(lambda number: number * HOUR + offset)
    whole = st.lists(hours, min_size=2, max_size=2, unique=True).map(lambda ends: Window(*sorted(ends)))
    asked = data.draw(st.lists(st.tuples(whole | windows_of(history), st.none()), min_size=4, max_size=8))
    with hours_of(HOUR):
        asyncio.run(compare(history, asked, keep=kept_in_sqlite))


async def compare(
    history: History, asked: Sequence[tuple[Window, Sequence[str] | None]], *, keep: Callable[..., Any]
) -> None:
    """Store a history batch by batch, audit after each, and compare what is told of the windows."""
    decide = partial(splice, rules=history.rules)
    async with keep(rules=history.rules, hour_offset_of=history.offsets.__getitem__) as kept:
        for batch in history.batches:
            await kept.storage.store(batch, decide=decide)

            assert [] == (await kept.audited()).differences
        for window, sites in asked:
            reference = await by_reference(kept.storage, window, sites=sites)

            assert reference == await by_ledger(kept.storage, window, sites=sites)
