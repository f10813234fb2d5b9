"""Traffic set beside the leads of the same days: nothing is added up that does not add up, no rate is guessed."""

from datetime import date, timedelta

import pytest

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads.model.reports import Reports
from xl_leadkpi.leads.reports import read_report_frame

from .lead_tables import day, found_of, lead_table

AS_OF = date(2026, 3, 31)
SOURCES = ("Google Ads", "Organic Search", "Fair", None)


def leads(**more):
    """120 leads, one a day from 1 January to 30 April; the last ones are after the day of counting."""
    rows = []
    for n in range(90):
        created = date(2026, 1, 1) + timedelta(days=n)
        rows.append({
            "row_no": n + 2, "source": SOURCES[n % 4], "created": day(created.isoformat()),
            "cohort_month": created.year * 12 + created.month - 1, "outcome": "open", "furthest_stage": 1,
        })  # fmt: skip
    return lead_table(rows, **{"as_of": AS_OF, **more})


def counted(source, first, last):
    """Leads of a source by a plain loop over the same days."""
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(90)]
    return sum(first <= one <= last and (source == "every" or SOURCES[n % 4] == source) for n, one in enumerate(days))


def traffic(*rows, header=("Session default channel group", "Year month", "Sessions", "Total users", "Bounce rate")):
    return read_report_frame([list(header), *map(list, rows)], "traffic")


def made(table, options=None, **more):
    return build(leads(**more), options=options, reports=Reports(traffic=table))


THREE_MONTHS = [
    (channel, month, sessions, sessions // 2, "40%")
    for channel, sessions in (("google / cpc", 100), ("Organic Search", 300), ("Direct", 50))
    for month in ("202601", "202602", "202603")
]


def test_without_reports_there_are_no_blocks():
    report = as_json(build(leads()))
    assert (report["traffic"], report["email"], report["social"]) == (None, None, None)


def test_visitors_stand_before_the_leads():
    visitors = as_json(made(traffic(*THREE_MONTHS)))["traffic"]["visitors"]
    every = counted("every", date(2026, 1, 1), date(2026, 3, 31))
    assert visitors["sessions"] == 3 * 450
    assert (visitors["leads"], visitors["visit_to_lead"]) == (every, every / 1350)
    assert (visitors["bounce_rate"], visitors["engagement_rate"]) == (pytest.approx(0.4), pytest.approx(0.6))
    assert (visitors["tool"], visitors["first_day"], visitors["last_day"]) == ("GA4", "2026-01-01", "2026-03-31")


def test_channels_meet_the_sources_of_the_leads_by_their_names():
    report = made(traffic(*THREE_MONTHS))
    rows = {row["channel"]: row for row in as_json(report)["traffic"]["by_channel"]}
    for channel, source in (("google / cpc", "Google Ads"), ("Organic Search", "Organic Search")):
        expected = counted(source, date(2026, 1, 1), date(2026, 3, 31))
        assert rows[channel]["leads"] == expected
        assert rows[channel]["visit_to_lead"] == expected / rows[channel]["sessions"]
    assert (rows["Direct"]["leads"], rows["Direct"]["visit_to_lead"]) == (None, None)
    [found] = found_of(report, "traffic_unmatched")
    assert (found.count, found.details["channels"]) == (1, ("Direct",))
    assert as_json(report)["unknown"]["traffic.by_channel.leads"]["rows"] == ["Direct"]


def test_a_channel_may_be_given_the_name_of_a_source():
    report = as_json(made(traffic(*THREE_MONTHS), channel_names={"Direct": "Fair"}))
    rows = {row["channel"]: row["leads"] for row in report["traffic"]["by_channel"]}
    assert rows["Direct"] == counted("Fair", date(2026, 1, 1), date(2026, 3, 31))


def test_users_are_those_of_one_row_or_of_the_report_itself():
    report = as_json(made(traffic(*THREE_MONTHS)))["traffic"]
    assert [row["users"] for row in report["by_channel"]] == [None] * 3
    assert [row["users"] for row in report["by_month"]] == [None] * 3
    assert report["visitors"]["users"] is None
    stated = as_json(made(traffic(("", "", 1350, 500, "40%"), *THREE_MONTHS)))["traffic"]
    assert (stated["visitors"]["users"], stated["visitors"]["sessions"]) == (500, 1350)
    january = [row for row in THREE_MONTHS if row[1] == "202601"]
    alone = as_json(made(traffic(*january)))["traffic"]["by_channel"]
    assert {row["channel"]: row["users"] for row in alone} == {"google / cpc": 50, "Organic Search": 150, "Direct": 25}


def test_months_have_the_leads_of_their_days():
    rows = as_json(made(traffic(*THREE_MONTHS)))["traffic"]["by_month"]
    ends = [(date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 1), date(2026, 2, 28)), (date(2026, 3, 1), AS_OF)]
    assert [(row["month"], row["sessions"], row["leads"]) for row in rows] == [
        (f"2026-{n:02}", 450, counted("every", *span)) for n, span in enumerate(ends, start=1)
    ]


def test_traffic_of_part_of_a_month_takes_the_leads_of_that_part():
    rows = [("Direct", f"202601{n:02}", 10) for n in range(10, 21)]
    table = traffic(*rows, header=("Session default channel group", "Date", "Sessions"))
    report = as_json(made(table))["traffic"]
    inside = counted("every", date(2026, 1, 10), date(2026, 1, 20))
    assert (report["visitors"]["leads"], report["by_month"][0]["leads"]) == (inside, inside)


