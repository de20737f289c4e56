"""Cameras in the SQLite store: what each said last, and which of its event numbers have arrived."""

from collections.abc import Sequence

from sqlite_utils.utils import sqlite3

from collector.records import Contact, Delivery
from collector.storage.watching import Watching, advance, is_watching, keep
from shared.receipts import Range
from shared.wire import MAX_LACKING_RANGES

Camera = tuple[int, int]
"""The numbers of a site and a camera."""


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
    for first, last in contact.seqs:
        # What overlaps or touches the new range becomes one with it.
        touching = connection.execute(
            """
            select count(*), min(first_seq), max(last_seq)
            from camera_range
            where site = ? and camera = ? and epoch = ? and first_seq <= ? + 1 and last_seq >= ? - 1
            """,
            (*where, last, first),
        ).fetchone()
        how_many, least, greatest = touching
        if how_many == 1 and least <= first and last <= greatest:
            continue
        merged = (min(first, least), max(last, greatest)) if how_many else (first, last)
        connection.execute(
            """
            delete from camera_range
            where site = ? and camera = ? and epoch = ? and first_seq <= ? + 1 and last_seq >= ? - 1
            """,
            (*where, last, first),
        )
        connection.execute(
            "insert into camera_range (site, camera, epoch, first_seq, last_seq) values (?, ?, ?, ?, ?)",
            (*where, *merged),
        )
    return _lacking(connection, where), last_seq


def _lacking(connection: sqlite3.Connection, where: tuple[int, int, str]) -> Sequence[Range]:
    # The gaps before, between and after the ranges of this epoch, up to the greatest number given out.
    rows = connection.execute(
        """
        select gap_first, gap_last
        from (
            select lag(r.last_seq, 1, 0) over (order by r.first_seq) + 1 as gap_first, r.first_seq - 1 as gap_last
            from camera_range as r
            where r.site = ?1 and r.camera = ?2 and r.epoch = ?3
            union all
            select
                coalesce((
                    select max(r.last_seq) from camera_range as r
                    where r.site = ?1 and r.camera = ?2 and r.epoch = ?3
                ), 0) + 1,
                e.last_seq
            from camera_epoch as e
            where e.site = ?1 and e.camera = ?2 and e.epoch = ?3
        )
        where gap_first <= gap_last
        order by gap_first
        limit ?4
        """,
        (*where, MAX_LACKING_RANGES),
    ).fetchall()
    return [(first, last) for first, last in rows]
