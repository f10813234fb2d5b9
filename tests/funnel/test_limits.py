"""Tables that are small or say little, dates at the end of time: a funnel, and nothing that nobody knows."""

import json
from datetime import date

import pytest

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import InputError, ReadOptions, read_frame, read_spend

from .lead_tables import lead_table

AS_OF = date(2026, 11, 1)


def counted(*rows, as_of=AS_OF, **options):
    table = read_frame([list(row) for row in rows], ReadOptions(as_of=as_of, today=max(as_of, AS_OF)))
    found = as_json(build(table, options=FunnelOptions(**options)))
    json.dumps(found, allow_nan=False)
    return found


@pytest.mark.parametrize("basis", ["closed", "all", "cohort"])
@pytest.mark.parametrize(
    "rows",
    [
        [["Opportunity ID", "Stage"], ["1", "Won"]],
        [["Deal ID", "Stage", "Close Date"], ["1", "Won", "2025-01-05"], ["2", "Won", "2025-01-07"]],
        [["Lead ID", "Stage"], ["1", "Won"]],
        [["Lead ID", "Created", "Won date"], ["1", "2025-01-05", "2025-02-05"]],
    ],
    ids=["deal", "deals", "lead", "dated"],
)
def test_a_list_of_wins_has_a_funnel_and_no_win_rate(rows, basis):
    found = counted(*rows, win_basis=basis)
    summary = found["summary"]
    assert (summary["leads"], summary["won"], summary["lost"]) == (len(rows) - 1, len(rows) - 1, 0)
    assert (summary["win_rate"], summary["win_rate_closed"], summary["win_rate_all"]) == (None, None, None)


def test_a_deal_that_is_won_has_been_an_opportunity():
    found = counted(["Opportunity ID", "Stage"], ["1", "Won"])
    assert [(row["stage"], row["reached"]) for row in found["stages"]] == [("Opportunity", 1), ("Won", 1)]


@pytest.mark.parametrize(
    "rows",
    [
        [["Stage"], ["Won"]],
        [["Stage"], ["Lead"]],
        [["Created"], ["2025-01-05"]],
        [["Deal ID", "Stage"], ["1", "Lost"]],
        [["Lead ID", "Created", "Stage", "Amount"], ["1", "", "", ""]],
        [["Lead ID", "Stage", "Amount"], ["1", "Won", "5"]],
    ],
)
@pytest.mark.parametrize("basis", ["closed", "all", "cohort"])
def test_one_row_that_says_little(rows, basis):
    assert counted(*rows, win_basis=basis)["summary"]["leads"] == 1


def test_stages_must_lead_somewhere():
    rows = [["Lead ID", "Created", "Stage"], ["1", "2025-01-01", "Won"]]
    with pytest.raises(InputError, match="begins before Won"):
        read_frame(rows, ReadOptions(stage_order=("Won",)))


def test_the_win_rate_of_all_opportunities_needs_no_losses():
    rows = [{"row_no": n, "outcome": "won" if n < 2 else "open", "furthest_stage": 7 if n < 2 else 5} for n in range(4)]
    table = lead_table(rows, as_of=AS_OF, fields={"lead_id", "is_won"})
    summary = as_json(build(table, options=FunnelOptions(win_basis="all")))["summary"]
    assert (summary["win_rate"], summary["win_rate_of"], summary["win_rate_all"]) == (0.5, 4, 0.5)
    assert summary["win_rate_closed"] is None
    closed = as_json(build(table))["summary"]
    assert (closed["win_rate"], closed["win_rate_of"], closed["win_rate_all"]) == (None, None, 0.5)


# the end of time ------------------------------------------------------------------------------------------------------

DATED = ["Lead ID", "Created", "Stage", "Won date"]


