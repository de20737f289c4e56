"""Numbers that will never come are named to the collector, all of them in the end, and never those of another epoch."""

import pytest

from edge_agent.delivery.batching import Backlog, Epoch, Gap
from edge_agent.delivery.gaps import MOST_RANGES, epoch_to_speak_of, gaps_of

OLD, MIDDLE, NEW = Epoch("e1", 1, 9), Epoch("e2", 10, 19), Epoch("e3", 20, 900)


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([], ()),
        ([(1, 9, "full")], ()),
        ([(10, 19, "full")], ((10, 19, "full"),)),
        ([(5, 12, "full"), (15, 30, "lost")], ((10, 12, "full"), (15, 19, "lost"))),
        ([(20, 21, "full")], ()),
    ],
)
def test_an_envelope_names_the_gaps_of_its_epoch(gaps: list[Gap], expected: tuple[Gap, ...]) -> None:
    """A range that reaches into other epochs is cut."""

    assert expected == gaps_of(MIDDLE, gaps, turn=0)


def test_many_gaps_go_in_turns() -> None:
    """An envelope stays small, and after a few of them everything was said."""
    gaps = [(number, number, "lost") for number in range(20, 20 + 5 * MOST_RANGES, 2)]
    turns = [gaps_of(NEW, gaps, turn=turn) for turn in range(3)]

    assert gaps == [gap for turn in turns for gap in turn]
    assert {MOST_RANGES, MOST_RANGES // 2} == {len(turn) for turn in turns}


def test_without_events_the_older_epochs_get_their_turn() -> None:
    """Every other heartbeat, and only those that have something to say."""
    silent = Backlog((), 900, (OLD, MIDDLE, NEW))
    speaking = Backlog((), 900, (OLD, MIDDLE, NEW), ((2, 3, "lost"), (12, 12, "lost")))

    assert [NEW, NEW] == [epoch_to_speak_of(silent, turn=turn) for turn in (0, 1)]
    assert [NEW, OLD, NEW, MIDDLE, NEW, OLD] == [epoch_to_speak_of(speaking, turn=turn) for turn in range(6)]
