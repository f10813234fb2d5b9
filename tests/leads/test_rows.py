"""Row rules (funnel specification, sections 3 and 4): outcome, close-date trap, furthest stage, duplicates."""

import random
from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xl_leadkpi.leads import ReadOptions, read_frame
from xl_leadkpi.leads.lifecycle import outcome
from xl_leadkpi.leads.model.stage import PIPELINE

NOW = ReadOptions(as_of=date(2025, 6, 30), today=date(2025, 6, 30))


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1899, 12, 30).toordinal()


def table(header: str, *lines: str, options: ReadOptions = NOW) -> Any:
    return read_frame([header.split("|"), *[[cell or None for cell in line.split("|")] for line in lines]], options)


def leads(header: str, *lines: str, options: ReadOptions = NOW) -> list[dict[str, Any]]:
    return table(header, *lines, options=options).frame.rows(named=True)


def kinds(read: Any) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {found.kind: (found.count, found.rows) for found in read.findings}


def test_outcome_first_match_wins():
    header = "Lead ID|Created|Status|Won date|Lost date|Stage"
    found = leads(
        header,
        "1|2025-01-01|open|2025-02-01||Won",  # an explicit status outranks a date
        "2|2025-01-01||2025-02-01||New",  # then a date outranks the stage
        "3|2025-01-01|||2025-03-01|New",
        "4|2025-01-01||||Closed Won",
        "5|2025-01-01||||Closed Lost",
        "6|2025-01-01||||New",
        "7|2025-01-01|lost||||",
    )
    assert [lead["outcome"] for lead in found] == ["open", "won", "lost", "won", "lost", "open", "lost"]
    assert found[0]["d_won"] is None
    read = table(header, "1|2025-01-01|open|2025-02-01||Won", "2|2025-01-01|won|2025-02-01||Won")
    assert kinds(read)["contradictions"] == (1, (2,))


def test_salesforce_booleans():
    found = leads(
        "Opportunity ID|Stage|Closed|Won|Close Date|Created Date",
        "1|Handshake|TRUE|TRUE|2025-03-01|2025-01-01",
        "2|Handshake|true|false|2025-03-01|2025-01-01",
        "3|Handshake|FALSE|FALSE|2025-09-30|2025-01-01",
    )
    assert [lead["outcome"] for lead in found] == ["won", "lost", "open"]


def test_close_date_is_the_expected_one_while_the_deal_is_open():
    won, lost, still_open = leads(
        "Deal ID|Deal Stage|Close Date|Create Date",
        "1|Closed Won|2025-03-01|2025-01-01",
        "2|Closed Lost|2025-04-01|2025-01-01",
        "3|Contract sent|2025-05-01|2025-01-01",
    )
    assert (won["d_won"], won["d_lost"], won["expected_close"]) == (day("2025-03-01"), None, None)
    assert (lost["d_won"], lost["d_lost"], lost["expected_close"]) == (None, day("2025-04-01"), None)
    assert (still_open["d_won"], still_open["d_lost"], still_open["expected_close"]) == (None, None, day("2025-05-01"))


def test_expected_close_may_lie_ahead_but_nothing_else():
    read = table(
        "Deal ID|Deal Stage|Close Date|Create Date|Proposal date",
        "1|Contract sent|2025-12-31|2025-01-01|2025-08-01",
        "2|New|2025-12-31|2025-08-01|",
    )
    first, second = read.frame.rows(named=True)
    assert first["expected_close"] == day("2025-12-31")
    assert first["d_proposal"] is None
    assert first["furthest_stage"] == 6  # the stage still says so
    assert second["furthest_stage"] == 5
    assert [(found.column, found.count) for found in read.findings if found.kind == "future_dates"] == [
        ("Create Date", 1),
        ("Proposal date", 1),
    ]


def test_pipedrive_keeps_the_last_open_stage_of_a_lost_deal():
    (lead,) = leads(
        "Deal - ID|Deal - Stage|Deal - Status|Deal - Deal created", "1|Negotiations Started|Lost|2025-01-01"
    )
    assert (lead["outcome"], lead["stage_now"], lead["lost_stage"], lead["furthest_stage"]) == ("lost", "Lost", 6, 6)


def test_lost_rows_count_up_to_where_they_were_lost():
    header = "Lead ID|Created|MQL date|SQL date|Status|Last open stage"
    disqualified, dated, said, _ = leads(
        header,
        "1|2025-01-01|||lost|",
        "2|2025-01-01|2025-01-05||lost|",
        "3|2025-01-01|2025-01-05||lost|Proposal",
        "4|2025-01-01|||open|",
    )
    assert (disqualified["furthest_stage"], disqualified["lost_stage"]) == (1, 1)
    assert (dated["furthest_stage"], dated["lost_stage"]) == (2, 2)
    assert (said["furthest_stage"], said["lost_stage"]) == (6, 6)


def test_backward_move_keeps_the_furthest_stage():
    (lead, _) = leads("Lead ID|Created|Proposal date|Stage", "1|2025-01-01|2025-02-01|MQL", "2|2025-01-01||Won")
    assert (lead["stage_now"], lead["furthest_stage"]) == ("MQL", 6)


