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


@pytest.mark.parametrize("leads", [0, 1])
def test_gradients_are_differences(leads):
    """How sums move with a chance, beside the same sums with that chance a little larger."""
    inflow, step = Inflow(1.5, 100.0), 1e-6
    model = Model([FIRST, SECOND], [STOCK, STOCK], inflow, before=leads)
    ends = [4, 25]
    gradient = model._gradients(model.within(25), ends)
    for stage, day, kind in [(0, 1, "advanced"), (0, 3, "lost"), (1, 2, "advanced"), (1, 0, "lost")]:
        changed = [FIRST, SECOND]
        chances = {key: getattr(changed[stage], key).copy() for key in ("advanced", "lost")}
        chances[kind][day] += step
        changed[stage] = Passage(chances["advanced"], chances["lost"], changed[stage].at_risk)
        other = Model(changed, [STOCK, STOCK], inflow, before=leads)
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


@pytest.mark.parametrize(("shape", "scale", "shift"), [(6.0, 3.0, 10.0), (9.0, -2.0, 60.0), (3.0, 5.0, -2.0)])
def test_with_a_third_cumulant_it_begins_anywhere(shape, scale, shift):
    sample = shift + scale * np.random.default_rng(3).gamma(shape, 1, 400_000)
    expected = Expectation(shift + shape * scale, shape * scale**2, 2 * shape * scale**3)
    assert expected.interval == pytest.approx(np.quantile(sample, [0.1, 0.9]), rel=0.01)


def test_it_begins_at_0_where_nothing_may_come():
    assert Expectation(3.0, 4.0, 5.0, 0.09).interval[0] > 0
    assert Expectation(3.0, 4.0, 5.0, 0.11).interval[0] == 0
    for mean, variance in [(2.0, 2.0), (2.0, 5.0), (2.0, 1.2)]:
        draw = np.random.default_rng(4)
        if variance > mean:  # a Poisson number whose mean is uncertain
            numbers = draw.poisson(draw.gamma(mean**2 / (variance - mean), variance / mean - 1, 200_000))
        elif variance < mean:
            numbers = draw.binomial(5, 0.4, 200_000)
        else:
            numbers = draw.poisson(mean, 200_000)
        assert Expectation(mean, variance).numbered().nothing == pytest.approx((numbers == 0).mean(), abs=0.005)
    assert (Expectation(0.0, 0.0).numbered().nothing, Expectation(2.0, 0.0).numbered().nothing) == (1, 0)


def cumulants(sample):
    return sample.mean(), sample.var(), ((sample - sample.mean()) ** 3).mean()


def test_cumulants_are_those_of_draws():
    """Open deals of gamma amounts fall this way or that, those to come are as many as their uncertain rate has it."""
    draw, many = np.random.default_rng(6), 400_000
    amounts = draw.gamma(2, 50, 60)
    stock = Stock(*(np.array([float(one)]) for one in (60, amounts.sum(), (amounts**2).sum())))
    sure, chance = Passage(np.array([0.0, 0.2]), np.array([0.0, 0.3]), np.full(2, 1e15)), 0.2
    inflow, worth = Inflow(2.0, 40.0, 1.5), Worth(100.0, 15_000.0, 1e15)
    [sums] = Model([sure], [stock], inflow, worth).sums([1])
    assert sums.new_won.mean == 0  # one that comes on a day is open at the end of it
    won = draw.random((many, 60)) < chance
    of_number, of_money = cumulants(won.sum(axis=1)), cumulants(won @ amounts)
    assert tuple(sums.open_won[:3]) == pytest.approx(of_number, rel=0.03)
    assert tuple(sums.open_money[:2]) == pytest.approx(of_money[:2], rel=0.02)
    assert sums.open_money.third == pytest.approx(of_money[2], rel=0.15)  # by a gamma distribution of the amounts
    fast = Passage(np.array([0.2]), np.array([0.3]), np.array([1e15]))
    [sums] = Model([fast], [NONE], inflow, worth).sums([1])
    doubt = 1.5 / 40
    rate = 2 * 0.2 * draw.gamma(1 / doubt, doubt, many)
    numbers = draw.poisson(rate * draw.gamma(0.4 / 0.1, 0.1 / 0.4, many))  # over by (1.5 - 1) x 0.2
    assert tuple(sums.new_won[:3]) == pytest.approx(cumulants(numbers), rel=0.04)
    money = np.where(numbers > 0, draw.gamma(2 * np.maximum(numbers, 1), 50), 0)
    assert tuple(sums.new_money[:3]) == pytest.approx(cumulants(money), rel=0.05)


