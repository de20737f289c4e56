"""What a running collector says of itself to those who watch it: readiness, metrics, status, check, systemd; also when it hangs."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families
from sqlite_utils.utils import sqlite3

from collector.cli import main
from collector.storage.sqlite import SqliteStorage
from tests.support.collector import JSON, RULES, envelope, item
from tests.support.flaky_collector import until
from tests.support.held_thread import held, threads_of
from tests.support.notify_socket import NotifySocket, notify_socket
from tests.support.programs import Finished, collector, free_port

pytestmark = pytest.mark.processes


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NotifySocket]:
    """The service manager of every program that is started meanwhile; it wants a sign of life every 0.9 s."""
    with notify_socket(tmp_path) as listening:
        monkeypatch.setenv("NOTIFY_SOCKET", str(listening.path))
        monkeypatch.setenv("WATCHDOG_USEC", "900000")
        yield listening


async def asked(*arguments: str, database: Path) -> Finished:
    """Run a command of the collector, in a thread of its own, which spares the second that Python takes to start."""

    def invoke() -> Finished:
        result = CliRunner().invoke(main, [*arguments, "--database", str(database)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return Finished(result.exit_code, result.stdout, result.stderr)

    return await asyncio.to_thread(invoke)


async def samples(session: aiohttp.ClientSession, url: str) -> dict[str, float]:
    """What it tells Prometheus, by name and labels; read by Prometheus' own parser."""
    async with session.get(f"{url}/metrics") as answer:
        assert "text/plain; version=0.0.4; charset=utf-8" == answer.headers["Content-Type"]
        text = await answer.text()
    return {
        one.name + "".join(f"{{{name}={value}}}" for name, value in sorted(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


async def test_metrics_count_what_happens(tmp_path: Path) -> None:
    """Events by what became of them, transactions, requests by route, cameras; readable by Prometheus."""
    async with collector(tmp_path / "collector.db") as (url, _), aiohttp.ClientSession() as session:
        first = item("10:00", "W1", "working")
        for body in ([first, first, {"worker_id": "W1"}], envelope([item("10:05", "W2", "idle")], pending=7)):
            async with session.post(f"{url}/api/app", json=body, headers=JSON) as answer:
                assert 200 == answer.status
        for path in ("/api/events.csv", "/api/metrics/workers.csv", "/wp-admin", "/other"):
            async with session.get(url + path) as answer:
                await answer.read()
        found = await samples(session, url)

    requests = "collector_http_requests_total"
    assert {
        "collector_events_total{result=accepted}": 2,
        "collector_events_total{result=duplicate}": 1,
        "collector_events_total{result=rejected}": 1,
        "collector_events_rejected_total{code=missing_field}": 1,
        "collector_commit_duration_seconds_count": 2,
        f"{requests}{{code=200}}{{method=POST}}{{route=/api/app/}}": 2,
        f"{requests}{{code=200}}{{method=GET}}{{route=/api/events.csv}}": 1,
        f"{requests}{{code=404}}{{method=GET}}{{route=none}}": 2,
        "collector_http_request_duration_seconds_count{route=/api/app/}": 2,
        "collector_camera_pending_events{camera=C1}{site=default}": 7,
        "collector_ready": 1,
        "collector_waiting_events": 0,
    }.items() <= found.items()
    assert found["collector_database_size_bytes"] > 0
    assert [] == [name for name in found if not name.startswith("collector_") or "_created" in name]


async def test_systemd_hears_of_the_start_of_life_and_of_the_end(tmp_path: Path, manager: NotifySocket) -> None:
    """Ready once it listens, alive thrice a watchdog's time with a line on how it is, stopping at SIGTERM."""
    async with collector(tmp_path / "collector.db") as (_, program):
        await asyncio.to_thread(manager.wait_for, lambda: manager.pings >= 3)
        code = await program.stop()

    words = [message.splitlines() for message in manager.messages]
    assert 0 == code
    assert ["READY=1"] == words[0]
    assert ["WATCHDOG=1", "STATUS=0 events taken since the start"] in words
    assert ["STOPPING=1"] == words[-1]


async def test_a_hung_store_turns_readiness_red_and_ends_the_signs_of_life(
    tmp_path: Path, manager: NotifySocket
) -> None:
    """The process looks alive, but its disk hangs: systemd may restart it, and whoever asks is told."""
    async with collector(tmp_path / "collector.db") as (url, program), aiohttp.ClientSession() as session:

        async def post() -> int:
            async with session.post(f"{url}/api/app/", json=[item("10:00", "W1", "idle")], headers=JSON) as answer:
                return answer.status

        async def ready() -> tuple[int, str]:
            async with session.get(f"{url}/readyz") as answer:
                return answer.status, await answer.text()

        async def is_ready(*, wanted: bool) -> None:
            async with asyncio.timeout(40):
                while ((await ready())[0] == 200) != wanted:  # noqa: ASYNC110 - another process cannot wake us
                    await asyncio.sleep(0.1)

        assert 200 == await post()
        before = await ready()
        with held(_writer_of(program.process.pid)):
            waiting = asyncio.create_task(post())
            await is_ready(wanted=False)
            pings = manager.pings
            told, metrics = await ready(), await samples(session, url)
            late = manager.pings
        await is_ready(wanted=True)
        await asyncio.to_thread(manager.wait_for, lambda: manager.pings > late)
        answered = await waiting

    assert (200, pings, 200) == (before[0], late, answered)
    assert "the store has not answered for " in told[1]
    assert (0.0, 1.0) == (metrics["collector_ready"], metrics["collector_waiting_events"])
    assert metrics["collector_commit_running_seconds"] > 0.9


async def test_a_scrub_is_no_hung_store(tmp_path: Path, manager: NotifySocket) -> None:
    """However long it takes: whoever asks is told why nothing is stored, and no watchdog lets it begin anew."""
    file = tmp_path / "collector.db"
    await SqliteStorage.open(file, rules=RULES).close()
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("insert into unscrubbed (one) values (1)")
        reader.execute("begin")
        reader.execute(
            "select count(*) from unscrubbed"
        ).fetchone()  # for five seconds the scrub waits for whoever reads
        async with collector(file) as (url, _), aiohttp.ClientSession() as session:

            async def post() -> int:
                async with session.post(f"{url}/api/app/", json=[item("10:00", "W1", "idle")], headers=JSON) as answer:
                    return answer.status

            waiting = asyncio.create_task(post())
            await asyncio.to_thread(manager.wait_for, lambda: manager.pings >= 7)  # 0.9 s is a hung store
            async with session.get(f"{url}/readyz") as answer:
                told = answer.status, await answer.text()
            metrics, is_waiting = await samples(session, url), not waiting.done()
            reader.execute("rollback")
            answered = await waiting
            async with session.get(f"{url}/readyz") as answer:
                after = answer.status

    assert (503, True, 200, 200) == (told[0], is_waiting, answered, after)
    assert "the database is written anew after an erasure" in told[1]
    assert (0.0, 0.0) == (metrics["collector_ready"], metrics["collector_commit_running_seconds"])


def _writer_of(pid: int) -> int:
    """Return the thread that has written most to files: the store's one writer; the first thread is the loop's."""
    written = {
        thread: int((Path("/proc") / str(pid) / "task" / str(thread) / "io").read_text().split()[3])
        for thread in threads_of(pid)[1:]
    }
    return max(written, key=lambda thread: written[thread])


async def test_status_and_check_ask_the_running_collector_and_read_the_file_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words and as JSON, with exit codes for scripts."""
    file = tmp_path / "collector.db"
    monkeypatch.setenv("COLLECTOR_LISTEN", f"127.0.0.1:{free_port()}")
    none = await asked("status", database=file), await asked("check", database=file)
    async with collector(file) as (url, _), aiohttp.ClientSession() as session:
        async with session.post(f"{url}/api/app/", json=item("10:00", "W1", "working"), headers=JSON) as answer:
            assert 200 == answer.status
        up = await asked("status", database=file), await asked("status", "--json", database=file)
    down = await asked("status", database=file), await asked("check", "--json", database=file)

    assert (7, 0) == (none[0].code, none[1].code)
    assert "there is none at" in none[1].out
    assert (0, 0, "ready", 1) == (
        up[0].code,
        up[1].code,
        json.loads(up[1].out)["state"],
        json.loads(up[1].out)["accepted"],
    )
    assert "READY   version" in up[0].out
    assert "1 taken since the start" in up[0].out
    assert (3, True) == (down[0].code, down[0].out.startswith("collector  NOT RUNNING"))
    assert (
        0,
        ["settings", "collector", "database", "disk", "clock", "address", "access", "tls", "retention", "copies"],
    ) == (
        down[1].code,
        [line["what"] for line in json.loads(down[1].out)],
    )


async def test_check_finds_what_would_keep_the_collector_from_working(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that another program has, a file that is no database, settings that are wrong, an open door."""
    file, port = tmp_path / "collector.db", free_port()
    monkeypatch.setenv("COLLECTOR_LISTEN", f"127.0.0.1:{port}")
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", port)
    async with server:
        taken = await asked("check", database=file)
    file.write_text("no database")
    foreign = await asked("check", database=file)
    file.unlink()
    monkeypatch.setenv("COLLECTOR_LISTEN", f"0.0.0.0:{port}")
    closed = await asked("check", database=file)
    monkeypatch.setenv("COLLECTOR_OPEN", "true")
    opened = await asked("check", database=file)

    assert (1, True) == (taken.code, "address   FAIL" in taken.out)
    assert (7, True) == (foreign.code, "is not a SQLite database" in foreign.out)
    assert (2, True) == (closed.code, "access    FAIL  nobody has been given any" in closed.out)
    assert (3, True) == (opened.code, "access    look  open: everyone" in opened.out)
    assert "tls       look  not used: everyone on the way" in opened.out


async def test_check_says_when_the_running_collector_listens_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Than the settings that it was given say."""
    file, port = tmp_path / "collector.db", free_port()
    monkeypatch.setenv("COLLECTOR_LISTEN", f"127.0.0.1:{port}")
    async with collector(file):
        found = await asked("check", database=file)

    assert "collector ok    runs, version" in found.out
    assert (5, True) == (found.code, f"127.0.0.1:{port} does not answer, though a collector runs" in found.out)


async def test_a_stopping_collector_answers_what_it_has_accepted(tmp_path: Path) -> None:
    """Requests that are on their way at SIGTERM get their answer, and what was answered is stored."""
    file = tmp_path / "collector.db"
    answered: list[int] = []
    async with collector(file) as (url, program), aiohttp.ClientSession() as session:

        async def post(number: int) -> None:
            body = [item(f"{number // 60:02}:{number % 60:02}", f"W{worker}", "working") for worker in range(200)]
            try:
                async with session.post(f"{url}/api/app/", json=body, headers=JSON) as answer:
                    assert 200 == answer.status, await answer.text()
                    answered.append((await answer.json())["accepted"])
            except aiohttp.ClientConnectionError:
                pass  # it came after the door was shut

        posts = [asyncio.create_task(post(number)) for number in range(60)]
        await until(lambda: bool(answered))
        code = await program.stop()
        await asyncio.gather(*posts)
    verified = await asked("db", "verify", database=file)

    assert (0, 0) == (code, verified.code)
    assert sum(answered) == int(verified.out.split()[0].replace(",", ""))
