"""A really full file system under the collector: 507, nothing half-stored, and all is well again by itself once there is room."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.collector import JSON, item
from tests.support.disks import fill_up, small_disk
from tests.support.invoked import invoked_collector
from tests.support.programs import Finished, collector, command

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]

MIB = 1024 * 1024
BATCH = 400
ERASED = "Zita-of-line-seven"


class Sender:
    """Posts batches, each until it is taken, and counts what was."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.url = url
        self.taken = 0
        self._session = session

    async def post(self) -> tuple[int, dict[str, str]]:
        """Post the next batch, the same one until it is taken; return its status and headers."""
        batch, number = divmod(self.taken, BATCH)
        assert number == 0
        events = [
            item(f"{batch // 60:02}:{batch % 60:02}:{each % 60:02}", f"W{each}", "working") for each in range(BATCH)
        ]
        async with self._session.post(f"{self.url}/api/app/", json=events, headers=JSON) as answer:
            await answer.read()
            self.taken += BATCH if answer.status == 200 else 0
            return answer.status, dict(answer.headers)

    async def post_until_refused(self) -> tuple[int, dict[str, str]]:
        """Post until a batch is not taken."""
        while (answer := await self.post())[0] == 200:
            assert self.taken < 400_000
        return answer

    async def told(self, path: str) -> tuple[int, Any]:
        """Return what stands at a path."""
        async with self._session.get(self.url + path) as answer:
            return answer.status, json.loads(await answer.read())

    async def until_taken(self) -> None:
        """Post the batch that was refused until it is taken."""
        async with asyncio.timeout(20):
            while (await self.post())[0] != 200:  # noqa: ASYNC110 - another process cannot wake us
                await asyncio.sleep(0.1)


async def verified(database: Path) -> Finished:
    """Hold every stored number against the events."""
    return await command("collector", "db", "verify", "--database", str(database))


async def test_on_a_full_disk_nothing_is_half_stored_and_room_mends_it(tmp_path: Path) -> None:
    """507 or 503 with Retry-After; the page goes on; full again, killed and started again, all by itself."""
    with small_disk(tmp_path / "small", size_bytes=24 * MIB) as folder:
        database = folder / "collector.db"
        async with AsyncExitStack() as stack, aiohttp.ClientSession() as session:
            url, program = await stack.enter_async_context(collector(database))
            sender = Sender(session, url)
            ballast = fill_up(folder)
            ballast.write_bytes(b"x" * (ballast.stat().st_size - 6 * MIB))
            refusal = await sender.post_until_refused()
            again = await sender.post()
            health, ready = await sender.told("/healthz"), await sender.told("/readyz")
            _, workers = await sender.told("/api/metrics/workers/")
            full = await verified(database)
            ballast.write_bytes(b"x" * MIB)
            await sender.until_taken()
            mended = await sender.told("/readyz")
            fill_up(folder)
            second = await sender.post_until_refused()
            await program.kill()
            ballast.write_bytes(b"x")
            sender.url, program = await stack.enter_async_context(collector(database))
            await sender.until_taken()
            code = await program.stop()
        after = await verified(database)

    for status, headers in (refusal, again, second):
        assert status in (507, 503)
        assert int(headers["Retry-After"]) > 0
    assert (503, 503) == (health[0], ready[0])
    assert "full" in ready[1]["detail"]
    assert len(workers) == BATCH
    assert full.code == 0
    assert 0 == int(full.out.split()[0].replace(",", "")) % BATCH
    assert (200, 0, 0) == (mended[0], code, after.code)
    assert f"{sender.taken:,}" == after.out.split()[0]


async def test_an_erasing_without_room_is_not_half_done_and_takes_none_from_others(tmp_path: Path) -> None:
    """Nothing is erased, or all of it; its bytes go once there is room for that, and until then all of it is left to those who store."""
    with small_disk(tmp_path / "small", size_bytes=48 * MIB) as folder:
        database = folder / "collector.db"
        async with collector(database) as (url, _), aiohttp.ClientSession() as session:
            sender, stored = Sender(session, url), list[int]()
            for events in (
                *[[{"event_type": "x" * 1_900}] * 400] * 10,
                [item("23:00", ERASED, "working", workstation_id="S1")],
            ):
                async with session.post(f"{url}/api/app/", json=events, headers=JSON) as answer:
                    stored.append(answer.status)
            ballast = fill_up(folder)
            none = await erased(database)
            still = await erased(database, "--dry-run")
            ballast.write_bytes(b"x" * (ballast.stat().st_size - 10 * MIB))
            little = await erased(database)
            gone = await erased(database, "--dry-run")
            taken = (await sender.post())[0]
            held = holding(folder)
            ballast.unlink()
            at_last = await erased(database)
            left = holding(folder)
        after = await verified(database)

    assert (200, 7, 0) == (stored[-1], none.code, still.code), none.err
    assert "1 event" in still.out
    assert (7, True) == (little.code, "to write the database anew takes" in little.err), little.err
    assert (True, 200, True) == (gone.out.startswith("0 events"), taken, bool(held))
    assert (0, [], 0) == (at_last.code, left, after.code), at_last.err


def holding(folder: Path) -> list[str]:
    """Return the files that have a byte of somebody's id."""
    return [file.name for file in folder.iterdir() if file.is_file() and ERASED.encode() in file.read_bytes()]


async def erased(database: Path, *more: str) -> Finished:
    """Erase somebody through the service that runs."""
    return await invoked_collector("forget", ERASED, "--database", str(database), *more)


async def test_a_start_without_room_says_so_and_the_next_one_works(tmp_path: Path) -> None:
    """Exit code 7: a service manager tries again, and the agents keep everything meanwhile."""
    with small_disk(tmp_path / "small", size_bytes=2 * MIB) as folder:
        database = folder / "collector.db"
        ballast = fill_up(folder)
        refused = await command("collector", "serve", "--database", str(database), "--listen", "127.0.0.1:0")
        ballast.unlink()
        async with collector(database) as (url, program), aiohttp.ClientSession() as session:
            status, _ = await Sender(session, url).post()
            code = await program.stop()

    assert (7, True) == (refused.code, "full" in refused.err)
    assert (200, 0) == (status, code)
