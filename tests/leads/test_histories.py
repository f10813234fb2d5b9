"""Histories beside leads, and as leads: against plain loops, and against the file as it was on an earlier day."""

import random
from datetime import date, datetime, timedelta

import duckdb
import polars as pl
import pytest

from tests.leads.plain_histories import (
    FIRST,
    LOST,
    STAGES,
    plain_lead,
    plain_visits,
    random_history,
    with_before,
)
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import InputError, ReadOptions, read_frame, read_query

pytestmark = pytest.mark.long

TODAY = date(2026, 3, 1)
ORDER = STAGES[:-1]


def options(as_of=TODAY, **more):
    return ReadOptions(as_of=as_of, today=TODAY, kind="leads", stage_order=ORDER, **more)


def log(changes):
    return [["Lead ID", "Stage", "Date entered"], *map(list, ((lead, word, day) for lead, day, word in changes))]


def old_and_new(changes):
    return [["Lead ID", "Date", "Old", "New"], *map(list, with_before(changes))]


def leads_of(changes, *, created=True):
    """The table of leads beside a history: what is no change, and when each was created."""
    first = {}
    for lead, day, _ in changes:
        first.setdefault(lead, day)
    header = ["Lead ID", "Source", *(["Created"] if created else [])]
    return [header, *([lead, f"S{n % 3}", *([day] if created else [])] for n, (lead, day) in enumerate(first.items()))]


def visits_by_lead(table):
    """The visits as the table has them, by the lead's identifier."""
    names = {row["row_no"]: row["lead_id"] for row in table.frame.rows(named=True)}
    rows = table.history.visits.collect("polars").to_native().sort("row_no", "place").iter_rows(named=True)
    found = {}
    for row in rows:
        visit = [row["stage"], row["entered"], row["left"], row["before"]]
        found.setdefault(names[row["row_no"]], []).append(visit)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_the_visits_of_a_log_are_those_of_plain_loops(seed):
    changes = random_history(seed)
    wanted = plain_visits(changes)
    assert visits_by_lead(read_frame(log(changes), options())) == wanted
    assert visits_by_lead(read_frame(leads_of(changes), options(), history=log(changes))) == wanted
    newest_first = log(changes)[:1] + log(changes)[:0:-1]
    assert visits_by_lead(read_frame(leads_of(changes), options(), history=newest_first)) == wanted


@pytest.mark.parametrize("seed", range(6))
def test_what_stood_before_the_first_change_is_a_visit_from_the_creation_on(seed):
    changes = random_history(seed)
    created = [(lead, day - timedelta(days=2), "Lead") for lead, day, _ in dict_of_first(changes)]
    wanted = plain_visits([*created, *changes])
    table = read_frame(leads_of([*created, *changes]), options(), history=old_and_new(changes))
    found = visits_by_lead(table)
    # who has only ever been in the first stage has no change to tell of
    assert {lead: visits for lead, visits in found.items() if len(visits) > 1} == {
        lead: visits for lead, visits in wanted.items() if len(visits) > 1
    }


def dict_of_first(changes):
    first = {}
    for change in changes:
        first.setdefault(change[0], change)
    return first.values()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("created", [True, False])
def test_what_a_history_says_of_each_lead_is_what_plain_loops_say(seed, created):
    changes = random_history(seed)
    beside = read_frame(leads_of(changes, created=created), options(), history=log(changes))
    check_leads(beside, plain_visits(changes))
    check_leads(read_frame(log(changes), options()), plain_visits(changes))


def check_leads(table, visits_of_leads):
    found = {row["lead_id"]: row for row in table.frame.rows(named=True)}
    for lead, visits in visits_of_leads.items():
        wanted = plain_lead(visits)
        if wanted["outcome"] == "lost" and wanted["lost_stage"] is None:
            wanted["lost_stage"] = 1
        assert {key: found[lead][key] for key in wanted} == wanted, lead


# --- as it stood


def figures(table):
    report = as_json(build(table, options=FunnelOptions(window_days=30)))
    del report["header"]["built_at"], report["header"]["rows_read"], report["header"]["source"]
    # what was odd and how words and columns were read is said of the file, not of the funnel
    return {name: block for name, block in report.items() if name not in ("quality", "words", "columns")}


def random_days(seed, number):
    chance = random.Random(seed)
    return [FIRST + timedelta(days=chance.randrange(40, 220)) for _ in range(number)]


