"""The connections that read a SQLite file: two for questions that may take long, and one kept for short ones.

Invariants: a short question never waits for a long one; a question that nobody waits for any more is interrupted, so that
its connection serves the next; after `close` nothing reads, however long it would have taken.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any, TypeVar

from sqlite_utils.utils import sqlite3

from collector.storage.opening import open_reader, transaction, translated_errors
from shared.errors import Busy

LONG_AT_ONCE = 2
"""Whoever asks for more at once waits: each reads as fast as one core goes, and the writer needs one, too."""
_LOOK_EVERY = 1_000_000
"""Steps of SQLite, some 50 ms: an interruption reaches only a statement that runs, so one that begins just then looks."""
_INTERRUPT_AGAIN_SECONDS = 0.05
"""An interruption ends the statement that runs; a question may be made of thousands."""

Result = TypeVar("Result")
Read = Callable[[sqlite3.Connection], Result]


class Readers:
    """Answers questions to a file, each in a read transaction of its own."""

    def __init__(self, file: Path, first: sqlite3.Connection) -> None:
        """Take over a reading connection to a file, and open the others."""
        self._short = _Line(file, [first], name="store-read-short")
        self._long = _Line(file, [open_reader(file) for _ in range(LONG_AT_ONCE)], name="store-read-long")

    async def short(self, read: Read[Result]) -> Result:
        """Return what a question of a few milliseconds finds: its cost does not depend on what is asked."""
        return await self._short.ask(read)

    async def long(self, read: Read[Result]) -> Result:
        """Return what any other question finds.

        Raises:
            Busy: it was interrupted, because the store is being closed.
        """
        return await self._long.ask(read)

    def interrupt(self) -> None:
        """Give up the long questions; whoever waits for one is told `Busy`."""
        self._long.interrupt()

    async def close(self) -> None:
        """Give up what is being read, and close the connections."""
        await self._short.close()
        await self._long.close()


class _Line:
    """Some connections to the same file, with a thread for each; who comes first is served first."""

    def __init__(self, file: Path, connections: Sequence[sqlite3.Connection], *, name: str) -> None:
        self._file = file
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        for connection in connections:
            self._idle.put(connection)
        self._threads = ThreadPoolExecutor(len(connections), thread_name_prefix=name)
        self._questions: set[_Question] = set()

    async def ask(self, read: Read[Result]) -> Result:
        """Return what a question finds; if nobody waits for it any more, it is given up."""
        question = _Question(read)

        def answer() -> Any:
            try:
                return self._answer(question)
            finally:
                self._questions.discard(question)

        self._questions.add(question)
        try:
            result: Result = await asyncio.get_running_loop().run_in_executor(self._threads, answer)
        except asyncio.CancelledError:
            question.give_up()
            raise
        return result

    def interrupt(self) -> None:
        """Give up all questions, those that wait and those being answered."""
        for question in self._questions.copy():
            question.give_up()

    async def close(self) -> None:
        """Give up all questions, and close the connections."""
        ended = asyncio.create_task(asyncio.to_thread(self._threads.shutdown))
        while not ended.done():
            self.interrupt()
            await asyncio.wait({ended}, timeout=_INTERRUPT_AGAIN_SECONDS)
        while not self._idle.empty():
            self._idle.get().close()

    def _answer(self, question: "_Question") -> Any:
        connection = self._idle.get()
        try:
            # The question is within the transaction: what ends the transaction must not be interrupted.
            with translated_errors(self._file), transaction(connection, "deferred"):
                return question.answer(connection)
        finally:
            self._idle.put(connection)


class _Question:
    """Something to be read, which may be given up from another thread at any time."""

    def __init__(self, read: Read[Any]) -> None:
        self._read = read
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._is_given_up = False

    def answer(self, connection: sqlite3.Connection) -> Any:
        """Return what it finds; raises `Busy` if it was given up before."""
        with self._lock:
            if self._is_given_up:
                raise Busy("the question was given up before it was answered")
            self._connection = connection
        connection.set_progress_handler(lambda: self._is_given_up, _LOOK_EVERY)
        try:
            return self._read(connection)
        finally:
            connection.set_progress_handler(None, 0)
            with self._lock:
                self._connection = None

    def give_up(self) -> None:
        """Do not begin it; if it has begun, interrupt the statement that runs."""
        with self._lock:
            self._is_given_up = True
            if self._connection is not None:
                self._connection.interrupt()
