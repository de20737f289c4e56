"""What becomes of a batch's numbers once a receipt has come.

Every number of the batch ends in exactly one of two places: settled (the collector has it, new or duplicate) or dead
letter (the collector will never take it). A receipt that leaves one open is no receipt, see `outcome`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.receipts import Ranges, numbers, of_numbers, subtract


@dataclass(frozen=True, slots=True)
class Rejected:
    """What an answer says of one event that the collector will never take."""

    index: int
    """Place in the batch, from 0."""
    code: str
    error: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One number that will not be sent again, and why."""

    seq: int
    code: str
    """A reject code of SEMANTICS §7, or `damaged`, `refused`, `too_large` for what the agent found itself."""
    error: str
    at: int | None = None
    """When the collector said so, by its clock; None where the agent found it."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the buffer notes in one transaction."""

    settled: Ranges
    dead: tuple[DeadLetter, ...]


def settle(seqs: Ranges, rejected: Sequence[Rejected], *, at: int | None = None) -> Settlement:
    """Return where each number of a batch goes; `seqs` number the batch's events in order, `at` is the receipt's instant.

    >>> settle(((4, 5), (9, 9)), [Rejected(2, "bad_id", "worker_id is empty")])
    Settlement(settled=((4, 5),), dead=(DeadLetter(seq=9, code='bad_id', error='worker_id is empty', at=None),))
    """
    if not rejected:
        return Settlement(seqs, ())
    in_order = list(numbers(seqs))
    dead = tuple(DeadLetter(in_order[item.index], item.code, item.error, at) for item in rejected)
    return Settlement(subtract(seqs, of_numbers(letter.seq for letter in dead)), dead)
