"""``--formulas functions``: what the calls of the KPIs give where the functions are at hand, and where they are not."""

import re
import zipfile

import ironcalc
import openpyxl
import pytest
import xlsxwriter

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.funnel.report import Ratio
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.sheets import lay_out, to_file, xlsx
from xl_leadkpi.sheets.formulas import NO_VALUE, Place, ratio_formula, shown_value
from xl_leadkpi.workbooks.names import definitions

from .sheet_reports import from_csv

ODD = """ID,Created,Stage,Source,Amount
1,2026-01-05,Won,Web,100
2,2026-02-07,Lost,Web,
3,2026-03-01,SQL,Fair,
4,2026-03-02,Lead,Mail,
5,2026-03-03,Won,Fair,-40
6,2026-03-04,Won,Post,0
"""


def computed(path):
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()
    formulas, values = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    for number, sheet in enumerate(formulas.worksheets):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f" and any(f"{name}(" in cell.value for name in CATALOGUE):
                    saved = values[sheet.title][cell.coordinate].value
                    yield cell.value, saved, model.get_cell_value(number, cell.row, cell.column)


@pytest.fixture(params=["full", "odd"])
def layout(request, full, tmp_path):
    leads, report = full if request.param == "full" else from_csv(tmp_path / "leads.csv", ODD)
    return lay_out(report, leads, formulas="functions", data_rows=0)


def test_with_the_functions_every_saved_figure_comes_out(layout, tmp_path):
    path = tmp_path / "funnel.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, definition, _ in definitions():
            book.define_name(name, f"={definition}")
        xlsx.write(layout, book)
    found = list(computed(path))
    assert len(found) > 20
    differ = [
        (formula, saved, now)
        for formula, saved, now in found
        if now != (saved if isinstance(saved, str) else pytest.approx(saved))
    ]
    assert differ == []
    assert {saved for _, saved, _ in found} & {NO_VALUE}


def test_without_the_functions_nothing_is_computed_on_opening_and_nothing_turns_into_a_dash(layout, tmp_path):
    path = tmp_path / "funnel.xlsx"
    to_file(layout, path)
    with zipfile.ZipFile(path) as package:
        calculation = re.search(rb"<calcPr[^>]*>", package.read("xl/workbook.xml"))[0]
    assert calculation == b'<calcPr calcId="191029"/>'
    for formula, saved, now in computed(path):
        assert saved == NO_VALUE or now != NO_VALUE, formula


@pytest.mark.parametrize(
    ("ratio", "written"),
    [
        (Ratio("WINRATE", ("won", "lost")), 'IF(B2+C2=0,"–",WINRATE(B2,C2))'),
        (Ratio("CONVCI", ("won", "leads"), 1), 'IF(OR(D2=0,B2>D2),"–",INDEX(CONVCI(B2,D2),2))'),
        (Ratio("ROMI", ("won", "lost", 0.4)), 'IF(C2=0,"–",ROMI(B2,C2,0.4))'),
        (Ratio("WPIPE", ("won", "rate")), 'IF(ISTEXT(E2),"–",WPIPE(B2,E2))'),
    ],
)
def test_only_what_has_no_value_is_caught(ratio, written):
    places = {"won": Place(1, 1), "lost": Place(1, 2), "leads": Place(1, 3), "rate": Place(1, 4, ratio=True)}
    assert ratio_formula(ratio, 0, places, "functions") == written


def test_an_unknown_name_is_no_dash():
    places = {"spend": Place(1, 1), "leads": Place(1, 2)}
    for kpi in CATALOGUE:
        if len(CATALOGUE[kpi].arguments) == 2:
            formula = ratio_formula(Ratio(kpi, ("spend", "leads")), 0, places, "functions")
            assert "IFERROR" not in formula


@pytest.mark.parametrize(("language", "error"), [("en", "#NAME?"), ("pl", "#NAZWA?"), ("ru", "#ИМЯ?")])
def test_the_sheet_says_what_it_needs(full, language, error):
    leads, report = full
    for mode, said in (("functions", True), ("native", False)):
        sheet = lay_out(report, leads, language=language, formulas=mode, data_rows=0)["Funnel"]
        texts = [v for area in sheet.areas for cells in area.cells for v in cells.values if isinstance(v, str)]
        assert any("Lead KPI" in text and error in text for text in texts) is said


def test_an_error_that_the_formula_lets_through_is_saved_as_one(tmp_path):
    """A negative amount is no amount of a deal: #NUM! by the function, so #NUM! in the file."""
    assert shown_value(CellError.NUM, Ratio("AVGDEAL", ("revenue", "won")), "functions") is CellError.NUM
    assert shown_value(CellError.NUM, Ratio("AVGDEAL", ("revenue", "won")), "native") == NO_VALUE
    assert shown_value(CellError.NUM, Ratio("CONVCI", ("won", "leads"), 0), "functions") == NO_VALUE