@pytest.mark.parametrize("day", random_days(1, 50), ids=str)
def test_a_past_day_of_a_log_is_the_funnel_of_the_log_as_it_was_that_day(day):
    changes = random_history(day.toordinal())
    then = [change for change in changes if change[1] <= day]
    whole = read_frame(log(changes), options(as_of=day))
    assert visits_by_lead(whole) == plain_visits(changes, day)
    assert figures(whole) == figures(read_frame(log(then), options(as_of=day)))


@pytest.mark.parametrize("day", random_days(2, 50), ids=str)
def test_a_past_day_of_leads_with_a_history_is_that_of_the_history_as_it_was(day):
    changes = random_history(day.toordinal() + 7)
    then = [change for change in changes if change[1] <= day]
    leads = leads_of(changes)
    whole = read_frame(leads, options(as_of=day), history=log(changes))
    assert figures(whole) == figures(read_frame(leads, options(as_of=day), history=log(then)))
    check_leads(whole, plain_visits(changes, day))


def test_a_past_day_forgets_what_the_leads_say_of_today():
    leads = [
        ["Deal ID", "Created", "Stage", "Won date", "Amount", "Close date"],
        ["A", "2025-01-01", "Won", "2025-02-01", 100, "2025-02-01"],
        ["B", "2025-01-02", "Proposal", None, 200, "2025-06-01"],
    ]
    history = [
        ["Deal ID", "Field", "Old value", "New value", "Time"],
        ["A", "Stage", "Opportunity", "Proposal", "2025-01-10"],
        ["A", "Close date", "2025-03-15", "2025-02-01", "2025-01-25"],
        ["A", "Amount", "150", "100", "2025-01-26"],
        ["A", "Stage", "Proposal", "Won", "2025-02-01"],
        ["B", "Stage", "Opportunity", "Proposal", "2025-01-12"],
    ]
    asked = ReadOptions(as_of=date(2025, 1, 20), today=TODAY, kind="deals")
    rows = read_frame(leads, asked, history=history).frame.rows(named=True)
    [first, second] = [
        (row["outcome"], row["stage_now"], row["d_won"], row["amount"], row["expected_close"]) for row in rows
    ]
    assert first == ("open", "Proposal", None, 150.0, 45731)  # 2025-03-15
    assert second == ("open", "Proposal", None, 200.0, 45809)  # 2025-06-01: it has not changed since


def test_a_day_before_every_change_leaves_nothing_of_a_log():
    changes = random_history(3)
    with pytest.raises(InputError, match=r"^As of 2024-05-01: every change in selection came later\."):
        read_frame(log(changes), options(as_of=date(2024, 5, 1)))


# --- where the rows are


def typed(table):
    header, *rows = table
    return pl.DataFrame(rows, schema=header, orient="row")


def on_duckdb(frame):
    return duckdb.sql("SELECT * FROM frame")


@pytest.mark.parametrize("as_of", [TODAY, date(2025, 4, 5)])
@pytest.mark.parametrize("laid_out", [log, old_and_new])
def test_engines_count_what_memory_counts(as_of, laid_out):
    changes = random_history(as_of.toordinal(), 60)
    leads, history = leads_of(changes), laid_out(changes)
    wanted = figures(read_frame(leads, options(as_of), history=history))
    tables = {
        "both on Polars": (typed(leads).lazy(), typed(history).lazy()),
        "both on DuckDB": (on_duckdb(typed(leads)), on_duckdb(typed(history))),
        "leads on DuckDB": (on_duckdb(typed(leads)), history),
        "history on Polars": (leads, typed(history).lazy()),
    }
    for where, (one, other) in tables.items():
        assert figures(read_frame(one, options(as_of), history=other)) == wanted, where


@pytest.mark.parametrize("as_of", [TODAY, date(2025, 4, 5)])
@pytest.mark.parametrize("laid_out", [log, old_and_new])
def test_a_log_on_an_engine_is_folded_there(as_of, laid_out):
    changes = random_history(as_of.toordinal() + 1, 60)
    header, *rows = laid_out(changes)
    rows = [[*row, None if n % 5 == 0 else 100 + n % 7, f"S{n % 3}"] for n, row in enumerate(rows)]
    table = [[*header, "Amount", "Source"], *rows]
    wanted = figures(read_frame(table, options(as_of)))
    for frame in (typed(table).lazy(), on_duckdb(typed(table))):
        there = read_query(frame, options(as_of))
        assert figures(there) == wanted
        assert "history_folded" in kinds(there)


