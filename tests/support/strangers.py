"""Loaded by schemathesis: what makes a case right that no schema can tell is put right in it; wrong cases stay as they are.

Which sites, shifts and workers there are, how late it is by the collector's clock, that a window ends after it begins, that the
ranges of an envelope number its events, and that a token sends for its own camera.
"""

from typing import Any

import schemathesis
from schemathesis.generation import GenerationMode

SHIFTS = ("current", "2026-01-15/morning")
PAST = "2026-01-{day:02}T{hour:02}:30:00Z"
"""Behind the collector's clock."""
NOW = PAST.format(day=16, hour=11)


@schemathesis.hook
def before_call(_context: Any, case: Any, **_: Any) -> None:
    """Make a right case one that means something."""
    meta = case.meta
    if meta is None or meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if case.query:
        case.query = _meant(dict(case.query), path=case.path)
    if isinstance(case.body, dict):
        case.body = _sent(case.body)


def _meant(query: dict[str, Any], *, path: str) -> dict[str, Any]:
    query.pop("after", None)  # only a page before knows it
    known = {"site": "default", "worker_id": "W1"} if "timeline" in path else {"site": "default"}
    query |= {name: value for name, value in known.items() if name in query}
    if "shift" in query:
        return {name: value for name, value in query.items() if name not in ("from", "to")} | {
            "shift": SHIFTS[len(str(query["shift"])) % 2]
        }
    if query.get("include") == "occupied" or query.get("of") in (
        "hours",
        "days",
    ):  # all want a window closed at both ends
        query |= {"from": "", "to": ""}
    times = {"from": PAST.format(day=15, hour=6), "to": PAST.format(day=15, hour=14)}
    return query | {name: value for name, value in times.items() if name in query}


def _sent(body: dict[str, Any]) -> dict[str, Any]:
    if "agent" in body and "events" in body:
        events = len(body["events"])
        meant = {"camera": "C1", "seqs": [[1, events]] if events else [], "skipped": [], "sent_at": NOW}
        meant |= {name: NOW for name in ("watermark", "oldest_pending_at") if body["agent"].get(name)}
        if body["agent"].get("watched"):
            meant["watched"] = [[PAST.format(day=16, hour=10), NOW] for _ in body["agent"]["watched"]]
        return body | {"agent": body["agent"] | meant}
    return body | {"timestamp": PAST.format(day=1 + len(body) % 14, hour=10)}
