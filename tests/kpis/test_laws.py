"""Laws that hold for every KPI of a kind, taken from the declarations."""

import math
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from xl_leadkpi import kpis
from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.kpis.attribution import RULES
from xl_leadkpi.kpis.elementwise import ElementwiseKpi

ELEMENTWISE = [kpi for kpi in CATALOGUE.values() if isinstance(kpi, ElementwiseKpi)]
DIFFERENCES = {"RATEDIFF", "RATEDIFFCI"}
SHARES = [
    kpi
    for kpi in ELEMENTWISE
    if kpi.unit in {"fraction", "p_value"} and kpi.impossible is not None and kpi.name not in DIFFERENCES
]
RANGED = [kpi for kpi in CATALOGUE.values() if type(kpi).__name__ == "AggregateKpi" and kpi.name != "ATTRIB"]
SUMS = ["WEBTRAFFIC", "IMPRESSIONS", "REVENUE", "MRR"]
EXAMPLES = settings(max_examples=60, deadline=None)

counts = st.integers(0, 10_000).map(float)
amounts = st.floats(0.01, 1e7).map(lambda amount: round(amount, 2))


def of(argument):
    """Possible values of an argument."""
    if argument.unit == "money":
        return amounts
    return st.floats(0.01, 1.0) if argument.high == 1 else counts


def numbers(kpi):
    return st.tuples(*(of(argument) for argument in kpi.arguments))


def by_name(kpi):
    return kpi.name


