"""The golden fixture: every figure of golden_expected.json, read by the reader and made by hand on both engines."""

import json
from datetime import date
from itertools import pairwise

import pytest

from tests.golden import GOLDEN
from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import read, read_spend
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.leads.model.stage import PIPELINE

from .lead_tables import golden_leads, golden_spend

AS_OF = date(2025, 6, 30)


@pytest.fixture(scope="module")
def expected():
    return json.loads((GOLDEN / "golden_expected.json").read_text())


@pytest.fixture(scope="module", params=["reader", "polars", "pandas"])
def tables(request):
    if request.param == "reader":
        folder = GOLDEN
        return read(folder / "golden_leads.csv", ReadOptions(as_of=AS_OF)), read_spend([folder / "golden_spend.csv"])
    return golden_leads(request.param), golden_spend()


@pytest.fixture(scope="module")
def report(tables):
    return build(*tables)


@pytest.fixture(scope="module")
def figures(report):
    return as_json(report)


def by(rows, key):
    return {row[key]: row for row in rows}


def near(value):
    return pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize("reach", ["filled", "exact", "strict"])
def test_reached(tables, expected, reach):
    rows = as_json(build(*tables, options=FunnelOptions(reach=reach)))["stages"]
    assert {row["stage"]: row["reached"] for row in rows} == expected[f"reached_{reach}"]


def test_exact_and_strict_stand_beside_filled(figures, expected):
    rows = figures["stages"]
    assert {row["stage"]: row["exact"] for row in rows} == expected["reached_exact"]
    assert {row["stage"]: row["strict"] for row in rows} == expected["reached_strict"]
    assert [row["skipped"] for row in rows] == [row["reached"] - row["exact"] for row in rows]


def test_step_rates(figures, expected):
    assert [row["next_step_naive"] for row in figures["stages"]] == [
        None if rate is None else near(rate) for rate in expected["next_step_conv"]
    ]
    assert [row["cumulative"] for row in figures["stages"]] == near(expected["cumulative_conv"])


def test_drop_off_splits_into_lost_and_open(figures):
    rows = figures["stages"]
    for here, below in pairwise(rows):
        assert here["lost_here"] + here["open_here"] == below["drop_off"] == here["reached"] - below["reached"]


def test_key_figures(figures, expected):
    summary = figures["summary"]
    assert figures["header"]["rows_read"] == expected["rows_read"]
    assert {key: summary[key] for key in ("leads", "won", "lost", "lost_opportunities", "disqualified", "open")} == {
        "leads": expected["leads"],
        "won": expected["won"],
        "lost": expected["lost_all"],
        "lost_opportunities": expected["lost_opps"],
        "disqualified": expected["disqualified"],
        "open": expected["open"],
    }
    assert summary["opportunities"] == expected["opps"]
    assert summary["win_rate"] == summary["win_rate_closed"] == expected["winrate_closed"]
    assert summary["win_rate_basis"] == "closed"
    assert summary["win_rate_of"] == 4
    assert summary["win_rate_all"] == expected["winrate_all"]
    assert summary["win_rate_value"] == near(expected["winrate_value"])
    assert summary["lead_conversion"] == expected["lead_conv_naive"]
    assert summary["revenue"] == expected["revenue"]
    assert summary["average_deal"] == near(expected["avg_deal"])
    assert summary["pipeline"] == expected["pipeline_open"]


def test_win_rate_bases(tables, expected):
    def summary(basis):
        return as_json(build(*tables, options=FunnelOptions(win_basis=basis)))["summary"]

    every = summary("all")
    assert (every["win_rate"], every["win_rate_of"]) == (expected["winrate_all"], 6)
    # L01, L02, L05, L07, L09 have the day of their opportunity, all at least 90 days ago: 79 days at most to the win
    cohort = summary("cohort")
    assert (cohort["win_rate"], cohort["win_rate_of"], cohort["mature_opportunities_won"]) == (0.6, 5, 3)


def test_cycles(figures, expected):
    summary = figures["summary"]
    cycle = expected["cycle_lead_to_won"]
    assert summary["cycle_days_n"] == cycle["n"]
    assert summary["cycle_days_mean"] == near(cycle["mean"])
    assert summary["cycle_days_median"] == cycle["median"]
    assert summary["cycle_days_p90"] == near(cycle["p90"])
    assert summary["opportunity_to_won_days_mean"] == near(expected["cycle_opp_to_won"]["mean"])
    assert summary["opportunity_to_won_days_median"] == expected["cycle_opp_to_won"]["median"]


def test_stage_days(figures, expected):
    rows = by(figures["stage_times"], "measure")
    for stage, wanted in expected["stage_days"].items():
        days = sorted(wanted["values"])
        assert {key: rows[stage][key] for key in ("n", "mean", "median", "max")} == {
            "n": wanted["n"],
            "mean": near(wanted["mean"]),
            "median": wanted["median"],
            "max": days[-1],
        }


def test_open_ages(figures, expected):
    rows = by(figures["stage_times"], "measure")
    for stage in PIPELINE.names[:-1]:
        ages = expected["open_age_days"].get(stage, [])
        assert rows[stage]["open"] == len(ages)
        assert rows[stage]["open_median"] == (sum(ages) / len(ages) if ages else None)


