"""What systemd is told: that a program is ready, is alive, is stopping; datagrams as sd_notify(3) describes them.

Without `NOTIFY_SOCKET` nothing is sent. A service manager that does not listen is no reason to stop working:
what cannot be sent is dropped and said once.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from shared.clock import Clock

_log = logging.getLogger(__name__)
_MICROSECONDS = 1_000_000
_ASK_EVERY_SECONDS = 20.0
_GRANTED_SECONDS = 90
"""For each asking: a machine with much to do may be late with the next one."""
_MOST_STARTING_SECONDS = 6 * 3_600.0
"""A queue of 1 GiB on a card that gives 50 kB a second; whoever takes longer hangs, and a restart is the better try."""


class ServiceManager:
    """The way to the service manager, as far as the environment names one."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._was_deaf = False
        self.watchdog_seconds = _watchdog_seconds(environment) if self._address else None
        """How long it waits for a sign of life before it kills us; None if it does not."""

    @asynccontextmanager
    async def starting(self, *, clock: Clock) -> AsyncIterator[None]:
        """Ask for time while the block lasts: a salvage that is cut short begins anew, and would be cut short again."""
        asking = asyncio.create_task(self._ask_for_time(clock), name="starting")
        try:
            yield
        finally:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking

    async def _ask_for_time(self, clock: Clock) -> None:
        until = clock.monotonic() + _MOST_STARTING_SECONDS
        while clock.monotonic() < until:
            self._tell(f"EXTEND_TIMEOUT_USEC={_GRANTED_SECONDS * _MICROSECONDS}\nSTATUS=opening the queue")
            await clock.sleep(_ASK_EVERY_SECONDS)

    def ready(self) -> None:
        """Say that events are taken from now on."""
        self._tell("READY=1")

    def alive(self, words: str) -> None:
        """Give a sign of life, and a line for `systemctl status`."""
        self._tell(f"WATCHDOG=1\nSTATUS={words.splitlines()[0] if words else ''}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as one:
                one.sendto(message.encode(), self._address)
        except OSError as error:
            if not self._was_deaf:
                _log.warning("the service manager does not listen", extra={"reason": str(error)})
            self._was_deaf = True
        else:
            self._was_deaf = False


def _address(name: str) -> str:
    """Return the socket's address; a name that begins with @ is in the abstract name space."""
    return "\0" + name[1:] if name.startswith("@") else name


def _watchdog_seconds(environment: Mapping[str, str]) -> float | None:
    """Return what sd_watchdog_enabled(3) would: only if it is meant for this process."""
    microseconds, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or int(microseconds) == 0 or (pid and pid != str(os.getpid())):
        return None
    return int(microseconds) / _MICROSECONDS
