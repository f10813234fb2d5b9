"""A period: what was created in it and what was closed in it, recounted by hand, alike on every engine."""

from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest

from tests.engines.figures import differences
from xl_leadkpi import sample
from xl_leadkpi.cells.days import day_number
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import InputError, ReadOptions, read_frame
from xl_leadkpi.leads.model.conditions import parse_condition
from xl_leadkpi.leads.model.table import SpendTable

from .lead_tables import day, in_memory_and, lead_table
from .test_build import lead, won

AS_OF = date(2026, 6, 30)
READING = ReadOptions(today=date(2026, 7, 1), as_of=AS_OF)
SPAN = date(2026, 1, 1), date(2026, 3, 31)
BEFORE = date(2025, 10, 1), date(2025, 12, 31)
COUNTING = FunnelOptions(
    period_from=SPAN[0],
    period_to=SPAN[1],
    compared_from=BEFORE[0],
    compared_to=BEFORE[1],
    built_at=datetime(2026, 7, 1),
)


@pytest.fixture(scope="module")
def export():
    return sample.leads(3000)


@pytest.fixture(scope="module")
def table(export):
    return read_frame(export, READING)


@pytest.fixture(scope="module")
def found(table):
    return as_json(build(table, options=COUNTING))


def between(column, span):
    first, last = (day_number(one) for one in span)
    return (pl.col(column).floor() >= first) & (pl.col(column).floor() <= last)


def test_both_bases_equal_a_recount(table, found):
    leads = table.frame.to_native()
    for row, span in zip(found["period_created"][:2], (SPAN, BEFORE), strict=True):
        created = leads.filter(between("created", span))
        assert (row["leads"], row["won"]) == (len(created), (created["outcome"] == "won").sum())
        assert row["opportunities"] == (created["furthest_stage"] >= 5).sum()
        assert row["lead_conversion"] == row["won"] / row["leads"]
        assert (row["first_day"], row["last_day"]) == tuple(map(str, span))
    for row, span in zip(found["period_closed"][:2], (SPAN, BEFORE), strict=True):
        wins = leads.filter((pl.col("outcome") == "won") & between("d_won", span))
        losses = leads.filter((pl.col("outcome") == "lost") & between("d_lost", span))
        opportunities = losses.filter(pl.col("furthest_stage") >= 5)
        assert (row["won"], row["lost"], row["lost_opportunities"]) == (len(wins), len(losses), len(opportunities))
        assert row["win_rate"] == pytest.approx(len(wins) / (len(wins) + len(opportunities)))
        assert row["revenue"] == pytest.approx(wins["amount"].sum())
        assert row["average_deal"] == pytest.approx(wins["amount"].mean())
        cycle = (wins["d_won"].floor() - wins["created"].floor()).median()
        assert row["cycle_days_median"] == pytest.approx(cycle, abs=1)
    assert found["header"]["rows_used"] == found["period_created"][0]["leads"] == found["summary"]["leads"]
    assert found["header"]["closed_in_period"] == found["period_closed"][0]["won"] + found["period_closed"][0]["lost"]


def test_the_change_is_relative_and_of_shares_in_points(found):
    now, before, change = found["period_closed"]
    assert [row["row"] for row in found["period_closed"]] == ["period", "compared", "change"]
    assert change["won"] == pytest.approx(now["won"] / before["won"] - 1)
    assert change["win_rate"] == pytest.approx(now["win_rate"] - before["win_rate"])
    assert change["first_day"] is None


def test_groups_of_those_closed_add_up_to_them(found):
    [now] = [row for row in found["period_closed"] if row["row"] == "period"]
    assert found["closed_by"].keys() == found["by"].keys()
    for rows in found["closed_by"].values():
        total = rows[-1]
        for key in ("won", "lost", "lost_opportunities", "revenue", "cycle_days_median", "win_rate"):
            assert total[key] == now[key]
        assert sum(row["won"] for row in rows[:-1]) == now["won"]
    assert found["closed_losses"][-1]["lost"] == now["lost"]


def test_all_else_is_of_those_created_in_it(export, found):
    """The same as if the table held no other leads."""
    alone = read_frame(export, replace(READING, where=(parse_condition("Created=2026-Q1"),)))
    expected = as_json(build(alone, options=FunnelOptions(built_at=COUNTING.built_at)))
    for name in (
        "summary", "currencies", "stages", "by", "mature", "curve", "stage_times", "cycle_histogram", "response",
        "losses", "pipeline",
    ):  # fmt: skip
        assert differences(found[name], expected[name], name) == []
    for name in ("cohorts", "cohort_counts", "opportunity_cohorts"):
        assert [row["month"] for row in found[name]] == ["2026-01", "2026-02", "2026-03"]
        assert differences(found[name], expected[name], name) == []


def test_the_months_are_those_of_the_period(table, found):
    whole = {row["month"]: row for row in as_json(build(table))["months"]}
    assert [row["month"] for row in found["months"]] == ["2026-01", "2026-02", "2026-03"]
    assert differences(found["months"], [whole[row["month"]] for row in found["months"]]) == []


