"""Period and targets on Settings: shown, edited there, and read back."""

import json
import re
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from xl_leadkpi import sample
from xl_leadkpi.cli import main
from xl_leadkpi.errors import InputError
from xl_leadkpi.funnel import FunnelOptions
from xl_leadkpi.funnel.period_names import PeriodNames, named_period, period_options
from xl_leadkpi.locales import in_every_language
from xl_leadkpi.sheets import read_edits
from xl_leadkpi.sheets.edits import FoundTable, edits_in

from .settings_cells import cells_of, edit

pytestmark = pytest.mark.long


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sample.leads(400).write_csv("leads.csv")
    return tmp_path


def report(capsys, *arguments):
    assert main(["funnel", *arguments, "-o", "out.xlsx", "--json", "-", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
@pytest.mark.parametrize("compare", ["previous", "year-ago", "none"])
def test_a_period_is_edited_as_it_is_asked_for(folder, capsys, language, compare):
    report(capsys, "leads.csv", "--language", language)
    edit(period="2026-Q1", compare=in_every_language("funnel", f"choice.{compare}")[-1], fiscal_start=4.0)
    asked = report(capsys, "leads.csv", "--period", "2026-Q1", "--compare", compare, "--fiscal-start", "4")
    edited = report(capsys, "leads.csv", "--reuse-map", "edited.xlsx", "--language", language)
    for block in ("summary", "period_created", "period_closed", "stages"):
        assert edited[block] == asked[block]
    # the workbook made with it holds the same edits
    assert read_edits("out.xlsx").period == read_edits("edited.xlsx").period != {}
    edit(period=None, compare=None, fiscal_start=None)
    assert report(capsys, "leads.csv", "--reuse-map", "edited.xlsx")["period_created"] is None


def test_the_project_file_is_overruled_and_shown_beside(folder, capsys):
    Path("leadkpi.toml").write_text(
        'period = "2026-05"\ncompare = "none"\n[inputs]\nleads = "leads.csv"\n[targets]\nwon = 9\nwin_rate = "25%"\n'
    )
    first = report(capsys)
    assert {row["figure"]: row["target"] for row in first["targets"]} == {"won": 9, "win_rate": 0.25}
    assert (read_edits("out.xlsx").period, read_edits("out.xlsx").targets) == ({}, {})
    assert edit(period="2026-04", won=20, win_rate=None, revenue="4 000,5") == {
        "period": ("2026-05", "2026-05"), "won": (9, 9), "win_rate": (0.25, 0.25), "revenue": (None, None),
    }  # fmt: skip
    second = report(capsys, "--reuse-map", "edited.xlsx", "--target", "leads=50")
    assert {row["figure"]: row["target"] for row in second["targets"]} == {"leads": 50, "won": 20, "revenue": 4000.5}
    assert second["header"]["period_name"] == "2026-04"
    assert second["header"]["compared_from"] is None


def test_a_cell_may_hold_a_year_as_a_number_or_a_day_as_a_date():
    for cell, name in (
        (2026.0, "2026"),
        (2026, "2026"),
        (datetime(2026, 5, 17), "2026-05-17"),
        (" 2026-w18", "2026-w18"),
    ):
        table = FoundTable([["period", cell, "none"], ["compare", "previous", "previous"], ["fiscal_start", 1.0, 1]])
        assert edits_in({"tblPeriod": table}).period == {"period": name}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"period": "2026-Q5"}, r"Settings, cell C\d+: There is no quarter '2026-Q5'"),
        ({"period": "soon"}, r"Settings, cell C\d+: 'soon' is no period"),
        ({"period": "1902..9998"}, r"Settings, cell C\d+: 1902-01-01..9998-12-31: no calendar has a period to compare"),
        ({"period": "2026", "compare": "before"}, r"Settings, cell C\d+: 'before' is no period"),
        (
            {"period": "2026", "fiscal_start": 13},
            r"cell C\d+: First month of the year is '13'; write a month",
        ),
        ({"won": "many"}, r"Settings, cell C\d+: Won: 'many' is no target"),
        ({"win_rate": 25}, r"Settings, cell C\d+: Win rate .*: win_rate is a share, and 25 is more than all"),
    ],
)
def test_bad_cells_are_named(folder, capsys, cells, said):
    report(capsys, "leads.csv")
    edit(**cells)
    with pytest.raises(InputError, match=said):
        read_edits("edited.xlsx")


def test_what_is_beside_no_period_is_refused_at_its_cell(folder, capsys):
    report(capsys, "leads.csv")
    edit(compare="none")
    assert main(["funnel", "leads.csv", "--reuse-map", "edited.xlsx", "-o", "again.xlsx"]) == 1
    _, cell, _ = cells_of(load_workbook("edited.xlsx"), "compare")
    said = f"Settings, cell {cell.coordinate}: there is no period, and Compared with says something"
    assert said in capsys.readouterr().err
    # the period may be named on the command line
    asked = report(capsys, "leads.csv", "--reuse-map", "edited.xlsx", "--period", "2026-05")
    assert asked["header"]["compared_from"] is None


PROJECT = 'period = "2026-Q1"\ncompare = "year-ago"\nfiscal_start = 4\n[inputs]\nleads = "leads.csv"\n'


