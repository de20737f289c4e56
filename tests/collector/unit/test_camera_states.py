"""What a camera's state is called (SEMANTICS §7), with a heartbeat of 15 s, seconds before now."""

import pytest

from collector.metrics.camera_states import camera_state
from collector.records import Camera
from shared.instants import SECOND

NOW = 1_000_000 * SECOND


def state(
    contact: float | None,
    watermark: float | None,
    *,
    pending: int = 0,
    oldest: float | None = None,
    heartbeat: int = 15,
) -> str:
    """Return the state of a camera heard and delivered so many seconds ago, where events wait that are so old."""
    heard, delivered, waiting = (
        None if ago is None else NOW - round(ago * SECOND) for ago in (contact, watermark, oldest)
    )
    camera = Camera("default", "C1", delivered, heard, pending, waiting, None, None, 0)
    return camera_state(camera, now=NOW, heartbeat=heartbeat * SECOND)


@pytest.mark.parametrize(
    ("contact", "watermark", "called"),
    [
        (None, None, "New"),
        (None, 0, "New"),
        (0, 0, "Up"),
        (45, 120, "Up"),
        (-10, -10, "Up"),
        (45.000001, 0, "Late"),
        (45, 120.000001, "Late"),
        (0, None, "Late"),
        (0, 86_400, "Late"),
        (299.999999, 0, "Late"),
        (300, 0, "Down"),
        (300, 300, "Down"),
        (86_400, None, "Down"),
    ],
)
def test_a_camera_is_called_by_contact_and_watermark(
    contact: float | None, watermark: float | None, called: str
) -> None:
    """Up within three heartbeats and two minutes, Down after five minutes, Late between, New before the first call."""

    assert called == state(contact, watermark)


def test_a_slow_heartbeat_makes_no_camera_late() -> None:
    """Three heartbeats are three of the configured ones."""

    assert ("Up", "Late") == (state(170, 0, heartbeat=60), state(190, 0, heartbeat=60))


@pytest.mark.parametrize(
    ("pending", "oldest", "called"),
    [
        (0, None, "Up"),
        (0, 86_400, "Up"),
        (3, 1, "Up"),
        (9_000, 120, "Up"),
        (1, 120.000001, "Late"),
        (9_000, 7_200, "Late"),
        (9_000, None, "Late"),
        (1, -60, "Up"),
    ],
    ids=[
        "none",
        "none any more",
        "on their way",
        "just arrived",
        "one left behind",
        "a backlog",
        "of unknown age",
        "a clock ahead",
    ],
)
def test_a_camera_with_a_backlog_is_late(pending: int, oldest: float | None, called: str) -> None:
    """However far its watermark says that it is; a few events on their way make nobody late."""

    assert called == state(0, 0, pending=pending, oldest=oldest)
    assert "Down" == state(300, 0, pending=pending, oldest=oldest)