def test_a_log_on_an_engine_keeps_what_its_columns_say_last():
    header = ["Deal ID", "Stage now", "Created", "Owner", "Old stage", "New stage", "Changed at", "Amount"]
    rows = [
        ["A", "Won", date(2025, 1, 1), "Eva", "Lead", "SQL", date(2025, 1, 5), 10.0],
        ["A", "Won", date(2025, 1, 1), "Jan", "SQL", "Won", date(2025, 1, 15), 12.0],
        ["B", "SQL", date(2025, 1, 2), None, "Lead", "SQL", date(2025, 1, 7), None],
        ["B", "SQL", date(2025, 1, 2), "Ida", "SQL", "Proposal", date(2025, 1, 6), 7.0],
    ]
    frame = pl.DataFrame(rows, schema=header, orient="row")
    asked = ReadOptions(as_of=TODAY, today=TODAY, kind="leads", fields={"stage": "Stage now"}, by=("Owner",))
    wanted = as_json(build(read_frame(frame, asked)))
    for there in (frame.lazy(), on_duckdb(frame)):
        table = read_query(there, asked)
        assert [row["owner"] for row in sorted(rows_of(table), key=lambda row: row["lead_id"])] == ["Jan", "Ida"]
        found = as_json(build(table))
        for name in ("summary", "stages", "by", "visits", "transitions"):
            assert found[name] == wanted[name], name


def rows_of(table):
    return table.frame.lazy().collect("polars").to_native().to_dicts()


def test_times_of_a_log_count_where_a_stage_has_none():
    rows = [
        ["A", "Lead", datetime(2025, 1, 1)],
        ["B", "Lead", datetime(2025, 1, 2)],
        ["A", "Won", datetime(2025, 1, 4, 18)],
    ]
    table = [["Lead ID", "Stage", "Date entered"], *rows]
    asked = ReadOptions(as_of=TODAY, today=TODAY, kind="leads")
    wanted = figures(read_frame(table, asked))
    assert wanted["summary"]["cycle_days_mean"] == 3.75
    for frame in (typed(table).lazy(), on_duckdb(typed(table))):
        there = read_query(frame, asked)
        assert "times_dropped" not in kinds(there)
        assert figures(there) == wanted


def test_a_day_on_which_no_stage_had_changed_yet():
    header = ["Deal ID", "Created", "Stage", "Field", "Old value", "New value", "Changed at"]

    def created(stage):
        return [header, *([deal, "2025-01-01", stage, "Created.", None, None, "2025-01-01"] for deal in "AB")]

    changed = [[deal, "2025-01-01", "Won", "Stage", "Proposal", "Won", "2025-02-01"] for deal in "AB"]
    asked = ReadOptions(as_of=date(2025, 1, 20), today=TODAY, kind="deals")
    for table in (created("Proposal"), [*created("Won"), *changed]):
        summary = figures(read_frame(table, asked))["summary"]
        assert (summary["leads"], summary["open"], summary["won"]) == (2, 2, 0)
    leads = [["Deal ID", "Created"], ["A", "2025-01-01"], ["B", "2025-01-02"]]
    summary = figures(read_frame(leads, asked, history=[*created("Won"), *changed]))["summary"]
    assert (summary["leads"], summary["open"]) == (2, 2)


REOPENED = [
    ["Deal ID", "Field", "Old value", "New value", "Changed at"],
    ["A", "Stage", None, "Qualified", "2025-01-02"],
    ["A", "Stage", "Qualified", "Proposal Made", "2025-01-05"],
    ["A", "Status", "Open", "Lost", "2025-01-09"],
    ["A", "Status", "Lost", "Open", "2025-01-12"],
    ["A", "Status", "Open", "Lost", "2025-01-15"],
    ["A", "Status", "Lost", "Open", "2025-01-18"],
    ["B", "Stage", None, "Proposal Made", "2025-01-02"],
    ["B", "Status", "Open", "Won", "2025-01-20"],
    ["C", "Status", "Open", "Lost", "2025-01-21"],
    ["C", "Status", "Lost", "Open", "2025-01-22"],
]


def test_a_status_that_is_open_again_leaves_the_stage_what_it_was():
    leads = [["Deal ID", "Created"], *([deal, "2025-01-01"] for deal in "ABC")]
    asked = ReadOptions(as_of=TODAY, today=TODAY, kind="deals")
    tables = {
        "alone": read_frame(REOPENED, asked),
        "beside": read_frame(leads, asked, history=REOPENED),
        "alone on Polars": read_query(typed(REOPENED).lazy(), asked),
        "alone on DuckDB": read_query(on_duckdb(typed(REOPENED)), asked),
        "beside on DuckDB": read_query(on_duckdb(typed(leads)), asked, history=on_duckdb(typed(REOPENED))),
    }
    for where, table in tables.items():
        assert not {"history_breaks", "negative_duration"} & {*kinds(table)}, where
        report = figures(table)
        moves = [(row["from"], row["to"], row["moves"]) for row in report["transitions"]]
        assert moves == [
            ("Opportunity", "Proposal", 1), ("Opportunity", "Lost", 1), ("Proposal", "Won", 1), ("Proposal", "Lost", 2),
            ("Lost", "Opportunity", 1), ("Lost", "Proposal", 2),
        ], where  # fmt: skip
        there = {row["stage"]: row["in_stage_now"] for row in report["stages"]}
        assert there == {"Opportunity": 1, "Proposal": 1, "Won": 1}, where


