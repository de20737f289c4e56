"""The baseline: the same rows into the same table by bare SQLite, one commit a batch, each commit on disk."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from sqlite_utils.utils import sqlite3

from shared.events import Event, canonical_json, read_event

Row = Sequence[Any]

EVENT_TABLE = """
    create table event (
        site integer not null, worker integer not null, at integer not null, type integer not null,
        workstation integer not null, count integer not null, confidence real, camera integer,
        primary key (site, worker, at, type, workstation)
    ) strict, without rowid
"""
EVENT_INSERT = "insert into event values (?, ?, ?, ?, ?, ?, ?, ?)"
LOG_TABLE = """
    create table event_log (
        seq integer primary key autoincrement, epoch integer not null, at integer not null,
        accepted_at integer not null, checksum integer not null, payload text not null
    ) strict;
    create index event_log_at on event_log (at)
"""
LOG_INSERT = "insert into event_log (epoch, at, accepted_at, checksum, payload) values (?, ?, ?, ?, ?)"


def insert(file: Path, rows: Sequence[Row], *, table: str, statement: str, batch: int) -> float:
    """Return the events a second of inserting rows with `synchronous=FULL`."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.executescript(table)
    began = time.perf_counter()
    for start in range(0, len(rows), batch):
        connection.execute("begin immediate")
        connection.executemany(statement, rows[start : start + batch])
        connection.execute("commit")
    took = time.perf_counter() - began
    connection.close()
    return len(rows) / took


def insert_more(file: Path, made: Sequence[Event], *, batch: int) -> float:
    """Return the events a second of inserting into the table of events of a collector's file that nobody has open.

    Workers and workstations have been there before; the ledger is left behind what is stored then.
    """
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("pragma synchronous = full")
    workers = dict(connection.execute("select worker_id, number from worker").fetchall())
    stations = dict(connection.execute("select station_id, number from workstation").fetchall())
    (site,) = connection.execute("select number from site").fetchone()
    rows = [
        (site, workers[event.worker_id], event.at, int(event.event_type), stations[event.workstation_id], event.count,
         event.confidence, None)
        for event in made
    ]  # fmt: skip
    began = time.perf_counter()
    for start in range(0, len(rows), batch):
        connection.execute("begin immediate")
        connection.executemany(
            "insert into event (site, worker, at, type, workstation, count, confidence, camera) "
            "values (?, ?, ?, ?, ?, ?, ?, ?)",
            sorted(rows[start : start + batch]),
        )
        connection.execute("commit")
    took = time.perf_counter() - began
    connection.close()
    return len(rows) / took


def event_rows(made: Sequence[dict[str, Any]]) -> list[Row]:
    """Return events as rows of the collector's table; people and places are numbered as they come."""
    numbers: dict[str, int] = {}
    rows: dict[tuple[int, ...], Row] = {}
    for event in map(read_event, made):
        if not isinstance(event, Event):
            continue
        at, worker_id, station_id, kind, count, confidence = event
        worker = numbers.setdefault(worker_id, len(numbers))
        station = numbers.setdefault(f"station {station_id}", len(numbers))
        rows[worker, at, kind, station] = (1, worker, at, int(kind), station, count, confidence, None)
    return list(rows.values())


def log_rows(made: Sequence[dict[str, Any]]) -> list[Row]:
    """Return events as rows of the edge agent's table: the same instants, the same payloads, a checksum of each."""
    events = [event for event in map(read_event, made) if isinstance(event, Event)]
    payloads = [canonical_json(event) for event in events]
    return [
        (1, event.at, event.at, crc32(payload.encode()), payload)
        for event, payload in zip(events, payloads, strict=True)
    ]
