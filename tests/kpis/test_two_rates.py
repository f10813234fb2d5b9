"""The functions that compare two rates: published tables, implementations of another kind, and what they promise."""

import itertools
import math
import random
from statistics import NormalDist

import numpy as np
import pytest

from xl_leadkpi import kpis
from xl_leadkpi.cells import CellError

NORMAL = NormalDist()

# Newcombe, Statistics in Medicine 17 (1998), table II, method 10
NEWCOMBE = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0)),
    ((10, 10, 0, 10), (0.6075, 1.0)),
]


@pytest.mark.parametrize(("counts", "ends"), NEWCOMBE)
def test_interval_as_published(counts, ends):
    assert kpis.RATEDIFFCI(*counts) == pytest.approx(ends, abs=6e-5)


def test_p_value_as_published():
    # statsmodels, the example of proportions_ztest, as its own tests have it
    assert kpis.RATETEST(5, 83, 12, 99) == pytest.approx(0.15918129181156992, rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "n"),
    [((0.5, 0.75, 0.95, 0.9), 77), ((0.5, 0.75, 0.95, 0.74), 50)],  # R, power.prop.test: n = 76.7; 0.740 with n = 50
)
def test_sample_size_as_published(arguments, n):
    assert kpis.SAMPLESIZE(*arguments) == n


