"""The programs of the demo put together: one collector, an edge agent beside each of six cameras, and a gate."""

from collections.abc import AsyncIterator, Container
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from demo.cameras import NAMES, Camera
from demo.gate import HOST, Gate
from demo.processes import Programs

FREE_PORT = f"{HOST}:0"
ANSWER_SECONDS = 30
SHOWN = timedelta(hours=10)
"""Of a shift that began eight hours ago, and goes on for a while."""
RETRY_MOST = "5s"
"""The agents' longest wait between two tries; nobody wants to watch a demo for the default minute."""


@dataclass(frozen=True, slots=True)
class Factory:
    """Everything that runs: the collector's URL, the cameras by station, the gate (cut) that links lead through."""

    programs: Programs
    collector: str
    cameras: dict[str, Camera]
    gate: Gate
    session: aiohttp.ClientSession

    @property
    def dashboard(self) -> str:
        """Where the dashboard is."""
        return f"{self.collector}/dashboard/"


@asynccontextmanager
async def opened(
    programs: Programs, *, folder: Path, listen: str, gated: Container[str], shift_start: int
) -> AsyncIterator[Factory]:
    """Start all programs and yield the factory; agents of the `gated` stations reach the collector through its gate.

    The programs are stopped by whoever opened `programs`.
    """
    # A collector that knows its cameras shows the one that has not called yet, too.
    cameras_known = "".join(f"[cameras.{name}]\n" for name in NAMES.values())
    settings = _written(folder / "collector.toml", cameras_known + _shifts(shift_start))
    serve = ("collector", "serve", *settings, "--database", str(folder / "collector.db"), "--listen", listen)
    collector = (await programs.start({"collector": serve}))["collector"]
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with Gate(urlsplit(collector).port or 80) as gate, aiohttp.ClientSession(timeout=timeout) as session:
        agents = await programs.start(
            {
                name: _agent(name, folder=folder, collector=gate.url if station in gated else collector)
                for station, name in NAMES.items()
            }
        )
        cameras = {
            station: Camera(session=session, station=station, agent=agents[name], shift_start=shift_start)
            for station, name in NAMES.items()
        }
        yield Factory(programs, collector, cameras, gate, session)


def _shifts(start: int) -> str:
    """Return settings by which the shift that is played is the current one, for whoever opens the dashboard."""
    begins = datetime.fromtimestamp(start // 1_000_000, UTC)
    change = begins + SHOWN
    shifts = [("first", begins, change), ("second", change, begins)]
    listed = ", ".join(f'{{name = "{name}", start = "{one:%H:%M}", end = "{two:%H:%M}"}}' for name, one, two in shifts)
    return f"[sites.default]\nshifts = [{listed}]\n"


def _agent(name: str, *, folder: Path, collector: str) -> tuple[str, ...]:
    settings = _written(folder / f"{name}.toml", f'[retry]\nmax = "{RETRY_MOST}"\n')
    return (
        *("edge_agent", "run", *settings, "--data-dir", str(folder / name)),
        *("--listen", FREE_PORT, "--collector", collector, "--camera", name),
    )


def _written(file: Path, settings: str) -> tuple[str, str]:
    file.write_text(settings)
    return ("--config", str(file))
