"""What stands on the sheets, beside the figures."""

import openpyxl
import pytest

from xl_leadkpi.leads import ReadOptions, read, read_spend
from xl_leadkpi.locales import languages
from xl_leadkpi.sheets.book import MARK
from xl_leadkpi.sheets.measure import text_width
from xl_leadkpi.sheets.texts import Texts
from xl_leadkpi.workbooks.sources import Words

from .reading import NO_PYTHON, TEMPLATE, formulas, values

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported and will be removed:UserWarning")

SHEETS = ["Start", "Leads", "Spend", "Lists", "Inputs", "Scorecard", "Calculators", "Funnel", "Functions"]


@pytest.mark.parametrize("language", languages())
def test_sheets_in_order(built, language):
    assert openpyxl.load_workbook(built[language] / NO_PYTHON).sheetnames == SHEETS
    summary, funnel = Texts(language)("sheet.summary"), SHEETS.index("Funnel")
    expected = [*SHEETS[:funnel], summary, *SHEETS[funnel:]]
    assert openpyxl.load_workbook(built[language] / TEMPLATE).sheetnames[: len(expected)] == expected


@pytest.mark.parametrize("name", [NO_PYTHON, TEMPLATE])
@pytest.mark.parametrize("language", languages())
def test_the_sign_before_a_call_is_explained_beside_the_functions(built, language, name):
    """The calls are plain formulas, so that every program shows their values; Excel 365 puts an @ before them."""
    book = openpyxl.load_workbook(built[language] / name)
    note = book["Functions"]["A4"].value
    assert "=@CPL(…)" in note
    assert note == Words(language)("fn.at")


@pytest.mark.parametrize("language", languages())
def test_our_own_reader_understands_leads_and_spend(built, language):
    """What is pasted into the template, and the template itself, is an export like any other."""
    options = ReadOptions(sheet="Leads", locale=language)
    table = read(built[language] / NO_PYTHON, options)
    assert len(table.frame["outcome"]) == 164
    assert table.frame["outcome"].to_list().count("won") == 48
    assert set(table.stages) >= {"Lead", "MQL", "SQL", "Opportunity", "Won"}
    costs = read_spend([built[language] / NO_PYTHON], ReadOptions(sheet="Spend", locale=language))
    assert sum(row[-3] for row in costs.rows) == 36_140


@pytest.mark.parametrize("language", languages())
def test_what_does_not_wrap_fits_its_column(built, language):
    """No ####, no text cut off by the cell beside it."""
    book = openpyxl.load_workbook(built[language] / NO_PYTHON, data_only=True)
    for name in ("Inputs", "Scorecard", "Calculators", "Funnel"):
        sheet = book[name]
        merged = {cell for area in sheet.merged_cells.ranges for row in area.rows for cell in row}
        for row in sheet.iter_rows(min_row=6):
            for cell in row:
                if cell.value is None or (cell.row, cell.column) in merged or cell.alignment.wrap_text:
                    continue
                beside = sheet.cell(cell.row, cell.column + 1).value
                if isinstance(cell.value, str) and beside is not None:
                    width = group_width(sheet, cell.column)
                    assert text_width(cell.value, cell.font.size, bold=bool(cell.font.bold)) <= width * 7 + 12, cell


def group_width(sheet, column):
    return next(d.width for d in sheet.column_dimensions.values() if d.min <= column <= d.max)


def test_lists_are_offered_for_stage_status_channel_and_reason(built):
    sheet = openpyxl.load_workbook(built["pl"] / NO_PYTHON)["Leads"]
    offered = {str(one.sqref).split("6")[0]: one.formula1 for one in sheet.data_validations.dataValidation}
    assert offered == {
        "C": "SourceList", "E": "StageList", "F": '"Otwarta,Wygrana,Przegrana"', "N": "ReasonList",
    }  # fmt: skip


@pytest.mark.parametrize("name", [NO_PYTHON, TEMPLATE])
@pytest.mark.parametrize("language", languages())
def test_the_sample_takes_its_words_from_the_lists(built, language, name):
    """The names that Excel's lists know stand for columns of the sheet Lists, and hold what the sample has."""
    book = openpyxl.load_workbook(built[language] / name)
    on_lists, leads, spend = (book[sheet] for sheet in ("Lists", "Leads", "Spend"))
    (channels,) = spend.data_validations.dataValidation
    assert (str(channels.sqref), channels.formula1) == ("B6:B2005", "SourceList")
    words = Words(language)
    for defined, table, header, sheet, column in (
        ("StageList", "tblStageList", "leads.stage", leads, 4),
        ("SourceList", "tblSourceList", "leads.source", leads, 2),
        ("SourceList", "tblSourceList", "leads.source", spend, 1),
        ("ReasonList", "tblReasonList", "leads.reason", leads, 13),
    ):
        assert book.defined_names[defined].value.startswith(f"INDEX({table}[{words(header)}],1):INDEX(")
        title, *listed = (row[0].value for row in on_lists[on_lists.tables[table].ref])
        assert title == words(header)
        used = {row[column].value for row in sheet.iter_rows(min_row=6)} - {None}
        assert used <= set(listed), (defined, sheet.title)


def test_the_macro_knows_the_funnel_in_the_template_as_its_own(built):
    names = openpyxl.load_workbook(built["en"] / TEMPLATE).defined_names
    for sheet in ("Funnel", "Funnel_Data", "Settings", "Funnel_Map", "Funnel_Charts"):
        assert names[MARK + sheet].value == f"'{sheet}'!$A$1"
        assert names[f"{MARK}{sheet}_cells"].value.startswith('"')
    assert names[f"{MARK}Funnel_Summary"].value == "'Summary'!$A$1"
    assert names["leadkpi_source"].value == "Leads!$A$5"


def test_both_funnels_count_the_same(built):
    by_formulas, by_macro = (values(built["en"] / name) for name in (NO_PYTHON, TEMPLATE))
    reached = [by_formulas["Funnel", f"C{row}"] for row in range(10, 16)]
    shown = {value for (sheet, _), value in by_macro.items() if sheet == "Funnel"}
    assert reached == [164, 128, 109, 95, 82, 48]
    assert set(reached) <= shown


def test_no_formula_may_be_longer_than_excel_takes(built):
    for name in (NO_PYTHON, TEMPLATE):
        assert max(len(text) for text in formulas(built["ru"] / name).values()) <= 8192
