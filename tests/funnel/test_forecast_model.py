"""The model of the forecast held against walks of single deals, and its uncertainty against tables drawn anew."""

import math

import numpy as np
import pytest

from xl_leadkpi.funnel.forecast import passages
from xl_leadkpi.funnel.forecast_model import TELLING, Expectation, Inflow, Model, Passage, Stock, Worth
from xl_leadkpi.funnel.incidence import ADVANCED, LONGEST, LOST, WAITING, Ending, Incidence

ADVANCE, LOSS = np.array([0.1, 0.2, 0.05, 0.1]), np.array([0.05, 0.1, 0.2, 0.05])
FIRST = Passage(ADVANCE, LOSS, np.full(4, 200.0))
SECOND = Passage(np.array([0.0, 0.3, 0.1]), np.array([0.2, 0.1, 0.15]), np.full(3, 150.0))
STOCK = Stock(np.array([3.0, 0, 2, 0, 0, 1]), np.array([30.0, 0, 50, 0, 0, 7]), np.array([300.0, 0, 1300, 0, 0, 49]))
NONE = Stock(*np.zeros((3, 1)))


def walk(stage, age, days, draw, path=(FIRST, SECOND)):
    """Whether a deal that has been in a stage for so many days is won within some days: one walk, day by day."""
    age += 1
    for _ in range(days):
        while True:
            one = path[stage]
            place = min(age, len(one.advanced) - 1)
            luck = draw.random()
            if luck < one.advanced[place]:
                stage, age = stage + 1, 0
                if stage == len(path):
                    return True
                continue  # which may go on the same day
            if luck < one.advanced[place] + one.lost[place]:
                return False
            age += 1
            break
    return False


@pytest.mark.parametrize(("stage", "age", "days"), [(0, 0, 1), (0, 0, 6), (0, 3, 20), (1, 1, 2), (1, 9, 400)])
def test_chances_are_those_of_walks(stage, age, days):
    draw, walks = np.random.default_rng(5), 20_000
    won = sum(walk(stage, age, days, draw) for _ in range(walks)) / walks
    model = Model([FIRST, SECOND], [NONE, NONE])
    chance = model.within(days)[stage][days][model.passages[stage].place(age)]
    assert won == pytest.approx(chance, abs=4 * math.sqrt(0.25 / walks))
    if days == 400:
        assert chance == pytest.approx(model.chance(stage, age), abs=1e-9)


def test_months_add_up_to_what_is_won_whenever():
    model = Model([FIRST, SECOND], [STOCK, STOCK])
    months = model.sums([3, 10, 40, 900])
    whenever = model.whenever()
    assert sum(one.open_won.mean for one in months) == pytest.approx(whenever.open_won.mean, rel=1e-9)
    assert sum(one.open_money.mean for one in months) == pytest.approx(whenever.open_money.mean, rel=1e-9)
    stages = [model.of_stage(stage, STOCK) for stage in (0, 1)]
    assert sum(money for _, money in stages) == pytest.approx(whenever.open_money.mean, rel=1e-12)
    [once] = model.sums([900])
    assert once.open_money.variance == pytest.approx(whenever.open_money.variance, rel=1e-6)


def test_what_is_yet_to_come_is_the_curve_of_each_day():
    inflow = Inflow(2.5, 225.0, 1.4, 0.004, 1e-6, 60.0)
    worth = Worth(100.0, 12_000.0, 50.0)
    model = Model([FIRST, SECOND], [STOCK, NONE], inflow, worth)
    first, second = model.sums([30, 60])
    curve = model.within(60)[0][:, 0]
    came = [
        inflow.rates(60)[day - 1] * (curve[61 - day] - (curve[31 - day] if day <= 30 else 0)) for day in range(1, 61)
    ]
    assert second.new_won.mean == pytest.approx(sum(came))
    assert second.new_money.mean == pytest.approx(100 * sum(came))
    assert second.money.mean == pytest.approx(second.open_money.mean + second.new_money.mean)
    assert first.new_won.mean < second.new_won.mean
    assert inflow.rates(1)[0] == pytest.approx(2.5 * math.exp(0.004 * 61), rel=1e-3)


def test_gradients_are_differences():
    """How sums move with a chance, beside the same sums with that chance a little larger."""
    inflow, step = Inflow(1.5, 100.0), 1e-6
    model = Model([FIRST, SECOND], [STOCK, STOCK], inflow)
    ends = [4, 25]
    gradient = model._gradients(model.within(25), ends)
    for stage, day, kind in [(0, 1, "advanced"), (0, 3, "lost"), (1, 2, "advanced"), (1, 0, "lost")]:
        changed = [FIRST, SECOND]
        chances = {key: getattr(changed[stage], key).copy() for key in ("advanced", "lost")}
        chances[kind][day] += step
        changed[stage] = Passage(chances["advanced"], chances["lost"], changed[stage].at_risk)
        other = Model(changed, [STOCK, STOCK], inflow)
        place = day + (len(FIRST.advanced) if stage else 0)
        for end in range(2):
            found = [model.sums(ends[: end + 1]), other.sums(ends[: end + 1])]
            for measure, read in enumerate(
                (lambda one: one.open_won, lambda one: one.open_money, lambda one: one.new_won)
            ):
                before, after = (sum(read(one).mean for one in sums) for sums in found)
                slope = gradient[end, measure, 0 if kind == "advanced" else 1, place]
                assert (after - before) / step == pytest.approx(slope, rel=1e-3, abs=1e-6)
        slope = model._eventual_gradient()[1, 0 if kind == "advanced" else 1, place]
        before, after = (one.whenever().open_money.mean for one in (model, other))
        assert (after - before) / step == pytest.approx(slope, rel=1e-3, abs=1e-6)


