"""A table taken back to an earlier day: nothing that came later may show (funnel specification, section 4.1)."""

from datetime import date

import polars as pl
import pytest

from xl_leadkpi.leads import InputError, ReadOptions, read, read_frame
from xl_leadkpi.sample import leads as sample_leads

THEN = ReadOptions(as_of=date(2025, 6, 30), today=date(2026, 1, 31))


def day(text):
    return date.fromisoformat(text).toordinal() - date(1899, 12, 30).toordinal()


def table(header, *lines, options=THEN):
    return read_frame([header.split("|"), *[[cell or None for cell in line.split("|")] for line in lines]], options)


def kinds(made):
    return {found.kind: (found.count, found.rows) for found in made.findings}


def test_rows_created_later_are_left_out():
    made = table(
        "Lead ID|Created|Stage", "1|2025-06-30 23:59|New", "2|2025-07-01 00:00|Won", "3|2025-08-01|New", "4||New"
    )
    assert made.frame["lead_id"].to_list() == ["1", "4"]
    assert kinds(made)["after_as_of"] == (2, (3, 4))
    assert "future_dates" not in kinds(made)
    assert made.rows_read == 4


def test_outcomes_that_came_later_are_open_and_stand_where_their_dates_say():
    made = table(
        "Lead ID|Created|SQL date|Proposal date|Won date|Lost date|Stage|Status|Lost reason",
        "1|2025-01-01|2025-02-01|2025-07-05|2025-08-01||Won|won|",
        "2|2025-01-01|2025-02-01|||2025-08-01|Lost|lost|Price",
        "3|2025-01-01|2025-02-01|2025-03-01|2025-06-30||Won|won|",
        "4|2025-01-01|2025-02-01|2025-07-01|||Proposal sent|open|",
        "5|2025-01-01|||||Proposal sent|open|",
    )
    found = made.frame.rows(named=True)
    assert [row["outcome"] for row in found] == ["open", "open", "won", "open", "open"]
    assert [row["furthest_stage"] for row in found] == [3, 3, 7, 3, 6]
    assert [row["stage_now"] for row in found] == ["SQL", "SQL", "Won", "SQL", "Proposal"]
    assert found[1]["lost_stage"] is None
    assert found[1]["lost_reason"] is None
    assert found[0]["d_won"] is None
    assert found[1]["d_lost"] is None
    assert kinds(made)["moved_after_as_of"] == (3, (2, 3, 5))


def test_a_close_date_that_came_later_is_no_forecast():
    made = table(
        "Deal ID|Deal Stage|Close Date|Create Date",
        "1|Closed Won|2025-08-01|2025-01-01",
        "2|Closed Won|2025-03-01|2025-01-01",
        "3|Contract sent|2025-08-01|2025-01-01",
    )
    later, earlier, still_open = made.frame.rows(named=True)
    assert (later["outcome"], later["expected_close"], later["furthest_stage"]) == ("open", None, 5)
    assert (earlier["outcome"], earlier["d_won"]) == ("won", day("2025-03-01"))
    assert (still_open["outcome"], still_open["expected_close"], still_open["furthest_stage"]) == (
        "open",
        day("2025-08-01"),
        6,
    )


def test_a_lead_lost_then_and_won_later_was_lost():
    made = table("Lead ID|Created|Won date|Lost date|Stage", "1|2025-01-01|2025-08-01|2025-03-01|Won")
    (lead,) = made.frame.rows(named=True)
    assert (lead["outcome"], lead["d_lost"]) == ("lost", day("2025-03-01"))


def test_outcomes_without_a_date_stay_and_are_reported():
    made = table("Lead ID|Created|Stage|Won date", "1|2025-01-01|Won|", "2|2025-01-01|Lost|", "3|2025-01-01|New|")
    assert made.frame["outcome"].to_list() == ["won", "lost", "open"]
    assert kinds(made)["undated_outcomes"] == (2, (2, 3))


def test_deals_that_came_or_closed_later_leave_their_lead_as_it_was(tmp_path):
    (tmp_path / "leads.csv").write_text(
        "Lead ID,Created,Lead Status,Converted\n1,2025-01-01,Customer,true\n2,2025-01-01,Customer,true\n"
        "3,2025-01-01,Customer,true\n",
        encoding="utf-8",
    )
    (tmp_path / "deals.csv").write_text(
        "Deal ID,Lead ID,Deal Stage,Create Date,Close Date,Amount\nA,1,Closed Won,2025-02-01,2025-03-01,100\n"
        "B,2,Closed Won,2025-02-01,2025-09-01,200\nC,3,Closed Won,2025-08-01,2025-09-01,300\n",
        encoding="utf-8",
    )
    made = read(tmp_path / "leads.csv", THEN, tmp_path / "deals.csv")
    assert made.frame["outcome"].to_list() == ["won", "open", "open"]
    assert made.frame["furthest_stage"].to_list() == [7, 5, 1]


def test_a_table_that_starts_later_is_refused():
    with pytest.raises(InputError, match="As of 2025-06-30"):
        table("Lead ID|Created|Stage", "1|2025-08-01|New")


def test_the_sample_taken_back_is_the_sample_made_up_to_then():
    whole = sample_leads()
    made = read_frame(whole, ReadOptions(as_of=date(2025, 6, 30), today=date(2026, 6, 30)))
    early = whole.unique("Lead ID", keep="first").filter(pl.col("Created").dt.date() <= date(2025, 6, 30))
    won = early["Won date"].drop_nulls() <= date(2025, 6, 30)
    assert len(made.frame) == len(early)
    assert int((made.frame["outcome"] == "won").sum()) == int(won.sum()) > 0
    assert made.rows_read == len(whole)


def test_deals_without_any_day_join_a_table_taken_back(tmp_path):
    leads, deals = tmp_path / "leads.csv", tmp_path / "deals.csv"
    leads.write_text("Lead ID,Created,Stage\nL1,2025-01-01,Lead\nL2,2025-01-02,Lead\n", encoding="utf-8")
    deals.write_text("Deal ID,Lead ID,Amount\nD1,L1,100\n", encoding="utf-8")
    table = read(leads, ReadOptions(as_of=date(2025, 6, 30), today=date(2026, 6, 30)), deals=deals)
    assert table.frame["amount"].to_list() == [100.0, None]
