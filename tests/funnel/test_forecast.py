"""The forecast of a table: today's, those of past days, the CRM's own figures, targets, and what nobody knows."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from xl_leadkpi.funnel import as_json, build, forecast
from xl_leadkpi.funnel import forecast_counts as counts
from xl_leadkpi.funnel.build import _ask
from xl_leadkpi.funnel.context import funnel_context
from xl_leadkpi.funnel.incidence import LONGEST
from xl_leadkpi.funnel.options import FunnelOptions
from xl_leadkpi.leads import ReadOptions, read_frame

from .deals_on_their_way import STAGES, START, futures, rows

TODAY = 400
AS_OF = START + timedelta(TODAY)
FOUND = futures(1500, 11)


def read_rows(table, as_of=AS_OF, **options):
    return read_frame(pl.DataFrame(table, infer_schema_length=None), ReadOptions(as_of=as_of, **options))


def figures(table, **options):
    counting = {name: options.pop(name) for name in ("targets", "period_from", "period_to") if name in options}
    return as_json(build(read_rows(table, **options), options=FunnelOptions(**counting)))


@pytest.fixture(scope="module")
def table():
    return rows(FOUND, TODAY)


@pytest.fixture(scope="module")
def found(table):
    return figures(table)


def open_deals(day=TODAY):
    """The open opportunities of a day: their stage, age there and amount."""
    deals = []
    for one in FOUND:
        seen = [stage for stage in STAGES if one[stage] is not None and one[stage] <= day]
        lost = one["lost"] is not None and one["lost"] <= day
        if "Opportunity" in seen and "Won" not in seen and not lost:
            deals.append((seen[-1], day - one[seen[-1]], one["amount"]))
    return deals


def asked(table, as_of=AS_OF):
    context = funnel_context(read_rows(table, as_of), FunnelOptions())
    return context, _ask([counts.todays_queries(context), counts.past_queries(context)])


# today ----------------------------------------------------------------------------------------------------------------


def test_open_deals_are_those_of_a_recount(table):
    _, answers = asked(table)
    names = STAGES[1:3]
    told = sorted((names[row["node"] - 1], row["age"], row["n"], row["amount"]) for row in answers[counts.OPEN_DEALS])
    expected = {}
    for stage, age, amount in open_deals():
        n, total = expected.get((stage, age), (0, 0))
        expected[stage, age] = n + 1, total + amount
    assert told == sorted((*key, *value) for key, value in expected.items())


def test_the_weighted_pipeline_is_that_of_the_forecast(found):
    opened = sum(row["mean"] for row in found["forecast"])
    weighted = found["summary"]["weighted_pipeline"]
    assert 0.99 * weighted <= opened <= weighted
    *stages, total = found["pipeline"]
    assert sum(row["weighted"] for row in stages) == pytest.approx(weighted) == total["weighted"]
    for row in stages:
        assert row["weighted"] == pytest.approx(row["amount"] * row["stage_to_won"])
        assert row["stage_to_won"] != row["stage_to_won_closed"]
    amounts = {stage: sum(amount for one, _, amount in open_deals() if one == stage) for stage in STAGES}
    assert weighted == pytest.approx(0.6 * amounts["Proposal"] + 0.36 * amounts["Opportunity"], rel=0.15)


def test_the_parts_of_a_month_make_its_whole(found):
    months = [row["month"] for row in found["forecast"]]
    assert months[:3] == ["2025-02", "2025-03", "2025-04"]
    assert len(months) <= 12
    for row in found["forecast"]:
        for unit in ("", "won_"):
            parts = [row[f"{part}{unit}mean"] for part in ("", "new_", "total_")]
            assert parts[0] + parts[1] == pytest.approx(parts[2])
            for part in ("", "new_", "total_"):
                low, mean, high = (row[f"{part}{unit}{end}"] for end in ("low", "mean", "high"))
                assert 0 <= low <= mean <= high
    assert "target" not in found["forecast"][0]
    assert "crm" not in found["forecast"][0]


def test_deals_whose_stage_has_no_day_count_like_the_others_there(table):
    hidden = {place for place, one in enumerate(FOUND) if place % 5 == 0}
    partly = figures(rows(FOUND, TODAY, hidden=hidden))
    whole = figures(table)
    assert partly["summary"]["weighted_pipeline"] == pytest.approx(whole["summary"]["weighted_pipeline"], rel=0.08)
    assert [one["open"] for one in partly["pipeline"]] == [one["open"] for one in whole["pipeline"]]
    report = build(read_rows(rows(FOUND, TODAY, hidden=hidden)))
    without = sum(1 for place, one in enumerate(FOUND) if place in hidden and one["Proposal"] is not None
                  and one["Proposal"] <= TODAY and not any(one[end] is not None and one[end] <= TODAY
                                                           for end in ("Won", "lost")))  # fmt: skip
    assert ("forecast_unplaced", str(without)) in report.forecast.notes


def test_the_crms_own_figures_stand_beside(table):
    day = {"Opportunity": date(2025, 3, 10), "Proposal": date(2025, 2, 20)}
    chances = {"Opportunity": 20, "Proposal": 70}
    own = [
        row | {"Expected close date": day.get(row["Stage"]), "Probability": chances.get(row["Stage"])} for row in table
    ]
    february, march, *later = figures(own)["forecast"]
    for month, stage in ((february, "Proposal"), (march, "Opportunity")):
        amounts = [amount for one, _, amount in open_deals() if one == stage]
        assert month["crm_amount"] == sum(amounts)
        assert month["crm"] == pytest.approx(sum(amounts) * chances[stage] / 100)
        assert month["crm_deals"] == len(amounts)
    assert later
    assert all(row["crm"] == row["crm_deals"] == 0 for row in later)
    without = figures([{name: value for name, value in row.items() if name != "Probability"} for row in own])
    assert without["forecast"][0]["crm"] is None
    assert without["forecast"][0]["crm_amount"] == february["crm_amount"]


def test_a_target_is_what_is_still_missing(table, found):
    revenue = found["summary"]["revenue"]
    aimed = figures(table, targets={"revenue": revenue + 900_000.0})
    months = aimed["forecast"]
    assert sum(row["target"] for row in months) == pytest.approx(900_000)
    for row in months:
        assert row["gap"] == pytest.approx(row["total_mean"] - row["target"])
        assert row["coverage"] == pytest.approx(row["total_mean"] / row["target"])
    assert months[1]["target"] / months[2]["target"] == pytest.approx(31 / 30)
    reached = figures(table, targets={"revenue": 1.0})
    assert {row["target"] for row in reached["forecast"]} == {0.0}


def test_a_period_has_the_forecast_of_all(table, found):
    quarter = figures(table, period_from=date(2025, 1, 1), period_to=date(2025, 3, 31), targets={"revenue": 5e6})
    assert [row["mean"] for row in quarter["forecast"]] == [row["mean"] for row in found["forecast"]]
    assert [row["forecast"] for row in quarter["forecast_check"]] == [
        row["forecast"] for row in found["forecast_check"]
    ]
    won = quarter["period_closed"][0]["revenue"]
    assert sum(row["target"] or 0 for row in quarter["forecast"]) == pytest.approx(5e6 - won)
    assert quarter["forecast"][2]["target"] is None


# past days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_past_day_is_as_a_table_of_that_day_tells_it(table, place):
    context, answers = asked(table)
    past = counts.Past(context, answers)
    day = TODAY - (context.as_of - past.ends[place])
    assert (START + timedelta(day + 1)).day == 1
    then, told = asked(rows(FOUND, day), START + timedelta(day))
    for step, found in zip(past.steps, past.incidences(place), strict=True):
        expected = counts.found_incidence(told, step)
        assert found.entered == expected.entered
        assert found.curves.advanced == pytest.approx(expected.curves.advanced)
        assert found.curves.lost == pytest.approx(expected.curves.lost)
    leads, *deals = past.open(place)
    assert list(leads.stock.n) == list(counts.read_open(told[counts.OPEN_LEADS]).stock.n)
    created, expected = past.created.between(0, past.ends[place]), counts.read_days(told[counts.LEADS])
    assert (list(created.day), list(created.n)) == (list(expected.day), list(expected.n))
    for node, here in enumerate(deals, start=1):
        expected = counts.read_open(row for row in told[counts.OPEN_DEALS] if row["node"] == node)
        assert [list(part) for part in here.stock] == [list(part) for part in expected.stock]
    assert then.as_of == past.ends[place]


def test_past_forecasts_beside_what_came(found):
    checks = found["forecast_check"]
    assert [row["as_of"] for row in checks] == [
        "2024-10-31", "2024-09-30", "2024-08-31", "2024-07-31", "2024-06-30", "2024-05-31",
    ]  # fmt: skip
    for row in checks:
        day = (date.fromisoformat(row["as_of"]) - START).days
        won = [one["amount"] for one in FOUND if one["Won"] is not None and day < one["Won"] <= day + 90]
        assert (row["days"], row["actual"], row["won_actual"]) == (90, sum(won), len(won))
        assert row["error"] == pytest.approx(row["forecast"] / row["actual"] - 1)
        assert row["held"] == ("yes" if row["low"] <= row["actual"] <= row["high"] else "no")
        closed = [one for one in FOUND if one["Opportunity"] is not None and one["Opportunity"] <= day
                  and any(one[end] is not None and one[end] <= day for end in ("Won", "lost"))]  # fmt: skip
        naive = 0.0
        for stage in STAGES[1:3]:
            came = [one for one in closed if one[stage] is not None]
            rate = sum(one["Won"] is not None for one in came) / len(came)
            naive += rate * sum(amount for one, _, amount in open_deals(day) if one == stage)
        assert row["naive"] == pytest.approx(naive)
    assert sum(row["held"] == "yes" for row in checks) >= 3
    assert abs(sum(row["forecast"] for row in checks) / sum(row["actual"] for row in checks) - 1) < 0.15


def test_of_a_short_table_forecasts_of_a_month_are_looked_at():
    checks = figures(rows(FOUND, 180), as_of=START + timedelta(180))["forecast_check"]
    assert {row["days"] for row in checks} == {30}


def test_amounts_that_are_written_at_the_win_tell_nothing_of_open_deals(table):
    """Else those of past days would say how deals ended: each counts with the average win of then."""
    bare = [row | {"Amount": row["Amount"] if row["Status"] == "Won" else None} for row in table]
    report = build(read_rows(bare))
    assert ("forecast_at_mean", "") in report.forecast.notes
    for row in as_json(report)["forecast_check"]:
        day = (date.fromisoformat(row["as_of"]) - START).days
        won = [one["amount"] for one in FOUND if one["Won"] is not None and one["Won"] <= day]
        recent = [one["amount"] for one in FOUND if one["Won"] is not None and day - 90 <= one["Won"] <= day]
        brought = recent if len(recent) >= 30 else won
        assert row["forecast"] == pytest.approx(row["won_forecast"] * sum(brought) / len(brought))
    assert report.summary["weighted_pipeline"].values == (None,)


# late deals -----------------------------------------------------------------------------------------------------------


def test_late_deals(table):
    own = [row | {"Expected close date": AS_OF - timedelta(row["Amount"] % 3 - 1) if row["Amount"] else None}
           for row in table]  # fmt: skip
    report = build(read_rows(own))
    days = int(dict(report.overdue.notes)["older_than_won"])
    assert 50 < days < 110
    late = as_json(report)["overdue"]
    passed = {row["stage"]: row for row in late if row["late"] == "expected_close_passed"}
    for stage in STAGES[1:3]:
        amounts = [amount for one, _, amount in open_deals() if one == stage and amount % 3 == 2]
        assert (passed[stage]["deals"], passed[stage]["amount"]) == (len(amounts), sum(amounts))
        assert passed[stage]["most_days_over"] == 1
        assert len(passed[stage]["rows"].split(", ")) == len(amounts)
    old = [one for one in FOUND if one["Opportunity"] is not None and one["Opportunity"] < TODAY - days
           and not any(one[end] is not None and one[end] <= TODAY for end in ("Won", "lost"))]  # fmt: skip
    assert sum(row["deals"] for row in late if row["late"] == "older_than_won") == len(old)


# where nothing is known -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("left", "why"), [
    (lambda row: row["Status"] != "Lost", "no row says that it was lost"),
    (lambda row: row["Status"] != "Won", "no row"),
    (lambda row: int(row["Lead ID"][1:]) < 60, "fewer than 10 opportunities"),
])  # fmt: skip
def test_no_forecast_without_wins_and_losses(table, left, why):
    found = figures([row for row in table if left(row)])
    assert found["forecast"] is found["forecast_check"] is None
    assert why in found["unknown"]["forecast"]["why"].lower()
    assert found["unknown"]["forecast_check"]["why"]


@pytest.mark.parametrize(("day", "months"), [
    (date(9999, 12, 30), ["9999-12"]), (date(9999, 11, 30), ["9999-12"]),
    (date(9999, 10, 5), ["9999-10", "9999-11", "9999-12"]),
])  # fmt: skip
def test_no_month_comes_after_the_calendars_last(table, day, months):
    found = figures(table, as_of=day, targets={"revenue": 1e9})
    assert [row["month"][:7] for row in found["forecast"]] == months


def test_the_calendars_last_day_has_no_forecast_and_says_so(table):
    found = figures(table, as_of=date.max, targets={"revenue": 1e9})
    assert found["forecast"] is None
    assert "no month comes after it" in found["unknown"]["forecast"]["why"]


@pytest.mark.parametrize("column", ["Won date", "Lost date", "Opportunity date"])
def test_no_forecast_without_days(table, column):
    found = figures([{name: value for name, value in row.items() if name != column} for row in table])
    assert found["forecast"] is None
    assert found["unknown"]["forecast"]["why"]


def test_of_several_currencies_only_numbers_are_forecast(table):
    mixed = [row | {"Currency": "EUR" if number % 2 else "PLN"} for number, row in enumerate(table)]
    found, alone = figures(mixed), figures(table)
    for row, other in zip(found["forecast"], alone["forecast"], strict=True):
        assert row["mean"] is row["new_mean"] is row["total_high"] is None
        assert row["total_won_mean"] == other["total_won_mean"]
    assert "currenc" in found["unknown"]["forecast.mean"]["why"].lower()
    assert found["forecast_check"][0]["forecast"] is None
    assert found["forecast_check"][0]["held"] in ("yes", "no")


def test_an_inner_stage_without_days_counts_as_the_one_before(table):
    found = figures([{name: value for name, value in row.items() if name != "Proposal date"} for row in table])
    assert [row["stage"] for row in found["pipeline"]] == ["Opportunity", "Proposal", "(total)"]
    whole = figures(table)["summary"]["weighted_pipeline"]
    assert found["summary"]["weighted_pipeline"] == pytest.approx(whole, rel=0.2)


def test_a_table_of_deals(table):
    deals = [
        {"Deal ID": row["Lead ID"], "Created": row["Opportunity date"], "Proposal date": row["Proposal date"],
         "Won date": row["Won date"], "Lost date": row["Lost date"], "Amount": row["Amount"],
         "Deal Stage": row["Stage"], "Status": row["Status"], "Last open stage": row["Last open stage"]}
        for row in table if row["Opportunity date"]
    ]  # fmt: skip
    found, whole = figures(deals, kind="deals"), figures(table)
    assert found["header"]["is_deals"]
    assert found["summary"]["weighted_pipeline"] == pytest.approx(whole["summary"]["weighted_pipeline"])
    for row, other in zip(found["forecast"], whole["forecast"], strict=False):
        assert (row["mean"], row["low"], row["won_high"]) == pytest.approx(
            (other["mean"], other["low"], other["won_high"])
        )
        # leads that are no opportunities yet tell more of what is to come than opportunities alone
        assert row["new_won_mean"] != other["new_won_mean"]
    actual = [[row[key] for key in ("as_of", "actual", "naive")] for row in whole["forecast_check"]]
    assert [[row[key] for key in ("as_of", "actual", "naive")] for row in found["forecast_check"]] == actual


# known truth ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(("leads", "given"), [
    (2000, {}), (2000, {"growth": 1.0}), (2000, {"growth": 2.0}), (2000, {"span": 180}), (2000, {"missing": 0.2}),
])  # fmt: skip
def test_known_truth(shared, leads, given):
    """Over 60 tables: what was expected of open deals is what came, and 8 in 10 ranges hold it."""
    simulate = _simulation(shared)
    sums, held = {}, {}
    for seed in range(60):
        table, later = simulate.table(leads, given.get("span", 365), 7_000 + seed, given.get("growth", 0.0),
                                      given.get("missing", 0.0))  # fmt: skip
        as_of = date.fromisoformat(later["as_of"])
        leads_read = read_frame([list(table[0]), *(list(row.values()) for row in table)], ReadOptions(as_of=as_of))
        context = funnel_context(leads_read, FunnelOptions())
        found = forecast.todays(context, _ask([counts.todays_queries(context)]))
        for days in (60, 90, 10**6):
            expected = found.whenever if days == 10**6 else found.model.sums([days])[0]
            came, (low, high) = later[f"won_within_{days}"], expected.open_money.interval
            one = sums.setdefault(days, [0.0, 0.0])
            one[0] += expected.open_money.mean
            one[1] += came
            held.setdefault(days, []).append(low <= came <= high)
    for days, (expected, came) in sums.items():
        assert expected / came == pytest.approx(1, abs=0.05), days
        # 60 tables: two standard errors around 80 %
        assert 0.68 <= sum(held[days]) / len(held[days]) <= 0.92, days


def _simulation(shared):
    import importlib.util

    spec = importlib.util.spec_from_file_location("simulate", shared / "simulation/simulate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_deals_of_one_week_say_nothing_of_growth():
    for weeks in ([5.0], [0.0, 0.0, 0.0]):
        found = counts._trend(np.array(weeks), 0.7, 4.0)
        assert (found.a_day, found.slope, found.slope_variance) == (0.7, 0, 0)


def days_of(weeks):
    """Weeks of so many a week, ending on day 1000, as what happened by day."""
    first = 1000 - 7 * len(weeks)
    rows = [{"day": first + 7 * place + day, "n": one / 7, "amount": 0, "squares": 0, "amounts": 0}
            for place, one in enumerate(weeks) for day in range(7)]  # fmt: skip
    return counts.read_days(rows)


def test_growth_is_that_of_the_weeks():
    weeks = 100 * np.exp(0.02 * np.arange(26))
    found = counts.inflow(days_of(weeks), 1000, are_first=True)
    assert found.slope == pytest.approx(0.02 / 7, rel=0.01)
    assert 7 * found.rates(7).mean() == pytest.approx(weeks[-1] * np.exp(0.02), rel=0.02)


def test_weeks_that_grow_otherwise_tell_alone():
    """A source that began 13 weeks ago: the step is no growth that goes on."""
    found = counts.inflow(days_of([60] * 13 + [120] * 13), 1000, are_first=True)
    assert (found.observed, found.slope) == (pytest.approx(13 * 120), pytest.approx(0, abs=1e-9))
    assert found.rates(90) == pytest.approx(np.full(90, 120 / 7))


def test_of_a_young_table_all_leads_count_but_not_all_opportunities():
    """Before the first leads came there were none that could have become opportunities."""
    days = days_of([20] * 16)
    assert counts.inflow(days, 1000, are_first=True).observed == pytest.approx(320)
    assert counts.inflow(days, 1000).observed == pytest.approx(160)


def test_where_leads_are_missing_opportunities_tell_what_is_to_come(table):
    """An export of opportunities alone, each with the day its lead was created."""
    context, answers = asked(table)
    assert forecast.todays(context, answers).model.before == 1
    context, answers = asked([row for row in table if row["Opportunity date"]])
    assert forecast.todays(context, answers).model.before == 0


def test_velocity_is_what_the_forecast_expects_a_day_to_bring(table, found):
    context, answers = asked(table)
    [sums] = forecast.todays(context, answers).model.sums([30])
    summary = found["summary"]
    assert summary["velocity"] == pytest.approx(sums.money.mean / 30)
    parts = [summary[key] for key in ("open_opportunities", "average_deal", "velocity_win_rate", "velocity_days")]
    assert summary["velocity"] == pytest.approx(parts[0] * parts[1] * parts[2] / parts[3])
    assert summary["velocity_win_rate"] == pytest.approx(summary["win_rate_mature"], rel=1e-8)
    came = sum(one["amount"] for one in FOUND if one["Won"] is not None and TODAY < one["Won"] <= TODAY + 30)
    assert summary["velocity"] == pytest.approx(came / 30, rel=0.3)


def test_an_age_without_end_is_a_century():
    row = {"stage": 0, "n": 2, "amount": 3.0, "squares": 5.0, "amounts": 2}
    found = counts.read_open([row | {"age": 2_912_000}, row | {"age": None}])
    assert [len(part) for part in found.stock] == [LONGEST + 1] * 5
    assert (found.stock.n[-1], found.stock.undated[-1], found.unplaced, found.valued) == (4, 2, 2, 4)
