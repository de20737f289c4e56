"""`collector import-django` on databases as Django makes them: what is stored, what is told, and both totals."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils.utils import sqlite3

from collector.cli import main
from tests.support.programs import Finished, collector

pytestmark = pytest.mark.processes

SCHEMA = """
create table app_worker (id integer not null primary key autoincrement, worker_id varchar(50) not null unique, name varchar(100) not null);
create table app_workstation (id integer not null primary key autoincrement, station_id varchar(50) not null unique, name varchar(100) not null);
create table app_event (
    id integer not null primary key autoincrement, timestamp datetime not null, event_type varchar(20) not null,
    confidence real, count integer not null, worker_id bigint not null, workstation_id bigint not null
);
insert into app_worker (worker_id, name) select 'W' || value, 'Person ' || value from json_each('[1, 2, 3, 4, 5, 6, 7]');
insert into app_workstation (station_id, name) select 'S' || value, 'Place ' || value from json_each('[1, 2, 3, 4, 5, 6]');
"""
GOLDEN = [
    ("2026-01-15 10:00:00", "working", 1, 1),
    ("2026-01-15 10:05:00", "idle", 1, 2),
    ("2026-01-15 10:10:00", "product_count", 5, 3),
    ("2026-01-15 10:15:00", "working", 1, 1),
    ("2026-01-15 10:15:00", "working", 1, 1),
    ("2026-01-15 10:15:00", "working", 1, 4),
    ("2026-01-15 10:20:00", "absent", 1, 5),
    ("2026-01-15 10:25:00", "product_count", 8, 6),
    ("2026-01-15 10:30:00", "product_count", 3, 1),
]
"""SEMANTICS §8, one event sent twice."""


def django(file: Path, rows: Sequence[tuple[object, ...]]) -> Path:
    """Make such a database; each row is (timestamp, event_type, count, number of worker and workstation)."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(SCHEMA)
        connection.executemany(
            "insert into app_event (timestamp, event_type, count, confidence, worker_id, workstation_id) values (?, ?, ?, 0.9, ?, ?)",
            [(*row, row[-1]) for row in rows],
        )
        connection.commit()
    return file


def beside(source: Path) -> list[str]:
    """Return what there is by that name, with what SQLite puts beside a database."""
    return [path.name for path in source.parent.glob(f"{source.name}*")]


async def asked(*arguments: str) -> Finished:
    """Run a command of the collector, in a thread of its own, which spares the second that Python takes to start."""

    def invoke() -> Finished:
        result = CliRunner().invoke(main, list(arguments))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return Finished(result.exit_code, result.stdout, result.stderr)

    return await asyncio.to_thread(invoke)


def totals(found: Finished) -> dict[str, tuple[str, str]]:
    """Return the numbers by both rules, by their names."""
    rows = [line.split() for line in found.out.splitlines() if "_" in line]
    return {name: (original, ours) for name, original, ours in rows}


async def test_an_installation_is_taken_over_and_both_totals_are_told(tmp_path: Path) -> None:
    """New, duplicates, names; by the original a finished part ends work, and the mean is over everybody registered."""
    source, database = django(tmp_path / "db.sqlite3", GOLDEN), str(tmp_path / "collector.db")
    before = source.read_bytes()
    first = await asked("import-django", str(source), "--database", database)
    again = await asked("import-django", str(source), "--database", database)
    workers = await asked("metrics", "workers", "--csv", "--database", database)
    verified = await asked("db", "verify", "--database", database)

    assert (0, "9 events: 8 new, 1 duplicate (of these 0 conflict), 0 rejected") == (
        first.code,
        first.out.splitlines()[0],
    )
    assert "13 names of workers and workstations" in first.out
    assert {
        "working_minutes": ("30.00", "35.00"),
        "idle_minutes": ("0.00", "5.00"),
        "units_produced": ("16", "16"),
        "average_utilization_percent": ("14.29", "66.67"),
        "workers_in_the_average": ("7", "3"),
    } == totals(first)
    assert (0, "9 events: 0 new, 9 duplicate") == (again.code, again.out.partition(" (")[0])
    assert totals(first) == totals(again)
    assert "default,W7,Person 7,0.0," in workers.out
    assert 0 == verified.code
    assert before == source.read_bytes()
    assert ["db.sqlite3"] == beside(source)


