"""A queue that was put back to an earlier state goes on under a new epoch, once the collector has shown that it was.

An image of a whole disk, or of a machine, that was made after a clean stop looks like the queue that stopped: the same
file, the same note of the stop. Its numbers are given out a second time, and after a restore of its own the collector would
not ask for the event that has a number now. It is told apart by the first receipt: the collector was told of a greater
number of the epoch than this queue has given out (`delivery.lacking.is_put_back`).

    the queue that was       epoch a   1 ......... 60 61 ........ 90
    put back                 epoch a   1 ......... 60 61 62               61 and 62 are other events now
    after the receipt        epoch b                        63 64 65 …    63 and 64 are 61 and 62 once more

What waits, and what the receipt has just settled, is appended once more under numbers of the new epoch, the newest 10,000 at
most: half a second of this thread. Under its old number it counts as settled, for the collector has that number. A crash
in between leaves some of it twice, and the collector knows an event by what it says: that costs traffic alone.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from edge_agent.buffer import rows
from edge_agent.buffer.dead_letters import DeadLetterVerbs
from edge_agent.buffer.epochs import begin_next
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

    def begin_anew(self, *, told: int, sent: Ranges) -> None:
        """Go on under a new epoch, with what waits in the one before and what of `sent` was just settled.

        `told` is the number that the collector knows of. What finds no room keeps its number.

        Raises:
            StorageFull, Busy, StorageUnusable: the epoch goes on.
        """
        self._ready()
        ended, last = self._facts.epochs[-1], self._facts.last_seq
        with self._writing():
            begin_next(self._connection)
            epochs = rows.epochs(self._connection)
        self._epoch_number = max(epochs)
        self._facts = replace(self._facts, epochs=tuple(epochs.values()))
        words = (
            f"the queue was put back to an earlier state: it had got to {last:,} and the collector knows of {told:,}"
        )
        self._recovery = "; ".join(filter(None, (self._recovery, words)))
        within = ((ended.first, ended.last),) if ended.last >= ended.first else ()
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
