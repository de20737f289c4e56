"""How much is stored together after what was too much, and after what was not."""

from collector.group_size import LEAST_EVENTS_TOGETHER, MOST_EVENTS_TOGETHER, GroupSize


def of_singles(agents: int, *, capacity: int, groups: int) -> list[tuple[int, bool]]:
    """Return how large groups are where each of so many agents has an event, and whether each was stored in time."""
    size, found = GroupSize(), list[tuple[int, bool]]()
    for _ in range(groups):
        events = min(size.most, agents)
        found.append((events, events <= capacity))
        size = size.after_stored(events) if events <= capacity else size.after_too_slow(events, requests=events)
    return found


def test_where_no_sender_can_send_less_the_group_is_halved_until_it_passes() -> None:
    """From then on the size feels its way, by a twentieth each, and falls by half where it was too much again."""
    found = of_singles(1_000, capacity=300, groups=8)

    assert [1_000, 500, 250, 262, 275, 288, 302, 151] == [events for events, _ in found]
    assert [False, False, True, True, True, True, False, True] == [is_stored for _, is_stored in found]


def test_what_senders_can_halve_is_theirs_to_halve() -> None:
    """All of them wait for one transaction, and none behind another one."""
    size = GroupSize()

    assert size == size.after_too_slow(4_000, requests=8) == size.after_too_slow(16, requests=8)
    assert 21 == size.after_too_slow(43, requests=22).most
    assert size == size.after_too_slow(1, requests=1)


def test_a_database_that_is_quick_again_has_full_groups_again() -> None:
    """Even where next to nothing had been too much; and never more than there may be."""
    size = GroupSize()
    for _ in range(20):
        size = size.after_too_slow(size.most, requests=size.most)
    smallest, groups = size.most, 0
    while size.most < MOST_EVENTS_TOGETHER:
        size, groups = size.after_stored(size.most), groups + 1

    assert (LEAST_EVENTS_TOGETHER, MOST_EVENTS_TOGETHER) == (smallest, size.after_stored(size.most).most)
    assert groups < 200


def test_what_was_not_full_says_nothing_of_more() -> None:
    """A few events that were stored raise nothing."""
    halved = GroupSize().after_too_slow(40, requests=40)

    assert 20 == halved.most
    assert halved == halved.after_stored(19)
