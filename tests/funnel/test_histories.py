"""The blocks of a history against plain loops over its changes."""

from collections import Counter, defaultdict
from datetime import date
from statistics import mean, median

import duckdb
import numpy as np
import openpyxl
import polars as pl
import pytest

from tests.leads.plain_histories import LOST, STAGES, WON, number, plain_lead, plain_visits, random_history
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import ReadOptions, read_frame
from xl_leadkpi.leads import read as read_file
from xl_leadkpi.leads.model.conditions import parse_condition
from xl_leadkpi.locales import languages
from xl_leadkpi.output_files import OutputFiles
from xl_leadkpi.sheets import lay_out, to_file

TODAY = date(2026, 3, 1)
OPTIONS = ReadOptions(as_of=TODAY, today=TODAY, kind="leads", stage_order=STAGES[:-1])


def read(changes, options=OPTIONS):
    rows = [[lead, word, day] for lead, day, word in changes]
    return read_frame([["Lead ID", "Stage", "Date entered"], *rows], options)


def wanted_visits(changes, ranks=None):
    """The block of visits by plain loops; ``ranks`` gives stages that count as one the same number."""
    by_stage = defaultdict(list)
    for lead, visits in merged(plain_visits(changes), ranks).items():
        for stage, entered, left, _ in visits:
            by_stage[stage].append((lead, entered, left))
    for stage, visits in sorted(by_stage.items()):
        leads = Counter(lead for lead, _, _ in visits)
        days = [left - entered for _, entered, left in visits if left is not None]
        here = [number(TODAY) - entered for _, entered, left in visits if left is None]
        yield (
            stage,
            {
                "leads": len(leads),
                "visits": len(visits),
                "came_again": sum(n > 1 for n in leads.values()),
                "finished": len(days),
                "mean": pytest.approx(mean(days)) if days else None,
                "median": pytest.approx(median(days)) if days else None,
                "p90": pytest.approx(float(np.percentile(days, 90))) if days else None,
                "open": len(here),
                "open_median": median(here) if here else None,
            },
        )


def merged(visits_of_leads, ranks):
    """Visits of stages that count as one made into one visit."""
    if ranks is None:
        return visits_of_leads
    found = {}
    for lead, visits in visits_of_leads.items():
        found[lead] = []
        for stage, entered, left, _ in visits:
            rank = ranks.get(stage, stage)
            if found[lead] and found[lead][-1][0] == rank:
                found[lead][-1][2] = left
            else:
                before = found[lead][-1][0] if found[lead] else None
                found[lead].append([rank, entered, left, before])
    return found


def direction(before, stage):
    if before >= WON:
        return "reopened"
    if stage == LOST:
        return "lost"
    return "forward" if stage > before else "back"


def wanted_moves(changes, ranks=None):
    moves = Counter(
        (before, stage)
        for visits in merged(plain_visits(changes), ranks).values()
        for stage, _, _, before in visits
        if before
    )
    out_of = Counter()
    for (before, _), n in moves.items():
        out_of[before] += n
    return [
        {
            "from": STAGES[before - 1],
            "to": STAGES[stage - 1],
            "moves": n,
            "out_of": out_of[before],
            "share": pytest.approx(n / out_of[before]),
            "direction": direction(before, stage),
        }
        for (before, stage), n in sorted(moves.items())
    ]


def wanted_reopened(changes):
    found = {}
    for visits in plain_visits(changes).values():
        now = plain_lead(visits)["outcome"]
        for closed, n in Counter(before for _, _, _, before in visits if before and before >= WON).items():
            row = found.setdefault(closed, Counter())
            row.update({"leads": 1, "times": n, f"{now}_now": 1})
    keys = ("leads", "times", "won_now", "lost_now", "open_now")
    return [{"outcome": STAGES[closed - 1], **{key: row[key] for key in keys}} for closed, row in sorted(found.items())]


@pytest.mark.parametrize("seed", range(5))
def test_visits_moves_and_reopened_leads_are_those_of_plain_loops(seed):
    changes = random_history(seed, 80)
    report = as_json(build(read(changes)))
    visits = {row.pop("stage"): row for row in report["visits"]}
    assert visits == {STAGES[stage - 1]: row for stage, row in wanted_visits(changes) if stage < WON}
    assert report["transitions"] == wanted_moves(changes)
    assert report["reopened"] == wanted_reopened(changes)
    assert report["deal_changes"] is None