def test_a_status_is_none_of_the_stages_of_ones_own():
    asked = ReadOptions(as_of=TODAY, today=TODAY, kind="deals", stages="own")
    report = figures(read_frame(REOPENED[:-2], asked))
    assert [(row["stage"], row["in_stage_now"]) for row in report["stages"]] == [
        ("Qualified", 0), ("Proposal Made", 1), ("Won", 1),
    ]  # fmt: skip


# --- both tables


def kinds(table):
    return {finding.kind.value: finding for finding in table.findings}


def test_the_leads_are_believed_and_the_differences_said():
    leads = [
        ["Lead ID", "Created", "Stage", "Proposal date"],
        ["A", "2025-01-01", "Proposal", "2025-01-05"],
        ["B", "2025-01-02", "Won", None],
        ["C", "2025-01-03", None, None],
    ]
    history = [
        ["Lead ID", "Stage", "Time"],
        ["A", "Proposal", "2025-01-09"],
        ["B", "Proposal", "2025-01-10"],
        ["C", "SQL", "2025-01-01"],
        ["C", "Lost", "2025-01-20"],
    ]
    table = read_frame(leads, options(), history=history)
    rows = {row["lead_id"]: row for row in table.frame.rows(named=True)}
    assert (rows["A"]["d_proposal"], rows["B"]["d_proposal"]) == (45662, 45667)
    assert [rows[lead]["outcome"] for lead in "ABC"] == ["open", "won", "lost"]
    assert rows["C"]["lost_stage"] == 3
    found = kinds(table)
    assert (found["history_days_differ"].count, found["history_days_differ"].column) == (1, "Proposal date")
    assert (found["history_disagrees"].count, found["history_disagrees"].rows) == (1, (3,))
    assert (found["history_before_creation"].count, found["history_before_creation"].rows) == (1, (4,))
    assert found["history_joined"].count == 3
    assert "history_partly" not in found


def test_a_history_of_other_leads_is_refused_with_some_of_both():
    leads = [["Lead ID", "Created"], ["A", "2025-01-01"], ["B", "2025-01-02"]]
    history = [["Deal ID", "Stage", "Time"], ["77", "SQL", "2025-01-09"], ["77", "Won", "2025-02-09"]]
    with pytest.raises(InputError) as raised:
        read_frame(leads, options(), history=history)
    assert str(raised.value) == (
        "history, column 'Deal ID' ('77') has no identifier of selection, column 'Lead ID' ('A', 'B'). Give the "
        "history of the same records, or name the columns with --map history.lead_id=HEADER and --map lead_id=HEADER."
    )


def test_a_history_of_some_leads_says_how_many():
    leads = [["Lead ID", "Created"], ["A", "2025-01-01"], ["B", "2025-01-02"], ["C", "2025-01-02"]]
    history = [["Lead ID", "Stage", "Time"], ["A", "SQL", "2025-01-09"], ["X", "Won", "2025-02-09"]]
    table = read_frame(leads, options(), history=history)
    finding = kinds(table)["history_partly"]
    assert (finding.count, finding.details) == (3, {"strangers": 1.0, "silent": 2.0})
    assert visits_by_lead(table) == {"A": [[3, 45666, None, None]]}


def test_changes_that_contradict_are_said_with_their_rows():
    leads = [["Lead ID", "Created"], ["A", "2025-01-01"], ["B", "2025-01-02"]]
    history = [
        ["Lead ID", "Old", "New", "Time"],
        ["A", "Lead", "SQL", "2025-01-09"],
        ["A", "Opportunity", "Proposal", "2025-01-12"],  # how it came from SQL to Opportunity is missing
        ["B", "SQL", "Opportunity", "2025-01-12"],
        ["B", "Lead", "SQL", "2025-01-12"],  # before the one above, at the same time
    ]
    found = kinds(read_frame(leads, options(), history=history))
    assert (found["history_breaks"].count, found["history_breaks"].rows) == (1, (3,))
    assert (found["history_order"].count, found["history_order"].rows) == (1, (5,))