def test_the_interval_is_that_of_a_gamma_distribution():
    draw = np.random.default_rng(3)
    for mean, variance in [(50.0, 100.0), (3.0, 4.0), (1e6, 4e10)]:
        sample = draw.gamma(mean**2 / variance, variance / mean, 400_000)
        low, high = np.quantile(sample, [0.1, 0.9])
        assert Expectation(mean, variance).interval == pytest.approx((low, high), rel=0.03)
    assert Expectation(0.0, 5.0).interval == (0.0, 0.0)
    assert Expectation(0.01, 5.0).interval == (0.0, 0.01)


def test_the_chance_of_one_that_has_just_come_is_the_eventual_rate():
    draw = np.random.default_rng(8)
    endings = [Ending(int(day), ADVANCED if luck < 0.6 else LOST, 1)
               for day, luck in zip(draw.geometric(0.1, 900), draw.random(900), strict=True)]  # fmt: skip
    endings += [Ending(int(day), WAITING, 1) for day in draw.integers(0, 20, 300)]
    found = Incidence(endings)
    assert found.is_final
    model = Model([Passage.of(found)], [NONE])
    assert model.eventual[0][0] == pytest.approx(found.rate().value, rel=1e-9)


def test_where_nothing_happens_any_more_nothing_is_expected():
    """Deals that nobody ever closed, long past the last day on which anything was won or lost."""
    found = Incidence(
        [*(Ending(day, kind, 5) for day in range(10) for kind in (ADVANCED, LOST)), Ending(200, WAITING, 90)]
    )
    model = Model([Passage.of(found)], [NONE])
    assert model.chance(0, 60) == model.chance(0, 400) == 0
    assert model.chance(0, 4) > 0.1


def test_a_young_pipeline_goes_on_at_its_pace():
    """Followed for 30 days of a stay of 100 on average: those still there go on as those before them did."""
    draw = np.random.default_rng(4)
    days, age = draw.geometric(0.01, 60_000), draw.integers(0, 30, 60_000)
    going = draw.random(60_000) < 0.4
    found = Incidence(
        Ending(int(min(day, old)), WAITING if day > old else ADVANCED if goes else LOST, 1)
        for day, old, goes in zip(days, age, going, strict=True)
    )
    assert not found.is_final
    model = Model([Passage.of(found)], [NONE])
    assert [model.chance(0, age) for age in (0, 500)] == pytest.approx([0.4, 0.4], abs=0.03)
    assert model.within(70)[0][70][1] == pytest.approx(0.4 * (1 - 0.99**70), abs=0.02)


def test_few_in_a_stage_are_like_those_of_all():
    whole = Incidence([Ending(day, kind, 20) for day in range(1, 11) for kind in (ADVANCED, LOST)])
    few = Incidence([Ending(3, ADVANCED, 2)])
    _, small = passages([whole, few, whole])[:2]
    assert len(small.advanced) == 1
    assert small.advanced[0] / (small.advanced[0] + small.lost[0]) == pytest.approx((2 + 4 * 402 / 802) / 6)
    assert passages([whole, Incidence(()), whole])[1].advanced[0] > 0


@pytest.mark.parametrize("endings", [
    [Ending(3, ADVANCED, 40), Ending(9, WAITING, 5)],  # nothing is ever lost
    [Ending(3, ADVANCED, 9), Ending(4, LOST, 90)],  # too few wins
    [Ending(3, ADVANCED, 10), Ending(4, LOST, 19)],  # too few opportunities
    [],
])  # fmt: skip
def test_too_little_to_forecast(endings):
    assert passages([Incidence(endings)]) is None


def test_each_open_deal_falls_one_way_or_the_other():
    sure = Passage(ADVANCE, LOSS, np.full(4, 1e12))  # rates as good as known
    [sums] = Model([sure], [STOCK]).sums([5])
    chances = Model([sure], [STOCK]).within(5)[0][5][[1, 3, 3]]
    won, money = np.array([3, 2, 1]), np.array([300, 1300, 49])
    assert sums.open_won.variance == pytest.approx((won * chances * (1 - chances)).sum(), rel=1e-6)
    assert sums.open_money.variance == pytest.approx((money * chances * (1 - chances)).sum(), rel=1e-6)


def test_open_deals_without_amounts_are_worth_what_a_win_brings():
    worth = Worth(40.0, 2000.0, 25.0)
    [sums] = Model([FIRST], [STOCK], Inflow(1.0, 90.0), worth, is_valued=False).sums([30])
    assert sums.open_money.mean == pytest.approx(40 * sums.open_won.mean)
    assert sums.money.mean == pytest.approx(40 * sums.won.mean)
    assert sums.open_money.variance > 1600 * sums.open_won.variance
    assert Model([FIRST], [STOCK], None, None, is_valued=False).whenever().open_money is None


def test_days_far_away_take_no_room():
    # to the last day that Excel knows are 2.9 million days: a table of each day of each of them took 4 GB
    events = [Ending(day, event, 1) for day in range(9, 20_000, 10) for event in (ADVANCED, LOST)]
    found = Incidence([*events, Ending(2_912_000, WAITING, 600)])
    assert found.on_days.shape[1] == LONGEST + 1
    assert found.entered == 4600
    one = Passage.of(found)
    assert len(one.advanced) == TELLING + 1
    # after ten years the pace of the last five goes on: one in ten days, of those still there
    days = range(TELLING // 2, TELLING)
    there = sum(4600 - 2 * len(range(9, day, 10)) for day in days)
    assert one.advanced[-1] == pytest.approx(sum(day % 10 == 9 for day in days) / there)
