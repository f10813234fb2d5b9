"""The macro Build funnel in a real spreadsheet program: figures, refreshing, and what happens when something fails."""

import csv
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.golden import GOLDEN
from xl_leadkpi import sample
from xl_leadkpi.addin import macros
from xl_leadkpi.cells import CellError
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.funnel.period_names import PeriodNames, period_options
from xl_leadkpi.leads import ReadOptions, read, read_frame, read_spend
from xl_leadkpi.leads.model.conditions import parse_condition
from xl_leadkpi.sheets import hosts, lay_out
from xl_leadkpi.sheets.book import BACKUP, UNFINISHED

from .calc_members import Counted
from .conftest import fill, select

ROOT = Path(__file__).resolve().parents[2]
OURS = ["Summary", "Funnel", "Funnel_Data", "Settings", "Funnel_Map", "Funnel_Charts"]
MOST_CALLS = 150 * len(OURS)
"""Calls into Excel that a build may take, each some milliseconds: what does not grow with the rows."""


def rows_of(path):
    """The rows of a CSV file as LibreOffice's own import types them are read from the open file; here as text."""
    with path.open(encoding="utf-8-sig") as stream:
        return [[cell or None for cell in row] for row in csv.reader(stream)]


def content(sheet):
    """Everything a sheet holds, formulas as formulas."""
    used = sheet.used_range
    return used.address, used.formula


def summary(book):
    keys, values = book.names["leadkpi_summary"].refers_to_range.value
    return dict(zip(keys, values, strict=True))


def figures(layout, name):
    """Every cell of a sheet as the layout says it: address to value."""
    sheet = layout[name]
    found = {}
    for area in (*sheet.areas, *([sheet.bulk] if sheet.bulk else [])):
        for j, cells in enumerate(area.cells, start=area.column):
            for i, value in enumerate(cells.values, start=area.row):
                found[i, j] = value
    return found


def shown(sheet):
    cells = sheet.range("A1", sheet.used_range.address.partition(":")[2] or "A1")
    return cells.options(ndim=2, err_to_str=True).value


def differences(book, layout, name):
    """Cells in which the workbook differs from the layout made from a file.

    Not the header lines, which name their source, nor the list of oddities: in the open workbook dates are dates, in
    the file they are texts whose order of day and month had to be found out.
    """
    rows = shown(book.sheets[name])
    quality = next((table.place.row for table in layout[name].tables if table.name == "tblQA"), 10**6)
    found = []
    for (i, j), value in figures(layout, name).items():
        if name == "Funnel" and (i < 5 or i >= quality):
            continue
        there = rows[i][j] if i < len(rows) and j < len(rows[i]) else None
        if isinstance(value, CellError):
            same = there in (str(value), "–")
        elif isinstance(value, int | float) and isinstance(there, int | float):
            same = there == pytest.approx(value, rel=1e-9, abs=1e-9)
        elif hasattr(value, "year"):
            same = (
                getattr(there, "date", lambda there=there: there)()
                == getattr(value, "date", lambda value=value: value)()
            )
        elif isinstance(value, int | float) and hasattr(there, "year"):
            same = (there - type(there)(1899, 12, 30)).total_seconds() / 86400 == pytest.approx(value, abs=1e-5)
        else:
            same = there == (value or None)
        if not same:
            found.append((i, j, value, there))
    return found


def put_golden(book):
    folder = GOLDEN
    leads = book.sheets[0]
    leads.name = "Leads"
    fill(leads, rows_of(folder / "golden_leads.csv"))
    spend = book.sheets.add("Spend", after=leads)
    fill(spend, [[m, c, float(s) if i else s] for i, (m, c, s) in enumerate(rows_of(folder / "golden_spend.csv"))])
    select(leads, "C4")
    return leads


@pytest.fixture
def golden(book):
    """The golden fixture as a workbook, counted as of its day; one cell of the leads is selected."""
    leads = put_golden(book)
    assert macros.build_funnel(book) == ""
    settings = book.sheets["Settings"]
    line = [row[0] for row in settings.range("B1:B40").options(ndim=2).value].index("As of") + 1
    settings.range((line, 3)).value = "2025-06-30"
    select(leads, "C4")
    assert macros.build_funnel(book) == ""
    return book


