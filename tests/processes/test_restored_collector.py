"""The collector is restored from a backup: every agent gives back what it lost, without a hand and without a restart."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.instants import SECOND, format_instant
from tests.support.fake_clock import START
from tests.support.programs import Finished, Program, collector, command, edge_agent, free_port

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]

CAMERAS = ("cam-1", "cam-2", "cam-3")
SHOWN = ("metrics/workers", "metrics/workstations", "metrics/factory", "events")
KINDS = ("working", "product_count", "idle", "absent")


def event(camera: str, number: int) -> dict[str, object]:
    """Return an event of one of four workers of a camera, one a second."""
    return {
        "timestamp": format_instant(START + number * SECOND),
        "worker_id": f"{camera}-W{number % 4}",
        "workstation_id": f"S{number % 3}",
        "event_type": KINDS[number * 7 % 4],
        "count": number % 5 if number * 7 % 4 == 1 else 0,
    }


class Line:
    """Three cameras with their agents and one collector."""

    def __init__(self, folder: Path, *, stack: AsyncExitStack, session: aiohttp.ClientSession) -> None:
        self.database = folder / "collector.db"
        self.backup = folder / "backup.db"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.agents: dict[str, tuple[str, Program]] = {}
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
            edge_agent(self._folder / camera, collector=self.url, camera=camera)
        )

    async def kill_agent(self, camera: str) -> None:
        """End it as a power cut would, and start it again: its numbers go on under a new epoch."""
        await self.agents[camera][1].kill()
        await self.start_agent(camera)

    async def post(self, camera: str, numbers: Sequence[int]) -> None:
        """Give events to a camera's agent; they are on its disk when this returns."""
        url = f"{self.agents[camera][0]}/api/app/"
        async with self._session.post(url, json=[event(camera, number) for number in numbers]) as answer:
            assert (await answer.json())["accepted"] == len(numbers)

    async def until_delivered(self) -> None:
        """Wait until no agent has anything left to send."""
        async with asyncio.timeout(20):
            for camera, (url, _) in self.agents.items():
                while (told := await self._get(f"{url}/status"))["pending"] or told["state"] != "ok":  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                assert told["unaccounted"] == 0, camera

    async def returned(self) -> dict[str, tuple[int, int]]:
        """Return how many numbers each agent has sent again, and how many it no longer had."""
        told = {camera: await self._get(f"{url}/status") for camera, (url, _) in self.agents.items()}
        return {camera: (status["sent_again"], status["lost"]) for camera, status in told.items()}

    async def until_nothing_is_missing(self, events: int) -> list[dict[str, Any]]:
        """Wait until the collector has so many events and misses no number; return its cameras."""
        async with asyncio.timeout(60):
            while True:
                cameras: list[dict[str, Any]] = await self._get(f"{self.url}/api/cameras/")
                stored = (await self._get(f"{self.url}/api/events/?limit=10000"))["events"]
                if len(stored) == events and not any(camera["missing"] for camera in cameras):
                    return cameras
                await asyncio.sleep(0.1)

    async def shown(self) -> dict[str, bytes]:
        """Return the metrics and the events, byte for byte."""
        found = {}
        for what in SHOWN:
            query = "?limit=10000" if what == "events" else ""
            async with self._session.get(f"{self.url}/api/{what}/{query}") as answer:
                found[what] = await answer.read()
        return found

    async def _get(self, url: str) -> Any:
        async with self._session.get(url) as answer:
            return json.loads(await answer.read())


async def test_a_collector_that_is_restored_from_a_backup_gets_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came after the backup is there again, byte for byte, also of epochs that ended meanwhile, and nothing is missing."""
    monkeypatch.setenv("EDGE_AGENT_DELIVERY__HEARTBEAT", "1s")
    for key, value in {"INITIAL": "100ms", "MAX": "200ms", "RECOVERY_SPREAD": "200ms"}.items():
        monkeypatch.setenv(f"EDGE_AGENT_RETRY__{key}", value)
    async with AsyncExitStack() as stack, aiohttp.ClientSession() as session:
        line = Line(tmp_path, stack=stack, session=session)
        await line.start_collector()
        await asyncio.gather(*(line.start_agent(camera) for camera in CAMERAS))
        for camera in CAMERAS:
            await line.post(camera, range(300))
        await line.until_delivered()

        made = await line.db("backup", str(line.backup))
        for camera in CAMERAS:
            await line.post(camera, range(300, 900))
        await line.until_delivered()
        await line.kill_agent("cam-2")
        await line.post("cam-2", range(900, 1_100))
        await line.until_delivered()
        await asyncio.gather(line.kill_agent("cam-2"), line.kill_agent("cam-3"))
        await line.until_delivered()
        before = await line.shown()

        await line.stop_collector()
        restored = await line.db("restore", str(line.backup))
        await line.start_collector()
        cameras = await line.until_nothing_is_missing(3 * 900 + 200)
        await line.until_delivered()
        after = await line.shown()
        returned = await line.returned()

    assert (0, 0) == (made.code, restored.code)
    assert "900 events of 12 workers, every number verified" in made.out
    assert list(CAMERAS) == [camera["camera"] for camera in cameras]
    assert before == after
    assert {camera: (numbers, 0) for camera, numbers in zip(CAMERAS, (600, 800, 600), strict=True)} == returned
