"""What the table does not tell is left out or said, never counted as if it were known."""

from dataclasses import replace
from datetime import date

import pytest

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.model.table import ColumnMatch, SpendTable
from xl_leadkpi.sheets import lay_out

from .lead_tables import day, found_of, golden_leads, golden_spend, lead_table

AS_OF = date(2025, 6, 30)
BLIND = {"silent": 3}
"""No word tells how far the lost leads came, nor does a date."""


def lead(number, created="2025-01-10", **more):
    when = date.fromisoformat(created)
    common = {"row_no": number, "created": day(created), "cohort_month": when.year * 12 + when.month - 1}
    return {**common, "outcome": "open", "furthest_stage": 1, "source": "Web", **more}


def won(number, created="2025-01-10", on="2025-03-01", **more):
    return lead(number, created, outcome="won", furthest_stage=7, d_won=on and day(on), **more)


def lost(number, furthest_stage=1, **more):
    return lead(number, outcome="lost", furthest_stage=furthest_stage, lost_stage=furthest_stage, **more)


def made(rows, options=None, spend=None, **table):
    return build(lead_table(rows, as_of=AS_OF, **table), spend, options=options)


# how far lost leads came ----------------------------------------------------------------------------------------------

SNAPSHOT = [
    won(1),
    *(lost(number, d_lost=day("2025-03-20")) for number in range(2, 5)),
    lead(5, furthest_stage=5, amount=100.0),
]


@pytest.mark.parametrize("engine", ["polars", "pandas"])
def test_where_nobody_knows_how_far_lost_leads_came_all_of_them_count(engine):
    report = made(SNAPSHOT, engine=engine, **BLIND)
    found = as_json(report)
    summary = found["summary"]
    assert (summary["lost"], summary["lost_opportunities"], summary["disqualified"]) == (3, None, None)
    assert (summary["win_rate"], summary["win_rate_of"], summary["win_rate_basis"]) == (0.25, 4, "closed_all_lost")
    assert (summary["win_rate_closed"], summary["win_rate_all"], summary["win_rate_value"]) == (None, None, None)
    assert {"summary.lost_opportunities", "summary.opportunities", "stages.next_step"} <= set(found["unknown"])
    assert report.header.win_basis == "closed_all_lost"
    assert [row["win_rate"] for row in found["by"]["source"]] == [0.25, 0.25]
    march = next(row for row in found["months"] if row["month"] == "2025-03")
    assert (march["lost"], march["win_rate"], "lost_opportunities" in march) == (3, 0.25, False)
    opportunities = found["pipeline"][0]
    assert (opportunities["closed_won"], opportunities["closed_lost"]) == (1, None)
    assert (opportunities["prior_won"], opportunities["prior_lost"], opportunities["stage_to_won"]) == (1, 3, 0.25)
    assert ("overall_win_rate", "") in report.pipeline.notes


def test_on_the_basis_of_all_opportunities_there_is_no_win_rate_then():
    summary = as_json(made(SNAPSHOT, FunnelOptions(win_basis="all"), **BLIND))["summary"]
    assert (summary["win_rate"], summary["win_rate_of"], summary["win_rate_basis"]) == (None, None, "all")


def test_a_table_of_leads_and_wins_alone_does_not_know_it_either():
    summary = as_json(made(SNAPSHOT[:-1], stages=("Lead", "Won")))["summary"]
    assert (summary["win_rate"], summary["win_rate_basis"]) == (0.25, "closed_all_lost")


@pytest.mark.parametrize(
    ("rows", "table"),
    [
        ([won(1), *map(lost, range(2, 10)), *(lost(n, furthest_stage=5) for n in range(10, 110))], {"silent": 2}),
        (SNAPSHOT, {}),
        (SNAPSHOT, {**BLIND, "is_deals": True, "stages": PIPELINE.names[4:]}),
    ],
    ids=["nearly all tell", "words tell", "deals"],
)
def test_otherwise_lost_leads_without_a_trace_are_disqualified(rows, table):
    report = made(rows, **table)
    assert report.summary["win_rate_basis"].values == ("closed",)
    assert report.summary["disqualified"].values != (None,)
    assert "summary.win_rate" not in as_json(report)["unknown"]


