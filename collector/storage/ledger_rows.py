"""The ledger's tables in the SQLite store: what splices change in them, gathered over a transaction and written once."""

from sqlite_utils.utils import sqlite3

from collector import hours
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
_EVERY_HOUR = """
    with recursive every (hour) as (
        select :first union all select hour + :length from every where hour + :length < :end
    )
"""
_ADD_RANGE = f"""
    insert into ledger (site, hour, worker, workstation, working, idle, absent, assumed, units)
    {_EVERY_HOUR}
    select :site, hour, :worker, :workstation, :working, :idle, :absent, :assumed, :units from every where true
    on conflict (site, hour, worker, workstation) do update
    {_ADD.partition("do update")[2]}
"""  # noqa: S608 - nothing but our own words
_CLEAR_RANGE = f"""
    {_EVERY_HOUR}
    delete from ledger
    where site = :site and worker = :worker and workstation = :workstation and hour in (select hour from every)
        and {{is_nothing}}
"""  # noqa: S608
_SET_OPEN_STATES = """
    insert into open_state (site, worker, last_at, state_at, state_type, state_workstation, state_camera)
    values {rows}
    on conflict (site, worker) do update
    set last_at = excluded.last_at, state_at = excluded.state_at, state_type = excluded.state_type,
        state_workstation = excluded.state_workstation, state_camera = excluded.state_camera
"""
_IS_NOTHING = "working = 0 and idle = 0 and absent = 0 and units = 0"
_COLUMNS = ("working", "idle", "absent", "assumed", "units")


class LedgerRows:
    """The changes of one transaction."""

    def __init__(self, connection: sqlite3.Connection, registry: Registry) -> None:
        self._connection = connection
        self._registry = registry
        self._hours: list[tuple[int, ...]] = []
        self._ranges: list[dict[str, int]] = []
        self._totals: dict[tuple[int, int, int], Amounts] = {}
        self._open_states: list[tuple[int | None, ...]] = []

    def add(self, worker: Worker, splice: Splice) -> None:
        """Take in what changes for a worker; a worker comes once a transaction."""
        site, number = worker
        for (hour, station), amounts in splice.hours.items():
            workstation = self._registry.workstation(site, station)
            self._hours.append((site, hour, number, workstation, *amounts))
            self._add_total((site, number, workstation), amounts)
        for station, first, end, amounts in splice.hour_ranges:
            workstation = self._registry.workstation(site, station)
            place = {"site": site, "worker": number, "workstation": workstation}
            bounds = {"first": first, "end": end, "length": hours.LENGTH}
            self._ranges.append(place | bounds | dict(zip(_COLUMNS, amounts, strict=True)))
            many = (end - first) // hours.LENGTH
            self._add_total((site, number, workstation), [amount * many for amount in amounts])
        if splice.open_state is not None:
            self._open_states.append(self._open_row(worker, splice.open_state))
            self._registry.set_open_state(worker, splice.open_state)

    def write(self) -> None:
        """Add the changes to what stands; rows that are nothing any more go."""
        bulk.execute(self._connection, _ADD_HOURS, rows=self._hours)
        for found in self._ranges:
            self._connection.execute(_ADD_RANGE, found)
            if min(found[column] for column in _COLUMNS) < 0:
                self._connection.execute(_CLEAR_RANGE.format(is_nothing=_IS_NOTHING), found)
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

    def _add_total(self, place: tuple[int, int, int], amounts: Amounts) -> None:
        total = self._totals.get(place)
        self._totals[place] = amounts if total is None else [a + b for a, b in zip(total, amounts, strict=True)]

    def _open_row(self, worker: Worker, stands: OpenState) -> tuple[int | None, ...]:
        if stands.state is None:
            return (*worker, stands.last_at, None, None, None, None)
        at, kind, station, camera = stands.state
        site = worker[0]
        workstation = self._registry.workstation(site, station)
        return (*worker, stands.last_at, at, kind, workstation, self._registry.camera(site, camera))
