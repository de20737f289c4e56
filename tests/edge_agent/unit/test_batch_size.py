"""How large a batch may be after what became of those before it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.delivery.answers import Receipt
from edge_agent.delivery.batch_size import BatchSize
from edge_agent.delivery.outcome import Pause, Retry, Settle, Split, Verdict

TAKEN = Settle(Receipt(accepted=0, duplicates=0, conflicts=0, rejected=(), received_at=0, lacking=(), last_seq=None))
TOO_SLOW = Retry("the collector did not answer in time: 10 s", is_too_slow=True)
TOO_LARGE = Split("413: the batch is too large for the collector", is_too_large=True)


def sizes(verdict_on: dict[range, Verdict], *, batches: int, ceiling: int = 500) -> list[tuple[int, bool]]:
    """Return how many events each batch of an endless backlog has, and whether it was taken."""
    size, found = BatchSize.of(ceiling), list[tuple[int, bool]]()
    for _ in range(batches):
        verdict = next(verdict for sizes, verdict in verdict_on.items() if size.most in sizes)
        found.append((size.most, verdict is TAKEN))
        size = size.after(verdict, events=size.most)
    return found


def over(capacity: int, *, batches: int, ceiling: int = 500) -> list[tuple[int, bool]]:
    """The same over a link on which no answer to more than `capacity` events comes in time."""
    return sizes(
        {range(1, capacity + 1): TAKEN, range(capacity + 1, ceiling + 1): TOO_SLOW}, batches=batches, ceiling=ceiling
    )


def test_what_no_answer_comes_to_in_time_is_halved_until_it_passes() -> None:
    """Then the size doubles until it is too much once more, and from then on only feels its way."""
    first = [(500, False), (250, False), (125, False), (62, True), (124, False), (62, True), (65, True), (68, True)]
    found = over(100, batches=24)

    assert first == found[:8]
    assert [(96, True), (100, True), (105, False), (52, True), (54, True)] == found[15:20]


def test_a_line_that_was_dead_has_full_batches_again_after_two_dozen() -> None:
    """What times out because nobody is there says little of sizes: the size doubles up to half, then grows by twentieths."""
    size = BatchSize.of(500)
    for _ in range(60):
        size = size.after(TOO_SLOW, events=size.most)
    grown = [size.most]
    while size.most < size.ceiling:
        size = size.after(TAKEN, events=size.most)
        grown.append(size.most)

    assert [1, 2, 4, 8, 16, 32, 64, 128, 250, 262] == grown[:10]
    assert len(grown) <= 24


def test_what_was_small_anyway_costs_no_size_above_it() -> None:
    """An outage meets three events of now: half of them is tried next, and after it the backlog begins at a run."""
    size = BatchSize.of(500).after(TOO_SLOW, events=3)

    assert (1, 500) == (size.most, size.brink)
    assert 16 == [size := size.after(TAKEN, events=size.most) for _ in range(4)][-1].most


def test_a_batch_that_is_too_large_halves_the_next_ones_and_they_grow_slowly() -> None:
    """413 is an answer: the size itself is too much, however often it is said in a row."""
    found = sizes({range(1, 101): TAKEN, range(101, 501): TOO_LARGE}, batches=13)

    assert [500, 250, 125, 62, 65, 68, 71, 74, 77, 80, 84, 88, 92] == [events for events, _ in found]


def test_only_batches_that_use_the_size_make_it_larger() -> None:
    """A heartbeat, or a few events of now, do not show that a hundred would pass."""
    size = BatchSize.of(500).after(TOO_LARGE, events=200)

    assert 100 == size.after(TAKEN, events=0).most == size.after(TAKEN, events=99).most
    assert 105 == size.after(TAKEN, events=100).most


def test_what_says_nothing_of_the_size_leaves_it() -> None:
    """An empty envelope that timed out, a collector that is busy, a refusal, a wrong token."""
    size = BatchSize.of(500).after(TOO_LARGE, events=200)

    assert size == size.after(TOO_SLOW, events=0)
    for verdict in (Retry("503: busy"), Split("400: an event is wrong"), Pause("401: our token")):
        assert size == size.after(verdict, events=100)


def test_a_receipt_between_two_time_outs_ends_the_silence() -> None:
    """Also one for an empty envelope: the line is there, so a full batch that times out was too much."""
    silent = BatchSize.of(500).after(TOO_SLOW, events=500)
    alive = silent.after(TAKEN, events=0)

    assert (250, 125) == (silent.after(TOO_SLOW, events=250).brink, alive.after(TOO_SLOW, events=250).brink)


@given(st.integers(1, 1_000), st.integers(1, 1_000))
def test_over_every_link_most_of_the_batches_pass(capacity: int, ceiling: int) -> None:
    """Whatever fits, the first passes after log2 of the ceiling at most; of larger ones few are in vain, and none twice in a row for long."""
    found = over(capacity, batches=200, ceiling=ceiling)
    in_vain = [is_taken for _, is_taken in found].index(True)
    later = found[in_vain:]
    passed = [events for events, is_taken in later if is_taken]

    assert in_vain <= ceiling.bit_length()
    assert all(1 <= events <= ceiling for events, _ in found)
    assert all(after <= before // 2 or after == 1 for (before, is_taken), (after, _) in pairwise(found) if not is_taken)
    assert len(passed) >= len(later) * (0.85 if capacity >= 20 or capacity >= ceiling else 0.45)
    assert sum(passed) / len(passed) >= min(capacity, ceiling) / 2


@given(
    st.lists(st.tuples(st.sampled_from([TAKEN, TOO_SLOW, TOO_LARGE, Retry("503")]), st.integers(0, 1_000)), max_size=60)
)
def test_the_size_stays_within_its_bounds_whatever_happens(story: list[tuple[Verdict, int]]) -> None:
    """From one event to what the settings allow; a size that grows is never more than twice what has just passed."""
    size = BatchSize.of(500)
    for verdict, wanted in story:
        events = min(wanted, size.most)
        after = size.after(verdict, events=events)

        assert 1 <= after.most <= 500
        assert 1 <= after.brink <= 500
        assert after.most <= max(size.most, 2 * events)
        assert verdict is TAKEN or after.most <= size.most
        size = after
