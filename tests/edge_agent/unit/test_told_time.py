"""What the collector's clock must say now, and when ours is not to be believed."""

import pytest

from edge_agent.delivery.told_time import FAR, NOT_BEFORE, ToldTime, doubt, read_date
from shared.instants import HOUR, SECOND
from tests.support.fake_clock import START

DATE = "Thu, 15 Jan 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DATE, START),
        ("Thu, 15 Jan 2026 11:00:00 +0100", START),
        (None, None),
        ("", None),
        ("now", None),
        ("9" * 50, None),
    ],
)
def test_a_date_header_is_an_instant_or_nothing(text: str | None, expected: int | None) -> None:
    """What cannot be read says nothing."""

    assert expected == read_date(text)


def test_what_was_told_goes_on_by_the_clock_that_does_not_jump() -> None:
    """Nothing is known before the first answer; one without a readable date takes nothing away."""
    told = ToldTime().after(DATE, monotonic=100.0).after("?", monotonic=150.0)

    assert START + 60 * SECOND == told.at(160.0)
    assert ToldTime().at(160.0) is None


@pytest.mark.parametrize(
    ("now", "collector_now", "words"),
    [
        (START, None, None),
        (START, START, None),
        (START, START + FAR, None),
        (START, START + 25 * HOUR, "25 hours behind the collector's"),
        (START, START - 49 * HOUR, "2 days ahead of the collector's"),
        (NOT_BEFORE, None, None),
        (NOT_BEFORE - 1, None, "before this program was made"),
    ],
)
def test_a_clock_is_doubted_only_with_a_reason(now: int, collector_now: int | None, words: str | None) -> None:
    """An hour is what a slow network does not explain."""
    found = doubt(now=now, collector_now=collector_now)

    assert words is None if found is None else words is not None and words in found
