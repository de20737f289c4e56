"""Memory for what a program takes in, or has to say, at once: shared by all of its requests, and by all who send them.

A body is bounded by itself (`shared/wire.py`), but a hundred connections may each begin one. Every byte that is held is
taken from the room; what does not fit is refused, and whoever asks comes again. Invariants:

* Whoever is told apart has a share: beyond it they are refused, however much room there is. A quarter leaves room for three others.
* Who holds nothing gets what they ask for, and so does anybody while nothing is held: what is larger than a share alone passes.
* What has begun to be said is not refused for its next piece: that is counted, and others wait for it.
"""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from shared.errors import Busy, TooOften

SHARES = 4


class Room:
    """Room for so many bytes."""

    def __init__(self, most_bytes: int, *, what: str, beyond: str = "nothing of this one was kept") -> None:
        """Have so much of it; `what` takes it, and what becomes of that which is `beyond`, is said in errors."""
        self._most_bytes = most_bytes
        self._share_bytes = most_bytes // SHARES
        self._what = what
        self._beyond = beyond
        self._bytes = 0
        self._held: dict[Hashable, int] = {}

    @contextmanager
    def place(self, who: Hashable | None = None) -> Iterator["Place"]:
        """Give a place, which is free again afterwards, in the share of somebody (None: nobody is told apart)."""
        place = Place(self, who)
        try:
            yield place
        finally:
            self.count(-place.size_bytes, who)

    def take(self, size_bytes: int, who: Hashable | None) -> None:
        """Take so much of the room.

        Raises:
            TooOften: it is more than a share.
            Busy: there is not so much left.
        """
        held = self._held.get(who, 0)
        if held and held + size_bytes > self._share_bytes:
            beyond = f"more than {self._share_bytes:,} bytes; {self._beyond}"
            raise TooOften(f"too many {self._what} at once for one sender: {beyond}")
        if self._bytes and self._bytes + size_bytes > self._most_bytes:
            raise Busy(f"too many {self._what} at once; {self._beyond}")
        self.count(size_bytes, who)

    def count(self, more_bytes: int, who: Hashable | None) -> None:
        """Count so many bytes more, or fewer, as held by somebody, however many there are."""
        self._bytes += more_bytes
        held = self._held.pop(who, 0) + more_bytes
        if who is not None and held > 0:
            self._held[who] = held


class Place:
    """The part of the room that one body, or one answer, has."""

    def __init__(self, room: Room, who: Hashable | None) -> None:
        self._room = room
        self._who = who
        self.size_bytes = 0

    def grow(self, size_bytes: int) -> None:
        """Make the place larger.

        Raises:
            TooOften: more than a share.
            Busy: there is no room.
        """
        self._room.take(size_bytes, self._who)
        self.size_bytes += size_bytes

    def become(self, size_bytes: int, *, has_begun: bool) -> None:
        """Make the place as large as the next piece; of what has begun any piece passes.

        Raises:
            TooOften: more than a share.
            Busy: there is no room.
        """
        if has_begun or size_bytes <= self.size_bytes:
            self._room.count(size_bytes - self.size_bytes, self._who)
            self.size_bytes = size_bytes
        else:
            self.grow(size_bytes - self.size_bytes)
