"""Events a second through `POST /api/app/` of both programs, beside bare SQLite inserts of the same rows.

Answers leave after the commit is on disk, on both sides of the comparison. The clients share the machine with the server,
so the figures are what is left of it, and only the ratios of one run mean something.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from benchmarks import bare, programs
from benchmarks.events import bodies, events

CLIENTS = 8
COUNTS = {1: 6_000, 500: 100_000}
"""Events for each size of a batch."""
WORKERS = 6


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    program: str
    batch: int
    events_a_second: float
    bare_events_a_second: float

    @property
    def ratio(self) -> float:
        """How many times bare SQLite, one commit a batch, one after the other."""
        return self.events_a_second / self.bare_events_a_second


def run() -> list[Result]:
    """Measure both programs for both sizes of a batch."""
    return [
        *(_measure("collector", programs.collector, batch=batch) for batch in COUNTS),
        *(_measure("edge agent", programs.edge_agent, batch=batch) for batch in COUNTS),
    ]


def _measure(name: str, program: Callable[[Path], AbstractContextManager[str]], *, batch: int) -> Result:
    made = events(COUNTS[batch], workers=WORKERS)
    with tempfile.TemporaryDirectory() as folder:
        if name == "collector":
            rows, table, statement = bare.event_rows(made), bare.EVENT_TABLE, bare.EVENT_INSERT
        else:
            rows, table, statement = bare.log_rows(made), bare.LOG_TABLE, bare.LOG_INSERT
        baseline = bare.insert(Path(folder, "bare.db"), rows, table=table, statement=statement, batch=batch)
        with program(Path(folder)) as address:
            took = asyncio.run(post_all(f"{address}/api/app/", bodies(made, batch)))
    return Result(name, batch, len(made) / took, baseline)


async def post_all(url: str, to_send: Sequence[bytes]) -> float:
    """Return the seconds that 8 clients take to post every body, each waiting for its answers.

    Raises:
        RuntimeError: an answer was not 200.
    """
    waiting = iter(to_send)
    headers = {"Content-Type": "application/json"}

    async def client(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            async with session.post(url, data=body, headers=headers) as answer:
                content = await answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{answer.status}: {content[:200]!r}")

    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(CLIENTS)))
        return time.perf_counter() - began