def test_traffic_beyond_the_leads_is_left_out_and_said_so():
    later = [*THREE_MONTHS, ("Direct", "202604", 70, 9, "40%"), ("Direct", "202512", 30, 9, "40%")]
    report = made(traffic(*later))
    content = as_json(report)
    assert content["traffic"]["visitors"]["sessions"] == 1350
    months = {row["month"]: (row["sessions"], row["leads"]) for row in content["traffic"]["by_month"]}
    assert (months["2026-04"], months["2025-12"]) == ((70, None), (30, None))
    [found] = found_of(report, "traffic_partial")
    assert (found.count, found.details["traffic_days"]) == (2, ("2025-12-01", "2026-04-30"))
    assert content["unknown"]["traffic.by_month.visit_to_lead"]["rows"] == ["2025-12-01", "2026-04-01"]


def test_a_month_under_way_has_no_rate():
    content = as_json(made(traffic(*THREE_MONTHS), as_of=date(2026, 3, 15)))
    assert [row["visit_to_lead"] is None for row in content["traffic"]["by_month"]] == [False, False, True]
    assert content["traffic"]["visitors"]["last_day"] == "2026-02-28"


def test_traffic_of_other_times_has_no_leads():
    report = made(traffic(("Direct", "202401", 70, 9, "40%"), ("Organic Search", "202401", 30, 9, "40%")))
    content = as_json(report)["traffic"]
    assert [row["leads"] for row in content["by_channel"]] == [None, None]
    assert (content["visitors"]["sessions"], content["visitors"]["leads"]) == (100, None)
    assert [found.kind for found in found_of(report, "traffic_no")] == ["traffic_no_overlap"]


def test_traffic_without_days_has_no_leads():
    table = traffic(("Direct", 70), ("Organic Search", 30), header=("Session default channel group", "Sessions"))
    content = as_json(made(table))
    assert content["traffic"]["visitors"]["visit_to_lead"] is None
    assert "by_month" not in content["traffic"]
    assert "no day" in content["unknown"]["traffic.visitors.leads"]["why"]


def test_leads_without_days_of_creation_have_no_rate():
    rows = [{"row_no": n, "source": "Google Ads", "outcome": "open", "furthest_stage": 1} for n in range(5)]
    content = as_json(build(lead_table(rows, as_of=AS_OF), reports=Reports(traffic=traffic(*THREE_MONTHS))))
    assert content["traffic"]["visitors"]["sessions"] == 1350
    assert content["traffic"]["visitors"]["leads"] is None


def test_a_period_takes_the_traffic_of_its_days():
    options = FunnelOptions(period_from=date(2026, 2, 1), period_to=date(2026, 2, 28))
    content = as_json(made(traffic(("", "", 1350, 500, "40%"), *THREE_MONTHS), options))["traffic"]
    inside = counted("every", date(2026, 2, 1), date(2026, 2, 28))
    assert (content["visitors"]["sessions"], content["visitors"]["leads"]) == (450, inside)
    assert content["visitors"]["users"] is None  # the total is of three months
    assert [row["month"] for row in content["by_month"]] == ["2026-02"]


def console(*rows):
    return [["Date", "Clicks", "Impressions", "CTR", "Position"], *map(list, rows)]


def test_search_alone_tells_no_visitors():
    table = read_report_frame(console(("2026-01-01", 40, 900, 0.1, 3), ("2026-01-31", 60, 900, 0.1, 3)), "traffic")
    content = as_json(made(table))
    assert content["traffic"]["visitors"]["sessions"] is None
    assert "search engines only" in content["unknown"]["traffic.visitors.sessions"]["why"]
    [row] = content["traffic"]["by_channel"]
    expected = counted("Organic Search", date(2026, 1, 1), date(2026, 1, 31))
    assert (row["sessions"], row["leads"], row["visit_to_lead"]) == (100, expected, expected / 100)


def test_several_tools_are_never_added_up(tmp_path):
    table = traffic(*THREE_MONTHS)
    search = read_report_frame(console(("2026-01-01", 40, 900, 0.1, 3), ("2026-01-31", 60, 900, 0.1, 3)), "traffic")
    both = type(table)("traffic", (*search.rows, *table.rows))
    report = made(both)
    content = as_json(report)["traffic"]
    assert (content["visitors"]["tool"], content["visitors"]["sessions"]) == ("GA4", 1350)
    assert [(row["month"], row["tool"], row["sessions"]) for row in content["by_month"]] == [
        ("2026-01", "GA4", 450), ("2026-02", "GA4", 450), ("2026-03", "GA4", 450), ("2026-01", "Search Console", 100),
    ]  # fmt: skip
    assert [found.kind for found in found_of(report, "traffic_several")] == ["traffic_several_tools"]


def test_rates_without_visits_are_not_averaged():
    header = ("Session default channel group", "Year month", "Total users", "Bounce rate")
    table = traffic(("Direct", "202601", 9, "40%"), ("Direct", "202602", 8, "60%"), header=header)
    content = as_json(made(table))
    assert [row["bounce_rate"] for row in content["traffic"]["by_month"]] == [0.4, 0.6]
    assert content["traffic"]["by_channel"][0]["bounce_rate"] is None
    assert "cannot be averaged" in content["unknown"]["traffic.by_channel.bounce_rate"]["why"]


def test_a_rate_is_weighted_by_its_visits():
    table = traffic(("Direct", "202601", 300, 9, "10%"), ("Direct", "202602", 100, 8, "50%"))
    [row] = as_json(made(table))["traffic"]["by_channel"]
    assert row["bounce_rate"] == (30 + 50) / 400


def test_other_figures_stay_as_they_are():
    plain, beside = as_json(build(leads())), as_json(made(traffic(*THREE_MONTHS)))
    for part in ("summary", "stages", "by", "months", "spend", "channels"):
        assert plain[part] == beside[part], part
