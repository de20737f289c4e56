"""`live`: what cameras cost that send each event at once, and what a page costs that is looked at meanwhile.

Processor time, not speed: it says how many cameras and screens a collector and its server can have, and hardly depends on what
else the machine does. Every camera has a token and a connection of its own, and sends one event a post, as an agent does whose
events are further apart than its `linger`.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.processes import Running, collector, cpu_seconds
from benchmarks.several import ON_DISK, RULES
from collector.grants import AddCamera, AddPerson, Kind, OpenSession, Role, digest_of
from collector.storage.postgres.store import PostgresStorage
from collector.storage.sqlite import SqliteStorage
from shared.instants import LAST_INSTANT
from tests.support.postgres import Server, running_server

SITES, CAMERAS_OF_A_SITE, WORKERS_OF_A_SITE = 20, 10, 50
EVERY_SECONDS = 1.0
"""A camera's post after its post."""
SECONDS = 20.0
PAGES = 40
SHIFT = timedelta(hours=8)
SESSION = f"{Kind.session}{'sue':0>43}"
NO_PASSWORD = "no password has this hash"  # noqa: S105


@dataclass(frozen=True)
class Costs:
    """Milliseconds of processor time."""

    what: str
    of_post: float
    servers_of_post: float | None
    of_page: float
    servers_of_page: float | None
    posts_a_second: float


def table() -> str:
    """Measure, and return the table."""
    lines = [
        f"## One event a post, {SITES * CAMERAS_OF_A_SITE} cameras with a token each, {SITES} sites",
        "",
        "Milliseconds of processor time.",
        "",
        f"| | posts/s | a post, collector | server | a page of {WORKERS_OF_A_SITE} workers, collector | server |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.what} | {one.posts_a_second:,.0f} | {one.of_post:.2f} | {_told(one.servers_of_post)} "
        f"| {one.of_page:.0f} | {_told(one.servers_of_page)} |"
        for one in run()
    ]
    return "\n".join(lines) + "\n"


def run() -> list[Costs]:
    """Measure a file first, then a server."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        server = running.enter_context(running_server(*ON_DISK, place=tempfile.gettempdir()))
        return [_measure("SQLite", folder, server=None), _measure("PostgreSQL", folder, server=server)]


def _measure(what: str, folder: Path, *, server: Server | None) -> Costs:
    database = str(folder / "collector.db") if server is None else server.new_database()
    tokens = asyncio.run(_let_in(database))
    with collector(folder, database=database) as running:
        return asyncio.run(_costs(what, running, tokens=tokens, server=server))


async def _let_in(database: str) -> dict[str, str]:
    """Make the database, and return a token for each camera, by its name."""
    is_server = database.startswith("postgresql:")
    storage = (
        await PostgresStorage.open(database, rules=RULES)
        if is_server
        else SqliteStorage.open(Path(database), rules=RULES)
    )
    tokens = {}
    for site in range(SITES):
        for number in range(CAMERAS_OF_A_SITE):
            camera = f"C{site:02}-{number}"
            token = tokens[camera] = f"{Kind.camera}{camera:0>43}"
            await storage.access.apply(AddCamera(camera, f"P{site:02}", "default", digest_of(token), 0))
    await storage.access.apply(AddPerson("sue", Role.supervisor, None, NO_PASSWORD, 0))
    await storage.access.apply(OpenSession("sue", NO_PASSWORD, digest_of(SESSION), 0, LAST_INSTANT))
    await storage.close()
    return tokens


async def _costs(what: str, running: Running, *, tokens: dict[str, str], server: Server | None) -> Costs:
    used = _clocks(running, server)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        before, began = used(), time.monotonic()
        until = began + SECONDS
        posts = sum(
            await asyncio.gather(
                *(
                    _camera(session, running.address, camera=camera, token=token, until=until)
                    for camera, token in tokens.items()
                )
            )
        )
        took, after_posts = time.monotonic() - began, used()
        for number in range(PAGES):
            await _page(session, running.address, number=number)
        after_pages = used()
    of_post = [(after - first) / posts * 1_000 for first, after in zip(before, after_posts, strict=True)]
    of_page = [(after - first) / PAGES * 1_000 for first, after in zip(after_posts, after_pages, strict=True)]
    return Costs(
        what, of_post[0], of_post[1] if server else None, of_page[0], of_page[1] if server else None, posts / took
    )


def _clocks(running: Running, server: Server | None) -> Callable[[], tuple[float, float]]:
    """Return what reads the processor time of the collector, and of all processes of its server."""
    if server is None:
        return lambda: (running.cpu_seconds(), 0.0)
    first = int((server.data / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{first}/task/{first}/children")
    return lambda: (running.cpu_seconds(), sum(cpu_seconds(int(pid)) for pid in children.read_text().split()))


async def _camera(session: aiohttp.ClientSession, address: str, *, camera: str, token: str, until: float) -> int:
    """Post events until the time is over, one after the other; return how many."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    number = 0
    while time.monotonic() < until:
        number += 1
        body = json.dumps(_envelope(camera, number))
        async with session.post(f"{address}/api/app/", data=body, headers=headers) as answer:
            text = await answer.text()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {text[:200]}")
        await asyncio.sleep(EVERY_SECONDS)
    return number


def _envelope(camera: str, number: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    at = now.isoformat().replace("+00:00", "Z")
    place = int(camera.partition("-")[2]) + CAMERAS_OF_A_SITE * (number % (WORKERS_OF_A_SITE // CAMERAS_OF_A_SITE))
    kind = ("working", "idle", "product_count")[number % 3]
    event = {"timestamp": at, "worker_id": f"W{place}", "workstation_id": f"S{place}", "event_type": kind, "count": 1}
    agent = {"protocol": 1, "camera": camera, "version": "0", "batch": f"b{number}", "sent_at": at, "epoch": "e"}
    reach = {"seqs": [[number, number]], "last_seq": number, "watermark": at, "pending": 0, "oldest_pending_at": None}
    return {"agent": agent | reach, "events": [event]}


async def _page(session: aiohttp.ClientSession, address: str, *, number: int) -> None:
    """Ask for the live shift of a site that nobody has asked for at just this second."""
    since = (datetime.now(UTC) - SHIFT).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = {"site": f"P{number % SITES:02}", "from": since}
    async with session.get(f"{address}/api/floor/", params=query, headers={"Cookie": f"lineside={SESSION}"}) as answer:
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {(await answer.text())[:200]}")
        await answer.read()


def _told(milliseconds: float | None) -> str:
    return "–" if milliseconds is None else f"{milliseconds:.2f}" if milliseconds < 10 else f"{milliseconds:.0f}"
