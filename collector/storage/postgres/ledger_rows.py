"""The ledger's tables in the PostgreSQL store: what splices change for the workers of one site, written once.

Whoever writes holds the rows of these workers, and all that is written here is theirs.
"""

from collections.abc import Mapping, Sequence

from collector.records import Amounts, OpenState, Splice
from collector.storage.postgres import columns
from collector.storage.postgres.connecting import Connection

_ADD = """
    insert into {table} ({key}, working, idle, absent, assumed, units)
    select $1, * from unnest({types}, $N::bigint[], $O::bigint[], $P::bigint[], $Q::bigint[], $R::bigint[])
    on conflict ({key}) do update
    set working = {table}.working + excluded.working, idle = {table}.idle + excluded.idle,
        absent = {table}.absent + excluded.absent, assumed = {table}.assumed + excluded.assumed,
        units = {table}.units + excluded.units
"""


def _add(table: str, *, key: str, types: Sequence[str]) -> str:
    marks = [f"${place}::{kind}[]" for place, kind in enumerate(types, start=2)]
    statement = _ADD.format(table=table, key=key, types=", ".join(marks))
    for place, mark in enumerate("NOPQR", start=2 + len(types)):
        statement = statement.replace(f"${mark}", f"${place}")
    return statement


_ADD_HOURS = _add("ledger", key="site_id, hour, worker, workstation", types=("bigint", "integer", "integer"))
_ADD_TOTALS = _add("total", key="site_id, worker, workstation", types=("integer", "integer"))
_DROP_HOURS = """
    delete from ledger as l
    using unnest($2::bigint[], $3::integer[], $4::integer[]) as k (hour, worker, workstation)
    where l.site_id = $1 and l.hour = k.hour and l.worker = k.worker and l.workstation = k.workstation
        and l.working = 0 and l.idle = 0 and l.absent = 0 and l.units = 0
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

    def __init__(self, *, stations: Mapping[str, int], cameras: Mapping[str, int]) -> None:
        """Take the numbers of all workstations and cameras that the splices name."""
        self._stations = stations
        self._cameras = cameras
        self._hours: dict[tuple[int, int, int], Amounts] = {}
        self._totals: dict[tuple[int, int], Amounts] = {}
        self._open_states: dict[int, tuple[int | None, ...]] = {}

    def add(self, worker: int, splice: Splice) -> None:
        """Take in what changes for a worker; a worker may come more than once."""
        for (hour, station), amounts in splice.hours.items():
            workstation = self._stations[station]
            of_hour, place = (hour, worker, workstation), (worker, workstation)
            self._hours[of_hour] = _sum(self._hours.get(of_hour), amounts)
            self._totals[place] = _sum(self._totals.get(place), amounts)
        if splice.open_state is not None:
            self._open_states[worker] = self._open_row(worker, splice.open_state)

    async def write(self, connection: Connection, site: int) -> None:
        """Add the changes to what stands; rows that are nothing any more go."""
        hours = [(*place, *amounts) for place, amounts in self._hours.items()]
        totals = [(*place, *amounts) for place, amounts in self._totals.items()]
        await columns.execute(connection, _ADD_HOURS, site=site, rows=hours)
        await columns.execute(connection, _ADD_TOTALS, site=site, rows=totals)
        # Only where something was taken away can nothing be left.
        await columns.execute(connection, _DROP_HOURS, site=site, rows=[row[:3] for row in hours if min(row[3:]) < 0])
        await columns.execute(connection, _DROP_TOTALS, site=site, rows=[row[:2] for row in totals if min(row[2:]) < 0])
        await columns.execute(connection, _SET_OPEN_STATES, site=site, rows=[*self._open_states.values()])

    def _open_row(self, worker: int, stands: OpenState) -> tuple[int | None, ...]:
        if stands.state is None:
            return (worker, stands.last_at, None, None, None, None)
        at, kind, station, camera = stands.state
        place, source = self._stations[station], None if camera is None else self._cameras[camera]
        return (worker, stands.last_at, at, kind, place, source)


def _sum(before: Amounts | None, more: Amounts) -> Amounts:
    return more if before is None else [a + b for a, b in zip(before, more, strict=True)]
