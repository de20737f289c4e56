"""A SQLite store compared with its own events: whatever is wrong is named, and nothing else is."""

import asyncio
import os
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from collector.accounts import Audit, Difference
from collector.metrics.audit import check
from collector.storage.audit import audit, events_in
from collector.storage.sqlite import SqliteStorage
from shared.errors import StorageUnusable
from shared.instants import MINUTE
from tests.support.collector import RULES, at, contact, decide, delivery, event
from tests.support.stores import audited

TEN, ELEVEN = at("10:00"), at("11:00")


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """Return a database in which everything is right: two workers, two sites, a conflict, a camera, an open state."""
    place = tmp_path / "collector.db"
    storage = SqliteStorage.open(place, rules=RULES)
    count = event("10:30", "W1", "product_count", count=5)
    events = [event("10:00", "W1", "working"), count, event("11:10", "W1", "idle", station="S2")]
    said = contact(((1, 3),), watermark=at("11:30"))
    await storage.store([delivery(*events, camera="C1", contact=said)], decide=decide)
    await storage.store([delivery(count._replace(count=3), camera="C2")], decide=decide)
    await storage.store([delivery(event("10:00", "W9", "working"), site="east")], decide=decide)
    await storage.close()
    return place


def damage(file: Path, *statements: str) -> None:
    """Let somebody work on the file with another tool; `:ten` and `:eleven` are instants."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement, {"ten": TEN, "eleven": ELEVEN})


def test_a_store_that_is_right_has_no_difference(file: Path) -> None:
    """Events and workers are counted, those of every site."""
    told: list[int] = []
    found = audit(file, check=check, notify=told.append, tell=lambda difference: pytest.fail(str(difference)))

    assert Audit(events=4, workers=2, differences=0, tables=frozenset()) == found
    assert events_in(file) == sum(told)


def of_w1(table: str, column: str, *values: object, at: int | None = None, station_id: str | None = None) -> Difference:
    """Return a difference at the worker W1: what is stored, and what should be."""
    stored, should_be = values
    return Difference(table, column, stored, should_be, at, station_id, "default", "W1")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            "update ledger set working = working + 1 where hour = :ten and units = 5",
            [of_w1("ledger", "working", 60 * MINUTE + 1, 60 * MINUTE, at=TEN, station_id="S1")],
        ),
        (
            "update ledger set units = 7, assumed = 1 where units = 5",
            [
                of_w1("ledger", "assumed", 1, 0, at=TEN, station_id="S1"),
                of_w1("ledger", "units", 7, 5, at=TEN, station_id="S1"),
            ],
        ),
        (
            "delete from ledger where hour = :eleven",
            [of_w1("ledger", "row", None, "working 600,000,000", at=ELEVEN, station_id="S1")],
        ),
        (
            "insert into ledger values (1, :ten, 1, 2, 0, 9, 0, 0, 0)",
            [of_w1("ledger", "row", "idle 9", None, at=TEN, station_id="S2")],
        ),
        (
            "insert into total values (1, 1, 2, 0, 0, 0, 0, 0)",
            [of_w1("total", "row", "all 0", None, station_id="S2")],
        ),
        (
            "update total set idle = 5 where units = 5",
            [of_w1("total", "idle", 5, 0, station_id="S1")],
        ),
        (
            "delete from total",
            [of_w1("total", "row", None, "working 4,200,000,000, units 5", station_id="S1")],
        ),
        (
            "update open_state set last_at = :ten, state_type = 2 where state_type = 1",
            [
                of_w1("open_state", "last_at", TEN, at("11:10")),
                of_w1("open_state", "state_type", 2, 1),
            ],
        ),
        (
            "update open_state set state_workstation = 1, state_camera = null where state_type = 1",
            [
                of_w1("open_state", "state_workstation", "S1", "S2"),
                of_w1("open_state", "state_camera", None, "C1"),
            ],
        ),
        (
            "update open_state set state_at = null where state_type = 1",
            [
                of_w1("open_state", "state_at", None, at("11:10")),
                of_w1("open_state", "state_type", None, 1),
                of_w1("open_state", "state_workstation", None, "S2"),
                of_w1("open_state", "state_camera", None, "C1"),
            ],
        ),
        ("delete from open_state where state_type = 1", [of_w1("open_state", "last_at", None, at("11:10"))]),
        (
            "insert into open_state (site, worker, last_at) values (1, 77, 5)",
            [Difference("open_state", "last_at", 5, None, site="default", worker_id="#77")],
        ),
        (
            "update conflict set count = 5",
            [of_w1("conflict", "version", "5 (unknown)", "less than 5 (unknown)", at=at("10:30"), station_id="S1")],
        ),
        (
            "update conflict set count = 6, confidence = 0.5",
            [of_w1("conflict", "version", "6 (0.5)", "less than 5 (unknown)", at=at("10:30"), station_id="S1")],
        ),
        (
            "update conflict set at = :ten",
            [of_w1("conflict", "version", "3 (unknown)", "nothing: there is no event", at=TEN, station_id="S1")],
        ),
        (
            "update workstation set first_at = :ten - 1, last_at = null where station_id = 'S2'",
            [
                Difference("workstation", "first_at", TEN - 1, at("11:10"), None, "S2", "default"),
                Difference("workstation", "last_at", None, at("11:10"), None, "S2", "default"),
            ],
        ),
        (
            "insert into workstation (site, number, station_id, first_at) values (1, 9, 'S9', 7)",
            [Difference("workstation", "first_at", 7, None, None, "S9", "default")],
        ),
        (
            "update camera set has_events = 0 where name = 'C1'",
            [Difference("camera", "has_events", "0 for C1", 1, site="default")],
        ),
        ("update camera set has_events = 0 where name = 'C2'", []),
        (
            "delete from worker where worker_id = 'W9'",
            [Difference("event", "worker", "#1", "a registered worker", site="east", worker_id="#1")],
        ),
        (
            "update event set camera = 8 where camera is not null and type < 3",
            [
                of_w1("open_state", "state_camera", "C1", "#8"),
                of_w1("event", "camera", "#8", "a registered camera"),
            ],
        ),
    ],
)
def test_every_difference_is_named(file: Path, statement: str, named: list[Difference]) -> None:
    """With table, site, hour, worker, station, column, what is stored and what should be."""
    damage(file, statement)

    assert named == audited(file).differences


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("update workstation set number = 5 where station_id = 'S2'", {"event", "workstation"}),
        ("update site set number = 9 where name = 'east'", {"event", "worker", "workstation"}),
        ("delete from event where type = 1", {"ledger", "total", "open_state", "workstation"}),
        ("delete from event where type = 3", {"ledger", "total", "conflict", "workstation"}),
        ("delete from event", {"ledger", "total", "open_state", "conflict", "workstation"}),
        ("update event set at = at + 1", {"ledger", "open_state", "conflict", "workstation"}),
    ],
)
def test_what_was_torn_apart_is_named_on_both_sides(file: Path, statement: str, tables: set[str]) -> None:
    """Events that are gone, numbers that point at nothing: every table that knew of them is named."""
    damage(file, statement)

    assert tables == {difference.table for difference in audited(file).differences}


def test_differences_are_told_before_the_next_worker_is_compared(file: Path) -> None:
    """However many there are, none is kept in memory until the end."""
    told: list[str] = []
    damage(file, "delete from ledger", "delete from total")
    audit(
        file,
        check=check,
        notify=lambda events: told.append(f"{events} events"),
        tell=lambda difference: told.append(difference.table),
    )

    assert ["ledger", "ledger", "total", "3 events", "1 events"] == told


def test_a_damaged_file_is_told_and_not_recomputed(file: Path) -> None:
    """What SQLite itself finds wrong: an index that lacks a row."""
    damage(
        file,
        "pragma writable_schema = on",
        "update sqlite_master set sql = replace(sql, 'type < 3', 'type < 2') where name = 'event_state'",
    )
    found = audited(file)

    assert 0 == found.events
    assert {("file", "integrity_check")} == {(each.table, each.column) for each in found.differences}


async def test_it_is_of_one_moment_while_the_service_writes(file: Path) -> None:
    """Whatever is stored during it, the reader sees a whole state."""
    storage = SqliteStorage.open(file, rules=RULES)

    async def write() -> None:
        for minute in range(100):
            arriving = event(f"{minute % 24:02}:{minute % 60:02}", f"W{minute % 3}", "working")
            await storage.store([delivery(arriving)], decide=decide)

    writing = asyncio.create_task(write())
    found = [await asyncio.to_thread(audited, file)]
    while not writing.done():
        found.append(await asyncio.to_thread(audited, file))
    await writing
    await storage.close()

    assert [[]] * len(found) == [each.differences for each in found]
    assert found[0].events < found[-1].events


def test_what_is_no_database_of_ours_is_refused(tmp_path: Path) -> None:
    """As everywhere: no file, another program's, an empty one; and nothing is made of it."""
    file = tmp_path / "collector.db"
    with pytest.raises(StorageUnusable, match="there is no database"):
        audited(file)
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY))
    with pytest.raises(StorageUnusable, match="not the database of a collector"):
        audited(file)
    damage(file, "create table letters (text)")
    with pytest.raises(StorageUnusable, match="another program"):
        audited(file)

    assert [file] == list(tmp_path.iterdir())
