"""The lines on an empty page, run as they are printed: they bring its first event, whoever may send and however it is reached."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.async_api import expect

from collector.grants import Role
from shared.instants import MINUTE
from tests.browser.axe import violations
from tests.browser.conftest import Call, Opener
from tests.collector.web.tokens import session
from tests.support.collector import NOON_AFTER, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

SECONDS = 30
LISTENING = b"listening on "


class Shell:
    """A terminal in a folder, in which the two commands are installed."""

    def __init__(self, folder: Path, database: str = "") -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("COLLECTOR_", "EDGE_AGENT_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
        here = {"EDGE_AGENT_LISTEN": "127.0.0.1:0", "EDGE_AGENT_DATA_DIR": str(folder / "queue")}
        self._folder = folder
        self._environment = kept | here | {"PATH": path, "COLLECTOR_DATABASE": database}

    async def _start(self, line: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            line,
            cwd=self._folder,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def run(self, line: str) -> str:
        """Return what a line prints that ends well."""
        process = await self._start(line)
        async with asyncio.timeout(SECONDS):
            printed, _ = await process.communicate()
        assert (0, line) == (process.returncode, line)
        return printed.decode()

    @contextlib.asynccontextmanager
    async def keep_running(self, line: str) -> AsyncIterator[str]:
        """Run a line while the block lasts; yields the address it listens on."""
        process = await self._start(f"exec {line}")
        assert process.stdout is not None
        try:
            async with asyncio.timeout(SECONDS):
                first = await process.stdout.readline()
            assert (LISTENING, line) == (first[: len(LISTENING)], line)
            yield first[len(LISTENING) :].decode().strip()
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()


@pytest.mark.parametrize("is_asked", [False, True])
async def test_the_lines_on_an_empty_page_work_as_printed(watched: Opener, tmp_path: Path, is_asked: bool) -> None:
    """Whether or not senders show a token: one line straight, one for an agent and one to it, and the page has their numbers."""
    async with running_collector(tmp_path) as there:
        shell = Shell(tmp_path, there.settings.database or "")
        page = await watched(f"{there.url}/dashboard/")
        if is_asked:
            cookie = (await session(there, Role.supervisor))["Cookie"].partition("=")[2]
            await page.page.context.add_cookies([{"name": "lineside", "value": cookie, "url": there.url}])
        await page.open()
        await expect(page.page.get_by_role("status")).to_have_text("No camera has reported yet.")
        await expect(page.page.get_by_role("list", name="Warnings")).to_be_hidden()
        await expect(page.page.locator("#line-curl")).to_contain_text(there.url)
        lines = {
            name: await page.page.locator(f"#line-{name}").text_content() or ""
            for name in ("token", "curl", "run", "send")
        }
        await expect(page.page.locator("#needs-token")).to_be_visible(visible=is_asked)
        await expect(page.page.locator("#in-clear")).to_be_hidden()
        assert [] == (await violations(page.page) if is_asked else [])  # what is there without is a part of it

        if is_asked:
            await shell.run(lines["token"])
        headers, body, address = await words_of_curl(lines["curl"], shell)
        answer = await there.post_bytes(body.encode(), **headers)
        async with shell.keep_running(lines["run"]) as agent:
            # The agent has a free port here, not its own: the one word that is added to what is printed.
            await shell.run(f"{lines['send']} --agent {agent}")
            there.clock.set(NOON_AFTER + MINUTE)  # what is of this very moment is not in its numbers yet
            async with asyncio.timeout(SECONDS):
                while "1" != (await page.cards())["total_units_produced"]:
                    async with page.page.expect_response("**/api/floor/**"):
                        await page.ask_now()
        await expect(page.page.locator("#first-steps")).to_be_hidden()
    assert ["W1"] == [row["name"] for row in await page.rows("workers")]
    assert ("W1", f"{there.url}/api/app/") == (json.loads(body)["worker_id"], address)
    assert {"status": "success", "result": "accepted"} == answer.json
    assert [] == page.misdeeds


async def words_of_curl(line: str, shell: Shell) -> tuple[Mapping[str, str], str, str]:
    """Return the headers, the body and the address that curl gets from a shell: not every machine has a curl."""
    command, _, rest = line.partition(" ")
    words = (await shell.run(rf"printf '%s\0' {rest}")).split("\0")[:-1]
    headers = dict(value.split(": ", 1) for option, value in pairwise(words) if option == "-H")
    assert ("curl", "-d") == (command, words[-3])
    return headers, words[-2], words[-1]


@pytest.mark.parametrize(
    ("origin", "run", "is_in_clear"),
    [
        ("http://127.0.0.1:8000", "edge-agent run --collector http://127.0.0.1:8000 --camera cam-01", False),
        ("http://[::1]:8000", "edge-agent run --collector 'http://[::1]:8000' --camera cam-01", False),
        ("https://collector.lan", "edge-agent run --collector https://collector.lan --camera cam-01", False),
        (
            "http://collector.invalid:8000",
            "edge-agent run --collector http://collector.invalid:8000 --allow-insecure --camera cam-01",
            True,
        ),
    ],
)
async def test_an_agent_takes_the_address_however_the_page_was_reached(
    call: Call, tmp_path: Path, origin: str, run: str, is_in_clear: bool
) -> None:
    """In clear over a network only by a word that says so, which an agent refuses to start without."""
    told = await call("first_lines.js", "firstLines", {"origin": origin, "isAsked": False, "now": NOON_AFTER // 1000})

    assert (run, is_in_clear, None) == (told["run"], told["isInClear"], told["token"])
    assert f"{origin}/api/app/" in told["curl"].replace("'", "")
    if is_in_clear:
        async with Shell(tmp_path).keep_running(told["run"]):
            pass
