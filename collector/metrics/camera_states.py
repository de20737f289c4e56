"""What a camera's state is called, from when it was last heard and how far it has delivered (SEMANTICS §7)."""

from collector.records import Camera
from shared.instants import MINUTE

NEW, UP, LATE, DOWN, PAUSED = "New", "Up", "Late", "Down", "Paused"
DOWN_AFTER = 5 * MINUTE
LATE_BEHIND = 2 * MINUTE


def camera_state(camera: Camera, *, now: int, heartbeat: int) -> str:
    """Return the state in one word.

    Paused: by an operator. New: never called. Down: silent for 5 min. Up: heard within three heartbeats, delivered up to 2 min ago, and without a
    backlog. Late: heard, but not Up. `now` and `heartbeat` are microseconds.
    """
    if camera.is_paused:
        return PAUSED
    if camera.last_contact_at is None:
        return NEW
    silence = now - camera.last_contact_at
    if silence >= DOWN_AFTER:
        return DOWN
    has_delivered = camera.watermark is not None and now - camera.watermark <= LATE_BEHIND
    is_up = silence <= 3 * heartbeat and has_delivered and not has_backlog(camera, now=now)
    return UP if is_up else LATE


def has_backlog(camera: Camera, *, now: int) -> bool:
    """Say whether events wait at the camera that are more than 2 min old; those that are on their way are no backlog.

    Where nobody says since when they wait, they are taken for one.
    """
    oldest = camera.oldest_pending_at
    return camera.pending > 0 and (oldest is None or now - oldest > LATE_BEHIND)
