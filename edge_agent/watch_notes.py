"""What was watched, noted in the queue: a run that begins while nobody can hear it knows what those before it watched.

The note is written when a stretch begins, when a silence has ended it, and at a clean stop, never for a sign of life: an SD
card has few writes to give. After a kill the last stretch has lasted until the last event that was accepted after its note.
Nothing depends on the note: what it does not say was not watched.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from edge_agent.buffer.log import EventLog
from edge_agent.delivery.watermark import DRIFT, Stretch
from shared.errors import LinesideError

_NOTE = "watched"


class _Begun(NamedTuple):
    """A stretch that has not ended."""

    start: int
    last: int
    """Its last sign of life when it was noted."""
    after_seq: int
    """The last number given out by then: events up to it may be of other runs, or of the clock before it was set."""


def watched_before(log: EventLog) -> tuple[Stretch, ...]:
    """Return what runs before this one watched, ascending; and note that the last of it has ended.

    To be called before the first event of a process that writes the queue: what it accepts tells nothing of a run before.

    Raises:
        StorageUnusable: the queue cannot be read.
    """
    ended, begun = _read(log.recall(_NOTE))
    if begun is None:
        return tuple(ended)
    has_accepted = log.facts().last_seq > begun.after_seq
    last_accepted_at = log.last_accepted_at() if has_accepted else None
    watched = (*ended, (begun.start, max(begun.last, last_accepted_at or 0)))
    note_end(log, watched)
    return watched


def note_end(log: EventLog, watched: Sequence[Stretch]) -> None:
    """Note what was watched by a run that watches no longer; nothing if that is nothing, or where there is no room."""
    if watched:
        _write(log, watched, begun=None)


class WatchNotes:
    """Notes each stretch twice: as it begins, and once a silence has ended it."""

    def __init__(self, log: EventLog, *, silent_after: int) -> None:
        self._log = log
        self._silent_after = silent_after
        self._noted: tuple[int, bool] = (0, True)

    def note(self, watched: Sequence[Stretch], *, now: int) -> None:
        """Note the last stretch if it is new, has ended, or the clock was set."""
        if not watched:
            return
        start, last = watched[-1]
        has_ended = now - last > self._silent_after
        noted_start, noted_end = self._noted
        if abs(start - noted_start) > DRIFT or has_ended != noted_end:
            self._noted = (start, has_ended)
            begun = None if has_ended else _Begun(start, last, self._log.facts().last_seq)
            _write(self._log, watched if begun is None else watched[:-1], begun=begun)


def _write(log: EventLog, ended: Sequence[Stretch], *, begun: _Begun | None) -> None:
    noted = [*ended] if begun is None else [*ended, (begun.start, None, begun.last, begun.after_seq)]
    with suppress(LinesideError):
        log.remember(_NOTE, json.dumps(noted, separators=(",", ":")))


def _read(note: str | None) -> tuple[list[Stretch], _Begun | None]:
    """Return the stretches of a note that have ended, and the one that has not; none if it is not ours."""
    try:
        noted = json.loads(note or "[]")
        begun = None
        if noted and noted[-1][1] is None:
            start, _, last, after_seq = noted.pop()
            begun = _Begun(int(start), int(last), int(after_seq))
        return [(int(start), int(end)) for start, end in noted], begun
    except (ValueError, TypeError, LookupError):
        return [], None
