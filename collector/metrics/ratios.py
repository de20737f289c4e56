"""Exact ratios and means of integers, rounded half to even only at the end (SEMANTICS §6)."""

from collections.abc import Sequence
from fractions import Fraction

_SCALE = 10**40


def rounded(numerator: int, denominator: int) -> float:
    """Return the ratio to two decimals, rounded half to even; 0 where the denominator is 0.

    >>> rounded(2, 3), rounded(1, 8), rounded(3, 8), rounded(5, 0)
    (0.67, 0.12, 0.38, 0.0)
    """
    return _hundredths(numerator, denominator) / 100 if denominator else 0.0


def unrounded(numerator: int, denominator: int) -> float:
    """Return the nearest float to the ratio; 0 where the denominator is 0."""
    return numerator / denominator if denominator else 0.0


def rounded_mean(ratios: Sequence[tuple[int, int]]) -> float:
    """Return the unweighted mean of ratios `(numerator, denominator)` to two decimals; 0 without any.

    The sum is taken in units of 10⁻⁴⁰, each term rounded down; only where the error could turn the last digit are true
    fractions added up, whose denominators grow with every term.
    """
    if not ratios:
        return 0.0
    least = _scaled_sum(ratios)
    low = _hundredths(least, _SCALE * len(ratios))
    high = _hundredths(least + len(ratios), _SCALE * len(ratios))
    if low != high:
        exact = sum((Fraction(*ratio) for ratio in ratios), Fraction()) / len(ratios)
        low = _hundredths(exact.numerator, exact.denominator)
    return low / 100


def unrounded_mean(ratios: Sequence[tuple[int, int]]) -> float:
    """Return the unweighted mean of ratios as a float; 0 without any."""
    return _scaled_sum(ratios) / (_SCALE * len(ratios)) if ratios else 0.0


def _scaled_sum(ratios: Sequence[tuple[int, int]]) -> int:
    return sum(numerator * _SCALE // denominator for numerator, denominator in ratios)


def _hundredths(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator * 100, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and whole % 2):
        whole += 1
    return whole