def test_stages_that_count_as_one_are_visited_once():
    changes = random_history(9, 80)
    order = ("Lead", "SQL", "Proposal", "Won")  # MQL counts as Lead, Meeting and Opportunity as SQL
    report = as_json(build(read(changes, ReadOptions(as_of=TODAY, today=TODAY, kind="leads", stage_order=order))))
    ranks = {2: 1, 4: 3, 5: 3}
    visits = {row.pop("stage"): row for row in report["visits"]}
    assert visits == {STAGES[stage - 1]: row for stage, row in wanted_visits(changes, ranks) if stage < WON}
    assert report["transitions"] == wanted_moves(changes, ranks)


def test_times_of_day_count():
    rows = [
        ["A", "Lead", "2025-01-01 06:00"], ["A", "SQL", "2025-01-01 18:00"], ["A", "Won", "2025-01-03 06:00"],
        ["B", "Lead", "2025-01-02 00:00"], ["B", "SQL", "2025-01-03 06:00"], ["B", "Lead", "2025-01-03 18:00"],
    ]  # fmt: skip
    report = as_json(build(read_frame([["Lead ID", "Stage", "Date entered"], *rows], OPTIONS)))
    visits = {row["stage"]: row for row in report["visits"]}
    assert (visits["Lead"]["mean"], visits["Lead"]["median"]) == (0.875, 0.875)
    assert (visits["SQL"]["mean"], visits["SQL"]["finished"], visits["SQL"]["p90"]) == (1.0, 2, pytest.approx(1.4))


LEADS = [["Deal ID", "Created", "Amount", "Close date", "Stage"]] + [
    [name, "2025-01-01", 100, "2025-06-01", stage] for name, stage in (("A", "Proposal"), ("B", "Won"), ("C", "Lost"))
]
FIELDS = [
    ["Deal ID", "Field", "Old value", "New value", "Changed at"],
    ["A", "Stage", "Opportunity", "Proposal", "2025-01-09"],
    ["A", "Amount", "80", "100", "2025-01-10"],
    ["A", "Amount", "100", "70.5", "2025-01-11"],
    ["A", "Amount", "70.5", "100", "2025-01-12"],
    ["A", "Close date", "2025-05-01", "2025-05-11", "2025-01-12"],
    ["A", "Close date", "2025-05-11", "2025-06-01", "2025-01-13"],
    ["B", "Close date", "2025-06-08", "2025-06-01", "2025-01-13"],
    ["B", "Amount", "100", "100", "2025-01-14"],
    ["B", "Stage", "Opportunity", "Won", "2025-01-19"],
    ["C", "Owner", "Eva", "Jan", "2025-01-19"],
    ["C", "Stage", "Opportunity", "Lost", "2025-01-29"],
]
DEALS = ReadOptions(as_of=TODAY, today=TODAY, kind="deals")
CHANGES = [
    {"change": "raised", "leads": 1, "changes": 2, "amount_by": 49.5, "days_by": None},
    {"change": "lowered", "leads": 1, "changes": 1, "amount_by": -29.5, "days_by": None},
    {"change": "pushed", "leads": 1, "changes": 2, "amount_by": None, "days_by": 15.5},
    {"change": "pulled_in", "leads": 1, "changes": 1, "amount_by": None, "days_by": -7.0},
]


def typed(table):
    header, *rows = table
    return pl.DataFrame([[str(cell) for cell in row] for row in rows], schema=header, orient="row")


def test_changes_of_amounts_and_close_dates():
    assert as_json(build(read_frame(LEADS, DEALS, history=FIELDS)))["deal_changes"] == CHANGES
    frame = typed(FIELDS)
    assert as_json(build(read_frame(LEADS, DEALS, history=frame.lazy())))["deal_changes"] == CHANGES
    leads = typed(LEADS)
    there = read_frame(duckdb.from_arrow(leads.to_arrow()), DEALS, history=duckdb.from_arrow(frame.to_arrow()))
    assert as_json(build(there))["deal_changes"] == CHANGES


def test_columns_of_a_log_that_differ_from_row_to_row_are_changes():
    rows = [
        ["A", "Opportunity", "2025-01-02", 100, "2025-05-01"],
        ["A", "Proposal", "2025-01-09", 120, "2025-05-01"],
        ["A", "Won", "2025-01-20", 110, "2025-04-20"],
        ["B", "Opportunity", "2025-01-03", 50, "2025-07-01"],
        ["B", "Proposal", "2025-01-04", 50, "2025-07-11"],
    ]
    table = read_frame([["Deal ID", "Stage", "Date entered", "Amount", "Close date"], *rows], DEALS)
    assert as_json(build(table))["deal_changes"] == [
        {"change": "raised", "leads": 1, "changes": 1, "amount_by": 20.0, "days_by": None},
        {"change": "lowered", "leads": 1, "changes": 1, "amount_by": -10.0, "days_by": None},
        {"change": "pushed", "leads": 1, "changes": 1, "amount_by": None, "days_by": 10.0},
        {"change": "pulled_in", "leads": 1, "changes": 1, "amount_by": None, "days_by": -11.0},
    ]