def test_unknown_stage_word_counts_as_lead_and_is_listed():
    read = table("Lead ID|Created|Stage", "1|2025-01-01|Handshake", "2|2025-01-01|MQL", "3|2025-01-01|")
    first, _, third = read.frame.rows(named=True)
    assert (first["stage_now"], first["furthest_stage"]) == (None, 1)
    assert third["stage_now"] == "Lead"
    assert kinds(read)["unknown_words"] == (1, (2,))
    assert [word.stage for word in read.words if word.word == "Handshake"] == [None]


def test_in_a_table_of_deals_every_row_has_reached_opportunity():
    read = table(
        "Opportunity ID|Opportunity Name|Created Date|Stage|Amount",
        "1|A|2025-01-01|Prospecting|5",
        "2|B|2025-01-01|Proposal|5",
        "3|C|2025-01-01|Closed Lost|5",
    )
    assert read.is_deals
    assert read.stages == ("Opportunity", "Proposal")
    assert [lead["furthest_stage"] for lead in read.frame.rows(named=True)] == [5, 6, 5]
    assert [lead["stage_now"] for lead in read.frame.rows(named=True)] == ["Opportunity", "Proposal", "Lost"]


def test_meetings_of_deals_come_after_the_opportunity():
    read = table("Deal ID|Deal Stage|Create Date", "1|Appointment Scheduled|2025-01-01", "2|Closed Won|2025-01-01")
    assert read.stages == ("Opportunity", "Meeting", "Won")
    assert [lead["furthest_stage"] for lead in read.frame.rows(named=True)] == [4, 7]


@pytest.mark.parametrize(
    ("meeting", "opportunity", "order"),
    [
        ("2025-01-10", "2025-01-20", ("Meeting", "Opportunity")),
        ("2025-01-20", "2025-01-10", ("Opportunity", "Meeting")),
    ],
)
def test_order_of_meeting_and_opportunity_by_their_dates(meeting, opportunity, order):
    read = table(
        "Lead ID|Created|Meeting date|Opportunity date|Status",
        f"1|2025-01-01|{meeting}|{opportunity}|open",
        "2|2025-01-01|2025-03-01||won",
    )
    assert read.stages == ("Lead", *order, "Won")
    assert any(found.kind == "stage_order" and found.severity == "info" for found in read.findings)


def test_stages_wanted_by_the_user():
    options = ReadOptions(as_of=date(2025, 6, 30), stage_order=("Lead", "SQL", "Won"))
    read = table(
        "Lead ID|Created|Stage", "1|2025-01-01|MQL", "2|2025-01-01|Proposal", "3|2025-01-01|Won", options=options
    )
    assert read.stages == ("Lead", "SQL", "Won")
    assert [lead["furthest_stage"] for lead in read.frame.rows(named=True)] == [
        1,
        3,
        7,
    ]  # a dropped stage counts as the one before


def test_duplicate_ids_keep_the_furthest_then_the_latest_then_the_first():
    read = table(
        "Lead ID|Created|Stage|Last Modified Date|Source",
        "A|2025-01-01|MQL|2025-03-01|first",
        "A|2025-01-01|Proposal|2025-02-01|furthest",
        "B|2025-01-01|MQL|2025-02-01|early",
        "B|2025-01-01|MQL|2025-03-01|late",
        "C|2025-01-01|MQL||one",
        "C|2025-01-01|MQL||two",
        "|2025-01-01|MQL||no id",
        "|2025-01-01|MQL||no id",
    )
    assert read.frame["source"].to_list() == ["furthest", "late", "one", "no id", "no id"]
    assert kinds(read)["duplicate_ids"] == (3, (2, 4, 7))


def test_same_email_is_reported_and_merged_only_on_demand():
    header = "Lead ID|Created|Stage|Email"
    lines = ("1|2025-03-01|Proposal|A@x.org", "2|2025-01-01|MQL|a@x.org ", "3|2025-01-01|New|", "4|2025-01-01|New|")
    read = table(header, *lines)
    assert len(read.frame) == 4
    assert kinds(read)["same_email"] == (2, (2, 3))
    merged = table(header, *lines, options=ReadOptions(as_of=date(2025, 6, 30), dedupe="id+email"))
    first, *_ = merged.frame.rows(named=True)
    assert len(merged.frame) == 3
    assert (first["created"], first["furthest_stage"], first["cohort_month"]) == (day("2025-01-01"), 6, 2025 * 12)
    assert kinds(merged)["duplicate_emails"][0] == 1


def test_texts_that_differ_in_case_and_spaces_are_one():
    read = table(
        "Lead ID|Created|Source",
        "1|2025-01-01|Google ads",
        "2|2025-01-01|google Ads ",
        "3|2025-01-01|Google\u00a0ads",
        "4|2025-01-01|--",
    )
    assert read.frame["source"].to_list() == ["Google ads"] * 3 + [None]


