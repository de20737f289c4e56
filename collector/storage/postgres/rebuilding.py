"""The stored amounts of a PostgreSQL store made anew from its events: ledger, totals, open states, bounds of workstations.

Collectors may run meanwhile: as long as a row stands in `rebuilding` they neither store nor show anything, and tell everybody
to come again. Worker after worker goes through the same `decide` as arriving events, in transactions of some 20,000 events; the
row says which worker is next and under which rules, and that worker's open state how far he has come. Killed at any moment, the
next run takes it up there, or begins anew if the settings say something else by then.
"""

from collections.abc import Callable, Iterator, Sequence

from collector.records import Decide, Entry, LedgerRules, Run, Splice
from collector.storage.postgres import connecting, locks
from collector.storage.postgres.held import HeldDatabase
from collector.storage.postgres.ledger_rows import LedgerRows
from collector.storage.postgres.migrating import migrate, refuse_unfinished
from collector.storage.postgres.what_stays import drop_amounts, sites_of_free_hours
from collector.storage.postgres.workers import open_states
from collector.storage.what_stays import since
from shared.errors import FileHeld

EVENTS_TOGETHER = 20_000
"""Of a transaction, and a few more: all of one worker's events at one instant go together."""
BEFORE_ALL, BEHIND_ALL = -(2**62), 2**62
SECONDS_A_STATEMENT = 3_600.0

Place = tuple[int, int]
"""The numbers of a site and a worker."""
_PIECE = """
    select e.at, e.type, st.station_id, e.count, e.confidence, c.name
    from event as e
    join workstation as st on st.site_id = $1 and st.number = e.workstation
    left join camera as c on c.site_id = $1 and c.number = e.camera
    where e.site_id = $1 and e.worker = $2 and e.at > $3 and e.at <= coalesce(
        (select at from event where site_id = $1 and worker = $2 and at > $3 order by at limit 1 offset $4 - 1), $5
    )
    order by e.at, e.type, st.station_id
"""
# The bounds of each workstation hold the worker's events there.
_WIDEN = """
    update workstation as st
    set first_at = least(st.first_at, seen.first_at), last_at = greatest(st.last_at, seen.last_at)
    from (
        select workstation, min(at) as first_at, max(at) as last_at
        from event
        where site_id = $1 and worker = $2
        group by workstation
    ) as seen
    where st.site_id = $1 and st.number = seen.workstation
"""


