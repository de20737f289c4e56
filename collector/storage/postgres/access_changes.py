"""The changes to access in the PostgreSQL store, each inside an open transaction.

Changes to cameras, people and boards come one after the other, under the lock `NAMES`; logging in and out needs none.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from collector.grants import (
    AddBoard,
    AddCamera,
    AddPerson,
    Change,
    CloseSession,
    NewPassword,
    OpenSession,
    PauseCamera,
    RemoveBoard,
    RemoveCamera,
    RemovePerson,
    RenewToken,
)
from collector.storage import access_refusals
from collector.storage.access_changes import MOST_SESSIONS
from collector.storage.postgres import homes, locks
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.registry import CAMERA, Registry


class _Found(NamedTuple):
    """A camera where it is known."""

    place: tuple[int, int]
    """The numbers of its site and itself."""
    site: str
    has_events: bool
    has_token: bool


class AccessChanges:
    """Makes changes on a connection whose transaction the caller has opened."""

    def __init__(self, connection: Connection, registry: Registry) -> None:
        self._connection = connection
        self._registry = registry
        self._ways: Mapping[type[Any], Callable[[Any], Awaitable[str | None]]] = {
            AddCamera: self._add_camera,
            RenewToken: self._renew_token,
            PauseCamera: self._pause_camera,
            RemoveCamera: self._remove_camera,
            AddPerson: self._add_person,
            NewPassword: self._new_password,
            RemovePerson: self._remove_person,
            OpenSession: self._open_session,
            CloseSession: self._close_session,
            AddBoard: self._add_board,
            RemoveBoard: self._remove_board,
        }

    async def make(self, change: Change) -> str:
        """Make a change; return the site it is about, if it is about one."""
        if not isinstance(change, OpenSession | CloseSession):
            await locks.take(self._connection, locks.NAMES)
        if isinstance(change, AddCamera | RenewToken | AddPerson | AddBoard):
            await self._connection.execute("insert into access (one) values (true) on conflict do nothing")
        return await self._ways[type(change)](change) or ""

    async def _add_camera(self, change: AddCamera) -> str:
        found = await self._find(change.camera)
        if found is not None and found.has_token:
            raise access_refusals.has_token(change.camera)
        home = found.site if found is not None and found.has_events else None
        site = change.site or home or change.default_site
        if home is not None and home != site:
            raise access_refusals.lives_elsewhere(change.camera, home=home, asked=site)
        number = await self._registry.site(self._connection, site)
        await homes.settle(self._connection, change.camera, site=site, number=number)
        await self._registry.register(self._connection, number, of=[(CAMERA, {change.camera})])
        place = (number, self._registry.numbers(number, kind=CAMERA)[change.camera])
        # Added anew, a camera that was removed is expected again.
        await self._set_paused(place, is_paused=False)
        await self._add_token(place, digest=change.digest, at=change.at)
        return site

    async def _renew_token(self, change: RenewToken) -> str:
        found = await self._camera(change.camera)
        await self._connection.execute(
            "update camera_token set expires_at = least(expires_at, $3) where site_id = $1 and camera = $2",
            *found.place,
            change.others_end_at,
        )
        await self._connection.execute(
            "delete from camera_token where site_id = $1 and camera = $2 and expires_at <= $3", *found.place, change.at
        )
        # Its first one settles where it is.
        await homes.settle(self._connection, change.camera, site=found.site, number=found.place[0])
        await self._add_token(found.place, digest=change.digest, at=change.at)
        return found.site

    async def _pause_camera(self, change: PauseCamera) -> str:
        found = await self._camera(change.camera)
        await self._set_paused(found.place, is_paused=change.is_paused)
        return found.site

    async def _remove_camera(self, change: RemoveCamera) -> str:
        found = await self._camera(change.camera)
        await self._connection.execute("delete from camera_token where site_id = $1 and camera = $2", *found.place)
        # One that has events stays in the list, so that they have a camera; nobody waits for it.
        await self._connection.execute(
            "delete from camera where site_id = $1 and number = $2 and not has_events and last_contact_at is null",
            *found.place,
        )
        await self._set_paused(found.place, is_paused=True)
        if not found.has_events:
            await homes.unsettle(self._connection, change.camera)
        return found.site

    async def _add_person(self, change: AddPerson) -> str:
        if await self._connection.fetchval("select 1 from person where name = $1", change.name):
            raise access_refusals.is_taken("user", change.name)
        await self._connection.execute(
            "insert into person (name, role, site_id, password, created_at) values ($1, $2, $3, $4, $5)",
            change.name,
            str(change.role),
            await self._site(change.site),
            change.password,
            change.at,
        )
        return change.site or ""

    async def _new_password(self, change: NewPassword) -> None:
        told = await self._connection.execute(
            "update person set password = $1 where name = $2", change.password, change.name
        )
        _must_exist(told, "user", name=change.name)
        await self._connection.execute("delete from session where person = $1", change.name)

    async def _remove_person(self, change: RemovePerson) -> None:
        told = await self._connection.execute("delete from person where name = $1", change.name)
        _must_exist(told, "user", name=change.name)

    async def _open_session(self, change: OpenSession) -> None:
        # Held, so that two logins of one person count each other's sessions, and a new password ends both.
        found = await self._connection.fetchval(
            "select 1 from person where name = $1 and password = $2 for update", change.name, change.password
        )
        if found is None:
            raise access_refusals.unknown("user", change.name)
        # Of everybody; what another login is taking away is left to it.
        await self._connection.execute(
            """
            delete from session
            where digest in (select digest from session where expires_at <= $1 for update skip locked)
            """,
            change.at,
        )
        await self._connection.execute(
            """
            delete from session
            where digest in (select digest from session where person = $1 order by expires_at desc offset $2)
            """,
            change.name,
            MOST_SESSIONS - 1,
        )
        await self._connection.execute(
            "insert into session (digest, person, expires_at) values ($1, $2, $3)",
            change.digest,
            change.name,
            change.expires_at,
        )

    async def _close_session(self, change: CloseSession) -> None:
        await self._connection.execute("delete from session where digest = $1", change.digest)

    async def _add_board(self, change: AddBoard) -> str:
        if await self._connection.fetchval("select 1 from board where name = $1", change.name):
            raise access_refusals.is_taken("board", change.name)
        await self._connection.execute(
            "insert into board (name, site_id, digest, created_at) values ($1, $2, $3, $4)",
            change.name,
            await self._site(change.site),
            change.digest,
            change.at,
        )
        return change.site or ""

    async def _remove_board(self, change: RemoveBoard) -> None:
        told = await self._connection.execute("delete from board where name = $1", change.name)
        _must_exist(told, "board", name=change.name)

    async def _find(self, name: str) -> _Found | None:
        home = await self._connection.fetchrow(
            """
            select s.site_id, s.name
            from camera_home as h
            join site as s on s.site_id = h.site_id
            where h.camera = $1
            """,
            name,
        )
        if home is None:
            return None
        site, of_site = home
        camera = await self._connection.fetchrow(
            "select number, has_events from camera where site_id = $1 and name = $2", site, name
        )
        if camera is None:
            return None
        number, has_events = camera
        has_tokens = await self._connection.fetchval(
            "select exists (select 1 from camera_token where site_id = $1 and camera = $2)", site, number
        )
        return _Found((site, number), of_site, has_events, has_tokens)

    async def _camera(self, name: str) -> _Found:
        found = await self._find(name)
        if found is None:
            raise access_refusals.unknown_camera(name)
        return found

    async def _set_paused(self, camera: tuple[int, int], *, is_paused: bool) -> None:
        await self._connection.execute(
            "update camera set is_paused = $3 where site_id = $1 and number = $2", *camera, is_paused
        )

    async def _add_token(self, camera: tuple[int, int], *, digest: bytes, at: int) -> None:
        await self._connection.execute(
            "insert into camera_token (site_id, camera, digest, created_at) values ($1, $2, $3, $4)",
            *camera,
            digest,
            at,
        )

    async def _site(self, name: str | None) -> int | None:
        return None if name is None else await self._registry.site(self._connection, name)


def _must_exist(told: str, kind: str, *, name: str) -> None:
    # PostgreSQL says what it did and to how many rows: `UPDATE 1`.
    if told.endswith(" 0"):
        raise access_refusals.unknown(kind, name)