# figures --------------------------------------------------------------------------------------------------------------


def test_golden_figures(golden):
    expected = json.loads((GOLDEN / "golden_expected.json").read_text())
    found = summary(golden)
    assert {key: found[key] for key in ("leads", "won", "open", "opportunities", "revenue", "pipeline", "spend")} == {
        "leads": expected["leads"],
        "won": expected["won"],
        "open": expected["open"],
        "opportunities": expected["opps"],
        "revenue": expected["revenue"],
        "pipeline": expected["pipeline_open"],
        "spend": expected["spend_total"],
    }
    assert found["win_rate"] == pytest.approx(expected["winrate_closed"])
    assert found["lead_conversion"] == pytest.approx(expected["lead_conv_naive"])
    assert found["average_deal"] == pytest.approx(expected["avg_deal"])
    assert found["cycle_days_median"] == expected["cycle_lead_to_won"]["median"]
    for key in ("cpl", "cac", "roas"):
        assert found[key] == pytest.approx(expected["blended"][key], abs=1e-4)
    table = golden.sheets["Funnel"].tables["tblFunnel"].range.value
    column = {header: [row[i] for row in table[1:]] for i, header in enumerate(table[0])}
    assert dict(zip(column["Stage"], column["Reached"], strict=True)) == expected["reached_filled"]
    rates = golden.sheets["Funnel"].tables["tblFunnelRates"].range.value
    so_far = [row[rates[0].index("Share so far")] for row in rates[1:]]
    assert so_far[1:] == pytest.approx(expected["next_step_conv"][1:], abs=1e-6)


def test_every_figure_is_that_of_the_file_writer(golden):
    folder = GOLDEN
    leads = read(folder / "golden_leads.csv", ReadOptions(as_of=date(2025, 6, 30)))
    layout = lay_out(build(leads, read_spend([folder / "golden_spend.csv"])), leads)
    assert differences(golden, layout, "Funnel") == []
    assert differences(golden, layout, "Funnel_Data") == []


@pytest.mark.parametrize(
    "export",
    ["olist/olist_mql_semicolon_bom.csv", "olist/olist_mql_usdates.csv", "crm_sales/sales_pipeline.csv"],
)
def test_a_real_export_opened_in_the_program(office, book, shared, export):
    path = shared / "data" / export
    opened = office.books.open(path)
    select(opened.sheets[0], "A2")
    assert macros.build_funnel(opened) == ""
    leads = read(path)
    layout = lay_out(build(leads), leads, data_rows=macros.DATA_ROWS)
    assert differences(opened, layout, "Funnel") == []


# a second time --------------------------------------------------------------------------------------------------------


def test_a_second_build_refreshes_the_same_sheets(golden):
    funnel = golden.sheets["Funnel"]
    names = golden.sheet_names
    golden.sheets["Leads"].range("X1").formula = "=Funnel!C10"
    before = content(funnel)
    assert macros.refresh(golden) == ""
    assert golden.sheet_names == names
    after = content(funnel)
    assert after[0] == before[0]
    changed = [
        (i, j)
        for i, (old, new) in enumerate(zip(before[1], after[1], strict=True))
        for j, (a, b) in enumerate(zip(old, new, strict=True))
        if a != b
    ]
    assert all(i < 3 for i, _ in changed)  # the time of the build
    assert golden.sheets["Leads"].range("X1").formula == "=Funnel!C10"
    assert len(list(funnel.charts)) == len({chart.name for chart in funnel.charts})


def test_what_the_user_did_on_our_sheets_stays(golden):
    funnel = golden.sheets["Funnel"]
    right = funnel.used_range.last_cell.column + 2
    funnel.range((8, right)).value = "my note"
    funnel.range((9, right)).formula = "=C10*2"
    funnel.range((4, 1)).value = "in a gap"
    funnel.range("C10").add_note("look at this")
    funnel.range("D:D").column_width = 33
    funnel.name = "Our funnel"
    select(golden.sheets["Leads"], "B3")
    assert macros.build_funnel(golden) == ""
    assert "Funnel" not in golden.sheet_names
    funnel = golden.sheets["Our funnel"]
    assert funnel.range((8, right)).value == "my note"
    assert funnel.range((9, right)).formula == "=C10*2"
    assert funnel.range((4, 1)).value == "in a gap"
    assert funnel.range("C10").note.text == "look at this"
    assert funnel.range("D1").column_width == pytest.approx(33, abs=0.2)