def bisected(condition, low, high):
    """The point between low and high up to which a condition holds."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if condition(middle) else (low, middle)
    return (low + high) / 2


def score_ends(conversions, total, z):
    """The rates that a score test just does not reject, found by trial: the Wilson interval without its formula."""
    rate = conversions / total

    def rejected(true):
        return abs(rate - true) > z * math.sqrt(true * (1 - true) / total)

    low = bisected(rejected, 0, rate) if conversions else 0.0
    high = bisected(lambda true: not rejected(true), rate, 1) if conversions < total else 1.0
    return low, high


def random_counts(seed, most=400):
    rng = random.Random(seed)
    for _ in range(60):
        total_a, total_b = rng.randint(1, most), rng.randint(1, most)
        yield rng.randint(0, total_a), total_a, rng.randint(0, total_b), total_b


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_interval_is_newcombes_of_score_intervals_found_by_trial(confidence):
    z = NORMAL.inv_cdf(1 - (1 - confidence) / 2)
    for conversions_a, total_a, conversions_b, total_b in random_counts(1998):
        a, b = conversions_a / total_a, conversions_b / total_b
        low_a, high_a = score_ends(conversions_a, total_a, z)
        low_b, high_b = score_ends(conversions_b, total_b, z)
        expected = (a - b - math.hypot(a - low_a, high_b - b), a - b + math.hypot(high_a - a, b - low_b))
        found = kpis.RATEDIFFCI(conversions_a, total_a, conversions_b, total_b, confidence)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_p_value_is_that_of_pearsons_chi_square():
    compared = 0
    for conversions_a, total_a, conversions_b, total_b in random_counts(1900):
        seen = np.array([[conversions_a, total_a - conversions_a], [conversions_b, total_b - conversions_b]])
        expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
        if not expected.all():
            continue
        z = math.sqrt(((seen - expected) ** 2 / expected).sum())
        p_value = kpis.RATETEST(conversions_a, total_a, conversions_b, total_b)
        assert p_value == pytest.approx(2 * NORMAL.cdf(-z), rel=1e-7, abs=1e-12)
        compared += 1
    assert compared > 50


@pytest.mark.parametrize("counts", [(0, 40, 0, 60), (40, 40, 60, 60), (0, 1, 0, 1)])
def test_nothing_tells_groups_apart_that_are_all_alike(counts):
    assert kpis.RATETEST(*counts) == 1
    low, high = kpis.RATEDIFFCI(*counts)
    assert low < 0 < high


@pytest.mark.parametrize("seed", range(3))
def test_the_groups_may_change_places(seed):
    for a, n, b, m in random_counts(seed):
        assert kpis.RATEDIFF(a, n, b, m) == pytest.approx(-kpis.RATEDIFF(b, m, a, n))
        assert kpis.RATETEST(a, n, b, m) == pytest.approx(kpis.RATETEST(b, m, a, n), rel=1e-9)
        low, high = kpis.RATEDIFFCI(a, n, b, m)
        assert low - 1e-12 <= kpis.RATEDIFF(a, n, b, m) <= high + 1e-12
        assert kpis.RATEDIFFCI(b, m, a, n) == pytest.approx((-high, -low), abs=1e-12)


def power(n, rate_a, rate_b, confidence):
    """Chance of the z test to see the difference with n records a group."""
    mean = (rate_a + rate_b) / 2
    bar = NORMAL.inv_cdf(1 - (1 - confidence) / 2) * math.sqrt(2 * mean * (1 - mean) / n)
    return NORMAL.cdf((abs(rate_a - rate_b) - bar) / math.sqrt((rate_a * (1 - rate_a) + rate_b * (1 - rate_b)) / n))


@pytest.mark.parametrize(
    ("rate_a", "rate_b", "confidence", "wanted"),
    list(itertools.product([0.05, 0.5], [0.07, 0.31, 0.93], [0.9, 0.99], [0.5, 0.8, 0.95])),
)
def test_one_record_less_has_too_little_power(rate_a, rate_b, confidence, wanted):
    n = kpis.SAMPLESIZE(rate_a, rate_b, confidence, wanted)
    assert n == kpis.SAMPLESIZE(rate_b, rate_a, confidence, wanted)
    assert power(n, rate_a, rate_b, confidence) >= wanted
    assert power(n - 1, rate_a, rate_b, confidence) < wanted


def chances(total, rate):
    """Chance of each number of conversions."""
    return np.array([math.comb(total, k) * rate**k * (1 - rate) ** (total - k) for k in range(total + 1)])


def every_outcome(rate_a, total_a, rate_b, total_b):
    """All outcomes of two groups and how likely each is."""
    a, b = np.meshgrid(np.arange(total_a + 1.0), np.arange(total_b + 1.0), indexing="ij")
    return a, float(total_a), b, float(total_b), np.outer(chances(total_a, rate_a), chances(total_b, rate_b))


@pytest.mark.parametrize(("rate_a", "rate_b"), [(0.2, 0.2), (0.2, 0.35), (0.5, 0.9), (0.05, 0.1)])
def test_interval_holds_the_truth_in_95_of_100(rate_a, rate_b):
    a, total_a, b, total_b, likely = every_outcome(rate_a, 60, rate_b, 45)
    ends = kpis.RATEDIFFCI(a.ravel(), total_a, b.ravel(), total_b)
    low, high = ends[:, 0].reshape(a.shape), ends[:, 1].reshape(a.shape)
    held = likely[(low <= rate_a - rate_b) & (rate_a - rate_b <= high)].sum()
    assert 0.94 <= held <= 0.98


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_equal_groups_are_told_apart_in_5_of_100(rate):
    *counts, likely = every_outcome(rate, 150, rate, 100)
    assert 0.04 <= likely[kpis.RATETEST(*counts) < 0.05].sum() <= 0.06


def test_groups_of_the_size_asked_for_are_told_apart_as_often_as_asked_for():
    n = int(kpis.SAMPLESIZE(0.5, 0.75, 0.95, 0.9))
    *counts, likely = every_outcome(0.5, n, 0.75, n)
    assert likely[kpis.RATETEST(*counts) < 0.05].sum() == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("RATEDIFF", (1, 2, 3, 0), CellError.DIV0),
        ("RATEDIFF", (1, 2, 4, 3), CellError.NUM),
        ("RATEDIFFCI", (1, 2, 1, 3, 1), CellError.NUM),
        ("RATEDIFFCI", (1, 2, 1, 3, 95), CellError.NUM),
        ("RATETEST", (1, 2, -1, 3), CellError.NUM),
        ("RATETEST", (1, 2, "x", 3), CellError.VALUE),
        ("RATETEST", (1, 2, CellError.NA, 3), CellError.NA),
        ("SAMPLESIZE", (10, 15), CellError.NUM),
        ("SAMPLESIZE", (0.1, 0.1), CellError.DIV0),
        ("SAMPLESIZE", (0.1, 0.2, 0.95, 1), CellError.NUM),
        ("SAMPLESIZE", (0.1, 0.2, 0.95, 0.02), CellError.NUM),  # less than a test without any record has
    ],
)
def test_no_value(name, arguments, error):
    assert kpis.CATALOGUE[name](*arguments) is error


def test_blanks():
    assert kpis.RATETEST(1, 2, None, 3) == ""
    assert kpis.SAMPLESIZE(0.1, 0.15, None, None) == kpis.SAMPLESIZE(0.1, 0.15) == 686
    assert kpis.RATEDIFFCI(56, 70, 48, 80, None) == kpis.RATEDIFFCI(56, 70, 48, 80, 0.95)


@pytest.mark.parametrize("power", [0.9999999999999999, 1 - 1e-15, 0.999999999999])
def test_what_is_next_to_an_open_end_is_the_same_alone_and_in_a_column(power):
    alone = kpis.SAMPLESIZE(0.5, 0.75, 0.95, power)
    assert kpis.SAMPLESIZE([0.5, 0.1], [0.75, 0.2], [0.95, 0.95], [power, 1.0])[0] == alone
