"""Amounts on PostgreSQL made anew from the events, while collectors run: in steps, with other rules, taken up after a kill."""

import asyncio
from functools import partial

import asyncpg
import pytest

from collector.metrics.ledger import splice
from collector.metrics.windows import Window
from collector.records import EventQuery, LedgerRules
from collector.storage.postgres import rebuilding
from collector.storage.postgres.rebuilding import PostgresRebuilding
from collector.storage.postgres.store import PostgresStorage
from shared.errors import Busy, FileHeld, StorageUnusable
from shared.instants import MINUTE
from tests.collector.properties.routes import by_ledger, by_reference
from tests.support.collector import RULES, decide, delivery, event
from tests.support.postgres import Server, audited
from tests.support.programs import command
from tests.support.stores import kept_in_sqlite

OTHER = LedgerRules(session_gap=20 * MINUTE, tail=MINUTE)
EVENTS = [
    event(f"{8 + number // 6:02}:{number % 6}0", f"W{number % 3}", kind, station=f"S{number % 2}", count=number)
    for number, kind in enumerate(["working", "product_count", "idle", "product_count", "working", "absent"] * 4)
]
DELIVERIES = [delivery(*EVENTS[:14], camera="C1"), delivery(*EVENTS[14:], site="east"), delivery(*EVENTS[5:9])]


async def filled(url: str) -> PostgresStorage:
    """Return a store with events of three workers at two sites."""
    store = await PostgresStorage.open(url, rules=RULES)
    await store.store(DELIVERIES, decide=decide)
    return store


async def damaged(url: str) -> None:
    """Change some of what is worked out from events."""
    connection = await asyncpg.connect(url)
    await connection.execute("update ledger set working = working + 1; delete from total; delete from open_state")
    await connection.execute("update workstation set last_at = 0")
    await connection.close()


async def test_a_damaged_store_is_made_whole(postgres: Server) -> None:
    """By the command; the audit says so before and afterwards."""
    url = await postgres.emptied_database()
    await (await filled(url)).close()
    await damaged(url)
    found = await command("collector", "db", "verify", "--database", url)
    made = await command("collector", "db", "rebuild", "--database", url)
    again = await command("collector", "db", "verify", "--database", url)

    assert (1, 0, 0) == (found.code, made.code, again.code), made.err
    assert {"ledger", "total", "open_state", "workstation"} <= set(found.out.split())
    assert f"{len(EVENTS)} events gone through" in made.out
    assert f"{len(EVENTS)} events of" in again.out


async def test_other_rules_give_the_numbers_of_a_store_made_with_them(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed on the way and taken up; until it is done nothing is stored and nothing is shown, then collectors start anew."""
    monkeypatch.setattr(rebuilding, "EVENTS_TOGETHER", 3)
    url = await postgres.emptied_database()
    store = await filled(url)
    count = await asyncio.to_thread(_some_steps, url)
    with pytest.raises(Busy, match="made anew"):
        await store.store([delivery(EVENTS[0])], decide=decide)
    with pytest.raises(Busy, match="made anew"):
        await store.events(EventQuery())
    with pytest.raises(StorageUnusable, match="half made anew"):
        await PostgresStorage.open(url, rules=RULES)
    left = await asyncio.to_thread(_all_steps, url)
    with pytest.raises(StorageUnusable, match="restart"):
        await store.events(EventQuery())
    await store.close()
    again = await PostgresStorage.open(url, rules=RULES)
    async with kept_in_sqlite(rules=OTHER) as kept:
        await kept.storage.store(DELIVERIES, decide=partial(splice, rules=OTHER))
        expected = await by_ledger(kept.storage, Window(), sites=None)
    found = await by_ledger(again, Window(), sites=None)
    reference = await by_reference(again, Window(), sites=None)
    await again.close()

    assert (OTHER, len(EVENTS)) == (again.rules, count)
    assert 0 < left < count
    assert expected == found == reference
    assert [] == (await audited(url)).differences


async def test_two_rebuilds_keep_out_of_each_others_way(postgres: Server) -> None:
    """The second one says why it does not begin."""
    url = await postgres.emptied_database()
    await (await filled(url)).close()

    def both() -> None:
        with (
            PostgresRebuilding(url, rules=RULES, hour_offset_of=lambda _: 0),
            pytest.raises(FileHeld, match="looked after by another command"),
            PostgresRebuilding(url, rules=RULES, hour_offset_of=lambda _: 0),
        ):
            raise AssertionError("it began")

    await asyncio.to_thread(both)


def _some_steps(url: str) -> int:
    with PostgresRebuilding(url, rules=OTHER, hour_offset_of=lambda _: 0) as making:
        count = making.begin()
        steps = making.run(partial(splice, rules=OTHER))
        for _ in range(2):
            next(steps)
        return count


def _all_steps(url: str) -> int:
    with PostgresRebuilding(url, rules=OTHER, hour_offset_of=lambda _: 0) as making:
        count = making.begin()
        for _ in making.run(partial(splice, rules=OTHER)):
            pass
        return count