@pytest.mark.parametrize("kpi", [k for k in ELEMENTWISE if any(a.unit == "money" for a in k.arguments)], ids=by_name)
@EXAMPLES
@given(data=st.data())
def test_another_currency_scales_money_and_leaves_the_rest(kpi, data):
    values = data.draw(numbers(kpi))
    rate = data.draw(st.sampled_from([0.25, 4.0, 1024.0]))
    scaled = [v * rate if a.unit == "money" else v for v, a in zip(values, kpi.arguments, strict=True)]
    before, after = kpi(*values), kpi(*scaled)
    if isinstance(before, CellError):
        assert after is before
    elif kpi.name == "LEADSNEEDED":
        assert abs(after - before) <= 1
    else:
        assert after == pytest.approx(before * (rate if kpi.unit == "money" else 1), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("kpi", SHARES, ids=by_name)
@EXAMPLES
@given(data=st.data())
def test_share_stays_within_0_and_1(kpi, data):
    result = kpi(*data.draw(numbers(kpi)))
    for value in result if isinstance(result, tuple) else [result]:
        assert isinstance(value, CellError) or -1e-12 <= value <= 1 + 1e-12


@pytest.mark.parametrize("name", sorted(DIFFERENCES))
@EXAMPLES
@given(data=st.data())
def test_difference_of_shares_stays_within_minus_1_and_1(name, data):
    result = CATALOGUE[name](*data.draw(numbers(CATALOGUE[name])))
    for value in result if isinstance(result, tuple) else [result]:
        assert isinstance(value, CellError) or abs(value) <= 1 + 1e-12


SOME_OF = [(kpi, argument) for kpi in ELEMENTWISE for argument in kpi.arguments if argument.out_of]
EVENTS = [(kpi, argument) for kpi in ELEMENTWISE for argument in kpi.arguments if argument.may_exceed]
SEVERAL_KINDS = {"LISTGROWTH", "WINRATE", "LOSSRATE", "RETRATE", "LVR"}
"""What stands above the line is neither some of what is below nor an event of it: it is in both, or it is a change."""


@pytest.mark.parametrize(("kpi", "part"), SOME_OF, ids=[f"{kpi.name}-{part.name}" for kpi, part in SOME_OF])
def test_what_counts_once_is_at_most_all(kpi, part):
    wholes = {argument.out_of for argument in kpi.arguments}
    given = {argument.name: argument.default or (7.0 if argument.name in wholes else 0.0) for argument in kpi.arguments}
    given |= {part.name: 7.0}
    assert not isinstance(kpi(**given), CellError)
    assert kpi(**given | {part.name: 7.5}) is CellError.NUM
    assert [
        rule.error for rule in kpi.rules if {part.name, part.out_of} <= set(re.findall(r"\w+", rule.condition))
    ] == [CellError.NUM]


@pytest.mark.parametrize(("kpi", "part"), EVENTS, ids=[kpi.name for kpi, _ in EVENTS])
def test_events_may_be_more(kpi, part):
    assert kpi(**{part.name: 15.0, part.may_exceed: 10.0}) == 1.5


def test_every_rate_of_counts_says_which_it_is():
    rates = {kpi.name for kpi in ELEMENTWISE if kpi.unit == "fraction" and {a.unit for a in kpi.arguments} == {"count"}}
    said = {kpi.name for kpi, _ in SOME_OF + EVENTS}
    assert rates - said == SEVERAL_KINDS
    assert not {kpi.name for kpi, _ in SOME_OF} & {kpi.name for kpi, _ in EVENTS}


@pytest.mark.parametrize("name", ["STEPCONV", "CUMCONV"])
def test_a_funnel_column_does_not_widen(name):
    assert CATALOGUE[name]([40, 41, 30])[1] is CellError.NUM
    assert CATALOGUE[name]([40, 40, 30])[1] == 1


@EXAMPLES
@given(amounts, amounts, st.floats(0, 0.9), st.floats(0.01, 1))
def test_coverage_of_what_is_left(pipeline, target, share, win_rate):
    won = target * share
    assert kpis.PIPECOV(pipeline, target, won) == pytest.approx(kpis.PIPECOV(pipeline, target) / (1 - share))
    weighted = kpis.WPIPE([pipeline], [win_rate])
    assert kpis.WPIPECOV(weighted, target, won) == pytest.approx(kpis.PIPECOV(pipeline, target, won) * win_rate)


@pytest.mark.parametrize("kpi", ELEMENTWISE, ids=by_name)
@EXAMPLES
@given(data=st.data())
def test_a_column_is_its_cells(kpi, data):
    rows = data.draw(st.lists(numbers(kpi), min_size=1, max_size=5))
    of_column = kpi(*(list(column) for column in zip(*rows, strict=True)))
    for row, ours in zip(rows, of_column, strict=True):
        alone = kpi(*row)
        if isinstance(alone, CellError):
            assert ours in (alone, [alone] * kpi.items)
        else:
            assert ours == pytest.approx(alone, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("kpi", RANGED, ids=by_name)
@EXAMPLES
@given(data=st.data())
def test_order_of_rows_does_not_matter(kpi, data):
    ranges = [argument for argument in kpi.arguments if argument.is_range and argument.paired]
    rows = data.draw(st.lists(st.tuples(*(_of_range(argument) for argument in ranges)), min_size=1, max_size=8))
    others = {argument.name: _single(argument) for argument in kpi.arguments if argument not in ranges}
    shuffled = data.draw(st.permutations(rows))
    before = kpi(**_columns(ranges, rows), **others)
    after = kpi(**_columns(ranges, shuffled), **others)
    assert after is before if isinstance(before, CellError) else after == pytest.approx(before, rel=1e-12)


def _columns(ranges, rows):
    return {argument.name: list(column) for argument, column in zip(ranges, zip(*rows, strict=True), strict=True)}


def _of_range(argument):
    if argument.name.startswith("crit_range"):
        return st.sampled_from(["Ads", "ads ", "SEO", None])
    if argument.unit == "text":
        return st.sampled_from(["won", "lost", "open", "Ads", "MQL", None])
    if argument.unit == "date":
        return st.one_of(st.none(), st.integers(45_000, 45_100).map(float))
    if argument.high < math.inf:
        return st.one_of(st.none(), st.floats(0, argument.high))
    return st.one_of(st.none(), st.integers(1, 500).map(float))


def _single(argument):
    single = {"criterion": "Ads", "stage": "MQL", "order": ["Lead", "MQL", "won"], "stat": "p90"}
    return single.get(argument.name.rstrip("234"), argument.default)  # further criteria are numbered


@pytest.mark.parametrize("name", SUMS)
@EXAMPLES
@given(st.lists(counts, max_size=6), st.lists(counts, max_size=6))
def test_sum_of_parts(name, left, right):
    kpi = CATALOGUE[name]
    assume(left and right)
    assert kpi(left + right) == pytest.approx(kpi(left) + kpi(right))


@EXAMPLES
@given(st.lists(st.tuples(amounts, st.integers(1, 500).map(float)), min_size=1, max_size=8))
def test_total_of_a_ratio_is_the_ratio_of_the_totals(rows):
    spend, leads = zip(*rows, strict=True)
    each = kpis.CPL(list(spend), list(leads))
    weighted = sum(cost * count for cost, count in zip(each, leads, strict=True)) / sum(leads)
    assert kpis.CPL(sum(spend), sum(leads)) == pytest.approx(weighted)


@EXAMPLES
@given(st.integers(0, 1_000), st.integers(0, 1_000), st.integers(1, 1_000))
def test_inverses_and_complements(part, other, whole):
    assume(part <= whole)
    assert kpis.NOSHOWRATE(whole - part, whole) == pytest.approx(1 - kpis.SHOWRATE(part, whole))
    assert kpis.WEBENGRATE(part, whole) == pytest.approx(1 - kpis.BOUNCERATE(whole - part, whole))
    assert kpis.DROPOFF(whole, part) == pytest.approx(1 - kpis.CONVRATE(part, whole))
    assert kpis.LOSSRATE(whole, other) == pytest.approx(1 - kpis.WINRATE(whole, other))
    assert kpis.RETRATE(whole - part, 0, whole) == pytest.approx(1 - kpis.CHURNRATE(part, whole))
    assert kpis.NRR(whole, 0, part, 0) == pytest.approx(kpis.GRR(whole, part, 0))
    assert kpis.MRRCHURN(0, whole, part) == pytest.approx(1 - kpis.GRR(whole, part, 0))
    assert kpis.MRRCHURN(part, whole) == pytest.approx(kpis.CHURNRATE(part, whole))
    assert kpis.LIFETIME(whole / 1_000) == pytest.approx(1_000 / whole)
    assert kpis.BEROAS(whole / 1_000) == pytest.approx(1_000 / whole)
    assert kpis.REACH(whole * 3, kpis.ADFREQ(whole * 3, whole)) == pytest.approx(whole)
    low, high = kpis.CONVCI(part, whole)
    assert low <= kpis.CONVRATE(part, whole) + 1e-12
    assert kpis.CONVRATE(part, whole) <= high + 1e-12


@EXAMPLES
@given(amounts, amounts, st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_identities_between_kpis(revenue, cost, margin, churn):
    assert kpis.ROAS(revenue, cost) == pytest.approx(kpis.ROMI(revenue, cost) + 1)
    assert kpis.ROMI(revenue, cost) == pytest.approx(kpis.ROI(revenue, cost))
    assert kpis.CLTVCHURN(revenue, churn, margin) == pytest.approx(kpis.CLTV(revenue, kpis.LIFETIME(churn), margin))
    assert kpis.CMGR(cost, revenue, 1) == pytest.approx(kpis.GROWTHRATE(revenue, cost))
    assert kpis.ROMI(revenue / kpis.BEROAS(margin), cost) == pytest.approx(kpis.ROMI(revenue, cost, margin))
    assert kpis.RULEOF40(kpis.GROWTHRATE(revenue, cost), margin) == pytest.approx((revenue - cost) / cost + margin)
    assert kpis.MAGICNUMBER(revenue, 0, cost) == pytest.approx(4 * kpis.MER(revenue, cost))
    assert kpis.BURNMULTIPLE(cost, revenue) == pytest.approx(1 / kpis.MER(revenue, cost))
    # CPL divided by the qualification rate is the cost per MQL, what the wrong formula of an article was after
    assert kpis.CPL(cost, 200) / kpis.LEADQUAL(80, 200) == pytest.approx(kpis.CPMQL(cost, 80))
    assert kpis.AVGDEAL(revenue, 12) * kpis.LEADCONV(12, 150) == pytest.approx(kpis.LEADVALUE(revenue, 150))


@EXAMPLES
@given(st.lists(st.integers(0, 10).map(float), min_size=1, max_size=30))
def test_ratings_and_counts_agree(ratings):
    promoters, detractors = sum(r >= 9 for r in ratings), sum(r <= 6 for r in ratings)
    assert kpis.NPSCORE(ratings) == pytest.approx(kpis.NPS(promoters, detractors, len(ratings)))
    assert kpis.CSATTOP(ratings, 9) == pytest.approx(kpis.CSAT(promoters, len(ratings)))


@EXAMPLES
@given(
    st.integers(1, 8),
    st.sampled_from(RULES),
    st.floats(0.5, 60),
    st.data(),
)
def test_attribution_weights_add_up_to_1(touches, model, half_life, data):
    days = data.draw(st.lists(st.integers(0, 2_000), min_size=touches, max_size=touches))
    lead, opp = (data.draw(st.integers(1, touches)) for _ in range(2))
    weights = kpis.ATTRIB(["Ads"] * touches, model, days, half_life, lead, opp)
    assert math.isclose(sum(weights), 1, abs_tol=1e-9)
    assert all(0 <= weight <= 1 for weight in weights)


@EXAMPLES
@given(st.lists(counts, min_size=2, max_size=8))
def test_steps_multiply_to_the_cumulative_rate(column):
    assume(all(column))
    column = sorted(column, reverse=True)
    steps, cumulative = kpis.STEPCONV(column), kpis.CUMCONV(column)
    assert math.prod(steps) == pytest.approx(cumulative[-1])
