"""What the one writer of the SQLite store remembers between transactions: numbers behind ids, open states, bounds.

Everything is also in the tables. After a rollback `forget` must be called: what was given or noted in it is void.
"""

from collections.abc import Callable

from sqlite_utils.utils import sqlite3

from collector.records import Delivery, NewName, OpenState, State
from collector.storage import bulk
from collector.storage.keyed_mark import Marks
from collector.storage.marks import marks_of
from collector.storage.neighbourhood import Worker
from shared.errors import BadRequest

NO_HORIZON = -(2**62)
"""No event and no hour lies before it."""
_Numbers = dict[tuple[int, str], int]
_WIDEN = """
    with seen (site, number, first_at, last_at) as (values {rows})
    update workstation as st
    set first_at = min(coalesce(st.first_at, seen.first_at), seen.first_at),
        last_at = max(coalesce(st.last_at, seen.last_at), seen.last_at)
    from seen
    where st.site = seen.site and st.number = seen.number
"""


class Registry:
    """Sites, workers, workstations and cameras by their numbers; where each worker's time stands."""

    def __init__(self, connection: sqlite3.Connection, *, hour_offset_of: Callable[[str], int]) -> None:
        """Work on a connection; `hour_offset_of` says where the hours of a new site begin, in µs past the full hour."""
        self._connection = connection
        self._hour_offset_of = hour_offset_of
        self.forget()

    def forget(self) -> None:
        """Drop everything remembered; the tables are asked anew."""
        self._sites: dict[str, int] = {}
        self._offsets: dict[int, int] = {}
        self._horizons: dict[int, int] = {}
        self._marks: dict[int, Marks] = {}
        self._workers: _Numbers = {}
        self._workstations: _Numbers = {}
        self._cameras: _Numbers = {}
        self._homes: dict[str, str] = {}
        self._open: dict[Worker, OpenState | None] = {}
        self._bounds: dict[tuple[int, int], tuple[int, int]] = {}
        self._wider: set[tuple[int, int]] = set()

    def site(self, name: str) -> int:
        """Return the number of a site, which exists from now on."""
        number = self._sites.get(name)
        if number is None:
            number = self._sites[name] = self._find_or_add(
                "select number from site where name = ?1 and ?2 is not null",
                "insert into site (name, hour_offset) values (?1, ?2) returning number",
                values=(name, self._hour_offset_of(name)),
            )
        return number

    def hour_offset(self, site: int) -> int:
        """Return where a site's hours begin, in microseconds past the full hour."""
        offset = self._offsets.get(site)
        if offset is None:
            row = self._connection.execute("select hour_offset from site where number = ?", (site,)).fetchone()
            offset = self._offsets[site] = int(row[0])
        return offset

    def horizon(self, site: int) -> int:
        """Return the instant before which a site takes no events any more."""
        horizon = self._horizons.get(site)
        if horizon is None:
            row = self._connection.execute("select events_from from site where number = ?", (site,)).fetchone()
            horizon = self._horizons[site] = NO_HORIZON if row[0] is None else int(row[0])
        return horizon

    def worker(self, site: int, worker_id: str) -> int:
        """Return the number of a worker, who is registered from now on."""
        return self._number(self._workers, (site, worker_id), table="worker", column="worker_id")

    def is_forgotten(self, site: int, worker_id: str) -> bool:
        """Say whether a worker was erased; whoever is registered was not."""
        if (site, worker_id) in self._workers:
            return False
        return self.marks(site).bears(worker_id)

    def marks(self, site: int) -> Marks:
        """Return the marks of those who were erased at a site."""
        marks = self._marks.get(site)
        if marks is None:
            marks = self._marks[site] = marks_of(self._connection, site)
        return marks

    def workstation(self, site: int, station_id: str) -> int:
        """Return the number of a workstation, which is registered from now on."""
        return self._number(self._workstations, (site, station_id), table="workstation", column="station_id")

    def saw(self, place: tuple[int, int], first: int, *, last: int) -> None:
        """Note that a workstation, by the numbers of site and itself, has events at these instants."""
        bounds = self._bounds.get(place)
        if bounds is None or first < bounds[0] or last > bounds[1]:
            self._bounds[place] = (first, last) if bounds is None else (min(first, bounds[0]), max(last, bounds[1]))
            self._wider.add(place)

    def write_bounds(self) -> None:
        """Write the first and last events of the workstations that have been seen earlier or later than before."""
        bulk.execute(self._connection, _WIDEN, rows=[(*place, *self._bounds[place]) for place in self._wider])
        self._wider.clear()

    def camera(self, site: int, name: str | None) -> int | None:
        """Return the number of a camera of a site, which exists from now on; None for no camera."""
        if name is None:
            return None
        return self._number(self._cameras, (site, name), table="camera", column="name")

    def open_state(self, worker: Worker) -> OpenState | None:
        """Return where a worker's time stands; None: there is no event yet."""
        if worker not in self._open:
            self._open[worker] = open_state_of(self._connection, worker)
        return self._open[worker]

    def set_open_state(self, worker: Worker, stands: OpenState) -> None:
        """Remember where a worker's time stands from now on."""
        self._open[worker] = stands

    def place_camera(self, delivery: Delivery) -> str:
        """Return the site that a delivery belongs to.

        A camera that has events stays where it has them; one that never had any moves to where the settings say.
        """
        if delivery.camera is None:
            return delivery.site
        settled = self._homes.get(delivery.camera)
        if settled is not None:
            return settled
        home = self._find_home(delivery.camera, delivery.site)
        if delivery.events:
            # From now on the camera stays at this site, also for what follows in this transaction.
            self._connection.execute(
                "update camera set has_events = 1 where site = ? and number = ? and has_events = 0",
                (self.site(home), self.camera(self.site(home), delivery.camera)),
            )
            self._homes[delivery.camera] = home
        return home

    def name(self, new: NewName) -> None:
        """Give a worker or a workstation a name, registering it if need be; an empty one takes the name away."""
        site = self.site(new.site)
        if new.kind == "worker" and self.is_forgotten(site, new.id):
            raise BadRequest(f"worker {new.id} of site {new.site} was erased, and gets no name any more")
        number = self.worker(site, new.id) if new.kind == "worker" else self.workstation(site, new.id)
        self._connection.execute(
            f"update {new.kind} set name = ? where site = ? and number = ?",  # noqa: S608 - one of two names of ours
            (new.name or None, site, number),
        )

    def _find_home(self, camera: str, wanted: str) -> str:
        home = wanted
        # Where this camera has been seen; at most one of these has events, or tokens, which say where it belongs.
        rows = self._connection.execute(
            """
            select s.name,
                c.has_events or exists (select 1 from camera_token as t where t.site = c.site and t.camera = c.number),
                c.site, c.number
            from camera as c
            join site as s on s.number = c.site
            where c.name = ?
            """,
            (camera,),
        ).fetchall()
        for name, is_settled, site, number in rows:
            if is_settled:
                home = name
            elif name != wanted:
                self._connection.execute("delete from camera where site = ? and number = ?", (site, number))
                self._cameras.pop((site, camera), None)
        self.camera(self.site(home), camera)
        return home

    def _number(self, numbers: _Numbers, key: tuple[int, str], *, table: str, column: str) -> int:
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = self._find_or_add(
                f"select number from {table} where site = ? and {column} = ?",  # noqa: S608 - names of ours
                f"insert into {table} (site, number, {column}) "  # noqa: S608 - names of ours
                f"select ?1, coalesce(max(number), 0) + 1, ?2 from {table} where site = ?1 returning number",
                values=key,
            )
        return number

    def _find_or_add(self, find: str, add: str, *, values: tuple[str | int, ...]) -> int:
        # Read to the end: a statement with RETURNING is only done then.
        rows = self._connection.execute(find, values).fetchall() or self._connection.execute(add, values).fetchall()
        return int(rows[0][0])


def open_state_of(connection: sqlite3.Connection, worker: Worker) -> OpenState | None:
    """Return where a worker's time stands; None: there is no event."""
    # The ids are wanted, not the numbers: they decide the order.
    row = connection.execute(
        """
        select o.last_at, o.state_at, o.state_type, st.station_id, c.name
        from open_state as o
        left join workstation as st on st.site = o.site and st.number = o.state_workstation
        left join camera as c on c.site = o.site and c.number = o.state_camera
        where o.site = ? and o.worker = ?
        """,
        worker,
    ).fetchone()
    if row is None:
        return None
    return OpenState(row[0], None if row[1] is None else State(*row[1:]))