async def test_who_was_erased_is_not_taken_over_and_the_others_are(tmp_path: Path) -> None:
    """Neither events nor the name; everybody else has a name, workstations too."""
    source, file = django(tmp_path / "db.sqlite3", GOLDEN), tmp_path / "collector.db"
    await asked("import-django", str(source), "--database", str(file))
    await asked("forget", "W6", "--database", str(file))
    again = await asked("import-django", str(source), "--database", str(file))
    workers = await asked("metrics", "workers", "--csv", "--database", str(file))

    assert (3, "9 events: 0 new, 8 duplicate") == (again.code, again.out.partition(" (")[0])
    assert "12 names of workers and workstations" in again.out
    assert (False, True) == ("W6" in workers.out, "default,W7,Person 7,0.0," in workers.out)
    assert b"Person 6" not in file.read_bytes()


async def test_a_site_with_pseudonyms_takes_no_id_and_no_name_of_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workstations have theirs; the numbers are the same."""
    source, file = django(tmp_path / "db.sqlite3", GOLDEN), tmp_path / "collector.db"
    (tmp_path / "key").write_text("0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("COLLECTOR_SITES", json.dumps({"default": {"pseudonym_key_file": str(tmp_path / "key")}}))
    found = await asked("import-django", str(source), "--database", str(file))
    workers = await asked("metrics", "workers", "--csv", "--database", str(file))

    assert (0, True) == (found.code, "6 names of workers and workstations" in found.out)
    assert ("30.00", "35.00") == totals(found)["working_minutes"]
    assert (False, True) == tuple(text in file.read_bytes() for text in (b"Person ", b"Place 6"))
    assert {"default,P-"} == {line[:10] for line in workers.out.splitlines()[1:]}


async def test_versions_that_differ_are_told_and_the_greatest_is_kept(tmp_path: Path) -> None:
    """The original counts each row; a conflict is a duplicate that says something else, in whatever order they lie there."""
    rows = [
        ("2026-01-15 10:00:00", "working", 1, 1),
        ("2026-01-15 10:10:00", "product_count", 5, 1),
        ("2026-01-15 10:10:00", "product_count", 7, 1),
        ("2026-01-15 10:10:00", "product_count", 2, 1),
        ("2026-01-15 10:10:00", "product_count", 7, 1),
        ("2026-01-15 10:20:00", "lunch", 1, 1),
        ("2026-01-15 10:30:00", "absent", 1, 1),
    ]
    source, database = django(tmp_path / "db.sqlite3", rows), str(tmp_path / "collector.db")
    found = await asked("import-django", str(source), "--database", database)
    again = await asked("import-django", str(source), "--database", database)
    conflicts = await asked("events", "--conflicts", "--database", database)

    assert (3, "7 events: 3 new, 3 duplicate (of these 2 conflict), 1 rejected") == (
        found.code,
        found.out.splitlines()[0],
    )
    assert "app_event 6: unknown_type: event_type must be working, idle, absent or product_count\n" == found.err
    assert "7 events: 0 new, 6 duplicate (of these 2 conflict), 1 rejected" == again.out.splitlines()[0]
    assert ("21", "7") == totals(found)["units_produced"]
    assert 1 == conflicts.out.count('"product_count"')


async def test_ours_is_what_the_collector_shows(tmp_path: Path) -> None:
    """A night, parts that are finished, repetitions: the same numbers as on the page."""
    rows = [
        (f"2026-01-{day:02} {hour:02}:{minute:02}:00.250000", kind, 2, worker)
        for day in (15, 16)
        for hour, minute, kind in (
            (8, 0, "working"),
            (9, 30, "product_count"),
            (11, 0, "idle"),
            (11, 0, "idle"),
            (15, 45, "absent"),
        )
        for worker in (1, 2)
        if (day, worker, hour) != (16, 2, 15)
    ]
    source, database = django(tmp_path / "db.sqlite3", rows), str(tmp_path / "collector.db")
    found = await asked("import-django", str(source), "--database", database)
    factory = await asked("metrics", "factory", "--csv", "--database", database)
    heading, values = (line.split(",") for line in factory.out.splitlines())
    shown = dict(zip(heading, values, strict=True))

    names = {
        "total_productive_minutes": "working_minutes",
        "total_idle_minutes": "idle_minutes",
        "total_units_produced": "units_produced",
        "average_utilization_percent": "average_utilization_percent",
        "active_workers": "workers_in_the_average",
    }
    assert [float(shown[name]) for name in names] == [float(totals(found)[name][1]) for name in names.values()]
    assert ("360.00", "720.00") == totals(found)["working_minutes"]


async def test_what_is_no_event_is_named_and_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    """By its row, with the code; a worker that is gone, a word that is no type, a count below 0."""
    rows: list[tuple[object, ...]] = [
        ("2026-01-15 10:00:00", "working", 1, 1),
        ("2026-01-15 10:01:00", "working", 1, 99),
        ("yesterday", "working", 1, 1),
        ("2026-01-15 10:02:00", "sleeping", 1, 1),
        ("2026-01-15 10:03:00", "product_count", -1, 1),
        ("2026-01-15 10:04:00", "idle", 1, 1),
    ]
    source = django(tmp_path / "db.sqlite3", rows)
    found = await asked("import-django", str(source), "--database", str(tmp_path / "collector.db"))
    told = [line.split(": ")[:2] for line in found.err.splitlines() if line.startswith("app_event")]

    assert (3, "6 events: 2 new, 0 duplicate (of these 0 conflict), 4 rejected") == (
        found.code,
        found.out.splitlines()[0],
    )
    assert [
        ["app_event 2", "missing_field"],
        ["app_event 3", "bad_timestamp"],
        ["app_event 4", "unknown_type"],
        ["app_event 5", "out_of_range"],
    ] == told


async def test_wall_clock_times_are_read_in_the_zone_that_is_named(tmp_path: Path) -> None:
    """As an installation without USE_TZ keeps them; offsets in the text win."""
    rows = [("2026-07-15 10:00:00", "working", 1, 1), ("2026-07-15 10:30:00+00:00", "idle", 1, 1)]
    source, database = django(tmp_path / "db.sqlite3", rows), str(tmp_path / "collector.db")
    await asked("import-django", str(source), "--database", database, "--time-zone", "Europe/Berlin", "--site", "east")
    events = await asked("events", "--database", database)
    wrong = await asked("import-django", str(source), "--database", database, "--time-zone", "Berlin")

    assert "2026-07-15T08:00:00Z" in events.out
    assert "2026-07-15T10:30:00Z" in events.out
    assert '"site": "east"' in events.out
    assert (2, True) == (wrong.code, "no time zone of the tz database" in wrong.err)


async def test_it_writes_through_the_service_that_runs(tmp_path: Path) -> None:
    """Nobody has to stop it."""
    source, database = django(tmp_path / "db.sqlite3", GOLDEN), tmp_path / "collector.db"
    async with collector(database):
        found = await asked("import-django", str(source), "--database", str(database))

    assert (0, "9 events: 8 new") == (found.code, found.out.partition(",")[0])


async def test_through_the_service_long_ids_go_in_as_many_requests_as_they_take(tmp_path: Path) -> None:
    """One request holds 4 MiB of JSON, which writes a letter that is not Latin as six; an item of more is named and refused."""
    rows = [(f"2026-01-15 1{n // 3_600}:{n // 60 % 60:02}:{n % 60:02}", "working", 1, 1) for n in range(5_000)]
    source, database = (
        django(tmp_path / "db.sqlite3", [*rows, ("2026-01-15 12:00:00", "w" * 5_000_000, 1, 2)]),
        tmp_path / "collector.db",
    )
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("update app_worker set worker_id = replace(hex(zeroblob(32)), '00', 'Жы') where id = 1")
        connection.execute(
            "update app_workstation set station_id = replace(hex(zeroblob(32)), '00', 'Жы') where id = 1"
        )
        connection.commit()
    async with collector(database):
        found = await asked("import-django", str(source), "--database", str(database))

    assert 3 == found.code, found.err
    assert "5,001 events: 5,000 new, 0 duplicate (of these 0 conflict), 1 rejected" in found.out
    assert "app_event 5001: not_an_event: more than 4,194,304 bytes\n" == found.err


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("drop table app_event", "app_event has no confidence"),
        ("alter table app_worker drop column name", "has no name"),
    ],
)
async def test_another_database_is_refused(tmp_path: Path, statement: str, told: str) -> None:
    """Exit code 7 and what it lacks; no database of ours is made for it."""
    source = django(tmp_path / "db.sqlite3", [])
    with closing(sqlite3.connect(source)) as connection:
        connection.execute(statement)
    found = await asked("import-django", str(source), "--database", str(tmp_path / "collector.db"))

    assert (7, True) == (found.code, told in found.err)
    assert [source] == list(tmp_path.iterdir())  # noqa: ASYNC240 - one name
