"""What is said of copies that lie beside the database: what they hold outlives every retention. Pure."""

from collections.abc import Iterable, Sequence

from collector.measures import KeptCopy
from collector.records import Retention
from shared.instants import HOUR, format_instant

_DAY = 24 * HOUR


def copy_sentences(copies: Iterable[KeptCopy], *, now: int) -> list[str]:
    """Return a sentence for each copy: its name, its age and what to do.

    >>> copy_sentences([KeptCopy("collector.db.schema-4", 0)], now=3 * _DAY)
    ['collector.db.schema-4 holds what was stored until 1970-01-01, 3 days ago, and no retention reaches it: delete it when nobody needs it']
    """
    return [
        f"{copy.name} holds what was stored until {format_instant(copy.until)[:10]}, {_ago(now - copy.until)}, and no "
        "retention reaches it: delete it when nobody needs it"
        for copy in copies
    ]


def are_too_old(copies: Sequence[KeptCopy], retention: Retention, *, now: int) -> bool:
    """Say whether a copy holds nothing but events that the database itself has let go by now."""
    return retention.events is not None and any(now - copy.until > retention.events for copy in copies)


def _ago(length: int) -> str:
    days = max(0, length // _DAY)
    return f"{days} day{'' if days == 1 else 's'} ago"