def test_negative_durations(report, figures, expected):
    assert [[row["lead_id"], row["measure"], row["days"]] for row in figures["backwards"]] == expected[
        "negative_durations"
    ]
    [finding] = [one for one in report.findings if one.kind == "negative_duration"]
    assert (finding.count, finding.value, finding.rows) == (1, "MQL", (7,))


def test_cohorts(figures, expected):
    months = by(figures["months"], "month")
    for month, wanted in expected["cohort_created_month"].items():
        row = months[month]
        assert (row["leads"], row["cohort_won"]) == (wanted["leads"], wanted["won"])
        assert row["cohort_conversion"] == near(wanted["rate"])


def test_snapshot(figures, expected):
    months = by(figures["months"], "month")
    for month, wanted in expected["snapshot_month"].items():
        row = months[month]
        assert (row["entered_created"], row["entered_won"]) == (wanted["new_leads"], wanted["won"])
        assert row["snapshot_conversion"] == near(wanted["rate"])


@pytest.mark.parametrize("window", [30, 60, 90])
def test_mature_windows(figures, expected, window):
    wanted = expected[f"mature_{window}d"]
    row = by(figures["mature"], "window")[window]
    assert (row["leads"], row["won"]) == (wanted["leads"], wanted["won"])
    assert row["lead_conversion"] == near(wanted["rate"])


def test_headline_is_the_mature_rate_of_the_window(tables):
    summary = as_json(build(*tables, options=FunnelOptions(window_days=60)))["summary"]
    assert (summary["mature_leads"], summary["mature_won"], summary["lead_conversion_mature"]) == (10, 2, 0.2)


def test_curve(figures, expected):
    days = by(figures["curve"], "day")
    for day, wanted in expected["km_lost_kept_at_risk"].items():
        row = days[int(day)]
        assert (row["at_risk"], row["wins"]) == (wanted["at_risk"], wanted["won"])
        assert row["conversion"] == near(wanted["conv"])
        assert (row["drawn"] is None) == (wanted["at_risk"] < 10)


def test_cohort_matrix(figures, expected):
    rows = by(figures["cohorts"], "month")
    for month, rates in expected["cohort_matrix_calendar_month_offset"].items():
        filled = [row for key, row in rows[month].items() if key.startswith("rate_") and row is not None]
        assert filled == near(rates)


def test_sources(report, figures, expected):
    rows = by(figures["by"]["source"], "group")
    errors = {row["group"]: row for row in report.by["source"].rows()}
    for source, wanted in expected["by_source"].items():
        row = rows[source]
        assert (row["leads"], row["won"], row["revenue"], row["opportunities"]) == (
            wanted["leads"],
            wanted["won"],
            wanted["revenue"],
            wanted["opps"],
        )
        assert row["spend"] == wanted.get("spend")
        for key in ("cpl", "cac", "roas"):
            value = errors[source][key]
            assert (
                str(value) == wanted[key]
                if isinstance(value, CellError)
                else value == (None if wanted[key] is None else near(wanted[key]))
            )


def test_blended_cost(figures, expected):
    summary, wanted = figures["summary"], expected["blended"]
    assert summary["spend"] == expected["spend_total"]
    assert summary["cpl"] == near(wanted["cpl"])
    assert summary["cac"] == near(wanted["cac"])
    assert summary["cost_per_opportunity"] == near(wanted["cpopp"])
    assert summary["roas"] == near(wanted["roas"])
    assert summary["romi"] == near(wanted["romi_revenue"])
    assert figures["by"]["source"][-1]["spend"] == expected["spend_total"]


def test_unmatched_spend_and_sources_without_spend_stay_visible(report, figures):
    channels = [row["channel"] for row in figures["spend"]]
    assert channels[-2:] == ["LinkedIn", "(total)"]
    assert {"SEO", "Referral"} < set(channels)
    assert [one.value for one in report.findings if one.kind == "spend_unmatched"] == ["LinkedIn: 700.00"]


def test_pipeline_weights(figures):
    rows = by(figures["pipeline"], "stage")
    # three of the four closed leads that reached Opportunity were won, which is the win rate of all: 4 more are 3 and 1
    assert (rows["Opportunity"]["prior_won"], rows["Opportunity"]["prior_lost"]) == (6, 2)
    assert rows["Opportunity"]["stage_to_won"] == 0.75
    assert rows["Opportunity"]["weighted"] == 15_000
    assert figures["summary"]["weighted_pipeline"] == 0.75 * 25_000
    assert rows["(total)"]["amount"] == 25_000


def test_trend(figures):
    recent, previous = figures["trend"]
    assert (recent["first_month"], recent["last_month"]) == ("2025-04", "2025-06")
    assert (recent["leads"], recent["won"], recent["revenue"]) == (3, 1, 30_000)
    assert (previous["leads"], previous["won"], previous["win_rate"]) == (9, 2, near(2 / 3))
    assert (recent["cycle_days_median"], previous["cycle_days_median"]) == (90, 35)


def test_engines_agree_to_the_last_digit():
    figures = [as_json(build(golden_leads(engine), golden_spend())) for engine in ("polars", "pandas")]
    for one in figures:
        del one["header"]["built_at"]
    assert figures[0] == figures[1]
