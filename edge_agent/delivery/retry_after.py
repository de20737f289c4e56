"""`Retry-After` in both of its forms (RFC 9110 §10.2.3), never believed beyond a quarter of an hour."""

from datetime import UTC
from email.utils import parsedate_to_datetime

from shared.instants import SECOND, instant_of

MOST_SECONDS = 900.0


def read_retry_after(text: str | None, *, now: int) -> float | None:
    """Return the seconds that the other side asks for, within 0 to 900; None if it asks for nothing readable.

    `now` is by the clock that wrote it where the answer tells its `Date`, else by our own; if that is wrong by years, the
    bounds keep the wait sane.

    >>> read_retry_after("120", now=0), read_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", now=0)
    (120.0, 60.0)
    """
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MOST_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (instant_of(moment) - now) / SECOND
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0.0, min(seconds, MOST_SECONDS))
