"""Whatever is wrong in a cell of Settings or Funnel_Map is told with that cell, also where only the table shows it."""

import re
from pathlib import Path

import pytest
from openpyxl import load_workbook

from xl_leadkpi.cli import main

STAGES = ("Inquiry", "Site survey", "Sample sent", "Quotation")
ROWS = [
    ("Inquiry", "Retail"), ("Site survey", "Retail"), ("Sample sent", "Wholesale"), ("Quotation", "Retail"),
    ("Won", "Wholesale"), ("Lost", "Retail"),
] * 4  # fmt: skip
DEALS = "Deal ID,Created,Stage,Pipeline,Source,Amount,Close date\n" + "".join(
    f"D{n},2026-02-{n + 1:02},{stage},{pipeline},{('Fair', 'Ads')[n % 2]},{n * 10 + 5},"
    f"{'2026-03-20' if stage in ('Won', 'Lost') else ''}\n"
    for n, (stage, pipeline) in enumerate(ROWS)
)
LISTED = "".join(f'[[stages]]\nname = "{name}"\n' for name in STAGES)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workbook of deals with stages of the user's own."""
    folder = tmp_path_factory.mktemp("deals")
    (folder / "deals.csv").write_text(DEALS)
    (folder / "leadkpi.toml").write_text(f'[inputs]\nleads = "deals.csv"\n{LISTED}')
    out = folder / "out.xlsx"
    assert main(["funnel", "--project", str(folder / "leadkpi.toml"), "-o", str(out), "--quiet"]) == 0
    return folder


def cell_of(book, table, label, column):
    """The cell of a row in a table: the row by what stands first in it, the column by its letter."""
    sheet = book["Funnel_Map" if table in ("tblColumns", "tblStageWords") else "Settings"]
    top = next(row[0].row for row in sheet.iter_rows(max_col=1) if row[0].value == table)
    row = next(number for number in range(top + 1, top + 60) if str(sheet.cell(number, 2).value).startswith(label))
    return sheet[f"{column}{row}"]


def said_of(folder, capsys, monkeypatch, cells, *options):
    """What the command says of cells that hold something else, and the first of these cells."""
    monkeypatch.chdir(folder)
    book = load_workbook("out.xlsx")
    places = []
    for (table, label, column), value in cells.items():
        cell = cell_of(book, table, label, column)
        cell.value = value
        places.append(f"edited.xlsx, {cell.parent.title}, cell {cell.coordinate}: ")
    book.save("edited.xlsx")
    again = ["funnel", "deals.csv", "--reuse-map", "edited.xlsx", "--json", "again.json", *options]
    assert main(again) == 1
    assert not Path("again.json").exists()
    return capsys.readouterr().err, places


