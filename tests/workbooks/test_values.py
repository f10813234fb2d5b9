"""The values in the files: an independent engine computes every formula, LAMBDAs included, and gets the same."""

import re

import ironcalc
import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from tests.sheets.soffice import recalculated
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.locales import languages
from xl_leadkpi.workbooks.ribbon import text_sheet
from xl_leadkpi.workbooks.sources import Words

from .reading import ADD_IN, BANNER, NO_PYTHON, TEMPLATE, formulas, same, values

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported and will be removed:UserWarning")


@pytest.mark.parametrize(("language", "locale"), [("en", "en"), ("pl", "de"), ("ru", "fr"), ("en", "it")])
def test_every_formula_has_the_value_that_ironcalc_computes(built, language, locale):
    path = built[language] / NO_PYTHON
    model = ironcalc.load_from_xlsx(str(path), locale, "UTC", "en")
    model.evaluate()
    sheets = openpyxl.load_workbook(path, read_only=True).sheetnames
    cached = values(path)
    differ = {}
    for (sheet, cell), text in formulas(path).items():
        column, row = openpyxl.utils.cell.coordinate_from_string(cell)
        number = openpyxl.utils.column_index_from_string(column)
        computed = model.get_cell_value(sheets.index(sheet), row, number)
        if (sheet, cell) not in BANNER and not same(cached[sheet, cell], computed):
            differ[sheet, cell] = (text, cached[sheet, cell], computed)
    assert differ == {}


@pytest.mark.parametrize("language", languages())
def test_the_banner_says_that_functions_work_once_they_do(built, language):
    model = ironcalc.load_from_xlsx(str(built[language] / NO_PYTHON), "en", "UTC", "en")
    model.evaluate()
    words = Words(language)
    assert model.get_cell_value(0, 4, 2) == words("start.ok")
    assert values(built[language] / NO_PYTHON)["Start", "B4"] == words("start.saved")


def test_there_are_formulas_for_all_kpis(built):
    texts = " ".join(formulas(built["en"] / NO_PYTHON).values())
    assert [name for name in CATALOGUE if f"{name}(" not in texts] == []
    assert len(formulas(built["en"] / NO_PYTHON)) > 1200


@pytest.mark.needs("libreoffice")
@pytest.mark.parametrize(("name", "language"), [(NO_PYTHON, "en"), (TEMPLATE, "pl"), (NO_PYTHON, "ru")])
def test_libreoffice_computes_what_it_can_to_the_same_values(built, tmp_path, name, language):
    path = built[language] / name
    fresh = values(recalculated(path, tmp_path).with_suffix(".xlsx"))
    cached = values(path)
    agreed, differ = 0, {}
    for place, text in formulas(path).items():
        if place in BANNER or cannot_compute(fresh[place], place, text):
            continue
        agreed += 1
        if not same(cached[place], fresh[place]):
            differ[place] = (text, cached[place], fresh[place])
    assert differ == {}
    assert agreed > 300
    # the banner says what keeps the functions from working here
    assert fresh["Start", "B4"] == Words(language)("start.blocked" if name == NO_PYTHON else "start.python")


@pytest.mark.needs("libreoffice")
def test_libreoffice_opens_the_add_in(built, tmp_path):
    """It shows no sheet; what the ribbon reads is there."""
    opened = values(recalculated(built["en"] / ADD_IN, tmp_path).with_suffix(".xlsx"))
    written = {
        ("LeadKPI_Texts", f"{get_column_letter(area.column + column + 1)}{row}"): value
        for area in text_sheet().areas
        for column, cells in enumerate(area.cells)
        for row, value in enumerate(cells.values, start=1)
    }
    assert {place: value for place, value in opened.items() if value is not None} == written


def cannot_compute(value, place, text):
    """LibreOffice knows neither LAMBDA nor our functions, and so nothing of what follows from them."""
    calls_kpi = any(f"{name}(" in text for name in CATALOGUE)
    follows = place[0] in {"Scorecard", "Calculators"} and "Inputs!" not in text
    return calls_kpi or follows or (isinstance(value, str) and value.startswith("#"))


def test_no_formula_is_an_error_in_the_file(built):
    for language, folder in built.items():
        for name in (NO_PYTHON, TEMPLATE):
            path = folder / name
            cached = values(path)
            errors = {
                place: text
                for place, text in formulas(path).items()
                if place not in BANNER and str(cached[place]).startswith("#")
            }
            # #N/A stands for "no point" in the figures behind charts
            said = {place for place, text in errors.items() if place[0] == "Funnel" and "NA()" in text}
            assert {place for place in errors if place[0] != "Funnel_Charts"} == said, (language, name)


@pytest.mark.parametrize("name", [NO_PYTHON, TEMPLATE])
@pytest.mark.filterwarnings("ignore:.*extension is not supported and will be removed:UserWarning")
def test_where_functions_are_unknown_no_name_error_is_seen(built, name):
    """Every cell that calls a function, or follows from one without asking first, turns white in that case."""
    book = openpyxl.load_workbook(built["en"] / name)
    calls = re.compile(rf"\b(?:{'|'.join(CATALOGUE)})\(")
    found = 0
    for sheet in book.worksheets:
        covered = {
            sheet.cell(*place).coordinate
            for one in sheet.conditional_formatting
            if any("ERROR.TYPE" in formula for rule in one.rules for formula in rule.formula)
            for area in one.sqref.ranges
            for line in area.rows
            for place in line
        }
        for (title, cell), text in formulas(built["en"] / name).items():
            if text.startswith("=HYPERLINK("):  # calls no function of ours
                continue
            if title == sheet.title and (calls.search(text) or title == "Calculators") and (title, cell) not in BANNER:
                found += 1
                assert cell in covered or text.startswith("SUM(Inputs!"), (title, cell, text)
    assert found > 560
    assert book["Start"].column_dimensions["J"].hidden  # the cell that tries the functions


def test_both_editions_have_the_same_formulas(built):
    one, other = (formulas(built["ru"] / name) for name in (NO_PYTHON, TEMPLATE))
    shared = {"Start", "Inputs", "Scorecard", "Calculators", "Functions"}
    assert {p: t for p, t in one.items() if p[0] in shared} == {p: t for p, t in other.items() if p[0] in shared}
