"""The ledger's tables in the PostgreSQL store: what splices change for the workers of one site, written once.

Whoever writes holds the rows of these workers, and all that is written here is theirs.
"""

from collections.abc import Mapping, Sequence

from collector import hours
from collector.hours import HourRange
from collector.records import UNITS, Amounts, OpenState, Splice
from collector.storage.postgres import columns
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.ledger_blocks import there_are

_SUMS = """
    working = {table}.working + excluded.working, idle = {table}.idle + excluded.idle,
    absent = {table}.absent + excluded.absent, assumed = {table}.assumed + excluded.assumed,
    units = {table}.units + excluded.units
"""
_ADD = """
    insert into {table} ({key}, working, idle, absent, assumed, units)
    select $1, * from unnest({types}, $N::bigint[], $O::bigint[], $P::bigint[], $Q::bigint[], $R::bigint[])
    on conflict ({key}) do update set {sums}
"""


def _add(table: str, *, key: str, types: Sequence[str]) -> str:
    marks = [f"${place}::{kind}[]" for place, kind in enumerate(types, start=2)]
    statement = _ADD.format(table=table, key=key, types=", ".join(marks), sums=_SUMS.format(table=table))
    for place, mark in enumerate("NOPQR", start=2 + len(types)):
        statement = statement.replace(f"${mark}", f"${place}")
    return statement


_ADD_HOURS = _add("ledger", key="site_id, hour, worker, workstation", types=("bigint", "integer", "integer"))
_ADD_TOTALS = _add("total", key="site_id, worker, workstation", types=("integer", "integer"))
_DROP_HOURS = """
    delete from ledger as l
    using unnest($2::bigint[], $3::integer[], $4::integer[]) as k (hour, worker, workstation)
    where l.site_id = $1 and l.hour = k.hour and l.worker = k.worker and l.workstation = k.workstation
        and l.working = 0 and l.idle = 0 and l.absent = 0 and l.assumed = 0 and l.units = 0
"""
# As many hours one after the other, that all gain and lose the same.
_ADD_RANGE = f"""
    insert into ledger (site_id, hour, worker, workstation, working, idle, absent, assumed, units)
    select $1, every.hour, $2, $3, $4, $5, $6, $7, 0
    from generate_series($8::bigint, $9::bigint - 1, $10::bigint) as every (hour)
    on conflict (site_id, hour, worker, workstation) do update set {_SUMS.format(table="ledger")}
"""  # noqa: S608 - nothing but our own words
_CLEAR_RANGE = """
    delete from ledger as l
    using generate_series($4::bigint, $5::bigint - 1, $6::bigint) as every (hour)
    where l.site_id = $1 and l.hour = every.hour and l.worker = $2 and l.workstation = $3
        and l.working = 0 and l.idle = 0 and l.absent = 0 and l.assumed = 0 and l.units = 0
"""
# As many blocks one after the other, of whose hours the same is true.
_ADD_BLOCKS = """
    insert into ledger_block (site_id, block, worker, workstation, working, idle, absent, assumed)
    select $1, every.block, $2, $3, $4, $5, $6, $7
    from generate_series($8::bigint, $9::bigint - 1, $10::bigint) as every (block)
    on conflict (site_id, block, worker, workstation) do update
    set working = ledger_block.working + excluded.working, idle = ledger_block.idle + excluded.idle,
        absent = ledger_block.absent + excluded.absent, assumed = ledger_block.assumed + excluded.assumed
"""
_CLEAR_BLOCKS = """
    delete from ledger_block as b
    using generate_series($4::bigint, $5::bigint - 1, $6::bigint) as every (block)
    where b.site_id = $1 and b.block = every.block and b.worker = $2 and b.workstation = $3
        and b.working = 0 and b.idle = 0 and b.absent = 0 and b.assumed = 0
"""
_DROP_TOTALS = """
    delete from total as t
    using unnest($2::integer[], $3::integer[]) as k (worker, workstation)
    where t.site_id = $1 and t.worker = k.worker and t.workstation = k.workstation
        and t.working = 0 and t.idle = 0 and t.absent = 0 and t.units = 0
"""
_SET_OPEN_STATES = """
    insert into open_state (site_id, worker, last_at, state_at, state_type, state_workstation, state_camera)
    select $1, * from unnest($2::integer[], $3::bigint[], $4::bigint[], $5::smallint[], $6::integer[], $7::integer[])
    on conflict (site_id, worker) do update
    set last_at = excluded.last_at, state_at = excluded.state_at, state_type = excluded.state_type,
        state_workstation = excluded.state_workstation, state_camera = excluded.state_camera
"""


