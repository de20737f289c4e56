"""The bound for the oldest pending event may be early and never late, whatever drains in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.buffer import oldest
from edge_agent.buffer.oldest import OldestPending
from shared.receipts import Ranges, count, numbers, of_numbers, subtract, union


@given(st.data())
def test_the_bound_is_never_late(data: st.DataObject) -> None:
    """With appends, settlements and batches on their way in any order; exact where few are left."""
    instants: dict[int, int] = {}
    pending: Ranges = ()
    bound = OldestPending(
        lambda ranges: min((instants[number] for number in numbers(ranges)), default=None), exact_below=4
    )

    for _ in range(data.draw(st.integers(1, 25))):
        for at in data.draw(st.lists(st.integers(0, 100), max_size=8)):
            instants[len(instants) + 1] = at
            pending = union(pending, [(len(instants), len(instants))])
            bound.note(at)
        pending = subtract(pending, of_numbers(data.draw(st.sets(st.integers(1, 60), max_size=8))))
        without = of_numbers(data.draw(st.sets(st.integers(1, 60), max_size=4)))
        left = subtract(pending, without)
        truth = min((instants[number] for number in numbers(left)), default=None)

        found = bound.find(pending, without=without)

        assert (truth is None) == (found is None)
        if truth is not None and found is not None:
            assert found <= truth
        if count(left) < 4:
            assert truth == found


def test_a_backlog_is_scanned_a_few_times_in_all_its_life() -> None:
    """A million events in batches of 500: ten scans, none of them while less than half has gone."""
    scans: list[int] = []

    def scan(ranges: Ranges) -> int:
        scans.append(count(ranges))
        return 0

    bound = OldestPending(scan)
    for first in range(1, 1_000_000, 500):
        bound.find(((first, 1_000_000),), without=((first, first + 499),))

    whole = [size for size in scans if size >= oldest.EXACT_BELOW]
    assert 10 == len(whole)
    assert sum(scans) < 2_000_000


def test_what_was_on_its_way_may_come_back() -> None:
    """The bound of a large backlog holds for a batch that was looked past, too: it may not have arrived."""
    instants = {number: 100 + number for number in range(1, 10)} | {1: 5}
    bound = OldestPending(lambda ranges: min(instants[number] for number in numbers(ranges)), exact_below=4)
    bound.find(((1, 9),), without=((1, 2),))

    assert 5 == bound.find(((1, 9),), without=((8, 9),))
