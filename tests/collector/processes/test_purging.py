"""`collector purge` and `collector forget` as an operator runs them: said before, killed in the middle, beside a service."""

import asyncio
import json
import shutil
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from collector.metrics.erasing import undo
from collector.metrics.windows import Window
from collector.storage.sqlite import SqliteStorage
from shared.events import Event, EventType
from shared.instants import HOUR, MINUTE
from tests.collector.properties.routes import by_ledger
from tests.collector.web.test_forgetting import files_with
from tests.support.collector import RULES, at, decide, delivery, event
from tests.support.flaky_collector import until
from tests.support.programs import Finished, collector, command, running
from tests.support.stores import audited

pytestmark = pytest.mark.processes

FIRST = at("00:00")


@pytest.fixture
def kept_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands keep events for a day, and names for two; all events of the tests are older."""
    monkeypatch.setenv("COLLECTOR_RETENTION__EVENTS", "1d")
    monkeypatch.setenv("COLLECTOR_RETENTION__PERSON_HOURS", "2d")


def history(hours: int) -> Iterator[Event]:
    """Yield what two people who share a workstation did, hour by hour."""
    for hour in range(hours):
        begin = FIRST + hour * HOUR
        for worker, minute, kind in (
            ("W1", 0, "working"),
            ("W2", 10 + hour % 20, "working"),
            ("W1", 30, "product_count"),
            ("W2", 40, "idle"),
            ("W1", 50 + hour % 9, "absent"),
        ):
            yield Event(begin + minute * MINUTE, worker, "S1", EventType[kind], 1, None)


async def store(file: Path, hours: int) -> bytes:
    """Store a history; return what the numbers of all its hours are."""
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(*history(hours))], decide=decide)
    said = await numbers(storage, hours)
    await storage.close()
    return said


async def numbers(storage: SqliteStorage, hours: int) -> bytes:
    """Return the tables of two windows of whole hours, of which one tells how long workstations were occupied."""
    recent = await by_ledger(storage, Window(FIRST, FIRST + min(hours, 700) * HOUR), sites=None)
    whole = await by_ledger(storage, Window(FIRST, FIRST + (hours + 1) * HOUR), sites=None)
    return recent[0] + whole[0] + repr((recent[1], whole[1])).encode()


async def horizon(file: Path) -> int | None:
    """Return how far events have gone."""
    storage = SqliteStorage.open_read_only(file)
    try:
        return (await storage.kept())["default"].events
    finally:
        await storage.close()


async def run(file: Path, *arguments: str, seconds: float = 50) -> Finished:
    """Run a command of the collector to its end."""
    return await command("collector", *arguments, "--database", str(file), seconds=seconds)


def lay_down(file: Path, template: Path) -> None:
    """Put a copy of a database in the place of another one."""
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    shutil.copyfile(template, file)


async def is_purged(file: Path, hours: int) -> bool:
    """Say whether a history has gone to its end."""
    return (await horizon(file) or 0) >= FIRST + hours * HOUR


async def kill_a_purge(file: Path) -> bool:
    """Begin a purge and kill it once it has taken a step; say whether it was still there to be killed."""
    was = await horizon(file)
    async with running("collector", "purge", "--database", str(file), log=file.with_suffix(".log")) as program:
        async with asyncio.timeout(60):
            while program.process.returncode is None and await horizon(file) == was:  # noqa: ASYNC110
                await asyncio.sleep(0.005)  # what is waited for is on the disk
        if program.process.returncode is None:
            await program.kill()
    return program.process.returncode == -signal.SIGKILL


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("kills", [pytest.param(5, id="some"), pytest.param(50, id="many", marks=pytest.mark.gauntlet)])
async def test_a_purge_that_is_killed_is_taken_up(tmp_path: Path, kills: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each kill in its midst the database is right, and in the end every number is what it was."""
    monkeypatch.setenv("COLLECTOR_RETENTION__EVENTS", "1d")
    hours = 120 * kills
    template, file = tmp_path / "template.db", tmp_path / "collector.db"
    before = await store(template, hours)
    lay_down(file, template)
    killed = tries = 0
    while killed < kills and tries < 4 * kills:
        tries += 1
        if await is_purged(file, hours):  # a purge came to its end before its kill
            lay_down(file, template)
        killed += await kill_a_purge(file) and not await is_purged(file, hours)

        assert [] == audited(file).differences
    finished = await run(file, "purge", seconds=900)  # half a year of hours, on a machine with other work
    storage = SqliteStorage.open(file, rules=RULES)
    kept = await storage.snapshot()
    after = await numbers(storage, hours)
    await storage.close()

    assert (0, kills) == (finished.code, killed)
    assert before == after
    assert [] == audited(file).differences
    assert 4 >= sum(map(len, kept.sightings.values()))


