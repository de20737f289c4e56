"""What the status says of the way to the collector, attempt after attempt."""

import pytest

from edge_agent.buffer.rows import Counts
from edge_agent.delivery.answers import Receipt
from edge_agent.delivery.link import Link
from edge_agent.delivery.outcome import Bury, Pause, Retry, Settle, Split, Verdict
from edge_agent.delivery.settlement import Rejected
from edge_agent.status import describe_agent, describe_link, describe_log
from shared.instants import SECOND, format_instant
from tests.support.fake_clock import START

RECEIPT = Settle(Receipt(5, 3, 1, (Rejected(0, "bad_id", "no"),), START, ()))


def test_trouble_has_a_beginning_that_stays() -> None:
    """The cause changes with each attempt, the moment it began does not, until a receipt comes."""
    first = Link().after(Retry("refused"), now=1)
    second = first.waiting_until(9).after(Pause("401"), now=2)
    third = second.after(RECEIPT, now=3)

    assert ("retrying: refused", 1, True) == (first.words, first.failing_since, first.is_failing)
    assert ("paused: 401", 1, 9) == (second.words, second.failing_since, second.next_try)
    assert ("ok", None, False, None, 3) == (
        third.words,
        third.failing_since,
        third.is_failing,
        third.next_try,
        third.last_contact_at,
    )


def test_the_last_error_outlives_the_trouble() -> None:
    """Whoever looks in the morning sees what happened in the night."""
    link = Link().after(Retry("refused"), now=1).after(RECEIPT, now=2)

    assert ("refused", 1) == (link.last_error, link.last_error_at)


@pytest.mark.parametrize("verdict", [Split("400: no"), Bury("refused", "400: no")])
def test_a_refused_batch_is_an_error_but_no_outage(verdict: Verdict) -> None:
    """The collector answered; the search for the bad event goes on."""
    link = Link().after(RECEIPT, now=1).after(verdict, now=2)

    assert ("ok", "400: no", 2) == (link.state, link.last_error, link.last_error_at)


def test_receipts_add_up() -> None:
    """Counts are since the start of the agent."""
    link = Link().after(RECEIPT, now=1).after(RECEIPT, now=2)

    assert (10, 6, 2, 2) == (link.accepted, link.duplicates, link.conflicts, link.rejected)


def test_the_confirmed_watermark_never_goes_back() -> None:
    """A later batch may vouch for less, because an older event has come; what was confirmed stays confirmed."""
    first = Link().confirmed(watermark=None, received_at=1, clock_offset=0)
    link = first.confirmed(watermark=5, received_at=6, clock_offset=1)
    less = link.confirmed(watermark=3, received_at=7, clock_offset=-2)

    assert (None, 5) == (first.watermark, link.watermark)
    assert (5, -2) == (less.watermark, less.clock_offset)
    assert 8 == link.confirmed(watermark=8, received_at=9, clock_offset=0).watermark


def test_a_watermark_of_a_clock_that_was_ahead_is_worth_no_more_than_to_the_collector() -> None:
    """It takes each as no later than its own clock; once ours is set right, the next one goes on from there."""
    ahead = Link().confirmed(watermark=START + 10**12, received_at=START, clock_offset=-(10**12))
    mended = ahead.confirmed(watermark=START + 15 * SECOND, received_at=START + 15 * SECOND, clock_offset=0)

    assert (START, START + 15 * SECOND) == (ahead.watermark, mended.watermark)


@pytest.mark.parametrize("now", [0, START, START + 10**15], ids=["1970", "right", "far ahead"])
def test_the_next_try_is_as_far_ahead_as_it_is_whatever_the_clock_says(now: int) -> None:
    """The wait began before the clock was set."""
    told = describe_link(Link().waiting_until(60.0), now=now, monotonic=43.0)

    assert format_instant(now + 17 * SECOND) == told["next_try_at"]


def test_the_status_speaks_in_times_and_seconds() -> None:
    """RFC 3339 or null, never microseconds."""
    link = Link().after(RECEIPT, now=START)
    link = link.confirmed(watermark=START, received_at=START, clock_offset=-SECOND // 4)
    told = describe_link(link, now=START, monotonic=0.0)

    assert {
        "state": "ok",
        "cause": None,
        "last_contact_at": "2026-01-15T10:00:00Z",
        "watermark": "2026-01-15T10:00:00Z",
        "clock_offset_seconds": -0.25,
        "last_error": None,
        "next_try_at": None,
    }.items() <= told.items()


def test_the_status_audits_the_log() -> None:
    """A number that is neither settled nor pending nor dead would be one that was lost."""
    told = describe_log(Counts(last_seq=10, settled=5, pending=3, dead=1, size_bytes=4_096, oldest_pending_at=START))

    assert {"unaccounted": 1, "oldest_pending_at": "2026-01-15T10:00:00Z", "pending": 3}.items() <= told.items()


def test_the_status_says_who_it_is() -> None:
    """The producer's last sign and why the intake fails are part of it."""
    told = describe_agent(
        camera="cam-01",
        version="0.1.0",
        collector="http://127.0.0.1:8000",
        epoch="e1",
        last_sign_of_life=None,
        intake_failure="no room left",
        not_ready=["no room left", "no pulse"],
    )

    assert {
        "camera": "cam-01",
        "last_sign_of_life_at": None,
        "not_ready": "no room left; no pulse",
    }.items() <= told.items()
