"""The statements about access in the SQLite store; `sqlite_access.py` opens the transactions and lends the threads."""

from typing import Any

from sqlite_utils.utils import sqlite3

from collector.grants import Board, CameraAccess, Grant, Kind, Person, Role
from collector.storage.access_base import READ_GRANT

_CAMERA_GRANT = """
    select c.name, s.name, t.expires_at, c.is_paused
    from camera_token as t
    join camera as c on c.site = t.site and c.number = t.camera
    join site as s on s.number = t.site
    where t.digest = ?
"""
_SESSION_GRANT = """
    select p.role, p.name, s.name, e.expires_at
    from session as e
    join person as p on p.name = e.person
    left join site as s on s.number = p.site
    where e.digest = ?
"""
_BOARD_GRANT = """
    select b.name, s.name
    from board as b
    left join site as s on s.number = b.site
    where b.digest = ?
"""
# How many tokens are valid now; a camera without any is listed, too, because it may be given one.
_CAMERAS = """
    select s.name, c.name, count(t.digest) filter (where t.expires_at is null or t.expires_at > ?), max(t.created_at),
        c.is_paused
    from camera as c
    join site as s on s.number = c.site
    left join camera_token as t on t.site = c.site and t.camera = c.number
    group by c.site, c.number
    order by s.name, c.name
"""


def is_configured(connection: sqlite3.Connection) -> bool:
    """Say whether anybody was ever given a token, a password or a link."""
    return _one(connection, "select 1 from access") is not None


def grant(connection: sqlite3.Connection, digest: bytes, *, kind: Kind) -> Grant | None:
    """Return what a token of this kind grants."""
    row = _one(connection, _GRANTS[kind], digest)
    return None if row is None else READ_GRANT[kind](*row)


def password_of(connection: sqlite3.Connection, name: str) -> str | None:
    """Return the hash of somebody's password."""
    row = _one(connection, "select password from person where name = ?", name)
    return None if row is None else str(row[0])


def cameras(connection: sqlite3.Connection, *, now: int) -> list[CameraAccess]:
    """Return how each camera stands with its tokens."""
    return [
        CameraAccess(site, name, tokens, newest_at, bool(is_paused))
        for site, name, tokens, newest_at, is_paused in connection.execute(_CAMERAS, (now,)).fetchall()
    ]


def people(connection: sqlite3.Connection) -> list[Person]:
    """Return who may log in."""
    rows = connection.execute(
        """
        select p.name, p.role, s.name, p.created_at
        from person as p
        left join site as s on s.number = p.site
        order by p.name
        """
    ).fetchall()
    return [Person(name, Role(role), site, created_at) for name, role, site, created_at in rows]


def boards(connection: sqlite3.Connection) -> list[Board]:
    """Return the wall boards."""
    rows = connection.execute(
        """
        select b.name, s.name, b.created_at
        from board as b
        left join site as s on s.number = b.site
        order by b.name
        """
    ).fetchall()
    return [Board(*row) for row in rows]


_GRANTS = {Kind.camera: _CAMERA_GRANT, Kind.session: _SESSION_GRANT, Kind.board: _BOARD_GRANT}


def _one(connection: sqlite3.Connection, sql: str, *values: object) -> Any:
    return connection.execute(sql, values).fetchone()
