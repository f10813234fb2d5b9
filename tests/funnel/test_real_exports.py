"""Two public exports, counted beforehand with other means: Olist's marketing funnel and a CRM's sales pipeline."""

import json

import pytest

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import read
from xl_leadkpi.leads.model.options import ReadOptions

WIDE = FunnelOptions(top_groups=50)


def near(value):
    return pytest.approx(value, abs=1e-6)


@pytest.fixture(scope="module")
def olist(shared):
    return json.loads((shared / "data/truth/olist.json").read_text())


@pytest.fixture(scope="module", params=["olist_mql_usdates.csv", "olist_mql_semicolon_bom.csv"])
def olist_figures(request, shared):
    folder = shared / "data/olist"
    leads = read(folder / request.param, deals=folder / "olist_closed_deals_semicolon_bom.csv")
    return as_json(build(leads, options=WIDE))


def test_olist_summary(olist, olist_figures):
    summary = olist_figures["summary"]
    assert summary["leads"] == olist["total_mql"]
    assert summary["won"] == olist["closed_deals"]
    assert summary["open"] == olist["not_converted"]
    assert summary["lead_conversion"] == near(olist["conversion"])
    # the files know no lost lead: a win rate would be 100 % by construction
    assert (summary["lost"], summary["win_rate"]) == (0, None)


def test_olist_cycle_without_the_negative_one(olist, olist_figures):
    truth, summary = olist["cycle_days_calendar"], olist_figures["summary"]
    assert olist["negative_cycles"] == 1
    n = truth["n"] - 1
    assert summary["cycle_days_n"] == n
    assert summary["cycle_days_mean"] == near((truth["sum"] - truth["min"]) / n)
    assert summary["cycle_days_median"] == truth["median"]
    [backwards] = olist_figures["backwards"]
    assert backwards["days"] == truth["min"]


def test_olist_origins(olist, olist_figures, request):
    rows = {row["group"]: row for row in olist_figures["by"]["source"]}
    in_semicolons = "semicolon" in request.node.callspec.id
    truth = olist["conversion_by_origin_in_semicolon_file" if in_semicolons else "conversion_by_origin"]
    assert len(rows) == len(truth) + 1
    for origin, wanted in truth.items():
        row = rows["(none)" if origin == "(blank)" else origin]
        assert (row["leads"], row["won"]) == (wanted["leads"], wanted["won"])
        assert row["lead_conversion"] == near(wanted["conversion"])


def test_olist_months(olist, olist_figures):
    months = {row["month"]: row for row in olist_figures["months"]}
    for month, wanted in olist["mql_by_month_of_first_contact"].items():
        assert (months[month]["leads"], months[month]["cohort_won"]) == (wanted["leads"], wanted["won"])
        assert months[month]["cohort_conversion"] == near(wanted["conversion"])
    assert {month: row["entered_won"] for month, row in months.items() if row["entered_won"]} == olist[
        "won_by_month_of_won_date"
    ]


@pytest.fixture(scope="module")
def crm(shared):
    return json.loads((shared / "data/truth/crm_sales.json").read_text())


@pytest.fixture(scope="module")
def crm_figures(shared):
    leads = read(shared / "data/crm_sales/sales_pipeline.csv", ReadOptions(by=("product",)))
    return as_json(build(leads, options=WIDE))


def test_crm_summary(crm, crm_figures):
    summary = crm_figures["summary"]
    assert summary["leads"] == summary["opportunities"] == crm["opportunities"]
    assert summary["won"] == crm["stage_counts"]["Won"]
    assert summary["lost"] == summary["lost_opportunities"] == crm["stage_counts"]["Lost"]
    assert summary["open"] == crm["open"]
    assert summary["win_rate"] == near(crm["win_rate"])
    assert summary["win_rate_of"] == crm["closed"]
    assert summary["win_rate_all"] == near(crm["won_share_of_all"])
    assert summary["revenue"] == crm["revenue_won"]
    assert summary["average_deal"] == near(crm["avg_won_deal"])
    assert summary["cycle_days_mean"] == near(crm["cycle_won"]["mean"])
    assert summary["cycle_days_median"] == crm["cycle_won"]["median"]
    assert summary["cycle_days_p90"] == crm["cycle_won"]["p90"]
    assert summary["velocity"] == near(crm["sales_velocity_per_day"]["value"])


def test_crm_time_as_an_opportunity(crm, crm_figures):
    row = crm_figures["stage_times"][0]
    assert row["measure"] == "Opportunity"
    assert row["n"] == crm["cycle_closed"]["n"]
    assert row["mean"] == near(crm["cycle_closed"]["mean"])
    assert [row[key] for key in ("p25", "median", "p75", "p90", "max")] == near(
        [crm["cycle_closed"][key] for key in ("p25", "median", "p75", "p90", "max")]
    )


@pytest.mark.parametrize(("field", "truth"), [("owner", "by_agent"), ("product", "by_product")])
def test_crm_groups(crm, crm_figures, field, truth):
    rows = {row["group"]: row for row in crm_figures["by"][field]}
    for name, wanted in crm[truth].items():
        row = rows[name]
        assert [row[key] for key in ("leads", "won", "lost", "open")] == [
            wanted[key] for key in ("opportunities", "won", "lost", "open")
        ]
        assert row["win_rate"] == near(wanted["win_rate"])
        assert row["revenue"] == wanted["revenue"]
        assert row["average_deal"] == near(wanted["avg_won_deal"])
        assert row["cycle_days_median"] == wanted["median_cycle_won"]


def test_crm_months(crm, crm_figures):
    months = {row["month"]: row for row in crm_figures["months"]}
    for month, wanted in crm["by_close_month"].items():
        row = months[month]
        assert (row["entered_won"], row["lost_opportunities"]) == (wanted["won"], wanted["lost"])
        assert row["win_rate"] == near(wanted["win_rate"])
        assert row["revenue"] == wanted["revenue"]
        assert row["average_deal"] == near(wanted["avg_won_deal"])
    for month, wanted in crm["cohort_by_engage_month"].items():
        assert (months[month]["leads"], months[month]["cohort_won"]) == (wanted["engaged"], wanted["won"])
