"""Cameras in the PostgreSQL store: what each said last, and which of its event numbers have arrived.

All calls of a transaction at one site together: their rows are locked in order and read once, worked on in memory, and
written once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from collector.measures import Stretches
from collector.records import Contact
from collector.storage.postgres import columns, ranges_kept
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.ranges_kept import Epoch, has_many
from collector.storage.ranges_kept import lacking
from collector.storage.watching import Watching, advance, grown, is_watching
from shared.receipts import Range, Ranges, normalise, union, with_few

_NOTE_CALLS = """
    update camera as c
    set watermark = k.watermark, is_watching = k.is_watching, last_contact_at = k.last_contact_at, pending = k.pending,
        oldest_pending_at = k.oldest_pending_at, clock_offset_us = k.clock_offset_us, version = k.version
    from unnest(
        $2::integer[], $3::bigint[], $4::boolean[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[]
    ) as k (
        number, watermark, is_watching, last_contact_at, pending, oldest_pending_at, clock_offset_us, version
    )
    where c.site_id = $1 and c.number = k.number
"""
_NOTE_EPOCHS = """
    insert into camera_epoch (site_id, camera, epoch, last_seq)
    select $1, * from unnest($2::integer[], $3::text[], $4::bigint[])
    on conflict (site_id, camera, epoch) do update set last_seq = excluded.last_seq
"""
# The last stretch of each camera, which may go on.
_LAST_WATCHED = """
    select w.camera, w.start, w.until
    from unnest($2::integer[]) as k (camera)
    join watched as w on w.site_id = $1 and w.camera = k.camera
        and w.start = (select max(start) from watched where site_id = $1 and camera = k.camera)
"""
_WATCH = """
    insert into watched (site_id, camera, start, until)
    select $1, * from unnest($2::integer[], $3::bigint[], $4::bigint[])
    on conflict (site_id, camera, start) do update set until = excluded.until
"""


Known = tuple[Sequence[Range], int]
"""What is lacking of an epoch, and its greatest number that is known to have been given out."""


class Call(NamedTuple):
    """What a camera, by its number, said in a delivery."""

    camera: int
    contact: Contact
    received_at: int


async def hold_cameras(connection: Connection, site: int, *, cameras: Mapping[int, bool]) -> dict[int, Watching]:
    """Let nobody else change what is known of these cameras until this is committed; return when they watched.

    Those that are said to have events by now are marked: they stay at their site.
    """
    if not cameras:
        return {}
    rows = await connection.fetch(
        """
        select number, watermark, is_watching, has_events
        from camera
        where site_id = $1 and number = any($2::integer[])
        order by number
        for no key update
        """,
        site,
        list(cameras),
    )
    marked = [number for number, _, _, is_marked in rows if cameras[number] and not is_marked]
    if marked:
        await connection.execute(
            "update camera set has_events = true where site_id = $1 and number = any($2::integer[])", site, marked
        )
    return {number: Watching(watermark, is_there) for number, watermark, is_there, _ in rows}


async def note_calls(
    connection: Connection, site: int, *, calls: Sequence[Call], watching: dict[int, Watching]
) -> list[Known]:
    """Write down what calls of cameras that are held say, in order; return for each what is then known of its epoch."""
    if not calls:
        return []
    await _note_live(connection, site, calls=[call for call in calls if call.contact.is_live], watching=watching)
    return await _note_numbers(connection, site, calls=calls)


async def _note_live(
    connection: Connection, site: int, *, calls: Iterable[Call], watching: dict[int, Watching]
) -> None:
    rows: dict[int, tuple[Any, ...]] = {}
    found: list[tuple[int, Stretches, int]] = []
    for camera, contact, received_at in calls:
        before = watching[camera]
        found.append((camera, advance(before, contact.watermark, told=contact.watched), received_at))
        # Watermarks only ever rise; the rest is as of this call.
        known = [each for each in (before.watermark, contact.watermark) if each is not None]
        watching[camera] = Watching(max(known, default=None), is_watching(contact, received_at=received_at))
        rows[camera] = (
            camera,
            *watching[camera],
            received_at,
            contact.pending,
            contact.oldest_pending_at,
            contact.clock_offset_us,
            contact.version.replace("\0", "\ufffd"),  # PostgreSQL keeps no NUL in a text
        )
    await _keep(connection, site, found=found)
    await columns.execute(connection, _NOTE_CALLS, site=site, rows=list(rows.values()))


async def _keep(connection: Connection, site: int, *, found: Iterable[tuple[int, Stretches, int]]) -> None:
    # What cameras watched, and when it was told, in the order of their calls.
    found = [each for each in found if each[1]]
    if not found:
        return
    rows = await connection.fetch(_LAST_WATCHED, site, list({camera for camera, _, _ in found}))
    lasts: dict[int, tuple[int, int]] = {camera: (start, until) for camera, start, until in rows}
    kept: dict[tuple[int, int], int] = {}
    for camera, stretches, received_at in found:
        for start, until in grown(lasts.get(camera), stretches, received_at=received_at):
            lasts[camera] = start, until
            kept[camera, start] = until
    await columns.execute(connection, _WATCH, site=site, rows=[(*place, until) for place, until in kept.items()])


async def _note_numbers(connection: Connection, site: int, *, calls: Sequence[Call]) -> list[Known]:
    told: dict[Epoch, Ranges] = {}
    for camera, contact, _ in calls:
        told[camera, contact.epoch] = union(told.get((camera, contact.epoch), ()), contact.seqs)
    last_seqs = await _last_seqs(connection, site, epochs=list(told))
    before = await ranges_kept.known(connection, site, told=told)
    before_seqs, after = dict(last_seqs), dict(before)
    result: list[Known] = []
    for camera, contact, _ in calls:
        epoch = (camera, contact.epoch)
        last_seqs[epoch] = max(last_seqs.get(epoch, contact.last_seq), contact.last_seq)
        after[epoch] = with_few(after.get(epoch, ()), normalise(contact.seqs))
        result.append((lacking(after[epoch], last_seq=last_seqs[epoch]), last_seqs[epoch]))
    new_seqs = [(*epoch, last) for epoch, last in last_seqs.items() if before_seqs.get(epoch) != last]
    await columns.execute(connection, _NOTE_EPOCHS, site=site, rows=new_seqs)
    fitted = await ranges_kept.fitted(connection, site, before=before, after=after)
    await ranges_kept.write(connection, site, before=before, after=fitted)
    # Of one that may not be known whole, or is not kept whole, what is lacking is looked up.
    many = {epoch: () for epoch in told if has_many(before.get(epoch, ())) or has_many(after[epoch])}
    lowest = await ranges_kept.known(connection, site, told=many)
    return [
        (lacking(lowest[epoch], last_seq=last_seqs[epoch]), last_seq) if epoch in lowest else (gaps, last_seq)
        for epoch, (gaps, last_seq) in zip(((call.camera, call.contact.epoch) for call in calls), result, strict=True)
    ]


async def _last_seqs(connection: Connection, site: int, *, epochs: Sequence[Epoch]) -> dict[Epoch, int]:
    # The greatest number that each camera has given out in each of these epochs.
    rows = await connection.fetch(
        """
        select e.camera, e.epoch, e.last_seq
        from unnest($2::integer[], $3::text[]) as k (camera, epoch)
        join camera_epoch as e on e.site_id = $1 and e.camera = k.camera and e.epoch = k.epoch
        """,
        site,
        *map(list, zip(*epochs, strict=True)),
    )
    return {(camera, epoch): last_seq for camera, epoch, last_seq in rows}
