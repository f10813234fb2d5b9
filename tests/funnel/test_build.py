"""What the funnel does with tables that lack something, and what the options change."""

from datetime import UTC, date, datetime

import pytest

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.funnel.losses import shrunk
from xl_leadkpi.funnel.months import LONGEST_CALENDAR

from .lead_tables import day, lead_table

AS_OF = date(2025, 6, 30)


def lead(number, created="2025-01-10", **more):
    when = date.fromisoformat(created) if created else None
    return {
        "row_no": number,
        "lead_id": f"L{number}",
        "created": day(created),
        "cohort_month": when and when.year * 12 + when.month - 1,
        "outcome": "open",
        "furthest_stage": 1,
        **more,
    }


def won(number, created="2025-01-10", on="2025-03-01", **more):
    return lead(number, created, outcome="won", furthest_stage=7, stage_now="Won", d_won=on and day(on), **more)


def lost(number, furthest_stage, **more):
    return lead(number, outcome="lost", furthest_stage=furthest_stage, lost_stage=furthest_stage, **more)


def figures(rows, options=None, **table):
    return as_json(build(lead_table(rows, as_of=AS_OF, **table), options=options))


@pytest.mark.parametrize("engine", ["polars", "pandas"])
def test_no_leads_at_all(engine):
    found = figures([], engine=engine)
    summary = found["summary"]
    assert (summary["leads"], summary["won"], summary["win_rate"], summary["cpl"]) == (0, 0, None, None)
    assert [row["reached"] for row in found["stages"]] == [0] * 7
    assert found["curve"] == []


def test_only_stage_words():
    # snapshot: counts by rank, no time statistics whatever
    rows = [lead(1, None, furthest_stage=3, stage_now="SQL"), won(2, None, None), lead(3, None, stage_now="Lead")]
    found = figures(rows, stages=("Lead", "SQL", "Won"))
    assert [(row["stage"], row["reached"], row["in_stage_now"]) for row in found["stages"]] == [
        ("Lead", 3, 1),
        ("SQL", 2, 1),
        ("Won", 1, 1),
    ]
    assert found["summary"]["cycle_days_mean"] is None
    assert found["months"] == []
    assert found["curve"] == []
    assert {row["leads"] for row in found["mature"] if row["basis"] == "mature"} == {None}
    assert found["summary"]["lead_conversion"] == pytest.approx(1 / 3)
    assert (found["cohorts"], found["opportunity_cohorts"]) == ([], [])


def test_hidden_stages_have_no_count():
    summary = figures([lead(1), won(2)], stages=("Lead", "Won"))["summary"]
    assert [summary[key] for key in ("mql", "sql", "meetings", "opportunities", "proposals")] == [None] * 5


def test_where_nothing_can_be_lost_there_is_no_win_rate():
    found = figures([lead(1), won(2)], fields=("d_won", "won_date"))
    assert "No row says that it was lost" in found["unknown"]["summary.win_rate"]["why"]
    assert "--stage" in found["unknown"]["summary.win_rate"]["remedy"]
    summary = found["summary"]
    assert (summary["win_rate"], summary["win_rate_of"], summary["lost_opportunities"]) == (None, None, None)


def test_every_deal_is_an_opportunity():
    rows = [
        lead(1, furthest_stage=1),
        won(2),
        lead(3, outcome="lost", furthest_stage=1, stage_now="Lost", d_lost=day("2025-02-01")),
    ]
    found = figures(rows, stages=("Opportunity", "Proposal", "Won"), is_deals=True)
    summary = found["summary"]
    assert (summary["opportunities"], summary["open_opportunities"], summary["lost_opportunities"]) == (3, 1, 1)
    assert (summary["disqualified"], summary["win_rate"], summary["mql"]) == (0, 0.5, None)
    # the first stage begins when the deal is created; nobody knows when it ends where the next one has no days
    assert (found["stage_times"][0]["measure"], found["stage_times"][0]["n"]) == ("Opportunity", None)
    alone = figures(rows, stages=("Opportunity", "Won"), is_deals=True)
    assert (alone["stage_times"][0]["measure"], alone["stage_times"][0]["n"]) == ("Opportunity", 2)
    assert summary["opportunity_to_won_days_mean"] == summary["cycle_days_mean"] == 50


