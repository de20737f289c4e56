"""A clock that obeys: sleeping takes no time and moves it on."""

import asyncio

from shared.instants import SECOND, parse_instant

START = parse_instant("2026-01-15T10:00:00Z")


class FakeClock:
    """Both hands of the clock, moved by `sleep` and by `advance`; `slept` holds every wait in order."""

    def __init__(self, now: int = START) -> None:
        self._now = now
        self._monotonic = 0.0
        self.slept: list[float] = []
        self.longest: float | None = None
        """A sleep that is longer never ends by itself."""

    def now(self) -> int:
        """Return the wall clock as an instant."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds since the clock was made."""
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        """Move both hands on and let others run once."""
        self.slept.append(seconds)
        if self.longest is not None and seconds > self.longest:
            await asyncio.get_running_loop().create_future()
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Move both hands on."""
        self._now += round(seconds * SECOND)
        self._monotonic += seconds

    def set(self, now: int) -> None:
        """Move the wall clock alone, as a time server does."""
        self._now = now