class LedgerRows:
    """The changes of one transaction at one site."""

    def __init__(self, *, stations: Mapping[str, int], cameras: Mapping[str, int], offset: int) -> None:
        """Take the numbers of all workstations and cameras that the splices name, and where the site's hours begin."""
        self._offset = offset
        self._stations = stations
        self._cameras = cameras
        self._hours: dict[tuple[int, int, int], Amounts] = {}
        self._ranges: list[tuple[int, HourRange]] = []
        self._totals: dict[tuple[int, int], Amounts] = {}
        self._open_states: dict[int, tuple[int | None, ...]] = {}

    def add(self, worker: int, splice: Splice) -> None:
        """Take in what changes for a worker; a worker may come more than once."""
        for (hour, station), amounts in splice.hours.items():
            workstation = self._stations[station]
            of_hour, place = (hour, worker, workstation), (worker, workstation)
            self._hours[of_hour] = _sum(self._hours.get(of_hour), amounts)
            self._totals[place] = _sum(self._totals.get(place), amounts)
        for found in splice.hour_ranges:
            place = (worker, self._stations[found.workstation_id])
            many = (found.end - found.first) // hours.LENGTH
            self._totals[place] = _sum(self._totals.get(place), [amount * many for amount in found.amounts])
            self._ranges.append((worker, found))
        if splice.open_state is not None:
            self._open_states[worker] = self._open_row(worker, splice.open_state)

    async def write(self, connection: Connection, site: int) -> None:
        """Add the changes to what stands; rows that are nothing any more go."""
        of_hours = [(*place, *amounts) for place, amounts in self._hours.items()]
        totals = [(*place, *amounts) for place, amounts in self._totals.items()]
        # Where there are blocks, rows of hours may be less than nothing, so that adding to them may leave nothing, too.
        may_leave_nothing = bool(self._ranges) or (bool(of_hours) and await there_are(connection, site))
        await columns.execute(connection, _ADD_HOURS, site=site, rows=of_hours)
        for worker, found in self._ranges:
            await self._write_range(connection, (site, worker), found=found)
        await columns.execute(connection, _ADD_TOTALS, site=site, rows=totals)
        # Elsewhere nothing can be left only where something was taken away.
        emptied = [row[:3] for row in of_hours if may_leave_nothing or min(row[3:]) < 0]
        await columns.execute(connection, _DROP_HOURS, site=site, rows=emptied)
        await columns.execute(connection, _DROP_TOTALS, site=site, rows=[row[:2] for row in totals if min(row[2:]) < 0])
        await columns.execute(connection, _SET_OPEN_STATES, site=site, rows=[*self._open_states.values()])

    async def _write_range(self, connection: Connection, worker: tuple[int, int], *, found: HourRange) -> None:
        place = (*worker, self._stations[found.workstation_id])
        times = found.amounts[:UNITS]  # a count has one hour, so a range has no units
        ends, blocks = hours.cut(found, offset=self._offset)
        for end in ends:
            bounds = (end.first, end.end, hours.LENGTH)
            await connection.execute(_ADD_RANGE, *place, *times, *bounds)
            await connection.execute(_CLEAR_RANGE, *place, *bounds)
        if blocks is not None:
            bounds = (blocks.first, blocks.end, hours.block_length())
            await connection.execute(_ADD_BLOCKS, *place, *times, *bounds)
            await connection.execute(_CLEAR_BLOCKS, *place, *bounds)

    def _open_row(self, worker: int, stands: OpenState) -> tuple[int | None, ...]:
        if stands.state is None:
            return (worker, stands.last_at, None, None, None, None)
        at, kind, station, camera = stands.state
        place, source = self._stations[station], None if camera is None else self._cameras[camera]
        return (worker, stands.last_at, at, kind, place, source)


def _sum(before: Amounts | None, more: Amounts) -> Amounts:
    return more if before is None else [a + b for a, b in zip(before, more, strict=True)]
