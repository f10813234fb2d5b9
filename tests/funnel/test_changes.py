"""What changed and why: the parts add up, a planted cause is named first, and chance alone is not taken for one."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations
from math import exp, lgamma, log, prod

import numpy as np
import polars as pl
import pytest

from tests.engines.figures import differences
from xl_leadkpi.funnel import FunnelOptions, as_json, build, chance
from xl_leadkpi.funnel.change_parts import CAC, CONVERSION, REVENUE, TOLD, WON_DEALS
from xl_leadkpi.funnel.changes import causes_block, factors_block, groups_block
from xl_leadkpi.funnel.decomposition import product_parts
from xl_leadkpi.leads import ReadOptions
from xl_leadkpi.leads.model.table import SpendTable

from .lead_tables import day, in_memory_and, lead_table
from .planted_causes import DAYS, OWNERS, SOURCES, changes, deals, with_doubled_deals, with_halved_rate

MEASURES = (REVENUE, WON_DEALS, CAC, CONVERSION)
TABLES = 200
ENOUGH_A_DAY = 12
READING = ReadOptions(today=date(2026, 7, 1), as_of=date(2026, 6, 30))
QUARTERS = FunnelOptions(
    period_from=date(2026, 1, 1),
    period_to=date(2026, 3, 31),
    compared_from=date(2025, 10, 1),
    compared_to=date(2025, 12, 31),
    built_at=datetime(2026, 7, 1),
)


# --- parts of a product


def by_all_orders(before, now):
    """The Shapley value as it is defined: the mean, over all orders, of what a factor adds when its turn comes."""
    orders = list(permutations(range(len(before))))
    found = [0.0] * len(before)
    for order in orders:
        values = list(before)
        for place in order:
            was = prod(values)
            values[place] = now[place]
            found[place] += (prod(values) - was) / len(orders)
    return found


@pytest.mark.parametrize("seed", range(50))
def test_parts_are_the_mean_over_all_orders(seed):
    rng = np.random.default_rng(seed)
    before, now = rng.uniform(-2, 5, (2, rng.integers(1, 6))).tolist()
    before[0] *= seed % 3 > 0  # zeros too
    assert product_parts(before, now) == pytest.approx(by_all_orders(before, now), abs=1e-9)


def test_no_part_depends_on_the_order():
    before, now = [90.0, 3.0, 0.25, 0.9, 8000.0], [92.0, 2.5, 0.3, 1.0, 7000.0]
    parts = product_parts(before, now)
    for order in permutations(range(5)):
        moved = product_parts([before[place] for place in order], [now[place] for place in order])
        assert moved == pytest.approx([parts[place] for place in order], rel=1e-12)


def test_an_unknown_factor_counts_as_unchanged():
    assert product_parts([10, None, 100.0], [10, 0.5, 200.0]) == pytest.approx([0, 0, 500])
    assert product_parts([0, None], [10, None]) == [10, 0]


# --- tests against other people's figures


def binomial_tail(n, of, share):
    """Two-sided binomial probability: of all outcomes as unlikely or more so."""

    def of_outcome(k):
        ways = lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1)
        return exp(ways + k * log(share) + (of - k) * log(1 - share))

    here = of_outcome(n)
    return sum(one for one in map(of_outcome, range(of + 1)) if one <= here * (1 + 1e-9))


@pytest.mark.parametrize(("one", "other"), [((60, 90), (100, 90)), ((200, 92), (260, 90)), ((40, 30), (150, 92))])
def test_counts_as_the_exact_binomial_test(one, other):
    exact = binomial_tail(one[0], one[0] + other[0], one[1] / (one[1] + other[1]))
    assert chance.counts_test(chance.Counted(*one), chance.Counted(*other)) == pytest.approx(exact, rel=0.15, abs=0.01)


# Student's t beyond which 5 % and 0.1 % lie on both sides: Fisher and Yates, Statistical Tables, table III
@pytest.mark.parametrize(
    ("freedom", "t", "p"),
    [(4, 2.776, 0.05), (10, 2.228, 0.05), (30, 2.042, 0.05), (10, 4.587, 0.001), (30, 3.646, 0.001)],
)
def test_amounts_as_the_tables_of_student(freedom, t, p):
    n = freedom // 2 + 1  # both sides alike: the degrees of freedom are 2 (n - 1)
    apart = t * (2 / n) ** 0.5  # of means, in deviations of 1
    logs = [chance.Logs(n, n * mean, n * mean**2 + (n - 1)) for mean in (5.0, 5.0 + apart)]
    assert chance.amounts_test(*logs) == pytest.approx(p, rel=0.04)


def test_one_price_each():
    logs = [chance.Logs(n, n * log(price), n * log(price) ** 2) for n, price in ((6, 100), (6, 120), (3, 100))]
    assert chance.amounts_test(logs[0], logs[1]) == pytest.approx(2 / 924)  # of the orders of six and six
    assert chance.amounts_test(logs[0], logs[2]) == 1.0


# --- parts add up


def test_parts_add_up_in_a_thousand_pairs_of_periods():
    rng = np.random.default_rng(1)
    for _ in range(1000):
        before, now = (deals(rng, int(rng.integers(1, 60)), rng.uniform(0.05, 4)) for _ in range(2))
        found = changes(before, now, (int(rng.integers(1, 99)), int(rng.integers(1, 99))))
        for change in found.by_measure.values():
            if change is None:  # nothing won in one of the two
                continue
            whole = change.whole
            scale = max(abs(whole.before), abs(whole.now), 1.0)
            assert whole.part.value == pytest.approx(whole.now - whole.before, abs=1e-9 * scale)
            if change.factors:
                assert sum(one.part.value for one in change.factors) == pytest.approx(
                    whole.part.value, abs=1e-9 * scale
                )
        for by_measure in found.by_field.values():
            for measure, groups in by_measure.items():
                whole = found.by_measure[measure].whole
                scale = max(abs(whole.before), abs(whole.now), 1.0)
                if measure == CAC:
                    continue  # made up without spend by group
                assert sum(one.value for one in groups) == pytest.approx(whole.part.value, abs=1e-9 * scale)
                for one in groups:
                    parts = sum(part.value for part in one.parts.values())
                    assert parts == pytest.approx(one.value, abs=1e-9 * scale)
                    if measure in (REVENUE, WON_DEALS):
                        assert one.value == one.now - one.before


# --- causes


def told(found):
    """All that is told, and the groups that are named."""
    factors = [
        row for name, change in found.by_measure.items() if change for row in factors_block(found, name, "x").rows()
    ]
    groups = [row for field in found.by_field for row in groups_block(found, field, "x").rows()]
    claims = [value for row in (*factors, *groups) for key, value in row.items() if key.endswith("tested")]
    return TOLD in claims, list(causes_block(found).rows())


def test_chance_alone_is_not_taken_for_a_cause():
    claimed = 0
    for seed in range(TABLES):
        rng = np.random.default_rng(seed)
        is_told, causes = told(changes(deals(rng), deals(rng)))
        assert bool(causes) <= is_told
        claimed += is_told
    assert claimed <= 0.07 * TABLES


def halved_rate(source):
    return lambda rng, now: with_halved_rate(rng, now, source)


def doubled_deals(owner):
    return lambda _, now: with_doubled_deals(now, owner)


PLANTED = {
    ("Google Ads", "source", "rate"): halved_rate("Google Ads"),
    ("Referral", "source", "rate"): halved_rate("Referral"),
    ("Adams", "owner", "deal"): doubled_deals("Adams"),
    ("Brown", "owner", "deal"): doubled_deals("Brown"),
}


@pytest.mark.parametrize("cause", PLANTED, ids=lambda cause: f"{cause[2]} of {cause[0]}")
def test_a_planted_cause_is_named_first(cause):
    """A channel whose win rate is halved, an owner whose deals are doubled."""
    first = 0
    for seed in range(TABLES):
        rng = np.random.default_rng(seed)
        before, now = deals(rng, a_day=ENOUGH_A_DAY), deals(rng, a_day=ENOUGH_A_DAY)
        _, causes = told(changes(before, PLANTED[cause](rng, now)))
        first += bool(causes) and tuple(causes[0][key] for key in ("group", "field", "kind")) == cause
    assert first >= 0.95 * TABLES


def test_a_period_that_still_runs_has_fewer_days():
    """What is missing of a period is not told as fewer deals: at the pace of the one before nothing has changed."""
    rng = np.random.default_rng(8)
    found = changes(deals(rng), deals(rng, 30), (DAYS, 30))
    factors = {row["factor"]: row for row in factors_block(found, REVENUE, "x").rows()}
    assert factors["days"]["tested"] == "exact"
    assert (factors["closed"]["tested"], factors["(total)"]["tested"]) == ("unclear", "told")
    assert factors["days"]["share"] == pytest.approx(1, abs=0.25)


def test_fewer_deals_are_told_as_such():
    rng = np.random.default_rng(5)
    found = changes(deals(rng), deals(rng, a_day=5))
    factors = {row["factor"]: row for row in factors_block(found, REVENUE, "x").rows()}
    assert (factors["closed"]["tested"], factors["win_rate"]["tested"], factors["deal"]["tested"]) == (
        "told",
        "unclear",
        "unclear",
    )
    assert factors["(total)"]["tested"] == "told"
    assert factors["closed"]["part"] < 0


# --- from a table


def export(rng, before, now):
    """The deals as leads, with days in the two quarters."""
    rows = []
    for first, found in ((date(2025, 10, 1), before), (date(2026, 1, 1), now)):
        for number, won in enumerate(found.won):
            closed = first + timedelta(int(rng.integers(0, DAYS)))
            created = closed - timedelta(int(rng.integers(5, 30)))
            rows.append(
                {
                    "row_no": len(rows) + 2,
                    "lead_id": str(len(rows)),
                    "created": day(str(created)),
                    "d_opportunity": day(str(created)),
                    "d_won": day(str(closed)) if won else None,
                    "d_lost": None if won else day(str(closed)),
                    "outcome": "won" if won else "lost",
                    "furthest_stage": 7 if won else 5,
                    "lost_stage": None if won else 5,
                    "source": str(found.source[number]),
                    "owner": str(found.owner[number]),
                    "amount": float(found.amount[number]),
                    "cohort_month": created.year * 12 + created.month - 1,
                }
            )
    return rows


def table(rows, **more):
    return lead_table(rows, as_of=date(2026, 6, 30), fields=("status", "source", "owner", "amount"), **more)


@pytest.fixture(scope="module")
def halved():
    rng = np.random.default_rng(11)
    before, now = deals(rng, a_day=ENOUGH_A_DAY), deals(rng, a_day=ENOUGH_A_DAY)
    return export(rng, before, with_halved_rate(rng, now, "Google Ads")), before, now


SPEND = {
    "2025-10": 1000.0,
    "2025-11": 1500.0,
    "2025-12": 1200.0,
    "2026-01": 2500.0,
    "2026-02": 900.0,
    "2026-03": 4000.0,
}


def spend(channels=("Google Ads", "LinkedIn")):
    months = {int(month[:4]) * 12 + int(month[5:]) - 1: cost for month, cost in SPEND.items()}
    rows = [
        (one, None, month, cost * (1 + place), None, None)
        for place, one in enumerate(channels)
        for month, cost in months.items()
    ]
    return SpendTable(tuple(rows), "EUR")


def test_a_report_equals_a_recount(halved):
    rows, *_ = halved
    found = as_json(build(table(rows), spend=spend(), options=QUARTERS))
    frame = pl.DataFrame(rows).with_columns(closed=pl.coalesce("d_won", "d_lost"))
    sides = [
        frame.filter(pl.col("closed").is_between(day(first), day(last)))
        for first, last in (("2025-10-01", "2025-12-31"), ("2026-01-01", "2026-03-31"))
    ]
    closed, won = ([len(one.filter(chosen)) for one in sides] for chosen in (True, pl.col("outcome") == "won"))
    revenue = [one.filter(pl.col("outcome") == "won")["amount"].sum() for one in sides]
    costs = [3 * sum(list(SPEND.values())[place : place + 3]) for place in (0, 3)]
    by_factor = {row["factor"]: row for row in found["changes"]["revenue"]}
    assert [by_factor["(total)"][end] for end in ("from", "to")] == pytest.approx(revenue)
    assert [by_factor["days"][end] for end in ("from", "to")] == [92, 90]
    assert [by_factor["closed"][end] for end in ("from", "to")] == closed
    rates = [a / b for a, b in zip(won, closed, strict=True)]
    average = [a / b for a, b in zip(revenue, won, strict=True)]
    assert [by_factor["win_rate"][end] for end in ("from", "to")] == pytest.approx(rates)
    assert [by_factor["deal"][end] for end in ("from", "to")] == pytest.approx(average)
    wanted = by_all_orders([92, closed[0] / 92, rates[0], average[0]], [90, closed[1] / 90, rates[1], average[1]])
    assert [by_factor[name]["part"] for name in ("days", "closed", "win_rate", "deal")] == pytest.approx(wanted)
    assert sum(row["share"] for row in by_factor.values() if row["factor"] != "(total)") == pytest.approx(1)

    amounts = [one.filter(pl.col("outcome") == "won")["amount"].to_numpy() for one in sides]
    logs = [chance.Logs(len(one), np.log(one).sum(), (np.log(one) ** 2).sum()) for one in amounts]
    sums = [chance.Sums(len(one), one.sum(), (one**2).sum(), of) for one, of in zip(amounts, (92, 90), strict=True)]
    p_values = {
        "(total)": chance.sums_test(*sums),
        "closed": chance.counts_test(*map(chance.Counted, closed, (92, 90))),
        "win_rate": chance.shares_test(*map(chance.Share, won, closed)),
        "deal": chance.amounts_test(*logs),
    }
    assert {name: by_factor[name]["p"] for name in p_values} == pytest.approx(p_values, abs=1e-8)

    cac = {row["factor"]: row for row in found["changes"]["cac"]}
    assert [cac["(total)"][end] for end in ("from", "to")] == pytest.approx(
        [a / b for a, b in zip(costs, won, strict=True)]
    )
    spent = by_all_orders([costs[0], 1 / won[0]], [costs[1], 1 / won[1]])
    assert cac["spend"]["part"] == pytest.approx(spent[0])
    assert cac["spend"]["tested"] == by_factor["days"]["tested"] == "exact"
    assert sum(row["part"] for name, row in cac.items() if name not in ("spend", "(total)")) == pytest.approx(spent[1])

    for field, values in (("source", SOURCES), ("owner", OWNERS)):
        groups = [row for row in found["changes_by"][field] if row["measure"] == "revenue"]
        assert {row["group"] for row in groups} == {*values, "(total)"}
        for row in groups[:-1]:
            own = [
                one.filter((pl.col(field) == row["group"]) & (pl.col("outcome") == "won"))["amount"].sum()
                for one in sides
            ]
            assert [row["from"], row["to"]] == pytest.approx(own)
            assert sum(row[kind] for kind in ("volume", "mix", "rate", "deal")) == pytest.approx(own[1] - own[0])
            assert row["part"] == pytest.approx(own[1] - own[0])
        assert sum(row["part"] for row in groups[:-1]) == pytest.approx(groups[-1]["part"])
        sizes = [abs(row["part"]) for row in groups[:-1]]
        assert sizes == sorted(sizes, reverse=True)
    by_source = [row for row in found["changes_by"]["source"] if row["measure"] == "cac"]
    assert sum(row["part"] for row in by_source[:-1]) == pytest.approx(cac["(total)"]["part"])
    assert {row["group"]: row["spend"] for row in by_source[:-1]}["LinkedIn"] == pytest.approx(2 * spent[0] / 3)
    assert (found["causes"][0]["group"], found["causes"][0]["kind"]) == ("Google Ads", "rate")


def test_lead_to_won_is_of_leads_old_enough(halved):
    """Shares and rates of leads created: those of the compared period come in the same 90 days as those of this one."""
    rows, *_ = halved
    found = as_json(build(table(rows), options=QUARTERS))
    [whole] = found["changes"]["lead_conversion_mature"]
    frame = pl.DataFrame(rows)
    for end, first, last in (("from", "2025-10-01", "2025-12-31"), ("to", "2026-01-01", "2026-03-31")):
        created = frame.filter(pl.col("created").is_between(day(first), day(last)))
        assert whole[end] == pytest.approx((created["outcome"] == "won").mean())
    groups = [row for row in found["changes_by"]["source"] if row["measure"] == "lead_conversion_mature"]
    assert sum(row["part"] for row in groups[:-1]) == pytest.approx(whole["part"], abs=1e-9)
    assert all(row["part"] == pytest.approx(row["mix"] + row["rate"], abs=1e-12) for row in groups)
    young = replace(QUARTERS, period_from=date(2026, 4, 20), period_to=date(2026, 6, 30))
    young = as_json(build(table([*rows, rows[-1] | {"created": day("2026-05-01")}]), options=young))
    assert "lead_conversion_mature" not in young["changes"]
    assert "90 days old" in young["unknown"]["changes.lead_conversion_mature"]["why"]


@pytest.mark.parametrize("place", ["polars", "duckdb"])
def test_engines_agree(place):
    memory, there = in_memory_and(place, READING, QUARTERS)
    for name in ("changes", "causes", "changes_by"):
        assert memory[name] is not None
        assert differences(memory[name], there[name], name) == []


def test_neither_frame_nor_order_of_rows_matters(halved):
    rows, *_ = halved
    expected = figures(rows, spent=spend())
    for found in (figures(rows, spent=spend(), engine="pandas"), figures(rows[::-1], spent=spend())):
        for name in ("changes", "causes", "changes_by"):
            assert differences(expected[name], found[name], name) == []


# --- what cannot be told


def figures(rows, options=QUARTERS, *, spent=None, **more):
    return as_json(build(table(rows, **more), spend=spent, options=options))


def test_days_are_those_that_are_over(halved):
    """Of a period that still runs, those until the day that is counted; of an open one, those since the table began."""
    rows, *_ = halved
    running = replace(QUARTERS, period_from=date(2026, 3, 1), period_to=date(2026, 8, 31))
    running = replace(running, compared_from=date(2026, 1, 1), compared_to=date(2026, 2, 28))
    days = next(row for row in figures(rows, running)["changes"]["won"] if row["factor"] == "days")
    assert (days["from"], days["to"]) == (59, 122)  # 1 January to 28 February; 1 March to 30 June
    since = replace(QUARTERS, period_from=None, compared_from=date(2026, 1, 1), compared_to=date(2026, 3, 31))
    days = next(row for row in figures(rows, since)["changes"]["won"] if row["factor"] == "days")
    begun = date(1899, 12, 30) + timedelta(min(row["created"] for row in rows))
    assert (days["from"], days["to"]) == (90, (date(2026, 3, 31) - begun).days + 1)


def test_none_without_a_comparison(halved):
    alone = replace(QUARTERS, compared_from=None, compared_to=None)
    for options in (alone, FunnelOptions()):
        found = figures(halved[0], options)
        assert found["changes"] is found["causes"] is found["changes_by"] is None
        assert not any(name.startswith("chang") for name in found["unknown"])


@pytest.mark.parametrize(
    ("first", "last"), [(date(2024, 1, 1), date(2024, 3, 31)), (date(2025, 7, 1), date(2025, 10, 20))]
)
def test_a_compared_period_before_the_table_is_not_compared(halved, first, last):
    found = figures(halved[0], replace(QUARTERS, compared_from=first, compared_to=last), spent=spend())
    assert found["changes"] is found["causes"] is found["changes_by"] is None
    for name in (
        "changes.revenue",
        "changes.won",
        "changes.cac",
        "changes.lead_conversion_mature",
        "causes",
        "changes_by",
    ):
        assert "first day of the table is 2025-09" in found["unknown"][name]["why"]


def test_a_period_in_which_nothing_was_closed(halved):
    """All of the fall is that nothing was closed: rates and amounts count as unchanged."""
    late = [
        row | {"d_won": None, "d_lost": None, "outcome": "open"} if row["created"] > day("2025-12-31") else row
        for row in halved[0]
    ]
    late = [row for row in late if (row["d_won"] or row["d_lost"] or 0) <= day("2025-12-31")]
    found = figures(late)
    by_factor = {row["factor"]: row for row in found["changes"]["revenue"]}
    assert (by_factor["(total)"]["to"], by_factor["closed"]["to"], by_factor["win_rate"]["to"]) == (0, 0, None)
    assert by_factor["closed"]["part"] + by_factor["days"]["part"] == pytest.approx(by_factor["(total)"]["part"])
    assert by_factor["closed"]["tested"] == "told"
    assert figures(late, spent=spend())["unknown"]["changes.cac"]["why"].startswith(
        "In one of the two periods nothing was won"
    )


def test_one_source_only_is_no_group(halved):
    found = figures([row | {"source": "Web"} for row in halved[0]])
    assert found["changes_by"].keys() == {"owner"}
    everywhere = figures([row | {"source": "Web", "owner": "Adams"} for row in halved[0]])
    assert everywhere["changes_by"] is None
    assert everywhere["causes"] == []
    assert everywhere["changes"]["revenue"][0]["part"] == found["changes"]["revenue"][0]["part"]


def test_thousands_of_owners(halved):
    found = figures([row | {"owner": f"Owner {number}"} for number, row in enumerate(halved[0])])
    rows = [row for row in found["changes_by"]["owner"] if row["measure"] == "revenue"]
    assert len(rows) <= QUARTERS.top_groups + 2
    assert [row["group"] for row in rows].count("(other)") == 1
    assert sum(row["part"] for row in rows[:-1]) == pytest.approx(rows[-1]["part"])
    assert [row for row in found["causes"] if row["field"] == "owner"] == []


def test_no_amounts_leave_the_wins(halved):
    found = figures([{key: value for key, value in row.items() if key != "amount"} for row in halved[0]])
    assert list(found["changes"]) == ["won", "lead_conversion_mature"]
    assert "changes.revenue" in found["unknown"]
    assert {row["factor"] for row in found["changes"]["won"]} == {"(total)", "days", "closed", "win_rate"}


def test_wins_without_an_amount_are_a_factor(halved):
    rows = [
        row | ({"amount": None} if row["created"] > day("2026-01-10") and number % 2 else {})
        for number, row in enumerate(halved[0])
    ]
    by_factor = {row["factor"]: row for row in figures(rows)["changes"]["revenue"]}
    assert by_factor["priced"]["from"] == 1
    assert by_factor["priced"]["to"] < 0.8
    assert by_factor["priced"]["part"] < 0
    assert by_factor["priced"]["tested"] == "told"
    parts = [row["part"] for name, row in by_factor.items() if name != "(total)"]
    assert sum(parts) == pytest.approx(by_factor["(total)"]["part"])


def test_wins_alone_have_no_rate(halved):
    found = figures([row for row in halved[0] if row["outcome"] == "won"])
    assert [row["factor"] for row in found["changes"]["revenue"]] == ["(total)", "days", "won", "deal"]
    assert all(row["rate"] in (0, None) for row in found["changes_by"]["source"] if row["measure"] == "revenue")


def test_spend_of_one_period_alone_has_no_cost(halved):
    months = [row for row in spend().rows if row[2] >= 2026 * 12]
    found = figures(halved[0], spent=SpendTable(tuple(months), "EUR"))
    assert "cac" not in found["changes"]
    assert "2025-10-01 .. 2025-12-31" in found["unknown"]["changes.cac"]["why"]
    assert "changes.cac" not in figures(halved[0])["unknown"]  # no table of spend, no such figure
