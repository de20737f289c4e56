"""People are erased from histories by chance: workstations, hours and sums of whole hours stay, before and after purges.

Hours last ten microseconds. What is sent again is refused and changes nothing.
"""

import asyncio
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.measures import Kept
from collector.metrics import measured
from collector.metrics.answers import exact_factory_row, exact_workstation_rows
from collector.metrics.erasing import undo
from collector.metrics.occupancy import occupied_in
from collector.metrics.parts import split
from collector.metrics.windows import Window
from shared.errors import NotFound
from tests.collector.properties.histories import HOUR, LAST, History, crowds, histories
from tests.collector.properties.test_purges import Twins
from tests.support.postgres import Server
from tests.support.stores import folder, hours_of

SUMS = ("productive_us", "idle_us", "absent_us", "assumed_us", "units")


async def numbers(twins: Twins, spans: list[tuple[int | None, int | None]]) -> list[Any]:
    """Return what must not change, in windows of whole hours of each site."""
    found: list[Any] = []
    storage = twins.purged
    for site, offset in (await storage.hour_offsets()).items():
        for first, last in spans:
            window = Window(*(None if hour is None else hour * HOUR + offset for hour in (first, last)))
            is_closed = window.start is not None and window.end is not None
            question = occupied_in(window, rules=storage.rules, most=10**6) if is_closed else None
            measure = await storage.measure([site], split=partial(split, window), by_hour=True, occupied=question)
            totals = measured.totals(measure, window=window, rules=storage.rules)
            hours = measured.hours(measure, window=window, rules=storage.rules, offsets={site: offset})
            factory = exact_factory_row(totals)
            found.append((site, window, exact_workstation_rows(totals), hours, [factory[key] for key in SUMS]))
    return found


ends = st.none() | st.integers(-1, (LAST + 30) // HOUR + 2)


def _is_window(span: tuple[int | None, int | None]) -> bool:
    return span[0] is None or span[1] is None or span[0] < span[1]


spans = st.tuples(ends, ends).filter(_is_window)
persons = st.tuples(st.sampled_from(["default", "east"]), st.sampled_from(["W1", "W2", "W3"]))


@pytest.mark.timeout(300)  # a hundred lives of two stores
@given(
    history=histories | crowds(),
    erased=st.lists(persons, min_size=1, max_size=3, unique=True),
    horizons=st.lists(st.none() | st.integers(0, LAST + 30), min_size=2, max_size=2),
    windows=st.lists(spans, min_size=2, max_size=4),
)
def test_erasing_changes_no_number_of_whole_hours(
    history: History,
    erased: list[tuple[str, str]],
    horizons: list[int | None],
    windows: list[tuple[int | None, int | None]],
) -> None:
    """Whether events of the time are still there, are gone already, or go afterwards; also after a rebuild."""
    with hours_of(HOUR):
        asyncio.run(live(history, erased, horizons, windows))


async def live(
    history: History,
    erased: list[tuple[str, str]],
    horizons: list[int | None],
    windows: list[tuple[int | None, int | None]],
    *,
    server: Server | None = None,
) -> None:
    """Let a store live through a history, erase people from it, and ask it again and again."""
    with folder() as place:
        twins = await Twins.made(place, history, server=server)
        for batch in history.batches:
            await twins.take_in(batch)
        await twins.purge(Kept(events=horizons[0]))
        before = await numbers(twins, windows)
        for site, worker_id in erased:
            try:
                tell = partial(undo, rules=history.rules)
                await twins.purged.forget(worker_id, site=site, tell=tell, now=0)
            except NotFound:
                continue

            assert before == await numbers(twins, windows)
            assert [] == await twins.differences()
        await twins.purge(Kept(events=horizons[1]))
        await twins.rebuild()

        assert before == await numbers(twins, windows)
        assert [] == await twins.differences()
        await twins.close()