@pytest.mark.parametrize("gone", ["Funnel", "Funnel_Data"])
def test_a_sheet_that_was_deleted_comes_back_in_its_place(golden, gone):
    names = golden.sheet_names
    golden.sheets[gone].delete()
    assert macros.refresh(golden) == ""
    assert sorted(golden.sheet_names) == sorted(names)
    assert golden.sheet_names.index(gone) == names.index(gone)
    assert golden.sheets.active.name == "Summary"
    assert summary(golden)["leads"] == 12


def test_a_cell_of_the_user_moves_out_of_a_growing_block(golden):
    leads, data = golden.sheets["Leads"], golden.sheets["Funnel_Data"]
    below = data.tables[0].range.last_cell.row + 1
    data.range((below, 2)).value = "mine"
    last = leads.used_range.last_cell.row
    fill(leads, [["L90", "2025-06-01", *[None] * 7, "Lead", "open"]], f"A{last + 1}")
    select(leads, "A2")
    message = macros.build_funnel(golden)
    assert "now stand at Funnel_Data!" in message
    moved = message.rpartition("!")[2].rstrip(".")
    assert data.range(moved).value == "mine"
    assert data.range((below, 2)).value == "L90"


def test_edits_of_the_map_are_kept_and_used(golden):
    funnel_map = golden.sheets["Funnel_Map"]
    columns = next(table for table in funnel_map.tables if table.name == "tblColumns").range
    headers = [row[0] for row in columns.value]
    line = headers.index("Amount")
    columns[line, 1].value = "-"
    assert macros.refresh(golden) == ""
    assert "revenue" not in summary(golden) or not summary(golden)["revenue"]
    assert macros.refresh(golden) == ""
    columns = next(table for table in funnel_map.tables if table.name == "tblColumns").range.value
    assert columns[line][:2] == ["Amount", "-"]


def setting(book, table, name):
    """The cell with the value of a setting, and its address."""
    cells = next(one for one in book.sheets["Settings"].tables if one.name == table).range
    line = [row[0] for row in cells.value].index(name)
    return cells[line, 1], cells[line, 1].get_address(row_absolute=False, column_absolute=False)


def test_period_filters_and_targets_of_settings_are_used_and_kept(golden):
    setting(golden, "tblPeriod", "Period")[0].value = "'2025-Q1"
    setting(golden, "tblPeriod", "Compared with")[0].value = "none"
    setting(golden, "tblFilters", "Only rows for which")[0].value = "Source in (SEO, Google Ads)"
    setting(golden, "tblTargets", "Leads")[0].value = 20
    assert macros.refresh(golden) == ""
    leads = read_frame(
        [list(row) for row in golden.sheets["Leads"].used_range.value],
        ReadOptions(as_of=date(2025, 6, 30), where=(parse_condition("Source in (SEO, Google Ads)"),)),
    )
    options = FunnelOptions(**period_options(PeriodNames("2025-Q1", "none")), targets={"leads": 20})
    expected = as_json(build(leads, options=options))
    assert summary(golden)["leads"] == expected["summary"]["leads"] > 0
    targets = next(one for one in golden.sheets["Funnel"].tables if one.name == "tblTarget").range.value
    assert targets[1][:4] == ["Leads", expected["summary"]["leads"], 20, expected["targets"][0]["attained"]]
    assert setting(golden, "tblPeriod", "Period")[0].value == "2025-Q1"
    assert setting(golden, "tblTargets", "Leads")[0].value == 20


