"""What holds at the moment of the question, as Prometheus reads it: one table, a row a metric.

Base units; instants are Unix time; what is not known has no sample. A camera is a label, for a person who mends one has to
know which; a worker or a workstation never is.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from collector.metrics.camera_states import DOWN, LATE, NEW, UP
from collector.storage.room import Room
from shared import prometheus
from shared.instants import SECOND, parse_instant
from shared.prometheus import Row, Samples, one

CAMERA = ("site", "camera")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the gauges are made of; instants in microseconds UTC."""

    version: str
    sqlite_version: str
    started_at: int
    is_ready: bool
    waiting_requests: int
    waiting_events: int
    busy_seconds: float
    room: Room | None
    """None where the database is no file, or cannot be looked at."""
    cameras: Sequence[Mapping[str, Any]] | None
    """The rows of `/api/cameras/`; None if they could not be read."""
    warnings: int | None
    purged_at: int | None
    is_purge_held: bool | None
    """None before the first purge, and where nothing is ever to go."""


def exposition(registry: CollectorRegistry, snapshot: Snapshot) -> bytes:
    """Return the text of everything, the live counters first."""
    return prometheus.exposition(registry, families(snapshot))


def exposition_of_sites(snapshot: Snapshot) -> bytes:
    """Return the text for somebody who sees some sites, whose cameras the snapshot has: nothing in it counts other sites, too."""
    rows = [row for row in _ROWS if row.name in _OF_SITES]
    return prometheus.exposition(CollectorRegistry(), prometheus.families(rows, snapshot, prefix="collector"))


def families(snapshot: Snapshot) -> Iterator[Metric]:
    """Yield every metric of the table with its samples."""
    return prometheus.families(_ROWS, snapshot, prefix="collector")


def _room(read: Callable[[Room], float]) -> Callable[[Snapshot], Samples]:
    return one(lambda snapshot: None if snapshot.room is None else read(snapshot.room))


def _states(snapshot: Snapshot) -> Samples:
    if snapshot.cameras is None:
        return []
    found = Counter(row["state"] for row in snapshot.cameras)
    return [((state,), float(found[state])) for state in (NEW, UP, LATE, DOWN)]


def _of_cameras(read: Callable[[Mapping[str, Any]], float | None]) -> Callable[[Snapshot], Samples]:
    def samples(snapshot: Snapshot) -> Samples:
        rows = [((row["site"], row["camera"]), read(row)) for row in snapshot.cameras or ()]
        return [(labels, value) for labels, value in rows if value is not None]

    return samples


def _instant(key: str) -> Callable[[Mapping[str, Any]], float | None]:
    return lambda row: None if row[key] is None else parse_instant(row[key]) / SECOND


_ROWS: tuple[Row[Snapshot], ...] = (
    Row(
        "build_info",
        "gauge",
        "Always 1.",
        lambda it: [((it.version, it.sqlite_version), 1.0)],
        ("version", "sqlite_version"),
    ),
    Row("start_time_seconds", "gauge", "When the collector started.", one(lambda it: it.started_at / SECOND)),
    Row("ready", "gauge", "1 if events are taken, as /readyz says; 0 if not.", one(lambda it: it.is_ready)),
    Row("waiting_requests", "gauge", "Requests that wait to be stored.", one(lambda it: it.waiting_requests)),
    Row("waiting_events", "gauge", "Events in them, and items that are none.", one(lambda it: it.waiting_events)),
    Row(
        "commit_running_seconds",
        "gauge",
        "How long the transaction that runs has taken so far, 0 if none does.",
        one(lambda it: it.busy_seconds),
    ),
    Row("database_size_bytes", "gauge", "The database file.", _room(lambda it: it.size_bytes)),
    Row("database_log_bytes", "gauge", "Its write-ahead log.", _room(lambda it: it.log_bytes)),
    Row("disk_free_bytes", "gauge", "Room on the disk of the database.", _room(lambda it: it.free_disk_bytes)),
    Row(
        "settings_not_in_force",
        "gauge",
        "Settings that the stored sums do not follow yet.",
        one(lambda it: it.warnings),
    ),
    Row(
        "purge_held",
        "gauge",
        "1 if the last purge took nothing, as most cameras, or the database's server, say that this machine's clock is ahead; 0 if it ran.",
        one(lambda it: it.is_purge_held),
    ),
    Row(
        "last_purge_timestamp_seconds",
        "gauge",
        "When a purge last left nothing that was due.",
        one(lambda it: None if it.purged_at is None else it.purged_at / SECOND),
    ),
    Row("cameras", "gauge", "Cameras, by state.", _states, ("state",)),
    Row(
        "camera_last_contact_timestamp_seconds",
        "gauge",
        "When the camera's agent last called.",
        _of_cameras(_instant("last_contact_at")),
        CAMERA,
    ),
    Row(
        "camera_watermark_timestamp_seconds",
        "gauge",
        "Up to when the camera has delivered everything.",
        _of_cameras(_instant("watermark")),
        CAMERA,
    ),
    Row(
        "camera_pending_events",
        "gauge",
        "Events that wait at the camera, by its own account.",
        _of_cameras(lambda row: row["pending"]),
        CAMERA,
    ),
    Row(
        "camera_missing_events",
        "gauge",
        "Numbers given out at the camera that neither arrived nor wait there.",
        _of_cameras(lambda row: row["missing"]),
        CAMERA,
    ),
    Row(
        "camera_clock_offset_seconds",
        "gauge",
        "How far the camera's clock is ahead of ours.",
        _of_cameras(lambda row: row["clock_offset_seconds"]),
        CAMERA,
    ),
)
_OF_SITES = frozenset(
    {"build_info", "start_time_seconds", "ready", "settings_not_in_force", "cameras"}.union(
        row.name for row in _ROWS if row.labels == CAMERA
    )
)
"""What is told of each site by itself, and what the collector is whoever asks."""
