"""Who gets how much of the room for bodies, or for answers: all together so much, each of them a quarter."""

import pytest

from shared.errors import Busy, LinesideError, TooOften
from shared.room import Room


@pytest.fixture
def room() -> Room:
    """Return one for a hundred bytes."""
    return Room(100, what="bodies arrive")


def test_what_does_not_fit_is_refused(room: Room) -> None:
    """What is done with makes room, also after an error."""
    with room.place() as place:
        place.grow(60)
        with room.place() as other:
            other.grow(30)
            with pytest.raises(Busy):
                other.grow(30)
        place.grow(40)
    with room.place() as place:
        place.grow(100)


def test_each_has_a_share(room: Room) -> None:
    """In one place or in several; it is theirs again as soon as they have given it back."""
    with room.place("a") as place, room.place("a") as another:
        place.grow(20)
        another.grow(5)
        for one in (place, another):
            with pytest.raises(TooOften, match="more than 25 bytes"):
                one.grow(1)
    with room.place("a") as place:
        place.grow(24)
        place.grow(1)


def test_three_others_find_room_beside_whoever_takes_all_they_can(room: Room) -> None:
    """Each a whole share."""
    with room.place("a") as greedy, room.place("b") as b, room.place("c") as c, room.place("d") as d:
        while _grown(greedy.grow):
            pass
        for place in (b, c, d):
            place.grow(24)
            place.grow(1)


def test_what_is_larger_than_a_share_passes_alone(room: Room) -> None:
    """An answer cannot be made smaller by refusing it; the next one of the same waits."""
    with room.place("a") as place:
        place.grow(150)
        with room.place("a") as another:
            refused = [not _grown(another.grow)]
        with room.place("b") as other:
            refused.append(not _grown(other.grow))

    assert [True, True] == refused


def test_what_has_begun_goes_on_and_is_counted(room: Room) -> None:
    """A further piece may be of any size; nobody else gets what it takes, and a smaller one gives it back."""
    with room.place("a") as place, room.place("b") as other:
        other.grow(1)
        with room.place("a") as beside:
            beside.grow(1)
            with pytest.raises(TooOften, match="nothing of this one was kept"):
                place.become(30, has_begun=False)
            place.become(20, has_begun=False)
            place.become(90, has_begun=True)
        beyond = [not _grown(lambda _: other.grow(20))]
        place.become(5, has_begun=True)
        beyond.append(not _grown(lambda _: other.grow(20)))

    assert [True, False] == beyond


def _grown(grow: object) -> bool:
    assert callable(grow)
    try:
        grow(1)
    except LinesideError:
        return False
    return True