@pytest.mark.parametrize("as_of", [date(9999, 12, 15), date.max, date(9999, 1, 1), date(1901, 1, 1), date(2100, 3, 1)])
@pytest.mark.parametrize("created", ["1901-01-01", "2025-01-05", "2100-02-28", "9999-12-01", "9999-12-31"])
def test_any_day_a_cell_can_hold_may_be_the_day_counted_as_of(as_of, created):
    rows = [DATED, ["1", created, "Won", created], ["2", "", "Lost", ""], ["3", created, "Lead", ""]]
    found = counted(*rows, as_of=as_of)
    assert found["summary"]["leads"] in {1, 3}
    over = {row["month"]: row["complete"] for row in found["months"]}
    assert over.get(created[:7]) in {None, date.fromisoformat(created) < as_of.replace(day=1) or as_of == date.max}


@pytest.mark.parametrize("as_of", [date(1, 1, 1), date(1900, 12, 31)])
def test_a_day_that_stands_for_none_is_refused(as_of):
    with pytest.raises(InputError, match=f"As of {as_of}.*Give a day from 1901-01-01"):
        counted(DATED, ["1", "2025-01-05", "Lead", ""], as_of=as_of)


@pytest.mark.parametrize("spent", ["2025-01-05", "9999-12-31", "2958470", "3100000"])
@pytest.mark.parametrize("created", ["2958466", "2958500", "3100000"])
def test_days_beyond_the_last_month_of_all_are_in_no_month(tmp_path, created, spent):
    spend = tmp_path / "spend.csv"
    spend.write_text(f"Date,Source,Cost\n{spent},Ads,5\n2025-01-05,Fair,5\n")
    rows = [
        ["Lead ID", "Created", "Stage", "Source"],
        ["1", float(created), "Lead", "Ads"],
        ["2", 45678.0, "Won", "Ads"],
    ]
    table = read_frame(rows, ReadOptions(as_of=AS_OF))
    found = as_json(build(table, read_spend(spend, ReadOptions(as_of=AS_OF))))
    assert found["summary"]["leads"] == 2
    assert {row["month"] for row in found["months"]} >= {"2025-01"}
    assert all(len(row["month"]) == len("2025-01") for row in found["months"])


def test_months_are_right_beyond_the_leap_day_that_never_was():
    found = counted(DATED, ["1", "2100-03-01", "Won", "2100-03-31"], as_of=date(2101, 1, 1))
    entered = {row["month"]: row["entered_won"] for row in found["months"]}
    assert entered["2100-03"] == 1
    assert sum(entered.values()) == 1


@pytest.mark.parametrize("months", [96_000, 241, -1, float("nan")])
def test_cohorts_are_followed_for_as_long_as_a_sheet_has_room(months):
    with pytest.raises(ValueError, match="cohort_months must be 0 to 240"):
        FunnelOptions(cohort_months=months)
    assert FunnelOptions(cohort_months=240).cohort_months == 240


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window_days", float("nan")),
        ("half_life", float("nan")),
        ("half_life", float("inf")),
        ("gross_margin", float("-inf")),
        ("gross_margin", float("nan")),
        ("min_n", float("inf")),
        ("target_minutes", float("nan")),
        ("top_groups", float("nan")),
    ],
)
def test_options_are_numbers(name, value):
    with pytest.raises(ValueError, match=name):
        FunnelOptions(**{name: value})


# sums -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "kind"),
    [
        ("1e308", "refused_column"),
        ("9" * 400, "refused_column"),
        ("9" * 39, "amounts_too_large"),
        (1.7e308, "amounts_too_large"),
        (-1e308, "amounts_too_large"),
        ("9" * 21, "amounts_too_large"),
    ],
)
def test_no_sum_is_infinite(amount, kind):
    header = ["Lead ID", "Created", "Stage", "Amount"]
    rows = [[str(number), "2025-01-05", stage, amount] for number, stage in enumerate(["Won", "Lost", "Proposal"] * 4)]
    found = counted(header, *rows)
    assert found["summary"]["won"] == 4
    assert found["summary"]["revenue"] in {None, 0}
    assert kind in {row["finding"] for row in found["quality"]}


def test_minutes_without_end_are_no_response_time():
    header = ["Lead ID", "Created", "Stage", "First response"]
    found = counted(header, ["1", "2025-01-05", "Won", "1e308"], ["2", "2025-01-05", "Lost", "1e308"])
    assert not found["response"] or found["response"][0]["mean"] is None
