"""What the registries of a SQLite store should say, gathered worker by worker from the events: part of `audit.py`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlite_utils.utils import sqlite3

from collector.accounts import Difference
from collector.storage.neighbourhood import Worker

Place = tuple[int, int]
"""The number of a site, and of something at it."""


class RegistryAudit:
    """Ids behind numbers, and which of them have events; what is registered nowhere is called by its number."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sites: dict[int, str] = dict(connection.execute("select number, name from site").fetchall())
        self._workers = _by_number(connection, "select site, number, worker_id from worker")
        self._stations = _by_number(connection, "select site, number, station_id from workstation")
        self._cameras = _by_number(connection, "select site, number, name from camera")
        self._bounds: dict[Place, tuple[int, int]] = {}
        self._with_events: set[Place] = set()

    def person(self, worker: Worker) -> tuple[str, str]:
        """Return the ids of a worker's site and of the worker."""
        return self._site(worker[0]), _id_of(self._workers, worker)

    def station(self, site: int, number: int) -> str:
        """Return the id of a workstation."""
        return _id_of(self._stations, (site, number))

    def camera(self, site: int, number: int | None) -> str | None:
        """Return the name of a camera; None for none."""
        return None if number is None else _id_of(self._cameras, (site, number))

    def note(self, worker: Worker, rows: Sequence[Any]) -> list[Difference]:
        """Take in a worker's events (at, type, workstation, count, camera); return which of their numbers nobody has."""
        if not rows:
            return []
        site = worker[0]
        bounds = _bounds_of(rows)
        for station, (first, last) in bounds.items():
            before = self._bounds.get((site, station), (first, last))
            self._bounds[site, station] = (min(before[0], first), max(before[1], last))
        cameras = {(site, camera) for *_, camera in rows if camera is not None}
        self._with_events |= cameras
        wanted: list[tuple[str, int, bool]] = [
            ("site", site, site in self._sites),
            ("worker", worker[1], worker in self._workers),
            *(("workstation", station, (site, station) in self._stations) for station in sorted(bounds)),
            *(("camera", camera[1], camera in self._cameras) for camera in sorted(cameras)),
        ]
        return [
            Difference("event", what, f"#{number}", f"a registered {what}")
            for what, number, is_registered in wanted
            if not is_registered
        ]

    def differences(self, connection: sqlite3.Connection) -> Iterator[Difference]:
        """Yield, once all workers have been noted, where bounds of workstations and marks of cameras are wrong."""
        rows = connection.execute(
            """
            select site, number, erased_first_at, erased_last_at, first_at, last_at
            from workstation
            order by site, number
            """
        )
        for site, number, erased_first, erased_last, *stored in rows:
            first, last = self._bounds.get((site, number), (None, None))
            known = (
                [at for at in (first, erased_first) if at is not None],
                [at for at in (last, erased_last) if at is not None],
            )
            should_be = (min(known[0], default=None), max(known[1], default=None))
            for column, there, right in zip(("first_at", "last_at"), stored, should_be, strict=True):
                if there != right:
                    station_id = self.station(site, number)
                    yield Difference("workstation", column, there, right, None, station_id, self._site(site))
        # A camera with events and without the mark could be moved to another site.
        rows = connection.execute("select site, number, name from camera where has_events = 0 order by site, number")
        for site, number, name in rows:
            if (site, number) in self._with_events:
                yield Difference("camera", "has_events", f"0 for {name}", 1, site=self._site(site))

    def _site(self, number: int) -> str:
        return self._sites.get(number, f"#{number}")


def _bounds_of(rows: Iterable[Any]) -> dict[int, tuple[int, int]]:
    bounds: dict[int, tuple[int, int]] = {}
    for at, _, station, *_ in rows:
        first, last = bounds.get(station, (at, at))
        bounds[station] = (min(first, at), max(last, at))
    return bounds


def _by_number(connection: sqlite3.Connection, statement: str) -> dict[Place, str]:
    return {(site, number): name for site, number, name in connection.execute(statement)}


def _id_of(registered: Mapping[Place, str], place: Place) -> str:
    return registered.get(place, f"#{place[1]}")
