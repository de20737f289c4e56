"""Stored sums made anew: by other rules, cut off anywhere, from a database that never had any; shown only once complete."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from collector.metrics.hourly import in_order
from collector.metrics.ledger import splice
from collector.metrics.parts import split
from collector.metrics.windows import Window
from collector.records import Delivery, LedgerRules
from collector.storage import rebuilding
from collector.storage.migrating import APPLICATION_ID
from collector.storage.migrations import migrations
from collector.storage.rebuilding import Rebuilding
from collector.storage.sqlite import SqliteStorage
from shared.errors import FileHeld, StorageUnusable
from shared.instants import HOUR, MINUTE
from tests.support.collector import RULES, at, contact, decide, delivery, event
from tests.support.stores import audited

OTHER = LedgerRules(session_gap=2 * HOUR, tail=MINUTE)
DERIVED = ("ledger", "total", "open_state", "workstation", "site", "arithmetic", "rebuilding")
Dump = dict[str, list[tuple[object, ...]]]


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """Return a database with five workers at each of two sites; silences of 1 to 5 hours, so that rules matter."""
    place = tmp_path / "collector.db"
    storage = SqliteStorage.open(place, rules=RULES)
    events = [
        event(f"{hour:02}:{7 * number:02}", f"W{number}", kind, station=f"S{(number + hour) % 3}", count=hour % 4)
        for number in range(1, 6)
        for hour, kind in ((6, "working"), (7, "product_count"), (9, "idle"), (14, "working"), (15, "product_count"))
    ]
    said = contact(((1, 25),))
    await storage.store(
        [delivery(*events, camera="C1", contact=said), delivery(*events[::2], site="kolkata")], decide=decide
    )
    await storage.close()
    return place


def dump(file: Path) -> Dump:
    """Return what is worked out from events."""
    with closing(sqlite3.connect(file)) as connection:
        return {table: connection.execute(f"select * from {table}").fetchall() for table in DERIVED}  # noqa: S608


def run(file: Path, *statements: str) -> None:
    """Let somebody work on the file with another tool."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def offsets(site: str) -> int:
    """Return where the hours begin: half past, in Kolkata."""
    return 30 * MINUTE if site == "kolkata" else 0


def nowhere(site: str) -> int:
    """Return that hours begin on the full hour of UTC."""
    del site
    return 0


def rebuilt(
    file: Path, *, rules: LedgerRules = RULES, hour_offset_of: Callable[[str], int] = nowhere, most: int = 1_000
) -> list[int]:
    """Rebuild, to the end or until so many transactions are done; return the events of each."""
    with Rebuilding(file, rules=rules, hour_offset_of=hour_offset_of) as under_way:
        under_way.begin()
        steps: Iterator[int] = under_way.run(partial(splice, rules=rules))
        return [events for _, events in zip(range(most), steps, strict=False)]


def test_a_rebuild_of_what_is_right_changes_nothing(file: Path) -> None:
    """Row for row, as often as one likes."""
    before = dump(file)
    for _ in range(2):
        assert [38] == rebuilt(file)
        assert before == dump(file)


@pytest.mark.parametrize("table", ["ledger", "total", "open_state"])
def test_what_is_wrong_is_made_right(file: Path, table: str) -> None:
    """Rows that are gone, and rows that nobody can explain."""
    before = dump(file)
    run(
        file,
        f"delete from {table} where worker < 3",  # noqa: S608 - one of the list above
        f"update {table} set worker = worker + 50 where worker > 3",  # noqa: S608
        "update workstation set first_at = null, last_at = 7",
    )
    assert audited(file).count > 0
    rebuilt(file)

    assert before == dump(file)
    assert 0 == audited(file).count


async def test_other_rules_and_hours_are_taken_over(file: Path) -> None:
    """As if everything had been stored under them from the beginning; the service goes on with them."""
    rebuilt(file, rules=OTHER, hour_offset_of=offsets)
    after = dump(file)
    storage = SqliteStorage.open(file, rules=RULES)
    rules, stored_offsets = storage.rules, await storage.hour_offsets()
    await storage.close()

    assert (OTHER, {"default": 0, "kolkata": 30 * MINUTE}) == (rules, stored_offsets)
    assert 0 == audited(file).count
    rebuilt(file)
    assert after != dump(file)
    rebuilt(file, rules=OTHER, hour_offset_of=offsets)
    assert after == dump(file)


@pytest.mark.parametrize("done", range(6))
@pytest.mark.parametrize(("together", "transactions"), [(2, 20), (7, 6)])
def test_it_goes_on_where_it_was_cut_off(
    file: Path, monkeypatch: pytest.MonkeyPatch, together: int, transactions: int, done: int
) -> None:
    """Begun, after any transaction, also in the midst of a worker; what was done is neither done nor counted again."""
    monkeypatch.setattr(rebuilding, "EVENTS_TOGETHER", together)
    before = dump(file)
    whole = rebuilt(file)
    first = rebuilt(file, rules=OTHER, most=done)
    with Rebuilding(file, rules=OTHER, hour_offset_of=nowhere) as under_way:
        left = under_way.begin()
    rest = rebuilt(file, rules=OTHER)

    assert (transactions, 38) == (len(whole), sum(whole)), whole
    assert (whole, left) == (first + rest, sum(rest))
    rebuilt(file)
    assert before == dump(file)