def test_changes_of_days_to_come_are_left_out_and_said():
    leads = [["Lead ID", "Created"], ["A", "2025-01-01"]]
    history = [["Lead ID", "Stage", "Time"], ["A", "SQL", "2025-01-09"], ["A", "Won", "2027-01-09"]]
    table = read_frame(leads, options(), history=history)
    assert visits_by_lead(table) == {"A": [[3, 45666, None, None]]}
    finding = kinds(table)["future_dates"]
    assert (finding.count, finding.column, finding.rows) == (1, "history: Time", (3,))


def test_changes_without_lead_or_time_are_left_out_and_said():
    leads = [["Lead ID", "Created"], ["A", "2025-01-01"]]
    history = [
        ["Lead ID", "Stage", "Time"],
        ["A", "SQL", "2025-01-09"],
        [None, "Won", "2025-01-10"],
        ["A", "Won", None],
        ["A", "Proposal", "2025-01-11"],
    ]
    table = read_frame(leads, options(), history=history)
    assert visits_by_lead(table) == {"A": [[3, 45666, 45668, None], [6, 45668, None, 3]]}
    finding = kinds(table)["incomplete_changes"]
    assert (finding.count, finding.column, finding.rows) == (2, "history: Time", (3, 4))
    there = read_frame(leads, options(), history=typed(history).lazy())
    assert kinds(there)["incomplete_changes"].count == 2


def test_going_round_and_round_is_fine():
    leads = [["Lead ID", "Created"], ["A", "2025-01-01"]]
    days = [date(2025, 1, 2) + timedelta(days=n) for n in range(40)]
    history = [["Lead ID", "Stage", "Time"], *(["A", ("SQL", "MQL")[n % 2], day] for n, day in enumerate(days))]
    table = read_frame(leads, options(), history=history)
    assert len(visits_by_lead(table)["A"]) == 40
    assert not {kind for kind in kinds(table) if kind.startswith("history_")} - {"history_joined"}


@pytest.mark.parametrize(
    ("header", "row", "missing"),
    [
        (["Lead ID", "Owner"], ["A", "Eva"], "this is no history of changes. Found: Lead ID, Owner."),
        (
            ["Lead ID", "Stage", "Note"],
            ["A", "Won", "x"],
            "this is no history of changes. Found: Lead ID, Stage, Note.",
        ),
    ],
)
def test_what_is_no_history_is_refused(header, row, missing):
    leads = [["Lead ID", "Created"], ["A", "2025-01-01"]]
    with pytest.raises(InputError) as raised:
        read_frame(leads, options(), history=[header, row, row])
    assert missing in str(raised.value)
    assert "--map history.time=HEADER" in str(raised.value)


def test_columns_of_a_history_can_be_named():
    leads = [["Lead ID", "Created"], ["A", "2025-01-01"]]
    history = [["Ref", "X1", "X2", "X3"], ["A", "Lead", "SQL", "2025-01-09"], ["A", "SQL", "Won", "2025-01-19"]]
    fields = {f"history.{name}": header for name, header in
              {"lead_id": "Ref", "before": "X1", "stage": "X2", "time": "X3"}.items()}  # fmt: skip
    table = read_frame(leads, options(fields=fields), history=history)
    assert visits_by_lead(table) == {"A": [[1, 45658, 45666, None], [3, 45666, 45676, 1], [7, 45676, None, 3]]}
    named = [["Lead ID", "Stage", "Time"], ["A", "SQL", "2025-01-09"]]
    with pytest.raises(InputError, match=r"history: there is no column 'Nope' to map to time\."):
        read_frame(leads, options(fields={"history.time": "Nope"}), history=named)


def test_a_log_beside_a_log_is_refused():
    changes = random_history(2)
    with pytest.raises(InputError, match="is a log of changes itself"):
        read_frame(log(changes), options(), history=log(changes))


def test_lost_and_won_again_is_two_visits():
    leads = [["Lead ID", "Created"], ["A", "2025-01-01"]]
    history = [
        ["Lead ID", "Stage", "Time"],
        ["A", "SQL", "2025-01-02"],
        ["A", "Lost", "2025-01-09"],
        ["A", "SQL", "2025-01-19"],
        ["A", "Lost", "2025-01-29"],
    ]
    table = read_frame(leads, options(), history=history)
    assert visits_by_lead(table)["A"] == [
        [3, 45659, 45666, None], [LOST, 45666, 45676, 3], [3, 45676, 45686, LOST], [LOST, 45686, None, 3],
    ]  # fmt: skip
    [row] = table.frame.rows(named=True)
    assert (row["outcome"], row["d_lost"], row["d_sql"], row["lost_stage"]) == ("lost", 45686, 45659, 3)
