"""Access for tests: tokens of cameras, people and boards, given as an operator gives them, and the headers that show them."""

from collector.control import service_door, socket_of
from collector.grants import (
    AddBoard,
    AddCamera,
    AddPerson,
    Change,
    Kind,
    OpenSession,
    Role,
    digest_of,
)
from collector.service import door
from collector.web.doorkeeper import REMEMBERED_SECONDS
from shared.clock import new_secret
from shared.instants import HOUR
from tests.support.collector import NOON_AFTER, RunningCollector

Headers = dict[str, str]
NO_PASSWORD = "no hash, so no password fits"


async def change(collector: RunningCollector, what: Change) -> str:
    """Make a change through the door that commands use, and let it be seen."""
    if collector.settings.database_url is None:
        async with service_door(socket_of(collector.settings.database_file())) as service:
            return await service.change_access(what)
    async with door(collector.settings, clock=collector.clock) as own:
        told = await own.change_access(what)
    # What another process has changed on the same database is seen a second later.
    collector.clock.advance(REMEMBERED_SECONDS)
    return told


async def camera_token(collector: RunningCollector, camera: str, *, site: str | None = None) -> Headers:
    """Let a camera send; return the headers that it shows."""
    token = Kind.camera + new_secret()
    await change(collector, AddCamera(camera, site, "default", digest_of(token), NOON_AFTER))
    return bearer(token)


async def board_link(collector: RunningCollector, name: str, *, site: str | None = None) -> Headers:
    """Make a board's token; return the headers that show it."""
    token = Kind.board + new_secret()
    await change(collector, AddBoard(name, site, digest_of(token), NOON_AFTER))
    return bearer(token)


async def session(collector: RunningCollector, role: Role, *, site: str | None = None) -> Headers:
    """Let somebody of a role in, named after it, already logged in; return the headers that a browser shows."""
    await change(collector, AddPerson(role.value, role, site, NO_PASSWORD, NOON_AFTER))
    return await session_of(collector, role.value)


async def session_of(collector: RunningCollector, name: str) -> Headers:
    """Let somebody log in, once more perhaps."""
    token = Kind.session + new_secret()
    await change(collector, OpenSession(name, NO_PASSWORD, digest_of(token), NOON_AFTER, NOON_AFTER + HOUR))
    return {"Cookie": f"lineside={token}"}


def bearer(token: str) -> Headers:
    """Return the headers that show a token."""
    return {"Authorization": f"Bearer {token}"}
