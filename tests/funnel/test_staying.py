"""How long customers stay, held against loops over single persons, published figures and known truth."""

from math import exp

import numpy as np
import pytest

from xl_leadkpi.funnel.staying import MONTH, Stays, common_horizon, days_of, log_rank

from .customers import (
    Person,
    kaplan_meier,
    kept_by,
    log_log,
    log_rank_of,
    mean_within,
    random_people,
    stays_of,
    wilson,
)

# Freireich et al. 1963 (Blood 21, 699): weeks of remission with 6-mercaptopurine, and with a placebo
DRUG = [(6, 3), (7, 1), (10, 1), (13, 1), (16, 1), (22, 1), (23, 1)]
DRUG_OPEN = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def drug():
    left = [Person(week, True, 35) for week, n in DRUG for _ in range(n)]
    return [*left, *(Person(week, False, week) for week in DRUG_OPEN)]


def placebo():
    return [Person(week, True, 35) for week in PLACEBO]


@pytest.mark.parametrize(
    ("week", "share", "error"),
    [
        # Kleinbaum and Klein, Survival Analysis (2012), chapter 2
        (6, 0.8571, 0.0764), (7, 0.8067, 0.0869), (10, 0.7529, 0.0963), (13, 0.6902, 0.1068), (16, 0.6275, 0.1141),
        (22, 0.5378, 0.1282), (23, 0.4482, 0.1346),
    ],
)  # fmt: skip
def test_the_published_curve_of_the_leukaemia_trial(week, share, error):
    kept = stays_of(drug()).kept(week)
    assert kept.value == pytest.approx(share, abs=6e-5)
    low, high = log_log(share, error**2)
    assert kept.low <= low + 2e-3
    assert kept.high >= high - 2e-3
    assert kept_by(drug(), week)[1] ** 0.5 == pytest.approx(error, abs=6e-5)


def test_the_published_log_rank_test_of_the_leukaemia_trial():
    """9 against 19.25 expected, 21 against 10.75, chi square 16.79 (as R's survdiff prints them)."""
    found = log_rank(stays_of(drug()), stays_of(placebo()))
    assert (found.left, found.expected) == (9, pytest.approx(19.25, abs=0.005))
    other = log_rank(stays_of(placebo()), stays_of(drug()))
    assert (other.left, other.expected) == (21, pytest.approx(10.75, abs=0.005))
    assert found.p_value == pytest.approx(4.17e-5, rel=0.01) == other.p_value


def test_medians_of_the_leukaemia_trial():
    assert (stays_of(drug()).median, stays_of(placebo()).median) == (23, 8)


@pytest.mark.parametrize("seed", range(12))
def test_curves_are_those_of_loops_over_persons(seed):
    random = np.random.default_rng(seed)
    people = random_people(random, int(random.integers(12, 400)), float(random.uniform(30, 900)))
    stays = stays_of(people)
    assert (stays.customers, stays.left) == (len(people), sum(one.left for one in people))
    followed = sorted((one.followed for one in people), reverse=True)
    assert stays.horizon <= followed[4]
    for day in (0, 10, 91, 183, 365, 600, stays.horizon):
        if day > stays.horizon:
            assert stays.kept(day) is None
            assert stays.mean(day) is None
            continue
        share, variance = kept_by(people, day)
        kept = stays.kept(day)
        assert kept.value == pytest.approx(share, abs=1e-9)
        if 1e-9 < share < 1 - 1e-9 and variance:
            ends = log_log(share, variance), wilson(share, share * (1 - share) / variance)
            assert kept.low == pytest.approx(min(low for low, _ in ends), abs=1e-9)
            assert kept.high == pytest.approx(max(high for _, high in ends), abs=1e-9)
        area, spread = mean_within(people, day)
        assert stays.mean(day) == pytest.approx(area, abs=1e-9)
        half = 1.959963984540054 * spread**0.5
        assert stays.mean_interval(day) == pytest.approx((max(area - half, 0), min(area + half, day)), abs=1e-9)
    halves = [day for day, share, _ in kaplan_meier(people) if share <= 0.5 + 1e-12 and day <= stays.horizon]
    assert stays.median == (halves[0] if halves else None)


@pytest.mark.parametrize("seed", range(12))
def test_the_test_is_that_of_a_loop_over_days(seed):
    random = np.random.default_rng(seed + 100)
    one, other = (
        random_people(random, int(random.integers(30, 300)), float(random.uniform(100, 600))) for _ in range(2)
    )
    found, (observed, expected, p) = log_rank(stays_of(one), stays_of(other)), log_rank_of(one, other)
    assert found == pytest.approx((observed, expected, p), abs=1e-9)
    everybody = stays_of([*one, *other])
    assert log_rank(stays_of(one), everybody - stays_of(one)) == pytest.approx(found, abs=1e-12)


def test_one_who_leaves_on_the_first_day_proves_nothing():
    many = random_people(np.random.default_rng(1), 500, 800)
    one = [Person(1, True, 300)]
    assert log_rank_of(one, many)[2] < 1e-6  # what the chi square alone would say
    assert log_rank(stays_of(one), stays_of(many)) is None