@pytest.mark.parametrize(
    ("table", "name", "value", "said"),
    [
        ("tblPeriod", "Period", "'2025-Q9", "There is no quarter '2025-Q9'"),
        ("tblFilters", "Only rows for which", "Source", "Only rows for which: The condition 'Source' is no condition"),
        ("tblTargets", "Won", "many", "Won: 'many' is no target"),
        ("tblParameters", "Gross margin", "half", "Gross margin: 'half' is not a share between 0 and 1"),
        ("tblParameters", "Gross margin", "=NA()", "#N/A is what a formula gives that cannot be worked out"),
    ],
)
def test_a_bad_setting_is_named_at_its_cell_and_nothing_changes(golden, table, name, value, said):
    cell, address = setting(golden, table, name)
    cell.value = value
    assert cell.value != "", "LibreOffice works a formula out when it is asked for, Excel as it is entered"
    before = golden.sheets["Funnel"].used_range.formula
    assert macros.refresh(golden).startswith(f"Settings, cell {address}: {said}")
    assert golden.sheets["Funnel"].used_range.formula == before


def test_refresh_from_another_sheet_finds_new_rows(golden):
    leads = golden.sheets["Leads"]
    fill(leads, [["L91", "2025-06-02", *[None] * 7, "Lead", "open"]], f"A{leads.used_range.last_cell.row + 1}")
    leads.name = "It's leads"
    golden.sheets["Funnel"].select()
    assert macros.refresh(golden) == ""
    assert summary(golden)["leads"] == 13


def test_refresh_without_a_funnel_says_what_to_do(book):
    assert "press Build funnel" in macros.refresh(book)


# nothing is lost ------------------------------------------------------------------------------------------------------


def test_the_source_is_never_written_to(book):
    sheet = book.sheets[0]
    fill(sheet, rows_of(GOLDEN / "golden_leads.csv"))
    before, formats = content(sheet), sheet.range("B2").number_format
    select(sheet, "A1")
    assert macros.build_funnel(book) == ""
    assert content(sheet) == before
    assert sheet.range("B2").number_format == formats


def test_a_sheet_called_funnel_that_is_not_ours_is_never_overwritten(book):
    foreign = book.sheets[0]
    foreign.name = "Funnel"
    fill(foreign, [["my own", 1], ["figures", 2]])
    foreign.tables.add(foreign.range("A1:B2"), name="tblFunnel")
    before = content(foreign)
    leads = book.sheets.add("Leads", after=foreign)
    fill(leads, sample_rows(30))
    select(leads, "A1")
    assert macros.build_funnel(book) == ""
    assert content(foreign) == before
    ours = book.sheets["Funnel 2"]
    assert ours.range("B1").value == "Lead funnel"
    assert ours.tables["tblFunnel_2"].range.value[1][0] == "Lead"
    charts = book.sheets["Funnel_Charts"].used_range.formula
    assert any("'Funnel 2'!" in cell for row in charts for cell in row)
    select(leads, "A1")
    assert macros.build_funnel(book) == ""
    assert content(foreign) == before
    assert "Funnel 3" not in book.sheet_names


def sample_rows(count):
    leads = sample.leads(count)
    return [leads.columns, *map(list, leads.iter_rows())]


class BrokenError(Exception):
    """What a host says when it can go no further."""


def failing_after(monkeypatch, host, calls):
    """Let the host fail at its n-th block of cells."""
    written = host.write
    count = iter(range(1000))

    def write(self, cells, rows):
        if next(count) >= calls:
            raise BrokenError("out of memory")
        written(self, cells, rows)

    monkeypatch.setattr(host, "write", write)


@pytest.mark.parametrize("calls", [0, 1, 3])
def test_a_failure_half_way_leaves_no_trace_of_the_first_build(book, monkeypatch, calls):
    sheet = book.sheets[0]
    fill(sheet, sample_rows(60))
    select(sheet, "B2")
    before = content(sheet)
    failing_after(monkeypatch, hosts.HOSTS["libreoffice"], calls)
    message = macros.build_funnel(book)
    assert "could not be finished; the workbook is as it was. out of memory" in message
    assert book.sheet_names == [sheet.name]
    assert list(book.names) == []
    assert content(sheet) == before


