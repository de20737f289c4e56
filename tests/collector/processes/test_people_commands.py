"""The commands about people and boards: what they print, what of it is stored, and that a running collector follows them."""

import json
from pathlib import Path

import aiohttp
import pytest

from tests.support.programs import Finished, collector, command

pytestmark = pytest.mark.processes

PASSWORD = "correct horse battery"


async def run(file: Path, *arguments: str, stdin: str = "") -> Finished:
    """Run a command on a database."""
    return await command("collector", *arguments, "--database", str(file), stdin=stdin.encode())


async def entered(url: str, password: str) -> int:
    """Return the status of logging in as amit."""
    form = {"name": "amit", "password": password}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/login", data=form, allow_redirects=False) as answer,
    ):
        return answer.status


async def test_people_come_and_go_while_the_collector_runs(tmp_path: Path) -> None:
    """A user, another password, a removal: each holds for the next login, and no password is stored."""
    file = tmp_path / "collector.db"
    async with collector(file) as (url, _):
        added = await run(
            file, "users", "add", "amit", "--role", "supervisor", "--password-stdin", stdin=f"{PASSWORD}\n"
        )
        listed = await run(file, "users", "list", "--json")
        statuses = [await entered(url, PASSWORD)]
        await run(file, "users", "passwd", "amit", "--password-stdin", stdin="another password\n")
        statuses += [await entered(url, PASSWORD), await entered(url, "another password")]
        await run(file, "users", "remove", "amit")
        statuses.append(await entered(url, "another password"))

    assert (0, "amit may log in as supervisor\n") == (added.code, added.out)
    assert [("amit", "supervisor", None)] == [(row["name"], row["role"], row["site"]) for row in json.loads(listed.out)]
    assert [303, 401, 303, 401] == statuses
    assert not _is_stored(PASSWORD, tmp_path)


async def test_a_board_has_a_link_until_it_is_removed(tmp_path: Path) -> None:
    """The link alone is on stdout; the list knows the board; removed, the link leads nowhere."""
    file = tmp_path / "collector.db"
    async with collector(file) as (url, _), aiohttp.ClientSession() as session:
        made = await run(file, "boards", "add", "hall", "--site", "north")
        listed = await run(file, "boards", "list", "--json")
        link = made.out.strip()
        async with session.get(url + link, allow_redirects=False) as answer:
            assert 303 == answer.status
        await run(file, "boards", "remove", "hall")
        async with session.get(url + link, allow_redirects=False) as answer:
            assert 404 == answer.status

    assert link.startswith("/board/lsb_")
    assert [("hall", "north")] == [(row["name"], row["site"]) for row in json.loads(listed.out)]


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "told"),
    [
        (("users", "add", "amit", "--password-stdin"), "short\n", 2, "a password has 10 to 200 characters"),
        (("users", "add", "amit", "--password-stdin"), "", 2, "a password has 10 to 200 characters"),
        (("users", "add", "", "--password-stdin"), f"{PASSWORD}\n", 2, "NAME"),
        (("users", "passwd", "amit", "--password-stdin"), f"{PASSWORD}\n", 1, "there is no user amit"),
        (("users", "remove", "amit"), "", 1, "there is no user amit"),
        (("boards", "remove", "hall"), "", 1, "there is no board hall"),
    ],
    ids=["short", "none", "no name", "passwd of nobody", "removal of nobody", "no board"],
)
async def test_what_cannot_be_done_is_told(
    tmp_path: Path, arguments: tuple[str, ...], stdin: str, code: int, told: str
) -> None:
    """In one line, with the exit code of its kind, and nothing has changed."""
    file = tmp_path / "collector.db"
    finished = await run(file, *arguments, stdin=stdin)

    assert (code, "") == (finished.code, finished.out)
    assert told in finished.err


async def test_a_name_is_given_once(tmp_path: Path) -> None:
    """A second user of a name is refused: it would be somebody else's password."""
    file = tmp_path / "collector.db"
    first = await run(file, "users", "add", "amit", "--password-stdin", stdin=f"{PASSWORD}\n")
    second = await run(file, "users", "add", "amit", "--role", "admin", "--password-stdin", stdin="another password\n")

    assert (0, 2) == (first.code, second.code)
    assert "there is a user amit already" in second.err


def _is_stored(text: str, folder: Path) -> bool:
    return any(text.encode() in path.read_bytes() for path in folder.iterdir() if path.is_file())
