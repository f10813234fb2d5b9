"""The worksheet functions on numbers and arrays; expected values as Excel documents them."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from xl_leadkpi.cells.functions import chi_square_tail, normal_quantile, round_half_away, round_up, sqrt


@pytest.mark.parametrize(
    ("number", "digits", "rounded"),
    [
        (2.15, 1, 2.2),
        (2.149, 1, 2.1),
        (-1.475, 2, -1.48),
        (0.5, 0, 1),
        (1.5, 0, 2),
        (2.5, 0, 3),
        (-2.5, 0, -3),
        (0, 9, 0),
        (2.4999999, 0, 2),
        (33.333333333333336, 9, 33.333333333),
        (1e22, 9, 1e22),
        (1e300, 9, 1e300),
        (200000000.00000003, 9, 200000000),
        (150.00000000000003, 9, 150),
        (123456789.123456789, 9, 123456789.123457),
        (1234567890123456.0, 0, 1234567890123456.0),
        (123456789012345.5, 9, 123456789012346.0),
    ],
)
def test_round(number, digits, rounded):
    assert round_half_away(number, digits) == pytest.approx(rounded, rel=1e-15)
    np.testing.assert_allclose(round_half_away(np.array([number, number]), digits), [rounded] * 2, rtol=1e-15)


@pytest.mark.parametrize(("number", "up"), [(2.0, 2), (2.0001, 3), (-2.1, -3), (0.0, 0), (-2.0, -2)])
def test_round_up(number, up):
    assert round_up(number) == up
    assert round_up(np.array([number])).tolist() == [up]


def test_sqrt():
    assert sqrt(2.0) == math.sqrt(2)
    assert sqrt(np.array([4.0, 9.0])).tolist() == [2.0, 3.0]


def test_normal_quantile():
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-12)
    assert normal_quantile(0.5) == pytest.approx(0, abs=1e-15)
    probabilities = np.array([[0.9, 0.975], [0.9, 0.1]])
    expected = [[NormalDist().inv_cdf(p) for p in row] for row in probabilities]
    np.testing.assert_allclose(normal_quantile(probabilities), expected, rtol=1e-12)


@pytest.mark.parametrize("outside", [0.0, 1.0, -1.0, 2.0])
def test_normal_quantile_outside(outside):
    assert math.isnan(normal_quantile(outside))


@pytest.mark.parametrize("z", [0.0, 0.3, 1.0, 1.959963984540054, 3.0, 8.0, 30.0])
def test_chi_square_tail_is_both_tails_of_the_normal_distribution(z):
    both = 2 * NormalDist().cdf(-z)
    assert chi_square_tail(z**2) == pytest.approx(both, rel=1e-12 if z < 5 else 1e-6)  # cdf loses digits far out
    np.testing.assert_allclose(chi_square_tail(np.array([[z**2], [z**2]])), [[chi_square_tail(z**2)]] * 2, rtol=0)


def test_chi_square_tail_keeps_small_chances():
    assert chi_square_tail(200.0) == pytest.approx(2.0884875837625e-45, rel=1e-12)
    assert math.isnan(chi_square_tail(-1.0))
    assert math.isnan(chi_square_tail(math.nan))