def test_a_period_within_months_cuts_them(table):
    options = FunnelOptions(period_from=date(2026, 1, 15), period_to=date(2026, 2, 3))
    found = as_json(build(table, options=options))
    leads = table.frame.to_native()
    span = date(2026, 1, 15), date(2026, 1, 31)
    january = found["months"][0]
    assert january["leads"] == january["entered_created"] == len(leads.filter(between("created", span)))
    assert january["entered_won"] == len(leads.filter(between("d_won", span)))
    created = leads.filter(between("created", span) & (pl.col("outcome") == "won"))
    same_month = created.filter(between("d_won", (date(2026, 1, 1), date(2026, 1, 31))))
    assert found["cohort_counts"][0]["month_0"] == len(same_month)
    assert [row["row"] for row in found["period_created"]] == ["period"]


@pytest.mark.parametrize("place", ["polars", "duckdb"])
def test_engines_agree(place):
    memory, there = in_memory_and(place, READING, COUNTING)
    memory["header"]["source"] = there["header"]["source"]
    assert differences(memory, there) == []


# --- spend


def spend(*months):
    return SpendTable(tuple(("SEO", None, 2025 * 12 + month - 1, 100.0, None, None) for month in months), "EUR")


LEADS = [lead(number, f"2025-0{number}-10", source="SEO") for number in range(1, 7)]


def test_the_spend_is_that_of_the_period():
    options = FunnelOptions(
        period_from=date(2025, 3, 1), period_to=date(2025, 4, 30), compared_from=date(2025, 1, 1),
        compared_to=date(2025, 2, 28),
    )  # fmt: skip
    found = as_json(build(lead_table(LEADS, as_of=date(2025, 6, 30)), spend(1, 3, 4, 5), options=options))
    assert (found["summary"]["spend"], found["summary"]["cpl"]) == (200, 100)
    assert [row["cpl"] for row in found["period_created"][:2]] == [100, 50]
    assert {row["month"] for row in found["spend"]} <= {"2025-03", "2025-04", None}


@pytest.mark.parametrize("ends", [(date(2025, 3, 3), date(2025, 3, 31)), (date(2025, 2, 1), date(2025, 2, 28))])
def test_spend_by_months_may_say_nothing_of_a_period(ends):
    options = FunnelOptions(period_from=ends[0], period_to=ends[1])
    found = as_json(build(lead_table(LEADS, as_of=date(2025, 6, 30)), spend(1, 3, 4, 5), options=options))
    assert found["summary"]["spend"] is found["summary"]["cpl"] is None
    assert str(ends[0]) in found["unknown"]["summary.cpl"]["why"]
    assert ["no_spend_data", ""] not in found["header"]["notes"]


# --- where there is little


def test_a_period_may_have_no_leads_created_in_it():
    rows = [won(1, "2025-01-10", "2025-03-10"), lead(2, "2025-02-01"), lead(3, "2025-05-01")]
    options = FunnelOptions(period_from=date(2025, 3, 1), period_to=date(2025, 3, 31))
    found = as_json(build(lead_table(rows, as_of=date(2025, 6, 30)), options=options))
    assert found["summary"]["leads"] == 0
    assert found["period_closed"][0]["won"] == 1
    assert found["months"][0]["entered_won"] == 1


def test_a_period_without_anything_names_the_days_there_are():
    rows = [won(1, "2025-01-10", "2025-03-10"), lead(2, "2025-02-01", outcome="lost", d_lost=day("2025-02-20"))]
    options = FunnelOptions(period_from=date(2024, 1, 1), period_to=date(2024, 12, 31), period_name="2024")
    with pytest.raises(InputError) as refused:
        build(lead_table(rows, as_of=date(2025, 6, 30)), options=options)
    assert "nothing was created or closed in the period 2024 (2024-01-01 to 2024-12-31)" in str(refused.value)
    assert "created from 2025-01-10 to 2025-02-01, won from 2025-03-10 to 2025-03-10, lost from 2025-02-20" in str(
        refused.value
    )


def test_losses_without_a_day_are_in_no_period():
    rows = [won(1, "2025-01-10", "2025-03-10"), lead(2, "2025-03-01", outcome="lost", furthest_stage=5, lost_stage=5)]
    options = FunnelOptions(period_from=date(2025, 3, 1), period_to=date(2025, 3, 31))
    found = as_json(build(lead_table(rows, as_of=date(2025, 6, 30)), options=options))
    [closed] = found["period_closed"]
    assert closed["won"] == 1
    assert closed["lost"] is closed["win_rate"] is None
    assert "period_closed.win_rate" in found["unknown"]


def test_cohorts_are_of_the_leads_of_the_period_alone():
    rows = [won(1, "2025-03-05", "2025-03-20"), won(2, "2025-03-16", "2025-03-25"), won(3, "2025-03-17", "2025-04-01")]
    options = FunnelOptions(period_from=date(2025, 3, 15), period_to=date(2025, 4, 10))
    found = as_json(build(lead_table(rows, as_of=date(2025, 6, 30)), options=options))
    assert [row["month_0"] for row in found["cohort_counts"]] == [1]
    assert [row["entered_won"] for row in found["months"]] == [2, 1]


def test_the_last_day_has_all_its_hours():
    rows = [lead(1, "2025-03-31"), lead(2, "2025-04-01"), won(3, "2025-01-10", "2025-03-31")]
    rows[0]["created"] += 0.75
    rows[2]["d_won"] += 0.99
    options = FunnelOptions(period_from=date(2025, 3, 1), period_to=date(2025, 3, 31))
    table = lead_table(rows, as_of=date(2025, 6, 30), has_time=frozenset({"created", "won_date"}))
    found = as_json(build(table, options=options))
    assert (found["summary"]["leads"], found["period_closed"][0]["won"]) == (1, 1)
