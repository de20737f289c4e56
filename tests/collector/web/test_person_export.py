"""What `collector person --export` tells: everything that is stored of a person, table by table, whatever tables there are."""

import asyncio
import json
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from click.testing import CliRunner
from sqlite_utils.utils import sqlite3

from collector.cli import main
from collector.control import service_door, socket_of
from collector.grants import Role
from collector.records import NewName
from tests.collector.web.tokens import session
from tests.support.collector import RunningCollector, envelope, item

ID = "Zoë-Ågren-4711"
OTHER = "W2"


async def filled(running: RunningCollector) -> None:
    """Give the person everything that a person can have, and somebody else some of it."""
    for worker in (ID, OTHER):
        kinds = (("10:00", "working"), ("11:20", "product_count"), ("11:30", "idle"))
        day = [item(clock_time, worker, kind, workstation_id="S1") for clock_time, kind in kinds]
        await running.post(envelope(day, camera="C1", watermark="2026-01-15T11:58:00Z"))
        await running.post([day[0] | {"count": 3}, day[0] | {"count": "3"}])
    async with service_door(socket_of(running.settings.database_file())) as door:
        await door.name([NewName("worker", "default", ID, "Zoë")])
    supervisor = await session(running, Role.supervisor)
    for path in (f"timeline/?worker_id={quote(ID)}", f"timeline/?worker_id={OTHER}", "metrics/workers/"):
        await running.ask("GET", f"/api/{path}", headers=supervisor)


async def told(running: RunningCollector, *, worker_id: str = ID) -> dict[str, Any]:
    """Return what the command tells."""
    arguments = ("person", worker_id, "--export", "--database", running.settings.database)
    result = await asyncio.to_thread(CliRunner().invoke, main, arguments, prog_name="collector")
    assert 0 == result.exit_code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def rows_about(file: Path, *, worker_id: str) -> dict[str, int]:
    """Return in how many rows of which tables a person is, by number, or by id anywhere in a text."""
    found = {}
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        (number,) = connection.execute("select number from worker where worker_id = ?", (worker_id,)).fetchone()
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            columns = [row[1] for row in connection.execute(f"pragma table_info({table})")]
            rows = [dict(zip(columns, row, strict=True)) for row in connection.execute(f"select * from {table}")]  # noqa: S608
            found[table] = sum(_is_about(row, worker_id=worker_id, number=number, table=table) for row in rows)
    return {table: rows for table, rows in found.items() if rows}


def _is_about(row: dict[str, Any], *, worker_id: str, number: int, table: str) -> bool:
    texts = [text for text in row.values() if isinstance(text, str)]
    is_named = any(form in text for text in texts for form in (worker_id, json.dumps(worker_id)[1:-1]))
    everybody = -1 if table == "look" else None
    return is_named or ("worker" in row and row["worker"] in (number, everybody))


async def test_everything_that_is_stored_of_a_person_is_told(collector: RunningCollector) -> None:
    """Each row of each table that has the person by number or by id; of a table that is new, this test wants to hear."""
    await filled(collector)
    stored = rows_about(collector.settings.database_file(), worker_id=ID)
    person = await told(collector)

    assert stored == {
        "worker": len([person["name"]]),
        "event": len(person["events"]),
        "conflict": sum(len(event["conflicts"]) for event in person["events"]),
        "rejected": len(person["refused"]),
        "ledger": len(person["hours"]),
        "total": len(person["sums"]),
        "open_state": len([person["open_state"]]),
        "look": len(person["looks"]),
    }
    assert ("Zoë", 3, 1, 1, 2) == (
        person["name"],
        len(person["events"]),
        stored["conflict"],
        len(person["refused"]),
        len(person["looks"]),
    )
    assert ("idle", "2026-01-15T11:30:00Z", "C1") == tuple(
        person["open_state"][key] for key in ("state", "since", "camera")
    )
    assert OTHER not in json.dumps(person)


async def test_who_was_erased_is_told_that(collector: RunningCollector) -> None:
    """The mark is all there is; and of whom only a refused item tells, that item."""
    await collector.post(item("10:00", "W7", "sleeping"))
    await filled(collector)
    async with service_door(socket_of(collector.settings.database_file())) as door:
        await door.forget(ID, site=None)
    erased, refused = await told(collector), await told(collector, worker_id="W7")

    assert ("2026-01-16T12:00:00Z", None, [], [], [], [], None) == tuple(
        erased[key] for key in ("erased_at", "name", "events", "hours", "sums", "refused", "open_state")
    )
    assert (None, 1, "unknown_type") == (refused["erased_at"], len(refused["refused"]), refused["refused"][0]["code"])
