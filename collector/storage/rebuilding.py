"""The stored amounts of a SQLite store made anew from its events: ledger, totals, open states, bounds of workstations.

Nobody else may use the file meanwhile. Worker after worker goes through the same `decide` as arriving events, in transactions
of some 20,000 events; a row of the table `rebuilding` says which worker is next and under which rules, and that worker's open
state how far he has come. Killed at any moment, the next run takes it up there, or begins anew if the settings say something
else by then. As long as that row is there the amounts are not complete, and neither service nor commands show them.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlite_utils.utils import sqlite3

from collector.records import Decide, Entry, LedgerRules, Run
from collector.storage.backups import upgrade
from collector.storage.ledger_rows import LedgerRows
from collector.storage.migrating import refuse_foreign
from collector.storage.neighbourhood import Worker
from collector.storage.opening import (
    lock_of,
    looking_at,
    open_writer,
    real_path,
    transaction,
    translated_errors,
)
from collector.storage.registry import Registry
from collector.storage.what_stays import drop_amounts, since, sites_of_free_hours
from shared.errors import StorageUnusable

EVENTS_TOGETHER = 20_000
"""Of a transaction, and a few more: all of one worker's events at one instant go together."""
BEFORE_ALL, BEHIND_ALL = -(2**62), 2**62
_PIECE = """
    select e.at, e.type, st.station_id, e.count, e.confidence, c.name
    from event as e
    join workstation as st on st.site = e.site and st.number = e.workstation
    left join camera as c on c.site = e.site and c.number = e.camera
    where e.site = :site and e.worker = :worker and e.at > :after and e.at <= coalesce(
        (
            select at from event
            where site = :site and worker = :worker and at > :after
            order by at limit 1 offset :most - 1
        ),
        :end
    )
    order by e.at, e.type, st.station_id
"""

WAY_OUT = "stop the service and run `collector db rebuild`"


def refuse_unfinished(connection: sqlite3.Connection) -> None:
    """Let a collector's database pass whose stored amounts are complete.

    Raises:
        StorageUnusable: they are not, and how to complete them; or there is no such database in it.
    """
    tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall()}
    if "event" not in tables:
        raise StorageUnusable("the file is not the database of a collector")
    if not {"rebuilding", "watched", "station_hour", "unscrubbed", "look", "ledger_block"} <= tables:
        raise StorageUnusable("the database was made by an older version", hint=WAY_OUT)
    row = connection.execute("select tail from rebuilding").fetchone()
    if row is None:
        return
    if row[0] is None:
        raise StorageUnusable("the database is of a version that stored no sums of its events yet", hint=WAY_OUT)
    if row[0] < 0:
        raise StorageUnusable("the database is a copy that is not finished", hint="run `collector db copy` again")
    raise StorageUnusable("the stored sums are half made anew", hint=f"{WAY_OUT} again, it goes on where it stopped")