async def test_a_dry_run_says_what_goes_and_takes_nothing(tmp_path: Path, kept_for_a_day: None) -> None:
    """In words and in numbers; the purge then takes just that."""
    file = tmp_path / "collector.db"
    await store(file, 3)
    told = await run(file, "purge", "--dry-run")
    again = await run(file, "purge", "--dry-run")
    done = await run(file, "purge")
    nothing = await run(file, "purge", "--dry-run")
    checked = await run(file, "check")

    assert told.out == again.out
    assert "events are kept for 1d" in told.out
    assert "site default: next to go are events before " in told.out
    # Of fifteen events stay the last state of both: it is the last event too.
    assert ["default", "13", "6"] == [told.out.splitlines()[-1].split()[place] for place in (0, 2, 4)]
    assert "13 events are gone; 6 hours of workers name nobody any more, or are gone\n" == done.out
    assert "next to go" not in nothing.out
    assert "site default: gone are events before " in nothing.out
    assert "; site default: gone are events before " in next(
        line for line in checked.out.splitlines() if "retention" in line
    )
    assert (0, 0, 0, 0) == (told.code, again.code, done.code, nothing.code)


async def test_without_retention_nothing_goes(tmp_path: Path) -> None:
    """And that is said."""
    file = tmp_path / "collector.db"
    await store(file, 3)
    told = await run(file, "purge", "--dry-run")
    done = await run(file, "purge")

    assert (
        "retention is off: events and hours of persons are kept for ever; set [retention] in the settings\n" == told.out
    )
    assert done.out.startswith("0 events are gone")


async def test_a_person_is_erased_beside_the_service(tmp_path: Path) -> None:
    """The command asks the service that holds the database; a dry run reads beside it and takes nothing."""
    file = tmp_path / "collector.db"
    await store(file, 3)
    async with collector(file):
        told = await run(file, "forget", "W1", "--dry-run")
        done = await run(file, "forget", "W1")
        again = await run(file, "forget", "W1")
    verified = await run(file, "db", "verify")

    assert (
        "9 events, 0 versions that lost and 0 refused items would be erased; 3 hours would name nobody any more\n"
        == told.out
    )
    assert done.out.startswith("9 events, 0 versions that lost and 0 refused items are erased")
    assert (0, True) == (
        again.code,
        again.out.startswith("0 events, 0 versions that lost and 0 refused items are erased"),
    )
    assert 0 == verified.code


async def test_copies_that_still_hold_an_erased_person_are_named(tmp_path: Path) -> None:
    """What lies beside the database, by its name and not by what it is called; a backup from then on holds no byte of the id."""
    file, worker = tmp_path / "collector.db", "Zita-of-line-seven"
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(event("10:00", "W2", "working"))], decide=decide)
    await storage.close()
    shutil.copy(file, tmp_path / "without.db")
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(event("10:00", worker, "working"))], decide=decide)
    await storage.close()
    await run(file, "db", "backup", str(tmp_path / "before.db"))
    shutil.copy(tmp_path / "before.db", tmp_path / "collector.db.schema-3")
    damaged = bytearray(file.read_bytes())
    damaged[200:] = b"x" * len(damaged[200:])
    (tmp_path / "collector.db.replaced-20260115").write_bytes(damaged)
    (tmp_path / ".late.db.partial").write_bytes(bytes(4_096) + worker.encode())
    (tmp_path / "notes.txt").write_text(worker)
    told = await run(file, "forget", worker, "--dry-run")
    done = await run(file, "forget", worker)
    backup = await run(file, "db", "backup", str(tmp_path / "after.db"))

    copies = (".late.db.partial", "before.db", "collector.db.replaced-20260115", "collector.db.schema-3")
    named = [f"this copy still holds the worker and is yours to delete: {tmp_path / name}" for name in copies]
    assert (named, named) == (told.err.splitlines(), done.err.splitlines())
    assert (0, 0, 0) == (told.code, done.code, backup.code)
    assert [] == [name for name in ("collector.db", "after.db") if worker.encode() in (tmp_path / name).read_bytes()]


async def test_bytes_that_a_killed_command_left_go_at_the_next_start(tmp_path: Path) -> None:
    """Between the erasing and the cleaning of the file; the next one who opens it for writing cleans it."""
    file = tmp_path / "collector.db"
    worker = "Zita-of-line-seven"
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(event("10:00", worker, "working"))], decide=decide)
    await storage.forget(worker, site=None, tell=partial(undo, rules=RULES), now=0)
    await storage.close()
    async with collector(file):
        await until(lambda: worker.encode() not in file.read_bytes())

    assert [] == files_with(tmp_path, worker)


async def test_a_person_is_told_everything(tmp_path: Path) -> None:
    """Every event and every hour, or how many they are; nothing of anybody else."""
    file = tmp_path / "collector.db"
    await store(file, 3)
    counted = await run(file, "person", "W2")
    told = json.loads((await run(file, "person", "W2", "--export")).out)
    unknown = await run(file, "person", "W9")

    assert (
        "worker W2 of site default: 6 events, 3 hours at workstations, 0 refused items, 0 lines of the access log\n"
        == counted.out
    )
    assert (6, {"W2"}) == (len(told["events"]), {each["worker_id"] for each in told["events"]})
    # From ten past to twenty to, the first hour: half of it; what is idle goes on into the next.
    assert ("2026-01-15T00:00:00Z", 30 * MINUTE, 20 * MINUTE) == tuple(
        told["hours"][0][key] for key in ("hour", "working_us", "idle_us")
    )
    assert (1, True) == (unknown.code, "there is no worker W9" in unknown.err)
