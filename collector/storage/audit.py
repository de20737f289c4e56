"""A SQLite store compared with its own events: file, ledger, totals, open states, conflicts and registries.

One read transaction, so the service may run meanwhile and nothing that it writes is seen; its log cannot be folded back until
this ends. Each worker is compared once, in the order of (site, worker): memory holds the events of one worker, however many
there are in all, and every difference is told as soon as it is found, however many follow. What the numbers should be is worked out by the `check` that is handed in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache, partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3

from collector.accounts import Account, Audit, Check, Difference
from collector.records import OpenState, Sighting, State
from collector.storage import ledger_query
from collector.storage.blocks import Block, with_hours_of
from collector.storage.migrating import refuse_foreign
from collector.storage.nameless import NUMBER as NAMELESS_NUMBER
from collector.storage.neighbourhood import Worker
from collector.storage.opening import looking_at, open_reader, real_path, transaction, translated_errors
from collector.storage.rebuilding import refuse_unfinished
from collector.storage.registry_audit import RegistryAudit
from shared.events import EventType
from shared.instants import LAST_INSTANT

MOST_DAMAGE = 100
"""Of a file that is broken so many places are told, as SQLite does by itself: nothing else of it is looked at."""

_TYPES = tuple(EventType)
_ORDER = itemgetter(0, 1, 2)
Notify = Callable[[int], None]
"""Told how many more events have been compared."""
Tell = Callable[[Difference], None]
"""Told each difference."""


def audit(file: Path, *, check: Check, notify: Notify, tell: Tell) -> Audit:
    """Tell each thing stored that the events do not bear out; return how many there are, and in which tables.

    Raises:
        StorageUnusable: not a collector's database, or one whose amounts are not complete.
    """
    with _reading(file) as reader:
        findings = _Findings(tell)
        findings.add(_damage(reader))
        if findings.count:  # what cannot be read cannot be compared
            return findings.of(events=0, workers=0)
        findings.add(_lone_rows(reader))
        events, workers = _Workers(reader, findings).compare(check, notify=notify)
        findings.add(_conflicts(reader))
        return findings.of(events=events, workers=workers)


def events_in(file: Path) -> int:
    """Return how many events there are to compare.

    Raises:
        StorageUnusable: there is no such file, or it is not a collector's database.
    """
    with _reading(file) as reader:
        return int(reader.execute("select count(*) from event").fetchone()[0])


class _Findings:
    """Differences: told and counted, not kept."""

    def __init__(self, tell: Tell) -> None:
        self.count = 0
        self._tables: set[str] = set()
        self._tell = tell

    def add(self, found: Iterable[Difference]) -> None:
        """Tell more of them."""
        for difference in found:
            self.count += 1
            self._tables.add(difference.table)
            self._tell(difference)

    def of(self, *, events: int, workers: int) -> Audit:
        """Return what came of comparing so many events of so many workers."""
        return Audit(events, workers, self.count, frozenset(self._tables))


class _Workers:
    """The comparison of everything that is kept worker by worker."""

    def __init__(self, connection: sqlite3.Connection, findings: _Findings) -> None:
        self._connection = connection
        self._findings = findings
        self._registries = RegistryAudit(connection)
        self._rules = ledger_query.rules(connection)
        self._horizons: dict[int, int | None] = dict(
            connection.execute("select number, events_from from site").fetchall()
        )
        self._blocks: defaultdict[Worker, list[Block]] = defaultdict(list)
        for site, *row in connection.execute(_BLOCKS):
            block = Block._make(row)
            self._blocks[site, block.worker].append(block)
        self._offsets: dict[int, int] = dict(connection.execute("select number, hour_offset from site").fetchall())

    def compare(self, check: Check, *, notify: Notify) -> tuple[int, int]:
        """Compare each worker, then the registries; return how many events and workers there were."""
        # The ledger is ordered by hour: this one sort of its rows, far fewer than events, may go to a temporary file.
        ledger = _ByWorker(self._connection.execute(_LEDGER))
        events = workers = 0
        for worker in self._connection.execute(_WORKERS).fetchall():
            of_events, of_total, of_open = (self._connection.execute(each, worker).fetchall() for each in _OF_WORKER)
            found = check(
                self._stored(worker, (ledger.take(worker), of_total, of_open), blocks=self._blocks.get(worker, ())),
                self._sightings(worker, of_events),
                rules=self._rules,
                offset=self._offsets.get(worker[0], 0),
                # No event tells the hours of the nameless one.
                horizon=LAST_INSTANT if worker[1] == NAMELESS_NUMBER else self._horizons.get(worker[0]),
            )
            unregistered = self._registries.note(worker, of_events)
            site, worker_id = self._registries.person(worker)
            self._findings.add(each._replace(site=site, worker_id=worker_id) for each in (*found, *unregistered))
            events, workers = events + len(of_events), workers + 1
            notify(len(of_events))
        self._findings.add(self._registries.differences(self._connection))
        return events, workers

    def _stored(self, worker: Worker, rows: Sequence[Sequence[Any]], *, blocks: Sequence[Block]) -> Account:
        of_ledger, of_total, of_open = rows
        of_ledger = with_hours_of(blocks, of_ledger) if blocks else of_ledger
        station = partial(self._registries.station, worker[0])
        return Account(
            {(hour, station(number)): amounts for hour, number, *amounts in of_ledger},
            {station(number): amounts for number, *amounts in of_total},
            self._open_state(worker, of_open[0]) if of_open else None,
        )

    def _open_state(self, worker: Worker, row: Sequence[Any]) -> OpenState:
        last_at, at, kind, station, camera = row
        if at is None:
            return OpenState(last_at, None)
        site, registries = worker[0], self._registries
        return OpenState(last_at, State(at, kind, registries.station(site, station), registries.camera(site, camera)))

    def _sightings(self, worker: Worker, rows: Iterable[Any]) -> list[Sighting]:
        """Return a worker's events as the reference takes them."""
        station = cache(partial(self._registries.station, worker[0]))
        camera = cache(partial(self._registries.camera, worker[0]))
        sightings = [
            Sighting(at, _TYPES[kind], station(place), count, camera(source)) for at, kind, place, count, source in rows
        ]
        # The table orders ties by number; the contract by id.
        sightings.sort(key=_ORDER)
        return sightings