def test_losses_without_days_leave_the_months_without_a_win_rate():
    months = as_json(made([won(1), lost(2, furthest_stage=5)]))["months"]
    assert [row["lost_opportunities"] for row in months] == [None] * len(months)
    assert {row["win_rate"] for row in months} == {None}


# spend of other months ------------------------------------------------------------------------------------------------


def spend(*months):
    return SpendTable(tuple(("Web", None, 2025 * 12 + month - 1, 100.0, None, None) for month in months), None)


LEADS = [won(1, amount=500.0), *(lead(month, f"2025-{month:02}-15") for month in range(2, 7))]


def test_spend_of_one_month_is_not_divided_by_the_leads_of_six():
    report = made(LEADS, spend=spend(6))
    [finding] = [one for one in report.findings if one.kind.startswith("spend_")]
    assert (finding.kind, finding.count) == ("spend_partial", 4)
    assert finding.value == "spend 2025-06 .. 2025-06, leads 2025-01 .. 2025-06"
    found = as_json(report)
    summary = found["summary"]
    assert summary["spend"] == 100
    assert {summary[key] for key in ("cpl", "cac", "roas", "romi", "cost_per_opportunity")} == {None}
    assert {row["cost_per"] for row in found["stages"]} == {None}
    for table in (found["by"]["source"], found["trend"]):
        assert {row[key] for row in table for key in ("cpl", "cac", "roas", "romi")} == {None}
    assert found["spend"][-1]["cpl"] is None
    # a month's spend and leads belong together
    assert {row["month"]: row["cpl"] for row in found["months"]}["2025-06"] == 100
    assert [row["cpl"] for row in found["spend"] if row["month"] == "2025-06"] == [100]


def test_spend_of_other_years_is_said_to_be_so():
    report = made(LEADS, spend=spend(-30, -29))
    assert [one.kind for one in found_of(report, "spend_")] == ["spend_no_overlap"]
    assert report.summary["cpl"].values == (None,)


@pytest.mark.parametrize("months", [(1, 6), (2, 5), (1, 2, 3, 4, 5)])
def test_gaps_within_the_span_and_a_month_on_either_side_do_not_matter(months):
    report = made(LEADS, spend=spend(*months))
    assert found_of(report, "spend_") == []
    assert report.summary["cpl"].values == (len(months) * 100 / 6,)


# the trend ------------------------------------------------------------------------------------------------------------


def test_months_before_the_first_lead_are_no_comparison():
    recent, previous = as_json(made([lead(1, "2025-02-01"), won(2, "2025-04-01", "2025-05-01")]))["trend"]
    assert (recent["leads"], recent["won"]) == (1, 1)
    assert {value for key, value in previous.items() if key not in ("period", "first_month", "last_month")} == {None}


def test_a_period_is_compared_with_another_and_not_with_the_last_months():
    rows = [lead(1, "2025-01-01"), won(2, "2025-02-01", "2025-03-01"), won(3, "2025-04-01", "2025-05-01")]
    period = FunnelOptions(period_from=date(2025, 4, 1), period_to=date(2025, 6, 30))
    trends = [as_json(made(rows, options))["trend"] for options in (None, period)]
    assert [row["won"] for row in trends[0]] == [1, 1]
    assert trends[1] is None


# the pipeline ---------------------------------------------------------------------------------------------------------


def test_the_pipeline_begins_with_opportunities_and_its_total_is_the_card():
    rows = [
        won(1),
        lost(2, furthest_stage=5),
        lead(3, furthest_stage=3, stage_now="SQL", amount=7.0),
        lead(4, furthest_stage=5, amount=100.0),
        lead(5, furthest_stage=6, amount=40.0),
        lead(6, furthest_stage=6, stage_now="MQL", amount=1.0),
    ]
    report = made(rows)
    found = as_json(report)
    assert [(row["stage"], row["open"], row["amount"]) for row in found["pipeline"]] == [
        ("Opportunity", 2, 101),
        ("Proposal", 1, 40),
        ("(total)", 3, 141),
    ]
    summary, total = found["summary"], found["pipeline"][-1]
    assert (summary["pipeline"], summary["weighted_pipeline"]) == (total["amount"], total["weighted"])
    assert total["weighted"] == sum(row["weighted"] for row in found["pipeline"][:-1])
    assert report.pipeline["weighted"].summed == 1


