"""The scrub of a SQLite file beside everything else: that it runs, how long it may, and how it is given up.

It holds the thread that writes for as long as it takes to write the database anew; nothing else is stored meanwhile. A kill loses
none of it but the time: the next start scrubs again. A stop gives it up as long as SQLite puts the copy aside; from then on,
while the copy is written back, SQLite cannot be stopped.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

from sqlite_utils.utils import sqlite3

from collector.storage import forgetting
from collector.storage.opening import translated_errors, write_anew
from collector.storage.writer import Writer
from shared.errors import Busy

LEAST_SECONDS = 600.0
SLOWEST_BYTES_A_SECOND = 1_000_000
"""A tired memory card; a fast disk writes a hundred times as much. Whatever takes longer hangs, and is no scrub any more to those who
watch the collector."""
_LOOK_EVERY = 100_000
"""Steps of SQLite between two looks whether it is given up: a tenth of a second at most."""


class Scrubber:
    """Scrubs on the thread that writes, one scrub after the other."""

    def __init__(self, file: Path, writer: Writer, *, thread: Executor) -> None:
        self._file = file
        self._writer = writer
        self._thread = thread
        self._turn: object | None = None
        self._is_given_up = False
        self._is_anew = False

    @property
    def is_running(self) -> bool:
        """Whether the database is being written anew at this moment, and no longer than that may take."""
        return self._turn is not None

    async def scrub(self, *, size_bytes: int) -> bool:
        """Scrub what takes so many bytes; say whether there was anything to scrub.

        Raises:
            Busy: it was given up, takes too long, or somebody reads meanwhile.
            StorageFull: there is no room for it.
        """
        turn, seconds = object(), LEAST_SECONDS + size_bytes / SLOWEST_BYTES_A_SECOND
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.get_running_loop().run_in_executor(self._thread, self._work(turn))
        except TimeoutError as error:
            if self._turn is turn:
                self.give_up()
                self._turn = None
            raise Busy(f"to write the database anew has taken more than {seconds:,.0f} s") from error

    def give_up(self) -> None:
        """End the scrub that runs, if one does, where SQLite looks the next time."""
        self._is_given_up = self._turn is not None

    def erased(self) -> None:
        """Note that there is more to write over than what the last scrub found; on the thread that writes."""
        self._is_anew = False

    def _work(self, turn: object) -> Callable[[], bool]:
        def run() -> bool:
            self._writer.lock.check()
            with translated_errors(self._file):
                if not forgetting.is_unscrubbed(self._writer.connection):
                    return False
                self._turn, self._is_given_up = turn, False
                try:
                    self._run()
                finally:
                    self._turn = None if self._turn is turn else self._turn
            return True

        return run

    def _run(self) -> None:
        connection = self._writer.connection
        if not self._is_anew:
            connection.set_progress_handler(lambda: self._is_given_up, _LOOK_EVERY)
            try:
                write_anew(connection)
            except sqlite3.OperationalError as error:
                if self._is_given_up:
                    raise Busy("to write the database anew was given up; the next start tries again") from error
                raise
            finally:
                connection.set_progress_handler(None, 0)
            self._is_anew = True  # whoever reads for too long only keeps the log from being emptied
        forgetting.empty_the_log(connection)
        self._is_anew = False
