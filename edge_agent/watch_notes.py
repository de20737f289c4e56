"""What was watched, noted in the queue: a run that begins while nobody can hear it knows what those before it watched.

The note is written when a stretch begins, when a silence has ended it, and at a clean stop, never for a sign of life: an SD
card has few writes to give. After a kill the last stretch has lasted until its last event was accepted. Nothing depends on the note: what it does not
say was not watched.
"""

import json
from collections.abc import Sequence
from contextlib import suppress

from edge_agent.buffer.log import EventLog
from edge_agent.delivery.watermark import DRIFT, Stretch
from shared.errors import LinesideError

_NOTE = "watched"


def watched_before(log: EventLog) -> tuple[Stretch, ...]:
    """Return what runs before this one watched, ascending; and note that the last of it has ended.

    Raises:
        StorageUnusable: the queue cannot be read.
    """
    noted = _read(log.recall(_NOTE))
    if not noted or noted[-1][1] is not None:
        return _ended(noted, at=0)
    last_accepted_at = log.last_accepted_at()
    watched = _ended(noted, at=0 if last_accepted_at is None else last_accepted_at)
    note_end(log, watched)
    return watched


def note_end(log: EventLog, watched: Sequence[Stretch]) -> None:
    """Note what was watched by a run that watches no longer; nothing if that is nothing, or where there is no room."""
    if watched:
        _write(log, watched)


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
            _write(self._log, (*watched[:-1], (start, last if has_ended else None)))


def _write(log: EventLog, watched: Sequence[tuple[int, int | None]]) -> None:
    with suppress(LinesideError):
        log.remember(_NOTE, json.dumps(watched, separators=(",", ":")))


def _read(note: str | None) -> list[tuple[int, int | None]]:
    """Return the stretches of a note, of which the last may have no end; none if it is not ours."""
    try:
        return [(int(start), None if end is None else int(end)) for start, end in json.loads(note or "[]")]
    except (ValueError, TypeError):
        return []


def _ended(noted: Sequence[tuple[int, int | None]], *, at: int) -> tuple[Stretch, ...]:
    return tuple((start, max(start, at) if end is None else end) for start, end in noted)