def test_without_any_closed_lead_nothing_is_weighted():
    found = as_json(made([lead(1, furthest_stage=5, amount=100.0)]))
    assert [(row["stage_to_won"], row["weighted"]) for row in found["pipeline"]] == [(None, None)] * 3
    assert found["summary"]["weighted_pipeline"] is None


def test_amounts_of_zero_in_every_open_row_are_no_amounts():
    found = as_json(made([won(1, amount=5.0), lead(2, furthest_stage=5, amount=0.0), lead(3, furthest_stage=6)]))
    assert {row[key] for row in found["pipeline"] for key in ("amount", "weighted")} == {None}
    assert found["summary"]["pipeline"] is found["summary"]["weighted_pipeline"] is None


# rules of reaching, cohorts, breakdowns, means ------------------------------------------------------------------------


@pytest.mark.parametrize("reach", ["exact", "strict"])
def test_other_rules_decide_the_stages_and_not_the_outcomes(reach):
    filled, other = (made(SNAPSHOT, FunnelOptions(reach=name)) for name in ("filled", reach))
    assert ("reach_mode_scope", reach) in other.header.notes
    assert not filled.header.notes[:-1]
    assert other.stages["lost_here"].values == other.stages["open_here"].values == (None,) * 7
    assert filled.stages["lost_here"].values[0] == 3
    for key in ("won", "lost", "win_rate"):
        assert other.summary[key].values == filled.summary[key].values


def test_cohorts_say_how_many_they_leave_out():
    rows = [won(1, d_opportunity=day("2025-02-01")), won(2, on=None), lead(3, furthest_stage=5), lead(4)]
    report = made(rows)
    assert report.opportunity_cohorts.notes == (("undated_opportunities", "2"),)
    assert report.cohorts.notes == (("undated_wins", "1"),)


@pytest.mark.parametrize("label", ["source", "Source", "Lead source"])
def test_a_breakdown_asked_for_again_is_the_same_one(label):
    columns = (ColumnMatch(4, "Lead Source", "source", 1.0, "exact"),)
    rows = [lead(1, by_1="Web", by_2="A"), lead(2, by_1="Web", by_2="B")]
    report = made(rows, columns=columns, by_labels={"by_1": label, "by_2": "Industry"})
    assert [(field, block.name) for field, block in report.by.items()] == [
        ("source", "tblSource"), ("campaign", "tblCampaign"), ("owner", "tblOwner"), ("Industry", "tblBy4"),
    ]  # fmt: skip


def test_a_thousand_groups_can_be_shown():
    rows = [lead(number, source=f"S{number}") for number in range(1100)]
    groups = as_json(made(rows, FunnelOptions(top_groups=1000)))["by"]["source"]
    assert len(groups) == 1000 + len(("(other)", "(total)"))


def test_means_of_whole_days_are_exact():
    report = build(golden_leads(), golden_spend())
    assert report.summary["cycle_days_mean"].values == (160 / 3,)
    # 2 open opportunities of 52,000 / 3 each, 3 of 4 won; 30, 21 and 79 days from opportunity to won
    assert report.summary["opportunity_to_won_days_mean"].values == (130 / 3,)
    assert report.summary["velocity"].values == (pytest.approx(600, abs=1e-10),)


def test_the_golden_tables_know_what_they_need():
    report = build(golden_leads(), golden_spend())
    assert report.header.win_basis == "closed"
    assert not {one.kind for one in report.findings} & {"spend_partial", "spend_no_overlap"}
    assert replace(report.header, notes=()).period_from is None


@pytest.mark.parametrize("reach", ["filled", "exact"])
@pytest.mark.parametrize(
    ("rows", "paid", "table"),
    [(SNAPSHOT, None, BLIND), (LEADS, spend(6), {}), ([lead(1)], None, {"stages": ("Lead", "MQL")})],
    ids=["lost reach unknown", "spend of one month", "no opportunities"],
)
def test_what_is_blank_can_be_laid_out(rows, paid, table, reach):
    leads = lead_table(rows, as_of=AS_OF, **table)
    sheets = lay_out(build(leads, paid, options=FunnelOptions(reach=reach)), leads).sheets
    assert [sheet.name for sheet in sheets[:2]] == ["Funnel_Summary", "Funnel"]
