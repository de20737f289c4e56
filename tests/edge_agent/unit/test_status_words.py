"""The status as a person reads it, for each way an agent can be."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from edge_agent.cli.status import is_degraded
from edge_agent.cli.status_words import in_words
from shared.instants import MINUTE, SECOND, parse_instant
from shared.spoken import age
from shared.terminal import one_line

NOW = parse_instant("2026-01-15T13:42:06Z")
LOG = {
    "pending": 0,
    "settled": 48_113,
    "dead": 0,
    "last_seq": 48_113,
    "unaccounted": 0,
    "oldest_pending_at": None,
    "size_bytes": 5_600_000,
}
WELL = LOG | {
    "camera": "cam-03",
    "collector": "https://collector.plant.example",
    "state": "ok",
    "cause": None,
    "failing_since": None,
    "intake_failure": None,
    "not_ready": None,
    "last_error": None,
    "watermark": "2026-01-15T13:42:00Z",
    "last_sign_of_life_at": "2026-01-15T13:42:00Z",
    "clock_offset_seconds": 0.04,
    "next_try_at": None,
}
RETRYING = WELL | {
    "state": "retrying",
    "cause": "connection refused",
    "failing_since": "2026-01-15T12:58:06Z",
    "next_try_at": "2026-01-15T13:42:23Z",
    "pending": 1_204,
    "oldest_pending_at": "2026-01-14T12:58:13Z",
}


@pytest.fixture(autouse=True)
def _this_machine_is_in_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_all_well() -> None:
    """Four lines; the first one says so, and nothing that is as it should be takes a line."""

    assert [
        "cam-03     OK   collector https://collector.plant.example",
        "queue      empty, 5.6 MB",
        "sent       48,113 confirmed",
        "watermark  13:42:00 (6 s ago)   collector's clock +0.04 s",
    ] == in_words(WELL, now=NOW)


def test_the_collector_is_away() -> None:
    """Why, since when, how much waits, when the next try is; a day that is not today is written out."""

    assert [
        "cam-03     RETRYING   collector https://collector.plant.example: connection refused, since 12:58:06 (44 min ago)",
        "next try   in 17 s",
        "queue      1,204 events, oldest 2026-01-14 12:58:13 (1 d ago), 5.6 MB",
        "sent       48,113 confirmed",
        "watermark  13:42:00 (6 s ago)   collector's clock +0.04 s",
    ] == in_words(RETRYING, now=NOW)


def test_a_silent_producer_is_named() -> None:
    """Without a sign of life there is nothing to vouch for."""
    lines = in_words(WELL | {"watermark": None, "last_sign_of_life_at": None}, now=NOW)

    assert "none yet: the producer has shown no sign of life since the start" in lines[3]


def test_trouble_of_the_queue_is_shown() -> None:
    """A disk that takes nothing, dead letters, numbers that nobody can account for."""
    trouble = {"intake_failure": "no room is left", "dead": 2, "dropped": 1_000, "unaccounted": 7}
    lines = in_words(WELL | trouble | {"recovery": "salvaged 5 of 7 events"}, now=NOW)

    assert "sent       48,113 confirmed, 2 dead letters, 1,000 given up, 7 NOT ACCOUNTED FOR" == lines[2]
    assert ["intake     FAILING   no room is left", "recovery   salvaged 5 of 7 events"] == lines[4:]


def test_what_was_given_up_is_told_with_its_reasons() -> None:
    """The most frequent first; what was given up long ago is a number alone, and text of a person is one line."""
    by_hand = "by\nhand"
    reasons = {"edited": 1, by_hand: 2, "given up: no room for more dead letters": 900, "of no use": 1}
    lines = in_words(WELL | {"dropped": 1_000, "given_up": reasons, "epochs": 101}, now=NOW)
    few = in_words(WELL | {"given_up": {}, "epochs": 100}, now=NOW)

    given_up = f"1,000 given up (900 given up: no room for more dead letters; 2 {one_line(by_hand)}; 1 edited; …)"
    assert [f"sent       48,113 confirmed, {given_up}", "epochs     101: it was stopped uncleanly again and again"] == [
        line for line in lines if line.startswith(("sent", "epochs"))
    ]
    assert ["sent       48,113 confirmed"] == [line for line in few if line.startswith(("sent", "epochs"))]


def test_one_of_them_is_not_spoken_of_as_many() -> None:
    """A single event that waits, and a single dead letter."""
    lines = in_words(RETRYING | {"pending": 1, "oldest_pending_at": None, "dead": 1}, now=NOW)

    assert ["queue      1 event, 5.6 MB", "sent       48,113 confirmed, 1 dead letter"] == lines[2:4]


def test_how_long_there_is_room_and_how_long_the_backlog_takes() -> None:
    """Both are durations to one unit, beside the size that they follow from."""
    ahead = {"seconds_to_drain": 95, "seconds_to_full": 79 * 86_400, "max_size_bytes": 1_000_000_000}
    lines = in_words(RETRYING | ahead | {"oldest_pending_at": None}, now=NOW)

    assert "queue      1,204 events, 5.6 MB of 1,000 MB; empty in 1 min; room for 79 d if nothing leaves" == lines[2]


def test_the_last_error_stays_when_all_is_well_again() -> None:
    """Whoever looks in the morning sees what happened in the night."""
    past = {"last_error": "503: the store is busy", "last_error_at": "2026-01-15T03:00:00Z"}
    lines = in_words(WELL | past, now=NOW)

    assert "last error  503: the store is busy, 03:00:00 (10 h ago)" == lines[1]


def test_a_name_cannot_move_the_cursor() -> None:
    """A collector's words are shown, not obeyed."""
    lines = in_words(RETRYING | {"cause": "\x1b[2J\nok"}, now=NOW)

    assert "\\x1b[2J\\nok" in lines[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, False),
        ({"state": "connecting"}, False),
        ({"state": "retrying"}, True),
        ({"state": "paused"}, True),
        ({"not_ready": "no room is left"}, True),
        ({"unaccounted": 1}, True),
        ({"dead": 5}, False),
        ({"state": "not running"}, False),
        ({"state": "not running", "pending": 1}, True),
    ],
    ids=str,
)
def test_what_counts_as_degraded(change: dict[str, Any], expected: bool) -> None:
    """Where a person has to look; the exit code follows it."""

    assert expected == is_degraded(WELL | change)


@pytest.mark.parametrize(
    ("ago", "expected"),
    [(0, "0 s"), (59 * SECOND, "59 s"), (44 * MINUTE, "44 min"), (47 * 60 * MINUTE, "1 d"), (-SECOND, "0 s")],
)
def test_an_age_has_one_unit(ago: int, expected: str) -> None:
    """The future, which a wrong clock makes, is now."""

    assert expected == age(NOW - ago, now=NOW)


def test_a_clock_that_is_right_is_not_behind() -> None:
    """A hair's breadth is no minus."""
    told = "\n".join(in_words(WELL | {"clock_offset_seconds": -0.0004}, now=NOW))

    assert "collector's clock +0.00 s" in told
