"""Up to when the agent vouches that everything was seen and sent."""

import pytest

from edge_agent.delivery.watermark import Stretch, vouched, watermark
from shared.instants import MINUTE
from tests.support.fake_clock import START as NOW

SILENT_AFTER = 5 * MINUTE


@pytest.mark.parametrize(
    ("last_sign", "oldest_unsent_at", "expected"),
    [
        (NOW, None, NOW),
        (NOW - 5 * MINUTE, None, NOW),
        (NOW - 5 * MINUTE - 1, None, NOW - 5 * MINUTE - 1),
        (NOW, NOW - MINUTE, NOW - MINUTE - 1),
        (NOW, NOW + MINUTE, NOW),
        (NOW - 9 * MINUTE, NOW - MINUTE, NOW - 9 * MINUTE),
        (NOW - 9 * MINUTE, NOW - 10 * MINUTE, NOW - 10 * MINUTE - 1),
        (NOW + MINUTE, None, NOW),
        (NOW, 0, 0),
    ],
)
def test_the_watermark_stops_at_silence_and_before_what_is_unsent(
    last_sign: int, oldest_unsent_at: int | None, expected: int
) -> None:
    """Now while the producer lives, else its last sign; never past an event that is still here."""
    found = watermark(
        now=NOW, last_sign_of_life=last_sign, silent_after=SILENT_AFTER, oldest_unsent_at=oldest_unsent_at
    )

    assert expected == found


EARLIER = (NOW - 60 * MINUTE, NOW - 50 * MINUTE)
LATELY = (NOW - 20 * MINUTE, NOW - MINUTE)


@pytest.mark.parametrize(
    ("oldest_unsent_at", "expected"),
    [
        (None, [EARLIER, (LATELY[0], NOW)]),
        (NOW - 10 * MINUTE + 1, [EARLIER, (LATELY[0], NOW - 10 * MINUTE)]),
        (LATELY[0] + 1, [EARLIER]),
        (NOW - 30 * MINUTE, [EARLIER]),
        (NOW - 55 * MINUTE + 1, [(EARLIER[0], NOW - 55 * MINUTE)]),
        (NOW - 90 * MINUTE, []),
    ],
    ids=["all is sent", "in the last", "at its begin", "in the break", "in the first", "before"],
)
def test_what_was_watched_is_told_as_far_as_the_watermark(
    oldest_unsent_at: int | None, expected: list[Stretch]
) -> None:
    """A break stays one, however late it can be told of; what lies behind the watermark follows with it."""
    told = vouched(now=NOW, watched=[EARLIER, LATELY], silent_after=SILENT_AFTER, oldest_unsent_at=oldest_unsent_at)

    assert expected == list(told.watched or ())
    assert told.watermark == (NOW if oldest_unsent_at is None else oldest_unsent_at - 1)


def test_a_silent_producer_is_told_as_watched_up_to_its_last_sign() -> None:
    """As the watermark itself."""
    signs = (NOW - 60 * MINUTE, NOW - 6 * MINUTE)

    assert (signs[1], (signs,)) == vouched(now=NOW, watched=[signs], silent_after=SILENT_AFTER, oldest_unsent_at=None)


def test_nothing_is_vouched_for_before_the_first_sign_of_life() -> None:
    """What happened while the agent was down, nobody watched."""
    assert (None, None) == vouched(now=NOW, watched=[], silent_after=SILENT_AFTER, oldest_unsent_at=NOW - MINUTE)
