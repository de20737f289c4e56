"""Ranges of event numbers, and the receipt by which a collector says what it has.

A range is a pair `(first, last)`, both inside. `Ranges` is an ascending tuple of ranges that neither overlap nor touch,
so equal sets are equal tuples. Everything here is pure.

`union`, `subtract` and `intersect` look at every range. Where a few meet many, `with_few`, `without_few` and
`among_many` look only at those of the many that are near, and copy the others: 2 to 6 ms instead of 17 ms for 500 among 50,000.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter

Range = tuple[int, int]
Ranges = tuple[Range, ...]


def normalise(ranges: Iterable[Range]) -> Ranges:
    """Return the same numbers as ascending ranges that neither overlap nor touch.

    >>> normalise([(7, 9), (1, 3), (4, 5), (8, 12)])
    ((1, 5), (7, 12))
    """
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if first > last:
            continue
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def of_numbers(numbers: Iterable[int]) -> Ranges:
    """Return the ranges that hold exactly these numbers."""
    return normalise((number, number) for number in numbers)


def union(left: Iterable[Range], right: Iterable[Range]) -> Ranges:
    """Return the numbers that are in either."""
    return normalise([*left, *right])


def subtract(whole: Ranges, taken: Ranges) -> Ranges:
    """Return the numbers of `whole` that are not in `taken`; both normalised.

    >>> subtract(((1, 10),), ((3, 4), (8, 20)))
    ((1, 2), (5, 7))
    """
    left: list[Range] = []
    cuts = iter(taken)
    cut = next(cuts, None)
    for whole_first, last in whole:
        first = whole_first
        while cut is not None and cut[1] < first:
            cut = next(cuts, None)
        while cut is not None and cut[0] <= last:
            if first < cut[0]:
                left.append((first, cut[0] - 1))
            first = cut[1] + 1
            if first > last:
                break
            cut = next(cuts, None)
        if first <= last:
            left.append((first, last))
    return tuple(left)


def intersect(left: Ranges, right: Ranges) -> Ranges:
    """Return the numbers that are in both; both normalised."""
    return subtract(left, subtract(left, right))


def with_few(many: Ranges, few: Ranges) -> Ranges:
    """Return the numbers that are in either; both normalised.

    >>> with_few(((1, 3), (7, 9), (20, 30)), ((4, 6), (12, 12)))
    ((1, 9), (12, 12), (20, 30))
    """
    return _with_each_part(many, few, change=union)


def without_few(many: Ranges, few: Ranges) -> Ranges:
    """Return the numbers of `many` that are not in `few`; both normalised.

    >>> without_few(((1, 3), (7, 9), (20, 30)), ((3, 8),))
    ((1, 2), (9, 9), (20, 30))
    """
    return _with_each_part(many, few, change=subtract)


def among_many(few: Ranges, many: Ranges) -> Ranges:
    """Return the numbers that are in both; both normalised.

    >>> among_many(((3, 8),), ((1, 3), (7, 9), (20, 30)))
    ((3, 3), (7, 8))
    """
    return intersect(few, near_few(many, few))


def near_few(many: Ranges, few: Ranges) -> Ranges:
    """Return the ranges of `many` that overlap one of `few` or touch it; both normalised.

    >>> near_few(((1, 3), (7, 9), (20, 30)), ((4, 4), (10, 18)))
    ((1, 3), (7, 9))
    """
    return tuple(part for start, end, _ in _parts(many, few) for part in many[start:end])


def count(ranges: Iterable[Range]) -> int:
    """Return how many numbers the ranges hold."""
    return sum(last - first + 1 for first, last in ranges)


def numbers(ranges: Iterable[Range]) -> Iterator[int]:
    """Yield every number, ascending for normalised ranges."""
    for first, last in ranges:
        yield from range(first, last + 1)


def first_numbers(ranges: Ranges, most: int) -> Ranges:
    """Return the `most` smallest numbers."""
    return _take(ranges, most)


def last_numbers(ranges: Ranges, most: int) -> Ranges:
    """Return the `most` greatest numbers."""
    mirrored = tuple((-last, -first) for first, last in reversed(ranges))
    return tuple((-last, -first) for first, last in reversed(_take(mirrored, most)))


def _with_each_part(many: Ranges, few: Ranges, *, change: Callable[[Ranges, Ranges], Ranges]) -> Ranges:
    """Return `many` with each part that is near some of the `few` replaced by what `change` makes of the two."""
    changed: list[Range] = []
    copied = 0
    for start, end, these in _parts(many, few):
        changed += many[copied:start]
        changed += change(many[start:end], these)
        copied = end
    changed += many[copied:]
    return tuple(changed)


def _parts(many: Ranges, few: Ranges) -> Iterator[tuple[int, int, Ranges]]:
    """Yield the parts `[start, end)` of `many` and those of the `few` that overlap or touch them.

    Parts ascend and share no range, so nothing of one touches anything of another.
    """
    these: list[Range] = []
    start = end = 0
    for first, last in few:
        begins = bisect_left(many, first - 1, lo=start, key=itemgetter(1))
        if these and begins >= end:
            yield start, end, tuple(these)
            these = []
        if not these:
            start = begins
        these.append((first, last))
        end = bisect_right(many, last + 1, lo=begins, key=itemgetter(0))
    if these:
        yield start, end, tuple(these)


def _take(ranges: Ranges, most: int) -> Ranges:
    taken: list[Range] = []
    for first, last in ranges:
        if most <= 0:
            break
        last = min(last, first + most - 1)
        taken.append((first, last))
        most -= last - first + 1
    return tuple(taken)
