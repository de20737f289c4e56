"""The ledger's tables in the SQLite store: what splices change in them, gathered over a transaction and written once."""

from sqlite_utils.utils import sqlite3

from collector import hours
from collector.hours import Moved
from collector.records import Amounts, OpenState, Splice
from collector.storage import bulk, ledger_blocks
from collector.storage.block_changes import blocks_of, less_shares, rows_of_move, rows_of_range
from collector.storage.ledger_blocks import IS_NOTHING
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
_ADD_BLOCKS = """
    insert into ledger_block (
        site, block, worker, workstation, working, idle, absent, assumed, of_working, of_idle, of_absent
    )
    values {rows}
    on conflict (site, block, worker, workstation) do update
    set working = working + excluded.working, idle = idle + excluded.idle, absent = absent + excluded.absent,
        assumed = assumed + excluded.assumed, of_working = of_working + excluded.of_working,
        of_idle = of_idle + excluded.of_idle, of_absent = of_absent + excluded.of_absent
"""
_CLEAR_BLOCKS = """
    delete from ledger_block
    where site = ? and block = ? and worker = ? and workstation = ?
        and working = 0 and idle = 0 and absent = 0 and assumed = 0 and of_working = 0 and of_idle = 0 and of_absent = 0
"""
_SET_OPEN_STATES = """
    insert into open_state (site, worker, last_at, state_at, state_type, state_workstation, state_camera)
    values {rows}
    on conflict (site, worker) do update
    set last_at = excluded.last_at, state_at = excluded.state_at, state_type = excluded.state_type,
        state_workstation = excluded.state_workstation, state_camera = excluded.state_camera
"""


class LedgerRows:
    """The changes of one transaction."""

    def __init__(self, connection: sqlite3.Connection, registry: Registry) -> None:
        self._connection = connection
        self._registry = registry
        self._hours: list[tuple[int, ...]] = []
        self._blocks: list[tuple[int, ...]] = []
        self._moved: list[tuple[Worker, Moved]] = []
        self._totals: dict[tuple[int, int, int], Amounts] = {}
        self._open_states: list[tuple[int | None, ...]] = []

    def add(self, worker: Worker, splice: Splice) -> None:
        """Take in what changes for a worker; a worker comes once a transaction."""
        site, number = worker
        for (hour, station), amounts in splice.hours.items():
            workstation = self._registry.workstation(site, station)
            self._hours.append((site, hour, number, workstation, *amounts))
            self._add_total((site, number, workstation), amounts)
        for found in splice.hour_ranges:
            workstation = self._registry.workstation(site, found.workstation_id)
            many = (found.end - found.first) // hours.LENGTH
            self._add_total((site, number, workstation), [amount * many for amount in found.amounts])
            of_hours, blocks = rows_of_range(found, (number, workstation), offset=self._registry.hour_offset(site))
            self._hours += [(site, *row) for row in of_hours]
            self._blocks += [(site, *row) for row in blocks]
        for moved in splice.moved:
            self._moved.append((worker, moved))
            for (station, column), sign in ((moved.was, -1), (moved.now, 1)):
                amounts = [0, 0, 0, 0, 0]
                amounts[column] = sign * moved.time
                self._add_total((site, number, self._registry.workstation(site, station)), amounts)
        if splice.open_state is not None:
            self._open_states.append(self._open_row(worker, splice.open_state))
            self._registry.set_open_state(worker, splice.open_state)

    def write(self) -> None:
        """Add the changes to what stands; rows that are nothing any more go."""
        # Where there are blocks, rows of hours may be less than nothing, so that adding to them may leave nothing, too.
        may_leave_nothing = bool(self._blocks) or ledger_blocks.there_are(self._connection)
        if may_leave_nothing:
            self._take_shares_off()
        bulk.execute(self._connection, _ADD_HOURS, rows=self._hours)
        self._write_blocks()
        bulk.execute(
            self._connection, _ADD_TOTALS, rows=[(*place, *amounts) for place, amounts in self._totals.items()]
        )
        # Elsewhere nothing can be left only where something was taken away.
        self._connection.executemany(
            f"delete from ledger where site = ? and hour = ? and worker = ? and workstation = ? and {IS_NOTHING}",  # noqa: S608
            [row[:4] for row in self._hours if may_leave_nothing or min(row[4:]) < 0],
        )
        self._connection.executemany(
            f"delete from total where site = ? and worker = ? and workstation = ? and {IS_NOTHING}",  # noqa: S608
            [place for place, amounts in self._totals.items() if min(amounts) < 0],
        )
        bulk.execute(self._connection, _SET_OPEN_STATES, rows=self._open_states)

    def _take_shares_off(self) -> None:
        for site in {row[0] for row in self._hours}:
            offset = self._registry.hour_offset(site)
            rows = [row[1:] for row in self._hours if row[0] == site]
            shares = ledger_blocks.shares(self._connection, site, blocks=blocks_of(rows, offset=offset))
            self._hours += [(site, *row) for row in less_shares(rows, shares, offset=offset)]

    def _write_blocks(self) -> None:
        bulk.execute(self._connection, _ADD_BLOCKS, rows=self._blocks)
        for (site, number), moved in self._moved:
            times = ledger_blocks.times(self._connection, (site, number), moved=moved)
            stations = (self._registry.workstation(site, station) for station, _ in (moved.was, moved.now))
            was_at, is_at = stations
            rows = [(site, *row) for row in rows_of_move(moved, (number, was_at, is_at), times=times)]
            bulk.execute(self._connection, _ADD_BLOCKS, rows=rows)
            self._blocks += rows
        self._connection.executemany(_CLEAR_BLOCKS, [row[:4] for row in self._blocks])

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
