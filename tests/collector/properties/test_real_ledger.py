"""A real factory log, 49 workers in three months: one ledger whatever the order and the batches, and an exact week.

The log and its exact answer are not part of the project; without them these tests are skipped.
"""

import asyncio
import gzip
import json
from contextlib import closing
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

from collector.metrics.measured import totals
from collector.metrics.occupancy import occupied_in
from collector.metrics.parts import split
from collector.metrics.windows import Window
from collector.records import Delivery, Outcome
from collector.reports import exact_rows
from collector.storage.base import Storage
from shared.events import Event, read_event
from tests.processes.test_real_log import DISTINCT, assert_exact
from tests.support.collector import RULES, decide
from tests.support.stores import audited, folder, new_store

IN_ORDER, AS_FILED = "production_events", "production_events_fileorder"
STATEMENTS = (
    """
    select l.hour, w.worker_id, st.station_id, l.working, l.idle, l.absent, l.assumed, l.units
    from ledger as l
    join worker as w on w.site = l.site and w.number = l.worker
    join workstation as st on st.site = l.site and st.number = l.workstation
    order by 1, 2, 3
    """,
    """
    select w.worker_id, st.station_id, t.working, t.idle, t.absent, t.assumed, t.units
    from total as t
    join worker as w on w.site = t.site and w.number = t.worker
    join workstation as st on st.site = t.site and st.number = t.workstation
    order by 1, 2
    """,
    """
    select w.worker_id, o.last_at, o.state_at, o.state_type, st.station_id
    from open_state as o
    join worker as w on w.site = o.site and w.number = o.worker
    left join workstation as st on st.site = o.site and st.number = o.state_workstation
    order by 1
    """,
    """
    select w.worker_id, c.at, c.type, st.station_id, c.count, c.confidence
    from conflict as c
    join worker as w on w.site = c.site and w.number = c.worker
    join workstation as st on st.site = c.site and st.number = c.workstation
    order by 1, 2, 3, 4, 5, 6
    """,
    "select station_id, first_at, last_at from workstation order by 1",
    "select block, worker, workstation from ledger_block order by 1, 2, 3",
)


@cache
def events_of(order: str, data: Path) -> list[Event]:
    """Return the events of the log in one of its two orders."""
    found = [
        read_event(json.loads(line))
        for line in gzip.decompress((data / f"{order}.ndjson.gz").read_bytes()).splitlines()
    ]
    return [event for event in found if isinstance(event, Event)]


@cache
def stored(order: str, batch: int, data: Path) -> tuple[list[list[Any]], dict[str, Any], int]:
    """Return what the tables hold after the log came in batches, what the week is, and how many events were new."""

    async def fill(storage: Storage) -> int:
        events = events_of(order, data)
        new = 0
        for start in range(0, len(events), batch):
            (answer,) = await storage.store(
                [Delivery("default", "C1", 0, events[start : start + batch])], decide=decide
            )
            new += sum(outcome is Outcome.accepted for outcome in answer.outcomes)
        return new

    async def week(storage: Storage, expected: dict[str, Any]) -> dict[str, Any]:
        window = Window(expected["from_us"], expected["to_us"])
        measure = await storage.measure(
            split=partial(split, window), occupied=occupied_in(window, rules=RULES, most=10**6)
        )
        found = totals(measure, window=window, rules=RULES)
        return {what: exact_rows(found, what) for what in ("workers", "workstations", "factory")}

    with folder() as place, asyncio.Runner() as runner:
        file = place / "collector.db"
        storage = new_store(file, rules=RULES)
        new = runner.run(fill(storage))
        found = runner.run(week(storage, expected_week(data)))
        runner.run(storage.close())
        assert [] == audited(file).differences
        with closing(sqlite3.connect(file)) as connection:
            return [connection.execute(statement).fetchall() for statement in STATEMENTS], found, new


def expected_week(data: Path) -> dict[str, Any]:
    """Return the exact answer for one week."""
    expected: dict[str, Any] = json.loads((data / "expected_week_2012-01-08.json").read_text())
    return expected


@pytest.mark.parametrize("batch", [7, 500, 20_000])
@pytest.mark.parametrize("order", [IN_ORDER, AS_FILED])
def test_order_and_batches_leave_one_ledger(order: str, batch: int, shared_data: Path) -> None:
    """Hours, totals, open states, conflicts and bounds are equal row by row, and are what the events say."""
    tables, _, new = stored(order, batch, shared_data)

    assert stored(IN_ORDER, 500, shared_data)[0] == tables
    assert DISTINCT == new


@pytest.mark.parametrize("order", [IN_ORDER, AS_FILED])
def test_event_by_event_leaves_the_same_ledger(order: str, shared_data: Path) -> None:
    """Ten thousand transactions of one event each."""
    tables, _, new = stored(order, 1, shared_data)

    assert stored(IN_ORDER, 500, shared_data)[0] == tables
    assert DISTINCT == new


@pytest.mark.parametrize("order", [IN_ORDER, AS_FILED])
def test_a_week_is_exact(order: str, shared_data: Path) -> None:
    """To the microsecond, `occupied_us` too."""
    expected = expected_week(shared_data)
    _, found, _ = stored(order, 500, shared_data)

    assert "occupied_us" in found["workstations"][0]
    assert_exact(found, expected)
