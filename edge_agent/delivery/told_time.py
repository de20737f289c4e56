"""Whether this machine's clock can be believed, as far as others can tell: the collector's answers, and this program.

A box without a battery starts in 1970 or where it was switched off, and then no certificate is valid. Then the cause is
the clock and not the certificate, and the status has to say so. Nothing but words follows from this: events are kept
as they are, and no wait depends on a wall clock.
"""

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from shared.instants import HOUR, SECOND, format_instant, instant_of, parse_instant

NOT_BEFORE = parse_instant("2026-01-01T00:00:00Z")
"""No version of this program was made before, so no clock that is set says less."""
_DAY = 24 * HOUR
FAR = HOUR
"""A difference that no slow network and no tired battery explains."""


@dataclass(frozen=True, slots=True)
class ToldTime:
    """What a collector's clock said last, and when that was by our monotonic clock, which does not jump."""

    instant: int | None = None
    monotonic: float = 0.0

    def at(self, monotonic: float) -> int | None:
        """Return what that clock must say now; None if it has said nothing yet."""
        return None if self.instant is None else self.instant + round((monotonic - self.monotonic) * SECOND)

    def after(self, date: str | None, *, monotonic: float) -> "ToldTime":
        """Return what is known after an answer with this `Date` header."""
        instant = read_date(date)
        return self if instant is None else ToldTime(instant, monotonic)


def read_date(text: str | None) -> int | None:
    """Return the instant of a `Date` header (RFC 9110 §6.6.1), None if it is none.

    >>> read_date("Thu, 15 Jan 2026 10:00:00 GMT") == parse_instant("2026-01-15T10:00:00Z"), read_date("today")
    (True, None)
    """
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return instant_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def doubt(*, now: int, collector_now: int | None) -> str | None:
    """Return why our clock is not to be believed, in words; None if nothing speaks against it.

    >>> doubt(now=0, collector_now=None)
    "this machine's clock says 1970-01-01T00:00:00Z, a time before this program was made"
    """
    if now < NOT_BEFORE:
        return f"this machine's clock says {format_instant(now)}, a time before this program was made"
    if collector_now is None or abs(now - collector_now) <= FAR:
        return None
    side = "behind" if now < collector_now else "ahead of"
    return f"this machine's clock is {_length(abs(now - collector_now))} {side} the collector's"


def _length(microseconds: int) -> str:
    unit, name = (_DAY, "days") if microseconds >= 2 * _DAY else (HOUR, "hours")
    return f"{microseconds // unit:,} {name}"
