"""Every macro of the ribbon on the stand-in for Excel, through xlwings' own Windows engine, in three languages."""

import datetime as dt
import json
import os
import subprocess

import pytest

from xl_leadkpi import sample
from xl_leadkpi.kpis import CATALOGUE

from .conftest import ROOT, windows_path

LANGUAGES = ["en-US", "pl-PL", "de-DE"]
CALL_REJECTED, RETRY_LATER, UNAVAILABLE = -2147418111, -2147417846, -2147023174
R1C1 = -4150
OURS = ["Funnel", "Funnel_Data", "Settings", "Funnel_Map", "Funnel_Charts"]
MOST_CALLS = 425 * len(["Summary", *OURS])
"""COM calls of a build of 40 leads; the engine's own calls of the same are limited in tests/calc."""


class Excel:
    """The stand-in, in a Windows Python."""

    def __init__(self, python):
        self._python = python
        self._begin()

    def _begin(self):
        self._is_answering = False
        self._process = subprocess.Popen(
            [*self._python, "-B", windows_path(ROOT / "tests" / "windows" / "inside" / "macro_client.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": windows_path(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            text=True,
            encoding="utf-8",
        )

    def ask(self, do, **request):
        if self._is_answering:  # a test that was ended in the middle, whose answer nobody waits for
            self._process.kill()
            self._begin()
        self._is_answering = True
        self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self._process.stdin.flush()
        line = next((line for line in self._process.stdout if line.startswith("{")), None)
        assert line, "the client ended"
        self._is_answering = False
        answer = json.loads(line)["answer"]
        assert not (isinstance(answer, dict) and "failed" in answer), answer["failed"]
        return answer

    def run(self, macro, **request):
        """Run a macro; its message."""
        self.done = self.ask("run", macro=macro, **request)
        assert self.done["faults"] == []
        return self.done["message"]

    def do(self, steps):
        for step in steps:
            self.ask(**step)

    def sheet(self, name):
        return next(sheet for sheet in self.ask("state")["sheets"] if sheet["name"] == name)

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def excel(windows_python):
    one = Excel(windows_python)
    yield one
    one.close()


def serial(value):
    if isinstance(value, dt.datetime):
        return (value.replace(tzinfo=None) - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)
    return (value - dt.date(1899, 12, 30)).days if isinstance(value, dt.date) else value


def leads_typed(count, headers=None):
    """Steps that type a table of leads into a sheet and select a cell of it."""
    leads = sample.leads(count).head(count)
    dates = [i for i, kind in enumerate(leads.schema.dtypes()) if kind.is_temporal()]
    rows = [headers or leads.columns, *[[serial(value) for value in row] for row in leads.iter_rows()]]
    formats = {f"{chr(65 + i)}2:{chr(65 + i)}{count + 1}": "yyyy-mm-dd" for i in dates}
    return [
        {"do": "fill", "sheet": "Leads", "rows": rows, "formats": formats},
        {"do": "select", "sheet": "Leads", "address": "B2"},
    ]


def begun(language, count=40):
    behind = {"do": "fill", "sheet": "Notes", "rows": [["mine"]]}
    leads, selected = leads_typed(count)
    return [{"do": "start", "language": language}, leads, behind, selected]


def built(language, count=40):
    return [
        *begun(language, count),
        {"do": "run", "macro": "BuildFunnel"},
        {"do": "select", "sheet": "Leads", "address": "B2"},
    ]


# every macro, in three languages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_build_and_refresh_after_edits_give_the_sheets_of_the_layout(excel, language):
    excel.do(begun(language))
    assert excel.run("BuildFunnel") == ""
    assert excel.done["calls"] < MOST_CALLS
    assert excel.ask("compare") == []
    state = excel.ask("state")
    summary = "Podsumowanie" if language == "pl-PL" else "Summary"
    assert [sheet["name"] for sheet in state["sheets"]] == ["Sheet1", "Leads", summary, *OURS, "Notes"]
    assert state["active"] == summary
    assert state["application"] == {
        "ScreenUpdating": True, "DisplayAlerts": True, "EnableEvents": True, "Calculation": -4105, "StatusBar": False,
        "ReferenceStyle": 1,
    }  # fmt: skip

    excel.ask("fill", sheet="Leads", rows=[["L-new", "2025-05-05"]], corner="A42")
    excel.ask("fill", sheet="Funnel", rows=[["my note"]], corner="Z3")
    excel.ask("select", sheet="Funnel", address="C9")
    assert excel.run("BuildFunnel") == "", "on our own sheet it refreshes"
    differing = [one for one in excel.ask("compare") if "my note" not in one]
    assert differing == []
    assert excel.sheet("Funnel")["cells"]["Z3"] == "my note"
    assert excel.sheet("Funnel_Data")["tables"]["tblLeads"][0].endswith("42")
    assert excel.run("Refresh") == ""
    assert [one for one in excel.ask("compare") if "my note" not in one] == []
    assert [sheet["name"] for sheet in excel.ask("state")["sheets"]] == ["Sheet1", "Leads", summary, *OURS, "Notes"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_macros(excel, language):
    excel.do(built(language))
    for _ in range(2):
        assert excel.run("Scorecard") == ""
        assert excel.ask("compare") == []
    assert excel.run("LoadSampleData") == ""
    assert excel.ask("compare") == []
    assert excel.ask("state")["active"] == "Sample leads"
    excel.ask("fill", sheet="Plan", rows=[["Month", "Cost", "Leads"], ["Jan", 900, 30], ["Feb", 600, 20]])
    excel.ask("select", sheet="Plan", address="D2:D3")
    assert excel.run("InsertKpi.CPL") == ""
    cells = excel.sheet("Plan")["cells"]
    assert [cells[cell] for cell in ("D2", "D3")] == ["=CPL(B2,C2)", "=CPL(B3,C3)"]
    assert excel.run("Help").startswith("CPL: Cost per lead")
    assert "excel 16.0" in excel.run("Diagnostics")
    assert excel.run("Refresh") == ""
    assert {"Sample leads", "Scorecard"} <= {sheet["name"] for sheet in excel.ask("state")["sheets"]}


@pytest.mark.timeout(300)
def test_the_server_gets_the_same_sheets_in_a_process_of_its_own(excel):
    """All of the way: the DLL that VBA calls, the server it starts, the workbook that it calls back."""
    states = []
    for server in (False, True):
        excel.do(begun("pl-PL"))
        for macro in ("BuildFunnel", "Refresh"):
            assert excel.run(macro, server=server) == ""
        states.append(excel.ask("state"))
    for state in states:
        for sheet in state["sheets"]:
            sheet["cells"] = {
                cell: value for cell, value in sheet["cells"].items() if cell not in ("B2", "B3")
            }  # the time
    assert states[0] == states[1]


def test_every_kpi_is_inserted(excel):
    arguments = [argument.name.replace("_", " ") for kpi in CATALOGUE.values() for argument in kpi.arguments]
    headers = list(dict.fromkeys(["Name", *arguments]))
    excel.ask("start", language="pl-PL")
    excel.ask("fill", sheet="Plan", rows=[headers, ["a", *range(1, len(headers))], ["b", *range(1, len(headers))]])
    place = len(headers)
    cell = f"{chr(64 + place // 26) if place // 26 else ''}{chr(65 + place % 26)}2"
    excel.ask("select", sheet="Plan", address=cell)
    for name in CATALOGUE:
        assert excel.run(f"InsertKpi.{name}") == "", name
        assert excel.sheet("Plan")["cells"][cell].startswith(f"={name}("), name
        excel.ask("fill", sheet="Plan", rows=[[None]], corner=cell)


def test_the_comparison_sees_what_is_wrong(excel):
    excel.do(built("en-US"))
    assert excel.ask("compare") == []
    for spoiling in ("cell", "look", "line", "merge", "condition", "rule", "table", "series", "axis", "height"):
        excel.do(built("en-US"))
        assert excel.ask("spoil", what=spoiling) is True
        assert excel.ask("compare") != [], spoiling


# a language of one's own ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["pl-PL", "de-DE"])
def test_rules_and_number_formats_are_read_in_english_whatever_windows_speaks(excel, language):
    excel.do(built(language))
    funnel = excel.sheet("Funnel")
    formulas = {rule[0] for rules in funnel["conditions"].values() for rule in rules}
    assert any(formula.startswith("AND(ISNUMBER(") and "," in formula for formula in formulas)
    codes = {look.get("NumberFormat") for look in funnel["looks"].values()}
    assert {"#,##0", "0.0%"} <= codes
    axes = [axis.get("format") for chart in funnel["charts"].values() for axis in chart["axes"].values()]
    assert "0%" in axes


@pytest.mark.parametrize(
    ("language", "member", "argument"),
    [
        ("pl-PL", "condition", "=AND(ISNUMBER(A1),A1>0)"),
        ("pl-PL", "condition", "=ISTEXT(A1)"),
        ("de-DE", "condition", "=AND(A1>0,B1>0)"),
        ("en-US", "condition", "=ORAZ(A1>0;B1>0)"),
        ("pl-PL", "format", "yyyy-mm-dd"),
        ("de-DE", "format", "dd.mm.yyyy"),
        ("en-US", "null in cells", ""),
        ("en-US", "long integer", ""),
        ("en-US", "null argument", ""),
        ("en-US", "list written out", ""),
        ("en-US", "unknown member", ""),
        ("en-US", "long name", ""),
        ("en-US", "long sheet", ""),
        ("en-US", "long text", ""),
        ("en-US", "beyond the grid", ""),
        ("en-US", "merge in a table", ""),
        ("en-US", "overlapping tables", ""),
        ("en-US", "table called A1", ""),
        ("en-US", "long title", ""),
        ("en-US", "title like a formula", ""),
        ("en-US", "protected sheet", ""),
        ("en-US", "scale of categories", ""),
    ],
)
def test_the_stand_in_refuses_what_excel_refuses(excel, language, member, argument):
    """Called as pywin32 calls by itself, in the language 0."""
    excel.do(begun(language, 3))
    assert excel.ask("misuse", what=member, argument=argument).startswith("refused")


@pytest.mark.parametrize(
    ("language", "words"),
    [("de-DE", ["Wahr", "falsch"]), ("pl-PL", ["Prawda", "FAŁSZ"]), ("en-US", ["true", "-5% off", "=SUM(A1)", "1/2"])],
)
def test_texts_that_excel_would_read_as_something_else_stay_texts(excel, language, words):
    excel.do(begun(language))
    cells = excel.sheet("Leads")["cells"]
    column = next(cell[:-1] for cell, value in cells.items() if cell.endswith("1") and value == "Source")
    excel.ask("fill", sheet="Leads", rows=[[word] for word in words], corner=f"{column}2", texts=True)
    assert excel.run("BuildFunnel") == ""
    assert excel.ask("compare") == []


def test_amounts_with_a_currency_come_as_decimals(excel):
    excel.do(begun("en-US"))
    rows = excel.sheet("Leads")["cells"]
    column = next(cell[:-1] for cell, value in rows.items() if cell.endswith("1") and str(value).startswith("Amount"))
    excel.ask("fill", sheet="Leads", rows=[], formats={f"{column}2:{column}41": '#,##0.00 "€"'})
    assert excel.run("BuildFunnel") == ""
    assert excel.ask("compare") == []


# whatever goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("macro", "language", "count"),
    [
        ("BuildFunnel", "en-US", 20),
        ("BuildFunnel", "pl-PL", 20),
        ("BuildFunnel", "de-DE", 20),
        ("Refresh", "pl-PL", 40),
        ("Scorecard", "de-DE", 20),
        ("LoadSampleData", "pl-PL", 10),
        ("InsertKpi.CPL", "de-DE", 40),
    ],
)
def test_a_failure_at_any_call_leaves_the_workbook_as_it_was(excel, macro, language, count):
    setup = begun(language) if macro in ("BuildFunnel", "LoadSampleData") else built(language)
    if macro == "Refresh":
        setup.append({"do": "fill", "sheet": "Leads", "rows": [["L-new", "2025-05-05"]], "corner": "A42"})
    if macro.startswith("InsertKpi"):
        setup.append({"do": "fill", "sheet": "Plan", "rows": [["Month", "Cost", "Leads"], ["Jan", 900, 30]]})
        setup.append({"do": "select", "sheet": "Plan", "address": "D2"})
    excel.do(setup)
    assert excel.run(macro) == ""
    found = excel.ask("undo", macro=macro, seed=2025, count=count, calls=excel.done["calls"], setup=setup)
    assert found["wrong"] == []
    assert found["reported"] > 0.7 * count


@pytest.mark.timeout(1200)
def test_a_name_that_could_not_be_looked_up_is_not_taken_for_missing(excel):
    added = {"do": "fill", "sheet": "Leads", "rows": [["L-new", "2025-05-05"]], "corner": "A42"}
    setup = [*built("pl-PL"), added]
    found = excel.ask("undo", macro="Refresh", member="Names._Default", seed=1, count=24, setup=setup)
    assert found["wrong"] == []
    assert len(found["tried"]) == 24


@pytest.mark.parametrize("result", [CALL_REJECTED, RETRY_LATER])
@pytest.mark.parametrize("first", [1, 400, 1100])
def test_a_busy_excel_is_waited_for(excel, first, result):
    excel.do(begun("pl-PL"))
    assert excel.run("BuildFunnel", fail=[first, first + 3, result]) == ""
    assert excel.ask("compare") == []


@pytest.mark.parametrize("first", [2, 900])
def test_an_excel_that_stays_busy_gets_one_message(excel, first):
    excel.do(begun("en-US"))
    before = excel.ask("state")
    message = excel.run("BuildFunnel", fail=[first, first + 6, CALL_REJECTED], patience=0.3)
    assert message.count("Excel is busy: a cell is being edited or a dialog is open.") == 1
    assert "Press Enter or Esc" in message
    assert excel.ask("state") == before


@pytest.mark.parametrize("first", [2, 700])
def test_an_excel_that_is_closed_ends_the_macro(excel, first):
    excel.do(begun("en-US"))
    message = excel.run("BuildFunnel", fail=[first, 10**9, UNAVAILABLE])
    assert "Excel was closed in the middle of the work." in message
    assert excel.done["seconds"] < 60


@pytest.mark.parametrize("macro", ["BuildFunnel", "Refresh", "Scorecard", "LoadSampleData"])
@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"read_only": True}, "Book1 is open for reading only. Press Enable Editing"),
        ({"structure": True}, "The structure of Book1 is protected"),
    ],
)
def test_a_workbook_that_cannot_take_sheets(excel, macro, state, said):
    excel.do(built("en-US", 5))
    excel.ask("prepare", **state)
    before = excel.ask("state")
    assert excel.run(macro).startswith(said)
    assert excel.ask("state") == before