def test_times_stay_only_where_all_stage_dates_have_them():
    timed = table("Lead ID|Created|Won time", "1|2025-01-01 06:00|2025-01-03 18:00")
    assert timed.has_time == {"created", "won_date"}
    assert timed.frame["d_won"][0] - timed.frame["created"][0] == 2.5
    mixed = table("Lead ID|Created|Won time", "1|2025-01-01|2025-01-03 18:00")
    assert mixed.has_time == set()
    assert mixed.frame["d_won"][0] - mixed.frame["created"][0] == 2
    assert "times_dropped" in kinds(mixed)


@pytest.mark.parametrize(
    ("created", "response", "minutes"),
    [
        ("2025-01-01 10:00", "2025-01-01 10:02:40", 2.0 + 40 / 60),
        ("2025-01-01 10:00", "90", 90.0),
        ("2025-01-01", "0:15", 15.0),
    ],
)
def test_minutes_to_the_first_response(created, response, minutes):
    (lead,) = leads("Lead ID|Created|First response time|Stage", f"1|{created}|{response}|New")
    assert lead["response_min"] == pytest.approx(minutes, abs=1e-9)


def test_censoring_date():
    old = table("Lead ID|Created|Stage", "1|2024-01-01|New", options=ReadOptions(today=date(2025, 6, 30)))
    assert (old.as_of, old.as_of_reason) == (date(2024, 1, 1), "latest")
    fresh = table("Lead ID|Created|Stage", "1|2025-05-01|New", options=ReadOptions(today=date(2025, 6, 30)))
    assert (fresh.as_of, fresh.as_of_reason) == (date(2025, 6, 30), "today")


STAGE_CELLS = st.sampled_from(
    ["", "New", "MQL", "Qualified", "Demo", "Proposal", "Closed Won", "Closed Lost", "Handshake"]
)
DATE_CELLS = st.sampled_from(["", "2025-01-05", "2025-02-10", "2025-03-15", "2025-09-01"])
ROWS = st.lists(st.tuples(st.integers(1, 6), DATE_CELLS, DATE_CELLS, DATE_CELLS, STAGE_CELLS), min_size=1, max_size=12)


def rows_of(lines: list[tuple[Any, ...]]) -> Any:
    header = ["Lead ID", "Created", "MQL date", "Won date", "Stage"]
    return read_frame([header, *[[cell if cell != "" else None for cell in line] for line in lines]], NOW)


@settings(deadline=None, max_examples=40)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(lines: list[tuple[Any, ...]], shuffled: random.Random):
    # Duplicates tie by position, so only the furthest stage of each lead is compared.
    def picture(read: Any) -> Any:
        return sorted(read.frame.select("lead_id", "furthest_stage").rows())

    other = list(lines)
    shuffled.shuffle(other)
    assert picture(rows_of(lines)) == picture(rows_of(other))


@settings(deadline=None, max_examples=40)
@given(ROWS)
def test_repeating_every_row_changes_nothing(lines: list[tuple[Any, ...]]):
    once, twice = rows_of(lines), rows_of([*lines, *lines])
    assert once.frame.drop("row_no").rows() == twice.frame.drop("row_no").rows()
    assert once.stages == twice.stages


def test_the_same_expressions_run_on_pandas():
    pytest.importorskip("pandas")
    columns: dict[str, list[Any]] = {
        "row_no": [2, 3, 4, 5],
        "created": [45000.0, 45001.0, 45002.0, None],
        "mql_date": [45003.0, None, 45900.0, None],
        "close_date": [45010.0, 45011.0, 45012.0, 45013.0],
        "stage": [7, 8, 6, 0],
    }
    profile = outcome.TableProfile(set(columns) - {"row_no"}, is_deals=False, bound=45800, pipeline=PIPELINE)
    results = []
    for backend in ("polars", "pandas"):
        data = {**columns, "stage": pl.Series(columns["stage"], dtype=pl.Int8)} if backend == "polars" else columns
        frame = nw.from_dict(data, backend=backend)
        done = outcome.with_furthest_stage(outcome.with_stage_days(frame, profile), PIPELINE.names, profile)
        found = done.select(
            "outcome", "d_mql", "d_won", "d_lost", "expected_close", "furthest_stage", "lost_stage", "stage_now"
        )
        results.append([[None if cell != cell else cell for cell in row] for row in found.rows()])
    assert results[0] == results[1]
    assert [row[-1] for row in results[0]] == ["Won", "Lost", "Proposal", None]


def test_what_is_created_after_the_censoring_date_has_not_happened():
    read = table("Lead ID|Created|Stage", "1|2025-06-30 15:00|New", "2|2025-07-01|New")
    assert [lead["created"] is None for lead in read.frame.rows(named=True)] == [False, True]
    assert [lead["cohort_month"] for lead in read.frame.rows(named=True)] == [2025 * 12 + 5, None]
    assert kinds(read)["future_dates"] == (1, (3,))


def test_deals_of_one_lead_are_no_duplicates():
    read = table(
        "Potential Name|LEADID|Stage|Amount|Closing Date",
        "A|7|Closed Won|10|2025-01-01",
        "B|7|Proposal|10|2025-09-01",
        "C|8|Proposal|10|2025-09-01",
    )
    assert read.is_deals
    assert len(read.frame) == 3