def test_what_happened_at_one_instant_stays_together(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much that is: how far a worker has come is told by the instant of his last sighting alone."""
    monkeypatch.setattr(rebuilding, "EVENTS_TOGETHER", 1)
    run(
        file,
        "insert into event (site, worker, at, type, workstation, count) select e.site, e.worker, e.at, 3, w.number, 1 "
        "from event as e join workstation as w on w.site = e.site where e.type < 3",
    )

    assert {1, 4} == set(rebuilt(file)) - {0}
    assert 0 == audited(file).count


def test_settings_that_change_meanwhile_begin_it_anew(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half by one rule and half by another would be nobody's numbers."""
    monkeypatch.setattr(rebuilding, "EVENTS_TOGETHER", 7)
    before = dump(file)
    rebuilt(file, rules=OTHER, most=2)

    assert 38 == sum(rebuilt(file, rules=OTHER, hour_offset_of=offsets))
    rebuilt(file, rules=OTHER, most=2)
    assert 38 == sum(rebuilt(file))
    assert before == dump(file)


async def test_what_cameras_watched_fits_the_hours_of_any_rebuild(file: Path) -> None:
    """It comes from no event, so it stays as it is, and goes on: each hour has its own part, however hours begin."""
    watched: list[list[tuple[int, int]]] = []
    for watermark, offset in ((at("10:10"), 0), (at("11:20"), 30 * MINUTE), (at("11:50"), 0)):
        rebuilt(file, hour_offset_of=lambda _, offset=offset: offset)  # type: ignore[misc]
        storage = SqliteStorage.open(file, rules=RULES)
        called = Delivery("default", "C1", watermark, [], contact=contact(watermark=watermark))
        await storage.store([called], decide=decide)
        window = Window(at("10:00"), at("12:00"))
        measure = await storage.measure(["default"], split=partial(split, window), by_hour=True)
        offsets_now = {"default": (await storage.hour_offsets())["default"]}
        hours = in_order({}, window=window, offsets=offsets_now, watched=measure.watched)
        watched.append([(hour.start, hour.watched // MINUTE) for hour in hours])
        await storage.close()

    assert [
        [(at("10:00"), 0), (at("11:00"), 0)],
        [(at("10:00"), 20), (at("10:30"), 50), (at("11:30"), 0)],
        [(at("10:00"), 50), (at("11:00"), 50)],
    ] == watched


@pytest.mark.parametrize("done", [0, 2])
def test_half_made_numbers_are_not_shown(file: Path, monkeypatch: pytest.MonkeyPatch, done: int) -> None:
    """Neither by the service nor by a command, until the rebuild is done."""
    monkeypatch.setattr(rebuilding, "EVENTS_TOGETHER", 7)
    rebuilt(file, most=done)
    openings: tuple[Callable[[], object], ...] = (
        lambda: SqliteStorage.open(file, rules=RULES),
        lambda: SqliteStorage.open_read_only(file),
        lambda: audited(file),
    )
    for opening in openings:
        with pytest.raises(StorageUnusable, match=r"half made anew \(stop the service and run `collector db rebuild`"):
            opening()
    rebuilt(file)

    assert 0 == audited(file).count


async def test_a_database_from_before_there_were_sums_wants_a_rebuild(file: Path) -> None:
    """Its schema is brought up to date, its events are kept, and what to do is said; without events all is well."""
    before = dump(file)
    with closing(sqlite3.connect(file)) as connection:
        events = connection.execute("select * from event").fetchall()
    old = file.with_name("old.db")
    _make_former(old, file)
    with pytest.raises(StorageUnusable, match=r"older version .*collector db rebuild"):
        SqliteStorage.open_read_only(old)
    for _ in range(2):
        with pytest.raises(StorageUnusable, match=r"no sums of its events yet .*collector db rebuild"):
            SqliteStorage.open(old, rules=RULES)

    assert [38] == rebuilt(old)
    assert before == dump(old)
    with closing(sqlite3.connect(old)) as connection:
        assert events == connection.execute("select * from event").fetchall()
    await SqliteStorage.open(old, rules=RULES).close()
    empty = file.with_name("empty.db")
    _make_former(empty, None)
    await SqliteStorage.open(empty, rules=RULES).close()


async def test_it_wants_the_service_stopped(file: Path) -> None:
    """The lock tells whose it is; nothing has changed then. No database is made where there is none."""
    storage = SqliteStorage.open(file, rules=RULES)
    with pytest.raises(FileHeld):
        rebuilt(file)
    await storage.close()
    with pytest.raises(StorageUnusable, match="there is no database"):
        rebuilt(file.with_name("none.db"))

    assert {"collector.db", "collector.db.lock"} == {each.name for each in file.parent.iterdir()}
    assert 0 == audited(file).count


def _make_former(file: Path, content: Path | None) -> None:
    """Make a database of the first version, with the rows of another if there is one."""
    database = Database(file)
    migrations.apply(database, stop_before="ledger")
    database.conn.execute(f"pragma application_id = {APPLICATION_ID}")
    if content is not None:
        database.conn.execute("attach ? as content", (str(content),))
        for table in ("site", "worker", "workstation", "camera", "event", "conflict"):
            columns = ", ".join(row[1] for row in database.conn.execute(f"pragma main.table_info({table})").fetchall())
            database.conn.execute(f"insert into main.{table} ({columns}) select {columns} from content.{table}")  # noqa: S608
        database.conn.commit()
    database.close()
