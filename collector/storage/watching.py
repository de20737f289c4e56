"""Which time a camera has watched, by the advance of its watermark.

A watermark says: watched without a break and delivered up to here. It advances while the camera is alive; it stands still
while its producer is silent, although the agent still calls, and what it leaps over afterwards was not watched. A link that
was down is no break: the agent has gone on watching, and says so once it is back.
"""

from typing import NamedTuple

from collector.records import Contact
from shared.instants import HOUR, MINUTE

SILENT_AFTER = 2 * MINUTE
"""A watermark that lags more, with nothing left to deliver, is that of a producer that is silent."""
LONGEST_ADVANCE = 31 * 24 * HOUR
"""More at once is a clock that was set, not a camera that watched."""


class Watching(NamedTuple):
    """What a camera's last live call said."""

    watermark: int | None
    is_watching: bool


def is_watching(contact: Contact, *, received_at: int) -> bool:
    """Say whether the time from this call's watermark on is being watched."""
    if contact.watermark is None:
        return False
    return contact.pending > 0 or received_at - contact.watermark <= SILENT_AFTER


def advance(before: Watching, watermark: int | None) -> tuple[int, int] | None:
    """Return the stretch that was watched between two calls; None if there was none.

    >>> advance(Watching(100, True), 160), advance(Watching(100, False), 160), advance(Watching(None, False), 160)
    ((100, 160), None, None)
    """
    if not before.is_watching or before.watermark is None or watermark is None:
        return None
    start = before.watermark
    return (start, watermark) if start < watermark <= start + LONGEST_ADVANCE else None
