"""Ranges of event numbers in the PostgreSQL store: those that calls can change are read, worked on in memory, written once.

An epoch that has up to a hundred is known whole. Of one that has more the lowest are known, and those that what was told
overlaps or touches; what is lacking of it is read after the transaction has written.
"""

from collections.abc import Mapping

from collector.storage.postgres import columns
from collector.storage.postgres.connecting import Connection
from collector.storage.ranges_kept import ALWAYS_OF_AN_EPOCH, FAR_TOO_MANY, change, fit, room
from shared.receipts import Range, Ranges, normalise
from shared.wire import MAX_LACKING_RANGES

_MANY = MAX_LACKING_RANGES + 1
"""So many have as many gaps as a receipt names."""
# The lowest; and what overlaps or touches what was told. Of those that begin before that only the last can: two look-ups each.
_KNOWN = """
    select k.camera, k.epoch, r.first_seq, r.last_seq
    from unnest($2::integer[], $3::text[]) as k (camera, epoch)
    cross join lateral (
        select first_seq, last_seq
        from camera_range
        where site_id = $1 and camera = k.camera and epoch = k.epoch
        order by first_seq
        limit $8
    ) as r
    union
    select k.camera, k.epoch, r.first_seq, r.last_seq
    from unnest($4::integer[], $5::text[], $6::bigint[], $7::bigint[]) as k (camera, epoch, first, last)
    cross join lateral (
        select first_seq, last_seq
        from camera_range
        where site_id = $1 and camera = k.camera and epoch = k.epoch
            and first_seq <= k.last + 1 and last_seq >= k.first - 1
            and first_seq >= coalesce((
                select max(first_seq) from camera_range
                where site_id = $1 and camera = k.camera and epoch = k.epoch and first_seq <= k.first
            ), k.first)
        offset 0
    ) as r
"""
_COUNTED = """
    select
        k.camera, k.epoch,
        (select count(*) from (
            select from camera_range where site_id = $1 and camera = k.camera limit $4
        ) as r),
        (select count(*) from (
            select from camera_range where site_id = $1 and camera = k.camera and epoch = k.epoch limit $5
        ) as r)
    from unnest($2::integer[], $3::text[]) as k (camera, epoch)
"""
_DROP = """
    delete from camera_range as r
    using unnest($2::integer[], $3::text[], $4::bigint[]) as k (camera, epoch, first_seq)
    where r.site_id = $1 and r.camera = k.camera and r.epoch = k.epoch and r.first_seq = k.first_seq
"""
_ADD = """
    insert into camera_range (site_id, camera, epoch, first_seq, last_seq)
    select $1, * from unnest($2::integer[], $3::text[], $4::bigint[], $5::bigint[])
"""
Epoch = tuple[int, str]
"""A camera and one of its epochs."""
OfEpochs = dict[Epoch, Ranges]


def has_many(ranges: Ranges) -> bool:
    """Say whether these, as they are known, may not be all of their epoch."""
    return len(ranges) >= _MANY


async def known(connection: Connection, site: int, *, told: Mapping[Epoch, Ranges]) -> OfEpochs:
    """Return of each epoch its first 101 ranges, and those that what was told of it overlaps or touches."""
    if not told:
        return {}
    epochs = [[camera for camera, _ in told], [epoch for _, epoch in told]]
    wanted = [(*epoch, *one) for epoch, ranges in told.items() for one in ranges]
    columns_of_told = [[row[place] for row in wanted] for place in range(4)]
    rows = await connection.fetch(_KNOWN, site, *epochs, *columns_of_told, _MANY)
    found: dict[Epoch, list[Range]] = {}
    for camera, epoch, first, last in rows:
        found.setdefault((camera, epoch), []).append((first, last))
    return {epoch: normalise(ranges) for epoch, ranges in found.items()}


async def fitted(connection: Connection, site: int, *, before: OfEpochs, after: OfEpochs) -> OfEpochs:
    """Return what comes after, with no more of any camera than may be kept; both as far as they are known."""
    more = {epoch: len(ranges) - len(before.get(epoch, ())) for epoch, ranges in after.items()}
    asked = [epoch for epoch, ranges in after.items() if more[epoch] > 0 and has_many(ranges)]
    if not asked:
        return after
    rows = await connection.fetch(
        _COUNTED, site, *map(list, zip(*asked, strict=True)), FAR_TOO_MANY, ALWAYS_OF_AN_EPOCH
    )
    result, added = dict(after), dict[int, int]()
    for camera, epoch, of_camera, of_epoch in rows:
        kept, one = before.get((camera, epoch), ()), (camera, epoch)
        # Several epochs of one camera in one transaction share its room.
        free = room(of_camera=of_camera + added.get(camera, 0), of_epoch=of_epoch)
        result[one] = fit(after[one], kept=kept, more=free)
        added[camera] = added.get(camera, 0) + len(result[one]) - len(kept)
    return result


async def write(connection: Connection, site: int, *, before: OfEpochs, after: OfEpochs) -> None:
    """Write what differs."""
    changes = {epoch: change(before.get(epoch, ()), ranges) for epoch, ranges in after.items()}
    gone = [(*epoch, first) for epoch, each in changes.items() for first, _ in each.gone]
    added = [(*epoch, *one) for epoch, each in changes.items() for one in each.added]
    await columns.execute(connection, _DROP, site=site, rows=gone)
    await columns.execute(connection, _ADD, site=site, rows=added)
