"""Whether the next request would be kept: asked by those who watch, so that nobody has to be refused to find out.

A question gives nothing up. What would make way for events counts as room, by its share of what the file holds: a queue
full of sent events takes new ones. The measure is the last request, taken or not: a queue that has room for one event
and not for the batches of its producer is full.
"""

from dataclasses import replace

from edge_agent.buffer.epochs import remember
from edge_agent.buffer.housekeeping import Housekeeping
from edge_agent.buffer.space import Room, judge
from shared.receipts import count, subtract

PROBE = "probe"
"""The fact in the file that `probe` writes."""


class Foresight(Housekeeping):
    """A queue file that tells how it would answer."""

    def look_for_room(self) -> None:
        """Return if a request like the last one finds room; nothing is written.

        Raises:
            StorageFull, StorageUnusable: it would be refused.
        """
        self._ready()
        room = self._room(self._last_incoming)
        if room is not Room.enough and not self._may_give_way(room):
            raise self._full(room)

    def probe(self) -> None:
        """Return if there is room and a commit of a page reaches the disk: for a time in which requests are refused.

        Raises:
            Busy, StorageFull, StorageUnusable: they would be still.
        """
        self.look_for_room()
        with self._writing():
            remember(self._connection, key=PROBE, value=str(self._tick))

    def _may_give_way(self, room: Room) -> bool:
        pending, dead = count(self._facts.pending), count(self._dead)
        if self._drops_oldest and (pending or dead):
            return True
        if room is Room.disk_full:  # `tidy` has given back already what there was
            return False
        sent = count(subtract(self._settled, self._removed))
        going = sent + count(self._letters_beyond_share())
        usage = self._usage()
        left = replace(usage, live=usage.live - usage.live * going // max(pending + sent + dead, 1))
        return judge(self._limits, left, incoming=self._last_incoming, misses_reserve=False) is Room.enough
