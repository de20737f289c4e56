"""The questions about access in the PostgreSQL store; `access.py` lends the connections."""

from collector.grants import Board, CameraAccess, Grant, Kind, Person, Role
from collector.storage.access_base import READ_GRANT
from collector.storage.postgres.connecting import Connection

_CAMERA_GRANT = """
    select c.name, s.name, t.expires_at, c.is_paused
    from camera_token as t
    join camera as c on c.site_id = t.site_id and c.number = t.camera
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
# How many tokens are valid now; a camera without any is listed, too, because it may be given one.
_CAMERAS = """
    select s.name, c.name, count(t.digest) filter (where t.expires_at is null or t.expires_at > $1), max(t.created_at),
        c.is_paused
    from site as s
    join camera as c on c.site_id = s.site_id
    left join camera_token as t on t.site_id = c.site_id and t.camera = c.number
    group by s.site_id, s.name, c.number, c.name, c.is_paused
    order by s.name, c.name
"""


async def is_configured(connection: Connection) -> bool:
    """Say whether anybody was ever given a token, a password or a link."""
    return await connection.fetchval("select 1 from access") is not None


async def grant(connection: Connection, digest: bytes, *, kind: Kind) -> Grant | None:
    """Return what a token of this kind grants."""
    row = await connection.fetchrow(_GRANTS[kind], digest)
    return None if row is None else READ_GRANT[kind](*row)


async def password_of(connection: Connection, name: str) -> str | None:
    """Return the hash of somebody's password."""
    found: str | None = await connection.fetchval("select password from person where name = $1", name)
    return found


async def cameras(connection: Connection, *, now: int) -> list[CameraAccess]:
    """Return how each camera stands with its tokens."""
    return [CameraAccess(*row) for row in await connection.fetch(_CAMERAS, now)]


async def people(connection: Connection) -> list[Person]:
    """Return who may log in."""
    rows = await connection.fetch(
        """
        select p.name, p.role, s.name, p.created_at
        from person as p
        left join site as s on s.site_id = p.site_id
        order by p.name
        """
    )
    return [Person(name, Role(role), site, created_at) for name, role, site, created_at in rows]


async def boards(connection: Connection) -> list[Board]:
    """Return the wall boards."""
    rows = await connection.fetch(
        """
        select b.name, s.name, b.created_at
        from board as b
        left join site as s on s.site_id = b.site_id
        order by b.name
        """
    )
    return [Board(*row) for row in rows]


_GRANTS = {Kind.camera: _CAMERA_GRANT, Kind.session: _SESSION_GRANT, Kind.board: _BOARD_GRANT}
