"""A commit is not waited for without end: it may hang where nothing else does, on a synchronous standby that is away.

The server's own time-outs do not reach it there. A commit that is given up is none that failed: it is stored here, and whoever
sends the same again finds duplicates. They are acknowledged once a later commit is through, which is after this one on every
standby.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.patience import CommitUnconfirmed, give_up, transaction
from shared.errors import Busy

COMMIT_SECONDS = 6.0
"""Many times what a healthy disk and standby take."""
COMMIT_SECONDS_BEHIND = 3.0
"""For who waits behind a transaction that took as long: both together end before an agent gives up."""
SECONDS_TO_FOLLOW = 1.0
"""Who comes later than that after such a transaction has not waited for it."""
SECONDS_TO_GIVE_UP = 4.0
"""Longer than a host that has fallen silent is waited for (`hosts.py`), so that this is found first, and the next one tried."""

Result = TypeVar("Result")


class Commits:
    """The transactions of one connection, one after the other."""

    def __init__(self) -> None:
        self._behind_until = 0.0

    async def committed(
        self, connection: Connection, work: Callable[[], Awaitable[Result]], *, patience: float | None
    ) -> Result:
        """Return what comes of work within a transaction, once it is committed; each statement has `patience` seconds.

        Raises:
            Busy: nobody says that it is, for too long.
            NotAnswered: a statement was not answered.
        """
        clock = asyncio.get_running_loop()
        begun = clock.time()
        seconds = COMMIT_SECONDS_BEHIND if begun < self._behind_until else COMMIT_SECONDS
        try:
            async with transaction(connection, patience=patience, to_commit=seconds):
                result = await work()
        except CommitUnconfirmed as error:
            await give_up(connection, seconds=SECONDS_TO_GIVE_UP)
            raise Busy(
                f"the commit was not confirmed within {seconds:g} s; it may be stored, and the same again is a duplicate",
                hint="is a synchronous standby away? `collector check` says so",
            ) from error
        finally:
            if clock.time() > begun + COMMIT_SECONDS_BEHIND:
                self._behind_until = clock.time() + SECONDS_TO_FOLLOW
        return result
