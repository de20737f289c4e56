"""What a collector tells of itself, for each way it can be: readiness, the numbers for Prometheus, the words for people."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlite_utils.utils import sqlite3

from collector.cli.status_words import in_words, is_degraded
from collector.ingest import Ingest
from collector.records import Delivery, Outcome, Refusal, Stored
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.room import Room
from collector.storage.sqlite import SqliteStorage
from collector.vitals.gauges import Snapshot, exposition
from collector.vitals.meters import Meters
from collector.vitals.vitals import FORGIVEN_SECONDS, Vitals
from shared.errors import Busy, DiskFailed, StorageFull, StorageUnusable
from shared.instants import MINUTE, SECOND, format_instant
from shared.prometheus import FAILURE_REASONS
from tests.support.collector import RULES, delivery, event
from tests.support.fake_clock import START, FakeClock

UP = {
    "camera": "cam-1",
    "site": "east",
    "state": "Up",
    "watermark": format_instant(START),
    "last_contact_at": format_instant(START + SECOND),
    "pending": 4,
    "oldest_pending_at": None,
    "clock_offset_seconds": -0.25,
    "missing": 0,
    "version": "0.1.0",
}
NEW = dict.fromkeys(UP) | {"camera": "cam-2", "site": "east", "state": "New", "pending": 0, "missing": 0}
WELL = Snapshot(
    version="0.1.0",
    sqlite_version="3.40.1",
    started_at=START,
    is_ready=True,
    waiting_requests=2,
    waiting_events=700,
    busy_seconds=0.5,
    room=Room(size_bytes=4_096, log_bytes=512, free_disk_bytes=10**10),
    cameras=[UP, NEW],
    warnings=1,
    purged_at=START + SECOND,
    is_purge_held=True,
)
STATUS: dict[str, Any] = {
    "state": "ready",
    "not_ready": [],
    "version": "0.1.0",
    "started_at": format_instant(START),
    "database": "/db",
    "size_bytes": 1_200_000,
    "log_bytes": 0,
    "free_disk_bytes": 5 * 10**9,
    "accepted": 1_204,
    "duplicates": 0,
    "conflicts": 0,
    "rejected": 2,
    "waiting_events": 0,
    "cameras": [UP],
    "warnings": [],
}


def told(snapshot: Snapshot, meters: Meters | None = None) -> dict[str, float]:
    """The samples by name and labels, as Prometheus' own parser reads them."""
    text = exposition((meters or Meters(clock=FakeClock())).registry, snapshot).decode()
    return {
        one.name.removeprefix("collector_")
        + "".join(f"{{{value}}}" for _, value in sorted(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("build_info{3.40.1}{0.1.0}", 1),
        ("start_time_seconds", START / SECOND),
        ("ready", 1),
        ("waiting_requests", 2),
        ("waiting_events", 700),
        ("commit_running_seconds", 0.5),
        ("database_size_bytes", 4_096),
        ("database_log_bytes", 512),
        ("disk_free_bytes", 10**10),
        ("settings_not_in_force", 1),
        ("purge_held", 1),
        ("last_purge_timestamp_seconds", START / SECOND + 1),
        ("cameras{Up}", 1),
        ("cameras{New}", 1),
        ("cameras{Down}", 0),
        ("camera_last_contact_timestamp_seconds{cam-1}{east}", START / SECOND + 1),
        ("camera_watermark_timestamp_seconds{cam-1}{east}", START / SECOND),
        ("camera_pending_events{cam-1}{east}", 4),
        ("camera_missing_events{cam-1}{east}", 0),
        ("camera_clock_offset_seconds{cam-1}{east}", -0.25),
    ],
)
def test_what_holds_now_is_told_in_base_units(name: str, expected: float) -> None:
    """Seconds, bytes, events."""

    assert expected == told(WELL)[name]


def test_what_is_not_known_has_no_sample() -> None:
    """Zero would be a claim: a camera that never called, a disk that cannot be looked at, a store that does not answer."""
    known = told(WELL)
    unknown = told(replace(WELL, room=None, cameras=None, warnings=None, purged_at=None, is_purge_held=None))

    assert [] == [name for name in known if name.startswith("camera_l") and "cam-2" in name]
    assert [] == [
        name for name in unknown if name.startswith(("database", "disk", "camera", "settings", "purge", "last"))
    ]


def of_outcomes(*outcomes: Outcome, refused: Sequence[str] = ()) -> tuple[Delivery, Stored]:
    """A delivery, and what became of it."""
    sent = delivery(*(event(f"10:{minute:02}", "W1", "idle") for minute in range(len(outcomes))))
    refusals = [Refusal(code, "", "") for code in refused]
    return replace(sent, refusals=refusals), Stored(outcomes, ())


def test_every_item_is_counted_once_and_conflicts_among_the_duplicates() -> None:
    """So that their sum is the number of items that were sent."""
    clock = FakeClock()
    meters = Meters(clock=clock)
    kinds = Outcome.accepted, Outcome.duplicate, Outcome.conflict
    pairs = [of_outcomes(*kinds, refused=["bad_id"]), of_outcomes(Outcome.accepted)]
    meters.began()
    clock.advance(0.2)
    during = meters.busy_seconds
    meters.stored([sent for sent, _ in pairs], [stored for _, stored in pairs])
    found = told(WELL, meters)

    assert (0.2, 0.0) == (during, meters.busy_seconds)
    assert {
        "events_total{accepted}": 2,
        "events_total{duplicate}": 2,
        "events_total{rejected}": 1,
    }.items() <= found.items()
    assert (1, 1) == (found["events_conflicting_total"], found["events_rejected_total{bad_id}"])
    assert (1, 0.2) == (found["commit_duration_seconds_count"], found["commit_duration_seconds_sum"])
    assert {"accepted": 2, "duplicate": 2, "rejected": 1, "conflict": 1} == meters.taken


def test_what_retention_and_erasure_refuse_is_rejected() -> None:
    """As its sender is told, and under the same code; none of it was there before."""
    meters = Meters(clock=FakeClock())
    sent, stored = of_outcomes(Outcome.too_old, Outcome.forgotten, Outcome.too_old, refused=["bad_id"])
    meters.began()
    meters.stored([sent], [stored])
    found = told(WELL, meters)

    assert (0, 4) == (found["events_total{duplicate}"], found["events_total{rejected}"])
    assert {"too_old": 2, "forgotten": 1, "bad_id": 1} == {
        code: found[f"events_rejected_total{{{code}}}"] for code in ("too_old", "forgotten", "bad_id")
    }
    assert {"accepted": 0, "duplicate": 0, "rejected": 4, "conflict": 0} == meters.taken


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StorageFull(), "full"),
        (Busy(), "busy"),
        (DiskFailed(), "disk"),
        (StorageUnusable(), "unusable"),
        (ValueError(), "unusable"),
    ],
)
def test_what_was_not_kept_is_counted_by_its_reason(error: Exception, reason: str) -> None:
    """Each reason is there from the start: a rate needs two samples."""
    meters = Meters(clock=FakeClock())
    meters.began()
    meters.failed(error)
    found = {name: value for name, value in told(WELL, meters).items() if name.startswith("commit_failures")}

    assert {f"commit_failures_total{{{each}}}": float(each == reason) for each in FAILURE_REASONS} == found
    assert 0.0 == meters.busy_seconds


