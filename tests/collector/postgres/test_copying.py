"""A store copied into another database and back: everything is the same, also when the copy was cut off on the way."""

import asyncio
from functools import partial
from itertools import islice
from pathlib import Path

import asyncpg
import pytest
from sqlite_utils.utils import sqlite3

from collector.grants import AddBoard, AddCamera, AddPerson, Kind, OpenSession, PauseCamera, Role, digest_of
from collector.measures import Kept
from collector.metrics.erasing import undo
from collector.metrics.retention import settle
from collector.metrics.windows import Window
from collector.records import Delivery, NewName, Outcome, Refusal
from collector.storage import copying, sqlite_end
from collector.storage.base import Storage
from collector.storage.postgres import end
from collector.storage.postgres.end import PostgresEnd
from collector.storage.postgres.store import PostgresStorage
from collector.storage.sqlite import SqliteStorage
from collector.storage.sqlite_end import SqliteEnd
from collector.storage.tables import NOT_COPIED, TABLES
from shared.errors import StorageUnusable
from tests.collector.contract.test_storing import state_of
from tests.collector.properties.routes import by_ledger
from tests.support.collector import NOON_AFTER, RULES, at, contact, decide, delivery, event
from tests.support.postgres import Server, audited
from tests.support.programs import command

A_TOKEN = digest_of("a token")
EVENTS = [
    event(f"{8 + number // 6:02}:{number % 6}0", f"W{number % 3}", "working", count=number) for number in range(40)
]


async def fill(storage: Storage) -> list[object]:
    """Store something of everything, close the store, and return all that it said."""
    said = contact(((1, 20), (30, 40)), watermark=at("10:30"), pending=3)
    odd = Refusal("bad_id", "no", 'a "\0" in it')
    await storage.store([delivery(*EVENTS[:20], camera="C1", contact=said)], decide=decide)
    await storage.store([delivery(camera="C1", contact=contact(watermark=at("10:40")))], decide=decide)
    await storage.store([delivery(EVENTS[0]._replace(count=7), camera="C0")], decide=decide)
    await storage.store([delivery(*EVENTS[20:], site="east", camera="C2")], decide=decide)
    await storage.store([Delivery("east", "C2", NOON_AFTER, [], refusals=[odd])], decide=decide)
    await storage.name([NewName("worker", "east", "W1", "Zoë")])
    for change in (
        AddCamera("C7", "west", "default", A_TOKEN, at=1),
        PauseCamera("C7", is_paused=True),
        AddPerson("ann", Role.viewer, "east", "hash", at=1),
        OpenSession("ann", "hash", A_TOKEN, at=1, expires_at=9),
        AddBoard("hall", None, A_TOKEN, at=1),
    ):
        await storage.access.apply(change)
    said_of_all = await state_of(storage)
    assert [True] * 4 == await access_of(storage)
    await storage.close()
    return said_of_all


async def access_of(storage: Storage) -> list[bool]:
    """Return whether access is configured, and whether each token that was given stands."""
    grants = [await storage.access.grant(A_TOKEN, kind=kind) for kind in Kind]
    return [await storage.access.is_configured(), *(grant is not None for grant in grants)]


async def test_there_and_back_everything_is_the_same(postgres: Server, tmp_path: Path) -> None:
    """By the command; both copies are stores that go on: ids get new numbers, cameras stay at their sites."""
    url = postgres.new_database()
    before = await fill(SqliteStorage.open(tmp_path / "one.db", rules=RULES))
    there = await command("collector", "db", "copy", str(tmp_path / "one.db"), url)
    back = await command("collector", "db", "copy", url, str(tmp_path / "two.db"))
    more = [
        delivery(event("12:00", "W9", "idle", station="S9"), site="west"),
        delivery(EVENTS[0]._replace(at=at("12:01")), camera="C2", site="elsewhere"),
        Delivery("east", "C2", NOON_AFTER, [], refusals=[Refusal("bad_id", "no", "{}")]),
        delivery(camera="C7", site="elsewhere", contact=contact()),
    ]
    after = []
    for store in (await PostgresStorage.open(url, rules=RULES), SqliteStorage.open(tmp_path / "two.db", rules=RULES)):
        copied = await state_of(store)
        assert [True] * 4 == await access_of(store)
        await store.store(more, decide=decide)
        after.append((copied, await state_of(store)))
        await store.close()

    assert (0, 0) == (there.code, back.code), there.err + back.err
    assert "both are equal" in there.out
    assert _without_nul(before) == after[0][0] == after[1][0]
    assert after[0][1] == after[1][1]
    assert [] == (await audited(url)).differences


def _without_nul(said: list[object]) -> list[object]:
    refusals = said[4]
    assert isinstance(refusals, list)
    cleaned = [
        each._replace(refusal=Refusal(each.refusal.code, each.refusal.error, each.refusal.item.replace("\0", "\ufffd")))
        for each in refusals
    ]
    return [*said[:4], cleaned, *said[5:]]


