"""From a table as it is exported to the figures: each is right, blank with its reason, or named by a finding."""

from datetime import date

import pytest

from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import ReadOptions, read_frame

TODAY = date(2026, 6, 30)


def report(header, rows, kind="auto"):
    return as_json(build(read_frame([header, *rows], ReadOptions(today=TODAY, as_of=TODAY, kind=kind))))


def touched_by(found, kind):
    return {key for row in found["quality"] if row["finding"] == kind for key in (row["touches"] or "").split(", ")}


def leads(*words):
    return [[f"L{n}", "2026-01-05", word] for n, word in enumerate(words)]


@pytest.mark.parametrize(
    ("words", "kind", "figures"),
    [
        (["Won", "SQL", "MQL"], "no_losses", {"open", "lost"}),
        (["Lost", "SQL", "MQL"], "no_wins", {"open", "won"}),
        (["Won", "Won", "Won"], "only_won", {"open", "lost"}),
    ],
)
def test_open_ones_are_doubtful_where_an_outcome_is_never_told(words, kind, figures):
    assert figures <= touched_by(report(["Lead ID", "Created", "Stage"], leads(*words)), kind)
    assert kind not in {
        row["finding"] for row in report(["Lead ID", "Created", "Stage"], leads("Won", "Lost"))["quality"]
    }


def test_without_any_outcome_nothing_is_won_lost_or_open():
    found = report(["Lead ID", "Created", "Source"], leads("Web", "Fair"))
    assert [found["summary"][key] for key in ("leads", "won", "lost", "open")] == [2, None, None, None]
    assert {"summary.won", "summary.open"} <= set(found["unknown"])


def test_revenue_of_expected_amounts_is_said_to_be_so():
    rows = [["D1", "2026-01-05", "Won", 700.0], ["D2", "2026-01-06", "Lost", 300.0]]
    found = report(["Deal ID", "Created", "Stage", "Est. Revenue"], rows)
    assert found["summary"]["revenue"] == 700
    assert {"revenue", "average_deal"} <= touched_by(found, "estimated_amounts")
    assert not touched_by(report(["Deal ID", "Created", "Stage", "Amount"], rows), "estimated_amounts")


LAST = ["Lead ID", "Created", "Last open stage", "Won date", "Lost date"]


def last_stages(*, of_open):
    return [
        ["L1", "2026-01-05", "Proposal", "2026-02-01", None],
        ["L2", "2026-01-06", "SQL", None, "2026-02-02"],
        ["L3", "2026-01-07", of_open, None, None],
        ["L4", "2026-01-08", of_open, None, None],
    ]


def test_the_stage_of_open_leads_is_unknown_where_only_lost_ones_say_it():
    found = report(LAST, last_stages(of_open=None))
    assert [found["summary"][key] for key in ("leads", "won", "lost", "sql", "proposals")] == [4, 1, 1, None, None]
    assert "the 2 open ones" in found["unknown"]["summary.sql"]["why"]
    assert report(LAST, last_stages(of_open="SQL"))["summary"]["sql"] == 4


def test_days_of_stages_tell_what_no_word_does():
    rows = [[*row, day] for row, day in zip(last_stages(of_open=None), [None, None, "2026-01-20", None], strict=True)]
    found = report([*LAST, "SQL date"], rows)
    assert found["summary"]["sql"] == 3
    assert "sql" in touched_by(found, "stages_by_dates")


def test_a_later_stage_stands_for_the_opportunity_and_says_so():
    found = report(["Lead ID", "Created", "Stage"], leads("Won", "Proposal", "SQL", "Lost"), kind="leads")
    assert {"win_rate"} & (touched_by(found, "later_opportunity") | touched_by(found, "lost_reach_unknown"))
    assert [row["value"] for row in found["quality"] if row["finding"] == "later_opportunity"] == ["Proposal"]


def test_deals_without_stages_between_are_weighted_alike_and_say_so():
    rows = [["D1", "2026-01-05", "Won", 100.0], ["D2", "2026-01-06", "Lost", 50.0], ["D3", "2026-01-07", "Open", 80.0]]
    found = report(["Deal ID", "Created", "Status", "Amount"], rows, kind="deals")
    assert found["summary"]["weighted_pipeline"] == 40
    assert "weighted_pipeline" in touched_by(found, "one_weight")


def test_without_sources_there_is_no_breakdown_by_source_and_a_reason():
    found = report(["Lead ID", "Created", "Stage"], leads("Won", "Lost"))
    assert "source" not in found["by"]
    assert "by.source" in found["unknown"]


def test_wins_and_losses_that_only_a_flag_tells_name_what_they_touch():
    header = ["Deal ID", "Created", "Stage", "Closed", "Probability", "Amount"]
    rows = [["7", "2025-01-02", "Inked", "yes", "100%", 10.0], ["8", "2025-01-03", "Walked", "yes", "0%", 20.0]]
    found = report(header, rows)
    assert {"won", "win_rate", "revenue"} <= touched_by(found, "won_by_flag")
    assert {"lost", "win_rate"} <= touched_by(found, "lost_by_flag")
