"""The demo's finished shift, with its collector left running for a browser to look at."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from tests.support.programs import running

SHIFT_SECONDS = 50


@contextlib.asynccontextmanager
async def finished_shift(extra_worker: str, *, log: Path, folder: Path) -> AsyncIterator[str]:
    """Play the demo's shift to its end and leave its collector running; yields the address of the dashboard."""
    options = ("--once", "--keep", "--extra-worker", extra_worker, "--data-dir", str(folder))
    async with running("demo", *options, log=log) as program:
        yield await program.line_with("dashboard at ", seconds=SHIFT_SECONDS)