# --- a period

SPRING = FunnelOptions(period_from=date(2025, 2, 10), period_to=date(2025, 3, 20))


def in_spring(day):
    return number(SPRING.period_from) <= day <= number(SPRING.period_to)


def wanted_in_spring(changes):
    """What plain loops count in the period: visits that began in it, moves and reopenings that came in it."""
    every = plain_visits(changes)
    visits, leads, moves, reopened = Counter(), defaultdict(set), Counter(), Counter()
    for lead, own in every.items():
        for stage, entered, _, before in own:
            if in_spring(entered):
                visits[stage] += stage < WON
                leads[stage] |= {lead}
                moves[before, stage] += before is not None
                reopened[before] += before is not None and before >= WON
    return +visits, {stage: len(some) for stage, some in leads.items()}, +moves, +reopened


@pytest.mark.parametrize("seed", [21, 22])
def test_in_a_period_the_blocks_are_of_the_changes_that_came_in_it(seed):
    changes = random_history(seed, 120)
    visits, leads, moves, reopened = wanted_in_spring(changes)
    rows = [[lead, word, day] for lead, day, word in changes]
    frame = pl.DataFrame(rows, schema=["Lead ID", "Stage", "Date entered"], orient="row")
    for log in (rows, frame.lazy(), duckdb.from_arrow(frame.to_arrow())):
        table = read_frame([list(frame.columns), *log], OPTIONS) if log is rows else read_frame(log, OPTIONS)
        found = as_json(build(table, options=SPRING))
        place = {stage: number for number, stage in enumerate(STAGES, start=1)}
        counted = {place[row["stage"]]: row for row in found["visits"] if row["visits"]}
        assert {stage: row["visits"] for stage, row in counted.items()} == visits
        assert {stage: row["leads"] for stage, row in counted.items()} == {one: leads[one] for one in visits}
        told = {(place[row["from"]], place[row["to"]]): row["moves"] for row in found["transitions"]}
        assert told == moves
        assert {place[row["outcome"]]: row["times"] for row in found["reopened"]} == reopened
        for name in ("visits", "transitions", "reopened"):
            assert {row["basis"] for row in found[name]} == {"changed"}
    assert sum(moves.values()) < len([1 for own in plain_visits(changes).values() for visit in own if visit[3]])


def test_in_a_period_other_fields_are_those_that_changed_in_it():
    options = FunnelOptions(period_from=date(2025, 1, 1), period_to=date(2025, 1, 12))
    found = as_json(build(read_frame(LEADS, DEALS, history=FIELDS), options=options))["deal_changes"]
    assert [(row["change"], row["changes"]) for row in found] == [("raised", 2), ("lowered", 1), ("pushed", 1)]
    assert {row["basis"] for row in found} == {"changed"}


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "changes in the period"), ("pl", "zmiany w okresie"), ("ru", "изменения за период")],
)
def test_the_sheet_says_that_they_are_of_the_changes_in_the_period(language, said, tmp_path):
    table = read(random_history(4, 80))
    path = tmp_path / "funnel.xlsx"
    with OutputFiles() as files:
        to_file(lay_out(build(table, options=SPRING), table, language=language), path, files)
        files.put_in_place()
    sheet = openpyxl.load_workbook(path)["Funnel"]
    first = sheet[sheet.tables["tblVisit"].ref][0][0].row
    above = [cell.value for row in sheet.iter_rows(min_row=first - 4, max_row=first - 1) for cell in row if cell.value]
    assert any(str(text).endswith(f" – {said}") for text in above), above
    assert "tblTransition" in sheet.tables


def test_nothing_of_it_without_a_history():
    table = read_frame([["Lead ID", "Created"], ["A", "2025-01-01"]], OPTIONS)
    report = as_json(build(table))
    assert [report[name] for name in ("visits", "transitions", "reopened", "deal_changes")] == [None] * 4


