"""How far everything is complete, and which cameras hold it up (SEMANTICS §7).

A watermark says how far a camera has delivered, not that all of it arrived: numbers that were given out there and neither
came nor wait are missing, and nobody knows of which time their events are. So no window is complete while there are any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collector.metrics.camera_states import LATE_BEHIND, NEW, PAUSED, UP, camera_state
from collector.records import Camera
from shared.instants import format_instant

MOST_BEHIND = 500
"""Cameras named in one page; those that hold up the numbers most come first."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A camera that is expected to deliver and is not up to date."""

    camera: Camera
    state: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """What can be said about the numbers as a whole."""

    complete_through: int | None
    """The least watermark of the cameras that count; None if one of them has none, or if none counts."""
    up_through: int | None
    """The same without those that are behind."""
    cameras: int
    """How many count: New and Paused ones do not."""
    behind: Sequence[Behind]
    """Those of them that are not Up, ordered as they came."""
    lacking: Sequence[Camera] = ()
    """Those of which numbers are missing, ordered as they came; only Paused ones are left out."""
    reached: int | None = None
    """The greatest watermark of those that count: behind it nobody vouches for anything. None if none has one."""
    is_silent: bool = False
    """Whether all that count are more than two minutes behind: of no workstation anybody knows what goes on there."""

    @property
    def missing(self) -> int:
        """Numbers that were given out at these cameras and neither arrived nor wait there."""
        return sum(camera.missing for camera in self.lacking)

    @property
    def is_current(self) -> bool:
        """Say whether every camera that counts is up to date, and no number is missing."""
        return self.cameras > 0 and not self.behind and not self.lacking


def completeness(cameras: Sequence[Camera], *, now: int, heartbeat: int) -> Completeness:
    """Return how complete the numbers of these cameras are; `now` and `heartbeat` in microseconds."""
    states = [(camera, camera_state(camera, now=now, heartbeat=heartbeat)) for camera in cameras]
    counting = [(camera, state) for camera, state in states if state not in (NEW, PAUSED)]
    reached = max((camera.watermark for camera, _ in counting if camera.watermark is not None), default=None)
    return Completeness(
        complete_through=_least([camera for camera, _ in counting]),
        up_through=_least([camera for camera, state in counting if state == UP]),
        cameras=len(counting),
        behind=[Behind(camera, state) for camera, state in counting if state != UP],
        lacking=[camera for camera, state in states if camera.missing and state != PAUSED],
        reached=reached,
        is_silent=bool(counting) and (reached is None or now - reached > LATE_BEHIND),
    )


def completeness_row(judged: Completeness) -> dict[str, Any]:
    """Return how complete the numbers are, and which cameras hold them up, at most 500 of them."""
    shown = furthest_behind(judged.behind, MOST_BEHIND)
    lacking = lacking_most(judged.lacking, MOST_BEHIND)
    return {
        "complete_through": _shown(judged.complete_through),
        "up_through": _shown(judged.up_through),
        "reached": _shown(judged.reached),
        "is_silent": judged.is_silent,
        "is_current": judged.is_current,
        "cameras": judged.cameras,
        "behind": [
            {
                "camera": behind.camera.name,
                "site": behind.camera.site,
                "state": behind.state,
                "watermark": _shown(behind.camera.watermark),
                "last_contact_at": _shown(behind.camera.last_contact_at),
                "pending": behind.camera.pending,
                "oldest_pending_at": _shown(behind.camera.oldest_pending_at),
            }
            for behind in shown
        ],
        "behind_left_out": len(judged.behind) - len(shown),
        "missing": judged.missing,
        "lacking": [{"camera": camera.name, "site": camera.site, "missing": camera.missing} for camera in lacking],
        "lacking_left_out": len(judged.lacking) - len(lacking),
    }


def furthest_behind(behind: Sequence[Behind], most: int) -> list[Behind]:
    """Return at most so many, those that have delivered least far; in the order they came."""
    if len(behind) <= most:
        return list(behind)
    ranked = sorted(enumerate(behind), key=lambda item: _reach(item[1].camera))
    return [one for _, one in sorted(ranked[:most], key=lambda item: item[0])]


def lacking_most(lacking: Sequence[Camera], most: int) -> list[Camera]:
    """Return at most so many, those of which most is missing; in the order they came."""
    ranked = sorted(enumerate(lacking), key=lambda item: -item[1].missing)
    return [one for _, one in sorted(ranked[:most], key=lambda item: item[0])]


def _reach(camera: Camera) -> int:
    return -1 if camera.watermark is None else camera.watermark


def _least(cameras: Sequence[Camera]) -> int | None:
    least: int | None = None
    for camera in cameras:
        if camera.watermark is None:
            return None
        least = camera.watermark if least is None else min(least, camera.watermark)
    return least


def _shown(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant)
