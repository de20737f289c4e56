"""Erasing a person from the SQLite store: what was done stays counted, by nobody; who did it is in no byte any more.

One transaction: hours go to the nameless worker, with them the time that was still open, which ends here; when workstations
were worked at is written down without names; events, versions that lost, names and refused items go. A keyed mark stays,
so that events of the worker are refused from now on. Then the file is scrubbed (`scrubbing.py`): what a page held before is written over.
"""

from collections.abc import Mapping

from sqlite_utils.utils import sqlite3

from collector.measures import Forgotten, Stretches, TellAll
from collector.records import Run
from collector.storage import looks, purging, station_hours
from collector.storage.found_person import Person, refused_items
from collector.storage.ledger_blocks import more_hours
from collector.storage.marks import mark
from collector.storage.named_in_items import may_name
from collector.storage.nameless import add_hours, move_hours
from collector.storage.neighbourhood import runs_within
from shared.errors import Busy

_ALL = (-(2**62), 2**62)
_Registered = tuple[purging.Place, int]
"""Where somebody works, and the number that the worker has there."""


def counted(connection: sqlite3.Connection, person: Person) -> Forgotten:
    """Return what of a person there is to erase."""
    refused = len(_refused_items(connection, person))
    if person.number is None:
        return Forgotten(person.site.name, 0, 0, 0, refused)
    where = (person.site.number, person.number)
    events, conflicts, rows = (
        connection.execute(f"select count(*) from {table} where site = ? and worker = ?", where).fetchone()[0]  # noqa: S608
        for table in ("event", "conflict", "ledger")
    )
    rows += more_hours(connection, person.site.number, before=_ALL[1], worker=person.number)
    return Forgotten(person.site.name, events, conflicts, rows, refused)


def forget(connection: sqlite3.Connection, person: Person, *, tell: TellAll, key: str, now: int) -> Forgotten:
    """Erase a person inside an open transaction; return what went. Done once more, it erases what has come since."""
    went = counted(connection, person)
    site = person.site.number
    for number in _refused_items(connection, person):
        connection.execute("delete from rejected where number = ?", (number,))
    if person.number is not None:
        _forget_registered(connection, (person.site, person.number), tell=tell)
    connection.execute("insert into secret (one, key) values (1, ?) on conflict do nothing", (key,))
    connection.execute(
        "insert into forgotten (site, mark, forgotten_at) values (?, ?, ?) on conflict do nothing",
        (site, mark(connection, site, worker_id=person.worker_id), now),
    )
    connection.execute("insert into unscrubbed (one) values (1) on conflict do nothing")
    return went


def _forget_registered(connection: sqlite3.Connection, person: _Registered, *, tell: TellAll) -> None:
    place, number = person
    site, where = place.number, (place.number, number)
    run, watermarks = _history(connection, where)
    told = tell(run, watermarks, offset=place.offset)
    move_hours(connection, site, before=_ALL[1], worker=number)
    add_hours(connection, site, amounts=told.open_hours)
    _write_station_hours(connection, place, worked=told.worked)
    purging.erase_bounds(connection, site, bounds=_bounds(connection, where, stayed=told.until))
    for table in ("event", "conflict", "total", "open_state"):
        connection.execute(f"delete from {table} where site = ? and worker = ?", where)  # noqa: S608 - names of ours
    looks.erase(connection, where)
    connection.execute("delete from worker where site = ? and number = ?", where)


def is_unscrubbed(connection: sqlite3.Connection) -> bool:
    """Say whether bytes of what was erased may lie somewhere in the file."""
    return connection.execute("select 1 from unscrubbed").fetchone() is not None


def empty_the_log(connection: sqlite3.Connection) -> None:
    """Write over what the log held before the database was written anew, outside of a transaction; then it is scrubbed.

    Raises:
        Busy: somebody reads for so long that the log cannot be emptied; the next run tries again.
    """
    _empty_log(connection)
    connection.execute("delete from unscrubbed")
    _empty_log(connection)


def _empty_log(connection: sqlite3.Connection) -> None:
    (is_busy, *_) = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    if is_busy:
        raise Busy("somebody reads the database: its log still holds what was erased", hint="run the command again")


def _history(connection: sqlite3.Connection, where: tuple[int, int]) -> tuple[Run, Mapping[str, int]]:
    """Return all there is of a person, and the watermarks of the site's cameras."""
    site, number = where
    runs = runs_within(connection, site, workers=[number], stretch=_ALL)
    run = runs.get(number, Run(None, None, (), is_last=True))
    # Each camera that ever said how far it watched.
    watermarks = dict(
        connection.execute(
            "select name, watermark from camera where site = ? and watermark is not null", (site,)
        ).fetchall()
    )
    return run._replace(is_last=True), watermarks


def _write_station_hours(
    connection: sqlite3.Connection, site: purging.Place, *, worked: Mapping[str, Stretches]
) -> None:
    pieces = station_hours.cut(worked, offset=site.offset)
    standing = station_hours.open_rows(connection, site.number, window=_ALL)
    closed = station_hours.closed_rows(connection, site.number, window=_ALL)
    touched = pieces.keys() - closed.keys()
    station_hours.write(connection, site.number, rows=station_hours.merge(standing, pieces, only=touched))


def _bounds(
    connection: sqlite3.Connection, where: tuple[int, int], *, stayed: Mapping[str, int]
) -> dict[str, tuple[int | None, int]]:
    # From when to when the person was seen at each workstation.
    rows = connection.execute(
        """
        select st.station_id, min(e.at), max(e.at)
        from event as e
        join workstation as st on st.site = e.site and st.number = e.workstation
        where e.site = ? and e.worker = ?
        group by e.workstation
        """,
        where,
    ).fetchall()
    bounds: dict[str, tuple[int | None, int]] = {station_id: (None, end) for station_id, end in stayed.items()}
    for station_id, first, last in rows:
        bounds[station_id] = (first, max(last, stayed.get(station_id, last)))
    return bounds


def _refused_items(connection: sqlite3.Connection, person: Person) -> list[int]:
    """Return the numbers of the refused items that name a person, or may have named one where they were cut off."""
    return [number for number, _, kept in refused_items(connection) if may_name(kept, person.worker_id)]
