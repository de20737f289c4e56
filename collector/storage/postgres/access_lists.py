"""Who has access, as read from the PostgreSQL store for an operator: cameras, people and boards of all sites together."""

from collector.grants import Board, CameraAccess, Person, Role
from collector.storage.postgres.connecting import Connection

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
