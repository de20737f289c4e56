"""A line of cameras for tests of restores: real agents, a real collector and its own backups."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import aiohttp
from sqlite_utils.utils import sqlite3

from tests.support.programs import Finished, Program, collector, command, edge_agent, free_port

METRICS = ("workers", "workstations", "factory")


class Line:
    """Cameras with their agents and one collector, which is backed up and restored."""

    def __init__(self, folder: Path, *, stack: AsyncExitStack, session: aiohttp.ClientSession) -> None:
        self.database = folder / "collector.db"
        self.backup = folder / "backup.db"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.agents: dict[str, tuple[str, Program]] = {}
        self.ways: dict[str, str] = {}
        """Another address than the collector's, for cameras that have one."""
        self._folder = folder
        self._stack = stack
        self._session = session
        self._collector: Program | None = None

    async def start_collector(self) -> None:
        """Start it, or start it again, at the address that the agents know."""
        port = int(self.url.rpartition(":")[2])
        _, self._collector = await self._stack.enter_async_context(collector(self.database, port=port))

    async def db(self, *arguments: str) -> Finished:
        """Run a `collector db` command."""
        return await command("collector", "db", *arguments, "--database", str(self.database))

    async def stop_collector(self) -> None:
        """Stop it, so that its database can be replaced."""
        assert self._collector is not None
        assert await self._collector.stop() == 0

    async def start_agent(self, camera: str) -> None:
        """Start a camera's agent on the queue it has."""
        self.agents[camera] = await self._stack.enter_async_context(
            edge_agent(self._folder / camera, collector=self.ways.get(camera, self.url), camera=camera)
        )

    async def kill_agent(self, camera: str) -> None:
        """End it as a power cut would, and start it again: its numbers go on under a new epoch."""
        await self.agents[camera][1].kill()
        await self.start_agent(camera)

    async def post(self, camera: str, items: Sequence[object]) -> None:
        """Give events to a camera's agent; they are on its disk when this returns."""
        async with self._session.post(f"{self.agents[camera][0]}/api/app/", json=items) as answer:
            assert (await answer.json())["accepted"] == len(items)

    async def until_delivered(self, *, seconds: float = 20) -> None:
        """Wait until no agent has anything left to send."""
        async with asyncio.timeout(seconds):
            for camera, (url, _) in self.agents.items():
                while (told := await self._get(f"{url}/status"))["pending"] or told["state"] != "ok":  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                assert told["unaccounted"] == 0, camera

    async def returned(self) -> dict[str, tuple[int, int]]:
        """Return how many numbers each agent has sent again, and how many it no longer had."""
        told = {camera: await self._get(f"{url}/status") for camera, (url, _) in self.agents.items()}
        return {camera: (status["sent_again"], status["lost"]) for camera, status in told.items()}

    async def until_all_is_there(self, events: int, *, seconds: float = 60) -> list[dict[str, Any]]:
        """Wait until the collector has so many events and misses no number; return its cameras."""
        async with asyncio.timeout(seconds):
            while True:
                cameras: list[dict[str, Any]] = await self._get(f"{self.url}/api/cameras/")
                if stored_in(self.database) == events and not any(camera["missing"] for camera in cameras):
                    return cameras
                await asyncio.sleep(0.1)

    async def shown(self, **window: str) -> dict[str, bytes]:
        """Return the metrics and the events of a window, byte for byte, the events page after page."""
        found = {}
        for what in METRICS:
            async with self._session.get(f"{self.url}/api/metrics/{what}/", params=window) as answer:
                found[what] = await answer.read()
        after: str | None = ""
        while after is not None:
            query = {**window, "limit": "10000"} | ({"after": after} if after else {})
            page = await self._get(f"{self.url}/api/events/", **query)
            found[f"events from {after}"] = json.dumps(page["events"]).encode()
            after = page["next"]
        return found

    async def _get(self, url: str, **query: str) -> Any:
        async with self._session.get(url, params=query) as answer:
            return json.loads(await answer.read())


def stored_in(database: Path) -> int:
    """Return how many events there are in a collector's file."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("select count(*) from event").fetchone()[0])
