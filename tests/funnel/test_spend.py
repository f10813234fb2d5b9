"""Spend set beside leads: names that differ, spend nobody can place, months."""

from datetime import date

import pytest

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads.model.table import SpendTable

from .lead_tables import day, found_of, lead_table

AS_OF = date(2025, 6, 30)
JANUARY = 2025 * 12


def lead(number, source, campaign=None, created="2025-01-10", won=None, amount=None):
    when = date.fromisoformat(created)
    return {
        "row_no": number,
        "source": source,
        "campaign": campaign,
        "created": day(created),
        "cohort_month": when.year * 12 + when.month - 1,
        "outcome": "won" if won else "open",
        "furthest_stage": 7 if won else 1,
        "d_won": won and day(won),
        "amount": amount,
    }


LEADS = [
    lead(1, "Google Ads", "Brand", won="2025-02-20", amount=900.0),
    lead(2, "google ads PL", "Generic"),
    lead(3, "Facebook", "Brand"),
    lead(4, "Facebook", "Brand", created="2025-02-03"),
    lead(5, None),
]


def spend(*rows, currency=None):
    """``(channel, campaign, month, spend)`` with impressions and clicks unknown."""
    return SpendTable(tuple((*row, None, None) for row in rows), currency)


def report(table, leads=LEADS, **more):
    return build(lead_table(leads, as_of=AS_OF, **more), table)


def by_group(made, field="source"):
    return {row["group"]: row for row in as_json(made)["by"][field]}


@pytest.mark.parametrize(
    ("channel", "source"),
    [
        ("Google Ads", "Google Ads"),
        ("  google  ADS ", "Google Ads"),
        ("adwords", "Google Ads"),
        ("google", "Google Ads"),
        ("meta", "Facebook"),
        ("ig", "Facebook"),
        ("google ads pl", "google ads PL"),
    ],
)
def test_channels_are_known_by_their_other_names(channel, source):
    made = report(spend((channel, None, JANUARY, 100.0)))
    assert by_group(made)[source]["spend"] == 100
    assert made.spend["channel"].values[0] == source


def test_an_alias_is_reported():
    made = report(spend(("adwords", None, JANUARY, 100.0)))
    assert [(one.kind, one.count, one.value) for one in found_of(made, "channels_")] == [
        ("channels_joined", 1, "Google Ads, adwords → Google Ads (100.00)")
    ]


def test_no_name_is_guessed():
    made = report(spend(("Gogle Ads", None, JANUARY, 100.0)))
    assert by_group(made)["Gogle Ads"]["leads"] == 0
    assert [one.kind for one in found_of(made, "spend_")] == ["spend_unmatched"]


def test_spend_that_names_only_a_campaign_goes_to_its_main_source():
    made = report(spend((None, "brand", JANUARY, 100.0), (None, "Unknown", JANUARY, 30.0)))
    sources, campaigns = by_group(made), by_group(made, "campaign")
    assert sources["Facebook"]["spend"] == 100  # two of the three leads of that campaign
    assert (campaigns["Brand"]["spend"], campaigns["Unknown"]["spend"]) == (100, 30)
    assert {one.kind: one.value for one in found_of(made, "spend_")} == {
        "spend_by_campaign": "",
        "spend_unallocated": "30.00",
    }


def test_unallocated_spend_is_in_the_totals_only():
    made = report(spend(("Facebook", None, JANUARY, 100.0), (None, None, JANUARY, 50.0)))
    groups = by_group(made)
    assert groups["(total)"]["spend"] == 150
    assert sum(row["spend"] or 0 for name, row in groups.items() if name != "(total)") == 100
    assert groups["(total)"]["cpl"] == 150 / 5
    rows = as_json(made)["spend"]
    assert [(row["channel"], row["spend"]) for row in rows[-2:]] == [("(unallocated)", 50), ("(total)", 150)]


def test_cost_per_month_by_cohort_and_by_period():
    made = report(spend(("Google Ads", None, JANUARY, 100.0), ("Google Ads", None, JANUARY + 1, 60.0)))
    january, february = (row for row in as_json(made)["spend"] if row["channel"] == "Google Ads")
    # the lead came in January and was won in February
    assert (january["cac_cohort"], january["cac_period"], january["leads"]) == (100, None, 1)
    assert (february["cac_cohort"], february["cac_period"], february["cpl"]) == (None, 60, None)
    assert (january["mature"], made.spend["month"].values[0]) == (True, date(2025, 1, 1))
    months = {row["month"]: row for row in as_json(made)["months"]}
    assert (months["2025-01"]["cpl"], months["2025-02"]["cac_period"]) == (100 / 4, 60)


def test_spend_without_a_month_counts_in_the_totals():
    made = report(spend(("Facebook", None, None, 100.0)))
    assert by_group(made)["Facebook"]["spend"] == 100
    rows = [(row["channel"], row["month"], row["leads"], row["spend"]) for row in as_json(made)["spend"]]
    assert rows[:3] == [("Facebook", "2025-01", 1, None), ("Facebook", "2025-02", 1, None), ("Facebook", None, 0, 100)]


def test_currencies_that_differ_are_not_set_against_each_other():
    made = report(spend(("Facebook", None, JANUARY, 100.0), currency="EUR"), currency="PLN", currencies=("PLN",))
    assert [(one.kind, one.value) for one in found_of(made, "spend_", "currency_")] == [
        ("currency_mismatch", "EUR ≠ PLN")
    ]
    summary = as_json(made)["summary"]
    assert (summary["spend"], summary["cpl"]) == (100, 20)
    assert (summary["roas"], summary["romi"]) == (None, None)
    assert "roas" not in by_group(made)["Facebook"]


def test_impressions_and_clicks_are_added_up():
    rows = (("Facebook", "A", JANUARY, 60.0, 1000.0, 10.0), ("Facebook", "B", JANUARY, 40.0, None, 5.0))
    row = as_json(report(SpendTable(rows, None)))["spend"][0]
    assert (row["spend"], row["impressions"], row["clicks"]) == (100, 1000, 15)


def test_gross_margin_lowers_the_return():
    table = lead_table(LEADS, as_of=AS_OF)
    made = build(table, spend(("Google Ads", None, JANUARY, 300.0)), options=FunnelOptions(gross_margin=0.4))
    assert as_json(made)["summary"]["romi"] == pytest.approx((900 * 0.4 - 300) / 300)
