"""Insert KPI, Scorecard, Load sample data, Diagnostics, Help in a real spreadsheet program."""

import pytest

from xl_leadkpi.addin import macros
from xl_leadkpi.addin.exports import failures
from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE

from .conftest import fill, select


@pytest.fixture
def table(book):
    sheet = book.sheets[0]
    fill(sheet, [["Month", "Cost", "Leads", "Won deals", "Lost"], ["Jan", 900, 30, 3, 1], ["Feb", 600, 20, 2, 2]])
    return sheet


def formula(sheet, cell):
    return sheet.range(cell).formula.upper()  # Calc writes functions it does not know in lower case


def test_arguments_come_from_the_headers(book, table):
    select(table, "F2")
    assert macros.insert_kpi(book, "CPL") == ""
    assert formula(table, "F2") == "=CPL(B2,C2)"


def test_a_column_of_cells_gets_a_formula_each(book, table):
    select(table, "F2:F3")
    assert macros.insert_kpi(book, "WINRATE") == ""
    assert [formula(table, cell) for cell in ("F2", "F3")] == ["=WINRATE(D2,E2)", "=WINRATE(D3,E3)"]


def test_labels_left_of_the_cell(book):
    sheet = book.sheets[0]
    fill(sheet, [["Figure", "May"], ["Spend", 900], ["Leads", 30], ["CPL", None]])
    select(sheet, "B4")
    assert macros.insert_kpi(book, "CPL") == ""
    assert formula(sheet, "B4") == "=CPL(B2,B3)"


@pytest.mark.parametrize("headers", [["Wydatki", "Leady"], ["Расходы", "Лиды"], ["Ad spend", "New leads"]])
def test_headers_in_other_languages_and_words(book, headers):
    sheet = book.sheets[0]
    fill(sheet, [["M", *headers], ["1", 900, 30]])
    select(sheet, "D2")
    assert macros.insert_kpi(book, "CPL") == ""
    assert formula(sheet, "D2") == "=CPL(B2,C2)"


def test_what_is_not_recognised_is_named(book, table):
    select(table, "F2")
    message = macros.insert_kpi(book, "CPMQL")
    assert "no header beside the cell was recognised for mqls" in message
    assert formula(table, "F2") == "=CPMQL(B2,MQLS)"


def test_nothing_is_overwritten(book, table):
    select(table, "C2")
    assert "is not empty" in macros.insert_kpi(book, "CPL")
    assert table.range("C2").value == 30


def test_several_columns_are_refused(book, table):
    select(table, "F2:G3")
    assert "Select one cell" in macros.insert_kpi(book, "CPL")


def test_every_kpi_can_be_inserted(book):
    sheet = book.sheets[0]
    arguments = [argument.name.replace("_", " ") for kpi in CATALOGUE.values() for argument in kpi.arguments]
    headers = list(dict.fromkeys(["Name", *arguments]))
    fill(sheet, [headers, ["a", *range(1, len(headers))], ["b", *range(1, len(headers))]])
    sheet.select()
    for row, name in enumerate(CATALOGUE, start=2):
        cell = (2, len(headers) + 1)
        sheet.range(cell).select()
        assert macros.MACROS[f"InsertKpi.{name}"](book) == "", name
        assert sheet.range(cell).formula.upper().startswith(f"={name}("), name
        sheet.range(cell).clear_contents()
        assert row


def test_scorecard_follows_the_funnel_and_keeps_targets(book):
    assert "Press Build funnel first" in macros.scorecard(book)
    macros.load_sample_data(book)
    assert macros.build_funnel(book) == ""
    assert macros.scorecard(book) == ""
    card = book.sheets["Scorecard"]
    rows = {row[0]: row for row in card.tables[0].range.value[1:]}
    keys, values = book.names["leadkpi_summary"].refers_to_range.value
    summary = dict(zip(keys, values, strict=True))
    assert rows["Leads"][1] == summary["leads"]
    assert rows["CPL, blended"][1] == pytest.approx(summary["cpl"])
    assert rows["CPL, blended"][3] == "lower"
    line = [row[0] for row in card.range("B1:B30").options(ndim=2).value].index("CPL, blended") + 1
    card.range((line, 4)).value = summary["cpl"] * 1.5
    book.app.calculate()
    assert card.range((line, 7)).value == "On target"
    card.range((line, 4)).value = summary["cpl"] / 2
    book.app.calculate()
    assert card.range((line, 7)).value == "Off target"
    assert macros.scorecard(book) == ""
    assert card.range((line, 4)).value == pytest.approx(summary["cpl"] / 2)
    select(book.sheets["Sample leads"], "A1")
    assert macros.build_funnel(book) == ""
    assert card.range((line, 3)).value == pytest.approx(summary["cpl"])


@pytest.mark.parametrize(
    ("created", "title", "better"),
    [("Data utworzenia", "Karta wyników", "wyżej"), ("Дата создания", "Карта показателей", "выше")],
)
def test_scorecard_speaks_the_language_of_the_funnel(book, created, title, better):
    fill(book.sheets[0], [["ID", created, "Status"], ["1", "2025-01-05", "Won"], ["2", "2025-01-07", "New"]])
    select(book.sheets[0], "A1")
    assert macros.build_funnel(book) == ""
    assert macros.scorecard(book) == ""
    card = book.sheets["Scorecard"]
    assert card.range("B1").value == title
    assert better in {row[3] for row in card.tables[0].range.value}


def test_sample_data_once(book):
    assert macros.load_sample_data(book) == ""
    assert book.sheet_names == ["Sheet1", "Sample leads", "Sample spend", "Sample touches"]
    assert book.sheets.active.name == "Sample leads"
    book.sheets["Sample leads"].range("B2").value = "changed"
    assert macros.load_sample_data(book) == ""
    assert len(book.sheet_names) == 4
    assert book.sheets["Sample leads"].range("B2").value == "changed"


def test_diagnostics_show_what_was_kept(book):
    failures.record("[Book1]Sheet1!$C$2", "CPL", (100.0, 0.0), CellError.DIV0, "leads is 0")
    text = macros.diagnostics(book)
    assert "xl_leadkpi" in text
    assert "libreoffice" in text
    assert "[Book1]Sheet1!$C$2 CPL(100, 0) #DIV/0!\n    leads is 0" in text


def test_diagnostics_without_a_workbook():
    assert "no workbook" in macros.diagnostics(None)


def test_a_failed_macro_is_kept_for_diagnostics(book, monkeypatch):
    monkeypatch.setattr("xl_leadkpi.sample.leads", lambda: 1 / 0)
    assert "Load sample data could not be finished" in macros.load_sample_data(book)
    assert "Load sample data() #VALUE!\n    division by zero" in macros.diagnostics(book)


def test_help_is_about_the_selected_kpi(book, table):
    select(table, "A1")
    assert "Build funnel" in macros.help_text(book)
    table.range("F2").formula = "=CPL(B2,C2)"
    select(table, "F2")
    assert macros.help_text(book).startswith("CPL: Cost per lead")