@pytest.mark.parametrize("language", languages())
def test_the_sheet_shows_the_moves_as_a_matrix(language, tmp_path):
    changes = random_history(4, 80)
    table = read(changes)
    report = build(table)
    path = tmp_path / "funnel.xlsx"
    with OutputFiles() as files:
        to_file(lay_out(report, table, language=language), path, files)
        files.put_in_place()
    sheet = openpyxl.load_workbook(path)["Funnel"]
    found = sheet.tables["tblTransition"]
    header, *rows = [[cell.value for cell in row] for row in sheet[found.ref]]
    wanted = Counter({(row["from"], row["to"]): row["moves"] for row in wanted_moves(changes)})
    there = [stage for stage in STAGES if any(to == stage for _, to in wanted)]
    assert len(header) == len(there) + 2
    for row, stage in zip(rows, [stage for stage in STAGES if any(out == stage for out, _ in wanted)], strict=True):
        assert [cell or 0 for cell in row[1:-1]] == [wanted[stage, to] for to in there]
        assert row[-1] == sum(wanted[stage, to] for to in there)
    assert {"tblVisit", "tblReopened"} <= set(sheet.tables)


def test_the_first_visit_is_no_move_where_deals_begin_later_than_leads(tmp_path):
    deals, log = tmp_path / "deals.csv", tmp_path / "log.csv"
    deals.write_text("Deal ID,Created,Stage,Amount,Close Date\nD1,2026-01-02,Won,9,2026-03-01\nD2,2026-01-03,Lost,8,\n")
    log.write_text(
        "Deal ID,Changed on,Old Stage,New Stage\nD1,2026-01-10,Qualification,Proposal\nD1,2026-03-01,Proposal,Won\n"
        "D2,2026-01-15,Qualification,Proposal\nD2,2026-02-15,Proposal,Lost\n"
    )
    found = as_json(build(read_file(deals, ReadOptions(today=date(2026, 6, 30)), history=log)))
    moves = {(row["from"], row["to"]): row["moves"] for row in found["transitions"]}
    assert moves == {("Opportunity", "Proposal"): 2, ("Proposal", "Won"): 1, ("Proposal", "Lost"): 1}


def test_a_history_of_all_leads_goes_with_some_of_them(tmp_path):
    deals, log = tmp_path / "deals.csv", tmp_path / "log.csv"
    deals.write_text("Deal ID,Created,Stage,Source\nD1,2026-01-02,Won,Web\nD2,2026-01-03,Lost,Fair\n")
    log.write_text("Deal ID,Changed on,Old Stage,New Stage\nD1,2026-03-01,Proposal,Won\nD2,2026-02-15,Proposal,Lost\n")
    options = ReadOptions(today=date(2026, 6, 30), where=(parse_condition("Source=Web"),))
    found = as_json(build(read_file(deals, options, history=log)))
    assert [(row["from"], row["to"], row["moves"]) for row in found["transitions"]] == [("Proposal", "Won", 1)]
    assert "history_partly" not in {row["finding"] for row in found["quality"]}
    log.write_text(log.read_text().replace("D2,", "D3,"))
    whole = as_json(build(read_file(deals, ReadOptions(today=date(2026, 6, 30)), history=log)))
    assert "history_partly" in {row["finding"] for row in whole["quality"]}


def test_as_long_as_nobody_is_won_the_last_open_stage_is_one():
    table = [["Lead ID", "Stage", "Date entered"]]
    table += [["A", "Lead", "2025-01-01"], ["A", "SQL", "2025-01-05"], ["A", "Lead", "2025-01-08"]]
    table += [["B", "Lead", "2025-01-02"], ["B", "SQL", "2025-01-05"], ["B", "Lost", "2025-01-06"]]
    report = as_json(build(read_frame(table, ReadOptions(as_of=TODAY, today=TODAY, kind="leads"))))
    assert [(row["stage"], row["visits"]) for row in report["visits"]] == [("Lead", 3), ("SQL", 2)]
    assert {(row["from"], row["to"], row["direction"]) for row in report["transitions"]} == {
        ("Lead", "SQL", "forward"), ("SQL", "Lead", "back"), ("SQL", "Lost", "lost"),
    }  # fmt: skip
    assert report["reopened"] is None


def test_who_was_won_once_is_told_where_nobody_is_won():
    table = [["Lead ID", "Stage", "Date entered"]]
    table += [["A", "Lead", "2025-01-01"], ["A", "SQL", "2025-01-05"], ["A", "Won", "2025-01-08"]]
    table += [["A", "Lost", "2025-01-09"], ["B", "Lead", "2025-01-02"], ["B", "SQL", "2025-01-05"]]
    report = as_json(build(read_frame(table, ReadOptions(as_of=TODAY, today=TODAY, kind="leads"))))
    assert {(row["from"], row["to"], row["direction"]) for row in report["transitions"]} == {
        ("Lead", "SQL", "forward"), ("SQL", "Won", "forward"), ("Won", "Lost", "reopened"),
    }  # fmt: skip
    assert [(row["outcome"], row["leads"], row["lost_now"]) for row in report["reopened"]] == [("Won", 1, 1)]