def test_each_part_of_the_period_is_edited_for_itself(folder, capsys):
    Path("leadkpi.toml").write_text(PROJECT)
    report(capsys)
    edit(compare="previous")
    # next month the project names another quarter, which the edit says nothing of
    Path("leadkpi.toml").write_text(PROJECT.replace("2026-Q1", "2026-Q2"))
    header = report(capsys, "--reuse-map", "edited.xlsx")["header"]
    assert (header["period_name"], header["compared_from"], header["fiscal_start"]) == ("2026-Q2", "2025-04-01", 4)
    edit(period="2026-Q3")
    header = report(capsys, "--reuse-map", "edited.xlsx", "--compare", "year-ago")["header"]
    assert (header["period_name"], header["compared_from"]) == ("2026-Q3", "2024-10-01")


def test_a_period_that_is_taken_away_stays_away(folder, capsys):
    Path("leadkpi.toml").write_text(PROJECT)
    report(capsys)
    edit(period="none")
    for book in ("edited.xlsx", "out.xlsx", "out.xlsx"):
        assert report(capsys, "--reuse-map", book)["period_created"] is None
    # what it is compared with holds again as soon as there is one
    edit(period="2026-Q2")
    assert report(capsys, "--reuse-map", "edited.xlsx")["header"]["compared_from"] == "2024-07-01"


def test_year_ago_of_a_year_stays_what_was_said(folder, capsys):
    Path("leadkpi.toml").write_text('period = "2025"\ncompare = "year-ago"\n[inputs]\nleads = "leads.csv"\n')
    report(capsys)
    assert edit(period="2026-Q1")["period"] == ("2025", "2025")
    assert report(capsys, "--reuse-map", "edited.xlsx")["header"]["compared_from"] == "2025-01-01"


def test_a_target_that_is_taken_away_is_gone(folder, capsys):
    Path("leadkpi.toml").write_text('[targets]\nwon = 30\nMeeting = 5\n[inputs]\nleads = "leads.csv"\n')
    report(capsys)
    edit(won=None, meetings=8)
    left = report(capsys, "--reuse-map", "edited.xlsx")["targets"]
    assert [(row["figure"], row["target"]) for row in left] == [("meetings", 8)]
    said = report(capsys, "--reuse-map", "edited.xlsx", "--target", "meeting=12", "--target", "won=3")["targets"]
    assert [(row["figure"], row["target"]) for row in said] == [("meetings", 12), ("won", 3)]
    edit(won=None, meetings="none")
    assert report(capsys, "--reuse-map", "edited.xlsx")["targets"] is None


@pytest.mark.parametrize("change", ["row between", "label gone", "column before", "column between", "table gone"])
def test_settings_that_were_moved_are_refused(folder, capsys, change):
    report(capsys, "leads.csv")
    book = load_workbook("out.xlsx")
    sheet = book["Settings"]
    sheet["C9"] = "year-ago"
    match change:
        case "row between":
            sheet.insert_rows(9)
        case "label gone":
            sheet["B8"] = None
        case "column before":
            sheet.insert_cols(2)
        case "column between":
            sheet.insert_cols(3)
        case "table gone":
            sheet.delete_rows(5, 7)
    book.save("edited.xlsx")
    with pytest.raises(InputError, match=r"edited.xlsx, Settings"):
        read_edits("edited.xlsx")


@pytest.mark.parametrize("name", ["2026", "2026-Q2", "2026-W01", "2026-05", "2026-05-17", "2026-01-15..2026-02-20"])
@pytest.mark.parametrize("compare", ["previous", "year-ago", "none", "2024-03-01..2024-03-31"])
@pytest.mark.parametrize("start", [1, 7])
def test_names_of_periods_are_found_again(name, compare, start):
    asked = PeriodNames(name, compare, start)
    found = named_period(period_options(asked))
    assert period_options(found) == period_options(asked)
    assert (found.period, found.fiscal_start) == (name, start)


def test_days_that_the_counting_was_given_have_names_too():
    options = {"period_from": date(2026, 5, 1), "period_to": None}
    found = named_period(vars_of(FunnelOptions(**options)))
    assert found.period == "2026-05-01..9998-12-31"
    assert period_options(found)["period_from"] == date(2026, 5, 1)


def vars_of(options):
    return {name: getattr(options, name) for name in options.__slots__}


@pytest.mark.parametrize("margin", [60, -0.1, 1.01, "much"])
def test_a_margin_is_a_share_wherever_it_is_written(folder, capsys, margin):
    said = f"'{margin}' is not a share between 0 and 1; write 0.6 for 60%"
    report(capsys, "leads.csv")
    edit(gross_margin=margin)
    assert main(["funnel", "leads.csv", "--reuse-map", "edited.xlsx", "-o", "again.xlsx"]) == 1
    assert re.search(rf"Settings, cell C\d+: Gross margin: {re.escape(said)}", capsys.readouterr().err)
    with pytest.raises(SystemExit, match="2"):
        main(["funnel", "leads.csv", f"--margin={margin}", "-o", "again.xlsx"])
    assert said in capsys.readouterr().err
    if margin != "much":
        Path("leadkpi.toml").write_text(f'margin = {margin}\n[inputs]\nleads = "leads.csv"\n')
        assert main(["funnel", "-o", "again.xlsx"]) == 1
        assert f"leadkpi.toml, line 1: margin: {said}" in capsys.readouterr().err
    with pytest.raises(ValueError, match=re.escape(f"gross_margin: {said}")):
        FunnelOptions(gross_margin=margin)
