"""How many connections there may be, and which of them is let go when one more comes.

A connection is a stranger's until a request on it has shown a token, a session or a link that is known. Invariants:

* There are at most so many connections in all, and from one address at most so many of strangers.
* Strangers are let go first, whatever they are doing: of them the one that has been there longest. Where there are none, the
  known connection that has waited longest without a request. Who is known and is being answered is not let go for others.
* Of those who are known each has at most so many. For their own next one they let go the one that has waited longest without a
  request; if none waits, the one that has been answered longest.
* So whoever is known gets in as long as those who are known leave room, however many strangers hold on to their connections:
  a stranger has its place until as many others have come as there are places.

How long a head, a body or an answer may take is for the connection to watch (`connections.py`).
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from typing import Protocol

MOST_ACCEPTED_AT_ONCE = 16
"""Connections taken from the listening socket before those that were taken are read from: far fewer than there are places,
so that who has shown a token with the first packet is known before a crowd has taken the place away."""


class Guest(Protocol):
    """A connection, seen from the gate."""

    def let_go(self) -> None:
        """End at once; what was to be sent is not sent."""
        ...


class Gate:
    """Keeps the places."""

    def __init__(
        self, most: int, *, most_strangers: int, most_each: int, counted_as: Callable[[str], str | None]
    ) -> None:
        """Have so many places, so many of them for strangers of one address, and so many for each of those who are known.

        `counted_as` tells what an address is counted as; None: it is a proxy's, behind which there is everybody.
        """
        self._most = most
        self._most_strangers = most_strangers
        self._most_each = most_each
        self._counted_as = counted_as
        self._strangers: OrderedDict[Guest, str | None] = OrderedDict()
        self._by_address = _Groups()
        self._by_who = _Groups()
        self._idle: OrderedDict[Guest, str | None] = OrderedDict()
        self._answered: dict[Guest, str | None] = {}
        self._is_closing = False

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._strangers) + len(self._idle) + len(self._answered)

    def enter(self, guest: Guest, *, address: str) -> bool:
        """Let a connection in, if need be in place of another; say whether it is in."""
        if self._is_closing:
            return False
        counted = self._counted_as(address)
        self._make_room_among_strangers(counted)
        if self.connections >= self._most and not self._let_one_go():
            return False
        self._add_stranger(guest, counted)
        return True

    def leave(self, guest: Guest) -> None:
        """Forget a connection that has ended."""
        self._remove_stranger(guest)
        self._by_who.remove(guest)
        self._idle.pop(guest, None)
        self._answered.pop(guest, None)

    def begin(self, guest: Guest, *, is_first: bool) -> None:
        """Note that a request is being answered; the first of a connection keeps its place while it is found out who asks."""
        if guest in self._idle:
            self._answered[guest] = self._idle.pop(guest)
            self._by_who.renew(guest)
        elif is_first and guest in self._strangers:
            self._add_stranger(guest, self._remove_stranger(guest))

    def know(self, guest: Guest, who: Hashable | None = None) -> None:
        """Note that whoever asks is known, and who that is (None: they are not told apart)."""
        if guest in self._strangers:
            self._answered[guest] = self._remove_stranger(guest)
        self._by_who.remove(guest)
        if who is not None and self._answered.get(guest) is not None:  # a proxy's connection is nobody's
            self._make_room_among_their_own(who)
            self._by_who.add(guest, who)

    def disown(self, guest: Guest) -> None:
        """Note that whoever asks is not known, though who asked before on the same connection was."""
        if guest in self._answered:
            self._by_who.remove(guest)
            counted = self._answered.pop(guest)
            self._make_room_among_strangers(counted)
            self._add_stranger(guest, counted)

    def end(self, guest: Guest) -> None:
        """Note that the request is answered."""
        if guest in self._answered:
            self._idle[guest] = self._answered.pop(guest)
            self._by_who.renew(guest)

    def close(self) -> None:
        """Let nobody in any more, and all strangers go."""
        self._is_closing = True
        while self._strangers:
            self._let_one_go()

    def clear(self) -> None:
        """Let everybody go."""
        self.close()
        for guest in [*self._idle, *self._answered]:
            self._let_go(guest)

    def _make_room_among_strangers(self, counted: str | None) -> None:
        if counted is None:
            return
        of_the_address = self._by_address.of(counted)
        if len(of_the_address) >= self._most_strangers:
            self._let_go(next(iter(of_the_address)))

    def _make_room_among_their_own(self, who: Hashable) -> None:
        own = self._by_who.of(who)
        if len(own) >= self._most_each:
            self._let_go(next((guest for guest in own if guest in self._idle), next(iter(own))))

    def _let_one_go(self) -> bool:
        guest = next(iter(self._strangers), None) or next(iter(self._idle), None)
        if guest is not None:
            self._let_go(guest)
        return guest is not None

    def _let_go(self, guest: Guest) -> None:
        self.leave(guest)
        guest.let_go()

    def _add_stranger(self, guest: Guest, counted: str | None) -> None:
        self._strangers[guest] = counted
        if counted is not None:
            self._by_address.add(guest, counted)

    def _remove_stranger(self, guest: Guest) -> str | None:
        self._by_address.remove(guest)
        return self._strangers.pop(guest, None)


class _Groups:
    """Connections that have something in common, in the order in which they came or were renewed."""

    def __init__(self) -> None:
        self._members: dict[Hashable, OrderedDict[Guest, None]] = {}
        self._group_of: dict[Guest, Hashable] = {}

    def of(self, group: Hashable) -> Collection[Guest]:
        return self._members.get(group, ())

    def add(self, guest: Guest, group: Hashable) -> None:
        self._members.setdefault(group, OrderedDict())[guest] = None
        self._group_of[guest] = group

    def renew(self, guest: Guest) -> None:
        if guest in self._group_of:
            self._members[self._group_of[guest]].move_to_end(guest)

    def remove(self, guest: Guest) -> None:
        group = self._group_of.pop(guest, None)
        if group is not None:
            del self._members[group][guest]
            if not self._members[group]:
                del self._members[group]
