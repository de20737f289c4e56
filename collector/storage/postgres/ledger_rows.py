"""The ledger's tables in the PostgreSQL store: what splices change for the workers of one site, written once.

Whoever writes holds the rows of these workers, and all that is written here is theirs.
"""

from collections.abc import Mapping, Sequence

from collector import hours
from collector.hours import Moved
from collector.records import Amounts, OpenState, Splice
from collector.storage.block_changes import blocks_of, less_shares, rows_of_move, rows_of_range
from collector.storage.postgres import columns
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.ledger_blocks import shares, there_are, times

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


ADD_HOURS = _add("ledger", key="site_id, hour, worker, workstation", types=("bigint", "integer", "integer"))
ADD_TOTALS = _add("total", key="site_id, worker, workstation", types=("integer", "integer"))
_DROP_HOURS = """
    delete from ledger as l
    using unnest($2::bigint[], $3::integer[], $4::integer[]) as k (hour, worker, workstation)
    where l.site_id = $1 and l.hour = k.hour and l.worker = k.worker and l.workstation = k.workstation
        and l.working = 0 and l.idle = 0 and l.absent = 0 and l.assumed = 0 and l.units = 0
"""
_ADD_BLOCKS = """
    insert into ledger_block (
        site_id, block, worker, workstation, working, idle, absent, assumed, of_working, of_idle, of_absent
    )
    select $1, * from unnest(
        $2::bigint[], $3::integer[], $4::integer[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
        $10::bigint[], $11::bigint[]
    )
    on conflict (site_id, block, worker, workstation) do update
    set working = ledger_block.working + excluded.working, idle = ledger_block.idle + excluded.idle,
        absent = ledger_block.absent + excluded.absent, assumed = ledger_block.assumed + excluded.assumed,
        of_working = ledger_block.of_working + excluded.of_working, of_idle = ledger_block.of_idle + excluded.of_idle,
        of_absent = ledger_block.of_absent + excluded.of_absent
"""
_DROP_BLOCKS = """
    delete from ledger_block as b
    using unnest($2::bigint[], $3::integer[], $4::integer[]) as k (block, worker, workstation)
    where b.site_id = $1 and b.block = k.block and b.worker = k.worker and b.workstation = k.workstation
        and b.working = 0 and b.idle = 0 and b.absent = 0 and b.assumed = 0
        and b.of_working = 0 and b.of_idle = 0 and b.of_absent = 0
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
        self._hours: dict[tuple[int, ...], Amounts] = {}
        self._blocks: dict[tuple[int, ...], Amounts] = {}
        self._moved: list[tuple[int, Moved]] = []
        self._totals: dict[tuple[int, int], Amounts] = {}
        self._open_states: dict[int, tuple[int | None, ...]] = {}

    def add(self, worker: int, splice: Splice) -> None:
        """Take in what changes for a worker; a worker may come more than once."""
        for (hour, station), amounts in splice.hours.items():
            workstation = self._stations[station]
            self._add_hour((hour, worker, workstation), amounts)
            self._add_total((worker, workstation), amounts)
        for found in splice.hour_ranges:
            place = (worker, self._stations[found.workstation_id])
            many = (found.end - found.first) // hours.LENGTH
            self._add_total(place, [amount * many for amount in found.amounts])
            of_hours, blocks = rows_of_range(found, place, offset=self._offset)
            for row in of_hours:
                self._add_hour(row[:3], row[3:])
            for row in blocks:
                self._blocks[row[:3]] = _sum(self._blocks.get(row[:3]), row[3:])
        for moved in splice.moved:
            self._moved.append((worker, moved))
            for (station, column), sign in ((moved.was, -1), (moved.now, 1)):
                amounts = [0, 0, 0, 0, 0]
                amounts[column] = sign * moved.time
                self._add_total((worker, self._stations[station]), amounts)
        if splice.open_state is not None:
            self._open_states[worker] = self._open_row(worker, splice.open_state)

    async def write(self, connection: Connection, site: int) -> None:
        """Add the changes to what stands; rows that are nothing any more go."""
        totals = [(*place, *amounts) for place, amounts in self._totals.items()]
        # Where there are blocks, rows of hours may be less than nothing, so that adding to them may leave nothing, too.
        may_leave_nothing = bool(self._blocks) or (bool(self._hours) and await there_are(connection, site))
        if may_leave_nothing:
            await self._take_shares_off(connection, site)
        of_hours = [(*place, *amounts) for place, amounts in self._hours.items()]
        await columns.execute(connection, ADD_HOURS, site=site, rows=of_hours)
        await self._write_blocks(connection, site)
        await columns.execute(connection, ADD_TOTALS, site=site, rows=totals)
        # Elsewhere nothing can be left only where something was taken away.
        emptied = [row[:3] for row in of_hours if may_leave_nothing or min(row[3:]) < 0]
        await columns.execute(connection, _DROP_HOURS, site=site, rows=emptied)
        await columns.execute(connection, _DROP_TOTALS, site=site, rows=[row[:2] for row in totals if min(row[2:]) < 0])
        await columns.execute(connection, _SET_OPEN_STATES, site=site, rows=[*self._open_states.values()])

    async def _take_shares_off(self, connection: Connection, site: int) -> None:
        rows = [(*place, *amounts) for place, amounts in self._hours.items()]
        found = await shares(connection, site, blocks=blocks_of(rows, offset=self._offset))
        for row in less_shares(rows, found, offset=self._offset):
            self._add_hour(row[:3], row[3:])

    async def _write_blocks(self, connection: Connection, site: int) -> None:
        written = [(*place, *amounts) for place, amounts in self._blocks.items()]
        await columns.execute(connection, _ADD_BLOCKS, site=site, rows=written)
        for worker, moved in self._moved:
            held = await times(connection, (site, worker), moved=moved)
            was_at, is_at = (self._stations[station] for station, _ in (moved.was, moved.now))
            rows = rows_of_move(moved, (worker, was_at, is_at), times=held)
            await columns.execute(connection, _ADD_BLOCKS, site=site, rows=rows)
            written += rows
        await columns.execute(connection, _DROP_BLOCKS, site=site, rows=[row[:3] for row in written])

    def _add_hour(self, place: tuple[int, ...], amounts: Sequence[int]) -> None:
        self._hours[place] = _sum(self._hours.get(place), amounts)

    def _add_total(self, place: tuple[int, int], amounts: Sequence[int]) -> None:
        self._totals[place] = _sum(self._totals.get(place), amounts)

    def _open_row(self, worker: int, stands: OpenState) -> tuple[int | None, ...]:
        if stands.state is None:
            return (worker, stands.last_at, None, None, None, None)
        at, kind, station, camera = stands.state
        place, source = self._stations[station], None if camera is None else self._cameras[camera]
        return (worker, stands.last_at, at, kind, place, source)


def _sum(before: Amounts | None, more: Sequence[int]) -> Amounts:
    return [*more] if before is None else [a + b for a, b in zip(before, more, strict=True)]
