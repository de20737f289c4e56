"""Cameras in the SQLite store: what each said last, and which of its event numbers have arrived."""

import json
from collections.abc import Sequence

from sqlite_utils.utils import sqlite3

from collector.records import Contact, Delivery
from collector.storage.ranges_kept import ALWAYS_OF_AN_EPOCH, FAR_TOO_MANY, change, fit, lacking, room
from collector.storage.watching import Watching, advance, is_watching, keep
from shared.receipts import Range, Ranges, normalise, union
from shared.wire import MAX_LACKING_RANGES

Camera = tuple[int, int]
"""The numbers of a site and a camera."""
Epoch = tuple[int, int, str]
"""The numbers of a site and a camera, and one of the camera's epochs."""


def note_contact(
    connection: sqlite3.Connection, camera: Camera, *, delivery: Delivery
) -> tuple[Sequence[Range], int | None]:
    """Write down what a delivery says of its camera; return what is lacking of its epoch, and its greatest known number."""
    contact = delivery.contact
    if contact is None:
        return (), None
    if contact.is_live:
        _note_call(connection, camera, contact=contact, received_at=delivery.received_at)
    return _note_numbers(connection, camera, contact=contact)


def _note_call(connection: sqlite3.Connection, camera: Camera, *, contact: Contact, received_at: int) -> None:
    before = connection.execute(
        "select watermark, is_watching from camera where site = ? and number = ?", camera
    ).fetchone()
    stretches = advance(Watching(before[0], bool(before[1])), contact.watermark, told=contact.watched)
    keep(connection, camera, stretches=stretches, received_at=received_at)
    # Watermarks only ever rise; the rest is as of this call.
    connection.execute(
        """
        update camera
        set watermark = max(coalesce(watermark, ?1), coalesce(?1, watermark)), is_watching = ?2,
            last_contact_at = ?3, pending = ?4, oldest_pending_at = ?5, clock_offset_us = ?6, version = ?7
        where site = ?8 and number = ?9
        """,
        (
            contact.watermark,
            is_watching(contact, received_at=received_at),
            received_at,
            contact.pending,
            contact.oldest_pending_at,
            contact.clock_offset_us,
            contact.version,
            *camera,
        ),
    )


def _note_numbers(connection: sqlite3.Connection, camera: Camera, *, contact: Contact) -> tuple[Sequence[Range], int]:
    where = (*camera, contact.epoch)
    # The greatest number the camera has given out in this epoch.
    ((last_seq,),) = connection.execute(
        """
        insert into camera_epoch (site, camera, epoch, last_seq)
        values (?, ?, ?, ?)
        on conflict (site, camera, epoch) do update set last_seq = max(last_seq, excluded.last_seq)
        returning last_seq
        """,
        (*where, contact.last_seq),
    ).fetchall()
    _note_ranges(connection, where, told=normalise(contact.seqs))
    return _lacking(connection, where, last_seq=last_seq), last_seq


def _note_ranges(connection: sqlite3.Connection, where: Epoch, *, told: Ranges) -> None:
    kept = _touched(connection, where, told=told)
    together = union(kept, told)
    if len(together) > len(kept):
        together = fit(together, kept=kept, more=_room(connection, where))
    gone, added = change(kept, together)
    connection.executemany(
        "delete from camera_range where site = ? and camera = ? and epoch = ? and first_seq = ?",
        [(*where, first) for first, _ in gone],
    )
    connection.executemany(
        "insert into camera_range (site, camera, epoch, first_seq, last_seq) values (?, ?, ?, ?, ?)",
        [(*where, *one) for one in added],
    )


def _touched(connection: sqlite3.Connection, where: Epoch, *, told: Ranges) -> Ranges:
    # What overlaps or touches one that was told. Of those that begin before it only the last can: two look-ups each.
    rows = connection.execute(
        """
        select r.first_seq, r.last_seq
        from (
            select json_extract(value, '$[0]') as first, json_extract(value, '$[1]') as last from json_each(?4)
        ) as k
        cross join camera_range as r on r.site = ?1 and r.camera = ?2 and r.epoch = ?3
            and r.first_seq <= k.last + 1 and r.last_seq >= k.first - 1
            and r.first_seq >= coalesce((
                select max(first_seq) from camera_range
                where site = ?1 and camera = ?2 and epoch = ?3 and first_seq <= k.first
            ), k.first)
        """,
        (*where, json.dumps(told)),
    ).fetchall()
    return normalise((first, last) for first, last in rows)


def _room(connection: sqlite3.Connection, where: Epoch) -> int:
    ((of_camera, of_epoch),) = connection.execute(
        """
        select
            (select count(*) from (select 1 from camera_range where site = ?1 and camera = ?2 limit ?4)),
            (select count(*) from (select 1 from camera_range where site = ?1 and camera = ?2 and epoch = ?3 limit ?5))
        """,
        (*where, FAR_TOO_MANY, ALWAYS_OF_AN_EPOCH),
    ).fetchall()
    return room(of_camera=of_camera, of_epoch=of_epoch)


def _lacking(connection: sqlite3.Connection, where: Epoch, *, last_seq: int) -> Sequence[Range]:
    # Between each two ranges there is a gap, so no more of them are wanted than gaps, and one.
    rows = connection.execute(
        """
        select first_seq, last_seq
        from camera_range
        where site = ? and camera = ? and epoch = ?
        order by first_seq
        limit ?
        """,
        (*where, MAX_LACKING_RANGES + 1),
    ).fetchall()
    return lacking([(first, last) for first, last in rows], last_seq=last_seq)
