"""The least that any collector of these events does: the ceiling of ingest over HTTP on the machine at hand.

It takes the same bodies through the same web server, decodes them, numbers the ids, and inserts the rows with one commit for
all requests that wait. It judges nothing, passes over a key that it has, keeps no metric and has no second index. What the
collector makes of this speed is what all of that costs.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from aiohttp import web
from sqlite_utils.utils import sqlite3

from benchmarks.bare import EVENT_INSERT, EVENT_TABLE

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = tuple[int, int, int, int, int, int, float, None]
KINDS = {"absent": 0, "idle": 1, "working": 2, "product_count": 3}
LARGEST_BODY = 64 * 2**20


class Item(msgspec.Struct, gc=False):
    """An event whose timestamp is not read yet."""

    timestamp: str
    worker_id: str
    workstation_id: str
    event_type: str
    count: int
    confidence: float


class Least:
    """Takes bodies and answers when their rows are on disk."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        self._connection.executescript(EVENT_TABLE)
        self._decode = msgspec.json.Decoder(list[Item]).decode
        self._numbers: dict[str, int] = {}
        self._waiting: list[tuple[list[Row], asyncio.Future[None]]] = []
        self._thread = ThreadPoolExecutor(1)
        self._writing: asyncio.Task[None] | None = None

    async def take(self, request: web.Request) -> web.Response:
        """Answer `POST /api/app/`."""
        numbers = self._numbers
        rows = [
            (
                1,
                numbers.setdefault(item.worker_id, len(numbers)),
                (datetime.fromisoformat(item.timestamp) - EPOCH) // MICROSECOND,
                KINDS[item.event_type],
                numbers.setdefault(item.workstation_id, len(numbers)),
                item.count,
                item.confidence,
                None,
            )
            for item in self._decode(await request.read())
        ]
        on_disk: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, on_disk))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await on_disk
        return web.json_response({"status": "success", "accepted": len(rows)})

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            rows = sorted(row for part, _ in group for row in part)
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._insert, rows)
            except sqlite3.Error as error:
                for _, on_disk in group:
                    on_disk.set_exception(error)
                raise
            for _, on_disk in group:
                on_disk.set_result(None)

    def _insert(self, rows: list[Row]) -> None:
        self._connection.execute("begin immediate")
        self._connection.executemany(EVENT_INSERT.replace("insert", "insert or ignore"), rows)
        self._connection.execute("commit")


async def serve(file: Path) -> None:
    """Serve until the process is ended; the first line on stdout is the address."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app.router.add_post("/api/app/", Least(file).take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
