"""An agent and a collector as real processes that a test kills and starts again, with a lying proxy between them."""

import contextlib
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.fault_proxy import FaultProxy
from tests.support.programs import LISTENING, Program, free_port, running

CAMERA = "cam-01"
PATIENCE_SECONDS = 90.0
"""Of a start; how long starts really took is among the figures, and on a machine that does nothing else it is one second."""
AGENT_SETTINGS = """
[collector]
timeout = "1s"

[delivery]
heartbeat = "1s"
linger = "50ms"

[retry]
initial = "100ms"
max = "400ms"
pause = "200ms"
"""
"""The defaults are for months; a run of minutes wants everything to happen more often."""


class Victim:
    """One program that can be killed at any moment, also before it listens, and started again on its files."""

    def __init__(self, *arguments: str, log: Path) -> None:
        self._arguments = arguments
        self._log = log
        self._stack = contextlib.AsyncExitStack()
        self._program: Program | None = None
        self._began = 0.0
        self.start_seconds: list[float] = []
        """How long each start took until it listened."""
        self.address = "http://127.0.0.1:9"
        """Where it listened last."""

    async def spawn(self) -> None:
        """Start it; it does not listen yet."""
        self._began = time.monotonic()
        self._program = await self._stack.enter_async_context(running(*self._arguments, log=self._log))

    async def listen(self) -> None:
        """Return once it listens."""
        assert self._program is not None
        try:
            self.address = await self._program.line_with(LISTENING, seconds=PATIENCE_SECONDS)
        except AssertionError:
            # With PYTHONFAULTHANDLER=1 its log says where it hangs.
            self._program.process.send_signal(signal.SIGABRT)
            raise
        self.start_seconds.append(time.monotonic() - self._began)

    async def kill(self) -> None:
        """End it by SIGKILL."""
        if self._program is not None:
            await self._program.kill()
            self._program = None

    async def stop(self) -> int:
        """End it as an operator does, and return its exit code."""
        assert self._program is not None
        return await self._program.stop()

    async def close(self) -> None:
        """End whatever was started."""
        await self._stack.aclose()

    async def get(self, session: aiohttp.ClientSession, path: str, **query: str) -> Any:
        """Return the JSON at a path."""
        async with session.get(self.address + path, params=query) as answer:
            answer.raise_for_status()
            return await answer.json()


class Pair:
    """The two programs in a folder; `async with` ends them."""

    def __init__(self, folder: Path, *, proxy: FaultProxy) -> None:
        self.database = folder / "collector.db"
        self.proxy = proxy
        config = folder / "edge-agent.toml"
        config.write_text(AGENT_SETTINGS)
        place = ("--data-dir", str(folder / "queue"), "--listen", f"127.0.0.1:{free_port()}")
        where = ("--config", str(config), "--collector", proxy.url, "--camera", CAMERA)
        self.agent = Victim("edge_agent", "run", *place, *where, log=folder / "agent.log")
        store = ("--database", str(self.database), "--listen", "127.0.0.1:0")
        self.collector = Victim("collector", "serve", *store, log=folder / "collector.log")

    async def __aenter__(self) -> "Pair":
        for victim in (self.collector, self.agent):
            await victim.spawn()
            await self.listen(victim)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.agent.close()
        await self.collector.close()

    @property
    def start_seconds(self) -> list[float]:
        """How long each start of either took."""
        return self.agent.start_seconds + self.collector.start_seconds

    async def listen(self, victim: Victim) -> None:
        """Return once a victim listens, and is known to whoever asks for it."""
        await victim.listen()
        if victim is self.collector:
            host, _, port = victim.address.removeprefix("http://").rpartition(":")
            self.proxy.upstream = (host, int(port))

    async def stored(self, session: aiohttp.ClientSession) -> list[Mapping[str, Any]]:
        """Return every event that the collector has, page after page."""
        found: list[Mapping[str, Any]] = []
        query = {"limit": "10000"}
        while True:
            page = await self.collector.get(session, "/api/events/", **query)
            found += page["events"]
            if page["next"] is None:
                return found
            query["after"] = page["next"]