def test_meeting_after_opportunity():
    rows = [
        lead(1, furthest_stage=4, stage_now="Meeting", d_opportunity=day("2025-02-01"), d_meeting=day("2025-02-05")),
        lead(2, furthest_stage=5, stage_now="Opportunity", d_opportunity=day("2025-02-01")),
    ]
    found = figures(rows, stages=("Lead", "Opportunity", "Meeting"))
    assert [row["reached"] for row in found["stages"]] == [2, 2, 1]
    assert found["summary"]["open_opportunities"] == 2
    assert found["stage_times"][1] | {"measure": "Opportunity", "n": 1, "median": 4.0} == found["stage_times"][1]


def test_currencies_are_never_added_up():
    rows = [
        won(1, amount=100.0, currency="PLN"),
        won(2, amount=50.0, currency="EUR"),
        lead(3, furthest_stage=5, amount=7.0, currency="EUR"),
    ]
    report = build(lead_table(rows, as_of=AS_OF, currencies=("PLN", "EUR")))
    found = as_json(report)
    assert found["summary"]["revenue"] is None
    assert "revenue" not in found["by"]["source"][0]
    assert [(row["currency"], row["revenue"], row["pipeline"]) for row in found["currencies"]] == [
        ("EUR", 50, 7),
        ("PLN", 100, 0),
    ]
    assert ("mixed_currencies", "PLN, EUR") in report.header.notes


def test_a_field_asked_for_has_a_breakdown_under_its_header():
    rows = [lead(1, by_1="Poland"), won(2, by_1="Poland"), lead(3, by_1=None)]
    groups = figures(rows, by_labels={"by_1": "Country"})["by"]["Country"]
    assert [(row["group"], row["leads"], row["won"]) for row in groups] == [
        ("Poland", 2, 1),
        ("(none)", 1, 0),
        ("(total)", 3, 1),
    ]


def test_the_smallest_groups_share_a_row():
    rows = [won(i, source=f"S{i % 5}", on=f"2025-02-{i + 1:02}") for i in range(15)] + [lead(20, source="S0")]
    groups = figures(rows, FunnelOptions(top_groups=2))["by"]["source"]
    assert [(row["group"], row["leads"]) for row in groups] == [("S0", 4), ("S1", 3), ("(other)", 9), ("(total)", 16)]
    # S2, S3, S4 were won on the 3rd, 4th, 5th, 8th ... 15th
    assert groups[2]["cycle_days_median"] == day("2025-02-09") - day("2025-01-10")


def test_the_period_has_two_bases():
    rows = [won(1, "2025-01-10", "2025-02-10"), won(2, "2025-01-10", "2025-03-10"), lead(3, "2025-03-05")]
    rows.append(lead(4, outcome="lost", furthest_stage=5, lost_stage=5, d_lost=day("2025-03-20")))
    options = FunnelOptions(period_from=date(2025, 3, 1), period_to=date(2025, 3, 31))
    found = figures(rows, options)
    [march] = found["months"]
    assert (march["month"], march["leads"], march["entered_created"], march["entered_won"]) == ("2025-03", 1, 1, 1)
    summary, [closed] = found["summary"], found["period_closed"]
    assert (summary["leads"], summary["won"], summary["open"]) == (1, 0, 1)
    assert [closed[key] for key in ("won", "lost_opportunities", "win_rate")] == [1, 1, 0.5]
    header = found["header"]
    assert (header["period_from"], header["period_to"]) == ("2025-03-01", "2025-03-31")
    assert (header["rows_used"], header["closed_in_period"]) == (1, 2)