def test_a_protected_sheet_takes_no_kpi(excel):
    excel.do(begun("en-US", 5))
    excel.ask("select", sheet="Leads", address="Z3")
    excel.ask("prepare", protected=["Leads"])
    said = "Leads is protected. Take the protection off (Review > Unprotect Sheet) and try again."
    assert excel.run("InsertKpi.CPL") == said


def test_a_protected_funnel_is_refreshed_in_no_part(excel):
    excel.do(built("en-US", 5))
    excel.ask("prepare", protected=["Funnel"])
    before = excel.ask("state")
    assert "Unprotect Sheet" in excel.run("Refresh")
    assert excel.ask("state") == before


@pytest.mark.parametrize("macro", ["BuildFunnel", "InsertKpi.CPL", "Scorecard"])
def test_protected_view_has_no_workbook(excel, macro):
    excel.ask("start")
    message = excel.run(macro, nothing=True)
    assert "Protected View, press Enable Editing" in message


def test_a_sheet_called_funnel_that_is_not_ours_stays(excel):
    excel.do(begun("de-DE"))
    excel.ask("fill", sheet="Funnel", rows=[["my own", 1], ["figures", 2]])
    mine = excel.sheet("Funnel")
    for _ in range(2):
        excel.ask("select", sheet="Leads", address="B2")
        assert excel.run("BuildFunnel") == ""
        assert excel.ask("compare") == []
        assert excel.sheet("Funnel") == mine
    names = [sheet["name"] for sheet in excel.ask("state")["sheets"]]
    assert "Funnel 2" in names
    assert "Funnel 3" not in names


def test_a_chart_is_selected(excel):
    excel.do(begun("en-US", 5))
    excel.ask("prepare", chart=True)
    assert "A chart or a picture is selected" in excel.run("BuildFunnel")


def test_a_row_that_is_coloured_to_its_end_is_no_hindrance(excel):
    excel.do(built("pl-PL", 10))
    excel.ask("colour", sheet="Funnel", address="2:2")
    excel.ask("fill", sheet="Leads", rows=[["L-new", "2025-05-05"]], corner="A12")
    assert excel.run("Refresh") == ""
    assert [line for line in excel.ask("compare") if " looks " not in line] == []


def test_references_may_be_shown_as_rows_and_columns(excel):
    excel.do(begun("de-DE"))
    excel.ask("prepare", r1c1=True)
    assert excel.run("BuildFunnel") == ""
    assert excel.ask("compare") == []
    assert excel.ask("state")["application"]["ReferenceStyle"] == R1C1


def test_without_a_printer_the_sheets_are_fine(excel):
    excel.do(begun("pl-PL"))
    excel.ask("prepare", printer=False)
    try:
        assert excel.run("BuildFunnel") == ""
        assert {line.split()[1] for line in excel.ask("compare")} == {"shapes"}
    finally:
        excel.ask("prepare")
