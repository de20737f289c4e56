"""Ratios of integers, rounded once, half to even, against true fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.metrics.ratios import rounded, rounded_mean, unrounded, unrounded_mean

numerators = st.integers(0, 10**18)
denominators = st.integers(1, 10**18)
ratios = st.lists(st.tuples(numerators, denominators), min_size=1, max_size=6)


def to_hundredths(exact: Fraction) -> float:
    """Return a fraction rounded half to even to two decimals, by Python's own rules for fractions."""
    return float(round(exact, 2))


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [
        (0, 5, 0.0),
        (5, 0, 0.0),
        (0, 0, 0.0),
        (1, 8, 0.12),
        (3, 8, 0.38),
        (5, 8, 0.62),
        (7, 8, 0.88),
        (1, 200, 0.0),
        (3, 200, 0.02),
        (5, 200, 0.02),
        (1, 3, 0.33),
        (2, 3, 0.67),
        (200, 3, 66.67),
        (2675, 1000, 2.68),
        (1005, 1000, 1.0),
        (10**15 * 8 + 1, 8, 1_000_000_000_000_000.12),
    ],
)
def test_a_ratio_is_rounded_half_to_even(numerator: int, denominator: int, shown: float) -> None:
    """Ties go to the even hundredth, also those that floats cannot spell; without a denominator it is 0."""

    assert shown == rounded(numerator, denominator)


@given(numerators, denominators)
def test_a_ratio_is_the_fraction_rounded_once(numerator: int, denominator: int) -> None:
    """Whatever the integers."""
    exact = Fraction(numerator, denominator)

    assert to_hundredths(exact) == rounded(numerator, denominator)
    assert float(exact) == unrounded(numerator, denominator)


@given(ratios)
def test_a_mean_is_the_fraction_rounded_once(each: list[tuple[int, int]]) -> None:
    """Not the mean of rounded numbers."""
    exact = sum((Fraction(*ratio) for ratio in each), Fraction()) / len(each)

    assert to_hundredths(exact) == rounded_mean(each)
    assert float(exact) == pytest.approx(unrounded_mean(each), rel=1e-15)


@given(st.integers(100, 10**6), st.lists(st.integers(1, 10**9), min_size=1, max_size=4))
def test_a_mean_that_is_a_tie_is_rounded_to_even(hundredths: int, parts: list[int]) -> None:
    """Pairs of ratios whose decimals never end may lie evenly around a tie."""
    tie = Fraction(2 * hundredths + 1, 200)
    left = [Fraction(part, 3 * part + 1) for part in parts]
    right = [2 * tie - ratio for ratio in left]

    assert to_hundredths(tie) == rounded_mean([ratio.as_integer_ratio() for ratio in [*left, *right]])


def test_a_tie_of_thirds_is_found() -> None:
    """0.125 × 3 = 1/3 + 1/24: in decimals cut short it lies below the tie, exactly it is even."""

    assert 0.12 == rounded_mean([(1, 3), (1, 24), (0, 1)])
    assert 0.38 == rounded_mean([(1, 3), (19, 24), (0, 1)])


def test_no_ratios_have_no_mean() -> None:
    """It is shown as 0."""

    assert (0.0, 0.0) == (rounded_mean([]), unrounded_mean([]))
