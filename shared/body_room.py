"""Memory for the bodies that a program takes in at once, shared by all of its requests.

A body is bounded by itself (`shared/wire.py`), but a hundred connections may each begin one. Every byte that is held is
taken from the room as it arrives, packed and unpacked; what does not fit is refused as busy, and the sender comes again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Busy


class BodyRoom:
    """Room for so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """Give a place for one body, which is free again afterwards."""
        place = Place(self)
        try:
            yield place
        finally:
            self._bytes -= place.size_bytes

    def take(self, size_bytes: int) -> None:
        """Take so much of the room.

        Raises:
            Busy: there is not so much left.
        """
        if self._bytes + size_bytes > self._most_bytes:
            raise Busy("too many bodies arrive at once; nothing of this one was kept")
        self._bytes += size_bytes


class Place:
    """The part of the room that one body has."""

    def __init__(self, room: BodyRoom) -> None:
        self._room = room
        self.size_bytes = 0

    def grow(self, size_bytes: int) -> None:
        """Make the place larger.

        Raises:
            Busy: there is no room.
        """
        self._room.take(size_bytes)
        self.size_bytes += size_bytes
