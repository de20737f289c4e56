"""How long the queue has room, and how long its backlog takes: judgements from counts that were taken a moment apart.

A reading is taken every few seconds and kept for ten minutes, 120 of them at most. *Room* answers "how long do I have?":
it looks at what arrives and supposes that the collector takes nothing, whether it does or not. *Drain* looks at the last
minute only, because a collector that is back after an hour shall not be judged by that hour. None stands for "never, as
things are".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge_agent.buffer.rows import Counts

ROOM_SECONDS = 600.0
DRAIN_SECONDS = 60.0
_TYPICAL_EVENT_BYTES = 250
"""What an event takes with its index and its share of the pages; a queue of few events says nothing of its own."""
_FEW = 1_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How many events had ever come and gone at a moment of the monotonic clock."""

    at_seconds: float
    came: int
    went: int
    """Settled, dead or dropped."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the next hours hold if they are like the last minutes."""

    seconds_to_full: float | None
    seconds_to_drain: float | None


def reading(counts: Counts, *, at_seconds: float) -> Reading:
    """Return the reading of these counts."""
    return Reading(at_seconds, counts.last_seq, counts.settled + counts.dead + counts.dropped)


def remember(readings: Sequence[Reading], new: Reading) -> tuple[Reading, ...]:
    """Return the readings that are still needed, ascending by time, with the new one at the end."""
    return (*(one for one in readings if new.at_seconds - one.at_seconds <= ROOM_SECONDS), new)


def forecast(counts: Counts, readings: Sequence[Reading]) -> Forecast:
    """Return how long until the queue is full and until it is empty; `readings` ascend by time."""
    coming, _ = _per_second(readings, over_seconds=ROOM_SECONDS)
    came, went = _per_second(readings, over_seconds=DRAIN_SECONDS)
    to_full = room_for_events(counts) / coming if coming > 0 else None
    if not counts.pending:
        return Forecast(to_full, 0.0)
    return Forecast(to_full, counts.pending / (went - came) if went > came else None)


def room_for_events(counts: Counts) -> float:
    """Return how many more events find room: on the disk, within the limit, and in the place of events already sent.

    >>> counts = Counts(last_seq=2000, settled=0, pending=2000, dead=0, size_bytes=400_000, oldest_pending_at=None,
    ...                 max_size_bytes=1_000_000, free_disk_bytes=9_000_000)
    >>> room_for_events(counts)
    3000.0
    """
    free = max(counts.free_disk_bytes - counts.min_free_disk_bytes, 0)
    if counts.max_size_bytes:
        free = min(free, max(counts.max_size_bytes - counts.size_bytes, 0))
    kept = counts.pending + counts.retained + counts.dead
    event_bytes = counts.size_bytes / kept if kept >= _FEW else _TYPICAL_EVENT_BYTES
    return free / event_bytes + counts.retained


def _per_second(readings: Sequence[Reading], *, over_seconds: float) -> tuple[float, float]:
    """Return how many events came and went a second in the last so many seconds; zeros from a single reading."""
    if not readings:
        return 0.0, 0.0
    last = readings[-1]
    first = next(one for one in readings if last.at_seconds - one.at_seconds <= over_seconds)
    seconds = last.at_seconds - first.at_seconds
    if seconds <= 0:
        return 0.0, 0.0
    return max(last.came - first.came, 0) / seconds, max(last.went - first.went, 0) / seconds
