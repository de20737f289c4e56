"""The clock as a port: the only place that asks what time it is. Chance, which is no one's business either, is here too.

`now` is for stamps and may jump; `monotonic` is for timers and never does.
"""

import asyncio
import random
import secrets
import time
from typing import Protocol


class Clock(Protocol):
    """Time as the programs see it."""

    def now(self) -> int:
        """Return the wall clock as an instant: microseconds UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some moment, never going back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> int:
        """Return the wall clock as an instant: microseconds UTC."""
        return time.time_ns() // 1_000

    def monotonic(self) -> float:
        """Return seconds since some moment, never going back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        await asyncio.sleep(seconds)


async def give_way() -> None:
    """Let everybody else on the loop who is ready have their turn; no time passes but theirs."""
    await asyncio.sleep(0)


def chance() -> float:
    """Return a number in [0, 1) for spreading waits; it protects nothing."""
    return random.random()  # noqa: S311


def new_secret() -> str:
    """Return 43 letters that nobody can guess: 32 random bytes."""
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """Return 16 hexadecimal digits that nobody has used before."""
    return secrets.token_hex(8)
