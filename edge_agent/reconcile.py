"""Asks the collector what it lacks of each epoch, sends what is still kept, and says what became of the rest.

The running agent does the same by itself, one epoch a heartbeat and piece by piece; this is for a person who will not
wait for it, or whose agent does not run. It reads the queue beside the agent and never writes it, so it may be ended
anywhere and repeated: what was settled stays settled, and what is pending is left to the agent.

The log is read before the collector is asked: an event that is accepted or settled in between is then at worst sent
twice, and none is reported as given up in error.
"""

from dataclasses import dataclass

from edge_agent.buffer.reader import LogReader
from edge_agent.courier import MOST_IN_A_BATCH, Courier
from edge_agent.delivery.batching import Epoch, Gap
from edge_agent.delivery.lacking import GONE, MOST_SKIPPED, gone, sort_lacking
from shared.receipts import Range, Ranges, count, first_numbers, intersect, of_numbers, subtract, union


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What became of one epoch."""

    epoch: Epoch
    lacking: int = 0
    """Numbers that the collector named as lacking, those that wait at the agent among them."""
    sent_again: int = 0
    waiting: int = 0
    """Of those lacking: pending, so the agent will bring them."""
    skipped: int = 0
    """Dead letters, and numbers that this epoch never gave out: the collector was told that they will not come."""
    lost: int = 0
    """No longer kept: the same, and nobody has them any more."""


class Reconcile:
    """One run over all epochs, oldest first."""

    def __init__(self, reader: LogReader, courier: Courier) -> None:
        self._reader = reader
        self._courier = courier

    async def run(self) -> list[Reconciled]:
        """Return what became of each epoch in which numbers were given out.

        Raises:
            NotAuthorised: the collector does not accept our token.
            Unreachable: no receipt within 30 s, or a fault that no waiting mends.
        """
        epochs = [epoch for epoch in self._reader.facts().epochs if epoch.last >= epoch.first]
        return [await self._reconcile(epoch) for epoch in epochs]

    async def _reconcile(self, epoch: Epoch) -> Reconciled:
        seen: Ranges = ()
        sent: Ranges = ()
        waiting: Ranges = ()
        skipped: Ranges = ()
        lost: Ranges = ()
        report: tuple[Gap, ...] = ()
        while True:
            backlog, settled, dead = self._reader.numbering()
            receipt = await self._courier.ask(epoch, skipped=report)
            found = sort_lacking(receipt.lacking, epoch=epoch, backlog=backlog, settled=settled, dead=dead)
            seen = union(seen, receipt.lacking)
            waiting = union(waiting, intersect(receipt.lacking, backlog.pending))
            candidates = subtract(found.candidates, sent)
            arrived = await self._send(candidates)
            sent = union(sent, arrived)
            report = (*found.skipped, *gone(candidates, kept=arrived))[:MOST_SKIPPED]
            told = union(skipped, lost)
            skipped = union(skipped, _ranges(report, are_lost=False))
            lost = union(lost, _ranges(report, are_lost=True))
            if not candidates and told == union(skipped, lost):
                break
        return Reconciled(
            epoch,
            lacking=count(seen),
            sent_again=count(sent),
            waiting=count(waiting),
            skipped=count(skipped),
            lost=count(lost),
        )

    async def _send(self, candidates: Ranges) -> Ranges:
        """Send what is kept of these numbers, and return it."""
        left: Ranges = candidates
        sent: Ranges = ()
        while left:
            piece = first_numbers(left, MOST_IN_A_BATCH)
            left = subtract(left, piece)
            if entries := self._reader.read(piece):
                await self._courier.deliver(entries)
            sent = union(sent, of_numbers(entry.seq for entry in entries))
        return sent


def _ranges(report: tuple[Gap, ...], *, are_lost: bool) -> list[Range]:
    return [(first, last) for first, last, reason in report if (reason == GONE) == are_lost]
