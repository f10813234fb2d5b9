"""Cumulative incidence against R's package survival, and the laws it obeys."""

import json
from itertools import pairwise
from math import log, sqrt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xl_leadkpi.funnel.incidence import (
    ADVANCED,
    ADVANCED_BY,
    ENOUGH_TO_LEVEL,
    LOST,
    LOST_BY,
    WAITING,
    Ending,
    Incidence,
    compare,
    discoveries,
    log_log_interval,
)
from xl_leadkpi.kpis import CATALOGUE

BY_R = json.loads(Path(__file__).with_name("incidence_by_r.json").read_text())
EVENTS = (WAITING, ADVANCED, ADVANCED, LOST, WAITING, LOST, ADVANCED)
ROWS = [Ending((i * 37 + (i // 7) * 11) % 61, EVENTS[(i * 5 + i // 13) % 7], 1) for i in range(400)]
"""The rows that incidence_by_r.R makes."""

KNOWN = st.builds(Ending, st.integers(0, 40), st.sampled_from((WAITING, ADVANCED, LOST)), st.integers(1, 9))
ANY_EVENT = st.sampled_from((WAITING, ADVANCED, LOST, ADVANCED_BY, LOST_BY))
ENDINGS = st.lists(st.builds(Ending, st.integers(0, 40), ANY_EVENT, st.integers(1, 9)), min_size=1, max_size=30)


@pytest.mark.parametrize("row", BY_R, ids=lambda row: f"day {row[0]}")
def test_shares_and_their_errors_are_those_of_survival(row):
    day, waiting, advanced, lost, _, of_advanced, of_lost = row
    found = Incidence(ROWS)
    assert found.curves.waiting[int(day)] == pytest.approx(waiting, abs=1e-12)
    assert (found.advanced_by(int(day)), found.lost_by(int(day))) == pytest.approx((advanced, lost), abs=1e-12)
    assert list(map(sqrt, found.variances(int(day))[:2])) == pytest.approx([of_advanced, of_lost], abs=1e-12)


def test_all_followed_to_the_end_is_plain_division():
    found = Incidence([Ending(3, ADVANCED, 40), Ending(5, LOST, 60)])
    rate = found.rate()
    assert (rate.value, rate.within_days, rate.of) == (pytest.approx(0.4), None, 100)
    assert found.variances(5)[0] == pytest.approx(0.4 * 0.6 / 100)


def test_young_ones_do_not_count_as_failed():
    old = [Ending(10, ADVANCED, 50), Ending(20, LOST, 50)]
    assert Incidence([*old, Ending(0, WAITING, 300)]).rate().value == pytest.approx(0.5)


def test_too_early_to_be_final():
    rate = Incidence(
        [Ending(2, ADVANCED, 10), Ending(4, ADVANCED, 10), Ending(5, LOST, 5), Ending(6, WAITING, 75)]
    ).rate()
    assert (rate.value, rate.within_days) == (pytest.approx(0.2), 6)


def test_without_losses_nothing_is_certain_to_come():
    rate = Incidence([Ending(2, ADVANCED, 95), Ending(9, WAITING, 5)]).rate()
    assert rate.value == pytest.approx(0.95)  # not 100 %, though all that have ended were won


def test_those_that_wait_for_nothing_do_not_come():
    """Leads that nobody ever closes: after a year without a win nobody expects one."""
    level = [Ending(5, ADVANCED, ENOUGH_TO_LEVEL), Ending(8, LOST, 10), Ending(365, WAITING, 60)]
    rate = Incidence(level).rate()
    assert (rate.value, rate.within_days) == (pytest.approx(0.3), None)
    few = [Ending(5, ADVANCED, ENOUGH_TO_LEVEL - 1), *level[1:]]
    assert Incidence(few).rate().within_days == 365


def test_nobody_long_enough():
    assert Incidence([Ending(3, WAITING, 4)]).rate() is None
    assert Incidence([]).rate() is None
    assert Incidence([]).mean is Incidence([]).quantile(0.5) is Incidence([]).mean_wait is None


def test_an_unknown_day_lies_where_the_known_ones_do():
    known = [Ending(2, ADVANCED, 30), Ending(10, ADVANCED, 10), Ending(6, LOST, 60)]
    found = Incidence([*known, Ending(20, ADVANCED_BY, 20), Ending(20, LOST_BY, 30)])
    every = Incidence([Ending(2, ADVANCED, 45), Ending(10, ADVANCED, 15), Ending(6, LOST, 90)])
    for day in range(21):
        assert found.advanced_by(day) == pytest.approx(every.advanced_by(day), abs=1e-6)
        assert found.lost_by(day) == pytest.approx(every.lost_by(day), abs=1e-6)


def test_where_no_day_is_known_it_is_the_last_possible_one():
    found = Incidence([Ending(5, ADVANCED_BY, 3), Ending(9, LOST_BY, 3), Ending(12, WAITING, 6)])
    assert (found.advanced_by(4), found.advanced_by(5), found.lost_by(9)) == (
        0,
        pytest.approx(0.25),
        pytest.approx(0.25),
    )


def test_waits():
    found = Incidence([Ending(day, ADVANCED, 10) for day in range(1, 11)])
    assert (found.quantile(0.25), found.quantile(0.5), found.usual_days) == (3, 5, 9)
    assert (found.mean, found.mean_wait) == (pytest.approx(5.5), pytest.approx(5.5))


def test_counts_within():
    found = Incidence([Ending(3, ADVANCED, 5), Ending(8, ADVANCED, 3), Ending(4, LOST, 2), Ending(12, WAITING, 4)])
    assert found.count_within(5) == (14, 5)
    unknown = Incidence(
        [Ending(2, ADVANCED, 10), Ending(8, ADVANCED, 10), Ending(20, ADVANCED_BY, 6), Ending(20, LOST, 9)]
    )
    assert unknown.count_within(5)[1] == pytest.approx(13, abs=1e-6)


@settings(deadline=None)
@given(ENDINGS)
def test_laws(endings):
    found = Incidence(endings)
    curves = found.curves
    assert curves.advanced + curves.lost + curves.waiting == pytest.approx(1, abs=1e-9)
    for curve in (curves.advanced, curves.lost, -curves.waiting):
        assert all(after >= before - 1e-12 for before, after in pairwise(curve))
    rate = found.rate()
    if rate is not None:
        assert 0 <= rate.low <= rate.value + 1e-9
        assert rate.value - 1e-9 <= rate.high <= 1
        assert all(value >= -1e-12 for value in found.variances(found.horizon)[:2])
        again = Incidence(reversed(endings)).rate()
        assert again.within_days == rate.within_days
        assert (again.value, again.low, again.high) == pytest.approx((rate.value, rate.low, rate.high))


@settings(deadline=None)
@given(st.lists(KNOWN, min_size=1, max_size=20), st.lists(KNOWN, min_size=1, max_size=20))
def test_the_others_are_all_but_the_group(group, others):
    rest = Incidence([*group, *others]) - Incidence(group)
    assert rest.entered == sum(one.n for one in others)
    alone = Incidence(others)
    assert rest.advanced_by(40) == pytest.approx(alone.advanced_by(40))
    assert rest.horizon == alone.horizon


@settings(deadline=None)
@given(st.lists(KNOWN, min_size=1, max_size=20))
def test_a_group_beside_itself_is_not_different(group):
    found = compare(Incidence(group), Incidence(group))
    assert found is None or found.p_value == pytest.approx(1)


def test_a_comparison_of_groups_followed_to_the_end_is_that_of_two_rates():
    one = Incidence([Ending(3, ADVANCED, 56), Ending(5, LOST, 14)])
    other = Incidence([Ending(3, ADVANCED, 48), Ending(5, LOST, 32)])
    assert compare(one, other).p_value == pytest.approx(CATALOGUE["RATETEST"](56, 70, 48, 80), rel=1e-9)


def test_groups_are_compared_over_the_days_that_both_have():
    old = Incidence([Ending(5, ADVANCED, 20), Ending(50, ADVANCED, 60), Ending(50, LOST, 20)])
    young = Incidence([Ending(5, ADVANCED, 20), Ending(9, WAITING, 80)])
    found = compare(old, young)
    assert (found.within_days, found.own, found.others) == (9, pytest.approx(0.2), pytest.approx(0.2))


def test_a_young_group_is_completed_by_all():
    old = [Ending(5, ADVANCED, 200), Ending(30, ADVANCED, 300), Ending(40, LOST, 500)]
    young = [Ending(5, ADVANCED, 20), Ending(9, WAITING, 80)]
    rate = Incidence(young).rate_among(Incidence([*old, *young]))
    assert rate is not None
    assert rate.own_days is None  # four in five undecided: that is not its own rate
    middling = [Ending(5, ADVANCED, 20), Ending(8, LOST, 30), Ending(9, WAITING, 50)]
    completed = Incidence(middling).rate_among(Incidence(old))
    assert completed.own_days == 9
    assert completed.value == pytest.approx(0.2 + 0.5 * 300 / 800)  # as 300 of the 800 old ones undecided then


def test_false_discoveries_as_benjamini_and_hochberg_have_it():
    """The fifteen p-values of their paper (1995, section 3.3): four are believed at 5 %."""
    believed = [0.0001, 0.0004, 0.0019, 0.0095]
    values = [*believed, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert discoveries(values) == [True] * 4 + [False] * 11
    assert discoveries([]) == []
    assert discoveries([None, 0.01]) == [False, True]


def test_the_interval_on_the_scale_of_log_of_minus_log():
    """Kalbfleisch and Prentice 1980: on that scale the estimate is the middle."""
    low, high = log_log_interval(0.3, 0.002, 100)
    middle = (log(-log(low)) + log(-log(high))) / 2
    assert middle == pytest.approx(log(-log(0.3)))


@pytest.mark.parametrize("value", [0, 1])
def test_an_interval_where_that_scale_ends_is_wilsons(value):
    low, high = log_log_interval(value, 0.0, 40)
    assert (low, high) == pytest.approx([CATALOGUE["CONVCI"](40 * value, 40)[i] for i in (0, 1)])
