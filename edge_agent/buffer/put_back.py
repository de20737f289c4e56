"""A queue that was put back to an earlier state goes on under a new epoch, once the collector has shown that it was.

An image of a whole disk, or of a machine, that was made after a clean stop looks like the queue that stopped: the same
file, the same note of the stop. Its numbers are given out a second time, and after a restore of its own the collector would
not ask for the event that has a number now. So a run that goes on with an epoch asks first, by an empty envelope that
names the greatest number that is surely its own: was the collector told of a greater one (`delivery.lacking.is_put_back`)?

    the queue that was       epoch a   1 ......... 60 61 ........ 90
    put back                 epoch a   1 ......... 60                     the note of the stop bears 60
    accepted before a link   epoch a                  61 62               61 and 62 are other events now
    asked: 60? told: 90!     epoch b                        63 64 65 …    63 and 64 are 61 and 62 once more

Above that number nothing is sent before the answer, however many runs it takes: a clean stop notes the same number again.
Events above it are appended once more under numbers of the new epoch, the newest 10,000 at most: half a second of this
thread. Under its old number an event counts as settled, for the collector has that number. A crash in between leaves some
of it twice, and the collector knows an event by what it says: that costs traffic alone.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from edge_agent.buffer import rows
from edge_agent.buffer.dead_letters import DeadLetterVerbs
from edge_agent.buffer.epochs import begin_next
from edge_agent.delivery.batching import Epoch
from edge_agent.delivery.settlement import DeadLetter
from shared.errors import LinesideError
from shared.events import Event, read_event
from shared.receipts import Ranges, count, first_numbers, intersect, last_numbers, of_numbers, subtract, union
from shared.wire import decode_json

MOST_NUMBERED_ANEW = 10_000
_GROUP = 500
_log = logging.getLogger(__name__)


class PutBack(DeadLetterVerbs, ABC):
    """The part of the log that leaves an epoch in which its numbers mean other events elsewhere."""

    @abstractmethod
    def read(self, ranges: Ranges) -> list[rows.Entry]:
        """Return events; see the log."""

    @abstractmethod
    def settle(self, *, settled: Ranges, dead: Sequence[DeadLetter]) -> None:
        """Note what the collector has; see the log."""

    @property
    def surely_ours(self) -> int:
        """The greatest number given out that can be no other event's at the collector."""
        return self._facts.last_seq if self._doubted_above is None else self._doubted_above

    def epoch_in_doubt(self) -> Epoch | None:
        """Return the epoch that is written, as far as it is surely ours, to ask the collector about; None once it has answered."""
        if self._doubted_above is None:
            return None
        return replace(self._facts.epochs[-1], last=self._doubted_above)

    def trust(self) -> None:
        """Take the numbers of the epoch for ours: the collector was told of none above those that surely are."""
        self._doubted_above = None

    def begin_anew(self, *, told: int, sent: Ranges) -> None:
        """Go on under a new epoch, with what waits in the one before and may be in the name of another event.

        `told` is the number that the collector knows of; of `sent` some was just settled. What finds no room keeps its number.

        Raises:
            StorageFull, Busy, StorageUnusable: the epoch goes on.
        """
        self._ready()
        ended, known = self._facts.epochs[-1], self.surely_ours
        first = ended.first if self._doubted_above is None else max(ended.first, known + 1)
        with self._writing():
            begin_next(self._connection)
            epochs = rows.epochs(self._connection)
        self._epoch_number, self._doubted_above = max(epochs), None
        self._facts = replace(self._facts, epochs=tuple(epochs.values()))
        words = (
            f"the collector knows of number {told:,}, and this queue had sent it none above {known:,}: "
            "the queue was put back to an earlier state, or what is in it came there another way"
        )
        self._recovery = "; ".join(filter(None, (self._recovery, words)))
        within = ((first, ended.last),) if ended.last >= first else ()
        doubtful = intersect(union(self._facts.pending, intersect(sent, self._settled)), within)
        _log.error("the queue goes on under a new epoch", extra={"reason": words, "events": count(doubtful)})
        try:
            with self._revoking_nothing():
                self._number_anew(last_numbers(doubtful, MOST_NUMBERED_ANEW))
        except LinesideError as error:
            _log.warning("events keep the numbers of the epoch before", extra={"reason": str(error)})

    def _number_anew(self, left: Ranges) -> None:
        while left:
            group = first_numbers(left, _GROUP)
            left = subtract(left, group)
            entries = self.read(group)
            read = (read_event(decode_json(entry.payload)) for entry in entries)
            self.append([event for event in read if isinstance(event, Event)])
            self.settle(settled=of_numbers(entry.seq for entry in entries), dead=())
