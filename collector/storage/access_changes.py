"""The changes to access in the SQLite store, each inside an open transaction."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlite_utils.utils import sqlite3

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
from collector.storage.registry import Registry

MOST_SESSIONS = 20
"""Of one person; the one that ends first makes room."""


class AccessChanges:
    """Makes changes on a connection whose transaction the caller has opened."""

    def __init__(self, connection: sqlite3.Connection, registry: Registry) -> None:
        self._connection = connection
        self._registry = registry
        self._ways: Mapping[type[Any], Callable[[Any], str | None]] = {
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

    def make(self, change: Change) -> str:
        """Make a change; return the site it is about, if it is about one."""
        if isinstance(change, AddCamera | RenewToken | AddPerson | AddBoard):
            self._connection.execute("insert into access (one) values (1) on conflict do nothing")
        return self._ways[type(change)](change) or ""

    def _add_camera(self, change: AddCamera) -> str:
        found = self._connection.execute(
            """
            select s.name, c.has_events, exists (select 1 from camera_token as t where t.site = c.site and t.camera = c.number)
            from camera as c
            join site as s on s.number = c.site
            where c.name = ?
            """,
            (change.camera,),
        ).fetchall()
        if any(has_token for _, _, has_token in found):
            raise access_refusals.has_token(change.camera)
        homes = [site for site, has_events, _ in found if has_events]
        site = change.site or (homes[0] if homes else change.default_site)
        if homes and homes[0] != site:
            raise access_refusals.lives_elsewhere(change.camera, home=homes[0], asked=site)
        for other in (one for one, _, _ in found if one != site):
            self._connection.execute(
                "delete from camera where name = ? and site = (select number from site where name = ?)",
                (change.camera, other),
            )
        self._registry.forget()
        number = self._registry.site(site)
        camera = (number, self._registry.camera(number, change.camera))
        # Added anew, a camera that was removed is expected again.
        self._connection.execute("update camera set is_paused = 0 where site = ? and number = ?", camera)
        self._add_token(camera, digest=change.digest, at=change.at)
        return site

    def _renew_token(self, change: RenewToken) -> str:
        number, camera, site = self._camera(change.camera)
        self._connection.execute(
            """
            update camera_token
            set expires_at = min(coalesce(expires_at, ?1), ?1)
            where site = ?2 and camera = ?3
            """,
            (change.others_end_at, number, camera),
        )
        self._connection.execute(
            "delete from camera_token where site = ? and camera = ? and expires_at <= ?", (number, camera, change.at)
        )
        self._add_token((number, camera), digest=change.digest, at=change.at)
        return site

    def _pause_camera(self, change: PauseCamera) -> str:
        number, camera, site = self._camera(change.camera)
        self._connection.execute(
            "update camera set is_paused = ? where site = ? and number = ?", (change.is_paused, number, camera)
        )
        return site

    def _remove_camera(self, change: RemoveCamera) -> str:
        number, camera, site = self._camera(change.camera)
        self._connection.execute("delete from camera_token where site = ? and camera = ?", (number, camera))
        # One that has events stays in the list, so that they have a camera; nobody waits for it.
        self._connection.execute(
            "delete from camera where site = ? and number = ? and has_events = 0 and last_contact_at is null",
            (number, camera),
        )
        self._connection.execute("update camera set is_paused = 1 where site = ? and number = ?", (number, camera))
        self._registry.forget()
        return site

    def _add_person(self, change: AddPerson) -> str:
        if self._connection.execute("select 1 from person where name = ?", (change.name,)).fetchone():
            raise access_refusals.is_taken("user", change.name)
        self._connection.execute(
            "insert into person (name, role, site, password, created_at) values (?, ?, ?, ?, ?)",
            (change.name, change.role, self._site(change.site), change.password, change.at),
        )
        return change.site or ""

    def _new_password(self, change: NewPassword) -> None:
        told = self._connection.execute("update person set password = ? where name = ?", (change.password, change.name))
        _must_exist(told.rowcount, "user", name=change.name)
        self._connection.execute("delete from session where person = ?", (change.name,))

    def _remove_person(self, change: RemovePerson) -> None:
        told = self._connection.execute("delete from person where name = ?", (change.name,))
        _must_exist(told.rowcount, "user", name=change.name)

    def _open_session(self, change: OpenSession) -> None:
        found = self._connection.execute(
            "select 1 from person where name = ? and password = ?", (change.name, change.password)
        ).fetchone()
        if found is None:
            raise access_refusals.unknown("user", change.name)
        self._connection.execute("delete from session where expires_at <= ?", (change.at,))
        self._connection.execute(
            """
            delete from session
            where digest in (select digest from session where person = ? order by expires_at desc limit -1 offset ?)
            """,
            (change.name, MOST_SESSIONS - 1),
        )
        self._connection.execute(
            "insert into session (digest, person, expires_at) values (?, ?, ?)",
            (change.digest, change.name, change.expires_at),
        )

    def _close_session(self, change: CloseSession) -> None:
        self._connection.execute("delete from session where digest = ?", (change.digest,))

    def _add_board(self, change: AddBoard) -> str:
        if self._connection.execute("select 1 from board where name = ?", (change.name,)).fetchone():
            raise access_refusals.is_taken("board", change.name)
        self._connection.execute(
            "insert into board (name, site, digest, created_at) values (?, ?, ?, ?)",
            (change.name, self._site(change.site), change.digest, change.at),
        )
        return change.site or ""

    def _remove_board(self, change: RemoveBoard) -> None:
        told = self._connection.execute("delete from board where name = ?", (change.name,))
        _must_exist(told.rowcount, "board", name=change.name)

    def _camera(self, name: str) -> tuple[int, int, str]:
        """Return a camera by the numbers of its site and itself, and the site's name; where it has events if at several."""
        row = self._connection.execute(
            """
            select c.site, c.number, s.name
            from camera as c
            join site as s on s.number = c.site
            where c.name = ?
            order by c.has_events desc
            limit 1
            """,
            (name,),
        ).fetchone()
        if row is None:
            raise access_refusals.unknown_camera(name)
        return int(row[0]), int(row[1]), str(row[2])

    def _add_token(self, camera: tuple[int, int | None], *, digest: bytes, at: int) -> None:
        self._connection.execute(
            "insert into camera_token (digest, site, camera, created_at) values (?, ?, ?, ?)", (digest, *camera, at)
        )

    def _site(self, name: str | None) -> int | None:
        return None if name is None else self._registry.site(name)


def _must_exist(rows: int, kind: str, *, name: str) -> None:
    if not rows:
        raise access_refusals.unknown(kind, name)
