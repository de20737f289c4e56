"""Ranges of event numbers, and the receipt by which a collector says what it has.

A range is a pair `(first, last)`, both inside. `Ranges` is an ascending tuple of ranges that neither overlap nor touch,
so equal sets are equal tuples. Everything here is pure.
"""

from collections.abc import Iterable, Iterator

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


def _take(ranges: Ranges, most: int) -> Ranges:
    taken: list[Range] = []
    for first, last in ranges:
        if most <= 0:
            break
        last = min(last, first + most - 1)
        taken.append((first, last))
        most -= last - first + 1
    return tuple(taken)
