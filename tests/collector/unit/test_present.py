"""What somebody is doing now: known up to the camera's watermark, and not for ever."""

import pytest

from collector.metrics.drawing import Look, Told
from collector.metrics.present import Present, present
from collector.records import LedgerRules, OpenState, State
from shared.events import EventType
from shared.instants import MINUTE

RULES = LedgerRules(session_gap=600, tail=5)
NOW = 1_000
WORKING: Look = (EventType.working, "S1", False)
ELSEWHERE: Look = (EventType.working, "S2", False)
IDLE: Look = (EventType.idle, "S1", False)


@pytest.mark.parametrize(
    ("began_at", "last_at", "watermark", "known_at"),
    [
        (900, 950, 990, 990),
        (900, 950, 1_000, 1_000),
        (900, 950, 1_200, 1_000),
        (900, 950, 950, 950),
        (300, 400, 990, 990),
        (300, 400, 1_000, 1_000),
        (300, 400, 1_001, None),
        (300, 389, 990, None),
        (900, 950, 800, None),
        (900, 950, None, None),
        (996, 996, None, 1_000),
        (995, 995, None, 1_000),
        (994, 994, None, None),
        (990, 999, None, None),
        (990, 1_003, None, None),
        (990, 1_003, 1_003, None),
    ],
    ids=[
        "watched until just now",
        "watched until now",
        "by a camera whose clock is ahead",
        "not watched since",
        "watched for long",
        "watched for as long as it may",
        "watched for longer than it may",
        "watched for too long without a sign",
        "seen by a camera that catches up, before unread",
        "no camera vouches for it",
        "within its tail",
        "at the end of its tail",
        "behind its tail",
        "a count is no tail",
        "seen a little ahead of this clock, before unread",
        "seen and watched a little ahead of this clock, before unread",
    ],
)  # fmt: skip
def test_a_state_is_known_up_to_the_watermark(
    began_at: int, last_at: int, watermark: int | None, known_at: int | None
) -> None:
    """Or for its tail; behind that nobody knows."""
    stands = OpenState(last_at, State(began_at, EventType.working, "S1", "C1"))
    watermarks = {} if watermark is None else {"C1": watermark}
    found = present(stands, [], rules=RULES, watermarks=watermarks, now=NOW)

    assert known_at == (found and found[0])


@pytest.mark.parametrize(
    ("told", "since"),
    [
        ([], 900),
        ([(900, 990, WORKING, "C1")], 900),
        ([(700, 900, WORKING, "C1"), (900, 990, WORKING, "C1")], 700),
        ([(600, 700, IDLE, "C1"), (700, 900, WORKING, "C1"), (900, 990, WORKING, "C1")], 700),
        ([(600, 690, WORKING, "C1"), (700, 900, WORKING, "C1"), (900, 990, WORKING, "C1")], 700),
        ([(600, 900, ELSEWHERE, "C1"), (900, 990, WORKING, "C1")], 900),
        ([(700, 900, WORKING, "C1"), (900, 950, WORKING, "C1"), (950, 990, (*WORKING[:2], True), "C1")], 700),
        ([(100, 200, IDLE, "C1")], 900),
        ([(700, 900, WORKING, "C2"), (900, 990, WORKING, "C1")], 900),
        ([(700, 900, WORKING, "C3"), (900, 990, WORKING, "C1")], 700),
        ([(700, 900, WORKING, None), (900, 990, WORKING, "C1")], 700),
    ],
    ids=[
        "unread",
        "one",
        "said again",
        "after another",
        "after a silence",
        "elsewhere",
        "assumed at last",
        "outdated",
        "drawn up to another's watermark",
        "by one that never said how far it is",
        "by no camera",
    ],
)
def test_a_state_lasts_since_it_was_first_said(told: list[Told], since: int) -> None:
    """A camera that says the same every few minutes does not make it begin again."""
    stands = OpenState(950, State(900, EventType.working, "S1", "C1"))
    found = present(stands, told, rules=RULES, watermarks={"C1": 990, "C2": 899}, now=NOW)

    assert found is not None
    assert (990, since) == (found[0], found[1].since)


BEFORE: list[Told] = [
    (100, 300, IDLE, "C1"),
    (300, 700, WORKING, "C1"),
    (700, 900, WORKING, "C1"),
    (900, 1_100, IDLE, "C1"),
]


@pytest.mark.parametrize(
    ("watermark", "expected"),
    [
        (None, (1_000, Present(EventType.idle, "S1", 900))),
        (1_000, (1_000, Present(EventType.idle, "S1", 900))),
        (1_200, (1_000, Present(EventType.idle, "S1", 900))),
        (900, (900, Present(EventType.idle, "S1", 900))),
        (899, (899, Present(EventType.working, "S1", 300))),
        (300, (300, Present(EventType.working, "S1", 300))),
        (299, (299, Present(EventType.idle, "S1", 100))),
        (99, None),
    ],
    ids=["no camera", "now", "ahead", "as it begins", "just before", "earlier", "earlier still", "before all"],
)
def test_what_was_seen_later_is_not_now(watermark: int | None, expected: tuple[int, Present] | None) -> None:
    """A state that is stored behind the watermark, or behind this clock, vouches for nothing: the one before it holds."""
    stands = OpenState(1_100, State(1_100, EventType.working, "S2", "C1"))
    watermarks = {} if watermark is None else {"C1": watermark}

    assert expected == present(stands, BEFORE, rules=RULES, watermarks=watermarks, now=NOW)


def test_a_silence_before_what_was_seen_later_is_no_state() -> None:
    """Nobody saw anything then, whatever came afterwards."""
    stands = OpenState(1_100, State(1_100, EventType.working, "S2", "C1"))

    assert present(stands, [(100, 300, IDLE, "C1")], rules=RULES, watermarks={"C1": 300}, now=NOW) is None


def test_somebody_who_only_made_things_is_in_no_state() -> None:
    """A count is a sighting, and no more."""

    assert present(OpenState(950, None), [], rules=RULES, watermarks={}, now=NOW) is None


@pytest.mark.parametrize(("behind", "is_late"), [(2 * MINUTE, False), (2 * MINUTE + 1, True)])
def test_what_a_late_camera_saw_last_is_marked(behind: int, is_late: bool) -> None:
    """Whoever it saw may have gone home since."""
    now = 100 * MINUTE
    stands = OpenState(now - 10 * MINUTE, State(now - 10 * MINUTE, EventType.working, "S1", "C1"))
    rules = LedgerRules(session_gap=600 * MINUTE, tail=5 * MINUTE)

    found = present(stands, [], rules=rules, watermarks={"C1": now - behind}, now=now)

    assert found == (now - behind, Present(EventType.working, "S1", now - 10 * MINUTE, is_late))
