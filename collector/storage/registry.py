"""The numbers behind ids in the SQLite store, given on sight and remembered.

Used by the one writer, inside its transaction. After a rollback `forget` must be called: what was given in it is void.
"""

from collections.abc import Mapping

from sqlite_utils.utils import sqlite3

from collector.records import Delivery, Key, NewName, Version

_Numbers = dict[tuple[int, str], int]


class Registry:
    """Sites, workers, workstations and cameras by their numbers."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.forget()

    def forget(self) -> None:
        """Drop everything remembered; the tables are asked anew."""
        self._sites: dict[str, int] = {}
        self._workers: _Numbers = {}
        self._workstations: _Numbers = {}
        self._cameras: _Numbers = {}
        self._bounds: dict[tuple[int, int], tuple[int, int]] = {}
        self._homes: dict[str, str] = {}

    def numbers(self, key: Key) -> tuple[int, int, int, int, int]:
        """Return the primary key of an event, in the order of its columns."""
        site = self.site(key.site)
        worker = self._number(self._workers, (site, key.worker_id), table="worker", column="worker_id")
        return (site, worker, key.at, int(key.event_type), self._workstation(site, key.workstation_id))

    def site(self, name: str) -> int:
        """Return the number of a site, which exists from now on."""
        number = self._sites.get(name)
        if number is None:
            number = self._sites[name] = self._find_or_add(
                "select number from site where name = ?",
                "insert into site (name) values (?) returning number",
                values=(name,),
            )
        return number

    def camera(self, site: str, name: str | None) -> int | None:
        """Return the number of a camera of a site, which exists from now on; None for no camera."""
        if name is None:
            return None
        return self._number(self._cameras, (self.site(site), name), table="camera", column="name")

    def place_camera(self, delivery: Delivery) -> str:
        """Return the site that a delivery belongs to.

        A camera that has events stays where it has them; one that never had any moves to where the settings say.
        """
        if delivery.camera is None:
            self.site(delivery.site)
            return delivery.site
        is_home = self._homes.get(delivery.camera) == delivery.site
        home = delivery.site if is_home else self._find_home(delivery.camera, delivery.site)
        if delivery.events:
            # From now on the camera stays at this site, also for what follows in this transaction.
            self._connection.execute(
                "update camera set has_events = 1 where site = ? and number = ? and has_events = 0",
                (self.site(home), self.camera(home, delivery.camera)),
            )
        return home

    def widen_workstations(self, survivors: Mapping[Key, Version]) -> None:
        """Note the first and last events of the workstations that these events name."""
        changed: dict[tuple[int, int], tuple[int, int]] = {}
        for key in survivors:
            place = (self.site(key.site), self._workstation(self.site(key.site), key.workstation_id))
            first, last = changed.get(place) or self._bounds.get(place) or (key.at, key.at)
            if not first <= key.at <= last or place not in self._bounds:
                changed[place] = (min(first, key.at), max(last, key.at))
        self._connection.executemany(
            """
            update workstation
            set first_at = min(coalesce(first_at, ?1), ?1), last_at = max(coalesce(last_at, ?2), ?2)
            where site = ?3 and number = ?4
            """,
            [(*bounds, *place) for place, bounds in changed.items()],
        )
        self._bounds.update(changed)

    def name(self, new: NewName) -> None:
        """Give a worker or a workstation a name, registering it if need be; an empty one takes the name away."""
        site = self.site(new.site)
        table = new.kind
        column = "worker_id" if table == "worker" else "station_id"
        numbers = self._workers if table == "worker" else self._workstations
        number = self._number(numbers, (site, new.id), table=table, column=column)
        self._connection.execute(
            f"update {table} set name = ? where site = ? and number = ?",  # noqa: S608 - one of two names of ours
            (new.name or None, site, number),
        )

    def _find_home(self, camera: str, wanted: str) -> str:
        home = wanted
        # Where this camera has been seen; at most one of these has events.
        rows = self._connection.execute(
            """
            select s.name, c.has_events, c.site, c.number
            from camera as c
            join site as s on s.number = c.site
            where c.name = ?
            """,
            (camera,),
        ).fetchall()
        for name, has_events, site, number in rows:
            if has_events:
                home = name
            elif name != wanted:
                self._connection.execute("delete from camera where site = ? and number = ?", (site, number))
                self._cameras.pop((site, camera), None)
        self.camera(home, camera)
        if home == wanted:
            self._homes[camera] = home
        return home

    def _workstation(self, site: int, station_id: str) -> int:
        return self._number(self._workstations, (site, station_id), table="workstation", column="station_id")

    def _number(self, numbers: _Numbers, key: tuple[int, str], *, table: str, column: str) -> int:
        number = numbers.get(key)
        if number is not None:
            return number
        numbers[key] = self._find_or_add(
            f"select number from {table} where site = ? and {column} = ?",  # noqa: S608 - names of ours
            f"insert into {table} (site, number, {column}) "  # noqa: S608 - names of ours
            f"select ?1, coalesce(max(number), 0) + 1, ?2 from {table} where site = ?1 returning number",
            values=key,
        )
        return numbers[key]

    def _find_or_add(self, find: str, add: str, *, values: tuple[str | int, ...]) -> int:
        # Read to the end: a statement with RETURNING is only done then.
        rows = self._connection.execute(find, values).fetchall() or self._connection.execute(add, values).fetchall()
        return int(rows[0][0])
