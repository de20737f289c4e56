"""The status as a person reads it: the first line says how things are, the last ones name the cameras to look at.

    collector   READY   version 0.1.0, up 3 h
    database    /var/lib/collector/collector.db, 1,203.4 MB, its log 4.1 MB, 52.1 GB free on its disk
    events      48,113 taken, 12 duplicates, 2 rejected since the start
    cameras     5 Up, 1 Down
    cam-03      Down, heard 12:58:10 (44 min ago), 1,204 events wait there, 3 numbers missing

Lines of which there is nothing to say are left out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from collector.metrics.camera_states import DOWN, LATE
from shared.instants import parse_instant
from shared.spoken import age, counted, moment
from shared.terminal import one_line

NOT_RUNNING = "not running"
IN_ORDER = ("ready", "shared")
"""Of a collector, and of a database on a server."""
MOST_CAMERAS = 20
"""More at once have one cause, which no list of them tells."""
_MEGABYTE, _GIGABYTE = 1_000_000, 1_000_000_000


def in_words(status: Mapping[str, Any], *, now: int) -> list[str]:
    """Return the lines of a status, whether a collector or a file said it."""
    rows = [
        ("collector", _state(status, now)),
        *(("not ready", one_line(reason)) for reason in status["not_ready"]),
        ("database", _database(status)),
        *((finding["what"], one_line(finding["words"])) for finding in status.get("findings", ())),
        ("events", _events(status)),
        ("cameras", _cameras(status)),
        *_troubled(status, now),
        *(("warning", one_line(warning)) for warning in status["warnings"] or ()),
    ]
    told = [(name, text) for name, text in rows if text]
    width = max(len(name) for name, _ in told) + 2
    return [f"{name:{width}}{text}" for name, text in told]


def is_degraded(status: Mapping[str, Any]) -> bool:
    """Return whether a person should look after this collector."""
    cameras = status["cameras"]
    if any(finding["exit_code"] for finding in status.get("findings", ())):
        return True
    return bool(
        status["state"] not in IN_ORDER or status["warnings"] or cameras is None or any(map(_needs_a_look, cameras))
    )


def _needs_a_look(camera: Mapping[str, Any]) -> bool:
    return bool(camera["state"] in (LATE, DOWN) or camera["missing"])


def _state(status: Mapping[str, Any], now: int) -> str:
    if "findings" in status:
        return "any number of them; /readyz of each says how it is"
    if status["state"] == NOT_RUNNING:
        return "NOT RUNNING"
    up = age(parse_instant(status["started_at"]), now=now)
    return f"{status['state'].upper()}   version {status['version']}, up {up}"


def _database(status: Mapping[str, Any]) -> str:
    text = one_line(status["database"])
    if status["size_bytes"] is None:
        return f"{text}, which cannot be looked at"
    if status["log_bytes"] is None:
        return ""  # a server tells of it in lines of its own
    size, log = status["size_bytes"] / _MEGABYTE, status["log_bytes"] / _MEGABYTE
    return f"{text}, {size:,.1f} MB, its log {log:,.1f} MB, {status['free_disk_bytes'] / _GIGABYTE:,.1f} GB free on its disk"


def _events(status: Mapping[str, Any]) -> str:
    if "accepted" not in status:
        return ""
    named = (("duplicates", "duplicates"), ("conflicts", "conflicts"), ("rejected", "rejected"))
    counts = [f"{status[key]:,} {word}" for key, word in named if status[key]]
    text = ", ".join([f"{status['accepted']:,} taken", *counts]) + " since the start"
    return text + (f"; {status['waiting_events']:,} wait" if status["waiting_events"] else "")


def _cameras(status: Mapping[str, Any]) -> str:
    if status["cameras"] is None:
        return "the database does not answer"
    states = Counter(camera["state"] for camera in status["cameras"])
    return (
        ", ".join(f"{count} {state}" for state, count in sorted(states.items(), reverse=True)) or "none has called yet"
    )


def _troubled(status: Mapping[str, Any], now: int) -> Iterator[tuple[str, str]]:
    found = [camera for camera in status["cameras"] or () if _needs_a_look(camera)]
    for camera in found[:MOST_CAMERAS]:
        yield one_line(camera["camera"]), ", ".join(_trouble(camera, now))
    if len(found) > MOST_CAMERAS:
        yield "…", f"and {len(found) - MOST_CAMERAS} more"


def _trouble(camera: Mapping[str, Any], now: int) -> Iterator[str]:
    yield camera["state"]
    if camera["last_contact_at"] is not None:
        yield f"heard {moment(camera['last_contact_at'], now)}"
    if camera["pending"]:
        yield f"{counted(camera['pending'], 'event waits', many='events wait')} there"
    if camera["missing"]:
        yield f"{counted(camera['missing'], 'number')} missing"
