"""Makes the next envelope out of what the log holds: facts, plan, read, and what the agent says of itself.

Lives on the log's thread. `now` is read first, so that the watermark is never later than what was looked at. One batch
is in memory, never the backlog. What the disk no longer has as it was written becomes a dead letter here.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge_agent.buffer.log import EventLog
from edge_agent.delivery.batching import Backlog, Epoch, Planned, epoch_of, fit, plan
from edge_agent.delivery.envelope import Header, envelope
from edge_agent.delivery.settlement import DeadLetter
from edge_agent.delivery.suspects import Suspects
from edge_agent.delivery.watermark import Stretch, vouched
from edge_agent.refilling import Refiller
from edge_agent.settings import AgentSettings
from edge_agent.watch_notes import WatchNotes
from shared.clock import Clock, new_token
from shared.receipts import Ranges, count, numbers, of_numbers, subtract, union

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """One envelope, ready to go."""

    header: Header
    body: bytes
    damaged: Ranges
    """Numbers that were buried on the way."""


class Gatherer:
    """Reads the log for the loop."""

    def __init__(
        self,
        log: EventLog,
        *,
        refiller: Refiller,
        settings: AgentSettings,
        version: str,
        clock: Clock,
        watched: Callable[[], Sequence[Stretch]],
    ) -> None:
        self._log = log
        self._refiller = refiller
        self._settings = settings
        self._version = version
        self._clock = clock
        self._watched = watched
        self._notes = WatchNotes(log, silent_after=settings.source_silent_after)

    def gather(self, suspects: Suspects, *, most: int, turn: int) -> Batch:
        """Return the next batch of at most `most` events, an empty one when there is nothing to send.

        Raises:
            StorageUnusable, StorageFull, Busy: the log cannot be read, or a damaged event cannot be buried.
        """
        now = self._clock.now()
        buried: Ranges = ()
        doubted = self._log.epoch_in_doubt()
        if doubted is not None:
            return self._asking(doubted, now=now)
        while True:
            backlog = self._log.facts()
            planned = self._plan(backlog, suspects=suspects, most=most, turn=turn)
            entries = self._log.read(planned.seqs) if planned else []
            read = of_numbers(entry.seq for entry in entries)
            if planned is None or planned.seqs == read:
                break
            damaged = self._bury(subtract(planned.seqs, read))
            buried, suspects = union(buried, damaged), suspects.settle(damaged)
        entries = fit(entries, self._settings.delivery.max_bytes)
        epoch = planned.epoch if planned else self._epoch_asked(backlog, suspects)
        header = self._header(backlog, epoch, seqs=of_numbers(entry.seq for entry in entries), now=now)
        return Batch(header, envelope(header, (entry.payload for entry in entries)), buried)

    def _epoch_asked(self, backlog: Backlog, suspects: Suspects) -> Epoch:
        """Return the epoch of an empty envelope: that of an accused event, whose header may be what is refused."""
        accused = suspects.accused if suspects.wants_probe else None
        of_accused = epoch_of(backlog, accused.seq) if accused else None
        return of_accused or self._refiller.epoch_asked(backlog.epochs)

    def _asking(self, epoch: Epoch, *, now: int) -> Batch:
        """Return an envelope that asks how far the collector knows an epoch, before a number above is sent."""
        header = self._header(self._log.facts(), epoch, seqs=(), now=now)
        return Batch(header, envelope(header, ()), ())

    def _plan(self, backlog: Backlog, *, suspects: Suspects, most: int, turn: int) -> Planned | None:
        if suspects.wants_probe or self._refiller.wants_to_ask(backlog.epochs):
            return None
        return suspects.plan(backlog, most=most) or plan(backlog, max_events=most, turn=turn)

    def _header(self, backlog: Backlog, epoch: Epoch, *, seqs: Ranges, now: int) -> Header:
        oldest_unsent_at = self._log.oldest_pending_at(without=seqs)
        watched = self._watched()
        self._notes.note(watched, now=now)
        told = vouched(
            now=now,
            watched=watched,
            silent_after=self._settings.source_silent_after,
            oldest_unsent_at=oldest_unsent_at,
        )
        return Header(
            camera=self._settings.camera,
            version=self._version,
            batch=new_token(),
            sent_at=now,
            epoch=epoch,
            seqs=seqs,
            watermark=told.watermark,
            watched=told.watched,
            pending=count(backlog.pending) - count(seqs),
            oldest_pending_at=oldest_unsent_at,
            skipped=self._refiller.to_report(epoch),
        )

    def _bury(self, damaged: Ranges) -> Ranges:
        """Give up what the disk no longer has as it was written, and return it."""
        _log.error("events are damaged on disk and will not be sent", extra={"numbers": damaged})
        words = "its checksum is wrong"
        self._log.settle(settled=(), dead=[DeadLetter(seq, "damaged", words) for seq in numbers(damaged)])
        return damaged