PERIOD, FILTERS, HOW, OWN = "tblPeriod", "tblFilters", "tblParameters", "tblStages"
FAULTS = {
    "no day": ({(PERIOD, "As of", "C"): "someday"}, "write a day as 2026-06-30"),
    "a day too early": ({(PERIOD, "As of", "C"): "1802-05-01"}, "Give a day from 1901-01-01 on"),
    "yes": ({(PERIOD, "As of", "C"): True}, "write a day as 2026-06-30"),
    "nothing in the period": ({(PERIOD, "Period", "C"): "2017"}, "Give a period among these days"),
    "no comparison": ({(PERIOD, "Compared", "C"): "the rest"}, "'the rest' is no period"),
    "a comparison of nothing": ({(PERIOD, "Compared", "C"): "year-ago"}, "there is no period"),
    "a month": ({(PERIOD, "First month", "C"): "April"}, "write a month, 1 to 12"),
    "a pipeline": ({(FILTERS, "Sales", "C"): "Export"}, "The column holds Retail (16), Wholesale (8): give one of"),
    "a column": ({(FILTERS, "Only", "C"): "Amuont>5"}, "Did you mean 'Amount'?"),
    "the second condition": ({(FILTERS, "Only", "C"): "Source=Fair; Amount>=dear"}, "Give a number such as"),
    "nothing left": ({(FILTERS, "Only", "C"): "Source=Radio"}, "give one of these, or leave the condition out"),
    "an empty condition": ({(FILTERS, "Only", "C"): "Source=Fair;;Amount>5"}, "is no condition. Write it as"),
    "a blank word": ({(FILTERS, "Without", "C"): "Lost; -"}, "this leaves out the rows of a word: give one"),
    "all words": ({(FILTERS, "Without", "C"): "; ".join((*STAGES, "Won", "Lost"))}, "Leave it out."),
    "a target": ({("tblTargets", "Won", "C"): "a lot"}, "Give a number above 0"),
    "cases": ({(HOW, "Fewest", "C"): -4}, "must be 0 cases or more"),
    "minutes": ({(HOW, "Response target", "C"): 0}, "must be more than 0 minutes"),
    "stages that nothing orders": (
        {(HOW, "Stages", "C"): "own", (FILTERS, "Sales", "C"): "Retail"}, "give them places below",
    ),
    "a place": ({(OWN, "Site", "C"): "second"}, "write 1, 2, 3"),
    "no place": ({(OWN, "Site", "C"): "nan"}, "write 1, 2, 3"),
    "below all places": ({(OWN, "Site", "C"): 0}, "write 1, 2, 3"),
    "one place twice": ({(OWN, "Sample", "C"): 2}, "2 is the place of 'Site survey' too; give each"),
    "no places": ({(OWN, name, "C"): None for name in STAGES}, "no stage has a place in the order"),
    "one stage": ({(OWN, name, "C"): None for name in STAGES[1:]}, "a funnel has 2 to 20 of them"),
    "no such stage": ({(OWN, "Site", "E"): "Visit"}, "write one of them, or nothing"),
    "a stage of leads": ({(OWN, "Sample", "E"): "SQL"}, "none of Meeting, Proposal that a deal passes through"),
    "of the first": ({(OWN, "Inquiry", "E"): "Meeting"}, "is the first stage"),
    "an outcome": ({(OWN, "Site", "D"): "lost"}, "is an outcome, not a stage. Leave it out, or rename"),
    "the win": ({(OWN, "Site", "D"): "Won"}, "two stages have this name or word"),
    "a name twice": ({(OWN, "Quotation", "D"): "site survey"}, "two stages have this name or word"),
    "a word of another": ({(OWN, "Site", "I"): "visit | Quotation"}, "two stages have this name or word"),
    "no name": ({(OWN, "Site", "D"): "?!"}, "Name it with letters or digits"),
    "a field twice": (
        {("tblColumns", "Source", "C"): "owner", ("tblColumns", "Pipeline", "C"): "owner"}, "owner is 'Pipeline'",
    ),
    "no field": ({("tblColumns", "Source", "C"): "colour"}, "is no field; write one of"),
    "a word": ({("tblStageWords", "Quotation", "C"): "Visited"}, "is no stage; write one of Inquiry, Site survey"),
}  # fmt: skip
ELSEWHERE = {"one stage": (OWN, "Inquiry", "C"), "a field twice": ("tblColumns", "Source", "C")}
"""Where what is at fault is not the first cell that was changed."""


@pytest.mark.parametrize("name", FAULTS)
def test_every_bad_value_is_told_with_its_cell_and_what_to_do(made, capsys, monkeypatch, name):
    cells, remedy = FAULTS[name]
    err, [place, *_] = said_of(made, capsys, monkeypatch, cells)
    if name in ELSEWHERE:
        cell = cell_of(load_workbook(made / "edited.xlsx"), *ELSEWHERE[name])
        place = f"edited.xlsx, {cell.parent.title}, cell {cell.coordinate}: "
    assert f"leadkpi: {place}" in err
    assert remedy in err
    assert not re.search(r"--(where|exclude|pipeline|period|compare|stages)\b", err)


def test_of_two_that_stand_for_one_the_later_is_at_fault(made, capsys, monkeypatch):
    cells = {(OWN, "Site", "E"): "Meeting", (OWN, "Sample", "E"): "Meeting"}
    err, [_, place] = said_of(made, capsys, monkeypatch, cells)
    assert f"{place}Stages: 'Meeting': two stages stand for it" in err


def test_deals_are_offered_what_deals_pass_through(made):
    book = load_workbook(made / "out.xlsx")
    place = cell_of(book, OWN, "Site", "E").coordinate
    [offered] = [one.formula1 for one in book["Settings"].data_validations.dataValidation if place in one.sqref]
    assert offered == '"Meeting,Proposal"'


def test_what_the_command_line_says_is_no_cells_fault(made, capsys, monkeypatch):
    err, _ = said_of(made, capsys, monkeypatch, {(PERIOD, "Period", "C"): "2026-02"}, "--period", "2018")
    assert "cell" not in err
    assert "Give a --period among these days" in err


def test_the_win_of_the_project_file_stays_where_stages_are_edited(made, capsys, monkeypatch):
    monkeypatch.chdir(made)
    Path("sold.toml").write_text(
        f'[inputs]\nleads = "deals.csv"\n{LISTED}[[stages]]\nname = "Sold"\nwords = ["Won"]\nstands_for = "Won"\n'
    )
    assert main(["funnel", "--project", "sold.toml", "-o", "sold.xlsx", "--quiet"]) == 0
    book = load_workbook("sold.xlsx")
    cell_of(book, OWN, "Site", "D").value = "Survey"
    book.save("edited.xlsx")
    capsys.readouterr()
    again = ["funnel", "--project", "sold.toml", "--reuse-map", "edited.xlsx", "--json", "-", "--quiet"]
    assert main(again) == 0
    out = capsys.readouterr().out
    assert '"stage": "Survey"' in out
    assert '"stage": "Sold"' in out
