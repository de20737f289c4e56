"""What holds of every backlog: all of it is sent, each number once a batch, one epoch at a time."""

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.delivery.batching import Backlog, Epoch, fit, plan
from shared.receipts import Ranges, count, intersect, normalise, numbers, of_numbers, subtract

_LENGTHS = st.lists(st.integers(0, 30), min_size=1, max_size=4)


@st.composite
def backlogs(draw: st.DrawFn) -> Backlog:
    """Some epochs, empty ones too, with any of their numbers pending."""
    epochs: list[Epoch] = []
    for index, length in enumerate(draw(_LENGTHS)):
        first = epochs[-1].last + 1 if epochs else 1
        epochs.append(Epoch(f"e{index}", first, first + length - 1))
    last = epochs[-1].last
    pending = draw(st.sets(st.integers(1, last))) if last else set()
    return Backlog(of_numbers(pending), last, tuple(epochs))


@given(backlogs(), st.integers(1, 12), st.integers(0, 9))
def test_a_batch_holds_pending_numbers_of_one_epoch_and_no_more_than_fit(
    backlog: Backlog, most: int, turn: int
) -> None:
    """There is one exactly while something is pending; it has the newest of its epoch and, from two on, the oldest."""
    planned = plan(backlog, max_events=most, turn=turn)

    assert (planned is None) == (not backlog.pending)
    if planned is not None:
        of_epoch = intersect(backlog.pending, ((planned.epoch.first, planned.epoch.last),))
        assert normalise(planned.seqs) == planned.seqs
        assert () == subtract(planned.seqs, of_epoch)
        assert min(most, count(of_epoch)) == count(planned.seqs)
        assert of_epoch[-1][1] == planned.seqs[-1][1]
        assert most < 2 or of_epoch[0][0] == planned.seqs[0][0]


@given(backlogs(), st.integers(1, 12))
def test_everything_is_sent_in_the_end_and_nothing_twice(backlog: Backlog, most: int) -> None:
    """Batch after batch the backlog empties, in as few batches as its epochs allow."""
    pending, sent, turn = backlog.pending, list[int](), 0
    while planned := plan(replace(backlog, pending=pending), max_events=most, turn=turn):
        sent += numbers(planned.seqs)
        pending = subtract(pending, planned.seqs)
        turn += 1
    least = sum(-(-count(_of(backlog.pending, epoch)) // most) for epoch in backlog.epochs)

    assert list(numbers(backlog.pending)) == sorted(sent)
    assert least == turn


@dataclass(frozen=True)
class Stored:
    """An event as the log has it."""

    seq: int
    payload: bytes


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30), st.integers(0, 400))
def test_what_fits_is_cut_from_the_middle_and_is_never_nothing(sizes: list[int], most: int) -> None:
    """The kept events are in order, within the bound unless it is one alone, and the newest is always among them."""
    entries = [Stored(seq, b"x" * size) for seq, size in enumerate(sizes)]
    kept = fit(entries, most)
    gap = [index for index, entry in enumerate(entries) if entry not in kept]

    assert entries[-1] == kept[-1]
    assert len(kept) == 1 or sum(len(entry.payload) + 1 for entry in kept) <= most
    assert [entry for entry in entries if entry in kept] == kept
    assert gap == list(range(gap[0], gap[-1] + 1)) if gap else kept == entries


def _of(pending: Ranges, epoch: Epoch) -> Ranges:
    return intersect(pending, ((epoch.first, epoch.last),))
