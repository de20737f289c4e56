"""Who is let go: strangers first, then whoever has waited longest; who is known and being answered for their own next one alone."""

import pytest

from shared.gate import Gate

PROXY = "10.0.0.1"


class Caller:
    """A connection of the test's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_gone = False

    def let_go(self) -> None:
        """Note it."""
        self.is_gone = True


def counted_as(address: str) -> str | None:
    """Count all addresses but the proxy's."""
    return None if address == PROXY else address


@pytest.fixture
def gate() -> Gate:
    """Return one with four places, two for strangers of one address."""
    return Gate(4, most_strangers=2, most_each=3, counted_as=counted_as)


def entered(gate: Gate, *names: str, address: str | None = None) -> list[Caller]:
    """Let callers in, each from an address of its own unless one is given."""
    callers = [Caller(name) for name in names]
    for caller in callers:
        assert gate.enter(caller, address=address or caller.name)
    return callers


def gone(callers: list[Caller]) -> list[str]:
    """Return who was let go."""
    return [caller.name for caller in callers if caller.is_gone]


def known(gate: Gate, *names: str) -> list[Caller]:
    """Let callers in who are known and being answered."""
    callers = entered(gate, *names)
    for caller in callers:
        gate.begin(caller, is_first=True)
        gate.know(caller)
    return callers


def test_the_stranger_who_came_first_goes_first(gate: Gate) -> None:
    """Also one who is being answered: what strangers ask for takes no long answers."""
    callers = entered(gate, "a", "b", "c", "d")
    for caller in callers:
        gate.begin(caller, is_first=True)
    callers += entered(gate, "e", "f")

    assert (["a", "b"], 4) == (gone(callers), gate.connections)


def test_strangers_go_before_those_who_are_known(gate: Gate) -> None:
    """However long these have not asked for anything."""
    agents = known(gate, "a", "b")
    for agent in agents:
        gate.end(agent)
    callers = agents + entered(gate, "c", "d", "e", "f", "g")

    assert ["c", "d", "e"] == gone(callers)


def test_of_those_who_are_known_the_one_goes_that_has_waited_longest(gate: Gate) -> None:
    """Another request makes it the last in the row."""
    agents = known(gate, "a", "b", "c", "d")
    for agent in agents:
        gate.end(agent)
    gate.begin(agents[0], is_first=False)
    gate.end(agents[0])
    callers = agents + entered(gate, "e")

    assert ["b"] == gone(callers)


def test_who_is_known_and_being_answered_stays(gate: Gate) -> None:
    """The next is told to come again."""
    agents = known(gate, "a", "b", "c", "d")

    assert not gate.enter(Caller("e"), address="e")
    assert ([], 4) == (gone(agents), gate.connections)


def test_strangers_of_one_address_take_the_places_of_each_other(gate: Gate) -> None:
    """Those who are known are not counted: a plant's agents may all come from one address."""
    agents = entered(gate, "a", "b", address="nat")
    for agent in agents:
        gate.know(agent)
    callers = agents + entered(gate, "c", "d", "e", address="nat")

    assert (["c"], 4) == (gone(callers), gate.connections)


def theirs(gate: Gate, *names: str, address: str | None = None) -> list[Caller]:
    """Let callers in who all show the same token."""
    callers = entered(gate, *names, address=address)
    for caller in callers:
        gate.begin(caller, is_first=True)
        gate.know(caller, "token")
    return callers


def test_for_their_next_one_the_connection_goes_that_waited_longest(gate: Gate) -> None:
    """Whatever is being answered stays as long as there is one that waits."""
    callers = theirs(gate, "a", "b", "c")
    for caller in (callers[2], callers[1]):
        gate.end(caller)
    callers += theirs(gate, "d")

    assert ["c"] == gone(callers)


def test_where_none_waits_the_one_goes_that_was_answered_longest(gate: Gate) -> None:
    """So one token never has more than its part, and the others have theirs."""
    callers = theirs(gate, "a", "b", "c")
    gate.end(callers[0])
    gate.begin(callers[0], is_first=False)
    callers += [*theirs(gate, "d"), *theirs(gate, "e")]
    others = known(gate, "f")

    assert (["b", "c"], [], 4) == (gone(callers), gone(others), gate.connections)


def test_a_connection_on_which_another_is_shown_is_the_others(gate: Gate) -> None:
    """Or nobody's, once nobody is known on it."""
    callers = theirs(gate, "a", "b", "c")
    gate.know(callers[0], "another token")
    gate.disown(callers[1])
    callers += theirs(gate, "d")

    assert ([], 4) == (gone(callers), gate.connections)


def test_a_proxys_connections_are_nobodys(gate: Gate) -> None:
    """Each carries now this token and now that one."""
    callers = theirs(gate, "a", "b", "c", "d", address=PROXY)

    assert [] == gone(callers)


def test_behind_a_proxy_is_everybody(gate: Gate) -> None:
    """Its connections are as many as there are places."""
    callers = entered(gate, "a", "b", "c", "d", address=PROXY)

    assert [] == gone(callers)


def test_a_first_request_keeps_the_place_while_it_is_found_out_who_asks(gate: Gate) -> None:
    """Those that come later do not: asking again and again keeps nobody else out."""
    first, second, third, fourth = entered(gate, "a", "b", "c", "d")
    gate.begin(first, is_first=True)
    gate.begin(second, is_first=False)
    callers = [first, second, third, fourth, *entered(gate, "e")]

    assert ["b"] == gone(callers)


def test_who_shows_a_token_that_has_ended_is_a_stranger_again(gate: Gate) -> None:
    """And counts among those of the address."""
    (agent,) = known(gate, "nat")
    gate.disown(agent)
    gate.end(agent)
    callers = [agent, *entered(gate, "b", "c", address="nat")]

    assert ["nat"] == gone(callers)


def test_whoever_leaves_makes_room(gate: Gate) -> None:
    """Whatever they were, and once only."""
    callers = [*known(gate, "a"), *entered(gate, "b", "c", address="nat"), *entered(gate, "d")]
    for caller in callers:
        gate.leave(caller)
        gate.leave(caller)
    callers += entered(gate, "e", "f", address="nat")

    assert ([], 2) == (gone(callers), gate.connections)


def test_at_the_end_strangers_go_at_once_and_the_others_when_their_time_is_over(gate: Gate) -> None:
    """Nobody is let in any more."""
    callers = [*known(gate, "a"), *entered(gate, "b")]
    gate.close()
    first = gone(callers)
    may_enter = gate.enter(Caller("c"), address="c")
    gate.clear()

    assert (["b"], False, ["a", "b"]) == (first, may_enter, gone(callers))
