"""Erasing a person from the SQLite store: what was done stays counted, by nobody; who did it is in no byte any more.

One transaction: hours go to the nameless worker, with them the time that was still open, which ends here; when workstations
were worked at is written down without names; events, versions that lost, names and refused items go. A keyed mark stays,
so that events of the worker are refused from now on. Then the file is scrubbed: what a page held before is written over.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlite_utils.utils import sqlite3

from collector.measures import Forgotten, Stretches, TellAll
from collector.records import Run
from collector.storage import looks, purging, station_hours
from collector.storage.ledger_blocks import more_hours
from collector.storage.marks import mark
from collector.storage.nameless import add_hours, move_hours
from collector.storage.neighbourhood import runs_within
from shared.errors import BadRequest, Busy, NotFound

_ALL = (-(2**62), 2**62)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_CUT = 2_000
"""Characters of a refused item that are kept: of a longer one nobody knows what its end was."""


@dataclass(frozen=True, slots=True)
class Person:
    """A worker of a site, by numbers and by id."""

    site: purging.Place
    number: int
    worker_id: str


def person_of(connection: sqlite3.Connection, site: str | None, *, worker_id: str) -> Person:
    """Return a worker of a site, or the only one of that id.

    Raises:
        NotFound: there is none of that id, or no such site.
        BadRequest: several sites have one.
    """
    if site is not None:
        purging.place_of(connection, site)
    # Everybody of that id.
    rows = connection.execute(
        """
        select s.name, w.number
        from worker as w
        join site as s on s.number = w.site
        where w.worker_id = ?1 and w.number > 0 and (?2 is null or s.name = ?2)
        order by s.name
        """,
        (worker_id, site),
    ).fetchall()
    if not rows:
        raise NotFound(f"there is no worker {worker_id}" + ("" if site is None else f" at site {site}"))
    if len(rows) > 1:
        raise BadRequest(f"worker {worker_id} is known at {', '.join(row[0] for row in rows)}", hint="name the --site")
    ((name, number),) = rows
    return Person(purging.place_of(connection, name), number, worker_id)


def counted(connection: sqlite3.Connection, person: Person) -> Forgotten:
    """Return what of a person there is to erase."""
    where = (person.site.number, person.number)
    events, conflicts, rows = (
        connection.execute(f"select count(*) from {table} where site = ? and worker = ?", where).fetchone()[0]  # noqa: S608
        for table in ("event", "conflict", "ledger")
    )
    rows += more_hours(connection, person.site.number, before=_ALL[1], worker=person.number)
    return Forgotten(person.site.name, events, conflicts, rows, len(_refused_items(connection, person)))


def forget(connection: sqlite3.Connection, person: Person, *, tell: TellAll, key: str, now: int) -> Forgotten:
    """Erase a person inside an open transaction; return what went."""
    went = counted(connection, person)
    site, where = person.site.number, (person.site.number, person.number)
    run, watermarks = _history(connection, person)
    told = tell(run, watermarks, offset=person.site.offset)
    move_hours(connection, site, before=_ALL[1], worker=person.number)
    add_hours(connection, site, amounts=told.open_hours)
    _write_station_hours(connection, person, worked=told.worked)
    purging.erase_bounds(connection, site, bounds=_bounds(connection, person, stayed=told.until))
    for number in _refused_items(connection, person):
        connection.execute("delete from rejected where number = ?", (number,))
    for table in ("event", "conflict", "total", "open_state"):
        connection.execute(f"delete from {table} where site = ? and worker = ?", where)  # noqa: S608 - names of ours
    looks.erase(connection, where)
    connection.execute("delete from worker where site = ? and number = ?", where)
    connection.execute("insert into secret (one, key) values (1, ?) on conflict do nothing", (key,))
    connection.execute(
        "insert into forgotten (site, mark, forgotten_at) values (?, ?, ?) on conflict do nothing",
        (site, mark(connection, site, worker_id=person.worker_id), now),
    )
    connection.execute("insert into unscrubbed (one) values (1) on conflict do nothing")
    return went


def is_unscrubbed(connection: sqlite3.Connection) -> bool:
    """Say whether bytes of what was erased may lie somewhere in the file."""
    return connection.execute("select 1 from unscrubbed").fetchone() is not None


def scrub(connection: sqlite3.Connection) -> bool:
    """Write over what pages held before, outside of a transaction; say whether there was anything to scrub.

    Takes as much room again as the database has, and the time to write it.

    Raises:
        Busy: somebody reads for so long that the log cannot be emptied; the next run tries again.
    """
    if not is_unscrubbed(connection):
        return False
    connection.execute("vacuum")
    _empty_log(connection)
    connection.execute("delete from unscrubbed")
    _empty_log(connection)
    return True


def _empty_log(connection: sqlite3.Connection) -> None:
    (is_busy, *_) = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    if is_busy:
        raise Busy("somebody reads the database: its log still holds what was erased", hint="run the command again")


def _history(connection: sqlite3.Connection, person: Person) -> tuple[Run, Mapping[str, int]]:
    """Return all there is of a person, and the watermarks of the site's cameras."""
    runs = runs_within(connection, person.site.number, workers=[person.number], stretch=_ALL)
    run = runs.get(person.number, Run(None, None, (), is_last=True))
    # Each camera that ever said how far it watched.
    watermarks = dict(
        connection.execute(
            "select name, watermark from camera where site = ? and watermark is not null", (person.site.number,)
        ).fetchall()
    )
    return run._replace(is_last=True), watermarks


def _write_station_hours(connection: sqlite3.Connection, person: Person, *, worked: Mapping[str, Stretches]) -> None:
    site = person.site
    pieces = station_hours.cut(worked, offset=site.offset)
    standing = station_hours.open_rows(connection, site.number, window=_ALL)
    closed = station_hours.closed_rows(connection, site.number, window=_ALL)
    touched = pieces.keys() - closed.keys()
    station_hours.write(connection, site.number, rows=station_hours.merge(standing, pieces, only=touched))


def _bounds(
    connection: sqlite3.Connection, person: Person, *, stayed: Mapping[str, int]
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
        (person.site.number, person.number),
    ).fetchall()
    bounds: dict[str, tuple[int | None, int]] = {station_id: (None, end) for station_id, end in stayed.items()}
    for station_id, first, last in rows:
        bounds[station_id] = (first, max(last, stayed.get(station_id, last)))
    return bounds


def _refused_items(connection: sqlite3.Connection, person: Person) -> list[int]:
    """Return the numbers of the refused items that name a person, or may have named one where they were cut off."""
    rows = connection.execute("select number, code, error, item from rejected").fetchall()
    return [
        number
        for number, _, error, item in rows
        if len(item) >= _CUT or any(person.worker_id in _readable(text) for text in (item, error))
    ]


def _readable(text: str) -> str:
    r"""Return a text with what JSON escapes written out, as far as it is whole: `J\u00fcrgen` is Jürgen."""
    plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    paired = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return paired.replace('\\"', '"').replace("\\\\", "\\")