@pytest.mark.parametrize("steps", [1, 5, 12, 20])
async def test_a_copy_that_was_cut_off_goes_on(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """Until it is done nobody uses what is there, and a rebuild does not make a store of it."""
    for module in (sqlite_end, end):
        monkeypatch.setattr(module, "ROWS_TOGETHER", 3)
    url = postgres.new_database()
    before = await fill(SqliteStorage.open(tmp_path / "one.db", rules=RULES))
    await asyncio.to_thread(_some_steps, tmp_path / "one.db", url, steps=steps)
    with pytest.raises(StorageUnusable, match="copy that is not finished"):
        await PostgresStorage.open(url, rules=RULES)
    rebuilt = await command("collector", "db", "rebuild", "--database", url)
    compared = await asyncio.to_thread(_all_steps, tmp_path / "one.db", url)
    store = await PostgresStorage.open(url, rules=RULES)
    after = await state_of(store)
    await store.close()

    assert (7, True) == (rebuilt.code, "copy that is not finished" in rebuilt.err)
    assert _without_nul(before) == after
    assert 40 < compared


async def test_a_source_that_changed_between_two_runs_shows(postgres: Server, tmp_path: Path) -> None:
    """Both are read once more in the end; the target stays unused."""
    url = postgres.new_database()
    file = tmp_path / "one.db"
    await fill(SqliteStorage.open(file, rules=RULES))
    await asyncio.to_thread(_some_steps, file, url, steps=18)
    with sqlite3.connect(file) as connection:
        connection.execute("update event set count = 9 where worker = 1")
    connection.close()
    with pytest.raises(StorageUnusable, match="event differs"):
        await asyncio.to_thread(_all_steps, file, url)
    with pytest.raises(StorageUnusable, match="copy that is not finished"):
        await PostgresStorage.open_read_only(url)


async def test_nothing_is_copied_over_something(postgres: Server, tmp_path: Path) -> None:
    """A target that has a site already is left as it is."""
    url = postgres.new_database()
    await fill(SqliteStorage.open(tmp_path / "one.db", rules=RULES))
    before = await fill(await PostgresStorage.open(url, rules=RULES))
    refused = await command("collector", "db", "copy", str(tmp_path / "one.db"), url)
    store = await PostgresStorage.open(url, rules=RULES)
    after = await state_of(store)
    await store.close()

    assert (7, True) == (refused.code, "not empty" in refused.err)
    assert before == after


async def test_what_was_taken_away_does_not_come_back(postgres: Server, tmp_path: Path) -> None:
    """Neither in a server nor in a file again: horizons, what is written down of hours, and marks of the erased come along."""
    url = postgres.new_database()
    storage = SqliteStorage.open(tmp_path / "one.db", rules=RULES)
    await storage.store([delivery(*EVENTS, camera="C1")], decide=decide)
    await storage.forget("W1", site=None, tell=partial(undo, rules=RULES), now=NOON_AFTER)
    for _ in range(3):
        await storage.purge("default", to=Kept(events=at("11:00")), settle=partial(settle, rules=RULES))
    kept, numbers = await storage.kept(), await by_ledger(storage, Window(at("08:00"), at("14:00")), sites=None)
    await storage.close()
    await asyncio.to_thread(_all_steps, tmp_path / "one.db", url)
    await asyncio.to_thread(_back, url, tmp_path / "two.db")
    replayed = []
    for store in (await PostgresStorage.open(url, rules=RULES), SqliteStorage.open(tmp_path / "two.db", rules=RULES)):
        assert (kept, numbers) == (
            await store.kept(),
            await by_ledger(store, Window(at("08:00"), at("14:00")), sites=None),
        )
        (stored,) = await store.store([delivery(*EVENTS, camera="C1")], decide=decide)
        replayed.append([*stored.outcomes])
        await store.close()

    assert replayed[0] == replayed[1]
    assert {Outcome.forgotten, Outcome.too_old, Outcome.duplicate} == set(replayed[0])
    assert [] == (await audited(url)).differences


async def test_a_copy_has_every_table_and_column(postgres: Server, tmp_path: Path) -> None:
    """Of both schemas: whoever adds one to a store adds it here."""
    storage = SqliteStorage.open(tmp_path / "one.db", rules=RULES)
    await storage.close()
    with sqlite3.connect(tmp_path / "one.db") as connection:
        of_sqlite = set(
            connection.execute(
                "select t.name, c.name from pragma_table_list as t, pragma_table_xinfo(t.name) as c where t.type = 'table'"
            )
        )
    connection.close()
    server = await asyncpg.connect(await postgres.emptied_database())
    rows = await server.fetch(
        "select table_name, column_name from information_schema.columns where table_schema = 'public'"
    )
    await server.close()
    copied = {(table.name, column) for table in TABLES for column in table.columns}
    by_site = {(table, {"site": "site_id", "number": "number"}.get(column, column)) for table, column in copied}
    ours = {"camera_home", "revision", "schema_migration"}

    assert copied == {
        each for each in of_sqlite if each[0] not in NOT_COPIED and not each[0].startswith(("sqlite_", "_sqlite_"))
    }
    assert {each for each in by_site if each[0] != "site"} == {
        (row[0], row[1]) for row in rows if row[0] not in {*NOT_COPIED, *ours, "site"}
    }


def _some_steps(file: Path, url: str, *, steps: int) -> None:
    with SqliteEnd(file, is_source=True) as source, PostgresEnd(url, is_source=False) as target:
        for _ in islice(copying.copy(source, target), steps):
            pass


def _all_steps(file: Path, url: str) -> int:
    with SqliteEnd(file, is_source=True) as source, PostgresEnd(url, is_source=False) as target:
        for _ in copying.copy(source, target):
            pass
        return sum(copying.compare(source, target))


def _back(url: str, file: Path) -> None:
    with PostgresEnd(url, is_source=True) as source, SqliteEnd(file, is_source=False) as target:
        for step in (copying.copy, copying.compare):
            for _ in step(source, target):
                pass
