"""Opening the queue of a folder, whatever lies there: a start never fails because of the buffer.

What is damaged is salvaged into a new file, and then set aside; what is not ours to write is left alone, and the queue
goes on in a file beside it. Each is said in words, for the log and the status. What still ends a start: a disk that
cannot be written, a folder that is not ours, and a disk so full that giving up the reserve does not help.

Where there is no room to salvage, the set waits for it under another name (`unsalvaged`), and the queue begins anew.

A crash at any moment of a salvage is mended by the next start: the damaged files stay in their place until the new file
is complete under a name of its own (`.salvaged`); from then on the next start only finishes what is left to move. A file
of that name that is no queue of ours is set aside, and never takes the place of one.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from edge_agent.buffer import quarantine, rows, salvage, schema, soundness
from edge_agent.buffer.faults import QueueDamaged, QueueDoubtful, not_a_queue, translated
from edge_agent.buffer.findings import Finding, companions, find, judge, look_at
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
        is_in_place, found = _finish_moving(path, now=now)
        told += found
        if finding is Finding.absent and not is_in_place:
            schema.make(path)
        elif (damage or finding is Finding.damaged) and not is_in_place:
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
        saved, kept_as = _saved(salvage.salvage(path)), quarantine.DAMAGED
        path_of_new = path.with_name(path.name + salvage.SALVAGED)
    except StorageFull:
        saved, kept_as = "there was no room to salvage its events, they are taken in later", quarantine.UNSALVAGED
        path_of_new = schema.prepare(path)
    folder = quarantine.set_aside(path, now=now, why=kept_as)
    path_of_new.replace(path)
    schema.sync_folder(path.parent)
    return f"{path.name} was damaged: {why}; {saved}; the damaged files are in {folder.name}"


def _finish_moving(path: Path, *, now: int) -> tuple[bool, list[str]]:
    """Do what a crash has left undone once a salvage was complete; return whether the queue is in its place, and findings.

    What is complete in name only is set aside: the files that it would have been made from are still there, and are used
    as they are. Where they are gone, what it holds is all that there is, and is salvaged itself.
    """
    complete = path.with_name(path.name + salvage.SALVAGED)
    if not complete.exists():
        return False, []
    look = look_at(complete, known_version=schema.SCHEMA_VERSION)
    finding, why = judge(look, known_version=schema.SCHEMA_VERSION)
    originals = companions(path)
    holds_events = any(not file.name.endswith("-shm") for file in originals)
    if finding is Finding.foreign or (holds_events and finding is not Finding.ours):
        folder = quarantine.set_aside(complete, now=now)
        return False, [f"{complete.name} is no queue: {why}; it was set aside in {folder.name}"]
    if originals:
        quarantine.set_aside(path, now=now)
    complete.replace(path)
    schema.sync_folder(path.parent)
    return True, [] if finding is Finding.ours else [_replace(path, why, now=now)]


def _saved(outcome: salvage.Salvaged) -> str:
    lost = counted(outcome.lost, "number is lost", many="numbers are lost") if outcome.lost else "no number is lost"
    return f"{counted(outcome.events, 'event was', many='events were')} salvaged and {lost}"
