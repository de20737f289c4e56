"""Windows taken apart at full hours: whole hours come from the ledger, what is left at either end from events.

A site's hours begin at its minute offset, so that a zone half an hour off has whole hours too.

    window           [--------------------)
    hours     |       |       |       |       |
    parts      left   [===== whole ===) right
"""

from collector.hours import hour_from, hour_of
from collector.measures import Parts
from collector.metrics.windows import Window


def split(window: Window, offset: int) -> Parts:
    """Return the parts of a window where hours begin `offset` microseconds past the full hour of UTC.

    A window that holds no whole hour is all `left` if it lies within an hour, else a `left` and a `right`.
    """
    start, end = window.start, window.end
    first = None if start is None else hour_from(start, offset=offset)
    last = None if end is None else hour_of(end, offset=offset)
    if first is not None and last is not None and first > last:
        return Parts(whole=None, left=(start, end))
    left = None if first is None or first == start else (start, first)
    right = None if last is None or last == end else (last, end)
    is_empty = first is not None and first == last
    return Parts(whole=None if is_empty else (first, last), left=left, right=right)
