"""The ledger's tables in the SQLite store: what splices change in them, gathered over a transaction and written once."""

from sqlite_utils.utils import sqlite3

from collector.records import Amounts, OpenState, Splice
from collector.storage import bulk
from collector.storage.neighbourhood import Worker
from collector.storage.registry import Registry

_ADD = """
    insert into {table} ({key}, working, idle, absent, assumed, units)
    values {{rows}}
    on conflict ({key}) do update
    set working = working + excluded.working, idle = idle + excluded.idle, absent = absent + excluded.absent,
        assumed = assumed + excluded.assumed, units = units + excluded.units
"""
_ADD_HOURS = _ADD.format(table="ledger", key="site, hour, worker, workstation")
_ADD_TOTALS = _ADD.format(table="total", key="site, worker, workstation")
_SET_OPEN_STATES = """
    insert into open_state (site, worker, last_at, state_at, state_type, state_workstation, state_camera)
    values {rows}
    on conflict (site, worker) do update
    set last_at = excluded.last_at, state_at = excluded.state_at, state_type = excluded.state_type,
        state_workstation = excluded.state_workstation, state_camera = excluded.state_camera
"""
_IS_NOTHING = "working = 0 and idle = 0 and absent = 0 and units = 0"


class LedgerRows:
    """The changes of one transaction."""

    def __init__(self, connection: sqlite3.Connection, registry: Registry) -> None:
        self._connection = connection
        self._registry = registry
        self._hours: list[tuple[int, ...]] = []
        self._totals: dict[tuple[int, int, int], Amounts] = {}
        self._open_states: list[tuple[int | None, ...]] = []

    def add(self, worker: Worker, splice: Splice) -> None:
        """Take in what changes for a worker; a worker comes once a transaction."""
        site, number = worker
        for (hour, station), amounts in splice.hours.items():
            workstation = self._registry.workstation(site, station)
            self._hours.append((site, hour, number, workstation, *amounts))
            place = (site, number, workstation)
            total = self._totals.get(place)
            self._totals[place] = amounts if total is None else [a + b for a, b in zip(total, amounts, strict=True)]
        if splice.open_state is not None:
            self._open_states.append(self._open_row(worker, splice.open_state))
            self._registry.set_open_state(worker, splice.open_state)

    def write(self) -> None:
        """Add the changes to what stands; rows that are nothing any more go."""
        bulk.execute(self._connection, _ADD_HOURS, rows=self._hours)
        bulk.execute(
            self._connection, _ADD_TOTALS, rows=[(*place, *amounts) for place, amounts in self._totals.items()]
        )
        # Only where something was taken away can nothing be left.
        self._connection.executemany(
            f"delete from ledger where site = ? and hour = ? and worker = ? and workstation = ? and {_IS_NOTHING}",  # noqa: S608
            [row[:4] for row in self._hours if min(row[4:]) < 0],
        )
        self._connection.executemany(
            f"delete from total where site = ? and worker = ? and workstation = ? and {_IS_NOTHING}",  # noqa: S608
            [place for place, amounts in self._totals.items() if min(amounts) < 0],
        )
        bulk.execute(self._connection, _SET_OPEN_STATES, rows=self._open_states)

    def _open_row(self, worker: Worker, stands: OpenState) -> tuple[int | None, ...]:
        if stands.state is None:
            return (*worker, stands.last_at, None, None, None, None)
        at, kind, station, camera = stands.state
        site = worker[0]
        workstation = self._registry.workstation(site, station)
        return (*worker, stands.last_at, at, kind, workstation, self._registry.camera(site, camera))
