"""Hours that change by the block: the numbers are those of the reference, whatever lies in rows and what in blocks.

Hours last three microseconds, two of them are a block, and hardly anything is a silence: a state that comes late moves blocks,
and so does the next one. Events come one by one or a few at a time, so what was rows becomes blocks and the other way round.
"""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils.utils import sqlite3

from collector.measures import Kept
from collector.metrics.erasing import undo
from collector.metrics.retention import settle
from collector.records import Delivery, LedgerRules
from shared.events import Event, EventType
from tests.collector.properties import histories as small
from tests.collector.properties import test_erasing as erasing
from tests.collector.properties.histories import LAST, SITES, History, windows_of
from tests.collector.properties.test_ledger_routes import compare
from tests.collector.properties.test_purges import Twins
from tests.support.stores import audited, folder, hours_of, kept_in_sqlite

HOUR = 3

events = st.builds(
    Event,
    st.integers(0, LAST),
    st.sampled_from(["W1", "W1", "W2"]),
    st.sampled_from(["S1", "S2"]),
    st.sampled_from([*EventType, *[EventType.product_count] * 5]),
    st.integers(0, 1),
    st.none(),
)
batches = st.lists(events, min_size=1, max_size=4).map(lambda told: [Delivery("default", None, LAST, told)])
histories = st.builds(
    History,
    st.lists(batches, min_size=3, max_size=9),
    st.builds(LedgerRules, st.integers(8, 40), st.integers(0, 6)),
    st.fixed_dictionaries({site: st.integers(0, HOUR - 1) for site in SITES}),
)


@given(histories, st.data())
def test_the_ledger_says_what_the_reference_says(history: History, data: st.DataObject) -> None:
    """Three tables byte for byte, every hour, and until when stations were worked at."""
    asked = data.draw(st.lists(st.tuples(windows_of(history), st.none()), min_size=4, max_size=8))
    with hours_of(HOUR):
        asyncio.run(compare(history, asked, keep=kept_in_sqlite))


def _empty_rows(file: Path) -> int:
    """Return how many rows hold nothing."""
    times = "working = 0 and idle = 0 and absent = 0 and assumed = 0"
    with closing(sqlite3.connect(file)) as connection:
        (of_hours,) = connection.execute(f"select count(*) from ledger where {times} and units = 0").fetchone()  # noqa: S608
        (of_blocks,) = connection.execute(
            f"select count(*) from ledger_block where {times} and of_working = 0 and of_idle = 0 and of_absent = 0"  # noqa: S608
        ).fetchone()
    return int(of_hours + of_blocks)


async def _what_a_purge_says_it_takes(twins: Twins, to: Kept) -> None:
    """Take as many rows as were told before."""
    storage, taken = twins.purged, 0
    _, persons, hours = await storage.doomed("default", to=to)
    for _ in range(2 * LAST):
        taken += (await storage.purge("default", to=to, settle=partial(settle, rules=twins.rules))).rows

    assert (to, persons + hours) == ((await storage.kept())["default"], taken)


def _with_long_states(history: History) -> History:
    """Return a history in which a late state takes over hours that were told one after the other, and hours told at once."""

    def told(at: int, kind: EventType, station: str = "S1", workers: Sequence[str] = ("W1", "W2")) -> list[Delivery]:
        return [Delivery("default", None, LAST, [Event(at, worker, station, kind, 1, None) for worker in workers])]

    one_by_one = [told(at, EventType.product_count, workers=["W1"]) for at in range(9, LAST, 9)]
    before = [told(1, EventType.working), *one_by_one, told(LAST, EventType.product_count)]
    rules = history.rules._replace(session_gap=LAST)
    after = [told(2, EventType.idle, "S2"), told(3, EventType.working, "S2")]
    return History([*before, *history.batches[:3], *after], rules, dict.fromkeys(SITES, 0))


@settings(max_examples=25)
@given(
    history=histories.map(_with_long_states),
    horizons=st.lists(st.integers(0, 5).map(lambda hour: hour * small.HOUR), min_size=2, max_size=2).map(
        lambda ends: sorted(ends, reverse=True)
    ),
    windows=st.lists(erasing.spans, min_size=2, max_size=3),
    is_rebuilt=st.booleans(),
    is_erased=st.booleans(),
    keeps_names=st.booleans(),
)
def test_whoever_goes_row_by_row_finds_the_hours_of_blocks(
    history: History,
    horizons: list[int],
    windows: list[tuple[int | None, int | None]],
    *,
    is_rebuilt: bool,
    is_erased: bool,
    keeps_names: bool,
) -> None:
    """Purges of events, of names and of hours, a rebuild, and the erasing of a person."""

    async def live() -> None:
        with folder() as place:
            twins = Twins(place, history)
            for batch in history.batches:
                await twins.take_in(batch)
            before = await erasing.numbers(twins, windows)

            assert 0 == _empty_rows(twins.file)
            told = (await twins.purged.forgettable("W1", site=None)).hours
            await twins.purge(Kept(events=horizons[0]))
            if is_rebuilt:
                await twins.rebuild()

            assert before == await erasing.numbers(twins, windows)
            assert [] == audited(twins.file).differences
            if is_erased:
                tell = partial(undo, rules=history.rules)

                assert told == len((await twins.purged.person("W1", site=None))["hours"])
                assert told == (await twins.purged.forget("W1", site=None, tell=tell, now=0)).hours
            names_from = None if keeps_names else horizons[1]
            await _what_a_purge_says_it_takes(twins, Kept(events=horizons[0], persons=names_from))

            assert before == await erasing.numbers(twins, windows)
            assert [] == audited(twins.file).differences
            await _what_a_purge_says_it_takes(twins, Kept(horizons[0], names_from, hours=horizons[1]))

            assert [] == audited(twins.file).differences
            await twins.close()

    with hours_of(small.HOUR):
        asyncio.run(live())