class PostgresRebuilding(HeldDatabase):
    """A rebuild of one database; a context manager that keeps other rebuilds out."""

    def __init__(self, url: str, *, rules: LedgerRules, hour_offset_of: Callable[[str], int]) -> None:
        """Rebuild with these rules, and hours that begin at each site where `hour_offset_of` says."""
        super().__init__(url)
        self._rules = rules
        self._hour_offset_of = hour_offset_of

    def begin(self) -> int:
        """Take up what was begun under the same rules, or drop all amounts; return how many events are to go through."""
        return self._run(self._begin())

    def run(self, decide: Decide) -> Iterator[int]:
        """Make the amounts with `decide`, which follows the same rules; yield the events of each transaction."""
        while (done := self._run(self._transact(decide))) is not None:
            yield done

    async def _take(self) -> None:
        self._pool = await connecting.new_pool(self._url, size=1, statement_seconds=SECONDS_A_STATEMENT)
        self._connection = await self._pool.acquire()
        if not await locks.try_to_keep(self._connection, locks.UPKEEP):
            raise FileHeld("the database is being looked after by another command", hint="try again when it is done")
        await migrate(self._connection, rules=self._rules)
        if await self._connection.fetchval("select tail < 0 from rebuilding"):
            await refuse_unfinished(self._connection)  # a copy half made: sums of its events would be of some of them

    async def _begin(self) -> int:
        connection = self._connection
        async with connection.transaction():
            await locks.take(connection, locks.RULES)  # after all transactions that are under way
            if not await self._is_under_way():
                await self._drop_everything()
            place = await connection.fetchrow("select site_id, worker from rebuilding")
        # How many events are left: two questions, since a cluster counts within none.
        there: int = await connection.fetchval("select count(*) from event where (site_id, worker) >= ($1, $2)", *place)
        done: int = await connection.fetchval(
            """
            select count(*)
            from open_state as o
            join event as e on e.site_id = o.site_id and e.worker = o.worker and e.at <= o.last_at
            where (o.site_id, o.worker) >= ($1, $2)
            """,
            *place,
        )
        return there - done

    async def _is_under_way(self) -> bool:
        begun = await self._connection.fetchrow("select session_gap, tail from rebuilding")
        if begun is None or LedgerRules(*begun) != self._rules:
            return False
        free = await sites_of_free_hours(self._connection)
        return all(site.hour_offset == self._hour_offset_of(site.name) for site in free)

    async def _drop_everything(self) -> None:
        connection = self._connection
        await drop_amounts(connection)
        for site in await sites_of_free_hours(connection):
            await connection.execute(
                "update site set hour_offset = $2 where site_id = $1", site.number, self._hour_offset_of(site.name)
            )
        # From here on until the end the amounts are not complete.
        await connection.execute(
            "insert into rebuilding (one, session_gap, tail, site_id, worker) values (true, $1, $2, 0, 0)", *self._rules
        )

    async def _transact(self, decide: Decide) -> int | None:
        """Write what follows, up to the size of a transaction; return how many events, None once all is done."""
        connection = self._connection
        async with connection.transaction():
            site, worker = await connection.fetchrow("select site_id, worker from rebuilding")
            # The workers that are left of this site or the next one, in the order of their numbers.
            rows = await connection.fetch(
                """
                select number
                from worker
                where site_id = (select min(site_id) from worker where (site_id, number) >= ($1, $2))
                    and (site_id > $1 or number >= $2)
                order by number
                """,
                site,
                worker,
            )
            if not rows:
                await self._finish()
                return None
            site = await connection.fetchval(
                "select min(site_id) from worker where (site_id, number) >= ($1, $2)", site, worker
            )
            return await self._add_workers(site, [number for (number,) in rows], decide=decide)

    async def _add_workers(self, site: int, workers: list[int], *, decide: Decide) -> int:
        connection = self._connection
        offset, horizon = await connection.fetchrow(
            "select hour_offset, events_from from site where site_id = $1", site
        )
        stations, cameras = [
            dict(map(tuple, await connection.fetch(statement, site)))
            for statement in (
                "select station_id, number from workstation where site_id = $1",
                "select name, number from camera where site_id = $1",
            )
        ]
        ledger = LedgerRows(stations=stations, cameras=cameras, offset=offset)
        told = decide if horizon is None else _since(horizon, decide)
        events = 0
        for worker in workers:
            most = EVENTS_TOGETHER - events
            added = await self._add((site, worker), ledger, decide=told, offset=offset, most=most)
            events += added
            if added >= most:  # there may be more of this one
                break
            await connection.execute(_WIDEN, site, worker)
            await connection.execute("update rebuilding set site_id = $1, worker = $2", site, worker + 1)
        await ledger.write(connection, site)
        return events

    async def _add(self, worker: Place, ledger: LedgerRows, *, decide: Decide, offset: int, most: int) -> int:
        """Add the next events of a worker, in the order of SEMANTICS §3; return how many, fewer than `most` at his end."""
        site, number = worker
        stands = (await open_states(self._connection, site, workers=[number])).get(number)
        before = (
            Run(None, None, (), is_last=True) if stands is None else Run(stands.state, stands.last_at, (), is_last=True)
        )
        after = BEFORE_ALL if stands is None else stands.last_at
        rows = await self._connection.fetch(_PIECE, site, number, after, most, BEHIND_ALL)
        if rows:
            piece = [Entry._make(row) for row in rows]
            ledger.add(number, decide([before], piece, offset=offset))
        return len(rows)

    async def _finish(self) -> None:
        await locks.take(self._connection, locks.RULES)
        await self._connection.execute(
            "update arithmetic set session_gap = $1, tail = $2, generation = generation + 1", *self._rules
        )
        await self._connection.execute("delete from rebuilding")


def _since(horizon: int, decide: Decide) -> Decide:
    """Return what decides of the hours from a horizon on: those before it stay as they were counted."""

    def decided(runs: Sequence[Run], arrivals: Sequence[Entry], *, offset: int) -> Splice:
        return since(horizon, decide(runs, arrivals, offset=offset))

    return decided