async def test_a_failure_is_forgiven_when_nobody_tries_again(tmp_path: Path) -> None:
    """A load balancer that sends nothing to who is not ready would keep the collector from showing that it is."""
    clock = FakeClock()
    meters = Meters(clock=clock)
    storage = SqliteStorage.open(tmp_path / "collector.db", rules=RULES)
    ingest = Ingest(storage, tally=meters)
    ingest.start()
    reports = Reports(storage, settings=CollectorSettings(), clock=clock)
    vitals = Vitals(
        ingest=ingest,
        reports=reports,
        meters=meters,
        room=lambda: Room(0, 0, 0),
        is_scrubbing=lambda: False,
        database="/db",
        clock=clock,
    )
    before = vitals.not_ready()
    with closing(sqlite3.connect(tmp_path / "collector.db", isolation_level=None)) as connection:
        connection.execute("drop table event")
    with pytest.raises(StorageUnusable):
        await ingest.store(delivery(event("10:00", "W1", "idle")))
    failing = vitals.not_ready()
    clock.advance(FORGIVEN_SECONDS)
    later = vitals.not_ready()
    await ingest.stop()
    await storage.close()

    assert ([], []) == (before, later)
    assert ["the last events could not be stored: "] == [reason[:37] for reason in failing]


def test_methods_of_strangers_are_one_label() -> None:
    """Whoever calls can name as many as they like."""
    meters = Meters(clock=FakeClock())
    for method in ("GET", "BREW", "PROPFIND"):
        meters.answered(method=method, route="none", code="405", seconds=0.1)
    found = told(WELL, meters)

    assert (1, 2) == (found["http_requests_total{405}{GET}{none}"], found["http_requests_total{405}{other}{none}"])


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, ["collector  READY   version 0.1.0, up 1 h", "events     1,204 taken, 2 rejected since the start"]),
        ({"state": "not ready", "not_ready": ["full"]}, ["not ready  full"]),
        ({"cameras": []}, ["cameras    none has called yet"]),
        ({"cameras": None}, ["cameras    the database does not answer"]),
        ({"warnings": ["tail = 1m is not in force"]}, ["warning    tail = 1m is not in force"]),
        ({"cameras": [UP | {"missing": 3}]}, ["4 events wait there, 3 numbers missing"]),
        ({"cameras": [UP | {"state": "Down", "camera": "\x1b[2J"}]}, ["cameras    1 Down", "\\x1b[2J    Down, heard"]),
        ({"size_bytes": None}, ["database   /db, which cannot be looked at"]),
    ],
)
def test_the_status_names_what_to_look_at(changes: dict[str, Any], lines: list[str]) -> None:
    """And what it does not name is well; a stranger's name cannot move the cursor."""
    status = STATUS | changes
    words = "\n".join(in_words(status, now=START + 60 * MINUTE))

    assert [] == [line for line in lines if line not in words]
    assert is_degraded(status) == bool({"cameras", "warnings", "state"} & changes.keys() and status["cameras"] != [])


def test_a_status_without_a_collector_is_what_the_database_says() -> None:
    """There is no start to count from."""
    status = {key: STATUS[key] for key in ("not_ready", "database", "size_bytes", "log_bytes", "free_disk_bytes")}
    status |= {"state": "not running", "cameras": [UP] * 30, "warnings": []}
    many = in_words(status | {"cameras": [UP | {"state": "Down"}] * 30}, now=START)

    assert "NOT RUNNING" in in_words(status, now=START)[0]
    assert is_degraded(status)
    assert ("… and 10 more", 20) == (" ".join(many[-1].split()), sum(line.startswith("cam-1") for line in many))
