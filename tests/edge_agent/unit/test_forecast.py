"""How long there is room and how long a backlog takes, from readings a few seconds apart."""

from typing import Any

import pytest

from edge_agent.buffer.rows import Counts
from edge_agent.forecast import ROOM_SECONDS, Forecast, Reading, forecast, reading, remember, room_for_events

MEGABYTE = 1_000_000


def counts(**given: int) -> Counts:
    """A queue of 4,000 waiting events of 250 bytes, a limit of 3 MB, and more room on the disk."""
    usual: dict[str, Any] = {
        "last_seq": 4_000,
        "settled": 0,
        "pending": 4_000,
        "dead": 0,
        "size_bytes": MEGABYTE,
        "max_size_bytes": 3 * MEGABYTE,
        "free_disk_bytes": 100 * MEGABYTE,
    }
    return Counts(oldest_pending_at=None, **(usual | given))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 8_000),
        ({"free_disk_bytes": MEGABYTE}, 4_000),
        ({"free_disk_bytes": 3 * MEGABYTE, "min_free_disk_bytes": 2 * MEGABYTE}, 4_000),
        ({"free_disk_bytes": MEGABYTE, "min_free_disk_bytes": 2 * MEGABYTE}, 0),
        ({"max_size_bytes": 0}, 400_000),
        ({"size_bytes": 4 * MEGABYTE}, 0),
        ({"pending": 1_000, "settled": 3_000, "retained": 3_000}, 11_000),
        ({"pending": 10, "size_bytes": 100_000}, 11_600),
    ],
    ids=[
        "the limit",
        "the disk is nearer",
        "some of it is for others",
        "all of it is for others",
        "no limit",
        "over the limit",
        "sent ones give way",
        "too few to judge by",
    ],
)
def test_room_is_what_the_limit_and_the_disk_leave(given: dict[str, int], expected: int) -> None:
    """In events of the size that they have here."""

    assert expected == room_for_events(counts(**given))


@pytest.mark.parametrize(
    ("readings", "given", "expected"),
    [
        ([], {}, Forecast(None, None)),
        ([(0, 4_000, 0)], {}, Forecast(None, None)),
        ([(0, 3_900, 0), (100, 4_000, 0)], {}, Forecast(8_000, None)),
        ([(0, 3_900, 0), (60, 3_960, 0), (120, 4_020, 240)], {}, Forecast(8_000, 4_000 / 3)),
        ([(0, 0, 0), (500, 4_000, 0), (560, 4_000, 400)], {}, Forecast(1_120, 600)),
        ([(0, 10, 10), (60, 10, 10)], {"pending": 0}, Forecast(None, 0)),
        ([(0, 3_990, 50), (60, 4_000, 20)], {}, Forecast(48_000, None)),
    ],
    ids=["no reading", "one", "nothing leaves", "drains", "back after an outage", "at rest", "lost ones come back"],
)
def test_what_is_ahead(readings: list[tuple[float, int, int]], given: dict[str, int], expected: Forecast) -> None:
    """Room looks at ten minutes and at what comes alone; drain looks at the last minute and at both."""

    assert expected == forecast(counts(**given), [Reading(*one) for one in readings])


def test_readings_are_forgotten_after_ten_minutes() -> None:
    """So their number has a bound, whatever happens."""
    readings: tuple[Reading, ...] = ()
    for step in range(500):
        readings = remember(readings, Reading(step * 5.0, step, 0))

    assert 121 == len(readings)
    assert ROOM_SECONDS == readings[-1].at_seconds - readings[0].at_seconds


def test_what_went_is_everything_that_waits_no_more() -> None:
    """Settled, dead and dropped."""
    taken = reading(counts(last_seq=100, settled=50, dead=3, dropped=2), at_seconds=7.0)

    assert Reading(7.0, 100, 55) == taken
