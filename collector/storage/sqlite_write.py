"""The write transaction of the SQLite store: read what stands, let `decide` judge, write.

Statements only; `sqlite.py` opens the transaction, commits it and lends the thread. The numbers of known sites, workers,
workstations and cameras are remembered between transactions, and forgotten when one is rolled back.
"""

import json
from collections.abc import Iterable, Sequence

from sqlite_utils.utils import sqlite3

from collector.records import Arrival, Contact, Decide, Decision, Delivery, Key, Stored, Version
from collector.storage.registry import Registry
from shared.errors import BadRequest, NotFound
from shared.receipts import Range
from shared.wire import MAX_LACKING_RANGES

KEPT_REFUSALS = 10_000


def store(
    connection: sqlite3.Connection, registry: Registry, *, deliveries: Sequence[Delivery], decide: Decide
) -> list[Stored]:
    """Write deliveries inside an open transaction; return what became of each."""
    placed = [registry.place_camera(delivery) for delivery in deliveries]
    arrivals = [
        Arrival(
            Key(site, event.worker_id, event.at, event.event_type, event.workstation_id),
            Version(event.count, event.confidence, delivery.camera),
        )
        for site, delivery in zip(placed, deliveries, strict=True)
        for event in delivery.events
    ]
    decision = decide(_known(connection, registry, arrivals=arrivals), arrivals)
    _write_events(connection, registry, decision=decision)
    registry.widen_workstations(decision.survivors)
    stored: list[Stored] = []
    begin = 0
    for site, delivery in zip(placed, deliveries, strict=True):
        outcomes = decision.outcomes[begin : begin + len(delivery.events)]
        begin += len(delivery.events)
        _write_refusals(connection, registry.site(site), delivery=delivery)
        stored.append(Stored(outcomes, _write_camera(connection, registry, site=site, delivery=delivery)))
    return stored


def rename_site(connection: sqlite3.Connection, *, old: str, new: str) -> None:
    """Give a site another name."""
    taken = connection.execute("select 1 from site where name = ?", (new,)).fetchone()
    if taken:
        raise BadRequest(f"there is a site {new} already", hint="sites cannot be merged")
    if connection.execute("update site set name = ? where name = ?", (new, old)).rowcount == 0:
        raise NotFound(f"there is no site {old}")


def _known(connection: sqlite3.Connection, registry: Registry, *, arrivals: Iterable[Arrival]) -> dict[Key, Version]:
    keys = {registry.numbers(arrival.key): arrival.key for arrival in arrivals}
    # What is stored under the keys of this batch, one look-up in the primary key for each.
    rows = connection.execute(
        """
        select e.site, e.worker, e.at, e.type, e.workstation, e.count, e.confidence, c.name
        from json_each(?) as wanted
        join event as e
          on e.site = wanted.value ->> 0
         and e.worker = wanted.value ->> 1
         and e.at = wanted.value ->> 2
         and e.type = wanted.value ->> 3
         and e.workstation = wanted.value ->> 4
        left join camera as c on c.site = e.site and c.number = e.camera
        """,
        (json.dumps(list(keys)),),
    ).fetchall()
    return {keys[row[:5]]: Version(*row[5:]) for row in rows}


def _write_events(connection: sqlite3.Connection, registry: Registry, *, decision: Decision) -> None:
    # A survivor replaces what stands under its key: `decide` has seen it.
    connection.executemany(
        """
        insert into event (site, worker, at, type, workstation, count, confidence, camera)
        values (?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (site, worker, at, type, workstation) do update
        set count = excluded.count, confidence = excluded.confidence, camera = excluded.camera
        """,
        [
            (*registry.numbers(key), version.count, version.confidence, registry.camera(key.site, version.camera))
            for key, version in decision.survivors.items()
        ],
    )
    # Each distinct losing version is kept once.
    connection.executemany(
        """
        insert into conflict (site, worker, at, type, workstation, count, confidence)
        values (?, ?, ?, ?, ?, ?, ?)
        on conflict do nothing
        """,
        [
            (*registry.numbers(key), version.count, -1.0 if version.confidence is None else version.confidence)
            for key, version in decision.losers
        ],
    )


def _write_refusals(connection: sqlite3.Connection, site: int, *, delivery: Delivery) -> None:
    if not delivery.refusals:
        return
    connection.executemany(
        "insert into rejected (site, received_at, camera, code, error, item) values (?, ?, ?, ?, ?, ?)",
        [
            (site, delivery.received_at, delivery.camera, refusal.code, refusal.error, refusal.item)
            for refusal in delivery.refusals
        ],
    )
    # Only the newest stay, so that a broken camera cannot fill the disk.
    connection.execute("delete from rejected where number <= (select max(number) from rejected) - ?", (KEPT_REFUSALS,))


def _write_camera(
    connection: sqlite3.Connection, registry: Registry, *, site: str, delivery: Delivery
) -> Sequence[Range]:
    if delivery.camera is None:
        return ()
    at = (registry.site(site), registry.camera(site, delivery.camera))
    contact = delivery.contact
    if contact is None:
        return ()
    if contact.is_live:
        # Watermarks only ever rise; the rest is as of the last call.
        connection.execute(
            """
            update camera
            set watermark = max(coalesce(watermark, ?1), coalesce(?1, watermark)),
                last_contact_at = ?2, pending = ?3, oldest_pending_at = ?4, clock_offset_us = ?5, version = ?6
            where site = ?7 and number = ?8
            """,
            (
                contact.watermark,
                delivery.received_at,
                contact.pending,
                contact.oldest_pending_at,
                contact.clock_offset_us,
                contact.version,
                *at,
            ),
        )
    return _write_numbering(connection, at, contact=contact)


def _write_numbering(
    connection: sqlite3.Connection, at: tuple[int, int | None], *, contact: Contact
) -> Sequence[Range]:
    where = (*at, contact.epoch)
    # The greatest number the camera has given out in this epoch.
    connection.execute(
        """
        insert into camera_epoch (site, camera, epoch, last_seq)
        values (?, ?, ?, ?)
        on conflict (site, camera, epoch) do update set last_seq = max(last_seq, excluded.last_seq)
        """,
        (*where, contact.last_seq),
    )
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
    return _lacking(connection, where)


def _lacking(connection: sqlite3.Connection, where: tuple[int, int | None, str]) -> Sequence[Range]:
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