def test_deals_without_a_day_are_of_any_age():
    """Drawn: each of the ages of the others, and won or not by that."""
    sure = Passage(np.array([0.05, 0.9, 0.05]), np.array([0.9, 0.05, 0.9]), np.full(3, 1e15))
    dated, unknown = np.array([10.0, 30.0]), 8.0
    undated = unknown * dated / dated.sum()
    stock = Stock(dated + undated, 2 * (dated + undated), 4 * (dated + undated), undated, 4 * undated)
    [sums] = Model([sure], [stock]).sums([1])
    draw, chance = np.random.default_rng(2), np.array([0.9, 0.05])
    ages = draw.choice(2, (100_000, 8), p=dated / dated.sum())
    drawn = (draw.random(ages.shape) < chance[ages]).sum(axis=1)
    others = draw.binomial(10, 0.9, 100_000) + draw.binomial(30, 0.05, 100_000)
    assert tuple(sums.open_won[:2]) == pytest.approx(cumulants(drawn + others)[:2], rel=0.02)
    assert sums.open_money.variance == pytest.approx(4 * sums.open_won.variance)


@pytest.mark.parametrize(("followed", "is_decided"), [(90, True), (40, True), (14, False)])
def test_late_days_move_with_those_they_are_from(followed, is_decided):
    """Beside the same with one event a little more, and one who waits less."""
    draw, step = np.random.default_rng(8), 1e-4
    wait, luck = draw.geometric(0.1, 900), draw.random(900)
    until = draw.integers(0, followed, 900)
    endings = [
        Ending(int(min(a, b)), WAITING if b < a else ADVANCED if c < 0.6 else LOST, 1)
        for a, b, c in zip(wait, until, luck, strict=True)
    ]
    found = Incidence(endings)
    assert found.is_decided is is_decided
    passage = Passage.of(found)
    for day in range(found.horizon + 1):
        for event, place in ((ADVANCED, 0), (LOST, 1)):
            up, down = (
                Passage.of(Incidence([*endings, Ending(day, event, one), Ending(day, WAITING, -one)]))
                for one in (step, -step)
            )
            moved = 2 * step / found.curves.at_risk[day]
            slopes = [(getattr(up, kind)[-1] - getattr(down, kind)[-1]) / moved for kind in ("advanced", "lost")]
            assert passage.carried[:, place, day] == pytest.approx(slopes, abs=1e-6)


def test_uncertainty_is_that_of_tables_drawn_anew():
    """Deals of known chances, cut off: how what is expected of the same open deals differs from table to table."""
    draw, stock = np.random.default_rng(12), Stock(*np.array([[5.0] * 30, [5.0] * 30, [5.0] * 30]))
    means, told = [], []
    for _ in range(400):
        wait, until, luck = draw.geometric(0.08, 1000), draw.integers(0, 60, 1000), draw.random(1000)
        event = np.where(until < wait, WAITING, np.where(luck < 0.5, ADVANCED, LOST))
        found = Incidence(
            Ending(int(day), int(one), 1) for day, one in zip(np.minimum(wait, until), event, strict=True)
        )
        model = Model([Passage.of(found)], [stock])
        means.append(model.whenever().open_won.mean)
        told.append(model._covariances(model._eventual_gradient())[0, 0])
    # 400 tables: 7 % standard error; it would be 0.7 of it if late days were seen by themselves
    assert np.mean(told) == pytest.approx(np.var(means), rel=0.2)


def test_leads_on_their_way_are_yet_to_come():
    inflow = Inflow(2.0, 100.0)
    path, stocks = [FIRST, SECOND], [STOCK, STOCK]
    [one], [deals] = Model(path, stocks, inflow, before=1).sums([30]), Model(path, [NONE, STOCK], inflow).sums([30])
    [leads] = Model(path, [STOCK, NONE]).sums([30])
    assert one.open_won.mean == pytest.approx(deals.open_won.mean)
    assert one.new_won.mean == pytest.approx(deals.new_won.mean + leads.open_won.mean)
    assert one.won.mean == pytest.approx(one.open_won.mean + one.new_won.mean)
    model = Model(path, stocks, inflow, before=1)
    assert model.whenever().open_won.mean == pytest.approx(Model([SECOND], [STOCK]).whenever().open_won.mean)
    assert model.open_won(30)[30] == pytest.approx(one.open_won.mean)


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
