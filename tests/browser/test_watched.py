"""What the sentence beside a camera's picture says of when it watched: no break that is none, and none without a length."""

from typing import Any

import pytest

from tests.browser.conftest import Call
from tests.support.collector import at

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FROM = "06:00"


def ms(clock_time: str) -> int:
    """Milliseconds since 1970 of a time of the day."""
    return at(clock_time) // 1000


def watching(*stretches: tuple[str, str]) -> list[tuple[int, int]]:
    """When a camera watched, as the API has it."""
    return [((ms(first) - ms(FROM)) // 1000, (ms(last) - ms(first)) // 1000) for first, last in stretches]


@pytest.mark.parametrize(
    ("stretches", "state", "now", "told"),
    [
        ([("06:00", "07:59:58")], "Up", "08:00:07", "without a break"),
        ([("06:00:20", "08:00")], "Up", "08:00:40", "without a break of a minute"),
        ([("06:00", "07:00:05"), ("07:00:50", "08:00")], "Up", "08:00", "without a break of a minute"),
        ([("06:00", "06:10:05"), ("06:10:50", "07:00"), ("07:20", "08:00")], "Up", "08:00", "not 07:00–07:20"),
        ([("06:00", "07:59:30")], "Late", "08:00:40", "not 07:59–08:00"),
        ([("06:00", "07:57")], "Up", "08:00", "not 07:57–08:00"),
        ([("06:00", "08:59")], "Up", "09:00:30", "without a break"),
        ([("06:00", "08:59")], "Up", "09:30", "not 08:59–09:00"),
    ],
    ids=[
        "on its way",
        "short, at the begin",
        "short",
        "a short one and one with a length",
        "late",
        "too long to be on its way",
        "on its way, of a stretch that is over",
        "of a stretch that is long over",
    ],
)
async def test_a_break_is_named_where_it_is_one(
    call: Call, stretches: list[tuple[str, str]], state: str, now: str, told: str
) -> None:
    """Of a stretch of three hours, as it is told at some time."""
    camera: dict[str, Any] = {"camera": "cam-1", "stretches": watching(*stretches), "state": state, "watched_us": 0}
    end = ms("09:00")
    view = {"from": ms(FROM), "end": end, "until": min(end, ms(now)), "now": ms(now), "zone": "UTC"}

    assert f"cam-1 watched 0:00, {told}." == await call("watched.js", "watchedSentence", camera, view)
