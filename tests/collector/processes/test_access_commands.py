"""The commands about access: what they print, what of it is stored, and that a running collector follows them."""

import json
from pathlib import Path

import aiohttp
import pytest

from tests.support.collector import JSON, envelope, item
from tests.support.programs import Finished, collector, command, running

pytestmark = pytest.mark.processes


async def run(file: Path, *arguments: str, stdin: bytes = b"") -> Finished:
    """Run a command on a database."""
    return await command("collector", *arguments, "--database", str(file), stdin=stdin)


async def sent(url: str, token: str) -> int:
    """Return the status of the answer to an envelope of cam-1."""
    body = json.dumps(envelope([item("10:00", "W1", "working")], camera="cam-1"))
    headers = JSON | {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/api/app/", data=body, headers=headers) as answer,
    ):
        return answer.status


async def test_a_token_is_shown_once_and_stored_as_a_hash(tmp_path: Path) -> None:
    """The token alone is on stdout; neither the database nor its log holds it; the list says that there is one."""
    file = tmp_path / "collector.db"
    made = await run(file, "cameras", "add", "cam-1", "--site", "north")
    token = made.out.strip()
    listed = await run(file, "cameras", "list", "--json")

    assert (0, "lsc_", 47) == (made.code, token[:4], len(token))
    assert not _is_stored(token, tmp_path)
    assert [("north", "cam-1", 1, False)] == [
        (*tuple(row.values())[:3], row["paused"]) for row in json.loads(listed.out)
    ]


async def test_a_running_collector_follows_the_commands(tmp_path: Path) -> None:
    """A token, a pause, a further token without overlap, a removal: each holds for the next request."""
    file = tmp_path / "collector.db"
    async with collector(file) as (url, _):
        first = (await run(file, "cameras", "add", "cam-1")).out.strip()
        statuses = [await sent(url, first)]
        await run(file, "cameras", "pause", "cam-1")
        statuses.append(await sent(url, first))
        await run(file, "cameras", "resume", "cam-1")
        second = (await run(file, "cameras", "token", "cam-1", "--overlap", "0s")).out.strip()
        statuses += [await sent(url, first), await sent(url, second)]
        await run(file, "cameras", "remove", "cam-1")
        statuses.append(await sent(url, second))

    assert [200, 403, 401, 200, 401] == statuses


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("cameras", "token", "cam-1"), 1, "there is no camera cam-1 (collector cameras add cam-1 makes it known)"),
        (("cameras", "remove", "cam-1"), 1, "there is no camera cam-1"),
        (("cameras", "add", "cam\x01"), 2, "NAME holds the control character"),
        (("cameras", "token", "cam-1", "--overlap", "1 day"), 2, "--overlap: must be a duration"),
    ],
    ids=str,
)
async def test_what_cannot_be_done_is_told(tmp_path: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    """In one line, with the exit code of its kind."""
    finished = await run(tmp_path / "collector.db", *arguments)

    assert (code, "") == (finished.code, finished.out)
    assert told in finished.err


async def test_a_collector_with_access_listens_on_a_network(tmp_path: Path) -> None:
    """Without --open, since strangers can do nothing there."""
    file = tmp_path / "collector.db"
    await run(file, "cameras", "add", "cam-1")
    arguments = ("--database", str(file), "--listen", "0.0.0.0:0")
    async with running("collector", "serve", *arguments, log=tmp_path / "log") as program:
        port = (await program.line_with("listening on ")).rpartition(":")[2]
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/api/cameras/") as answer:
            assert 401 == answer.status
        await run(file, "cameras", "remove", "cam-1")
        # Whoever takes the last access away does not open it to everybody.
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/api/cameras/") as answer:
            assert 401 == answer.status


def _is_stored(token: str, folder: Path) -> bool:
    return any(token.encode() in path.read_bytes() for path in folder.iterdir())
