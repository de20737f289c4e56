"""Refused items in the PostgreSQL store: the newest of each site, for people to look at."""

from collections.abc import Sequence

from collector.measures import Stretch
from collector.records import Delivery, KeptRefusal, Refusal
from collector.storage.base import KEPT_REFUSALS
from collector.storage.postgres import columns, reading
from collector.storage.postgres.connecting import Connection
from shared.instants import LAST_INSTANT

_KEEP = """
    insert into rejected (site_id, received_at, camera, code, error, item)
    select $1, * from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
"""
# Only the newest stay, so that a broken camera cannot fill the disk. What another collector deletes just now is left to it.
# An array and not `in`: the planner knows nothing yet of a table that has just been filled, and held each of 10,000 rows against
# each of 20,000 for ten seconds. The numbers of an array are looked up in the index.
DROP_OLD = """
    delete from rejected
    where site_id = $1 and number = any(array(
        select number
        from rejected
        where site_id = $1 and number <= (
            select number from rejected where site_id = $1 order by number desc offset $2 limit 1
        )
        for update skip locked
    ))
"""


async def keep_refusals(
    connection: Connection, site: int, *, refusals: Sequence[tuple[Delivery, Sequence[Refusal]]]
) -> None:
    """Keep the refused items of a site's deliveries."""
    rows = [
        (each.received_at, each.camera, refusal.code, _text(refusal.error), _text(refusal.item))
        for each, of_delivery in refusals
        for refusal in of_delivery
    ]
    if rows:
        await columns.execute(connection, _KEEP, site=site, rows=rows)
        await connection.execute(DROP_OLD, site, KEPT_REFUSALS)


async def refusals(
    connection: Connection, sites: Sequence[str] | None, *, stretch: Stretch, most: int
) -> list[KeptRefusal]:
    """Return the newest refused items that were received within a stretch, newest first."""
    start, end = stretch
    rows = await reading.fetch_of(
        connection,
        """
        select r.received_at, s.name, r.camera, r.code, r.error, r.item
        from rejected as r
        join site as s on s.site_id = r.site_id
        where r.site_id {of} and r.received_at >= $2 and r.received_at < $3
        order by r.number desc
        limit $4
        """,
        start or 0,
        LAST_INSTANT + 1 if end is None else end,
        most,
        of=reading.numbers(await reading.sites(connection, sites)),
    )
    return [KeptRefusal(row[0], row[1], row[2], Refusal(*row[3:])) for row in rows]


async def refused(connection: Connection, sites: Sequence[str] | None, *, stretch: Stretch, most: int) -> int:
    """Return how many were received within a stretch, counted up to so many."""
    start, end = stretch
    # All that are kept are looked at: they are 10,000 a site at most.
    rows = await reading.fetch_of(
        connection,
        """
        select count(*)
        from (
            select 1
            from rejected as r
            where r.site_id {of} and r.received_at >= $2 and r.received_at < $3
            limit $4
        ) as found
        """,
        start or 0,
        LAST_INSTANT + 1 if end is None else end,
        most,
        of=reading.numbers(await reading.sites(connection, sites)),
    )
    return int(rows[0][0])


def _text(text: str) -> str:
    """Return a text that PostgreSQL can keep: it knows neither NUL nor lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
