"""`collector serve` as a process: where it listens, what stops it from starting, and what survives its end."""

import asyncio
import json
import signal
import socket
from contextlib import closing
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from sqlite_utils.utils import sqlite3

from tests.support.collector import JSON, item
from tests.support.flaky_collector import until
from tests.support.programs import collector, command, running

pytestmark = pytest.mark.processes


async def serve(database: Path, *arguments: str) -> tuple[int, str]:
    """Return how `collector serve` ended that should not have started, and what it said."""
    finished = await command("collector", "serve", "--database", str(database), *arguments)
    assert "" == finished.out
    assert "Traceback" not in finished.err
    return finished.code, finished.err


async def test_other_addresses_want_to_be_asked_for(tmp_path: Path) -> None:
    """Exit code 2 and the way out; with --open it listens."""
    file = tmp_path / "collector.db"
    addresses = ("0.0.0.0:0", "[::]:0", "192.0.2.1:0", "factory.example:0")
    each = (serve(tmp_path / f"{number}.db", "--listen", address) for number, address in enumerate(addresses))
    for code, told in await asyncio.gather(*each):
        assert 2 == code
        assert "insist with --open" in told
    arguments = ("--database", str(file), "--listen", "0.0.0.0:0", "--open")
    async with running("collector", "serve", *arguments, log=tmp_path / "log") as program:
        assert (await program.line_with("listening on ")).startswith("http://0.0.0.0:")


async def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    """With the address and what to do; the database is let go of."""
    file = tmp_path / "collector.db"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        code, told = await serve(file, "--listen", address)

        assert 1 == code
        assert f"{address} cannot be listened on: Address already in use" in told
    async with collector(file) as (url, _):
        assert url.startswith("http://127.0.0.1:")


async def test_an_address_that_nobody_knows_is_told(tmp_path: Path) -> None:
    """In the resolver's words."""
    code, told = await serve(tmp_path / "collector.db", "--listen", "no.such.host.invalid:0", "--open")

    assert 1 == code
    assert "no.such.host.invalid:0 cannot be listened on: " in told
    assert "Unknown error" not in told


@pytest.mark.parametrize("place", [".", "/"])
async def test_a_folder_is_no_database(place: str) -> None:
    """Exit code 7 and one line."""
    code, told = await serve(Path(place), "--listen", "127.0.0.1:0")

    assert (7, 1) == (code, len(told.splitlines()))
    assert "is a folder" in told


async def test_a_file_with_the_name_of_the_socket_stays(tmp_path: Path) -> None:
    """Exit code 7, before anybody is told that it listens."""
    precious = tmp_path / "collector.db.sock"
    _write(precious, "precious")
    code, told = await serve(tmp_path / "collector.db", "--listen", "127.0.0.1:0")

    assert (7, b"precious") == (code, _bytes(precious))
    assert "collector.db.sock is in the way and no socket" in told


async def test_a_second_collector_on_the_same_database_is_told_whose_it_is(tmp_path: Path) -> None:
    """Exit code 6, with the process that holds it; the first is not disturbed."""
    file = tmp_path / "collector.db"
    async with collector(file) as (url, program):
        code, told = await serve(file, "--listen", "127.0.0.1:0")

        assert 6 == code
        assert f"is in use by process {program.process.pid} " in told
        assert 200 == await _status(f"{url}/healthz")


async def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """Exit code 7, and not one byte of it has changed."""
    file = tmp_path / "collector.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("create table letters (text)")
    before = _bytes(file)
    code, told = await serve(file, "--listen", "127.0.0.1:0")

    assert (7, before) == (code, _bytes(file))
    assert "belongs to another program" in told


