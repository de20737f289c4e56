"""Opening the queue of a folder, whatever lies there: a start never fails because of the buffer.

What is damaged is salvaged into a new file, and then set aside; what is not ours to write is left alone, and the queue
goes on in a file beside it. Each is said in words, for the log and the status. What still ends a start: a disk that
cannot be written, a folder that is not ours, and a disk so full that giving up the reserve does not help.

Where there is no room to salvage, the set waits for it under another name (`unsalvaged`), and the queue begins anew.

A crash at any moment of a salvage is mended by the next start: the damaged files stay in their place until the new file
is complete under a name of its own (`.salvaged`); from then on the next start only finishes what is left to move. What
bears that name is looked at first: it never takes the place of a good queue because of its name alone.
"""

import logging
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge_agent.buffer import quarantine, rows, salvage, schema, soundness
from edge_agent.buffer.faults import QueueDamaged, QueueDoubtful, not_a_queue, translated
from edge_agent.buffer.findings import Finding, companions, find, instead_of_file, judge, look_at, obstacles
from shared.errors import StorageFull
from shared.receipts import count
from shared.spoken import counted

CHECK_AT_ONCE = 100_000
"""So many events are checked before the start goes on, in about 40 ms; more of them in the background."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """An open queue file, and what had to be done for it."""

    path: Path
    connection: rows.Connection
    recovery: str | None
    """In words; None if all was well."""
    is_checked: bool
    """Whether the whole file was checked; a large one still has to be."""


def open_queue(folder: Path, *, now: int, damage: str | None = None) -> Opened:
    """Return the one writing connection to the queue of a folder; the caller holds its lock.

    `damage` is what was found in the file while it was in use: it is then salvaged without another look.

    Raises:
        StorageUnusable: the disk does not let us, or every name that a queue may have is taken by something else.
        StorageFull: no room to open it.
    """
    with translated(folder):
        path, finding, why, left_alone = find(folder, known_version=schema.SCHEMA_VERSION)
        told = [f"{words}; the queue goes on beside it" for words in left_alone]
        if finding in (Finding.foreign, Finding.newer):
            raise not_a_queue(path, why)
        told += _set_obstacles_aside(path, now=now)
        told += _set_useless_copy_aside(path, now=now)
        was_moving = _finish_moving(path, now=now)
        if finding is Finding.absent and not was_moving:
            schema.make(path)
        elif (damage or finding is Finding.damaged) and not was_moving:
            told.append(_replace(path, damage or why, now=now))
        tail = salvage.log_events(path)
        try:
            connection, is_checked = _checked(path)
        except (QueueDamaged, QueueDoubtful) as error:
            told.append(_replace(path, str(error.__cause__ or error.args[0]), now=now))
            connection, is_checked = schema.connect(path), True
        cut_off = salvage.add_tail(connection, path, tail=tail)
    if cut_off.events or cut_off.lost:
        told.append(f"the log of {path.name} was damaged: {_saved(cut_off)}")
    for words in told:
        _log.error("the queue was not as it should be", extra={"found": words})
    return Opened(path, connection, "; ".join(told) or None, is_checked)


def problem_of(connection: rows.Connection) -> str | None:
    """Return what `integrity_check` finds first, None if all is well; 0.4 s for a million events."""
    found = str(connection.execute("pragma integrity_check(1)").fetchone()[0])
    return None if found == "ok" else " ".join(found.removeprefix("*** in database main ***").split())


def _checked(path: Path) -> tuple[rows.Connection, bool]:
    """Return a connection, and whether the file was checked; raises QueueDamaged where the check finds something."""
    connection = schema.connect(path)
    try:
        with translated(path):
            if problem := soundness.problem(connection):
                raise QueueDamaged(problem)
            events = rows.last_seq(connection) - count(rows.removed(connection))
            if events > CHECK_AT_ONCE:
                return connection, False
            problem = problem_of(connection)
        if problem is not None:
            raise QueueDamaged(problem)
    except BaseException:
        connection.close()
        raise
    return connection, True


def _replace(path: Path, why: str, *, now: int) -> str:
    """Put a new file with what could be salvaged in the place of a damaged one, and say so in words."""
    try:
        saved, kept_as = _saved(_salvaged(path)), quarantine.DAMAGED
        path_of_new = path.with_name(path.name + salvage.SALVAGED)
    except StorageFull:
        saved, kept_as = "there was no room to salvage its events, they are taken in later", quarantine.UNSALVAGED
        path_of_new = schema.prepare(path)
    folder = quarantine.set_aside(path, now=now, why=kept_as)
    path_of_new.replace(path)
    schema.sync_folder(path.parent)
    return f"{path.name} was damaged: {why}; {saved}; the damaged files are in {folder.name}"


def _salvaged(path: Path) -> salvage.Salvaged:
    """Salvage a file; for room, sets of files that were set aside before make way. Raises StorageFull if that does not help."""
    while True:
        try:
            return salvage.salvage(path)
        except StorageFull:
            if not quarantine.give_up_oldest(path.parent):
                raise


def _set_obstacles_aside(path: Path, *, now: int) -> list[str]:
    """Set aside what is no file where SQLite has its side files, or where a new queue is made, and say so."""
    unfinished, complete = (path.with_name(path.name + ending) for ending in (schema.UNFINISHED, salvage.SALVAGED))
    found = [one for file in (path, unfinished, complete) for one in obstacles(file)]
    if instead := instead_of_file(unfinished):
        found.append((unfinished, instead))
    if not found:
        return []
    folder = quarantine.set_obstacles_aside([place for place, _ in found], now=now)
    return [f"{place.name} is {words}; it is in {folder.name}" for place, words in found]


def _set_useless_copy_aside(path: Path, *, now: int) -> list[str]:
    """Set aside what bears the name of a complete salvage and is none, and say so: what is at `path` stays in use.

    Where nothing is at `path` any more, damaged remains of a salvage are the best there is: they are left to be salvaged.
    """
    copy = path.with_name(path.name + salvage.SALVAGED)
    if not copy.exists():
        return []
    finding, why = judge(look_at(copy, known_version=schema.SCHEMA_VERSION), known_version=schema.SCHEMA_VERSION)
    problem = why if finding is not Finding.ours else _problem_of_copy(copy)
    if not problem or (finding is Finding.damaged and not companions(path)):
        return []
    folder = quarantine.set_aside(copy, now=now)
    return [f"{copy.name} is no complete salvage: {problem}; it is in {folder.name}"]


def _problem_of_copy(copy: Path) -> str | None:
    try:
        with closing(schema.open_for_reading(copy)) as connection, translated(copy):
            return soundness.problem(connection) or problem_of(connection)
    except (QueueDamaged, QueueDoubtful) as error:
        return str(error.__cause__ or error.args[0])


def _finish_moving(path: Path, *, now: int) -> bool:
    """Do what a crash has left undone once a salvage was complete; True if there was anything."""
    complete = path.with_name(path.name + salvage.SALVAGED)
    if not complete.exists():
        return False
    if companions(path):
        quarantine.set_aside(path, now=now)
    complete.replace(path)
    schema.sync_folder(path.parent)
    return True


def _saved(outcome: salvage.Salvaged) -> str:
    lost = counted(outcome.lost, "number is lost", many="numbers are lost") if outcome.lost else "no number is lost"
    return f"{counted(outcome.events, 'event was', many='events were')} salvaged and {lost}"
