"""Windows of time: half-open `[start, end)`, each end known or open (SEMANTICS §5)."""

from dataclasses import dataclass

from shared.errors import BadRequest
from shared.instants import LAST_INSTANT, TimestampRefused, parse_instant


@dataclass(frozen=True, slots=True)
class Window:
    """A window in microseconds UTC; None is an open end."""

    start: int | None = None
    end: int | None = None

    @property
    def length(self) -> int | None:
        """Microseconds, or None while an end is open."""
        return None if self.start is None or self.end is None else self.end - self.start

    def holds(self, at: int) -> bool:
        """Say whether an instant lies inside."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)

    def overlap(self, start: int, end: int) -> int:
        """Return how many microseconds of `[start, end)` lie inside.

        span      |=========|
        window         [--------)
        overlap        |====|
        """
        inside_start = start if self.start is None else max(start, self.start)
        inside_end = end if self.end is None else min(end, self.end)
        return max(0, inside_end - inside_start)


def read_window(start: str | None, end: str | None) -> Window:
    """Return the window that two RFC 3339 texts name.

    Raises:
        BadRequest: names the parameter, `from` or `to`, and what is wrong with it.
    """
    window = Window(_read_end("from", start), _read_end("to", end))
    if window.start is not None and window.end is not None and window.start >= window.end:
        raise BadRequest("from must lie before to", field="from")
    return window


def _read_end(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        # A "+" that was not escaped in a URL arrives as a space; no timestamp holds one.
        return min(parse_instant(text.replace(" ", "+")), LAST_INSTANT)
    except TimestampRefused as refused:
        raise BadRequest(f"{name}: {str(refused).replace('timestamp', 'it', 1)}", field=name) from refused