async def test_a_settings_file_with_three_mistakes_is_told_at_once(tmp_path: Path) -> None:
    """Exit code 2, a line for each, and no database is made."""
    config = tmp_path / "collector.toml"
    _write(config, 'tail = 5\nlisten = "8000"\n[cameras.cam-01]\nsit = "north"\n')
    code, told = await serve(tmp_path / "collector.db", "--config", str(config))

    assert (2, False) == (code, _exists(tmp_path / "collector.db"))
    for part in (
        "3 mistakes",
        "tail = 5: ",
        "listen = '8000': ",
        "cameras.cam-01.sit: no such key",
        f"(from {config})",
    ):
        assert part in told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_when_told_to(tmp_path: Path, number: signal.Signals) -> None:
    """With 0, the log folded back and the socket gone; what it had said on stdout is the address and nothing else."""
    file = tmp_path / "collector.db"
    async with collector(file) as (url, program):
        await _post(url, minute=1)
        program.process.send_signal(number)
        code, rest = await program.ended()

    assert (0, f"dashboard at {url}/dashboard/\n") == (code, rest)
    assert {"collector.db", "collector.db.lock", "collector.log"} == {path.name for path in _listing(tmp_path)}


async def test_a_socket_and_a_lock_left_behind_stop_nobody(tmp_path: Path) -> None:
    """After SIGKILL both lie about; commands write by themselves and the next service starts."""
    file = tmp_path / "collector.db"
    async with collector(file) as (url, program):
        await _post(url, minute=1)
        await program.kill()
    assert _exists(file.with_name("collector.db.sock"))
    lines = tmp_path / "a.ndjson"
    _write(lines, json.dumps(item("10:02", "W1", "idle")) + "\n")
    imported = await command("collector", "import", str(lines), "--database", str(file))
    read = await command("collector", "events", "--database", str(file))

    assert (0, 0, 2) == (imported.code, read.code, len(read.out.splitlines()))
    async with collector(file) as (url, _):
        assert 200 == await _status(f"{url}/healthz")


async def test_commands_reach_the_service_through_a_deep_folder(tmp_path: Path) -> None:
    """The path of a socket is short by nature; folders are not."""
    folder = tmp_path / ("d" * 80) / ("e" * 80)
    folder.mkdir(parents=True)
    file = folder / "collector.db"
    lines = tmp_path / "a.ndjson"
    _write(lines, json.dumps(item("10:02", "W1", "idle")) + "\n")
    async with collector(file):
        imported = await command("collector", "import", str(lines), "--database", str(file))

    assert (0, "1 event: 1 new, 0 already there (of these 0 in conflict), 0 rejected\n") == (
        imported.code,
        imported.out,
    )


async def test_every_acknowledged_event_survives_a_kill(tmp_path: Path) -> None:
    """SIGKILL in the middle of posting, three times over, by four clients at once: what was answered is there."""
    file = tmp_path / "collector.db"
    acknowledged: list[int] = []
    for start in (0, 1_000, 2_000):
        enough = len(acknowledged) + 40
        async with collector(file) as (url, program):
            clients = [
                asyncio.create_task(
                    _post_until_it_ends(url, range(start + 200 * number, start + 200 * number + 200), acknowledged)
                )
                for number in range(4)
            ]
            await until(partial(_has, acknowledged, enough))
            await program.kill()
            await asyncio.gather(*clients)
    read = await command("collector", "events", "--database", str(file))
    stored = {json.loads(line)["timestamp"] for line in read.out.splitlines()}
    sent = {_timestamp(number) for number in acknowledged}

    assert len(sent) >= 120
    assert set() == sent - stored


def _has(numbers: list[int], enough: int) -> bool:
    return len(numbers) >= enough


async def _post_until_it_ends(url: str, numbers: range, acknowledged: list[int]) -> None:
    async with aiohttp.ClientSession() as session:
        for number in numbers:
            body = json.dumps([item("10:00", "W1", "product_count") | {"timestamp": _timestamp(number)}])
            try:
                async with session.post(f"{url}/api/app/", data=body, headers=JSON) as answer:
                    assert 1 == (await answer.json())["accepted"]
            except aiohttp.ClientError:
                return
            acknowledged.append(number)


def _timestamp(number: int) -> str:
    return f"2026-01-15T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"


async def _post(url: str, *, minute: int) -> None:
    async with aiohttp.ClientSession() as session:
        body = json.dumps(item(f"10:{minute:02}", "W1", "working"))
        async with session.post(f"{url}/api/app/", data=body, headers=JSON) as answer:
            assert 200 == answer.status


async def _status(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


def _bytes(file: Path) -> bytes:
    return file.read_bytes()


def _exists(file: Path) -> bool:
    return file.exists()


def _listing(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
