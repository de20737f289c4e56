"""Ranges of numbers against plain sets of numbers."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.receipts import (
    Ranges,
    among_many,
    count,
    first_numbers,
    intersect,
    last_numbers,
    near_few,
    normalise,
    numbers,
    of_numbers,
    subtract,
    union,
    with_few,
    without_few,
)

pairs = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)
ranges = pairs.map(normalise)


def numbers_of(pairs: Ranges | list[tuple[int, int]]) -> set[int]:
    """Return the set that the pairs stand for; one that ends before it begins holds nothing."""
    return {number for first, last in pairs for number in range(first, last + 1)}


@given(pairs)
def test_normal_ranges_hold_the_same_numbers_and_neither_overlap_nor_touch(raw: list[tuple[int, int]]) -> None:
    """Equal sets are equal tuples."""
    normal = normalise(raw)

    assert numbers_of(raw) == numbers_of(normal)
    assert all(first <= last for first, last in normal)
    assert all(left[1] + 1 < right[0] for left, right in pairwise(normal))
    assert normal == normalise(reversed(normal))


@given(st.sets(st.integers(0, 60)))
def test_ranges_of_numbers_hold_exactly_them(wanted: set[int]) -> None:
    """There and back, ascending, and counted right."""
    made = of_numbers(wanted)

    assert sorted(wanted) == list(numbers(made))
    assert len(wanted) == count(made)


@given(ranges, ranges)
def test_ranges_obey_the_algebra_of_sets(left: Ranges, right: Ranges) -> None:
    """Union, difference and intersection are those of sets, in normal form."""

    assert of_numbers(numbers_of(left) | numbers_of(right)) == union(left, right)
    assert of_numbers(numbers_of(left) - numbers_of(right)) == subtract(left, right)
    assert of_numbers(numbers_of(left) & numbers_of(right)) == intersect(left, right)


@given(ranges, ranges)
def test_a_few_ranges_among_many_obey_the_same_algebra(many: Ranges, few: Ranges) -> None:
    """Looking only at what is near comes to the same as looking at everything."""

    assert union(many, few) == with_few(many, few)
    assert subtract(many, few) == without_few(many, few)
    assert intersect(many, few) == among_many(few, many)


@given(ranges, ranges)
def test_what_changes_in_many_ranges_is_near_the_few(many: Ranges, few: Ranges) -> None:
    """So that it is enough to write those: what is not near is in both, before and after."""
    for after in (union(many, few), subtract(many, few)):
        assert set(many) - set(near_few(many, few)) == set(after) - set(near_few(after, few))


@given(ranges, st.integers(-2, 60))
def test_a_part_from_either_end_is_the_smallest_or_the_greatest_numbers(whole: Ranges, most: int) -> None:
    """As many as asked for, or all there are; none for a number below one."""
    ordered = sorted(numbers_of(whole))
    wanted = max(0, most)

    assert of_numbers(ordered[:wanted]) == first_numbers(whole, most)
    assert of_numbers(ordered[max(0, len(ordered) - wanted) :]) == last_numbers(whole, most)


def test_ranges_of_a_billion_numbers_cost_nothing() -> None:
    """Work goes by ranges and not by numbers."""
    whole = ((1, 10**12),)

    assert ((1, 4), (6, 10**12)) == subtract(whole, ((5, 5),))
    assert ((10**12 - 1, 10**12),) == last_numbers(whole, 2)