@pytest.mark.parametrize("calls", [0, 2, 3])
def test_a_failure_half_way_leaves_an_earlier_funnel_as_it_was(golden, monkeypatch, calls):
    funnel = golden.sheets["Funnel"]
    funnel.range("C10").add_note("look at this")
    before = {name: content(golden.sheets[name]) for name in golden.sheet_names}
    looks = [
        (funnel.range(a).number_format, funnel.range(a).font.bold, funnel.range(a).color) for a in ("B7", "C12", "D30")
    ]
    charts = sorted(chart.name for chart in funnel.charts)
    tables = {t.name: t.range.address for t in funnel.tables}
    names = {name.name: name.refers_to for name in golden.names}
    fill(golden.sheets["Leads"], [["L92", "2025-06-03", *[None] * 7, "Lead", "open", "Ads of a new kind"]], "A15")
    select(golden.sheets["Leads"], "A2")
    before["Leads"] = content(golden.sheets["Leads"])
    failing_after(monkeypatch, hosts.HOSTS["libreoffice"], calls)
    assert "out of memory" in macros.build_funnel(golden)
    assert {name: content(golden.sheets[name]) for name in golden.sheet_names} == before
    assert looks == [
        (funnel.range(a).number_format, funnel.range(a).font.bold, funnel.range(a).color) for a in ("B7", "C12", "D30")
    ]
    assert charts == sorted(chart.name for chart in funnel.charts)
    assert tables == {t.name: t.range.address for t in funnel.tables}
    assert names == {name.name: name.refers_to for name in golden.names}
    assert funnel.range("C10").note.text == "look at this"


def leads_ready(book, refreshing):
    """A sheet of leads with a cell selected; refreshing, the funnel is there and the user has written into it."""
    sheet = book.sheets[0]
    fill(sheet, sample_rows(60))
    select(sheet, "B2")
    if refreshing:
        assert macros.build_funnel(book) == ""
        book.sheets["Funnel"].range("Z3").value = "mine"
        select(sheet, "B2")
    return sheet


@pytest.mark.parametrize("refreshing", [False, True])
def test_the_next_macro_puts_right_what_a_killed_one_left(book, monkeypatch, refreshing):
    sheet = leads_ready(book, refreshing)
    host = hosts.HOSTS["libreoffice"]
    with monkeypatch.context() as patched:
        failing_after(patched, host, 2)
        patched.setattr("xl_leadkpi.sheets.book._Undo.__exit__", lambda *_: None)  # killed: nothing is undone
        macros.build_funnel(book)
        assert any(name.startswith((UNFINISHED, BACKUP)) for name in book.sheet_names)
    select(sheet, "B2")
    assert macros.build_funnel(book) == ""
    assert sorted(book.sheet_names) == sorted([sheet.name, *OURS])
    if refreshing:
        assert book.sheets["Funnel"].range("Z3").value == "mine"


KILLED = """
import sys
from tests.calc import calc_engine, calc_host
from xl_leadkpi.addin import macros

app = calc_engine.start(sys.argv[1])
app.impl.statuses = type("Telling", (list,), {"append": lambda _, text: print(text, flush=True)})([False])
macros.build_funnel(app.books.active)
"""


