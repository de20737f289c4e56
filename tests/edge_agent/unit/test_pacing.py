"""How long the agent waits, and that no two agents wait alike."""

import pytest

from edge_agent.delivery.outcome import Pause, Retry
from edge_agent.delivery.pacing import LONG_OUTAGE, Bucket, Pace, recovery_seconds, split_seconds, wait_seconds

PACE = Pace(initial_seconds=1.0, max_seconds=60.0, pause_seconds=60.0, recovery_spread_seconds=30.0)
REFUSED = Retry("refused")


@pytest.mark.parametrize(
    ("attempt", "least", "most"),
    [(1, 0.5, 1), (2, 1, 2), (3, 2, 4), (6, 16, 32), (7, 30, 60), (8, 30, 60), (9_999, 30, 60)],
)
def test_waits_double_up_to_the_cap_and_their_upper_half_is_chance(attempt: int, least: float, most: float) -> None:
    """At the cap the spread is still half of the cap."""

    assert least == wait_seconds(REFUSED, attempt=attempt, pace=PACE, chance=0.0)
    assert most == pytest.approx(wait_seconds(REFUSED, attempt=attempt, pace=PACE, chance=0.999_999_9))


@pytest.mark.parametrize(
    ("asked", "chance", "expected"),
    [(10.0, 0.0, 10.0), (10.0, 0.5, 15.0), (900.0, 0.0, 900.0), (900.0, 0.5, 915.0), (0.0, 0.0, 0.5), (0.0, 0.5, 0.75)],
)
def test_the_collectors_wish_is_never_undercut(asked: float, chance: float, expected: float) -> None:
    """What it asked for is the least; chance adds up to as much again, at most the recovery spread."""

    assert expected == wait_seconds(Retry("busy", asked), attempt=9, pace=PACE, chance=chance)


@pytest.mark.parametrize("chance", [0.0, 0.9])
def test_a_pause_is_one_try_a_minute(chance: float) -> None:
    """Nothing doubles: the fault is mended by a person, who then waits for us."""

    assert 60.0 == wait_seconds(Pause("401"), attempt=9, pace=PACE, chance=chance)


@pytest.mark.parametrize(
    ("events", "before", "expected"),
    [(500, None, 0.0), (250, 500, 0.0), (2, 3, 0.0), (100, 100, 1.0), (101, 100, 1.0), (2, 2, 1.0)],
)
def test_a_refused_batch_that_is_no_smaller_than_the_last_one_waits(
    events: int, before: int | None, expected: float
) -> None:
    """Halves follow at once; what does not become less would otherwise go out as fast as it is refused."""

    assert expected == split_seconds(events, before=before, pace=PACE)


@pytest.mark.parametrize(
    ("outage", "expected"), [(0, 0.0), (LONG_OUTAGE, 0.0), (LONG_OUTAGE + 1, 15.0), (100 * LONG_OUTAGE, 15.0)]
)
def test_the_backlog_starts_at_a_point_of_its_own_after_a_long_outage(outage: int, expected: float) -> None:
    """Within the spread after five minutes, at once after a shorter one."""

    assert expected == recovery_seconds(outage=outage, pace=PACE, chance=0.5)


@pytest.mark.parametrize(
    ("rate", "sent", "now", "expected"),
    [
        (0, [(500, 0.0)], 0.0, 0.0),
        (100, [], 0.0, 0.0),
        (100, [(100, 0.0)], 0.0, 1.0),
        (100, [(100, 0.0)], 0.25, 0.75),
        (100, [(100, 0.0)], 7.0, 0.0),
        # debts add up, credit does not: an hour of silence allows no hour's worth at once
        (100, [(50, 0.0), (50, 0.1)], 0.1, 0.9),
        (100, [(100, 0.0), (100, 3_600.0)], 3_600.0, 1.0),
        # heartbeats are free
        (100, [(0, 0.0)], 0.0, 0.0),
    ],
)
def test_a_batch_waits_until_those_before_it_are_paid_for(
    rate: int, sent: list[tuple[int, float]], now: float, expected: float
) -> None:
    """So many events a second on average, and never more than a second's worth at once."""
    bucket = Bucket(rate)
    for events, moment in sent:
        bucket = bucket.after(events, now=moment)

    assert expected == bucket.wait_seconds(now)


@pytest.mark.parametrize(("rate", "expected"), [(0, 500), (1, 1), (100, 100), (1_000, 500)])
def test_a_batch_is_no_more_than_a_seconds_worth(rate: int, expected: int) -> None:
    """So that what is live waits a second at most."""

    assert expected == Bucket(rate).most_in_a_batch(500)
