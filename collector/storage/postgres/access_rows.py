"""Whom a token lets in, as read from the PostgreSQL store; `access.py` lends the connections."""

from collections.abc import Sequence
from typing import Any

from collector.grants import Grant, Kind
from collector.storage.access_base import READ_GRANT
from collector.storage.postgres.connecting import Connection

# Which camera a token is of: on a cluster tokens are with the coordinator, and say on which machine the camera is.
_CAMERA_OF = """
    select t.site_id, t.camera, s.name, t.expires_at
    from camera_token as t
    join site as s on s.site_id = t.site_id
    where t.digest = $1
"""
_SESSION_GRANT = """
    select p.role, p.name, s.name, e.expires_at
    from session as e
    join person as p on p.name = e.person
    left join site as s on s.site_id = p.site_id
    where e.digest = $1
"""
_BOARD_GRANT = """
    select b.name, s.name
    from board as b
    left join site as s on s.site_id = b.site_id
    where b.digest = $1
"""


async def is_configured(connection: Connection) -> bool:
    """Say whether anybody was ever given a token, a password or a link."""
    return await connection.fetchval("select 1 from access") is not None


async def grant(connection: Connection, digest: bytes, *, kind: Kind) -> Grant | None:
    """Return what a token of this kind grants."""
    row = await (_camera_row(connection, digest) if kind is Kind.camera else connection.fetchrow(_GRANTS[kind], digest))
    return None if row is None else READ_GRANT[kind](*row)


async def password_of(connection: Connection, name: str) -> str | None:
    """Return the hash of somebody's password."""
    found: str | None = await connection.fetchval("select password from person where name = $1", name)
    return found


async def _camera_row(connection: Connection, digest: bytes) -> Sequence[Any] | None:
    token = await connection.fetchrow(_CAMERA_OF, digest)
    if token is None:
        return None
    site, number, of_site, expires_at = token
    # What that camera is called, and whether it may send.
    camera = await connection.fetchrow(
        "select name, is_paused from camera where site_id = $1 and number = $2", site, number
    )
    return None if camera is None else (camera[0], of_site, expires_at, camera[1])


_GRANTS = {Kind.session: _SESSION_GRANT, Kind.board: _BOARD_GRANT}
