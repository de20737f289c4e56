"""The ledger's tables in the SQLite store: what splices change in them, gathered over a transaction and written once."""

from sqlite_utils.utils import sqlite3

from collector import hours
from collector.hours import HourRange
from collector.records import Amounts, OpenState, Splice
from collector.storage import bulk, ledger_blocks
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
_EVERY = """
    with recursive every (first) as (
        select :first union all select first + :length from every where first + :length < :end
    )
"""
# As many hours one after the other, that all gain and lose the same.
_ADD_RANGE = f"""
    insert into ledger (site, hour, worker, workstation, working, idle, absent, assumed, units)
    {_EVERY}
    select :site, first, :worker, :workstation, :working, :idle, :absent, :assumed, 0 from every where true
    on conflict (site, hour, worker, workstation) do update
    {_ADD.partition("do update")[2]}
"""  # noqa: S608 - nothing but our own words, as below
_CLEAR_RANGE = f"""
    {_EVERY}
    delete from ledger
    where site = :site and worker = :worker and workstation = :workstation and hour in (select first from every)
        and {IS_NOTHING}
"""  # noqa: S608
# As many blocks one after the other, of whose hours the same is true.
_ADD_BLOCKS = f"""
    insert into ledger_block (site, block, worker, workstation, working, idle, absent, assumed)
    {_EVERY}
    select :site, first, :worker, :workstation, :working, :idle, :absent, :assumed from every where true
    on conflict (site, block, worker, workstation) do update
    set working = working + excluded.working, idle = idle + excluded.idle, absent = absent + excluded.absent,
        assumed = assumed + excluded.assumed
"""  # noqa: S608
_CLEAR_BLOCKS = f"""
    {_EVERY}
    delete from ledger_block
    where site = :site and worker = :worker and workstation = :workstation and block in (select first from every)
        and working = 0 and idle = 0 and absent = 0 and assumed = 0
"""  # noqa: S608
_SET_OPEN_STATES = """
    insert into open_state (site, worker, last_at, state_at, state_type, state_workstation, state_camera)
    values {rows}
    on conflict (site, worker) do update
    set last_at = excluded.last_at, state_at = excluded.state_at, state_type = excluded.state_type,
        state_workstation = excluded.state_workstation, state_camera = excluded.state_camera
"""
_TIMES = ("working", "idle", "absent", "assumed")


class LedgerRows:
    """The changes of one transaction."""

    def __init__(self, connection: sqlite3.Connection, registry: Registry) -> None:
        self._connection = connection
        self._registry = registry
        self._hours: list[tuple[int, ...]] = []
        self._ranges: list[dict[str, int]] = []
        self._blocks: list[dict[str, int]] = []
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
            place = {"site": site, "worker": number, "workstation": workstation}
            ends, blocks = hours.cut(found, offset=self._registry.hour_offset(site))
            self._ranges += [place | _bound(end, length=hours.LENGTH) for end in ends]
            if blocks is not None:
                self._blocks.append(place | _bound(blocks, length=hours.block_length()))
        if splice.open_state is not None:
            self._open_states.append(self._open_row(worker, splice.open_state))
            self._registry.set_open_state(worker, splice.open_state)

    def write(self) -> None:
        """Add the changes to what stands; rows that are nothing any more go."""
        # Where there are blocks, rows of hours may be less than nothing, so that adding to them may leave nothing, too.
        may_leave_nothing = bool(self._blocks) or ledger_blocks.there_are(self._connection)
        bulk.execute(self._connection, _ADD_HOURS, rows=self._hours)
        for found in self._ranges:
            self._connection.execute(_ADD_RANGE, found)
            if may_leave_nothing or min(found[column] for column in _TIMES) < 0:
                self._connection.execute(_CLEAR_RANGE, found)
        for found in self._blocks:
            self._connection.execute(_ADD_BLOCKS, found)
            self._connection.execute(_CLEAR_BLOCKS, found)
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


def _bound(found: HourRange, *, length: int) -> dict[str, int]:
    times = dict(zip(_TIMES, found.amounts, strict=False))  # a count has one hour, so a range has no units
    return {"first": found.first, "end": found.end, "length": length} | times
