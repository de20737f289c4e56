"""Up to when the agent vouches that everything was seen and sent."""

import pytest

from edge_agent.delivery.watermark import watermark
from shared.instants import MINUTE
from tests.support.fake_clock import START as NOW

SILENT_AFTER = 5 * MINUTE


@pytest.mark.parametrize(
    ("last_sign", "oldest_unsent_at", "expected"),
    [
        (None, None, None),
        (None, NOW - MINUTE, None),
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
    last_sign: int | None, oldest_unsent_at: int | None, expected: int | None
) -> None:
    """Now while the producer lives, else its last sign; never past an event that is still here."""
    found = watermark(
        now=NOW, last_sign_of_life=last_sign, silent_after=SILENT_AFTER, oldest_unsent_at=oldest_unsent_at
    )

    assert expected == found