def test_one_stray_date_does_not_make_a_thousand_rows():
    rows = [lead(1, "1921-01-05"), lead(2, "2025-01-05")]
    months = figures(rows)["months"]
    assert [row["month"] for row in months] == ["1921-01", "2025-01"]
    assert LONGEST_CALENDAR < (2025 - 1921) * 12


def test_times_of_day_count_as_parts_of_a_day():
    rows = [won(1), won(2), lead(3)]
    rows[0]["d_won"] += 0.25
    rows[1]["created"] += 0.5
    found = figures(rows, has_time=frozenset({"created", "won_date"}))
    assert found["summary"]["cycle_days_mean"] == pytest.approx((50.25 + 49.5) / 2)
    # a win after 50.25 days had not happened at 50
    assert [(row["day"], row["wins"]) for row in found["curve"] if row["wins"]] == [(50, 1), (51, 1)]


def test_the_header_says_how_it_was_counted():
    built = datetime(2025, 7, 1, 9, 30, tzinfo=UTC)
    header = figures([lead(1), won(2, "2025-05-01", None)], FunnelOptions(reach="exact", built_at=built))["header"]
    assert header["built_at"] == "2025-07-01T09:30:00+00:00"
    assert (header["first_day"], header["last_day"], header["as_of"]) == ("2025-01-10", "2025-05-01", "2025-06-30")
    assert (header["reach"], header["rows_used"]) == ("exact", 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"reach": "any"}, "reach must be"),
        ({"win_basis": "open"}, "win_basis must be"),
        ({"half_life": 0}, "half_life must be"),
        ({"gross_margin": 40}, "gross_margin: '40' is not a share between 0 and 1"),
        ({"gross_margin": -0.1}, "gross_margin: '-0.1' is not a share between 0 and 1"),
        ({"top_groups": 0}, "top_groups must be"),
        ({"period_from": date(2025, 2, 1), "period_to": date(2025, 1, 1)}, "the period ends"),
        ({"compared_from": date(2025, 2, 1), "compared_to": date(2025, 1, 1)}, "the period compared with ends"),
        ({"compared_from": date(2025, 2, 1)}, "has but one end"),
    ],
)
def test_impossible_options(wrong, message):
    with pytest.raises(ValueError, match=message):
        FunnelOptions(**wrong)


def test_a_lead_exactly_as_old_as_the_window_is_mature():
    found = figures([lead(1, "2025-05-31"), lead(2, "2025-06-01"), won(3, "2025-05-31", "2025-06-30")])
    row = next(row for row in found["mature"] if row["window"] == 30)
    assert (row["leads"], row["won"]) == (2, 1)


@pytest.mark.parametrize(
    ("won_there", "lost_there", "chance"),
    [
        # four more closed at the win rate of all, 30 of 40
        (5, 2, (5 + 3) / (7 + 4)),
        (20, 9, (20 + 3) / (29 + 4)),
        (20, 10, 20 / 30),
    ],
)
def test_small_stages_are_drawn_towards_the_win_rate_of_all(won_there, lost_there, chance):
    more = 4 if won_there + lost_there < 30 else 0
    prior = shrunk(won_there, lost_there, 30, 10)
    assert sum(prior) == won_there + lost_there + more
    assert prior[0] / sum(prior) == pytest.approx(chance)


def test_weights_lie_between_their_own_share_and_the_win_rate():
    rows = [
        *(won(i, amount=1.0) for i in range(6)),
        *(lost(i, 5) for i in range(6, 12)),
        lost(12, 6),
        lead(99, amount=100.0, furthest_stage=6, stage_now="Proposal"),
    ]
    row = next(row for row in figures(rows)["pipeline"] if row["stage"] == "Proposal")
    overall = 6 / 13
    assert row["stage_to_won"] == pytest.approx((6 + 4 * overall) / (7 + 4))
    assert overall < row["stage_to_won"] < 6 / 7
    assert row["weighted"] == pytest.approx(100 * row["stage_to_won"])
