"""What a collector remembers between transactions: the numbers behind ids, which stay once they are committed.

An erasing voids them, and so does another name of a site: both raise the generation that `renew` is told.
Where a worker's time stands is not among it: other collectors move it. After a rollback `forget` must be called: what was
given in it is void; `renew` does so when a site got another name.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from collector.records import Delivery
from collector.storage.keyed_mark import Marks
from collector.storage.postgres import locks
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.holding import held_names_are_told
from collector.storage.postgres.homes import Homes
from collector.storage.postgres.marks import marks_of

Worker = tuple[int, int]
"""The numbers of a site and a worker."""


class _Kind(NamedTuple):
    """Something that has a number within its site, and the three statements for it."""

    find: str
    add: str


def _kind(table: str, column: str) -> _Kind:
    return _Kind(
        f"select {column}, number from {table} where site_id = $1 and {column} = any($2::text[])",  # noqa: S608 - ours
        f"""
        insert into {table} (site_id, number, {column})
        select $1, (select coalesce(max(number), 0) from {table} where site_id = $1) + new.place, new.id
        from unnest($2::text[]) with ordinality as new (id, place)
        returning {column}, number
        """,  # noqa: S608 - names of ours
    )


WORKER, STATION, CAMERA = _kind("worker", "worker_id"), _kind("workstation", "station_id"), _kind("camera", "name")


class Registry:
    """Sites, workers, workstations and cameras by their numbers."""

    def __init__(self, *, hour_offset_of: Callable[[str], int]) -> None:
        """Begin with nothing; `hour_offset_of` says where the hours of a new site begin, in µs past the full hour."""
        self._hour_offset_of = hour_offset_of
        self._generation: int | None = None
        self._homes = Homes()
        self._sites: dict[str, tuple[int, int]] = {}
        self._horizons: dict[int, int | None] = {}
        self._marks: dict[int, Marks] = {}
        self._numbers: dict[tuple[_Kind, int], dict[str, int]] = {}

    def forget(self) -> None:
        """Drop everything remembered; the tables are asked anew."""
        self._homes.forget()
        self._sites.clear()
        self._horizons.clear()
        self._marks.clear()
        self._numbers.clear()

    def renew(self, generation: int) -> None:
        """Drop everything if names of sites have changed since."""
        if generation != self._generation:
            self.forget()
            self._generation = generation

    async def place(self, connection: Connection, deliveries: Sequence[Delivery]) -> list[int]:
        """Return the number of the site that each delivery belongs to; all of them exist from now on."""
        places = await self._homes.place(connection, deliveries, know=partial(self._know_sites, connection))
        with held_names_are_told(lambda: [at for at, name in enumerate(places) if name not in self._sites]):
            await self._know_sites(connection, set(places))
        return [self._sites[name][0] for name in places]

    async def site(self, connection: Connection, name: str) -> int:
        """Return the number of a site, which exists from now on."""
        await self._know_sites(connection, {name})
        return self._sites[name][0]

    def names(self) -> dict[int, str]:
        """Return the name of each known site."""
        return {number: name for name, (number, _) in self._sites.items()}

    def offsets(self) -> dict[int, int]:
        """Return where the hours of each known site begin, in microseconds past the full hour."""
        return dict(self._sites.values())

    def horizon(self, site: int) -> int | None:
        """Return the instant before which a known site takes no events, as last heard; it may be a later one by now."""
        return self._horizons[site]

    def move_horizon(self, site: int, horizon: int | None) -> None:
        """Remember from when on a site takes events."""
        self._horizons[site] = horizon

    async def marks(self, connection: Connection, site: int) -> Marks:
        """Return the marks of those who were erased at a site; erasing another one voids what is remembered."""
        if site not in self._marks:
            self._marks[site] = await marks_of(connection, site)
        return self._marks[site]

    async def erased(self, connection: Connection, site: int, *, ids: Collection[str]) -> set[str]:
        """Return which of these workers were erased; whoever is registered was not."""
        marks = await self.marks(connection, site)
        return set(filter(marks.bears, await self.know(connection, site, kind=WORKER, ids=ids)))

    async def register(self, connection: Connection, site: int, *, of: Iterable[tuple[_Kind, Collection[str]]]) -> None:
        """Let ids of a site be known, with a number each; all before rows of workers are locked."""
        is_locked = False
        for kind, ids in of:
            missing = await self.know(connection, site, kind=kind, ids=ids)
            if missing and not is_locked:
                await locks.take(connection, locks.ids_of(site))
                is_locked = True
                missing = await self.know(connection, site, kind=kind, ids=missing)
            if missing:
                rows = await connection.fetch(kind.add, site, sorted(missing))
                self._numbers[kind, site].update([(row[0], row[1]) for row in rows])

    async def know(self, connection: Connection, site: int, *, kind: _Kind, ids: Collection[str]) -> set[str]:
        """Let the registered of these ids be known; return the others."""
        known = self._numbers.setdefault((kind, site), {})
        wanted = [each for each in ids if each not in known]
        if not wanted:
            return set()
        known.update([(row[0], row[1]) for row in await connection.fetch(kind.find, site, wanted)])
        return {each for each in wanted if each not in known}

    def numbers(self, site: int, *, kind: _Kind) -> dict[str, int]:
        """Return the numbers of what is known of a site."""
        return self._numbers.setdefault((kind, site), {})

    async def _know_sites(self, connection: Connection, names: set[str]) -> dict[str, int]:
        await self._add_sites(connection, {name for name in names if name not in self._sites})
        return {name: number for name, (number, _) in self._sites.items()}

    async def _add_sites(self, connection: Connection, missing: set[str]) -> None:
        if not missing:
            return
        await self._find_sites(connection, missing)
        missing = {name for name in missing if name not in self._sites}
        if not missing:
            return
        await locks.take(connection, locks.NAMES)
        ordered = sorted(missing)
        await connection.execute(
            """
            insert into site (name, hour_offset)
            select * from unnest($1::text[], $2::bigint[])
            on conflict (name) do nothing
            """,
            ordered,
            [self._hour_offset_of(name) for name in ordered],
        )
        await self._find_sites(connection, missing)

    async def _find_sites(self, connection: Connection, names: set[str]) -> None:
        rows = await connection.fetch(
            "select name, site_id, hour_offset, events_from from site where name = any($1::text[])", list(names)
        )
        self._sites.update({name: (number, offset) for name, number, offset, _ in rows})
        self._horizons.update({number: horizon for _, number, _, horizon in rows})