@pytest.mark.parametrize("refreshing", [False, True])
def test_a_macro_killed_half_way_leaves_what_the_user_has(book, office, refreshing):
    sheet = leads_ready(book, refreshing)
    before, names = content(sheet), book.sheet_names
    program = [sys.executable, "-c", KILLED, str(office.impl.office.profile)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as macro:
        assert any("writing Funnel_Map" in line for line in macro.stdout)
        macro.kill()
    book.api.removeActionLock()
    book.api.unlockControllers()
    assert content(sheet) == before
    assert [name for name in book.sheet_names if not name.startswith((UNFINISHED, BACKUP))] == names
    select(sheet, "B2")
    assert macros.build_funnel(book) == ""
    assert sorted(book.sheet_names) == sorted([sheet.name, *OURS])
    if refreshing:
        assert book.sheets["Funnel"].range("Z3").value == "mine"


# calls into the program -----------------------------------------------------------------------------------------------


def calls_for(book, rows):
    """Calls into the program for a made-up export of so many rows, as tests/benchmarks/macros.py has it.

    The same leads come over and over again and share their amounts, so that no figure asks for another format.
    """
    sheet = book.sheets[0]
    some = sample.leads(10_000).head(10_000).select(COLUMNS)
    times = rows // len(some)
    table = pl.concat(some.with_columns(pl.col("Lead ID") + f"-{n}", pl.col("Amount") / times) for n in range(times))
    columns = [
        [day_number(value) if dtype.is_temporal() else value for value in table[name]]
        for name, dtype in table.schema.items()
    ]
    sheet.range((1, 1), (rows + 1, len(COLUMNS))).options("raw").formula = [
        list(COLUMNS),
        *map(list, zip(*columns, strict=True)),
    ]
    sheet.range(f"E2:I{rows + 1}").number_format = "yyyy-mm-dd"
    select(sheet, "B2")
    before = Counted.calls
    assert macros.build_funnel(book) == ""
    return Counted.calls - before


COLUMNS = ("Lead ID", "Source", "Campaign", "Owner", "Created", "MQL date", "SQL date", "Opportunity date", "Won date",
           "Stage", "Status", "Amount")  # fmt: skip


def day_number(day):
    return None if day is None else float((day - type(day)(1899, 12, 30)).days)


def test_many_rows_cost_no_more_calls_than_few(office):
    calls = []
    for rows in (10_000, 20_000):
        one = office.books.add()
        calls.append(calls_for(one, rows))
        one.close()
    assert calls[0] == calls[1] < MOST_CALLS


def test_the_golden_selection_costs_few_calls_a_sheet(book):
    put_golden(book)
    before = Counted.calls
    assert macros.build_funnel(book) == ""
    assert Counted.calls - before < MOST_CALLS


# the application ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fails", [False, True])
def test_the_application_is_left_as_it_was(book, office, monkeypatch, fails):
    sheet = book.sheets[0]
    fill(sheet, sample_rows(40))
    select(sheet, "B2")
    office.calculation = "manual"
    office.display_alerts = False
    if fails:
        failing_after(monkeypatch, hosts.HOSTS["libreoffice"], 1)
    try:
        assert bool(macros.build_funnel(book)) is fails
        assert office.calculation == "manual"
        assert office.display_alerts is False
        assert office.screen_updating is True
        assert office.enable_events is True
        assert office.status_bar is False
    finally:
        office.calculation, office.display_alerts = "automatic", True
    assert office.impl.messages == []


def test_progress_stands_in_the_status_bar(book, office):
    fill(book.sheets[0], sample_rows(40))
    select(book.sheets[0], "B2")
    assert macros.build_funnel(book) == ""
    said = office.impl.statuses
    assert said[0] == "Build funnel: reading the selected table …"
    assert [one for one in said if one and "writing" in one] == [f"Build funnel: writing {name} …" for name in OURS]
    assert said[-1] is False


def test_the_new_sheet_is_selected(book, office):
    fill(book.sheets[0], sample_rows(40))
    select(book.sheets[0], "B2")
    assert macros.build_funnel(book) == ""
    assert book.sheets.active.name == "Summary"
    assert office.selection.address == "$A$1"
    assert book.sheet_names == ["Sheet1", *OURS]
    assert book.sheets["Funnel_Charts"].visible is False


def test_spend_and_touches_are_found_by_their_headers(book):
    assert macros.load_sample_data(book) == ""
    select(book.sheets["Sample leads"], "D9")
    assert macros.build_funnel(book) == ""
    leads = sample.leads()
    assert summary(book)["spend"] == pytest.approx(sample.spend(leads)["Cost (EUR)"].sum())
    tables = [table.name for table in book.sheets["Funnel"].tables]
    assert "tblSpend" in tables
    assert "tblAttrib" in tables


@pytest.mark.parametrize(
    ("header", "owner", "title"),
    [
        ("Data utworzenia", "Ann", "Lejek leadów"),
        ("Дата создания", "Ann", "Воронка лидов"),
        ("Created", "Ann", "Lead funnel"),
        ("Created", "Łukasz Żółw", "Lead funnel"),  # clients with Polish or Russian names do not make a reader
        ("Created", "Анна", "Lead funnel"),
        ("Data utworzenia", "Анна", "Lejek leadów"),
    ],
)
def test_the_workbook_speaks_the_language_of_its_headers(book, header, owner, title):
    rows = [["ID", header, "Status", "Owner"], ["1", "2025-01-05", "Won", owner], ["2", "2025-01-07", "New", owner]]
    fill(book.sheets[0], rows)
    select(book.sheets[0], "A1")
    assert macros.build_funnel(book) == ""
    assert book.sheets["Funnel"].range("B1").value == title
