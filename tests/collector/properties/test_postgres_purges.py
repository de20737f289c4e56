"""What a purge and an erasing leave on PostgreSQL, held against SQLite: the same numbers, the same counts, the same horizons.

Hours last ten microseconds. Each example lives through several steps on a real server: few of them in a test, many in the
gauntlet.
"""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector.hours import hour_of
from collector.measures import Kept
from collector.metrics.ledger import splice
from collector.metrics.retention import is_due, settle
from collector.metrics.windows import Window
from collector.records import Delivery, LedgerRules
from collector.storage.base import Storage
from collector.storage.postgres.store import PostgresStorage
from shared.errors import BeforeHorizon
from shared.events import Event, EventType
from tests.collector.properties import test_blocks as blocks
from tests.collector.properties import test_erasing as erasing
from tests.collector.properties import test_purges as purges
from tests.collector.properties.histories import HOUR, LAST, History, batches, crowds, histories
from tests.collector.properties.routes import by_ledger
from tests.support.postgres import Server, audited
from tests.support.stores import folder, hours_of, new_store

pytestmark = pytest.mark.timeout(240)
FEW = settings(max_examples=3)
MANY = settings(max_examples=300)
AN_HOUR = pytest.mark.timeout(3_600)

lives = given(
    history=histories | crowds(),
    steps=st.lists(purges.horizons | batches, min_size=1, max_size=3),
    spans=st.lists(st.tuples(purges.ends, purges.ends), min_size=2, max_size=4),
    is_rebuilt=st.booleans(),
)
erasures = given(
    history=histories | crowds(),
    erased=st.lists(erasing.persons, min_size=1, max_size=3, unique=True),
    horizons=st.lists(st.none() | purges.horizons, min_size=2, max_size=2),
    windows=st.lists(erasing.spans, min_size=2, max_size=3),
)
limits = st.lists(st.none() | st.integers(0, LAST + 30), min_size=3, max_size=3)
classes = given(
    history=histories | crowds() | blocks.histories,
    steps=st.lists(limits, min_size=1, max_size=3),
    spans=st.lists(st.tuples(purges.ends, purges.ends), min_size=3, max_size=5),
)


@FEW
@lives
def test_a_purge_changes_no_number_that_is_still_answered(postgres: Server, **life: Any) -> None:
    """Nothing differs from a SQLite store that keeps everything; also of what comes later, and after a rebuild."""
    with hours_of(HOUR):
        asyncio.run(purges.live(**life, server=postgres))


@pytest.mark.gauntlet
@AN_HOUR
@MANY
@lives
def test_no_purge_of_many_changes_one(postgres: Server, **life: Any) -> None:
    """The same for as long as it takes."""
    with hours_of(HOUR):
        asyncio.run(purges.live(**life, server=postgres))


@FEW
@erasures
def test_erasing_changes_no_number_of_whole_hours(postgres: Server, **life: Any) -> None:
    """Whether events of the time are still there, are gone already, or go afterwards; also after a rebuild."""
    with hours_of(HOUR):
        asyncio.run(erasing.live(**life, server=postgres))


@pytest.mark.gauntlet
@AN_HOUR
@MANY
@erasures
def test_no_erasing_of_many_changes_one(postgres: Server, **life: Any) -> None:
    """The same for as long as it takes."""
    with hours_of(HOUR):
        asyncio.run(erasing.live(**life, server=postgres))


COUNTED = [Event(at, "W1", "S1", EventType.product_count, 1, None) for at in range(5, 100, 9)]
"""Without a silence: a state that comes late takes all their hours, by the block."""
ONE_LIFE: dict[str, Any] = {
    "history": History(
        [
            [Delivery("default", None, LAST, COUNTED)],
            [Delivery("default", None, LAST, [Event(1, "W1", "S1", EventType.working, 0, None)])],
            [Delivery("default", None, LAST, [Event(33, "W2", "S1", EventType.idle, 0, None)])],
        ],
        LedgerRules(15, 0),
        {"default": 0},
    ),
    "steps": [[20, 20, None], [50, 40, 10], [90, 90, 70]],
    "spans": [(0, 50), (20, 70)],
}


@FEW
@example(**ONE_LIFE)
@classes
def test_names_and_hours_go_as_from_a_file(postgres: Server, **life: Any) -> None:
    """Step by step: what goes, what is said before to go, and every number afterwards; hours that change by the block too."""
    with hours_of(HOUR):
        asyncio.run(_let_go(postgres, **life))


@pytest.mark.gauntlet
@AN_HOUR
@MANY
@classes
def test_so_they_do_of_many(postgres: Server, **life: Any) -> None:
    """The same for as long as it takes."""
    with hours_of(HOUR):
        asyncio.run(_let_go(postgres, **life))


async def _let_go(
    server: Server,
    *,
    history: History,
    steps: list[list[int | None]],
    spans: list[tuple[int | None, int | None]],
) -> None:
    url = await server.emptied_database()
    offset_of = partial(_offset_of, history)
    on_server = await PostgresStorage.open(url, rules=history.rules, hour_offset_of=offset_of)
    with folder() as place:
        in_file = new_store(Path(place) / "store.db", rules=history.rules, hour_offset_of=offset_of)
        stores: list[Storage] = [on_server, in_file]
        for batch in history.batches:
            for store in stores:
                await store.store(batch, decide=partial(splice, rules=history.rules))
        for limits in steps:
            told = [[await _purged(store, _ordered(limits)), await _said(store, spans)] for store in stores]

            assert told[0] == told[1]
            assert [] == (await audited(url)).differences
        for store in stores:
            await store.close()


def _ordered(limits: list[int | None]) -> Kept:
    """Return limits of which each class is kept at least as long as the one before."""
    ordered: list[int | None] = []
    for limit in limits:
        before = [at for at in ordered if at is not None]
        ordered.append(None if limit is None or len(before) < len(ordered) else min([limit, *before]))
    return Kept(*ordered)


def _offset_of(history: History, site: str) -> int:
    return history.offsets.get(site, 0)


async def _purged(store: Storage, to: Kept) -> list[Any]:
    """Purge all sites, and return what was said before to go, and what each step took."""
    said: list[Any] = []
    for site, offset in (await store.hour_offsets()).items():
        target = Kept(*(None if at is None else hour_of(at, offset=offset) for at in to))
        said.append(await store.doomed(site, to=target))
        for _ in range(1_000):
            if not is_due((await store.kept())[site], target):
                break
            said.append(await store.purge(site, to=target, settle=partial(settle, rules=store.rules)))
    return said


async def _said(store: Storage, spans: list[tuple[int | None, int | None]]) -> list[Any]:
    """Return every number of some windows, or why there is none."""
    said: list[Any] = []
    for start, end in [(None, None), *spans]:
        if start is not None and end is not None and start >= end:
            continue
        try:
            said.append(await by_ledger(store, Window(start, end), sites=None))
        except BeforeHorizon as error:
            said.append(str(error))
    return said
