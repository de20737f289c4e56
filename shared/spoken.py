"""Numbers of things and times as a person says them: how many, how long, how long ago, when by this machine's clock."""

from datetime import datetime

from shared.instants import SECOND, datetime_of, parse_instant

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def counted(number: int, one: str, *, many: str = "") -> str:
    """Return how many there are, in words: `one` where it is a single one, else `many`, or `one` with an s behind it.

    >>> counted(1, "event"), counted(1_204, "event"), counted(0, "event waits", many="events wait")
    ('1 event', '1,204 events', '0 events wait')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def age(instant: int, *, now: int) -> str:
    """Return how long ago something was, to one unit.

    >>> age(0, now=95 * 60 * SECOND)
    '1 h'
    """
    return duration(max(now - instant, 0) // SECOND)


def duration(seconds: int) -> str:
    """Return a length of time, to one unit.

    >>> duration(3 * 86_400 + 5)
    '3 d'
    """
    size, unit = next((step for step in _UNITS if seconds >= step[0]), _UNITS[-1])
    return f"{seconds // size:,} {unit}"


def moment(text: str, now: int) -> str:
    """Return a time of day on this machine's clock, with the day where it is not today, and how long ago it was."""
    instant = parse_instant(text)
    local, today = _local(instant), _local(now).date()
    clock_time = f"{local:%H:%M:%S}" if local.date() == today else f"{local:%Y-%m-%d %H:%M:%S}"
    return f"{clock_time} ({age(instant, now=now)} ago)"


def _local(instant: int) -> datetime:
    return datetime_of(instant).astimezone()