class Rebuilding:
    """A rebuild of one file; a context manager that holds the file's lock."""

    def __init__(self, file: Path, *, rules: LedgerRules, hour_offset_of: Callable[[str], int]) -> None:
        """Rebuild with these rules, and hours that begin at each site where `hour_offset_of` says."""
        self._file = file
        self._rules = rules
        self._hour_offset_of = hour_offset_of
        self._lock = lock_of(file)

    def __enter__(self) -> "Rebuilding":
        """Take the file.

        Raises:
            FileHeld: the service, or another command, has it.
            StorageUnusable: there is no such file, or it is not ours.
        """
        with translated_errors(self._file):
            if not real_path(self._file).exists():
                raise StorageUnusable(f"there is no database {self._file}", hint="name another file with --database")
            self._check_ours()  # nothing appears beside what is not ours, not even a lock
            self._lock.acquire()
        try:
            self._check_ours()
            self._connection = open_writer(self._file)
        except BaseException:
            self._lock.release()
            raise
        return self

    def _check_ours(self) -> None:
        with looking_at(self._file) as connection:
            refuse_foreign(connection)

    def __exit__(self, *_: object) -> None:
        """Fold the log back and give the file up."""
        try:
            with translated_errors(self._file):
                self._connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        finally:
            self._connection.close()
            self._lock.release()

    def begin(self) -> int:
        """Take up what was begun under the same rules, or drop all amounts; return how many events are to go through."""
        with translated_errors(self._file):
            upgrade(self._connection, self._file, rules=self._rules)
            if self._connection.execute("select 1 from rebuilding where tail < 0").fetchone():
                refuse_unfinished(self._connection)  # a copy half made: sums of its events would be of some of them
            with transaction(self._connection, "immediate"):
                if not self._is_under_way():
                    self._drop_everything()
                place = self._next()
            (remaining,) = self._connection.execute(
                """
                select count(*) - (
                    select count(*)
                    from open_state as o
                    join event as e on e.site = o.site and e.worker = o.worker and e.at <= o.last_at
                    where (o.site, o.worker) >= (?1, ?2)
                )
                from event
                where (site, worker) >= (?1, ?2)
                """,
                place,
            ).fetchone()
        return int(remaining)

    def run(self, decide: Decide) -> Iterator[int]:
        """Make the amounts with `decide`, which follows the same rules; yield the events of each transaction."""
        with translated_errors(self._file):
            registry = Registry(self._connection, hour_offset_of=self._hour_offset_of)
            while True:
                self._lock.check()
                with transaction(self._connection, "immediate"):
                    done = self._transact(registry, decide)
                if done is None:
                    return
                yield done

    def _transact(self, registry: Registry, decide: Decide) -> int | None:
        """Write what follows, up to the size of a transaction; return how many events, None once all is done."""
        workers = self._workers_from(self._next())
        if not workers:
            self._finish()
            return None
        ledger = LedgerRows(self._connection, registry)
        events = 0
        for worker in workers:
            most = EVENTS_TOGETHER - events
            added = self._add(worker, ledger, registry=registry, decide=decide, most=most)
            events += added
            if added >= most:  # there may be more of this one
                break
            self._widen(worker)
            self._connection.execute("update rebuilding set site = ?, worker = ?", (worker[0], worker[1] + 1))
        ledger.write()
        return events

    def _add(self, worker: Worker, ledger: LedgerRows, *, registry: Registry, decide: Decide, most: int) -> int:
        """Add the next events of a worker, in the order of SEMANTICS §3; return how many, fewer than `most` at his end."""
        stands = registry.open_state(worker)
        before = (
            Run(None, None, (), is_last=True) if stands is None else Run(stands.state, stands.last_at, (), is_last=True)
        )
        after = BEFORE_ALL if stands is None else stands.last_at
        bound = {"site": worker[0], "worker": worker[1], "after": after, "end": BEHIND_ALL, "most": most}
        piece = [Entry._make(row) for row in self._connection.execute(_PIECE, bound)]
        if piece:
            splice = decide([before], piece, offset=registry.hour_offset(worker[0]))
            ledger.add(worker, since(registry.horizon(worker[0]), splice))
        return len(piece)

    def _widen(self, worker: Worker) -> None:
        # Let the bounds of each workstation hold the worker's events there.
        self._connection.execute(
            """
            update workstation as st
            set first_at = min(coalesce(st.first_at, seen.first_at), seen.first_at),
                last_at = max(coalesce(st.last_at, seen.last_at), seen.last_at)
            from (
                select workstation, min(at) as first_at, max(at) as last_at
                from event
                where site = ?1 and worker = ?2
                group by workstation
            ) as seen
            where st.site = ?1 and st.number = seen.workstation
            """,
            worker,
        )

    def _is_under_way(self) -> bool:
        begun = self._connection.execute("select session_gap, tail from rebuilding").fetchone()
        return begun == self._rules and all(
            offset == self._hour_offset_of(name) for name, _, offset in sites_of_free_hours(self._connection)
        )

    def _drop_everything(self) -> None:
        drop_amounts(self._connection)
        for name, number, _ in sites_of_free_hours(self._connection):
            self._connection.execute(
                "update site set hour_offset = ? where number = ?", (self._hour_offset_of(name), number)
            )
        # From here on until the end the amounts are not complete.
        self._connection.execute(
            "insert into rebuilding (one, session_gap, tail, site, worker) values (1, ?, ?, 0, 0)", self._rules
        )

    def _next(self) -> Worker:
        site, worker = self._connection.execute("select site, worker from rebuilding").fetchone()
        return (site, worker)

    def _workers_from(self, place: Worker) -> Sequence[Worker]:
        # Those that are left, in the order of their numbers.
        rows = self._connection.execute(
            "select site, number from worker where (site, number) >= (?, ?) order by site, number", place
        ).fetchall()
        return [(site, number) for site, number in rows]

    def _finish(self) -> None:
        self._connection.execute("update arithmetic set session_gap = ?, tail = ?", self._rules)
        self._connection.execute("delete from rebuilding")
