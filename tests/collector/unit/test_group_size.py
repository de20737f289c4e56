"""How much is stored together after what was too much, and after what was not."""

from collector.group_size import MOST_EVENTS_TOGETHER, GroupSize


def over(capacity: int, *, groups: int) -> list[tuple[int, bool]]:
    """Return how many events each of so many full groups has, and whether it was stored in time."""
    size, found = GroupSize(), list[tuple[int, bool]]()
    for _ in range(groups):
        most, is_stored = size.most, size.most <= capacity
        found.append((most, is_stored))
        size = size.after_stored(most) if is_stored else size.after_too_slow(most)
    return found


def test_what_is_too_much_together_is_halved_until_it_passes() -> None:
    """From then on the size feels its way, by a twentieth each, and falls by half where it was too much again."""
    found = over(300, groups=30)

    assert [(20_000, False), (10_000, False), (5_000, False)] == found[:3]
    assert [(312, False), (156, True), (163, True)] == found[6:9]
    assert [(298, True), (312, False), (156, True)] == found[21:24]


def test_a_database_that_is_quick_again_has_full_groups_again() -> None:
    """Even where a single event had been too much; and never more than there may be."""
    size = GroupSize()
    for _ in range(20):
        size = size.after_too_slow(size.most)
    smallest, groups = size.most, 0
    while size.most < MOST_EVENTS_TOGETHER:
        size, groups = size.after_stored(size.most), groups + 1

    assert (1, MOST_EVENTS_TOGETHER) == (smallest, size.after_stored(size.most).most)
    assert groups < 200


def test_what_was_not_full_says_nothing_of_more() -> None:
    """A few events that were stored raise nothing; a few that were not halve what they were themselves."""
    halved = GroupSize().after_too_slow(40)

    assert 20 == halved.most
    assert halved == halved.after_stored(19)
    assert 10 == halved.after_too_slow(500).most
