"""Events of a queue that was kept beside a file we could not write, taken in once that file is ours again.

An older program finds a newer queue.db, leaves it untouched, and keeps what comes in queue-2.db. When the newer program is
back, queue.db is the queue again, and what waits in queue-2.db would wait for ever. So it is appended to the queue under
new numbers, in groups, and the file is then set aside. Its dead letters come along and stay dead, with their reasons. A crash
in between appends some of it a second time: the collector knows an event by what it says, so that costs traffic and counts
nothing twice.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from edge_agent.buffer import quarantine, rows, schema, unsalvaged
from edge_agent.buffer.dead_letters import page
from edge_agent.buffer.epochs import ended
from edge_agent.buffer.faults import translated
from edge_agent.buffer.findings import Finding, judge, look_at, places
from edge_agent.delivery.batching import Backlog
from edge_agent.delivery.settlement import DeadLetter
from shared.errors import LinesideError
from shared.events import Event, read_event
from shared.receipts import Ranges, count, first_numbers, subtract
from shared.wire import decode_json

_GROUP = 500
_log = logging.getLogger(__name__)


class Queue(unsalvaged.Queue, Protocol):
    """What is asked of the log that takes the events in."""

    def facts(self) -> Backlog:
        """Return which numbers were given out."""

    def settle(self, *, settled: Ranges, dead: Sequence[DeadLetter]) -> None:
        """Note what will not be sent."""


def adopt_others(current: Path, *, queue: Queue, now: int) -> None:
    """Append what waits in the other queue files of ours that lie beside the current one, and set those aside.

    What cannot be taken in now stays where it is, for the next start.
    """
    for path in places(current.parent):
        if path != current and path.exists():
            try:
                with translated(path):
                    _adopt(path, queue=queue, now=now)
            except LinesideError as error:
                _log.warning("events beside the queue could not be taken in", extra={"reason": str(error)})


def _adopt(path: Path, *, queue: Queue, now: int) -> None:
    finding, _ = judge(look_at(path, known_version=schema.SCHEMA_VERSION), known_version=schema.SCHEMA_VERSION)
    if finding is not Finding.ours:
        return
    with closing(schema.connect(path)) as connection:
        pending = rows.backlog(connection).pending
        for events in _waiting(connection, pending):
            queue.append(events)
        letters = _bury_again(connection, queue)
        ours = {epoch.token for epoch in queue.facts().epochs}  # a copy of the queue itself has the same
        others = [epoch for epoch in rows.epochs(connection).values() if epoch.token not in ours]
        queue.retire([ended(epoch.token, last=epoch.last) for epoch in others])
    folder = quarantine.set_aside(path, now=now, why=quarantine.ADOPTED)
    _log.warning(
        "events that waited beside the queue were taken in",
        extra={"file": path.name, "events": count(pending), "dead_letters": letters, "now_in": folder.name},
    )


def _bury_again(connection: rows.Connection, queue: Queue) -> int:
    """Keep the dead letters of a file as such, under new numbers; return how many.

    After a crash between the two steps they are sent once more, and refused once more. One whose event is gone or damaged
    stays where it is.
    """
    tokens = {number: epoch.token for number, epoch in rows.epochs(connection).items()}
    after, kept = 0, 0
    while letters := page(connection, after_seq=after, most=_GROUP, tokens=tokens):
        after = letters[-1].seq
        whole = [
            (letter, read_event(decode_json(letter.payload)))
            for letter in letters
            if letter.payload and letter.is_whole
        ]
        found = [(letter, event) for letter, event in whole if isinstance(event, Event)]
        first = queue.facts().last_seq + 1
        queue.append([event for _, event in found])
        dead = [DeadLetter(seq, one.code, one.error, one.buried_at) for seq, (one, _) in enumerate(found, first)]
        queue.settle(settled=(), dead=dead)
        kept += len(found)
    return kept


def _waiting(connection: rows.Connection, pending: Ranges) -> Iterator[list[Event]]:
    """Yield the pending events of a file in groups, oldest number first."""
    tokens = {number: epoch.token for number, epoch in rows.epochs(connection).items()}
    while pending:
        group = first_numbers(pending, _GROUP)
        pending = subtract(pending, group)
        read = (read_event(decode_json(entry.payload)) for entry in rows.entries(connection, group, tokens=tokens))
        yield [event for event in read if isinstance(event, Event)]