class _ByWorker:
    """The rows of a statement, ordered by (site, worker), handed out worker by worker in that order."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def take(self, worker: Worker) -> list[Any]:
        """Return what follows site and worker in each row of the worker."""
        taken = []
        while self._next is not None and self._next[:2] == worker:
            taken.append(self._next[2:])
            self._next = next(self._rows, None)
        return taken


# Everybody of whom anything is stored, registered or not.
_WORKERS = """
    select site, worker from event
    union select site, worker from ledger
    union select site, worker from ledger_block
    union select site, worker from total
    union select site, worker from open_state
    order by 1, 2
"""
_LEDGER = """
    select site, worker, hour, workstation, working, idle, absent, assumed, units
    from ledger
    order by site, worker
"""
# As blocks whose workstation is called by its number.
_BLOCKS = """
    select site, block, worker, '', workstation, workstation, working, idle, absent, assumed, of_working, of_idle, of_absent
    from ledger_block
"""
_OF_WORKER = (
    """
    select at, type, workstation, count, camera
    from event
    where site = ? and worker = ?
    order by at, type, workstation
    """,
    """
    select workstation, working, idle, absent, assumed, units
    from total
    where site = ? and worker = ?
    """,
    """
    select last_at, state_at, state_type, state_workstation, state_camera
    from open_state
    where site = ? and worker = ?
    """,
)


@contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection]:
    with translated_errors(file):
        exists = real_path(file).exists()
    if exists:
        with looking_at(file) as connection:
            refuse_foreign(connection)
    with translated_errors(file), closing(open_reader(file)) as reader, transaction(reader, "deferred"):
        refuse_unfinished(reader)
        yield reader


def _damage(connection: sqlite3.Connection) -> Iterator[Difference]:
    """Yield what SQLite itself finds wrong with the file."""
    for (said,) in connection.execute(f"pragma integrity_check({MOST_DAMAGE})"):
        if said != "ok":
            yield Difference("file", "integrity_check", said, "ok")


def _lone_rows(connection: sqlite3.Connection) -> Iterator[Difference]:
    """Yield the rows of registries that point at nothing."""
    for table, *_, parent, _ in connection.execute("pragma foreign_key_check"):
        yield Difference(table, parent, "a row without one", f"a registered {parent}")


def _conflicts(connection: sqlite3.Connection) -> Iterator[Difference]:
    """Yield the versions that cannot have lost: there is no event, or what survived is not greater."""
    rows = connection.execute(
        """
        select s.name, w.worker_id, st.station_id, k.at, k.count, k.confidence, e.count, e.confidence
        from conflict as k
        left join event as e on e.site = k.site and e.worker = k.worker and e.at = k.at and e.type = k.type
            and e.workstation = k.workstation
        left join site as s on s.number = k.site
        left join worker as w on w.site = k.site and w.number = k.worker
        left join workstation as st on st.site = k.site and st.number = k.workstation
        where e.count is null or (k.count, k.confidence) >= (e.count, coalesce(e.confidence, -1.0))
        order by k.site, k.worker, k.at, k.type, k.workstation, k.count, k.confidence
        """
    )
    for site, worker_id, station_id, at, count, confidence, survivor, of_survivor in rows:
        lost = _version(count, None if confidence < 0 else confidence)
        right = "nothing: there is no event" if survivor is None else f"less than {_version(survivor, of_survivor)}"
        yield Difference("conflict", "version", lost, right, at, station_id, site, worker_id)


def _version(count: int, confidence: float | None) -> str:
    return f"{count} ({'unknown' if confidence is None else confidence})"
