"""E-mailings and pages of social networks as blocks: the KPIs decide what a rate is of."""

from datetime import date

import pytest

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads.model.reports import Reports
from xl_leadkpi.leads.reports import read_report_frame

from .lead_tables import lead_table

LEADS = [
    {"row_no": n, "outcome": "open", "furthest_stage": 1, "created": 46027.0 + 31 * n, "cohort_month": 2026 * 12 + n}
    for n in range(2)
]


def content(options=None, **tables):
    reports = Reports(**{kind: read_report_frame(rows, kind) for kind, rows in tables.items()})
    return as_json(build(lead_table(LEADS, as_of=date(2026, 3, 31)), options=options, reports=reports))


MAIL = [
    ["Campaign", "Send date", "List", "Sent", "Delivered", "Unique opens", "Unique clicks", "Bounced", "Unsubscribed",
     "Forwarded", "List size"],
    ["A", "2026-01-05", "Main", 100, 90, 45, 9, 10, 1, 3, 500],
    ["B", "2026-01-20", "Main", 300, 210, 45, 21, 90, 2, 0, 510],
    ["C", "2026-02-10", "Main", 100, 100, 20, 2, 0, 0, 0, 530],
]  # fmt: skip


def test_rates_of_months_are_those_of_the_sums():
    january, february, total = content(email=MAIL)["email"]["by_month"]
    assert january == {
        "month": "2026-01", "sent": 400, "delivered": 300, "opened": 90, "clicked": 30, "bounced": 100,
        "unsubscribed": 3, "forwarded": 3, "delivery_rate": 0.75, "open_rate": 0.3, "click_rate": 0.1,
        "click_to_open_rate": pytest.approx(1 / 3), "bounce_rate": 0.25, "unsubscribe_rate": 0.01,
        "forward_rate": 0.01, "list_size": 510,
    }  # fmt: skip
    assert (february["open_rate"], february["list_size"]) == (0.2, 530)
    assert (total["month"], total["sent"], total["delivered"], total["open_rate"]) == (None, 500, 400, 110 / 400)
    assert total["list_size"] == 530


def test_campaigns_come_with_the_latest_first():
    rows = content(email=MAIL)["email"]["by_campaign"]
    assert [(row["campaign"], row["day"], row["open_rate"]) for row in rows] == [
        ("C", "2026-02-10", 0.2), ("B", "2026-01-20", 45 / 210), ("A", "2026-01-05", 0.5),
    ]  # fmt: skip


def test_more_opened_than_delivered_is_no_rate():
    rows = [[*MAIL[0]], [*MAIL[1]]]
    rows[1][5] = 95
    report = content(email=rows)
    assert (report["email"]["by_month"][0]["opened"], report["email"]["by_month"][0]["open_rate"]) == (95, None)
    assert "opens_not_unique" in {row["finding"] for row in report["quality"]}


def test_what_no_column_tells_is_unknown_by_name():
    report = content(email=[row[:5] for row in MAIL])
    assert report["email"]["by_month"][0]["open_rate"] is None
    assert report["unknown"]["email.by_month.open_rate"]["why"] == "No column tells this: em_opened."


def test_sizes_of_two_lists_are_not_added():
    rows = [MAIL[0], MAIL[1], ["D", "2026-01-25", "Partners", 10, 10, 5, 1, 0, 0, 0, 40]]
    report = content(email=rows)
    assert (report["email"]["by_month"][0]["sent"], report["email"]["by_month"][0]["list_size"]) == (110, None)
    assert "cannot be added" in report["unknown"]["email.by_month.list_size"]["why"]


def test_a_period_takes_its_own_mailings():
    options = FunnelOptions(period_from=date(2026, 2, 1), period_to=date(2026, 2, 28))
    report = content(options, email=MAIL)
    assert [row["sent"] for row in report["email"]["by_month"]] == [100]


SOCIAL = [
    ["Date", "Network", "Followers", "Impressions", "Reactions", "Comments", "Shares", "Clicks"],
    ["2026-01-05", "LinkedIn", 500, 1000, 20, 4, 6, 70],
    ["2026-01-06", "LinkedIn", 502, 1000, 10, 1, 1, 8],
    ["2026-01-06", "Facebook", 900, 400, 10, 6, 4, 0],
    ["2026-02-01", "LinkedIn", 499, 100, 1, 1, 1, 1],
]


def test_pages_by_network_and_month():
    rows = content(social=SOCIAL)["social"]
    assert [(row["network"], row["month"], row["followers"], row["engagements"]) for row in rows] == [
        ("Facebook", "2026-01", 900, 20), ("LinkedIn", "2026-01", 502, 120), ("LinkedIn", "2026-02", 499, 4),
    ]  # fmt: skip
    assert [row["engagement_rate"] for row in rows] == [0.05, 0.06, 0.04]


def test_clicks_count_as_interactions_everywhere_or_nowhere():
    rows = [row[:7] for row in SOCIAL]
    assert [row["engagements"] for row in content(social=rows)["social"]] == [20, 42, 3]


def test_a_page_without_comments_has_no_interactions():
    rows = [[*row[:5], *row[6:]] for row in SOCIAL]
    report = content(social=rows)
    assert {row["engagement_rate"] for row in report["social"]} == {None}
    assert "so_comments" in report["unknown"]["social.engagements"]["why"]