def test_the_horizon_is_the_fifth_longest_follow_up():
    people = [Person(followed, False, followed) for followed in (900, 800, 700, 600, 500, 400)]
    assert stays_of(people).horizon == 500
    assert stays_of(people[:4]).horizon == -1
    assert stays_of(people[:4]).kept(10) is None


def test_those_who_left_count_for_the_horizon():
    """All five of long ago have left: the curve is known to have come to nothing, and stays there."""
    stays = stays_of([Person(10 * n, True, 900) for n in range(1, 6)])
    assert (stays.horizon, stays.kept(800).value, stays.median) == (900, 0.0, 30)
    assert stays.lifetime == pytest.approx(30)
    assert stays.mean(900) == pytest.approx(30)
    # five of five gone says more than nothing: Wilson's end of 0 of 5
    assert stays.kept(800).high == pytest.approx(wilson(0.0, 5)[1], abs=1e-9)


def test_where_nobody_is_left_to_look_at_the_curve_ends():
    """Those of long ago have left, the others were followed for 60 days: nothing is known beyond."""
    gone = [Person(10, True, 900) for _ in range(5)]
    young = [Person(60, False, 60) for _ in range(20)]
    stays = stays_of([*gone, *young])
    assert stays.horizon == 60
    assert stays.kept(60).value == pytest.approx(0.8)
    assert stays.kept(61) is None


def test_nobody_gone_is_as_sure_as_many_were_followed_so_long():
    """20 customers, 6 of them for a year: the interval is of 6, not of 20."""
    people = [Person(days, False, days) for days in [400] * 6 + [100] * 14]
    kept = stays_of(people).kept(365)
    assert (kept.value, kept.high) == (1.0, pytest.approx(1.0))
    assert kept.low == pytest.approx(wilson(1.0, 6)[0], abs=1e-9)


def test_a_whole_stay_is_claimed_only_where_few_are_left():
    people = [Person(day, True, 1000) for day in range(10, 100, 10)] + [Person(1000, False, 1000)]
    # ten stay 145 days on average within 1,000; since half had left (day 50) 4 left in 1,050 days at risk
    assert stays_of(people).lifetime == pytest.approx(145 + 0.1 * 1050 / 4)
    assert stays_of([*people, Person(1000, False, 1000)]).lifetime is None


def test_the_few_still_there_leave_at_the_pace_of_the_last():
    random = np.random.default_rng(8)
    people = random_people(random, 4000, 300, longest=1000)
    stays = stays_of(people)
    assert stays.kept(stays.horizon).value < 0.1
    # whole days cut off half a day
    assert stays.lifetime == pytest.approx(299.5, rel=0.05)
    assert stays.mean(stays.horizon) < stays.lifetime


def test_nobody_at_all():
    empty = Stays((), ())
    assert (empty.customers, empty.left, empty.horizon, empty.kept(0), empty.median) == (0, 0, -1, None, None)
    assert (empty.mean(0), empty.lifetime, log_rank(empty, empty)) == (None, None, None)


def test_months_are_compared_within_what_nearly_all_can_tell():
    old, newer, young = (
        stays_of([Person(day, False, day)] * n) for day, n in ((days_of(24), 50), (days_of(6), 45), (29, 5))
    )
    assert common_horizon([old, newer, young]) == 6
    assert common_horizon([old]) == 24
    assert common_horizon([young]) == 0
    assert common_horizon([]) == 0


def test_intervals_hold_the_truth():
    """400 tables of 60 customers: the 95 % intervals of a year and of the mean hold the truth in 92 to 98 %."""
    random = np.random.default_rng(17)
    held = mean_held = bias = 0.0
    mean, tables = 500.0, 400
    truth = exp(-366 / mean)  # who leaves within day 365 has stayed less than 366 days
    area = sum(exp(-day / mean) for day in range(1, 366))
    for _ in range(tables):
        stays = stays_of(random_people(random, 60, mean))
        kept = stays.kept(365)
        held += kept.low <= truth <= kept.high
        bias += (kept.value - truth) / tables
        low, high = stays.mean_interval(365)
        mean_held += low <= area <= high
    assert 0.92 <= held / tables <= 0.98
    assert 0.92 <= mean_held / tables <= 0.98
    assert abs(bias) < 0.015


def test_same_groups_are_rarely_called_different_and_others_often():
    random = np.random.default_rng(23)
    tables = 300
    same, differ = 0.0, 0.0
    for _ in range(tables):
        one, other, loyal = (stays_of(random_people(random, 100, mean)) for mean in (400, 400, 800))
        same += log_rank(one, other).p_value < 0.05
        differ += log_rank(one, loyal).p_value < 0.05
    assert same / tables <= 0.07
    assert differ / tables >= 0.8


def test_a_month_is_a_twelfth_of_a_year():
    assert pytest.approx(365.25) == MONTH * 12
