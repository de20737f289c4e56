"""Gives back to a collector what it says it lacks, though it was settled; see `delivery.lacking` for the rules.

Lives on the log's thread, between a receipt and the next batch: it makes numbers pending again, and what the loop then
sends is an ordinary batch. A crash in between loses nothing: the next receipt names the same numbers.
"""

import logging
from collections.abc import Callable

from edge_agent.buffer.log import EventLog
from edge_agent.delivery.answers import Receipt
from edge_agent.delivery.batching import Epoch, Gap
from edge_agent.delivery.envelope import Header
from edge_agent.delivery.lacking import GONE, MOST_SKIPPED, Refill, gone, is_put_back, next_piece, sort_lacking
from shared.clock import Clock
from shared.receipts import Ranges, count, intersect, subtract

_log = logging.getLogger(__name__)


class Refiller:
    """Answers the `lacking` of receipts; used by the log's thread alone."""

    def __init__(
        self,
        log: EventLog,
        *,
        clock: Clock,
        every_seconds: float,
        spread_seconds: float,
        chance: Callable[[], float],
    ) -> None:
        self._log = log
        self._clock = clock
        self._every_seconds = every_seconds
        self._spread_seconds = spread_seconds
        self._chance = chance
        self._refill = Refill(asked_at=clock.monotonic())
        self._refilling: set[str] = set()
        self._has_begun_anew = False
        self.sent_again = 0
        """Settled numbers that were made pending again since the start."""
        self.lost = 0
        """Numbers that the collector lacked and that were no longer kept, since the start."""

    def epoch_asked(self, epochs: tuple[Epoch, ...]) -> Epoch:
        """Return the epoch of the next empty envelope; those that were retired have their turn until nothing of them is lacking."""
        return self._refill.epoch_asked((*self._log.retired(), *epochs))

    def wants_to_ask(self, epochs: tuple[Epoch, ...]) -> bool:
        """Return whether the next envelope has to be an empty one, although events wait."""
        return self._refill.is_due(
            (*self._log.retired(), *epochs), now=self._clock.monotonic(), every=self._every_seconds
        )

    def to_report(self, epoch: Epoch) -> tuple[Gap, ...]:
        """Return what the next envelope of an epoch reports as skipped."""
        return self._refill.to_report(epoch.token)

    def note(self, receipt: Receipt, *, header: Header) -> None:
        """Take a receipt into account: the collector's word on an epoch, once what it settles is noted.

        Raises:
            StorageFull, Busy, StorageUnusable: nothing was made pending; the next receipt says the same again.
        """
        now, lacking, epoch = self._clock.monotonic(), receipt.lacking, header.epoch
        self._go_on_anew_if_put_back(receipt, header=header)
        if not header.seqs:
            self._refill = self._refill.after_asking(now=now)
        if epoch in self._log.retired() and not lacking:
            self._log.retire((), told=[epoch])
        facts = self._log.facts()
        found = sort_lacking(lacking, epoch=epoch, backlog=facts, settled=self._log.settled(), dead=self._log.dead())
        hold = self._chance() * self._spread_seconds if found.candidates else 0.0
        self._refill = self._refill.after_lacking(epoch.token, is_settled=bool(found.candidates), now=now, hold=hold)
        skips = found.skipped
        if found.candidates and self._refill.may_send_again(epoch.token, now=now):
            skips += self._send_again(found.candidates, epoch=epoch, pending=count(facts.pending))
        elif not found.candidates:
            self._refilling.discard(epoch.token)
        skips = skips[:MOST_SKIPPED]  # the others are lacking still, and their turn comes
        self._tell_lost(skips, before=self._refill.to_report(epoch.token), epoch=epoch)
        self._refill = self._refill.skipping(epoch.token, skips)

    def _go_on_anew_if_put_back(self, receipt: Receipt, *, header: Header) -> None:
        """Begin a new epoch where the collector knows this one better than we do; once, for a second time would be its fault."""
        told, ours = receipt.last_seq, self._log.surely_ours
        if (
            told is not None
            and not self._has_begun_anew
            and is_put_back(told, epoch=header.epoch, backlog=self._log.facts(), surely_ours=ours)
        ):
            self._log.begin_anew(told=told, sent=header.seqs)
            self._has_begun_anew = True
        elif header.epoch == self._log.epoch_in_doubt():
            self._log.trust()

    def _send_again(self, candidates: Ranges, *, epoch: Epoch, pending: int) -> tuple[Gap, ...]:
        """Make the next piece pending; return what of it is no longer kept."""
        piece = next_piece(candidates, pending=pending)
        kept = self._log.kept(piece)
        if kept and epoch.token not in self._refilling:
            self._refilling.add(epoch.token)
            facts = {"epoch": epoch.token, "numbers": count(candidates)}
            _log.warning("the collector lacks events that it had confirmed; they are sent again", extra=facts)
        self._log.resend(kept)
        self.sent_again += count(kept)
        return gone(piece, kept=kept)

    def _tell_lost(self, skips: tuple[Gap, ...], *, before: tuple[Gap, ...], epoch: Epoch) -> None:
        lost, known = (
            tuple((first, last) for first, last, reason in some if reason == GONE) for some in (skips, before)
        )
        new = subtract(lost, intersect(lost, known))
        if new:
            self.lost += count(new)
            facts = {"epoch": epoch.token, "numbers": count(new)}
            _log.error("the collector lacks events that are no longer kept here", extra=facts)
